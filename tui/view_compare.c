/* view_compare.c - CE against HCE over the labels of a facet: tissue -> its classes ->
 * the seeds of one. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "draw/chart.h"
#include "spec/spec.h"
#include "tui/compare_base.h"
#include "tui/compare_cells.h"
#include "tui/compare_data.h"
#include "tui/compare_list.h"
#include "tui/compare_seeds.h"
#include "tui/compare_why.h"
#include "tui/fmt.h"
#include "tui/list.h"
#include "tui/pairs_pane.h"
#include "tui/settings.h"
#include "tui/ui.h"
#include "tui/ui_export.h"
#include "tui/wrap.h"

enum {
    NARROW = 60,
    WIDE = 120,
    BESIDE = 150,
    IDLE_FACTOR = 20
}; /* BESIDE: for table and plot */
enum {
    HEAD = 4,
    HEAD_LOW = 2,
    LOW = 14
}; /* lines above the table; rows below which few */

struct compare_state {
    struct compare_data data;
    struct list list, seeds, bases;
    struct list_column column[COMPARE_LIST_COLS], seed_column[COMPARE_SEEDS_COLS];
    bool at_seeds;   /* the seeds of row seed_key are shown */
    bool at_bases;   /* baselines to choose from are shown, over all */
    bool shows_plot; /* the plot, and where there is room the table beside it */
    uint64_t seed_key;
    double limit;  /* largest |delta|: the length of a bar */
    double due_s;  /* clock_mono_s before which nothing is read again */
    bool pending;  /* it should have been */
    unsigned seen; /* model.results when it was read */
    bool ascii;
};

/* The rows of what is chosen. */
static void
read_rows(struct compare_state *st, struct ui *ui)
{
    compare_data_read(&st->data, ui->model.store);
    compare_list_name(st->column, st->data.base_name, st->data.name);
    compare_seeds_name(st->seed_column, st->data.base_name, st->data.name);
    st->limit = compare_list_fill(&st->list, &st->data.rows, st->ascii);
    compare_seeds_fill(&st->seeds, compare_data_find(&st->data, st->seed_key));
}

/* All of it, and rest for a while in proportion to what that cost. */
static void
read_again(struct compare_state *st, struct ui *ui)
{
    double start = clock_mono_s();

    st->ascii = ui->ascii;
    ui_read_choice(ui);
    read_rows(st, ui);
    st->pending = false;
    st->seen = ui->model.results;
    st->due_s = clock_mono_s() + IDLE_FACTOR * (clock_mono_s() - start);
}

static void
compare_refresh(void *state, struct ui *ui)
{
    struct compare_state *st = state;

    if (st->seen == ui->model.results)
        return; /* that runs go on changes nothing here */
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

/* "HCE a1b2c3 - HCE d4e5f6 of tree, imported": with whose runs others are compared. */
static int
draw_sides(const struct compare_data *d, struct canvas *cv, int col)
{
    const struct store_who *who = &d->base_who;
    int start = col;

    col +=
        canvas_textf(cv, 1, col, -1, STYLE_ACCENT, "  %s - %s", d->name, d->base_name);
    if (who->experiments && strcmp(d->base_key, d->choice->pair_key) != 0)
        col += canvas_textf(cv, 1, col, -1, STYLE_DIM, " of %s%s", who->experiments,
                            who->n_imported == 0             ? ""
                            : who->n_imported == who->n_runs ? ", imported"
                                                             : ", some imported");
    return col - start;
}

static void
draw_question(const struct compare_state *st, const struct ui *ui, struct canvas *cv)
{
    const struct compare_data *d = &st->data;
    const char *title = facet_title(d->facet), *facet = title ? title : d->facet;
    const struct compare_row *r =
        st->at_seeds ? compare_data_find(d, st->seed_key) : NULL;
    bool by_class = compare_data_is_by_class(d);
    int col = 1;

    ui_draw_choice(ui, cv, 0);
    col += canvas_text(cv, 1, col, -1, STYLE_DIM, by_class ? "F1 " : "macro F1 ");
    if (r)
        col +=
            canvas_textf(cv, 1, col, -1, STYLE_TEXT, "of %s", compare_data_row_name(r));
    else if (d->label)
        col += canvas_text(cv, 1, col, -1, STYLE_TEXT, "by class");
    else
        col += canvas_textf(cv, 1, col, -1, STYLE_ACCENT, "by %s", facet);
    if (d->label)
        col +=
            canvas_textf(cv, 1, col, -1, STYLE_ACCENT, " in %s (%s)", d->label, facet);
    if (r)
        col += canvas_text(cv, 1, col, -1, STYLE_TEXT, " by seed");
    if (cv->cols < NARROW)
        col += canvas_textf(cv, 1, col, -1, STYLE_DIM, "; %s, %s",
                            ui->choice.evaluation ? ui->choice.evaluation : "-",
                            ui->choice.rule);
    if (d->base_key)
        col += draw_sides(d, cv, col);
    if (d->min_support)
        canvas_textf(cv, 1, col, -1, STYLE_ACCENT, "  cells >= %" PRId64,
                     d->min_support);
}

static void
draw_method(const struct compare_state *st, struct canvas *cv)
{
    double p_min;
    size_t n;
    char p[FMT_SIZE];

    compare_pairs(&st->data.rows, &n, &p_min);
    fmt_p(p_min, p);
    if (st->data.why)
        canvas_textf(cv, 2, 1, -1, STYLE_WARN, "%s cannot be the baseline: %s",
                     st->data.base_name, st->data.why);
    else if (n < 2)
        canvas_textf(cv, 2, 1, -1, STYLE_DIM, "%zu pair%s of seeds: not testable", n,
                     n == 1 ? "" : "s");
    else
        canvas_textf(cv, 2, 1, -1, STYLE_DIM,
                     "%zu pairs of seeds; paired t, Holm over %zu tested; smallest "
                     "sign-flip p %s",
                     n, st->data.rows.family, p);
}

static struct compare_sides
sides(const struct compare_state *st)
{
    return (struct compare_sides){st->data.base_name, st->data.name};
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

/* What people should know of the numbers, a line each; "": nothing. */
struct remarks {
    struct strbuf guard;   /* what speaks against the comparison */
    struct strbuf missing; /* seeds without a partner */
    enum style guard_style;
    int guard_rows, missing_rows; /* lines of the screen */
};

static bool
is_unfair(const struct remarks *k)
{
    return k->guard.len && k->guard_style == STYLE_WARN;
}

static void
remarks_init(struct remarks *k, const struct compare_state *st, const struct ui *ui,
             const struct canvas *cv)
{
    const struct compare_data *d = &st->data;

    *k = (struct remarks){0};
    k->guard_style = compare_guard_text(&d->provenance, cv->cols >= WIDE, &k->guard);
    compare_missing_text(choice_group(&ui->choice), strbuf_str(&d->unmatched),
                         strbuf_str(&d->unscored), &k->missing);
    if (d->repeated.len)
        strbuf_addf(&k->missing, "%sof several runs the newest counts: %s",
                    k->missing.len ? "  " : "", strbuf_str(&d->repeated));
    int lines = (int)wrap_lines(strbuf_str(&k->guard), cv->cols - 2);
    int most = 2 + is_unfair(k);
    k->guard_rows = k->guard.len == 0 ? 0 : lines < most ? lines : most;
    k->missing_rows = k->missing.len > 0;
}

/* The guard on its lines; what has no room on the last is cut. */
static void
draw_guard(const struct remarks *k, struct canvas *cv, int row, int rows)
{
    const char *text = strbuf_str(&k->guard);

    for (; rows > 0; rows--, row++) {
        size_t skip, len = wrap_bytes(text, cv->cols - 2, &skip);
        if (rows == 1)
            canvas_text(cv, row, 1, -1, k->guard_style, text);
        else
            canvas_textf(cv, row, 1, -1, k->guard_style, "%.*s", (int)len, text);
        text += len + skip;
    }
}

static void
remarks_release(struct remarks *k)
{
    strbuf_release(&k->guard);
    strbuf_release(&k->missing);
}

/* The row under the cursor, the tally, and the remarks: the last rows.  Where there are
 * few it is the row's numbers, and what is not fair. */
static int
foot_rows(const struct canvas *cv, const struct remarks *k)
{
    if (cv->rows < LOW)
        return 1 + is_unfair(k);
    return (cv->cols >= WIDE ? 2 : 3) + k->guard_rows + k->missing_rows;
}

static void
draw_foot(const struct compare_state *st, struct canvas *cv, const struct remarks *k)
{
    const struct list_row *cur = list_current(&st->list);
    const struct compare_row *r =
        compare_data_find(&st->data, st->at_seeds ? st->seed_key
                                     : cur        ? cur->key
                                                  : 0);
    int row = cv->rows - foot_rows(cv, k);

    if (cv->rows < LOW) {
        if (r)
            compare_draw_row(r, sides(st), st->ascii, "", cv, row);
        if (is_unfair(k))
            draw_guard(k, cv, row + 1, 1);
        return;
    }
    if (r && cv->cols < WIDE)
        canvas_textf(cv, row++, 1, -1, STYLE_BOLD, "%s  (%zu pair%s, %.0f cell%s)",
                     compare_data_row_name(r), r->n, r->n == 1 ? "" : "s", r->support,
                     r->support < 1.5 ? "" : "s");
    if (r)
        compare_draw_row(r, sides(st), st->ascii,
                         cv->cols < WIDE ? "" : compare_data_row_name(r), cv, row);
    draw_tally(st, cv, cv->rows - 1 - k->guard_rows - k->missing_rows);
    draw_guard(k, cv, cv->rows - k->guard_rows - k->missing_rows, k->guard_rows);
    if (k->missing.len)
        canvas_text(cv, cv->rows - 1, 1, -1, STYLE_WARN, strbuf_str(&k->missing));
}

/* The table, the plot, or both beside each other. */
static void
draw_body(struct compare_state *st, struct canvas *cv, int top, int rows)
{
    const struct compare_row *only =
        st->at_seeds ? compare_data_find(&st->data, st->seed_key) : NULL;
    int cols = !st->shows_plot ? cv->cols : cv->cols >= BESIDE ? cv->cols * 11 / 20 : 0;

    if (cols == cv->cols) {
        list_draw(st->at_seeds ? &st->seeds : &st->list, cv, top, rows, cols);
    } else {
        if (cols)
            list_draw(st->at_seeds ? &st->seeds : &st->list, cv, top, rows, cols);
        pairs_pane_draw(&st->data, &st->list, only, cv, top, cols ? cols + 1 : 1, rows,
                        cv->cols - cols - (cols ? 1 : 2));
    }
    if (st->list.n == 0)
        compare_why_draw(strbuf_str(&st->data.none), cv, top + 2);
}

static void
draw_bases(struct compare_state *st, const struct ui *ui, struct canvas *cv)
{
    ui_draw_choice(ui, cv, 0);
    canvas_text(cv, 1, 1, -1, STYLE_BOLD,
                "Compare with which seed group? enter takes it");
    list_draw(&st->bases, cv, 3, cv->rows - 3, cv->cols);
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
    if (st->at_bases) {
        draw_bases(st, ui, cv);
        return;
    }
    struct remarks remarks;
    remarks_init(&remarks, st, ui, cv);
    draw_question(st, ui, cv);
    if (cv->rows >= LOW)
        draw_method(st, cv);
    if (st->data.overall.n_rows && cv->rows >= LOW)
        compare_draw_row(&st->data.overall.row[0], sides(st), st->ascii, "all cells",
                         cv, 3);
    draw_body(st, cv, head_rows(cv),
              cv->rows - head_rows(cv) - foot_rows(cv, &remarks));
    draw_foot(st, cv, &remarks);
    remarks_release(&remarks);
}

/* --- actions --- */

/* From a group of cells to its classes, from a class to its seeds. */
static void
drill(struct compare_state *st, struct ui *ui)
{
    const struct list_row *cur = list_current(&st->list);

    if (!cur || st->at_seeds)
        return;
    const struct compare_row *r = compare_data_find(&st->data, cur->key);
    if (r && compare_data_has_classes(&st->data)) {
        compare_data_set_label(&st->data, r->label);
        read_rows(st, ui);
    } else {
        st->at_seeds = true;
        st->seed_key = cur->key;
        compare_seeds_fill(&st->seeds, compare_data_find(&st->data, st->seed_key));
    }
}

/* False if there is nothing to come back from. */
static bool
rise(struct compare_state *st, struct ui *ui)
{
    if (st->at_bases || st->at_seeds) {
        if (!st->at_bases)
            st->at_seeds = false;
        st->at_bases = false;
        return true;
    }
    if (!st->data.label)
        return false;
    uint64_t key = compare_data_key(&(struct compare_row){.label = st->data.label});
    compare_data_set_label(&st->data, NULL);
    read_rows(st, ui);
    list_goto(&st->list, key);
    return true;
}

static bool
compare_is_inside(const void *state)
{
    const struct compare_state *st = state;

    return st->at_bases || st->at_seeds || st->data.label;
}

/* Take the group under the cursor as baseline, or say why not. */
static void
take_base(struct compare_state *st, struct ui *ui)
{
    const char *why = "";

    if (!compare_base_take(&st->bases, &st->data, &why)) {
        ui_say(ui, STYLE_WARN, "this group cannot be the baseline: %s", why);
        return;
    }
    st->at_bases = st->at_seeds = false;
    read_rows(st, ui);
}

static void
ask_base(struct compare_state *st, struct ui *ui)
{
    st->at_bases = !st->at_bases;
    if (st->at_bases)
        compare_base_fill(&st->bases, &st->data, ui->model.store);
}

/* Actions that change what is asked; then the rows are read again. */
static bool
ask_other(struct compare_state *st, struct ui *ui, enum action a)
{
    if (a == ACT_FACET_NEXT || a == ACT_FACET_PREV)
        compare_data_step_facet(&st->data, a == ACT_FACET_NEXT ? 1 : -1);
    else if (a == ACT_MORE_CELLS || a == ACT_FEWER_CELLS)
        compare_data_step_support(&st->data, a == ACT_MORE_CELLS ? 1 : -1);
    else if (!ui_choose(ui, a))
        return false;
    return true;
}

static bool
compare_act(void *state, struct ui *ui, enum action a)
{
    struct compare_state *st = state;

    if (a == ACT_BACK || a == ACT_CLOSE)
        return rise(st, ui);
    if (a == ACT_ENTER && st->at_bases)
        take_base(st, ui);
    else if (a == ACT_ENTER)
        drill(st, ui);
    else if (a == ACT_BASELINE)
        ask_base(st, ui);
    else if (a == ACT_PLOT)
        st->shows_plot = !st->shows_plot;
    else if (a == ACT_SVG)
        ui_export_ask_as(ui, ".svg");
    else if (ask_other(st, ui, a)) {
        st->at_bases = false;
        if (a != ACT_RULE && a != ACT_EVALUATION)
            st->at_seeds = false;
        read_rows(st, ui);
    } else {
        return false;
    }
    return true;
}

static bool
compare_export_text(void *state, struct ui *ui, const char *suffix, struct strbuf *out)
{
    struct compare_state *st = state;
    enum table_format format;

    (void)ui;
    compare_draw_flips(&st->data.rows); /* too slow for a frame */
    compare_list_fill(&st->list, &st->data.rows, st->ascii);
    if (strcmp(suffix, ".svg") == 0)
        pairs_pane_svg(&st->data, &st->list,
                       st->at_seeds ? compare_data_find(&st->data, st->seed_key) : NULL,
                       out);
    else if (ui_export_format(suffix, &format))
        list_export(st->at_bases   ? &st->bases
                    : st->at_seeds ? &st->seeds
                                   : &st->list,
                    format, out);
    else
        return false;
    return true;
}

static void
compare_open(void *state, struct ui *ui)
{
    struct compare_state *st = state;

    compare_data_init(&st->data, &ui->choice);
    compare_list_init(&st->list, st->column);
    compare_seeds_init(&st->seeds, st->seed_column);
    compare_base_init(&st->bases);
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
    list_release(&st->bases);
}

static void
compare_show(void *state, struct ui *ui)
{
    struct compare_state *st = state;

    (void)ui;
    st->due_s = 0;
    st->seen = 0;
}

static struct list *
compare_list(void *state)
{
    struct compare_state *st = state;

    return st->at_bases ? &st->bases : st->at_seeds ? &st->seeds : &st->list;
}

#define AT(field) offsetof(struct compare_state, field)
static const struct setting settings[] = {
    {"", SETTING_LIST, AT(list), NULL, 0, 0, NULL},
    {"seeds", SETTING_LIST, AT(seeds), NULL, 0, 0, NULL},
    {"facet", SETTING_TEXT, AT(data.facet), NULL, 0, 0, "what rows are"},
    {"plot", SETTING_BOOL, AT(shows_plot), NULL, 0, 0, "pairs and differences drawn"},
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
    .is_inside = compare_is_inside,
    .list = compare_list,
    .suffixes = ".csv .json .md .svg",
    .export = compare_export_text,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};
