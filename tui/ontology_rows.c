/* ontology_rows.c - nodes, wherever they hang, as rows with the columns of the view. */
#include "tui/ontology_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "draw/chart.h"
#include "tui/compare_cells.h"

enum { FIRST_ROWS = 24 }; /* levels are opened until there would be more rows */

enum {
    LABEL,
    PARENTS,
    CLASSES,
    SUPPORT,
    CE,
    HCE,
    DELTA,
    BAR,
    INTERVAL,
    SIGNS,
    P,
    HOLM,
    VERDICT,
    TERM,
    ALSO,
    CLASS,
    N_CLASSES,
    DEPTH,
    N_PAIRS,
    CE_SD,
    HCE_SD,
    DELTA_SD,
    CI_LOW,
    CI_HIGH,
    T,
    P_FLIP,
    P_FLIP_MIN,
    WINS,
    TIES,
    LOSSES,
    N_COLS
};

static const struct list_column columns[N_COLS] = {
    [LABEL] = {.name = "node",
               .title = "TERM",
               .width = 28,
               .grow = 4,
               .max = 54,
               .hugs = true},
    [PARENTS] =
        {.name = "parents", .title = "UP", .type = LIST_INT, .width = 2, .rank = 5},
    [CLASSES] =
        {.name = "classes", .title = "CLS", .type = LIST_INT, .width = 3, .rank = 6},
    [SUPPORT] =
        {.name = "support", .title = "CELLS", .type = LIST_REAL, .width = 5, .rank = 3},
    [CE] =
        {.name = "ce_mean", .title = "CE", .type = LIST_REAL, .width = 10, .rank = 2},
    [HCE] =
        {.name = "hce_mean", .title = "HCE", .type = LIST_REAL, .width = 10, .rank = 1},
    [DELTA] = {.name = "delta_mean", .title = "DELTA", .type = LIST_REAL, .width = 6},
    [BAR] = {.name = "delta_bar",
             .title = "-  0  +",
             .type = LIST_REAL,
             .width = 9,
             .grow = 1,
             .max = 61,
             .drawn = true,
             .is_left = true,
             .rank = 9},
    [INTERVAL] = {.name = "interval", .title = "95 % OF DELTA", .width = 13, .rank = 8},
    [SIGNS] = {.name = "signs", .title = "SIGNS", .width = 5, .rank = 7},
    [P] = {.name = "p", .title = "P", .type = LIST_REAL, .width = 5, .rank = 10},
    [HOLM] =
        {.name = "p_holm", .title = "HOLM", .type = LIST_REAL, .width = 5, .rank = 4},
    [VERDICT] = {.name = "verdict", .title = "V", .width = 1},
    [TERM] = {.name = "term_id", .title = "ID", .width = 10, .rank = 11},
    [ALSO] =
        {.name = "also", .title = "ALSO UNDER", .width = 16, .grow = 2, .rank = 12},
    [CLASS] = {.name = "class"},
    [N_CLASSES] = {.name = "n_classes", .type = LIST_INT},
    [DEPTH] = {.name = "depth", .type = LIST_INT},
    [N_PAIRS] = {.name = "n_pairs", .type = LIST_INT},
    [CE_SD] = {.name = "ce_sd", .type = LIST_REAL},
    [HCE_SD] = {.name = "hce_sd", .type = LIST_REAL},
    [DELTA_SD] = {.name = "delta_sd", .type = LIST_REAL},
    [CI_LOW] = {.name = "ci_low", .type = LIST_REAL},
    [CI_HIGH] = {.name = "ci_high", .type = LIST_REAL},
    [T] = {.name = "t", .type = LIST_REAL},
    [P_FLIP] = {.name = "p_flip", .type = LIST_REAL},
    [P_FLIP_MIN] = {.name = "p_flip_min", .type = LIST_REAL},
    [WINS] = {.name = "wins", .type = LIST_INT},
    [TIES] = {.name = "ties", .type = LIST_INT},
    [LOSSES] = {.name = "losses", .type = LIST_INT},
};

static void
draw_bar(void *ctx, const struct list_row *row, size_t col, struct canvas *cv, int r,
         int c, int width, bool selected)
{
    const struct ontology_rows *rows = ctx;

    (void)selected;
    chart_delta_bar(cv, r, c, width, row->cell[col].num, rows->limit);
}

void
ontology_rows_init(struct ontology_rows *r)
{
    *r = (struct ontology_rows){0};
    list_init(&r->list, columns, N_COLS);
    r->list.is_tree = true;
    r->list.draw_cell = draw_bar;
    r->list.ctx = r;
    r->list.example = "such as: delta < 0 and cells >= 100; holm < .05; up > 1; "
                      "term = T cell; or any text";
}

void
ontology_rows_release(struct ontology_rows *r)
{
    list_release(&r->list);
    free(r->node);
    free(r->term);
    *r = (struct ontology_rows){0};
}

/* --- cells --- */

/* What only the export has. */
static void
put_hidden(struct list *l, size_t row, const struct compare_row *r)
{
    list_num(l, row, N_PAIRS, (double)r->n);
    list_num(l, row, CE_SD, r->ce_sd);
    list_num(l, row, HCE_SD, r->hce_sd);
    list_num(l, row, DELTA_SD, r->delta_sd);
    list_num(l, row, CI_LOW, r->ci_low);
    list_num(l, row, CI_HIGH, r->ci_high);
    list_num(l, row, T, r->t);
    list_num(l, row, P_FLIP, r->p_flip);
    list_num(l, row, P_FLIP_MIN, r->p_flip_min);
    list_num(l, row, WINS, (double)r->wins);
    list_num(l, row, TIES, (double)r->ties);
    list_num(l, row, LOSSES, (double)r->losses);
}

/* A glyph says what the colour says: up or down. */
static void
put_delta(struct list *l, size_t row, double delta, bool ascii)
{
    const char *glyph = ascii ? "" : delta > 0 ? "▲" : delta < 0 ? "▼" : "·";
    char text[FMT_SIZE];

    fmt_delta(delta, text);
    list_num_text(l, row, DELTA, delta,
                  delta > 0   ? STYLE_GOOD
                  : delta < 0 ? STYLE_BAD
                              : STYLE_TEXT,
                  "%s%s", glyph, text);
}

static void
put_stats(struct list *l, size_t row, const struct compare_row *r, bool ascii)
{
    char text[3 * FMT_SIZE];

    compare_put_mean(l, row, CE, r->ce_mean, r->ce_sd, ascii);
    compare_put_mean(l, row, HCE, r->hce_mean, r->hce_sd, ascii);
    put_delta(l, row, r->delta_mean, ascii);
    list_num(l, row, BAR, r->delta_mean);
    compare_interval_text(r, text);
    list_text(l, row, INTERVAL, isnan(r->ci_low) ? STYLE_DIM : STYLE_TEXT, "%s", text);
    list_text(l, row, SIGNS, STYLE_TEXT, "%zu+%s%zu-", r->wins,
              r->wins > 9 || r->losses > 9 ? "" : "/", r->losses);
    compare_put_p(l, row, P, r->p, "");
    compare_put_p(l, row, HOLM, r->p_holm, "-");
    list_text(l, row, VERDICT, compare_style(r->verdict), "%c", r->verdict);
    put_hidden(l, row, r);
}

/* What the tree says of a node; a term that is no class stands out as a heading does. */
static void
put_place(struct ontology_rows *r, size_t row, size_t node, size_t parent)
{
    const struct class_node *x = &r->tree->node[node];
    enum style style = x->n_scored ? STYLE_TEXT : STYLE_DIM;
    struct list *l = &r->list;
    struct strbuf also = {0};
    char text[FMT_SIZE];

    list_text(l, row, LABEL, x->n_scored && !x->label ? STYLE_BOLD : style, "%s",
              x->name);
    list_text(l, row, TERM, STYLE_DIM, "%s", x->term_id);
    list_text(l, row, CLASS, STYLE_TEXT, "%s", x->label ? x->label : "");
    snprintf(text, sizeof text, "%zu", x->n_parents);
    list_num_text(l, row, PARENTS, (double)x->n_parents, STYLE_WARN, "%s",
                  x->n_parents > 1 ? text : "");
    list_num_text(l, row, CLASSES, (double)x->n_scored, style, "%zu", x->n_scored);
    list_num(l, row, N_CLASSES, (double)x->n_classes);
    list_num(l, row, DEPTH, (double)l->row[row].depth);
    fmt_si(x->cells, text);
    list_num_text(l, row, SUPPORT, x->cells, style, "%s", text);
    if (parent != CLASS_TREE_NONE && x->n_parents > 1)
        class_tree_parents_text(r->tree, node, parent, &also);
    list_text(l, row, ALSO, STYLE_DIM, "%s", strbuf_str(&also));
    strbuf_release(&also);
}

static void
put_cells(struct ontology_rows *r, size_t row, size_t node, size_t parent)
{
    const struct compare_row *stat = class_tree_row(r->tree, node);

    put_place(r, row, node, parent);
    if (stat)
        put_stats(&r->list, row, stat, r->ascii);
    else
        list_text(&r->list, row, INTERVAL, STYLE_DIM, "no cells");
}

/* What a node is known by in every tree. */
static const char *
id_of(const struct class_node *x)
{
    return *x->term_id ? x->term_id : x->name;
}

/* --- filling --- */

struct filling {
    struct ontology_rows *r;
    bool *keep;   /* (n) nodes that are shown */
    bool *filled; /* (n) nodes with rows below them at one place */
};

static bool
is_large(const struct ontology_rows *r, size_t node)
{
    const struct compare_row *stat = class_tree_row(r->tree, node);

    return r->min_delta <= 0 || (stat && fabs(stat->delta_mean) >= r->min_delta);
}

static void add_place(struct filling *f, size_t node, size_t parent, size_t parent_row,
                      uint64_t parent_key);

static void
add_children(struct filling *f, size_t node, size_t row, uint64_t key)
{
    const struct class_node *x = &f->r->tree->node[node];
    bool here = !f->filled[node] || keyset_has(&f->r->list.expanded, key);

    f->filled[node] = true;
    for (size_t k = 0; k < x->n_children; k++) {
        if (!f->keep[x->child[k]])
            continue;
        list_may_expand(&f->r->list, row);
        if (here)
            add_place(f, x->child[k], node, row, key);
    }
}

static void
add_place(struct filling *f, size_t node, size_t parent, size_t parent_row,
          uint64_t parent_key)
{
    struct ontology_rows *r = f->r;
    const struct class_node *x = &r->tree->node[node];
    uint64_t key = keyset_hash(parent_key, id_of(x));
    size_t row = list_row(&r->list, key, parent_row);

    r->node = grow(r->node, &r->node_cap, row + 1, sizeof *r->node);
    r->node[row] = node;
    r->list.row[row].is_aside = !is_large(r, node);
    put_cells(r, row, node, parent);
    add_children(f, node, row, key);
}

/* The deepest level up to which there are few rows; at least that below the roots. */
static size_t
first_levels(const struct list *l)
{
    for (size_t level = 1;; level++) {
        size_t n = 0, deeper = 0;
        for (size_t i = 0; i < l->n; i++) {
            n += l->row[i].depth <= level + 1;
            deeper += l->row[i].depth > level;
        }
        if (n > FIRST_ROWS || deeper == 0)
            return level;
    }
}

static void
open_first_levels(struct ontology_rows *r)
{
    struct list *l = &r->list;
    size_t level = first_levels(l);

    for (size_t i = 0; i < l->n; i++)
        if (l->row[i].n_children && l->row[i].depth < level)
            keyset_set(&l->expanded, l->row[i].key, true);
}

/* To the first place of the term that the cursor was on in another tree. */
static void
find_term(struct ontology_rows *r)
{
    for (size_t i = 0; i < r->list.n && r->term; i++)
        if (strcmp(id_of(&r->tree->node[r->node[i]]), r->term) == 0) {
            list_reveal(&r->list, r->list.row[i].key);
            return;
        }
}

static void
measure(struct ontology_rows *r)
{
    const struct comparison *stat = &r->tree->stat;

    r->limit = 0;
    r->n_large = 0;
    for (size_t i = 0; i < stat->n_rows; i++)
        r->limit = fmax(r->limit, fabs(stat->row[i].delta_mean));
    for (size_t i = 0; i < r->tree->n; i++)
        r->n_large += is_large(r, i);
}

/* Rows for the nodes that are wanted. */
static void
fill(struct ontology_rows *r)
{
    const struct class_tree *tree = r->tree;
    struct filling f = {.r = r,
                        .keep = xcalloc(tree->n + 1, sizeof *f.keep),
                        .filled = xcalloc(tree->n + 1, sizeof *f.filled)};

    class_tree_mark(tree, r->min_delta, f.keep);
    for (size_t i = 0; i < tree->n && r->min_delta <= 0; i++)
        f.keep[i] = true;
    list_begin(&r->list);
    for (size_t i = 0; i < tree->n_roots; i++)
        if (f.keep[tree->root[i]])
            add_place(&f, tree->root[i], CLASS_TREE_NONE, LIST_ROOT, 0);
    free(f.keep);
    free(f.filled);
}

void
ontology_rows_fill(struct ontology_rows *r, const struct class_tree *tree,
                   unsigned made)
{
    bool is_new = made != r->opened;

    r->tree = tree;
    r->list.all_open = r->min_delta > 0;
    measure(r);
    fill(r);
    if (is_new)
        open_first_levels(r);
    list_end(&r->list);
    if (is_new)
        find_term(r);
    r->opened = made;
}

/* --- actions --- */

bool
ontology_rows_act(struct ontology_rows *r, enum action a)
{
    if (!list_act(&r->list, a))
        return false;
    const struct list_row *cur = list_current(&r->list);
    if ((a == ACT_EXPAND || a == ACT_RIGHT) && cur && cur->can_expand &&
        !cur->n_children && keyset_has(&r->list.expanded, cur->key))
        ontology_rows_fill(r, r->tree, r->opened);
    return true;
}

void
ontology_rows_open_all(struct ontology_rows *r)
{
    struct list *l = &r->list;
    bool all = true;

    for (size_t i = 0; i < l->n; i++)
        all = all && (!l->row[i].n_children || keyset_has(&l->expanded, l->row[i].key));
    if (all)
        keyset_reset(&l->expanded);
    for (size_t i = 0; i < l->n; i++)
        if (l->row[i].n_children && (!all || l->row[i].depth == 0))
            keyset_set(&l->expanded, l->row[i].key, true);
    list_end(l);
}

size_t
ontology_rows_find(const struct ontology_rows *r, uint64_t key)
{
    for (size_t i = 0; i < r->list.n; i++)
        if (r->list.row[i].key == key)
            return r->node[i];
    return CLASS_TREE_NONE;
}

size_t
ontology_rows_current(const struct ontology_rows *r)
{
    const struct list_row *cur = list_current(&r->list);

    return cur ? r->node[cur - r->list.row] : CLASS_TREE_NONE;
}

void
ontology_rows_remember(struct ontology_rows *r)
{
    size_t node = ontology_rows_current(r);

    free(r->term);
    r->term = node == CLASS_TREE_NONE ? NULL : xstrdup(id_of(&r->tree->node[node]));
}
