/* errors_confusions.c - confusions of a class, and the seeds of one, as lists. */
#include "tui/errors_confusions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/compare_cells.h"
#include "tui/paired_cells.h"

enum { MAX_ROWS = 500 }; /* of all cells: the largest */

enum {
    FROM, /* where there are several true classes */
    LABEL,
    RELATION,
    CE_CELLS,
    CE,
    HCE_CELLS,
    HCE,
    DELTA,
    INTERVAL,
    SIGNS,
    TRUE_LABEL,
    PREDICTED,
    N_PAIRS,
    CE_SD,
    HCE_SD,
    DELTA_SD,
    CI_LOW,
    CI_HIGH,
    N_COLS
};

enum { ALONE_COLS = 18, BESIDE_COLS = 9 }; /* of a label, alone or two in a row */

static const struct list_column columns[N_COLS] = {
    [FROM] =
        {.name = "from", .title = "TRUE CLASS", .grow = 8, .max = 76, .hugs = true},
    [LABEL] = {.name = "label",
               .title = "CALLED",
               .width = ALONE_COLS,
               .grow = 8,
               .max = 76,
               .hugs = true},
    [RELATION] = {.name = "relation", .title = "RELATION", .width = 10},
    [CE_CELLS] =
        {.name = "ce_cells", .title = "CE n", .type = LIST_REAL, .width = 5, .rank = 3},
    [CE] =
        {.name = "ce_mean", .title = "CE", .type = LIST_REAL, .width = 10, .rank = 1},
    [HCE_CELLS] = {.name = "hce_cells",
                   .title = "HCE n",
                   .type = LIST_REAL,
                   .width = 5,
                   .rank = 3},
    [HCE] =
        {.name = "hce_mean", .title = "HCE", .type = LIST_REAL, .width = 10, .rank = 1},
    [DELTA] = {.name = "delta_mean", .title = "DELTA", .type = LIST_REAL, .width = 6},
    [INTERVAL] = {.name = "interval", .title = "95 % OF DELTA", .width = 13, .rank = 4},
    [SIGNS] = {.name = "signs", .title = "SIGNS", .width = 6, .rank = 2},
    [TRUE_LABEL] = {.name = "true_label"},
    [PREDICTED] = {.name = "predicted_label"},
    [N_PAIRS] = {.name = "n_pairs", .type = LIST_INT},
    [CE_SD] = {.name = "ce_sd", .type = LIST_REAL},
    [HCE_SD] = {.name = "hce_sd", .type = LIST_REAL},
    [DELTA_SD] = {.name = "delta_sd", .type = LIST_REAL},
    [CI_LOW] = {.name = "ci_low", .type = LIST_REAL},
    [CI_HIGH] = {.name = "ci_high", .type = LIST_REAL},
};

void
errors_confusions_init(struct errors_confusions *x)
{
    *x = (struct errors_confusions){.column = xmalloc(N_COLS, sizeof *x->column)};
    memcpy(x->column, columns, sizeof columns);
    list_init(&x->list, x->column, N_COLS);
    x->list.example = "such as: relation = sibling and delta > 0; ce n >= 10; or any "
                      "text";
}

void
errors_confusions_release(struct errors_confusions *x)
{
    list_release(&x->list);
    confusion_list_release(&x->rows);
    free(x->column);
    *x = (struct errors_confusions){0};
}

static uint64_t
row_key(const struct confusion_row *r)
{
    return keyset_hash(keyset_hash(0, r->from), r->to);
}

const struct confusion_row *
errors_confusions_find(const struct errors_confusions *x, uint64_t key)
{
    for (size_t i = 0; i < x->rows.n; i++)
        if (row_key(&x->rows.row[i]) == key)
            return &x->rows.row[i];
    return NULL;
}

/* --- filling --- */

/* Mean cells in five columns: "12.5", "950", "12.3k". */
static void
put_cells(struct list *l, size_t row, size_t col, double cells)
{
    char text[FMT_SIZE];

    fmt_si(cells, text);
    if (cells < 99.95)
        snprintf(text, sizeof text, "%.1f", cells);
    list_num_text(l, row, col, cells, STYLE_TEXT, "%s", text);
}

static void
put_hidden(struct list *l, size_t row, const struct confusion_row *r)
{
    list_text(l, row, TRUE_LABEL, STYLE_TEXT, "%s", r->from);
    list_text(l, row, PREDICTED, STYLE_TEXT, "%s", r->to);
    list_num(l, row, N_PAIRS, (double)r->share.n);
    list_num(l, row, CE_SD, r->share.a_sd);
    list_num(l, row, HCE_SD, r->share.b_sd);
    list_num(l, row, DELTA_SD, r->share.d_sd);
    list_num(l, row, CI_LOW, r->share.ci_low);
    list_num(l, row, CI_HIGH, r->share.ci_high);
}

static void
add_row(struct list *l, const struct confusion_row *r, bool by_predicted, bool all,
        bool ascii)
{
    size_t row = list_row(l, row_key(r), LIST_ROOT);
    enum style style = r->c.kind == ERROR_SAME ? STYLE_DIM : STYLE_TEXT;

    if (all)
        list_text(l, row, FROM, style, "%s", r->from);
    list_text(l, row, LABEL, style, "%s", by_predicted && !all ? r->from : r->to);
    list_text(l, row, RELATION, style, "%s", error_kind_name(r->c.kind));
    put_cells(l, row, CE_CELLS, r->cells[ERROR_CE]);
    put_cells(l, row, HCE_CELLS, r->cells[ERROR_HCE]);
    compare_put_mean(l, row, CE, r->share.a_mean, r->share.a_sd, ascii);
    compare_put_mean(l, row, HCE, r->share.b_mean, r->share.b_sd, ascii);
    paired_put_delta(l, row, DELTA, &r->share, STYLE_TEXT);
    paired_put_interval(l, row, INTERVAL, &r->share);
    paired_put_signs(l, row, SIGNS, &r->share);
    put_hidden(l, row, r);
}

void
errors_confusions_fill(struct errors_confusions *x, const struct error_table *t,
                       size_t class_index, bool ascii)
{
    bool all = class_index == ERRORS_ALL, by_predicted;

    confusion_list_release(&x->rows);
    list_begin(&x->list);
    if (t) {
        by_predicted = t->question.by_predicted;
        confusion_list_init(&x->rows, t, class_index, all ? MAX_ROWS : 0);
        x->column[FROM].width = all ? BESIDE_COLS + 1 : 0;
        x->column[LABEL].width = all ? BESIDE_COLS : ALONE_COLS;
        x->column[LABEL].title = by_predicted && !all ? "TRUE CLASS" : "CALLED";
        for (size_t i = 0; i < x->rows.n; i++)
            add_row(&x->list, &x->rows.row[i], by_predicted, all, ascii);
    }
    list_end(&x->list);
}

/* --- seeds --- */

enum { S_SEED, S_CE_CELLS, S_CE, S_HCE_CELLS, S_HCE, S_DELTA, S_COLS };

static const struct list_column seed_columns[S_COLS] = {
    [S_SEED] = {.name = "seed", .title = "SEED", .type = LIST_INT, .width = 5},
    [S_CE_CELLS] =
        {.name = "ce_cells", .title = "CE n", .type = LIST_INT, .width = 7, .rank = 1},
    [S_CE] = {.name = "ce", .title = "CE", .type = LIST_REAL, .width = 7, .digits = 4},
    [S_HCE_CELLS] = {.name = "hce_cells",
                     .title = "HCE n",
                     .type = LIST_INT,
                     .width = 7,
                     .rank = 1},
    [S_HCE] =
        {.name = "hce", .title = "HCE", .type = LIST_REAL, .width = 7, .digits = 4},
    [S_DELTA] =
        {.name = "delta", .title = "DELTA", .type = LIST_REAL, .width = 8, .digits = 4},
};

void
errors_seeds_init(struct list *l)
{
    list_init(l, seed_columns, S_COLS);
    l->example = "such as: delta < 0; seed in (0, 2, 3)";
}

void
errors_seeds_fill(struct list *l, const struct error_table *t, size_t class_index,
                  const struct confusion_row *c)
{
    list_begin(l);
    for (size_t s = 0; c && s < t->errors->S; s++) {
        size_t row = list_row(l, (uint64_t)t->errors->seed[s], LIST_ROOT);
        double n[ERROR_SIDES], share[ERROR_SIDES];
        for (int side = 0; side < ERROR_SIDES; side++) {
            n[side] = (double)c->n[side][s];
            share[side] = error_share(t, class_index, (enum error_side)side, s, n[side],
                                      c->c.kind);
        }
        double delta = share[ERROR_HCE] - share[ERROR_CE];
        list_num(l, row, S_SEED, (double)t->errors->seed[s]);
        list_num(l, row, S_CE_CELLS, n[ERROR_CE]);
        list_num(l, row, S_CE, share[ERROR_CE]);
        list_num(l, row, S_HCE_CELLS, n[ERROR_HCE]);
        list_num(l, row, S_HCE, share[ERROR_HCE]);
        if (!isnan(delta))
            list_num_text(l, row, S_DELTA, delta, STYLE_TEXT, "%+.4f", delta);
    }
    list_end(l);
}
