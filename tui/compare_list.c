/* compare_list.c - labels with their means, difference and tests, one a row. */
#include "tui/compare_list.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "tui/compare_cells.h"
#include "tui/compare_data.h"

enum {
    LABEL,
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
static_assert((int)N_COLS == (int)COMPARE_LIST_COLS, "columns of the list");

static const struct list_column columns[N_COLS] = {
    [LABEL] = {.name = "label",
               .title = "LABEL",
               .width = 28,
               .grow = 8,
               .max = 76,
               .hugs = true},
    [SUPPORT] =
        {.name = "support", .title = "CELLS", .type = LIST_REAL, .width = 5, .rank = 1},
    [CE] =
        {.name = "ce_mean", .title = "CE", .type = LIST_REAL, .width = 10, .rank = 2},
    [HCE] =
        {.name = "hce_mean", .title = "HCE", .type = LIST_REAL, .width = 10, .rank = 2},
    [DELTA] = {.name = "delta_mean", .title = "DELTA", .type = LIST_REAL, .width = 6},
    [BAR] = {.name = "delta_bar",
             .title = "-  0  +",
             .type = LIST_REAL,
             .width = 9,
             .grow = 1,
             .max = 61,
             .drawn = true,
             .is_left = true,
             .repeats = true,
             .rank = 5},
    [INTERVAL] = {.name = "interval", .title = "95 % OF DELTA", .width = 13, .rank = 4},
    [SIGNS] = {.name = "signs", .title = "SIGNS", .width = 6, .rank = 3},
    [P] = {.name = "p", .title = "P", .type = LIST_REAL, .width = 5, .rank = 6},
    [HOLM] = {.name = "p_holm", .title = "HOLM", .type = LIST_REAL, .width = 5},
    [VERDICT] = {.name = "verdict", .title = "V", .width = 1},
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

void
compare_list_init(struct list *l, struct list_column column[COMPARE_LIST_COLS])
{
    memcpy(column, columns, sizeof columns);
    list_init(l, column, N_COLS);
    l->example = "such as: delta < 0 and cells >= 100; holm < .05 or p < .01; "
                 "label = B cell; or any text";
    l->sort = DELTA; /* as the command does */
    l->reverse = true;
}

void
compare_list_name(struct list_column column[COMPARE_LIST_COLS], const char *base_name,
                  const char *name)
{
    bool fit = (int)utf8_width(base_name) <= columns[CE].width &&
               (int)utf8_width(name) <= columns[HCE].width;

    column[CE].title = fit ? base_name : "BASELINE";
    column[HCE].title = fit ? name : "THIS";
}

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

static void
add_row(struct list *l, const struct compare_row *r, bool ascii)
{
    size_t row = list_row(l, compare_data_key(r), LIST_ROOT);
    char text[COMPARE_INTERVAL];

    list_text(l, row, LABEL, STYLE_TEXT, "%s", compare_data_row_name(r));
    fmt_si(r->support, text);
    list_num_text(l, row, SUPPORT, r->support, STYLE_TEXT, "%s", text);
    compare_put_mean(l, row, CE, r->ce_mean, r->ce_sd, ascii);
    compare_put_mean(l, row, HCE, r->hce_mean, r->hce_sd, ascii);
    fmt_delta(r->delta_mean, text);
    list_num_text(l, row, DELTA, r->delta_mean, compare_style(r->verdict), "%s", text);
    list_num(l, row, BAR, r->delta_mean);
    compare_interval_text(r, text);
    list_text(l, row, INTERVAL, isnan(r->ci_low) ? STYLE_DIM : STYLE_TEXT, "%s", text);
    list_text(l, row, SIGNS, STYLE_TEXT, "%zu+%s%zu-", r->wins,
              r->wins > 9 && r->losses > 9 ? "" : "/", r->losses);
    compare_put_p(l, row, P, r->p, "");
    compare_put_p(l, row, HOLM, r->p_holm, "-");
    list_text(l, row, VERDICT, compare_style(r->verdict), "%c", r->verdict);
    put_hidden(l, row, r);
}

double
compare_list_fill(struct list *l, const struct comparison *c, bool ascii)
{
    double limit = 0;

    list_begin(l);
    for (size_t i = 0; i < c->n_rows; i++) {
        limit = fmax(limit, fabs(c->row[i].delta_mean));
        add_row(l, &c->row[i], ascii);
    }
    list_end(l);
    return limit;
}
