/* import_own.c - what export wrote beside the published files of a run, read back. */
#include "transfer/import_own.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/classes.h"
#include "exchange/csv_cells.h"
#include "exchange/tfevents.h"
#include "exchange/whole_file.h"
#include "transfer/own_tables.h"

enum { STEP_BITS = 53, CELLS_BITS = 40, EVALUATIONS_MAX = 10000 };
static const int64_t step_max = INT64_C(1) << STEP_BITS;
static const int64_t cells_max = INT64_C(1) << CELLS_BITS;

/* A run's folder while its tables are read. */
struct own_work {
    struct import_own *o;
    const char *folder;
    size_t C, G;
    struct intern *key; /* owned; evaluation and checkpoint -> index of evaluation */
    struct digest *digest;
    struct import_report *report;
};

/* A table, the columns that it must have, and what takes its rows: all or none. */
struct own_reader {
    enum own_table table;
    const char *column[CSV_CELLS_COLUMNS];
    enum err (*take)(struct own_work *w, const struct csv_cells *c, struct errbuf *eb);
};

static const char *
keep(struct own_work *w, const char *text)
{
    return intern_text(w->o->text, intern_add(w->o->text, text));
}

static bool
is_one_of(const char *text, const char *const *word)
{
    for (; *word; word++)
        if (strcmp(text, *word) == 0)
            return true;
    return false;
}

static enum err
take_word(struct own_work *w, const struct csv_cells *c, size_t row, size_t k,
          const char *const *word, const char **out, struct errbuf *eb)
{
    const char *text = csv_cells_text(c, row, k);

    if (!is_one_of(text, word))
        return csv_cells_wrong(c, row, k, "no word that stands there", eb);
    *out = keep(w, text);
    return ERR_OK;
}

/* --- evaluations --- */

static const char *const origins[] = {"scored", "imported", NULL};
static const char *const rules[] = {"hierarchy", "exact", NULL};

static bool
is_digest(const char *text)
{
    return strlen(text) == DIGEST_HEX - 1 &&
           strspn(text, "0123456789abcdef") == DIGEST_HEX - 1;
}

/* "best", "last" or "epoch 12". */
static bool
is_checkpoint(const char *text)
{
    size_t n = strncmp(text, "epoch ", 6) == 0 ? strlen(text + 6) : 0;

    return strcmp(text, "best") == 0 || strcmp(text, "last") == 0 ||
           (n > 0 && n < 10 && strspn(text + 6, "0123456789") == n);
}

static void
make_key(struct strbuf *key, const char *evaluation, const char *checkpoint)
{
    strbuf_reset(key);
    strbuf_addf(key, "%s\x1f%s", evaluation, checkpoint);
}

enum { EV_NAME, EV_CHECKPOINT, EV_PRIMARY, EV_ORIGIN, EV_DIGEST, EV_CELLS, EV_UNKNOWN };

static enum err
take_evaluation(struct own_work *w, const struct csv_cells *c, size_t row,
                struct errbuf *eb)
{
    struct store_evaluation *ev = &w->o->evaluation[row];
    const char *name = csv_cells_text(c, row, EV_NAME), *origin;
    struct strbuf key = {0};
    int64_t primary;
    enum err e;

    make_key(&key, name, csv_cells_text(c, row, EV_CHECKPOINT));
    bool is_new = intern_add(w->key, strbuf_str(&key)) == row;
    strbuf_release(&key);
    if (!*name || strchr(name, ','))
        return csv_cells_wrong(c, row, EV_NAME, "no name of an evaluation", eb);
    if ((e = csv_cells_int(c, row, EV_PRIMARY, 0, 1, &primary, eb)) ||
        (e = take_word(w, c, row, EV_ORIGIN, origins, &origin, eb)) ||
        (e = csv_cells_int(c, row, EV_CELLS, 0, cells_max, &ev->n_cells, eb)) ||
        (e = csv_cells_int(c, row, EV_UNKNOWN, 0, cells_max, &ev->n_unknown, eb)))
        return e;
    if (!is_checkpoint(csv_cells_text(c, row, EV_CHECKPOINT)))
        return csv_cells_wrong(c, row, EV_CHECKPOINT, "no checkpoint", eb);
    if (!is_digest(csv_cells_text(c, row, EV_DIGEST)))
        return csv_cells_wrong(c, row, EV_DIGEST, "no digest", eb);
    if (!is_new)
        return csv_cells_wrong(c, row, EV_CHECKPOINT, "there twice", eb);
    for (size_t i = 0; primary && i < row; i++)
        if (w->o->evaluation[i].is_primary &&
            strcmp(w->o->evaluation[i].name, name) == 0)
            return csv_cells_wrong(c, row, EV_PRIMARY, "the second one", eb);
    ev->name = keep(w, name);
    ev->checkpoint = keep(w, csv_cells_text(c, row, EV_CHECKPOINT));
    ev->cells_digest = keep(w, csv_cells_text(c, row, EV_DIGEST));
    ev->is_primary = primary == 1;
    ev->is_imported = strcmp(origin, "imported") == 0;
    return ERR_OK;
}

static enum err
take_evaluations(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct import_own *o = w->o;
    enum err e = ERR_OK;

    if (c->table.n_rows > EVALUATIONS_MAX)
        return err_set(eb, ERR_FORMAT, "%s: %zu evaluations, at most %d are read",
                       c->path, c->table.n_rows, EVALUATIONS_MAX);
    o->evaluation = arena_alloc(&o->arena, c->table.n_rows + 1, sizeof *o->evaluation);
    for (size_t i = 0; i < c->table.n_rows && !e; i++)
        e = take_evaluation(w, c, i, eb);
    if (e)
        return e;
    o->has_evaluations = true;
    o->n_evaluations = c->table.n_rows;
    for (size_t i = 0; i < o->n_evaluations; i++)
        if (!strlist_has(&o->evaluation_name, o->evaluation[i].name))
            strlist_add(&o->evaluation_name, o->evaluation[i].name);
    return ERR_OK;
}

/* --- rows of evaluations --- */

/* The rows of a table by evaluation: place[row] is where a row belongs among all. */
struct by_evaluation {
    size_t *of, *place; /* (rows) owned */
    size_t *start;      /* (evaluations + 1) owned */
};

static void
by_evaluation_release(struct by_evaluation *b)
{
    free(b->of);
    free(b->place);
    free(b->start);
}

/* The first two columns name the evaluation. */
static enum err
find_evaluations(struct own_work *w, const struct csv_cells *c, struct by_evaluation *b,
                 struct errbuf *eb)
{
    struct strbuf key = {0};
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->table.n_rows && !e; i++) {
        make_key(&key, csv_cells_text(c, i, 0), csv_cells_text(c, i, 1));
        b->of[i] = intern_find(w->key, strbuf_str(&key));
        if (b->of[i] == SIZE_MAX)
            e = csv_cells_wrong(c, i, 0, "no evaluation of evaluations.csv", eb);
    }
    strbuf_release(&key);
    return e;
}

static enum err
sort_rows(struct own_work *w, const struct csv_cells *c, struct by_evaluation *b,
          struct errbuf *eb)
{
    size_t n = c->table.n_rows, n_ev = w->o->n_evaluations;

    *b = (struct by_evaluation){.of = xcalloc(n + 1, sizeof *b->of),
                                .place = xcalloc(n + 1, sizeof *b->place),
                                .start = xcalloc(n_ev + 2, sizeof *b->start)};
    enum err e = find_evaluations(w, c, b, eb);
    if (e)
        return e;
    for (size_t i = 0; i < n; i++)
        b->start[b->of[i] + 2]++;
    for (size_t k = 2; k < n_ev + 2; k++)
        b->start[k] += b->start[k - 1];
    for (size_t i = 0; i < n; i++)
        b->place[i] = b->start[b->of[i] + 1]++;
    return ERR_OK;
}

/* No two rows may be about the same, which the columns from..to say. */
static enum err
check_once(const struct csv_cells *c, size_t from, size_t to, struct errbuf *eb)
{
    struct intern *seen = intern_new();
    struct strbuf key = {0};
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->table.n_rows && !e; i++) {
        strbuf_reset(&key);
        for (size_t k = 0; k < to; k++)
            if (k < 2 || k >= from)
                strbuf_addf(&key, "%s\x1f", csv_cells_text(c, i, k));
        if (intern_add(seen, strbuf_str(&key)) != i)
            e = csv_cells_wrong(c, i, to - 1, "about the same as a row before", eb);
    }
    strbuf_release(&key);
    intern_free(seen);
    return e;
}

enum { F1_RULE = 2, F1_FACET, F1_LABEL, F1_CLASS, F1_VALUES, F1_SUPPORT = 12, F1_N };

static enum err
take_f1(struct own_work *w, const struct csv_cells *c, size_t row, struct store_f1 *f,
        struct errbuf *eb)
{
    double *const value[] = {&f->precision,   &f->recall,   &f->f1,
                             &f->f1_weighted, &f->f1_micro, &f->accuracy};
    enum err e = take_word(w, c, row, F1_RULE, rules, &f->rule, eb);

    f->facet = keep(w, csv_cells_text(c, row, F1_FACET));
    f->label = keep(w, csv_cells_text(c, row, F1_LABEL));
    if (*csv_cells_text(c, row, F1_CLASS))
        f->class_name = keep(w, csv_cells_text(c, row, F1_CLASS));
    for (size_t i = 0; i < 6 && !e; i++)
        e = csv_cells_real(c, row, F1_VALUES + i, 0, 1 + 1e-9, value[i], eb);
    if (e || (e = csv_cells_int(c, row, F1_SUPPORT, 0, cells_max, &f->support, eb)))
        return e;
    return csv_cells_int(c, row, F1_N, 0, CLASSES_MAX, &f->n_classes, eb);
}

static enum err
take_f1s(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct store_f1 *f = arena_alloc(&w->o->arena, c->table.n_rows + 1, sizeof *f);
    struct by_evaluation b = {0};
    enum err e = check_once(c, F1_RULE, F1_VALUES, eb);

    if (!e)
        e = sort_rows(w, c, &b, eb);
    for (size_t i = 0; i < c->table.n_rows && !e; i++)
        e = take_f1(w, c, i, &f[b.place[i]], eb);
    for (size_t k = 0; k < w->o->n_evaluations && !e; k++) {
        w->o->evaluation[k].f1 = f + b.start[k];
        w->o->evaluation[k].n_f1 = b.start[k + 1] - b.start[k];
    }
    by_evaluation_release(&b);
    return e;
}

enum { AV_RULE = 2, AV_FACET, AV_LABEL, AV_AVERAGE, AV_VALUES };

static enum err
take_average(struct own_work *w, const struct csv_cells *c, size_t row,
             struct store_average *a, struct errbuf *eb)
{
    static const char *const averages[] = {"micro", "weighted", NULL};
    enum err e;

    if ((e = take_word(w, c, row, AV_RULE, rules, &a->rule, eb)) ||
        (e = take_word(w, c, row, AV_AVERAGE, averages, &a->average, eb)) ||
        (e = csv_cells_real(c, row, AV_VALUES, 0, 1 + 1e-9, &a->precision, eb)) ||
        (e = csv_cells_real(c, row, AV_VALUES + 1, 0, 1 + 1e-9, &a->recall, eb)) ||
        (e = csv_cells_real(c, row, AV_VALUES + 2, 0, 1 + 1e-9, &a->f1, eb)))
        return e;
    a->facet = keep(w, csv_cells_text(c, row, AV_FACET));
    a->label = keep(w, csv_cells_text(c, row, AV_LABEL));
    return ERR_OK;
}

static enum err
take_averages(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct store_average *a = arena_alloc(&w->o->arena, c->table.n_rows + 1, sizeof *a);
    struct by_evaluation b = {0};
    enum err e = check_once(c, AV_RULE, AV_VALUES, eb);

    if (!e)
        e = sort_rows(w, c, &b, eb);
    for (size_t i = 0; i < c->table.n_rows && !e; i++)
        e = take_average(w, c, i, &a[b.place[i]], eb);
    for (size_t k = 0; k < w->o->n_evaluations && !e; k++) {
        w->o->evaluation[k].average = a + b.start[k];
        w->o->evaluation[k].n_averages = b.start[k + 1] - b.start[k];
    }
    by_evaluation_release(&b);
    return e;
}

enum { CF_TRUE = 2, CF_PREDICTED, CF_N, CF_RELATION };

static enum err
take_confusion(struct own_work *w, const struct csv_cells *c, size_t row,
               struct store_confusion *x, struct errbuf *eb)
{
    const char *relation[RELATION_COUNT + 1] = {NULL};
    enum err e = csv_cells_int(c, row, CF_N, 1, cells_max, &x->n, eb);

    for (enum relation r = 0; r < RELATION_COUNT; r++)
        relation[r] = relation_name(r);
    x->true_label = keep(w, csv_cells_text(c, row, CF_TRUE));
    x->predicted_label = keep(w, csv_cells_text(c, row, CF_PREDICTED));
    return e ? e : take_word(w, c, row, CF_RELATION, relation, &x->relation, eb);
}

static enum err
take_confusions(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct store_confusion *x =
        arena_alloc(&w->o->arena, c->table.n_rows + 1, sizeof *x);
    struct by_evaluation b = {0};
    enum err e = check_once(c, CF_TRUE, CF_N, eb);

    if (!e)
        e = sort_rows(w, c, &b, eb);
    for (size_t i = 0; i < c->table.n_rows && !e; i++)
        e = take_confusion(w, c, i, &x[b.place[i]], eb);
    for (size_t k = 0; k < w->o->n_evaluations && !e; k++) {
        w->o->evaluation[k].confusion = x + b.start[k];
        w->o->evaluation[k].n_confusions = b.start[k + 1] - b.start[k];
    }
    by_evaluation_release(&b);
    return e;
}

/* --- curves --- */

enum { CU_METRIC, CU_STEP, CU_EPOCH, CU_WALL, CU_VALUE };

static enum err
check_metrics(const struct csv_cells *c, struct errbuf *eb)
{
    struct intern *name = intern_new();
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->table.n_rows && !e; i++)
        if (intern_add(name, csv_cells_text(c, i, CU_METRIC)) >= TFEVENTS_TAGS_MAX)
            e = err_set(eb, ERR_FORMAT, "%s: more than %d curves", c->path,
                        TFEVENTS_TAGS_MAX);
    intern_free(name);
    return e;
}

static enum err
take_curves(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct import_own *o = w->o;
    size_t n = c->table.n_rows;
    struct store_metric *m = arena_alloc(&o->arena, n + 1, sizeof *m);
    enum err e = check_metrics(c, eb);

    for (size_t i = 0; i < n && !e; i++) {
        if ((e = csv_cells_int(c, i, CU_STEP, 0, step_max, &m[i].step, eb)) ||
            (e = csv_cells_int(c, i, CU_EPOCH, 0, INT32_MAX, &m[i].epoch, eb)) ||
            (e = csv_cells_real(c, i, CU_WALL, 0, 1e12, &m[i].wall_s, eb)) ||
            (e = csv_cells_real(c, i, CU_VALUE, -HUGE_VAL, HUGE_VAL, &m[i].value, eb)))
            break;
        m[i].metric = keep(w, csv_cells_text(c, i, CU_METRIC));
        if (isnan(m[i].wall_s))
            e = csv_cells_wrong(c, i, CU_WALL, "no time", eb);
    }
    if (e)
        return e;
    o->has_curves = true;
    o->metric = m;
    o->n_metrics = n;
    return ERR_OK;
}

/* --- importance --- */

enum { IM_CLASS, IM_RANK, IM_GENE, IM_SHARE };

/* In the order of class and rank, which makes each once. */
static enum err
take_importance(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct import_own *o = w->o;
    size_t n = c->table.n_rows;
    struct store_importance *x = arena_alloc(&o->arena, n + 1, sizeof *x);
    int64_t n_classes = (int64_t)w->C, n_genes = (int64_t)w->G;
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++) {
        if ((e = csv_cells_int(c, i, IM_CLASS, 0, n_classes - 1, &x[i].class_index,
                               eb)) ||
            (e = csv_cells_int(c, i, IM_RANK, 1, INT32_MAX, &x[i].rank, eb)) ||
            (e = csv_cells_int(c, i, IM_GENE, 0, n_genes - 1, &x[i].gene_index, eb)) ||
            (e = csv_cells_real(c, i, IM_SHARE, 0, 1 + 1e-9, &x[i].importance, eb)))
            break;
        if (isnan(x[i].importance))
            e = csv_cells_wrong(c, i, IM_SHARE, "no share", eb);
        else if (i > 0 && (x[i].class_index < x[i - 1].class_index ||
                           (x[i].class_index == x[i - 1].class_index &&
                            x[i].rank <= x[i - 1].rank)))
            e = csv_cells_wrong(c, i, IM_RANK, "out of order", eb);
    }
    if (e)
        return e;
    o->importance = x;
    o->n_importance = n;
    return ERR_OK;
}

/* --- where an imported run was from --- */

enum { SP_FILE, SP_NAME, SP_VALUE, SP_NULL };

static enum err
take_params(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    static const char *const files[] = {"hparams.yaml", "parameters.json", NULL};
    struct import_own *o = w->o;
    size_t n = c->table.n_rows;
    struct store_source_param *p = arena_alloc(&o->arena, n + 1, sizeof *p);
    enum err e = ERR_OK;
    int64_t is_null;

    for (size_t i = 0; i < n && !e; i++) {
        if ((e = csv_cells_int(c, i, SP_NULL, 0, 1, &is_null, eb)) ||
            (e = take_word(w, c, i, SP_FILE, files, &p[i].file, eb)))
            break;
        p[i].name = keep(w, csv_cells_text(c, i, SP_NAME));
        p[i].value = is_null ? NULL : keep(w, csv_cells_text(c, i, SP_VALUE));
    }
    if (e)
        return e;
    o->has_params = true;
    o->param = p;
    o->n_params = n;
    return ERR_OK;
}

enum { SC_PATH, SC_EPOCH, SC_SCORE, SC_BYTES };

static enum err
take_checkpoints(struct own_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct import_own *o = w->o;
    size_t n = c->table.n_rows;
    struct store_source_checkpoint *x = arena_alloc(&o->arena, n + 1, sizeof *x);
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++) {
        x[i].epoch = INT64_MIN;
        x[i].path = keep(w, csv_cells_text(c, i, SC_PATH));
        if (*csv_cells_text(c, i, SC_EPOCH))
            e = csv_cells_int(c, i, SC_EPOCH, 0, INT32_MAX, &x[i].epoch, eb);
        if (e || (e = csv_cells_real(c, i, SC_SCORE, 0, 1 + 1e-9, &x[i].score, eb)))
            break;
        e = csv_cells_int(c, i, SC_BYTES, 0, INT64_MAX, &x[i].size_bytes, eb);
    }
    if (e)
        return e;
    o->checkpoint = x;
    o->n_checkpoints = n;
    return ERR_OK;
}

/* --- all of them --- */

/* evaluations.csv comes before those that name evaluations. */
static const struct own_reader readers[] = {
    {OWN_EVALUATIONS,
     {"evaluation", "checkpoint", "is_primary", "origin", "cells_digest", "n_cells",
      "n_unknown"},
     take_evaluations},
    {OWN_F1,
     {"evaluation", "checkpoint", "rule", "facet", "label", "class", "precision",
      "recall", "f1", "f1_weighted", "f1_micro", "accuracy", "support", "n_classes"},
     take_f1s},
    {OWN_AVERAGES,
     {"evaluation", "checkpoint", "rule", "facet", "label", "average", "precision",
      "recall", "f1"},
     take_averages},
    {OWN_CONFUSIONS,
     {"evaluation", "checkpoint", "true_label", "predicted_label", "n", "relation"},
     take_confusions},
    {OWN_CURVES, {"metric", "step", "epoch", "wall_s", "value"}, take_curves},
    {OWN_IMPORTANCE, {"class", "rank", "gene", "importance"}, take_importance},
    {OWN_PARAMS, {"file", "name", "value", "is_null"}, take_params},
    {OWN_CHECKPOINTS, {"path", "epoch", "score", "size_bytes"}, take_checkpoints},
};
enum { N_READERS = sizeof readers / sizeof readers[0] };

static size_t
count_columns(const struct own_reader *r)
{
    size_t n = 0;

    while (n < CSV_CELLS_COLUMNS && r->column[n])
        n++;
    return n;
}

static void
digest_file(struct digest *d, const char *name, const char *path)
{
    char *text;
    size_t n;

    if (whole_file_read(path, CSV_TABLE_BYTES, &text, &n, NULL))
        return; /* said when it is read */
    digest_adds(d, name);
    digest_add(d, text, n);
    free(text);
}

/* False where a table is there that cannot be read. */
static bool
read_one(struct own_work *w, const struct own_reader *r)
{
    char *path = xasprintf("%s/%s", w->folder, own_table_file(r->table));
    struct errbuf eb = {""};
    struct csv_cells c;
    enum err e = csv_cells_read(&c, path, r->column, count_columns(r), &eb);
    bool is_there = e != ERR_NOTFOUND;

    if (!e) {
        e = r->take(w, &c, &eb);
        if (!e)
            import_report_add(w->report, IMPORT_ADDED, "file", path, NULL, "%zu rows",
                              c.table.n_rows);
        csv_cells_release(&c);
    }
    if (e && is_there)
        import_report_add(w->report, IMPORT_UNREADABLE, "file", path, NULL, "%s",
                          eb.text);
    if (is_there)
        digest_file(w->digest, own_table_file(r->table), path);
    free(path);
    return !e || !is_there;
}

/* Where scores cannot be read, evaluations come from the published tables. */
static void
forget_evaluations(struct import_own *o)
{
    o->has_evaluations = false;
    o->n_evaluations = 0;
    strlist_release(&o->evaluation_name);
}

static bool
is_of_evaluations(enum own_table t)
{
    return t == OWN_F1 || t == OWN_AVERAGES || t == OWN_CONFUSIONS;
}

void
import_own_read(struct import_own *o, const char *folder, size_t C, size_t G,
                struct digest *digest, struct import_report *report)
{
    struct own_work w = {.o = o,
                         .folder = folder,
                         .C = C,
                         .G = G,
                         .key = intern_new(),
                         .digest = digest,
                         .report = report};

    *o = (struct import_own){.text = intern_new()};
    for (size_t i = 0; i < N_READERS; i++) {
        enum own_table t = readers[i].table;

        if (is_of_evaluations(t) && !o->has_evaluations)
            continue;
        if (!read_one(&w, &readers[i]) && (t == OWN_F1 || t == OWN_AVERAGES))
            forget_evaluations(o);
    }
    intern_free(w.key);
}

void
import_own_release(struct import_own *o)
{
    strlist_release(&o->evaluation_name);
    intern_free(o->text);
    arena_release(&o->arena);
    *o = (struct import_own){0};
}
