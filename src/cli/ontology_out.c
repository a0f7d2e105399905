/* ontology_out.c - values of ontology nodes as a tree or as rows. */
#include "cli/ontology_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/compare_lack.h"
#include "cli/group_pick.h"
#include "draw/table.h"
#include "stat/class_tree.h"

enum { KEY_SHOWN = 12 }; /* characters of a pair_key that people see */

/* ---- one pair_key ---- */

struct block {
    const struct store_group *group;
    const struct ontology_request *q;
    const char *evaluation; /* borrowed */
    struct store_hierarchy h;
    struct comparison classes;
    struct class_tree tree;
    size_t top; /* the node that was asked for, or CLASS_TREE_NONE */
    struct strbuf unscored;
};

static void
block_release(struct block *b)
{
    class_tree_release(&b->tree);
    store_hierarchy_release(&b->h);
    compare_release(&b->classes);
    strbuf_release(&b->unscored);
}

static const char *const *
items(const struct strlist *l)
{
    return (const char *const *)l->item;
}

static void
make_tree(struct block *b, bool all_terms)
{
    const struct store_hierarchy *h = &b->h;
    const struct class_tree_source source = {.label = items(&h->label),
                                             .label_term = items(&h->label_term),
                                             .n_classes = h->label.n,
                                             .term = items(&h->term),
                                             .term_name = items(&h->term_name),
                                             .n_terms = h->term.n,
                                             .child = h->is_a.a,
                                             .parent = h->is_a.b,
                                             .n_edges = h->is_a.n,
                                             .ancestor = h->below.a,
                                             .descendant = h->below.b,
                                             .n_pairs = h->below.n,
                                             .classes = &b->classes};

    class_tree_release(&b->tree);
    class_tree_init(&b->tree, &source, all_terms);
    class_tree_test(&b->tree, &b->classes);
    compare_draw_flips(&b->tree.stat);
}

/* The node that was asked for, with every term in the tree if it is one of those. */
static enum err
find_top(struct block *b, struct errbuf *eb)
{
    const char *text = b->q->node;
    struct strbuf names = {0};
    enum err e = ERR_OK;
    size_t n;

    b->top = CLASS_TREE_NONE;
    if (!text)
        return ERR_OK;
    b->top = class_tree_find(&b->tree, text, &n, NULL);
    if (n == 0 && !b->q->all_terms) {
        make_tree(b, true);
        b->top = class_tree_find(&b->tree, text, &n, NULL);
    }
    class_tree_find(&b->tree, text, &n, &names);
    if (n == 0)
        e = err_set(eb, ERR_NOTFOUND,
                    "--node %s: no node at or above a class is called so (hcelab "
                    "ontology lists them)",
                    text);
    else if (n > 1)
        e = err_set(eb, ERR_AMBIGUOUS, "--node %s means %zu nodes: %s", text, n,
                    strbuf_str(&names));
    strbuf_release(&names);
    return e;
}

static enum err
load_block(struct cli *c, struct block *b, struct errbuf *eb)
{
    const char *key = b->group->pair_key;
    const struct store_compare_query query = {.pair_key = key,
                                              .evaluation = b->evaluation,
                                              .rule = b->q->compare.rule,
                                              .facet = b->q->compare.facet,
                                              .min_support = 1};
    enum err e = store_compare_each(c->store, &query, compare_add, &b->classes, eb);

    if (e || b->classes.n_rows == 0)
        return e;
    compare_summarize(&b->classes);
    if ((e = store_unscored(c->store, key, b->evaluation, &b->unscored, eb)) ||
        (e = store_hierarchy_find(c->store, key, &b->h, eb)) ||
        (e = store_hierarchy_read(c->store, &b->h, eb)))
        return e;
    make_tree(b, b->q->all_terms);
    return find_top(b, eb);
}

/* ---- walking the tree ---- */

struct walk {
    const struct block *b;
    struct table *table;
    bool *keep, *seen; /* (n) nodes wanted; nodes that were there */
    void (*add)(struct walk *w, size_t node, size_t parent, size_t depth, bool again);
    bool markdown;
};

static void
visit(struct walk *w, size_t node, size_t parent, size_t depth)
{
    const struct class_node *x = &w->b->tree.node[node];
    bool again = w->seen[node];
    int64_t most = w->b->q->depth;

    if (!w->keep[node])
        return;
    w->seen[node] = true;
    w->add(w, node, parent, depth, again);
    if (again || (most && (int64_t)depth + 1 >= most))
        return;
    for (size_t k = 0; k < x->n_children; k++)
        visit(w, x->child[k], node, depth + 1);
}

static void
walk(struct walk *w)
{
    const struct block *b = w->b;
    const struct class_tree *t = &b->tree;

    w->keep = xcalloc(t->n + 1, sizeof *w->keep);
    w->seen = xcalloc(t->n + 1, sizeof *w->seen);
    if (b->q->min_delta > 0)
        class_tree_mark(t, b->q->min_delta, w->keep);
    else
        memset(w->keep, true, t->n);
    if (b->top != CLASS_TREE_NONE)
        visit(w, b->top, CLASS_TREE_NONE, 0);
    for (size_t i = 0; i < t->n_roots && b->top == CLASS_TREE_NONE; i++)
        visit(w, t->root[i], CLASS_TREE_NONE, 0);
    free(w->keep);
    free(w->seen);
}

/* ---- every number, for programs ---- */

static const struct table_column full_columns[] = {
    {.name = "pair_key", .type = TABLE_TEXT},
    {.name = "experiment", .type = TABLE_TEXT},
    {.name = "model", .type = TABLE_TEXT},
    {.name = "evaluation", .type = TABLE_TEXT},
    {.name = "rule", .type = TABLE_TEXT},
    {.name = "term_id", .type = TABLE_TEXT},
    {.name = "node", .type = TABLE_TEXT},
    {.name = "class", .type = TABLE_TEXT},
    {.name = "depth", .type = TABLE_INT},
    {.name = "parents", .type = TABLE_TEXT},
    {.name = "n_classes", .type = TABLE_INT},
    {.name = "n_scored", .type = TABLE_INT},
    {.name = "support", .type = TABLE_REAL},
    {.name = "n_pairs", .type = TABLE_INT},
    {.name = "ce_mean", .type = TABLE_REAL},
    {.name = "ce_sd", .type = TABLE_REAL},
    {.name = "hce_mean", .type = TABLE_REAL},
    {.name = "hce_sd", .type = TABLE_REAL},
    {.name = "delta_mean", .type = TABLE_REAL},
    {.name = "delta_sd", .type = TABLE_REAL},
    {.name = "ci_low", .type = TABLE_REAL},
    {.name = "ci_high", .type = TABLE_REAL},
    {.name = "wins", .type = TABLE_INT},
    {.name = "ties", .type = TABLE_INT},
    {.name = "losses", .type = TABLE_INT},
    {.name = "t", .type = TABLE_REAL},
    {.name = "p", .type = TABLE_REAL},
    {.name = "p_holm", .type = TABLE_REAL},
    {.name = "p_flip", .type = TABLE_REAL},
    {.name = "p_flip_min", .type = TABLE_REAL},
    {.name = "family", .type = TABLE_INT},
    {.name = "verdict", .type = TABLE_TEXT},
    {.name = "why_untested", .type = TABLE_TEXT},
    {.name = "unmatched", .type = TABLE_TEXT},
    {.name = "unscored", .type = TABLE_TEXT},
};

static const char *
or_null(const char *text)
{
    return text && *text ? text : NULL;
}

static void
add_full_stats(struct table *t, const struct compare_row *r)
{
    static const struct compare_row none = {.why = "no cells", .verdict = ' '};
    const struct compare_row *x = r ? r : &none;
    double nan = (double)NAN;
    const double number[] = {x->ce_mean,    x->ce_sd,    x->hce_mean, x->hce_sd,
                             x->delta_mean, x->delta_sd, x->ci_low,   x->ci_high};
    const double test[] = {x->t, x->p, x->p_holm, x->p_flip, x->p_flip_min};

    table_int(t, (int64_t)x->n);
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        table_real(t, r ? number[i] : nan);
    table_int(t, (int64_t)x->wins);
    table_int(t, (int64_t)x->ties);
    table_int(t, (int64_t)x->losses);
    for (size_t i = 0; i < sizeof test / sizeof test[0]; i++)
        table_real(t, r ? test[i] : nan);
}

/* False for a node that is there for one below it only. */
static bool
is_wanted(const struct block *b, const struct compare_row *r)
{
    return b->q->min_delta <= 0 || (r && fabs(r->delta_mean) >= b->q->min_delta);
}

/* A node where it comes first. */
static void
add_full_row(struct walk *w, size_t node, size_t parent, size_t depth, bool again)
{
    const struct block *b = w->b;
    const struct class_node *x = &b->tree.node[node];
    const struct compare_row *r = class_tree_row(&b->tree, node);
    struct strbuf parents = {0};
    struct table *t = w->table;

    (void)parent;
    if (again || !is_wanted(b, r))
        return;
    class_tree_parents_text(&b->tree, node, CLASS_TREE_NONE, &parents);
    table_text(t, b->group->pair_key);
    table_text(t, b->group->experiment);
    table_text(t, b->group->model);
    table_text(t, b->evaluation);
    table_text(t, b->q->compare.rule);
    table_text(t, or_null(x->term_id));
    table_text(t, x->name);
    table_text(t, x->label);
    table_int(t, (int64_t)depth);
    table_text(t, or_null(strbuf_str(&parents)));
    table_int(t, (int64_t)x->n_classes);
    table_int(t, (int64_t)x->n_scored);
    table_real(t, x->cells);
    add_full_stats(t, r);
    table_int(t, (int64_t)b->tree.stat.family);
    table_text(t, r ? compare_verdict(r->verdict) : NULL);
    table_text(t, r ? or_null(r->why) : "no cells");
    table_text(t, or_null(b->group->unmatched));
    table_text(t, or_null(strbuf_str(&b->unscored)));
    strbuf_release(&parents);
}

/* ---- the tree, for people ---- */

static const struct table_column short_columns[] = {
    {.name = "node", .type = TABLE_TEXT},
    {.name = "classes", .type = TABLE_TEXT, .rank = 3},
    {.name = "support", .title = "cells", .type = TABLE_REAL, .digits = 0},
    {.name = "ce_mean", .title = "CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ce_sd", .title = "sd", .type = TABLE_REAL, .digits = 4, .rank = 7},
    {.name = "hce_mean", .title = "HCE", .type = TABLE_REAL, .digits = 4},
    {.name = "hce_sd", .title = "sd", .type = TABLE_REAL, .digits = 4, .rank = 7},
    {.name = "delta_mean", .title = "HCE-CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ci", .title = "95 % interval", .type = TABLE_TEXT, .rank = 4},
    {.name = "signs", .title = "+/-", .type = TABLE_TEXT, .rank = 5},
    {.name = "p", .type = TABLE_REAL, .digits = -2, .rank = 6},
    {.name = "p_holm", .title = "Holm p", .type = TABLE_REAL, .digits = -2, .rank = 1},
    {.name = "verdict", .title = "HCE is", .type = TABLE_TEXT},
    {.name = "also", .title = "also under", .type = TABLE_TEXT, .rank = 8},
};

/* The name behind its indent; "(...)" where what is below it was shown before. */
static void
add_name(struct walk *w, size_t node, size_t depth, bool again)
{
    const struct class_node *x = &w->b->tree.node[node];
    struct strbuf name = {0};

    for (size_t k = 0; k < depth; k++)
        strbuf_adds(&name, w->markdown ? "&nbsp;&nbsp;" : "  ");
    strbuf_adds(&name, x->name);
    if (x->label && strcmp(x->label, x->name) != 0)
        strbuf_addf(&name, " (%s)", x->label);
    if (again && x->n_children)
        strbuf_adds(&name, " (...)");
    table_text(w->table, strbuf_str(&name));
    strbuf_release(&name);
}

static void
add_short_stats(struct table *t, const struct compare_row *r)
{
    char interval[64] = "", signs[64];

    if (!isnan(r->ci_low))
        snprintf(interval, sizeof interval, "%+.4f .. %+.4f", r->ci_low, r->ci_high);
    snprintf(signs, sizeof signs, "%zu+/%zu-", r->wins, r->losses);
    table_real(t, r->ce_mean);
    table_real(t, r->ce_sd);
    table_real(t, r->hce_mean);
    table_real(t, r->hce_sd);
    table_real(t, r->delta_mean);
    table_text(t, interval);
    table_text(t, signs);
    table_real(t, r->p);
    table_real(t, r->p_holm);
    table_text(t, *r->why ? r->why : compare_verdict(r->verdict));
}

static void
add_short_row(struct walk *w, size_t node, size_t parent, size_t depth, bool again)
{
    const struct class_node *x = &w->b->tree.node[node];
    const struct compare_row *r = class_tree_row(&w->b->tree, node);
    struct strbuf also = {0};
    struct table *t = w->table;
    char classes[48];

    add_name(w, node, depth, again);
    snprintf(classes, sizeof classes, "%zu/%zu", x->n_scored, x->n_classes);
    table_text(t, classes);
    table_real(t, x->cells);
    if (r) {
        add_short_stats(t, r);
    } else {
        for (int i = 0; i < 9; i++)
            table_null(t);
        table_text(t, "no cells");
    }
    if (parent != CLASS_TREE_NONE)
        class_tree_parents_text(&w->b->tree, node, parent, &also);
    table_text(t, strbuf_str(&also));
    strbuf_release(&also);
}

/* ---- seed by seed ---- */

static const struct table_column seed_columns[] = {
    {.name = "pair_key", .type = TABLE_TEXT},
    {.name = "experiment", .type = TABLE_TEXT},
    {.name = "model", .type = TABLE_TEXT},
    {.name = "evaluation", .type = TABLE_TEXT},
    {.name = "rule", .type = TABLE_TEXT},
    {.name = "term_id", .type = TABLE_TEXT},
    {.name = "node", .type = TABLE_TEXT},
    {.name = "seed", .type = TABLE_INT},
    {.name = "ce", .title = "CE", .type = TABLE_REAL, .digits = 4},
    {.name = "hce", .title = "HCE", .type = TABLE_REAL, .digits = 4},
    {.name = "delta", .title = "HCE-CE", .type = TABLE_REAL, .digits = 4},
};
enum { SEED_NODE = 6 }; /* people see the columns from here on */

static void
add_seed_values(struct table *t, const struct compare_row *r, size_t k)
{
    table_int(t, r->seed[k]);
    table_real(t, r->ce[k]);
    table_real(t, r->hce[k]);
    table_real(t, r->hce[k] - r->ce[k]);
}

static void
add_full_seeds(struct walk *w, size_t node, size_t parent, size_t depth, bool again)
{
    const struct block *b = w->b;
    const struct class_node *x = &b->tree.node[node];
    const struct compare_row *r = class_tree_row(&b->tree, node);

    (void)parent;
    (void)depth;
    for (size_t k = 0; r && is_wanted(b, r) && !again && k < r->n; k++) {
        table_text(w->table, b->group->pair_key);
        table_text(w->table, b->group->experiment);
        table_text(w->table, b->group->model);
        table_text(w->table, b->evaluation);
        table_text(w->table, b->q->compare.rule);
        table_text(w->table, or_null(x->term_id));
        table_text(w->table, x->name);
        add_seed_values(w->table, r, k);
    }
}

static void
add_short_seeds(struct walk *w, size_t node, size_t parent, size_t depth, bool again)
{
    const struct compare_row *r = class_tree_row(&w->b->tree, node);

    (void)parent;
    for (size_t k = 0; r && k < r->n; k++) {
        add_name(w, node, depth, again);
        add_seed_values(w->table, r, k);
    }
}

/* "evaluation ood, rule exact, ontology cl-basic.obo 2024, 4 pairs of seeds", and the
 * seeds that are in no pair. */
static void
add_question(struct strbuf *sb, const struct block *b, size_t n_pairs)
{
    const char *unmatched = b->group->unmatched, *slash = NULL;

    strbuf_adds(sb, "evaluation ");
    utf8_clean(sb, b->evaluation, false);
    strbuf_addf(sb, ", rule %s, ", b->q->compare.rule);
    if (b->h.term.n) {
        strbuf_adds(sb, "ontology ");
        slash = strrchr(b->h.source, '/');
        utf8_clean(sb, slash ? slash + 1 : b->h.source, false);
        strbuf_adds(sb, *b->h.version ? " " : "");
        utf8_clean(sb, b->h.version, false);
    } else {
        strbuf_adds(sb, "no ontology is stored for these runs");
    }
    strbuf_addf(sb, ", %zu pair%s of seeds", n_pairs, n_pairs == 1 ? "" : "s");
    if (unmatched && *unmatched)
        strbuf_addf(sb, "; without a partner: %s", unmatched);
    if (b->unscored.len)
        strbuf_addf(sb, "; not scored: %s", strbuf_str(&b->unscored));
    strbuf_addc(sb, '\n');
}

/* What the numbers are: one fact a line. */
static void
add_header(struct strbuf *sb, const struct block *b)
{
    size_t n;
    double p_min;

    compare_pairs(&b->tree.stat, &n, &p_min);
    strbuf_adds(sb, "experiment ");
    utf8_clean(sb, b->group->experiment, false);
    strbuf_addf(sb, ", model %s, pair_key %.*s\n", b->group->model, KEY_SHOWN,
                b->group->pair_key);
    add_question(sb, b, n);
    strbuf_addf(sb, "value of a node: mean F1 over the set of classes at or below it "
                    "that have cells, per seed\n");
    strbuf_addf(sb,
                "test: paired t over seeds, two-sided; Holm over a family of %zu set%s",
                b->tree.stat.family, b->tree.stat.family == 1 ? "" : "s");
    if (!isnan(p_min))
        strbuf_addf(sb, "; the smallest sign-flip p that %zu pair%s can reach is %.2g",
                    n, n == 1 ? "" : "s", p_min);
    strbuf_addc(sb, '\n');
}

/* Verdicts over the sets, and what the tree lacks. */
static void
add_footer(struct strbuf *sb, const struct block *b)
{
    const struct comparison *stat = &b->tree.stat;
    size_t n[3] = {0};

    for (size_t i = 0; i < stat->n_rows; i++)
        n[stat->row[i].verdict == 'v' ? 0 : stat->row[i].verdict == '*' ? 1 : 2]++;
    strbuf_addf(sb,
                "sets on which HCE is better: %zu, worse: %zu, not distinguished: "
                "%zu\n",
                n[0], n[1], n[2]);
    if (b->tree.n_hidden)
        strbuf_addf(sb,
                    "left out: %zu term%s with the same classes below as one of the "
                    "children (--all-terms)\n",
                    b->tree.n_hidden, b->tree.n_hidden == 1 ? "" : "s");
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Rows for programs. */
static struct table *
full_table(const struct ontology_request *q)
{
    return q->by_seed ? table_new(seed_columns, COUNT(seed_columns))
                      : table_new(full_columns, COUNT(full_columns));
}

/* Rows for people. */
static struct table *
short_table(const struct ontology_request *q)
{
    return q->by_seed
               ? table_new(seed_columns + SEED_NODE, COUNT(seed_columns) - SEED_NODE)
               : table_new(short_columns, COUNT(short_columns));
}

static void
print_block(struct cli *c, const struct block *b)
{
    struct table *t = short_table(b->q);
    struct walk w = {.b = b,
                     .table = t,
                     .add = b->q->by_seed ? add_short_seeds : add_short_row,
                     .markdown = c->format == TABLE_MARKDOWN};
    struct strbuf sb = {0};

    walk(&w);
    add_header(&sb, b);
    strbuf_addc(&sb, '\n');
    out_text(c, strbuf_str(&sb));
    out_table(c, t);
    strbuf_reset(&sb);
    strbuf_addc(&sb, '\n');
    add_footer(&sb, b);
    out_text(c, strbuf_str(&sb));
    strbuf_release(&sb);
    table_free(t);
}

static void
note_header(const struct block *b)
{
    struct strbuf sb = {0};

    add_header(&sb, b);
    compare_note_lines(strbuf_str(&sb));
    strbuf_release(&sb);
}

/* ---- all of them ---- */

static void
show_block(struct cli *c, const struct block *b, const struct store_group *last,
           struct table *rows)
{
    struct walk w = {
        .b = b, .table = rows, .add = b->q->by_seed ? add_full_seeds : add_full_row};

    if (last)
        group_tell_apart(c, last, b->group);
    if (group_for_people(c)) {
        print_block(c, b);
    } else {
        note_header(b);
        walk(&w);
    }
}

/* Print or collect one group; *last is the one shown before, or NULL. */
static enum err
show_group(struct cli *c, const struct ontology_request *q, const struct store_group *g,
           const struct store_group **last, struct table *rows, struct errbuf *eb)
{
    struct strlist names = {0};

    strlist_split(&names, g->evaluations ? g->evaluations : "", ',');
    struct block b = {.group = g,
                      .q = q,
                      .evaluation = group_evaluation(q->compare.evaluation, &names),
                      .top = CLASS_TREE_NONE};
    enum err e = load_block(c, &b, eb);

    if (e == ERR_OK && b.classes.n_rows) {
        show_block(c, &b, *last, rows);
        *last = g;
    }
    block_release(&b);
    strlist_release(&names);
    return e;
}

enum err
ontology_print(struct cli *c, const struct ontology_request *q, struct errbuf *eb)
{
    const struct store_group *last = NULL;
    struct store_groups groups;
    enum err e = store_groups_list(c->store, q->compare.experiment, &groups, eb);

    if (e)
        return e;
    struct table *rows = full_table(q);
    for (size_t i = 0; i < groups.n && e == ERR_OK; i++)
        if (group_is_wanted(&groups.group[i], q->compare.model, q->compare.pair_key))
            e = show_group(c, q, &groups.group[i], &last, rows, eb);
    if (e == ERR_OK && !last)
        e = compare_lack_nothing(&q->compare, &groups, eb);
    if (e == ERR_OK && !group_for_people(c))
        out_table(c, rows);
    table_free(rows);
    store_groups_release(&groups);
    return e;
}
