/* errors_out.c - errors of CE and HCE by class as text or rows. */
#include "cli/errors_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/errors_rows.h"
#include "cli/group_pick.h"

enum { SCREEN_ROWS = 30 }; /* confusions that people get unless they say how many */

/* One pair_key: what was read and what is shown of it. */
struct reading {
    const struct errors_request *q;
    struct errors errors;
    struct error_table table;
    struct error_row *row; /* owned; those of `table` that are shown, in order */
    struct strbuf unscored;
    struct errors_block block;
};

static void
reading_release(struct reading *r)
{
    confusion_list_release(&r->block.confusions);
    error_table_release(&r->table);
    errors_release(&r->errors);
    free(r->row);
    strbuf_release(&r->unscored);
}

/* --- reading --- */

static enum err
read_pairs(struct cli *c, struct reading *r, struct errbuf *eb)
{
    struct store_pair *pair = NULL;
    size_t n = 0;
    enum err e = store_pairs_list(c->store, r->block.group->pair_key,
                                  r->block.evaluation, &pair, &n, eb);
    int64_t *seed = xmalloc(n, sizeof *seed);

    for (size_t i = 0; i < n; i++)
        seed[i] = pair[i].seed;
    errors_init(&r->errors, seed, n);
    for (size_t i = 0; i < 2 * n && e == ERR_OK; i++) {
        const struct store_pair *p = &pair[i / 2];
        errors_begin_run(&r->errors, i / 2, i % 2 ? ERROR_HCE : ERROR_CE);
        e = store_confusion_each(c->store, i % 2 ? p->hce_evaluation : p->ce_evaluation,
                                 errors_add, &r->errors, eb);
    }
    free(seed);
    free(pair);
    return e;
}

/* --- what is shown --- */

static const double *
sort_value(const struct error_row *r, enum error_kind kind, const char *sort)
{
    const struct error_stat *x = &r->stat[kind];

    return strcmp(sort, "hce") == 0     ? &x->s.b_mean
           : strcmp(sort, "delta") == 0 ? &x->s.d_mean
           : strcmp(sort, "p") == 0     ? &x->s.p
           : strcmp(sort, "cells") == 0 ? &r->cells
                                        : &x->s.a_mean;
}

/* All cells first; then larger values first (smaller p), NaN last, else by label. */
static int
compare_rows(const void *pa, const void *pb, void *ctx)
{
    const struct error_row *a = pa, *b = pb;
    const struct errors_request *q = ctx;
    bool a_all = a->class_index == ERRORS_ALL, b_all = b->class_index == ERRORS_ALL;

    if (a_all != b_all)
        return b_all - a_all;
    if (strcmp(q->sort, "label") != 0) {
        double x = *sort_value(a, q->kind, q->sort);
        double y = *sort_value(b, q->kind, q->sort);
        if (isnan(x) != isnan(y))
            return isnan(x) - isnan(y);
        int order = (x < y) - (x > y);
        if (order)
            return strcmp(q->sort, "p") == 0 ? -order : order;
    }
    return strcmp(a->label, b->label);
}

static void
pick_classes(struct reading *r)
{
    size_t n = 0, top = r->q->top > 0 ? (size_t)r->q->top + 1 : SIZE_MAX;

    r->row = xmalloc(r->table.n, sizeof *r->row);
    for (size_t i = 0; i < r->table.n; i++)
        if (i == 0 || r->table.row[i].cells >= (double)r->q->min_cells)
            r->row[n++] = r->table.row[i];
    if (n)
        qsort_r(r->row, n, sizeof *r->row, compare_rows, (void *)(uintptr_t)r->q);
    r->block.row = r->row;
    r->block.n_rows = n < top ? n : top;
}

/* Keep the one confusion that was asked for, or none. */
static void
pick_confusion(struct confusion_list *l, const char *from, const char *to)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n && n == 0; i++)
        if (strcmp(l->row[i].from, from) == 0 && strcmp(l->row[i].to, to) == 0)
            l->row[n++] = l->row[i];
    l->n = n;
}

static void
pick_confusions(struct cli *c, struct reading *r)
{
    const struct errors_request *q = r->q;
    bool seeds = r->block.level == ERRORS_SEEDS;
    const char *name = seeds && q->by_predicted ? q->predicted : q->class_name;
    size_t top = q->top > 0                                   ? (size_t)q->top
                 : q->top < 0 && !name && group_for_people(c) ? SCREEN_ROWS
                                                              : 0;

    r->block.class_index = name ? errors_find(&r->errors, name) : ERRORS_ALL;
    if (name && r->block.class_index == SIZE_MAX)
        return; /* no such class here */
    confusion_list_init(&r->block.confusions, &r->table, r->block.class_index,
                        seeds ? 0 : top);
    if (seeds)
        pick_confusion(&r->block.confusions, q->class_name, q->predicted);
}

/* True if there is something to show. */
static bool
pick(struct cli *c, struct reading *r)
{
    if (r->table.n == 0)
        return false;
    if (r->block.level == ERRORS_CLASSES)
        pick_classes(r);
    else
        pick_confusions(c, r);
    return r->block.n_rows || r->block.confusions.n;
}

static enum errors_level
level_of(const struct errors_request *q)
{
    return q->predicted                     ? ERRORS_SEEDS
           : q->class_name || q->confusions ? ERRORS_CONFUSIONS
                                            : ERRORS_CLASSES;
}

static enum err
load(struct cli *c, struct reading *r, struct errbuf *eb)
{
    const struct errors_request *q = r->q;
    struct errors_block *b = &r->block;
    enum err e = read_pairs(c, r, eb);

    if (e == ERR_OK)
        e = store_unscored(c->store, b->group->pair_key, b->evaluation, &r->unscored,
                           eb);
    if (e)
        return e;
    error_table_init(&r->table, &r->errors,
                     (struct error_question){.by_predicted = q->by_predicted,
                                             .exact = strcmp(q->rule, "exact") == 0,
                                             .of_wrong = q->of_wrong});
    b->table = &r->table;
    b->level = level_of(q);
    b->rule = q->rule;
    b->kind = q->kind;
    b->one_kind = q->one_kind;
    b->unscored = strbuf_str(&r->unscored);
    return ERR_OK;
}

/* --- what the numbers are --- */

static void
add_topic(struct strbuf *sb, const struct reading *r)
{
    const struct errors_request *q = r->q;

    if (r->block.level == ERRORS_CLASSES) {
        strbuf_addf(sb, "%s predictions by %s class", error_kind_name(q->kind),
                    q->by_predicted ? "predicted" : "true");
        return;
    }
    utf8_clean(sb, q->class_name ? q->class_name : "all cells", false);
    if (q->predicted) {
        strbuf_adds(sb, " called ");
        utf8_clean(sb, q->predicted, false);
        strbuf_addf(sb, " (%s), by seed",
                    error_kind_name(r->block.confusions.row[0].c.kind));
    } else {
        strbuf_adds(sb, !q->class_name    ? ": the largest confusions"
                        : q->by_predicted ? ": what was called it"
                                          : ": where its cells went");
    }
}

static void
add_whole(struct strbuf *sb, const struct reading *r)
{
    const struct errors_request *q = r->q;
    bool classes = r->block.level == ERRORS_CLASSES;

    if (q->of_wrong && classes)
        strbuf_adds(sb, "; wrong: of its cells, relations: of the wrong ones");
    else if (q->of_wrong)
        strbuf_adds(sb, "; shares of the wrong ones");
    else if (!classes && !q->class_name)
        strbuf_adds(sb, "; shares of all cells");
    else
        strbuf_addf(sb, "; shares of %s",
                    q->by_predicted ? "the cells called so" : "the class's cells");
    strbuf_addf(sb, "; rule %s: descendants are %s\n", q->rule,
                r->table.question.exact ? "wrong" : "right");
}

static void
add_method(struct strbuf *sb, const struct reading *r)
{
    size_t n = r->errors.S;
    const char *unmatched = r->block.group->unmatched;

    strbuf_adds(sb, "evaluation ");
    utf8_clean(sb, r->block.evaluation, false);
    strbuf_addf(sb, ", %zu pair%s of seeds", n, n == 1 ? "" : "s");
    if (r->block.level == ERRORS_CLASSES)
        strbuf_addf(sb, "; paired t, Holm over %zu tested",
                    r->table.family[r->q->kind]);
    else if (r->block.level == ERRORS_CONFUSIONS)
        strbuf_adds(sb, "; paired t-intervals, not adjusted");
    if (unmatched && *unmatched)
        strbuf_addf(sb, "; without a partner: %s", unmatched);
    if (r->unscored.len)
        strbuf_addf(sb, "; not scored: %s", strbuf_str(&r->unscored));
    strbuf_addc(sb, '\n');
}

/* One fact a line. */
static void
add_header(struct strbuf *sb, const struct reading *r)
{
    const struct store_group *g = r->block.group;

    strbuf_adds(sb, "experiment ");
    utf8_clean(sb, g->experiment, false);
    strbuf_addf(sb, ", model %s, pair_key %.*s\n", g->model, GROUP_KEY_SHOWN,
                g->pair_key);
    add_topic(sb, r);
    add_whole(sb, r);
    add_method(sb, r);
}

static void
add_part(struct strbuf *sb, const struct reading *r, enum error_side side)
{
    const struct error_row *row = error_table_find(&r->table, r->block.class_index);

    strbuf_addf(sb, "%s:", side == ERROR_CE ? "CE" : "HCE");
    for (int k = 0; row && k < ERROR_KINDS; k++) {
        const struct paired *s = &row->stat[k].s;
        double share = side == ERROR_CE ? s->a_mean : s->b_mean;
        strbuf_addf(sb, "%s %s ", k ? "," : "", error_kind_name((enum error_kind)k));
        if (isnan(share))
            strbuf_adds(sb, "-");
        else
            strbuf_addf(sb, "%.4f", share);
    }
    strbuf_addc(sb, '\n');
}

/* Relations of the whole class under a table of its confusions. */
static void
add_footer(struct strbuf *sb, const struct reading *r)
{
    const struct confusion_list *l = &r->block.confusions;

    if (r->block.level == ERRORS_CONFUSIONS) {
        if (l->n < l->n_all)
            strbuf_addf(sb, "the largest %zu of %zu (--top 0: all)\n", l->n, l->n_all);
        add_part(sb, r, ERROR_CE);
        add_part(sb, r, ERROR_HCE);
    }
}

static void
print_block(struct cli *c, const struct reading *r)
{
    struct table *t = errors_rows_new(r->block.level, true);
    struct strbuf sb = {0};

    errors_rows_add(t, &r->block, true);
    add_header(&sb, r);
    strbuf_addc(&sb, '\n');
    out_text(c, strbuf_str(&sb));
    out_table(c, t);
    strbuf_reset(&sb);
    add_footer(&sb, r);
    if (sb.len)
        out_textf(c, "\n%s", strbuf_str(&sb));
    strbuf_release(&sb);
    table_free(t);
}

/* The header of a block to stderr, line by line. */
static void
note_header(const struct reading *r)
{
    struct strbuf sb = {0};
    struct strlist line = {0};

    add_header(&sb, r);
    strlist_split(&line, strbuf_str(&sb), '\n');
    for (size_t i = 0; i < line.n; i++)
        if (*line.item[i])
            out_note("%s", line.item[i]);
    strlist_release(&line);
    strbuf_release(&sb);
}

/* --- all pair_keys --- */

static enum err
nothing(const struct errors_request *q, struct errbuf *eb)
{
    const char *in = q->evaluation ? " in evaluation " : "";
    const char *name = q->evaluation ? q->evaluation : "";

    if (q->predicted)
        return err_set(eb, ERR_NOTFOUND,
                       "no pair of seeds has a cell of '%s' that was called '%s'%s%s",
                       q->class_name, q->predicted, in, name);
    if (q->class_name)
        return err_set(eb, ERR_NOTFOUND,
                       "no pair of seeds has a cell %s '%s'%s%s (hcelab errors%s lists "
                       "the classes)",
                       q->by_predicted ? "called" : "of class", q->class_name, in, name,
                       q->by_predicted ? " --by-predicted" : "");
    return err_set(eb, ERR_NOTFOUND,
                   "no errors to show%s%s: it takes a CE and an HCE run of one seed "
                   "that succeeded (hcelab runs --groups)",
                   in, name);
}

/* Print or collect one group; *last is the one shown before, or NULL. */
static enum err
show_group(struct cli *c, const struct errors_request *q, const struct store_group *g,
           const struct store_group **last, struct table *rows, struct errbuf *eb)
{
    struct strlist names = {0};

    strlist_split(&names, g->evaluations ? g->evaluations : "", ',');
    struct reading r = {
        .q = q,
        .block = {.group = g, .evaluation = group_evaluation(q->evaluation, &names)}};
    enum err e = load(c, &r, eb);

    if (e == ERR_OK && pick(c, &r)) {
        if (*last)
            group_tell_apart(c, *last, g);
        if (group_for_people(c)) {
            print_block(c, &r);
        } else {
            note_header(&r);
            errors_rows_add(rows, &r.block, false);
        }
        *last = g;
    }
    reading_release(&r);
    strlist_release(&names);
    return e;
}

enum err
errors_print(struct cli *c, const struct errors_request *q, struct errbuf *eb)
{
    const struct store_group *last = NULL;
    struct store_groups groups;
    enum err e = store_groups_list(c->store, q->experiment, &groups, eb);

    if (e)
        return e;
    struct table *rows = errors_rows_new(level_of(q), false);
    for (size_t i = 0; i < groups.n && e == ERR_OK; i++)
        if (group_is_wanted(&groups.group[i], q->model, q->pair_key))
            e = show_group(c, q, &groups.group[i], &last, rows, eb);
    if (e == ERR_OK && !last)
        e = nothing(q, eb);
    if (e == ERR_OK && !group_for_people(c))
        out_table(c, rows);
    table_free(rows);
    store_groups_release(&groups);
    return e;
}
