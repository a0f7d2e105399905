/* view_runs.c - seed groups, newest first; each expands to its seeds. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/bar.h"
#include "tui/fmt.h"
#include "tui/list.h"
#include "tui/settings.h"
#include "tui/shorten.h"
#include "tui/ui.h"

enum { STRIP = 3 }; /* lines about the row under the cursor */
enum { WASTE_BYTES = 1 << 20 };

enum { NARROW = 60, NARROW_NAME = 12, NARROW_STATE = 8, NARROW_BEST = 11 };

/* The columns; what has width 0 is exported only. */
enum {
    NAME,
    LOSS,
    STATE,
    PROGRESS,
    ETA,
    TRAIN_LOSS,
    LAST,
    BEST,
    BEST_SD,
    BEST_EPOCH,
    RATE,
    TIME,
    EXPERIMENT,
    MODEL,
    SEED,
    RUN_ID,
    N_RUNS,
    PAIR_KEY,
    ORIGIN,
    N_COLS
};

static const struct list_column columns[N_COLS] = {
    [NAME] = {.name = "name",
              .title = "RUNS",
              .width = 16,
              .grow = 3,
              .max = 44,
              .hugs = true},
    [LOSS] = {.name = "loss", .title = "LOSS", .width = 4},
    [STATE] = {.name = "state", .title = "STATE", .width = 18, .grow = 1, .max = 26},
    [PROGRESS] = {.name = "progress",
                  .title = "DONE",
                  .type = LIST_REAL,
                  .width = 6,
                  .grow = 2,
                  .max = 24,
                  .drawn = true,
                  .is_left = true,
                  .rank = 2},
    [ETA] = {.name = "eta_s", .title = "ETA", .type = LIST_REAL, .width = 6, .rank = 3},
    [TRAIN_LOSS] = {.name = "train_loss",
                    .title = "LOSS~",
                    .type = LIST_REAL,
                    .width = 7,
                    .grow = 3,
                    .max = 48,
                    .drawn = true,
                    .is_left = true,
                    .rank = 4},
    [LAST] = {.name = "val_f1_macro",
              .title = "LAST",
              .type = LIST_REAL,
              .width = 6,
              .rank = 5},
    [BEST] = {.name = "best_val_f1_macro",
              .title = "BEST VAL F1",
              .type = LIST_REAL,
              .width = 15,
              .is_left = true,
              .rank = 1},
    [BEST_SD] = {.name = "best_val_f1_macro_sd", .type = LIST_REAL},
    [BEST_EPOCH] = {.name = "best_epoch", .type = LIST_REAL},
    [RATE] = {.name = "cells_per_s",
              .title = "CELLS/S",
              .type = LIST_REAL,
              .width = 7,
              .rank = 6},
    [TIME] = {.name = "duration_s",
              .title = "TIME",
              .type = LIST_REAL,
              .width = 7,
              .rank = 7},
    [EXPERIMENT] = {.name = "experiment"},
    [MODEL] = {.name = "model"},
    [SEED] = {.name = "seed", .type = LIST_INT},
    [RUN_ID] = {.name = "run_id", .type = LIST_INT},
    [N_RUNS] = {.name = "n_runs", .type = LIST_INT},
    [PAIR_KEY] = {.name = "pair_key"},
    [ORIGIN] = {.name = "origin"},
};

struct runs_state {
    struct list list;
    struct list_column column[N_COLS]; /* of this width of the screen */
    struct ui *ui;
    unsigned seen; /* generation of the model in the rows; 0: no rows yet */
    bool ascii;    /* of the texts in them */
};

/* --- what is under the cursor --- */

/* The runs of a row: those of its group, or the one; at most max. */
static size_t
runs_of(const struct model *m, uint64_t key, const struct store_run **out, size_t max)
{
    const struct run_group *g = model_group(m, key);
    size_t n = 0;

    if (!g) {
        out[0] = model_run(m, (int64_t)key);
        return out[0] != NULL;
    }
    for (; n < g->n && n < max; n++)
        out[n] = group_run(m, g, n);
    return n;
}

enum { MAX_RUNS = 1024 }; /* of which a sparkline is made */

static enum style
loss_style(const char *loss)
{
    return strcmp(loss, "hce") == 0 ? STYLE_SERIES_2 : STYLE_SERIES_1;
}

static enum style
state_style(enum run_state s)
{
    static const enum style style[RUN_STATE_COUNT] = {
        [RUN_succeeded] = STYLE_GOOD, [RUN_queued] = STYLE_DIM,
        [RUN_running] = STYLE_ACCENT, [RUN_paused] = STYLE_WARN,
        [RUN_failed] = STYLE_BAD,     [RUN_cancelled] = STYLE_WARN,
    };

    return style[s];
}

/* --- rows --- */

/* The seed of the only run in a state, or -1. */
static int64_t
only_seed(const struct model *m, const struct run_group *g, enum run_state s)
{
    for (size_t i = 0; g->count[s] == 1 && i < g->n; i++)
        if (run_state_of(group_run(m, g, i)) == s)
            return group_run(m, g, i)->seed;
    return -1;
}

/* "5/5 succeeded", "2/5, 1 running", "4/5, seed 3 failed"; a failure behind something
 * more active shows as "!". */
static void
group_state_text(const struct model *m, const struct run_group *g, char out[64])
{
    size_t done = g->count[RUN_succeeded];
    bool ended_badly = g->state == RUN_failed || g->state == RUN_cancelled;
    int64_t seed = ended_badly ? only_seed(m, g, g->state) : -1;
    const char *name = run_state_name(g->state);
    const char *bad = g->count[RUN_failed] && g->state != RUN_failed ? " !" : "";

    if (g->count[g->state] == g->n)
        snprintf(out, 64, "%zu/%zu %s", done, g->n, name);
    else if (seed >= 0)
        snprintf(out, 64, "%zu/%zu, seed %" PRId64 " %s%s", done, g->n, seed, name,
                 bad);
    else
        snprintf(out, 64, "%zu/%zu, %zu %s%s", done, g->n, g->count[g->state], name,
                 bad);
}

/* Best score, its spread and the epoch it came from. */
static void
put_best(struct list *l, size_t row, double best, double sd, double epoch, bool ascii)
{
    char score[FMT_SIZE];

    fmt_mean_sd(best, sd, ascii, score);
    if (isnan(best) || isnan(epoch))
        list_num_text(l, row, BEST, best, STYLE_TEXT, "%s", score);
    else
        list_num_text(l, row, BEST, best, STYLE_TEXT, "%s @%.0f", score, epoch);
    list_num(l, row, BEST_SD, sd);
    list_num(l, row, BEST_EPOCH, epoch);
}

static void
put_numbers(struct list *l, size_t row, double eta_s, double last, double rate,
            double time_s)
{
    char text[FMT_SIZE];

    fmt_time(isnan(eta_s) ? -1 : eta_s, text);
    list_num_text(l, row, ETA, eta_s, STYLE_TEXT, "%s", text);
    fmt_score(last, text);
    list_num_text(l, row, LAST, last, STYLE_TEXT, "%s", text);
    fmt_si(rate, text);
    list_num_text(l, row, RATE, rate, STYLE_TEXT, "%s", text);
    fmt_time(isnan(time_s) ? -1 : time_s, text);
    list_num_text(l, row, TIME, time_s, STYLE_TEXT, "%s", text);
}

/* As the store calls it, for filters and files; a group of both kinds has none. */
static void
put_origin(struct list *l, size_t row, size_t n_imported, size_t n)
{
    if (n_imported == 0 || n_imported == n)
        list_text(l, row, ORIGIN, STYLE_TEXT, "%s",
                  n_imported ? "imported" : "trained");
}

static void
put_names(struct list *l, size_t row, const struct run_group *g)
{
    list_text(l, row, LOSS, loss_style(g->loss), "%s", g->loss);
    list_text(l, row, EXPERIMENT, STYLE_TEXT, "%s", g->experiment);
    list_text(l, row, MODEL, STYLE_TEXT, "%s", g->model);
    list_text(l, row, PAIR_KEY, STYLE_TEXT, "%s", g->pair_key);
}

static void
put_group(struct runs_state *st, const struct model *m, const struct run_group *g,
          size_t row)
{
    struct list *l = &st->list;
    char state[64];

    if (g->is_ambiguous)
        list_text(l, row, NAME, STYLE_BOLD, "%s %s %.4s", g->experiment, g->model,
                  g->pair_key);
    else
        list_text(l, row, NAME, STYLE_BOLD, "%s %s", g->experiment, g->model);
    put_names(l, row, g);
    put_origin(l, row, g->n_imported, g->n);
    group_state_text(m, g, state);
    list_text(l, row, STATE, state_style(g->state), "%s", state);
    list_num(l, row, PROGRESS, g->progress);
    list_num(l, row, TRAIN_LOSS, g->loss_mean);
    list_num(l, row, N_RUNS, (double)g->n);
    put_best(l, row, g->best_mean, g->best_sd, g->best_epoch, st->ui->ascii);
    put_numbers(l, row, g->eta_s, g->last_mean, g->cells_per_s, g->duration_s);
}

static void
put_run(struct runs_state *st, const struct run_group *g, const struct store_run *r,
        size_t row)
{
    struct list *l = &st->list;
    enum run_state s = run_state_of(r);

    list_text(l, row, NAME, STYLE_TEXT, "seed %" PRId64 " #%" PRId64, r->seed,
              r->run_id);
    put_names(l, row, g);
    put_origin(l, row, run_is_imported(r), 1);
    list_text(l, row, STATE, state_style(s), "%s%s", r->state,
              s == RUN_queued && r->reason ? ", waits" : "");
    list_num(l, row, PROGRESS, run_progress(r));
    list_num(l, row, TRAIN_LOSS, r->train_loss);
    list_num(l, row, SEED, (double)r->seed);
    list_num(l, row, RUN_ID, (double)r->run_id);
    put_best(l, row, r->best_val_f1_macro, NAN,
             r->best_epoch >= 0 ? (double)r->best_epoch : (double)NAN, st->ui->ascii);
    put_numbers(l, row, s == RUN_running ? r->eta_s : (double)NAN, r->val_f1_macro,
                r->cells_per_s, r->duration_s);
}

/* Rows without cells: each group before its runs. */
static void
make_rows(struct runs_state *st, const struct model *m)
{
    list_begin(&st->list);
    for (size_t i = 0; i < m->n_groups; i++) {
        size_t parent = list_row(&st->list, m->group[i].key, LIST_ROOT);
        for (size_t k = 0; k < m->group[i].n; k++)
            list_row(&st->list, (uint64_t)group_run(m, &m->group[i], k)->run_id,
                     parent);
    }
}

/* Only groups that changed are filled again, unless rows came or went. */
static void
runs_refresh(void *state, struct ui *ui)
{
    struct runs_state *st = state;
    const struct model *m = &ui->model;
    bool whole = m->whole > st->seen || m->generation < st->seen || /* another store */
                 st->ascii != ui->ascii || st->list.n_waste > WASTE_BYTES;

    if (whole)
        make_rows(st, m);
    for (size_t i = 0, row = 0; i < m->n_groups; row += m->group[i++].n + 1) {
        const struct run_group *g = &m->group[i];
        if (!whole && g->generation <= st->seen)
            continue;
        put_group(st, m, g, row);
        for (size_t k = 0; k < g->n; k++)
            put_run(st, g, group_run(m, g, k), row + 1 + k);
    }
    list_end(&st->list);
    st->seen = m->generation;
    st->ascii = ui->ascii;
}

/* --- drawing --- */

/* On a narrow screen the state is drawn in short and the best score without its epoch,
 * so that there is room for both; filters and files have the whole. */
static void
fit(struct runs_state *st, int cols)
{
    bool narrow = cols < NARROW;

    st->column[NAME].width = narrow ? NARROW_NAME : columns[NAME].width;
    st->column[STATE].width = narrow ? NARROW_STATE : columns[STATE].width;
    st->column[STATE].drawn = narrow;
    st->column[STATE].is_left = narrow;
    st->column[BEST].width = narrow ? NARROW_BEST : columns[BEST].width;
    st->column[BEST].drawn = narrow;
}

/* True if none of the runs of a row was trained here: there is no progress to see. */
static bool
is_imported(const struct list_row *row)
{
    const char *origin = row->cell[ORIGIN].text;

    return origin && strcmp(origin, "imported") == 0;
}

/* Where there is little room. */
static const char *
short_state(const struct list_row *row, enum run_state s)
{
    static const char *const text[RUN_STATE_COUNT] = {
        [RUN_succeeded] = "done", [RUN_queued] = "wait", [RUN_running] = "run",
        [RUN_paused] = "pause",   [RUN_failed] = "fail", [RUN_cancelled] = "stop",
    };

    return is_imported(row) ? "imp" : text[s];
}

static void
draw_short_state(const struct model *m, const struct list_row *row, struct canvas *cv,
                 int r, int c, int width)
{
    const struct run_group *g = model_group(m, row->key);
    const struct store_run *run = g ? NULL : model_run(m, (int64_t)row->key);
    enum style style = row->cell[STATE].style;

    if (g)
        canvas_textf(cv, r, c, width, style, "%zu/%zu %s", g->count[RUN_succeeded],
                     g->n, short_state(row, g->state));
    else if (run)
        canvas_text(cv, r, c, width, style, short_state(row, run_state_of(run)));
}

/* A bar, or "imported", of which "import" must do where it is narrow. */
static void
draw_progress(const struct list_row *row, struct canvas *cv, int r, int c, int width)
{
    if (is_imported(row))
        canvas_text(cv, r, c, width, STYLE_DIM, width < 8 ? "import" : "imported");
    else
        bar_draw(cv, r, c, width, row->cell[STATE].style, row->cell[PROGRESS].num);
}

static void
draw_cell(void *ctx, const struct list_row *row, size_t col, struct canvas *cv, int r,
          int c, int width, bool selected)
{
    struct runs_state *st = ctx;
    const struct store_run *run[MAX_RUNS];
    enum style style = loss_style(row->cell[LOSS].text);

    (void)selected;
    if (col == PROGRESS) {
        draw_progress(row, cv, r, c, width);
        return;
    }
    if (col == STATE) {
        draw_short_state(&st->ui->model, row, cv, r, c, width);
        return;
    }
    if (col == BEST) {
        const char *text = row->cell[BEST].text;
        canvas_textf(cv, r, c, width, STYLE_TEXT, "%.*s", (int)strcspn(text, " "),
                     text);
        return;
    }
    size_t n = runs_of(&st->ui->model, row->key, run, MAX_RUNS);
    if (!bar_spark(&st->ui->model, run, n, METRIC_train_loss, cv, r, c, width, style) &&
        is_imported(row))
        canvas_text(cv, r, c, width, STYLE_DIM, "none");
}

/* "name value   " of the strip, dim name; the column after it. */
static int
field(struct canvas *cv, int row, int col, const char *name, const char *value)
{
    if (!value || !*value || strcmp(value, "-") == 0)
        return col;
    col += canvas_textf(cv, row, col, -1, STYLE_DIM, "%s ", name);
    return col + canvas_text(cv, row, col, -1, STYLE_TEXT, value) + 3;
}

/* Where an imported run comes from, both ends of it where it is long. */
static void
draw_source(struct canvas *cv, int row, int col, const char *path)
{
    const int name = sizeof "imported from";
    char text[1024];

    shorten_among(path, NULL, 0, cv->cols - col - name - 1, cv->ascii, text,
                  sizeof text);
    field(cv, row, col, "imported from", text);
}

static void
draw_strip_run(const struct store_run *r, struct canvas *cv, int row)
{
    char text[FMT_SIZE];
    int col;

    col = canvas_textf(cv, row, 1, -1, STYLE_BOLD, "#%" PRId64 " %s", r->run_id,
                       r->name ? r->name : "") +
          4;
    snprintf(text, sizeof text, "%" PRId64 "/%" PRId64, store_run_epochs(r),
             r->max_epochs);
    col = field(cv, row, col, "epochs", r->epoch >= 0 ? text : "");
    fmt_value(r->train_loss, text);
    col = field(cv, row, col, "loss", text);
    fmt_score(r->val_f1_macro, text);
    field(cv, row, col, "val F1", text);
    fmt_si(r->cells_per_s, text);
    col = field(cv, row + 1, 1, "cells/s", text);
    fmt_time(isnan(r->duration_s) ? -1 : r->duration_s, text);
    col = field(cv, row + 1, col, "time", text);
    col = field(cv, row + 1, col, "host", r->host);
    if (run_is_imported(r))
        draw_source(cv, row + 1, col, r->source_path);
    else
        field(cv, row + 1, col, run_state_of(r) == RUN_queued ? "waits for" : "end",
              run_state_of(r) == RUN_queued ? r->reason : r->end_reason);
}

static void
draw_strip_group(const struct run_group *g, struct canvas *cv, int row, bool ascii)
{
    char text[FMT_SIZE + 16], number[FMT_SIZE];
    int col;

    col = canvas_textf(cv, row, 1, -1, STYLE_BOLD, "%s %s %s", g->experiment, g->model,
                       g->loss) +
          4;
    snprintf(text, sizeof text, "%zu", g->n_seeds);
    col = field(cv, row, col, "seeds", text);
    snprintf(text, sizeof text, "%zu of %zu", g->n_imported, g->n);
    col = field(cv, row, col, "imported",
                g->n_imported == 0      ? ""
                : g->n_imported == g->n ? "all"
                                        : text);
    snprintf(text, sizeof text, "%.8s", g->pair_key);
    field(cv, row, col, "pair key", text);
    fmt_mean_sd(g->best_mean, g->best_sd, ascii, number);
    snprintf(text, sizeof text, isnan(g->best_mean) ? "-" : "%s (sd, n=%zu)", number,
             g->n_best);
    col = field(cv, row + 1, 1, "best", text);
    fmt_value(g->loss_mean, text);
    col = field(cv, row + 1, col, "loss", text);
    fmt_si(g->cells_per_s, text);
    col = field(cv, row + 1, col, "cells/s", text);
    fmt_time(isnan(g->duration_s) ? -1 : g->duration_s, text);
    field(cv, row + 1, col, "time", text);
}

static void
runs_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct runs_state *st = state;
    int strip = cv->rows - STRIP;

    if (st->list.n == 0) {
        ui_draw_empty(ui, cv);
        return;
    }
    fit(st, cv->cols);
    list_draw(&st->list, cv, 0, strip, cv->cols);
    for (int c = 0; c < cv->cols; c++)
        canvas_glyph(cv, strip, c, STYLE_DIM, "─", '-');
    const struct list_row *cur = list_current(&st->list);
    const struct run_group *g = cur ? model_group(&ui->model, cur->key) : NULL;
    const struct store_run *r = cur ? model_run(&ui->model, (int64_t)cur->key) : NULL;
    if (g)
        draw_strip_group(g, cv, strip + 1, cv->ascii);
    else if (r)
        draw_strip_run(r, cv, strip + 1);
}

/* --- actions --- */

static void
act_on_runs(struct runs_state *st, struct ui *ui, enum action a)
{
    const struct list_row *cur = list_current(&st->list);
    const struct run_group *g = cur ? model_group(&ui->model, cur->key) : NULL;
    char what[160];

    if (!cur || ui_misses(ui, &st->list, a))
        return;
    size_t most = ui->model.runs.n;
    const struct store_run **run = xcalloc(most + 1, sizeof *run);
    size_t n = runs_of(&ui->model, cur->key, run, most);
    if (g)
        snprintf(what, sizeof what, "%.60s %.20s %.20s, all seeds", g->experiment,
                 g->model, g->loss);
    else if (n)
        snprintf(what, sizeof what, "run %" PRId64 " %.60s %.20s %.20s seed %" PRId64,
                 run[0]->run_id, run[0]->experiment, run[0]->model, run[0]->loss,
                 run[0]->seed);
    if (n)
        ui_run_action(ui, a, run, n, what);
    free(run);
}

static void
open_run(struct runs_state *st, struct ui *ui, enum action a)
{
    const struct store_run *run[1];
    const struct list_row *cur = list_current(&st->list);

    if (!cur || !runs_of(&ui->model, cur->key, run, 1))
        return;
    if (a == ACT_ENTER && cur->n_children) {
        list_act(&st->list, ACT_EXPAND);
        return;
    }
    ui->run_id = run[0]->run_id;
    ui->want_log = a == ACT_LOG;
    ui_open(ui, VIEW_detail);
}

/* Two or more marked rows side by side, or a marked one and the one under the cursor. */
static void
open_diff(const struct runs_state *st, struct ui *ui)
{
    const struct list_row *cur = list_current(&st->list);

    if (diff_what_choose(&ui->diff, &ui->model, &st->list.marked, cur ? cur->key : 0))
        ui_open(ui, VIEW_diff);
    else
        ui_say(ui, STYLE_WARN,
               "diff: mark one row and go to another, or mark two to %d", DIFF_MAX);
}

static bool
runs_act(void *state, struct ui *ui, enum action a)
{
    static const enum action wishes[] = {ACT_CANCEL, ACT_PAUSE, ACT_RETRY, ACT_RAISE,
                                         ACT_LOWER};

    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        if (a != wishes[i])
            continue;
        act_on_runs(state, ui, a);
        return true;
    }
    if (a == ACT_DIFF)
        open_diff(state, ui);
    if (a != ACT_ENTER && a != ACT_LOG)
        return a == ACT_DIFF;
    open_run(state, ui, a);
    return true;
}

static void
runs_open(void *state, struct ui *ui)
{
    struct runs_state *st = state;

    memcpy(st->column, columns, sizeof columns);
    list_init(&st->list, st->column, N_COLS);
    st->list.draw_cell = draw_cell;
    st->list.ctx = st;
    st->list.example = "such as: loss = hce and seed <= 3; state in (failed, "
                       "cancelled); not best val f1 > .8; or any text";
    st->ui = ui;
    ui->marked = &st->list.marked;
}

static void
runs_close(void *state)
{
    list_release(&((struct runs_state *)state)->list);
}

static struct list *
runs_list(void *state)
{
    return &((struct runs_state *)state)->list;
}

static const struct setting settings[] = {
    {"", SETTING_LIST, offsetof(struct runs_state, list), NULL, 0, 0, NULL}};

const struct view view_runs = {
    .name = "runs",
    .title = "Runs",
    .help = "Seed groups, newest first; each expands to its seeds.",
    .command = "hcelab runs",
    .context = {CTX_RUNS, CTX_LIST},
    .state_size = sizeof(struct runs_state),
    .open = runs_open,
    .close = runs_close,
    .refresh = runs_refresh,
    .draw = runs_draw,
    .act = runs_act,
    .list = runs_list,
    .settings = settings,
    .n_settings = 1,
};
