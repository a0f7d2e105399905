/* errors_classes.c - the classes of the errors view as rows of a list. */
#include "tui/errors_classes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/compare_cells.h"
#include "tui/error_kinds.h"
#include "tui/paired_cells.h"

enum {
    LABEL,
    CELLS,
    CE,
    HCE,
    DELTA,
    INTERVAL,
    SIGNS,
    P,
    HOLM,
    VERDICT,
    CE_BAR,
    HCE_BAR,
    RELATIONS, /* three columns of each: CE, HCE, HCE - CE */
    KIND = RELATIONS + 3 * (ERROR_OTHER - ERROR_DESCENDANT + 1),
    N_PAIRS,
    CE_SD,
    HCE_SD,
    DELTA_SD,
    CI_LOW,
    CI_HIGH,
    WINS,
    TIES,
    LOSSES,
    N_COLS
};

#define RELATION(at, id, letter)                                                       \
    [RELATIONS + 3 * (at)] = {.name = "ce_" id,                                        \
                              .title = letter "CE",                                    \
                              .type = LIST_REAL,                                       \
                              .width = 4,                                              \
                              .rank = 3},                                              \
                     [RELATIONS + 3 * (at) + 1] = {.name = "hce_" id,                  \
                                                   .title = letter "HCE",              \
                                                   .type = LIST_REAL,                  \
                                                   .width = 4,                         \
                                                   .rank = 3},                         \
                     [RELATIONS + 3 * (at) + 2] = {.name = "delta_" id,                \
                                                   .title = letter "DIFF",             \
                                                   .type = LIST_REAL,                  \
                                                   .width = 5,                         \
                                                   .rank = 6}

enum { NARROW_NAME = 18, WIDE_NAME = 28, WIDE = 80 };

static const struct list_column columns[N_COLS] = {
    [LABEL] = {.name = "label",
               .title = "CLASS",
               .width = NARROW_NAME,
               .grow = 8,
               .max = 76,
               .hugs = true},
    [CELLS] =
        {.name = "cells", .title = "CELLS", .type = LIST_REAL, .width = 5, .rank = 2},
    [CE] =
        {.name = "ce_mean", .title = "CE", .type = LIST_REAL, .width = 10, .rank = 1},
    [HCE] = {.name = "hce_mean", .title = "HCE", .type = LIST_REAL, .width = 10},
    [DELTA] = {.name = "delta_mean", .title = "DELTA", .type = LIST_REAL, .width = 6},
    [INTERVAL] = {.name = "interval", .title = "95 % OF DELTA", .width = 13, .rank = 4},
    [SIGNS] = {.name = "signs", .title = "SIGNS", .width = 6, .rank = 2},
    [P] = {.name = "p", .title = "P", .type = LIST_REAL, .width = 5, .rank = 7},
    [HOLM] =
        {.name = "p_holm", .title = "HOLM", .type = LIST_REAL, .width = 5, .rank = 2},
    [VERDICT] = {.name = "verdict", .title = "V", .width = 1, .rank = 2},
    [CE_BAR] = {.name = "ce_relations",
                .title = "CE PARTS",
                .type = LIST_REAL,
                .width = 10,
                .grow = 1,
                .max = 40,
                .drawn = true,
                .is_left = true,
                .rank = 5},
    [HCE_BAR] = {.name = "hce_relations",
                 .title = "HCE PARTS",
                 .type = LIST_REAL,
                 .width = 10,
                 .grow = 1,
                 .max = 40,
                 .drawn = true,
                 .is_left = true,
                 .rank = 5},
    RELATION(0, "descendant", "d"),
    RELATION(1, "ancestor", "a"),
    RELATION(2, "sibling", "s"),
    RELATION(3, "other", "o"),
    [KIND] = {.name = "kind"},
    [N_PAIRS] = {.name = "n_pairs", .type = LIST_INT},
    [CE_SD] = {.name = "ce_sd", .type = LIST_REAL},
    [HCE_SD] = {.name = "hce_sd", .type = LIST_REAL},
    [DELTA_SD] = {.name = "delta_sd", .type = LIST_REAL},
    [CI_LOW] = {.name = "ci_low", .type = LIST_REAL},
    [CI_HIGH] = {.name = "ci_high", .type = LIST_REAL},
    [WINS] = {.name = "wins", .type = LIST_INT},
    [TIES] = {.name = "ties", .type = LIST_INT},
    [LOSSES] = {.name = "losses", .type = LIST_INT},
};

void
errors_classes_init(struct errors_classes *x)
{
    *x = (struct errors_classes){.column = xmalloc(N_COLS, sizeof *x->column)};
    memcpy(x->column, columns, sizeof columns);
    list_init(&x->list, x->column, N_COLS);
    x->list.example =
        "such as: delta > 0 and cells >= 100; hce_sibling > .1; label = B "
        "cell; or any text";
    x->list.sort = CE; /* as the command does */
    x->list.reverse = true;
}

void
errors_classes_release(struct errors_classes *x)
{
    list_release(&x->list);
    free(x->column);
    *x = (struct errors_classes){0};
}

void
errors_classes_fit(struct errors_classes *x, int cols)
{
    x->column[LABEL].width = cols < WIDE ? NARROW_NAME : WIDE_NAME;
}

/* --- rows --- */

static uint64_t
row_key(const struct error_row *r)
{
    return r->class_index == ERRORS_ALL ? 1 : keyset_hash(0, r->label);
}

const struct error_row *
errors_classes_find(const struct error_table *t, uint64_t key)
{
    for (size_t i = 0; i < t->n; i++)
        if (row_key(&t->row[i]) == key)
            return &t->row[i];
    return NULL;
}

uint64_t
errors_classes_key(const struct error_table *t, size_t class_index)
{
    const struct error_row *r = error_table_find(t, class_index);

    return r ? row_key(r) : 0;
}

/* A share in four columns: ".123", "1.00". */
static void
put_share(struct list *l, size_t row, size_t col, double x)
{
    char text[FMT_SIZE];

    snprintf(text, sizeof text, "%.*f", x < 0.9995 ? 3 : 2, x);
    list_num_text(l, row, col, x, isnan(x) ? STYLE_DIM : STYLE_TEXT, "%s",
                  isnan(x) ? "-" : text + (text[0] == '0'));
}

static void
put_relations(struct list *l, size_t row, const struct error_row *r)
{
    for (int k = ERROR_DESCENDANT; k <= ERROR_OTHER; k++) {
        const struct paired *s = &r->stat[k].s;
        size_t col = RELATIONS + 3 * (size_t)(k - ERROR_DESCENDANT);

        put_share(l, row, col, s->a_mean);
        put_share(l, row, col + 1, s->b_mean);
        paired_put_delta(l, row, col + 2, s,
                         error_verdict_style((enum error_kind)k, &r->stat[k]));
    }
    list_num(l, row, CE_BAR, error_bar_sum(r, ERROR_CE));
    list_num(l, row, HCE_BAR, error_bar_sum(r, ERROR_HCE));
}

/* What only the export has. */
static void
put_hidden(struct list *l, size_t row, const struct paired *s, enum error_kind kind)
{
    list_text(l, row, KIND, STYLE_TEXT, "%s", error_kind_name(kind));
    list_num(l, row, N_PAIRS, (double)s->n);
    list_num(l, row, CE_SD, s->a_sd);
    list_num(l, row, HCE_SD, s->b_sd);
    list_num(l, row, DELTA_SD, s->d_sd);
    list_num(l, row, CI_LOW, s->ci_low);
    list_num(l, row, CI_HIGH, s->ci_high);
    list_num(l, row, WINS, (double)s->wins);
    list_num(l, row, TIES, (double)s->ties);
    list_num(l, row, LOSSES, (double)s->losses);
}

static void
add_row(struct list *l, const struct error_row *r, enum error_kind kind, bool ascii)
{
    const struct error_stat *x = &r->stat[kind];
    enum style style = error_verdict_style(kind, x);
    size_t row = list_row(l, row_key(r), LIST_ROOT);
    char text[FMT_SIZE];

    l->row[row].first = r->class_index == ERRORS_ALL;
    list_text(l, row, LABEL, l->row[row].first ? STYLE_BOLD : STYLE_TEXT, "%s",
              r->label);
    fmt_si(r->cells, text);
    list_num_text(l, row, CELLS, r->cells, STYLE_TEXT, "%s", text);
    compare_put_mean(l, row, CE, x->s.a_mean, x->s.a_sd, ascii);
    compare_put_mean(l, row, HCE, x->s.b_mean, x->s.b_sd, ascii);
    paired_put_delta(l, row, DELTA, &x->s, style);
    paired_put_interval(l, row, INTERVAL, &x->s);
    paired_put_signs(l, row, SIGNS, &x->s);
    compare_put_p(l, row, P, x->s.p, "-");
    compare_put_p(l, row, HOLM, x->p_holm, "-");
    list_text(l, row, VERDICT, style, "%c", error_verdict_mark(kind, x));
    put_relations(l, row, r);
    put_hidden(l, row, &x->s, kind);
}

void
errors_classes_fill(struct errors_classes *x, const struct error_table *t,
                    enum error_kind kind, bool ascii)
{
    list_begin(&x->list);
    for (size_t i = 0; i < t->n; i++)
        add_row(&x->list, &t->row[i], kind, ascii);
    list_end(&x->list);
}

/* --- bars --- */

/* The longest bar fills its column. */
static double
limit_of(const struct error_table *t)
{
    double limit = 0;

    for (size_t i = 0; i < t->n; i++)
        limit = fmax(limit, fmax(error_bar_sum(&t->row[i], ERROR_CE),
                                 error_bar_sum(&t->row[i], ERROR_HCE)));
    return limit;
}

void
errors_classes_draw_bar(const struct error_table *t, const struct list_row *row,
                        size_t col, struct canvas *cv, int r, int c, int width)
{
    const struct error_row *x = errors_classes_find(t, row->key);

    if (x)
        error_bar_draw(cv, r, c, width, x, col == CE_BAR ? ERROR_CE : ERROR_HCE,
                       limit_of(t));
}
