/* store_evaluation.c - writing an evaluation. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"

/* Word ids of one transaction, so that each text is looked up once. */
struct words {
    struct store *s;   /* borrowed */
    struct intern *in; /* owned; index -> id below */
    int64_t *id;       /* owned */
    size_t cap;
};

static void
words_init(struct words *w, struct store *s)
{
    *w = (struct words){.s = s, .in = intern_new()};
}

static void
words_release(struct words *w)
{
    intern_free(w->in);
    free(w->id);
}

/* Id of a text, made if it is new; 0 for NULL. */
static enum err
word_id(struct words *w, const char *text, int64_t *id, struct errbuf *eb)
{
    *id = 0;
    if (!text)
        return ERR_OK;

    size_t known = intern_count(w->in), i = intern_add(w->in, text);
    enum err e = ERR_OK;
    if (i == known) {
        w->id = grow(w->id, &w->cap, known + 1, sizeof *w->id);
        w->id[i] = 0;
        if (!(e = db_exec(w->s, SQL_word_add, BINDS(BT(":text", text)), eb)))
            e = db_int(w->s, SQL_word_find, BINDS(BT(":text", text)), &w->id[i], eb);
    }
    *id = w->id[i];
    return e;
}

static enum err
check_name(struct store *s, const char *experiment, const char *name,
           const char *cells_digest, struct errbuf *eb)
{
    int64_t other = DB_NONE;
    enum err e = db_int(s, SQL_run_evaluation_conflict,
                        BINDS(BT(":experiment", experiment), BT(":name", name),
                              BT(":cells_digest", cells_digest), BI(":but_run_id", 0)),
                        &other, eb);

    if (!e && other != DB_NONE)
        e = err_set(eb, ERR_CONFLICT,
                    "evaluation '%s' stands for other cells in run %lld of experiment "
                    "'%s': give this one another --name",
                    name, (long long)other, experiment);
    return e;
}

static enum err
check_binding(struct store *s, int64_t run_id, const struct store_evaluation *ev,
              struct errbuf *eb)
{
    char *experiment = NULL;
    enum err e =
        db_text(s, SQL_run_experiment, BINDS(BI(":run_id", run_id)), &experiment, eb);

    if (!e && !experiment)
        e = err_set(eb, ERR_NOTFOUND, "there is no run %lld", (long long)run_id);
    if (!e)
        e = check_name(s, experiment, ev->name, ev->cells_digest, eb);
    if (!e && ev->same_cells)
        e = check_name(s, experiment, ev->same_cells, ev->cells_digest, eb);
    free(experiment);
    return e;
}

/* Make room: the evaluation that this one replaces, and an older primary one. */
static enum err
replace(struct store *s, int64_t run_id, const struct store_evaluation *ev,
        struct errbuf *eb)
{
    enum err e = db_exec(s, SQL_evaluation_delete,
                         BINDS(BI(":run_id", run_id), BT(":name", ev->name),
                               BT(":checkpoint", ev->checkpoint)),
                         eb);

    if (!e && ev->is_primary)
        e = db_exec(s, SQL_evaluation_demote,
                    BINDS(BI(":run_id", run_id), BT(":name", ev->name)), eb);
    return e ? e
             : db_exec(s, SQL_run_evaluation_insert,
                       BINDS(BI(":run_id", run_id), BT(":name", ev->name),
                             BT(":cells_digest", ev->cells_digest)),
                       eb);
}

static enum err
insert_evaluation(struct store *s, int64_t run_id, const struct store_evaluation *ev,
                  int64_t *id, struct errbuf *eb)
{
    enum err e = replace(s, run_id, ev, eb);

    if (!e)
        e = db_exec(
            s, SQL_evaluation_insert,
            BINDS(BI(":run_id", run_id), BT(":name", ev->name),
                  BT(":checkpoint", ev->checkpoint), BI(":is_primary", ev->is_primary),
                  BT(":cells_digest", ev->cells_digest), BI(":n_cells", ev->n_cells),
                  BI(":n_unknown", ev->n_unknown), BI(":now_us", clock_unix_us()),
                  BT(":origin", ev->is_imported ? "imported" : "scored")),
            eb);
    *id = db_last_id(s);
    return e;
}

/* *last_facet: that of the row before, which is noted already. */
static enum err
insert_score(struct words *w, int64_t evaluation, const struct store_f1 *f,
             int64_t *last_facet, struct errbuf *eb)
{
    int64_t facet, rule, label, class_id;
    enum err e;

    if ((e = word_id(w, f->facet, &facet, eb)) ||
        (e = word_id(w, f->rule, &rule, eb)) ||
        (e = word_id(w, f->label, &label, eb)) ||
        (e = word_id(w, f->class_name, &class_id, eb)))
        return e;
    if (facet != *last_facet &&
        (e = db_exec(w->s, SQL_evaluation_facet_insert,
                     BINDS(BI(":evaluation_id", evaluation), BI(":facet_id", facet)),
                     eb)))
        return e;
    *last_facet = facet;
    return db_exec(w->s, SQL_score_insert,
                   BINDS(BI(":evaluation_id", evaluation), BI(":facet_id", facet),
                         BI(":rule_id", rule), BI(":label_id", label),
                         BI(":class_id", class_id), BF(":precision", f->precision),
                         BF(":recall", f->recall), BF(":f1", f->f1),
                         BF(":f1_weighted", f->f1_weighted),
                         BF(":f1_micro", f->f1_micro), BF(":accuracy", f->accuracy),
                         BI(":support", f->support), BI(":n_classes", f->n_classes)),
                   eb);
}

static enum err
insert_confusion(struct words *w, int64_t evaluation, const struct store_confusion *c,
                 struct errbuf *eb)
{
    int64_t true_id, predicted_id, relation_id;
    enum err e;

    if ((e = word_id(w, c->true_label, &true_id, eb)) ||
        (e = word_id(w, c->predicted_label, &predicted_id, eb)) ||
        (e = word_id(w, c->relation, &relation_id, eb)))
        return e;
    return db_exec(w->s, SQL_confusion_insert,
                   BINDS(BI(":evaluation_id", evaluation), BI(":true_id", true_id),
                         BI(":predicted_id", predicted_id), BI(":n", c->n),
                         BI(":relation_id", relation_id)),
                   eb);
}

static enum err
insert_average(struct words *w, int64_t evaluation, const struct store_average *a,
               struct errbuf *eb)
{
    int64_t facet, rule, label, average;
    enum err e;

    if ((e = word_id(w, a->facet, &facet, eb)) ||
        (e = word_id(w, a->rule, &rule, eb)) ||
        (e = word_id(w, a->label, &label, eb)) ||
        (e = word_id(w, a->average, &average, eb)))
        return e;
    return db_exec(w->s, SQL_import_score_average_insert,
                   BINDS(BI(":evaluation_id", evaluation), BI(":facet_id", facet),
                         BI(":rule_id", rule), BI(":label_id", label),
                         BI(":average_id", average), BF(":precision", a->precision),
                         BF(":recall", a->recall), BF(":f1", a->f1)),
                   eb);
}

/* Make room in an evaluation that stays for the rows of a facet under a rule; once for
 * each, before the first of them comes. */
static enum err
make_room(struct words *w, enum sql_id delete_rows, int64_t evaluation,
          struct intern *seen, const char *facet, const char *rule, struct errbuf *eb)
{
    struct strbuf key = {0};
    int64_t facet_id, rule_id;
    size_t known = intern_count(seen);

    strbuf_addf(&key, "%d\x1f%s\x1f%s", (int)delete_rows, facet, rule);
    bool is_new = intern_add(seen, strbuf_str(&key)) == known;
    strbuf_release(&key);
    enum err e = ERR_OK;
    if (!is_new || (e = word_id(w, facet, &facet_id, eb)) ||
        (e = word_id(w, rule, &rule_id, eb)))
        return e;
    return db_exec(w->s, delete_rows,
                   BINDS(BI(":evaluation_id", evaluation), BI(":facet_id", facet_id),
                         BI(":rule_id", rule_id)),
                   eb);
}

static enum err
put_rows(struct words *w, int64_t id, const struct store_evaluation *ev,
         struct errbuf *eb)
{
    int64_t facet = DB_NONE;
    enum err e = ERR_OK;

    for (size_t i = 0; i < ev->n_f1 && !e; i++)
        e = insert_score(w, id, &ev->f1[i], &facet, eb);
    for (size_t i = 0; i < ev->n_confusions && !e; i++)
        e = insert_confusion(w, id, &ev->confusion[i], eb);
    for (size_t i = 0; i < ev->n_averages && !e; i++)
        e = insert_average(w, id, &ev->average[i], eb);
    return e;
}

enum err
run_evaluation_put(struct store *s, int64_t run_id, const struct store_evaluation *ev,
                   struct errbuf *eb)
{
    struct words w;
    int64_t id;
    enum err e = check_binding(s, run_id, ev, eb);

    if (e || (e = insert_evaluation(s, run_id, ev, &id, eb)))
        return e;
    words_init(&w, s);
    e = put_rows(&w, id, ev, eb);
    words_release(&w);
    return e;
}

/* --- once more --- */

struct known {
    int64_t id; /* DB_NONE: there is none */
    bool is_scored, same_cells;
};

static enum err
find_known(struct store *s, int64_t run_id, const struct store_evaluation *ev,
           struct known *k, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_import_evaluation_find,
                           BINDS(BI(":run_id", run_id), BT(":name", ev->name),
                                 BT(":checkpoint", ev->checkpoint)),
                           &st, eb);

    *k = (struct known){.id = DB_NONE};
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row)
        *k =
            (struct known){.id = col_int(st, 0),
                           .same_cells = strcmp(col_text(st, 1), ev->cells_digest) == 0,
                           .is_scored = strcmp(col_text(st, 2), "scored") == 0};
    db_finish(s, st);
    return e;
}

static enum err
drop_rows(struct words *w, int64_t id, const struct store_evaluation *ev,
          struct errbuf *eb)
{
    struct intern *seen = intern_new();
    enum err e = ERR_OK;

    for (size_t i = 0; i < ev->n_f1 && !e; i++)
        e = make_room(w, SQL_import_scores_delete, id, seen, ev->f1[i].facet,
                      ev->f1[i].rule, eb);
    for (size_t i = 0; i < ev->n_averages && !e; i++)
        e = make_room(w, SQL_import_averages_delete, id, seen, ev->average[i].facet,
                      ev->average[i].rule, eb);
    if (!e && ev->n_confusions)
        e = db_exec(w->s, SQL_import_confusions_delete, BINDS(BI(":evaluation_id", id)),
                    eb);
    intern_free(seen);
    return e;
}

static enum err
renew(struct store *s, int64_t run_id, int64_t id, const struct store_evaluation *ev,
      struct errbuf *eb)
{
    struct words w;
    enum err e = ERR_OK;

    if (ev->is_primary)
        e = db_exec(s, SQL_evaluation_demote,
                    BINDS(BI(":run_id", run_id), BT(":name", ev->name)), eb);
    if (!e)
        e = db_exec(s, SQL_import_evaluation_renew,
                    BINDS(BI(":evaluation_id", id), BI(":is_primary", ev->is_primary),
                          BI(":n_cells", ev->n_cells), BI(":n_unknown", ev->n_unknown),
                          BT(":origin", ev->is_imported ? "imported" : "scored")),
                    eb);
    if (e)
        return e;
    words_init(&w, s);
    if (!(e = drop_rows(&w, id, ev, eb)))
        e = put_rows(&w, id, ev, eb);
    words_release(&w);
    return e;
}

enum err
run_evaluation_renew(struct store *s, int64_t run_id, const struct store_evaluation *ev,
                     struct errbuf *eb)
{
    struct known k;
    enum err e = find_known(s, run_id, ev, &k, eb);

    if (e || (k.id != DB_NONE && k.is_scored && ev->is_imported))
        return e;
    return k.id != DB_NONE && k.same_cells ? renew(s, run_id, k.id, ev, eb)
                                           : run_evaluation_put(s, run_id, ev, eb);
}

enum err
store_evaluation_add(struct store *s, const struct store_attempt *a,
                     const struct store_evaluation *ev, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (a->attempt)
        e = db_fence(s, a->run_id, a->attempt, eb);
    if (!e)
        e = run_evaluation_put(s, a->run_id, ev, eb);
    return db_end(s, e, eb);
}
