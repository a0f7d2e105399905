/* view_compare.c - CE against HCE over the labels of a facet: tissue -> its classes ->
 * the seeds of one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "draw/chart.h"
#include "spec/spec.h"
#include "tui/compare_cells.h"
#include "tui/compare_data.h"
#include "tui/compare_seeds.h"
#include "tui/fmt.h"
#include "tui/list.h"
#include "tui/settings.h"
#include "tui/ui.h"

enum { WIDE = 120, IDLE_FACTOR = 20 };
enum {
    HEAD = 4,
    HEAD_LOW = 2,
    LOW = 14
}; /* lines above the table; rows below which few */

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

struct compare_state {
    struct compare_data data;
    struct list list, seeds;
    bool at_seeds; /* the seeds of row seed_key are shown */
    uint64_t seed_key;
    double limit; /* largest |delta|: the length of a bar */
    double due_s; /* clock_mono_s before which nothing is read again */
    bool pending; /* it should have been */
    bool ascii;
};

/* --- rows --- */

static uint64_t
row_key(const struct compare_row *r)
{
    return keyset_hash(keyset_hash(0, r->label), r->class_name);
}

static const struct compare_row *
find_row(const struct comparison *c, uint64_t key)
{
    for (size_t i = 0; i < c->n_rows; i++)
        if (row_key(&c->row[i]) == key)
            return &c->row[i];
    return NULL;
}

static const char *
row_name(const struct compare_row *r)
{
    return r->class_name ? r->class_name : r->label;
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
add_row(struct compare_state *st, const struct compare_row *r)
{
    struct list *l = &st->list;
    size_t row = list_row(l, row_key(r), LIST_ROOT);
    char text[3 * FMT_SIZE];

    list_text(l, row, LABEL, STYLE_TEXT, "%s", row_name(r));
    fmt_si(r->support, text);
    list_num_text(l, row, SUPPORT, r->support, STYLE_TEXT, "%s", text);
    compare_put_mean(l, row, CE, r->ce_mean, r->ce_sd, st->ascii);
    compare_put_mean(l, row, HCE, r->hce_mean, r->hce_sd, st->ascii);
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

static void
fill_rows(struct compare_state *st)
{
    const struct comparison *c = &st->data.rows;

    st->limit = 0;
    list_begin(&st->list);
    for (size_t i = 0; i < c->n_rows; i++) {
        st->limit = fmax(st->limit, fabs(c->row[i].delta_mean));
        add_row(st, &c->row[i]);
    }
    list_end(&st->list);
}

/* The rows of what is chosen. */
static void
read_rows(struct compare_state *st, struct ui *ui)
{
    compare_data_read(&st->data, ui->model.store);
    fill_rows(st);
    compare_seeds_fill(&st->seeds, find_row(&st->data.rows, st->seed_key));
}

/* All of it, and rest for a while in proportion to what that cost. */
static void
read_again(struct compare_state *st, struct ui *ui)
{
    double start = clock_mono_s();

    st->ascii = ui->ascii;
    choice_read(&ui->choice, ui->model.store);
    read_rows(st, ui);
    st->pending = false;
    st->due_s = clock_mono_s() + IDLE_FACTOR * (clock_mono_s() - start);
}

static void
compare_refresh(void *state, struct ui *ui)
{
    struct compare_state *st = state;

    if (clock_mono_s() >= st->due_s)
        read_again(st, ui);
    else
        st->pending = true;
}

/* --- drawing --- */

static void
draw_bar(void *ctx, const struct list_row *row, size_t col, struct canvas *cv, int r,
         int c, int width, bool selected)
{
    const struct compare_state *st = ctx;

    (void)selected;
    chart_delta_bar(cv, r, c, width, row->cell[col].num, st->limit);
}

static void
draw_question(const struct compare_state *st, const struct ui *ui, struct canvas *cv)
{
    const struct compare_data *d = &st->data;
    const char *title = facet_title(d->facet);
    int col;

    ui_draw_choice(ui, cv, 0);
    col = 1 + canvas_text(cv, 1, 1, -1, STYLE_DIM, "F1 by ");
    col += canvas_textf(cv, 1, col, -1, STYLE_ACCENT, "%s", title ? title : d->facet);
    if (d->label)
        col += canvas_textf(cv, 1, col, -1, STYLE_TEXT, " %s, classes", d->label);
    const struct compare_row *r =
        st->at_seeds ? find_row(&d->rows, st->seed_key) : NULL;
    if (r)
        canvas_textf(cv, 1, col, -1, STYLE_TEXT, ", %s by seed", row_name(r));
}

static void
draw_method(const struct compare_state *st, struct canvas *cv)
{
    double p_min;
    size_t n;
    char p[FMT_SIZE];

    compare_pairs(&st->data.rows, &n, &p_min);
    fmt_p(p_min, p);
    if (n < 2)
        canvas_textf(cv, 2, 1, -1, STYLE_DIM, "%zu pair%s of seeds: not testable", n,
                     n == 1 ? "" : "s");
    else
        canvas_textf(cv, 2, 1, -1, STYLE_DIM,
                     "%zu pairs of seeds; paired t, Holm over %zu tested; smallest "
                     "sign-flip p %s",
                     n, st->data.rows.family, p);
}

static void
draw_tally(const struct compare_state *st, struct canvas *cv, int row)
{
    const struct comparison *c = &st->data.rows;
    size_t up = 0, down = 0, better = 0, worse = 0;

    for (size_t i = 0; i < c->n_rows; i++) {
        up += c->row[i].delta_mean > 0;
        down += c->row[i].delta_mean < 0;
        better += c->row[i].verdict == 'v';
        worse += c->row[i].verdict == '*';
    }
    canvas_textf(
        cv, row, 1, -1, STYLE_TEXT,
        "win/tie/loss %zu/%zu/%zu of %zu; after Holm: v better %zu, * worse %zu", up,
        c->n_rows - up - down, down, c->n_rows, better, worse);
}

static int
head_rows(const struct canvas *cv)
{
    return cv->rows < LOW ? HEAD_LOW : HEAD;
}

/* The row under the cursor, the tally, and seeds without a partner: the last rows.  Where
 * there are few it is the row's numbers alone. */
static int
foot_rows(const struct canvas *cv, const struct strbuf *missing)
{
    if (cv->rows < LOW)
        return 1;
    return (cv->cols >= WIDE ? 2 : 3) + (missing->len > 0);
}

static void
draw_foot(const struct compare_state *st, struct canvas *cv,
          const struct strbuf *missing)
{
    const struct list_row *cur = list_current(&st->list);
    const struct compare_row *r = find_row(&st->data.rows, st->at_seeds ? st->seed_key
                                                           : cur        ? cur->key
                                                                        : 0);
    int row = cv->rows - foot_rows(cv, missing);

    if (cv->rows < LOW) {
        if (r)
            compare_draw_row(r, st->ascii, "", cv, row);
        return;
    }
    if (r && cv->cols < WIDE)
        canvas_textf(cv, row++, 1, -1, STYLE_BOLD, "%s  (%zu pair%s, %.0f cell%s)",
                     row_name(r), r->n, r->n == 1 ? "" : "s", r->support,
                     r->support < 1.5 ? "" : "s");
    if (r)
        compare_draw_row(r, st->ascii, cv->cols < WIDE ? "" : row_name(r), cv, row);
    draw_tally(st, cv, cv->rows - 1 - (missing->len > 0));
    if (missing->len)
        canvas_text(cv, cv->rows - 1, 1, -1, STYLE_WARN, strbuf_str(missing));
}

static void
compare_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct compare_state *st = state;

    if (st->pending && clock_mono_s() >= st->due_s)
        read_again(st, ui);
    ui->model.late = ui->model.late || st->pending;
    if (!choice_group(&ui->choice)) {
        ui_draw_empty(ui, cv);
        return;
    }
    struct strbuf missing = {0};
    compare_missing_text(choice_group(&ui->choice), &st->data.unscored, &missing);
    draw_question(st, ui, cv);
    if (cv->rows >= LOW)
        draw_method(st, cv);
    if (st->data.overall.n_rows && cv->rows >= LOW)
        compare_draw_row(&st->data.overall.row[0], st->ascii, "all cells", cv, 3);
    list_draw(st->at_seeds ? &st->seeds : &st->list, cv, head_rows(cv),
              cv->rows - head_rows(cv) - foot_rows(cv, &missing), cv->cols);
    if (st->list.n == 0)
        canvas_text(cv, head_rows(cv) + 2, 2, -1, STYLE_DIM,
                    "No seed has both a CE and an HCE run that succeeded yet.");
    draw_foot(st, cv, &missing);
    strbuf_release(&missing);
}

/* --- actions --- */

/* From a group of cells to its classes, from a class to its seeds. */
static void
drill(struct compare_state *st, struct ui *ui)
{
    const struct list_row *cur = list_current(&st->list);

    if (!cur || st->at_seeds)
        return;
    const struct compare_row *r = find_row(&st->data.rows, cur->key);
    if (r && compare_data_has_classes(&st->data)) {
        compare_data_set_label(&st->data, r->label);
        read_rows(st, ui);
    } else {
        st->at_seeds = true;
        st->seed_key = cur->key;
        compare_seeds_fill(&st->seeds, find_row(&st->data.rows, st->seed_key));
    }
}

/* False if there is nothing to come back from. */
static bool
rise(struct compare_state *st, struct ui *ui)
{
    if (st->at_seeds) {
        st->at_seeds = false;
        return true;
    }
    if (!st->data.label)
        return false;
    uint64_t key = keyset_hash(keyset_hash(0, st->data.label), NULL);
    compare_data_set_label(&st->data, NULL);
    read_rows(st, ui);
    list_goto(&st->list, key);
    return true;
}

static bool
compare_act(void *state, struct ui *ui, enum action a)
{
    struct compare_state *st = state;

    if (a == ACT_ENTER) {
        drill(st, ui);
        return true;
    }
    if (a == ACT_BACK || a == ACT_CLOSE)
        return rise(st, ui);
    if (a == ACT_FACET_NEXT || a == ACT_FACET_PREV)
        compare_data_step_facet(&st->data, a == ACT_FACET_NEXT ? 1 : -1);
    else if (!ui_choose(ui, a))
        return false;
    if (a != ACT_RULE && a != ACT_EVALUATION)
        st->at_seeds = false;
    read_rows(st, ui);
    return true;
}

static void
compare_open(void *state, struct ui *ui)
{
    struct compare_state *st = state;

    compare_data_init(&st->data, &ui->choice);
    list_init(&st->list, columns, N_COLS);
    compare_seeds_init(&st->seeds);
    st->list.example = "such as: delta < 0 and cells >= 100; holm < .05 or p < .01; "
                       "label = B cell; or any text";
    st->list.sort = DELTA; /* as the command does */
    st->list.reverse = true;
    st->list.draw_cell = st->seeds.draw_cell = draw_bar;
    st->list.ctx = st->seeds.ctx = st;
}

static void
compare_close(void *state)
{
    struct compare_state *st = state;

    compare_data_release(&st->data);
    list_release(&st->list);
    list_release(&st->seeds);
}

static void
compare_show(void *state, struct ui *ui)
{
    (void)ui;
    ((struct compare_state *)state)->due_s = 0;
}

static struct list *
compare_list(void *state)
{
    struct compare_state *st = state;

    return st->at_seeds ? &st->seeds : &st->list;
}

#define AT(field) offsetof(struct compare_state, field)
static const struct setting settings[] = {
    {"", SETTING_LIST, AT(list), NULL, 0, 0, NULL},
    {"seeds", SETTING_LIST, AT(seeds), NULL, 0, 0, NULL},
    {"facet", SETTING_TEXT, AT(data.facet), NULL, 0, 0, "what rows are"},
};
#undef AT

const struct view view_compare = {
    .name = "compare",
    .title = "Compare",
    .help = "CE against HCE over seeds, for every label of a facet.",
    .command = "hcelab compare --by FACET --eval NAME --rule RULE",
    .context = {CTX_COMPARE, CTX_LIST},
    .state_size = sizeof(struct compare_state),
    .open = compare_open,
    .close = compare_close,
    .show = compare_show,
    .refresh = compare_refresh,
    .draw = compare_draw,
    .act = compare_act,
    .list = compare_list,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};
