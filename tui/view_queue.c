/* view_queue.c - what runs and what waits, why, until when, and who works on it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/bar.h"
#include "tui/fmt.h"
#include "tui/keymap.h"
#include "tui/list.h"
#include "tui/ui.h"

enum { HEAD = 1, IDLE_FACTOR = 20 };
#define RETRY_S 0.2 /* after a reading that failed */

enum {
    POSITION,
    RUN_ID,
    NAME,
    LOSS,
    SEED,
    STATE,
    PROGRESS,
    STARTS,
    ENDS,
    PRIORITY,
    WHY,
    MEMORY,
    WORKER,
    EXPERIMENT,
    MODEL,
    TAKES,
    N_COLS
};

static const struct list_column columns[N_COLS] = {
    [POSITION] =
        {.name = "position", .title = "#", .type = LIST_INT, .width = 2, .rank = 4},
    [RUN_ID] = {.name = "run_id", .title = "RUN", .type = LIST_INT, .width = 4},
    [NAME] = {.name = "name",
              .title = "",
              .width = 9,
              .grow = 2,
              .max = 40,
              .hugs = true,
              .rank = 3},
    [LOSS] = {.name = "loss", .title = "LOSS", .width = 4},
    [SEED] = {.name = "seed", .title = "SEED", .type = LIST_INT, .width = 4},
    [STATE] = {.name = "state", .title = "STATE", .width = 9},
    [PROGRESS] = {.name = "progress",
                  .title = "DONE",
                  .type = LIST_REAL,
                  .width = 4,
                  .grow = 1,
                  .max = 24,
                  .drawn = true,
                  .is_left = true,
                  .rank = 5},
    [STARTS] = {.name = "start_s",
                .title = "STARTS",
                .type = LIST_REAL,
                .width = 6,
                .rank = 2},
    [ENDS] = {.name = "end_s", .title = "ENDS", .type = LIST_REAL, .width = 6},
    [PRIORITY] =
        {.name = "priority", .title = "PRI", .type = LIST_INT, .width = 3, .rank = 6},
    [WHY] = {.name = "reason",
             .title = "WHY",
             .width = 15,
             .grow = 6,
             .max = 70,
             .hugs = true,
             .rank = 1},
    [MEMORY] = {.name = "memory_bytes",
                .title = "MEMORY",
                .type = LIST_REAL,
                .width = 7,
                .rank = 7},
    [WORKER] = {.name = "worker",
                .title = "WORKER",
                .width = 14,
                .grow = 1,
                .max = 30,
                .hugs = true,
                .rank = 8},
    [EXPERIMENT] = {.name = "experiment"},
    [MODEL] = {.name = "model"},
    [TAKES] = {.name = "whole_s", .type = LIST_REAL},
};

struct queue_state {
    struct list list;
    struct board board;
    bool ended;   /* failed and cancelled ones are shown too */
    double due_s; /* clock_mono_s before which nothing is read again */
    bool pending; /* it should have been */
};

/* --- rows --- */

static const struct board_run *
board_run_of(const struct board *b, uint64_t key)
{
    for (size_t i = 0; i < b->n; i++)
        if ((uint64_t)b->run[i].run_id == key)
            return &b->run[i];
    return NULL;
}

static bool
is(const struct board_run *r, const char *state)
{
    return strcmp(r->state, state) == 0;
}

static enum style
state_style(const struct board_run *r)
{
    if (is(r, "running"))
        return r->worker_gone ? STYLE_BAD : STYLE_ACCENT;
    return is(r, "queued") ? STYLE_TEXT : is(r, "failed") ? STYLE_BAD : STYLE_WARN;
}

/* "?" where a run will start or end and it is not known when. */
static void
put_time(struct list *l, size_t row, size_t col, double s, bool applies)
{
    char text[FMT_SIZE];

    fmt_time(s, text);
    list_num_text(l, row, col, s, isnan(s) ? STYLE_DIM : STYLE_TEXT, "%s",
                  !applies   ? ""
                  : isnan(s) ? "?"
                             : text);
}

static void
put_names(struct list *l, size_t row, const struct board_run *r)
{
    list_num(l, row, RUN_ID, (double)r->run_id);
    list_text(l, row, NAME, STYLE_TEXT, "%s %s", r->experiment, r->model);
    list_text(l, row, LOSS,
              strcmp(r->loss, "hce") == 0 ? STYLE_SERIES_2 : STYLE_SERIES_1, "%s",
              r->loss);
    list_num(l, row, SEED, (double)r->seed);
    list_text(l, row, EXPERIMENT, STYLE_TEXT, "%s", r->experiment);
    list_text(l, row, MODEL, STYLE_TEXT, "%s", r->model);
}

static void
put_memory(struct list *l, size_t row, const struct board_run *r)
{
    double gib = (double)r->memory_bytes / 1073741824.0;

    list_num_text(l, row, MEMORY, (double)r->memory_bytes, STYLE_DIM,
                  gib < 9.95 ? "%.1f GiB" : "%.0f GiB", gib);
}

static void
add_row(struct queue_state *st, const struct board_run *r)
{
    struct list *l = &st->list;
    size_t row = list_row(l, (uint64_t)r->run_id, LIST_ROOT);
    bool queued = is(r, "queued"), running = is(r, "running");

    char position[FMT_SIZE] = "";

    if (r->position)
        snprintf(position, sizeof position, "%" PRId64, r->position);
    list_num_text(l, row, POSITION, r->position ? (double)r->position : (double)NAN,
                  STYLE_DIM, "%s", position);
    put_names(l, row, r);
    list_text(l, row, STATE, state_style(r), "%s",
              running && r->worker_gone ? "gone" : r->state);
    list_num(l, row, PROGRESS, r->progress);
    put_time(l, row, STARTS, r->start_s, queued || (running && r->worker_gone));
    put_time(l, row, ENDS, r->end_s, queued || running);
    list_num(l, row, PRIORITY, (double)r->priority);
    list_text(l, row, WHY, r->worker_gone || is(r, "failed") ? STYLE_BAD : STYLE_DIM,
              "%s", r->why);
    put_memory(l, row, r);
    if (r->worker.pid)
        list_text(l, row, WORKER, STYLE_DIM, "%s:%" PRId64, r->worker.host,
                  r->worker.pid);
    list_num(l, row, TAKES, r->whole_s);
}

static void
fill(struct queue_state *st)
{
    list_begin(&st->list);
    for (size_t i = 0; i < st->board.n; i++)
        add_row(st, &st->board.run[i]);
    list_end(&st->list);
}

/* Read the board, and rest for a while in proportion to what that cost. */
static void
read_again(struct queue_state *st, struct ui *ui)
{
    double start = clock_mono_s();
    struct board b;

    st->pending = ui->model.store != NULL;
    if (!ui->model.store || board_read(&b, ui->model.store, st->ended, NULL)) {
        st->due_s = start + RETRY_S;
        return;
    }
    board_release(&st->board);
    st->board = b;
    if (ui->model.adjust_board)
        ui->model.adjust_board(&st->board);
    fill(st);
    st->pending = false;
    st->due_s = clock_mono_s() + IDLE_FACTOR * (clock_mono_s() - start);
}

static void
queue_refresh(void *state, struct ui *ui)
{
    struct queue_state *st = state;

    if (clock_mono_s() >= st->due_s)
        read_again(st, ui);
    else
        st->pending = true;
}

/* --- drawing --- */

static void
draw_cell(void *ctx, const struct list_row *row, size_t col, struct canvas *cv, int r,
          int c, int width, bool selected)
{
    (void)ctx;
    (void)selected;
    bar_draw(cv, r, c, width, row->cell[STATE].style, row->cell[col].num);
}

static size_t
count(const struct board *b, const char *state)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += is(&b->run[i], state);
    return n;
}

/* When the last of all that runs or waits ends; NaN: not known. */
static double
all_done(const struct board *b)
{
    double last = 0;

    for (size_t i = 0; i < b->n && !isnan(last); i++)
        if (is(&b->run[i], "queued") || is(&b->run[i], "running"))
            last = isnan(b->run[i].end_s) ? (double)NAN : fmax(last, b->run[i].end_s);
    return last;
}

/* "2 running, 5 queued, 1 paused; 4 jobs; all is done in about 12m". */
static void
draw_head(const struct queue_state *st, struct canvas *cv)
{
    const struct board *b = &st->board;
    size_t queued = count(b, "queued"), running = count(b, "running"),
           slots = board_slots(b);
    char text[FMT_SIZE];
    int col = 1;

    if (b->held)
        col += canvas_text(cv, 0, col, -1, STYLE_WARN, "HELD: no run is taken") + 2;
    col +=
        canvas_textf(cv, 0, col, -1, STYLE_TEXT, "%zu running, %zu queued, %zu paused",
                     running, queued, count(b, "paused"));
    col += canvas_textf(cv, 0, col, -1, STYLE_TEXT, "; %zu job%s", slots,
                        slots == 1 ? "" : "s");
    fmt_time(all_done(b), text);
    if (queued + running && !isnan(all_done(b)))
        canvas_textf(cv, 0, col, -1, STYLE_TEXT, "; all is done in about %s", text);
    else if (queued + running)
        canvas_text(cv, 0, col, -1, STYLE_DIM, "; when all is done is not known");
}

static enum style
life_style(enum board_life life)
{
    static const enum style style[BOARD_LIFE_COUNT] = {
        [BOARD_IDLE] = STYLE_TEXT,   [BOARD_WORKS] = STYLE_ACCENT,
        [BOARD_LEAVES] = STYLE_WARN, [BOARD_SILENT] = STYLE_BAD,
        [BOARD_GONE] = STYLE_BAD,
    };

    return style[life];
}

static void
draw_worker(const struct board_worker *w, struct canvas *cv, int row)
{
    char name[STORE_TEXT + 24], age[FMT_SIZE];
    int col = 1, wide = cv->cols >= 60 ? 24 : 16;

    snprintf(name, sizeof name, "%s:%" PRId64, w->process.host, w->process.pid);
    fmt_time(w->heartbeat_age_s, age);
    canvas_text(cv, row, col, wide - 1, STYLE_TEXT, name);
    col += wide;
    canvas_text(cv, row, col, -1, life_style(w->life), board_life_name(w->life));
    col += 7;
    col += canvas_textf(cv, row, col, -1, STYLE_TEXT, "%" PRId64 "/%" PRId64 " jobs",
                        w->n_running, w->jobs) +
           2;
    col += canvas_textf(cv, row, col, -1, STYLE_DIM, "beat %s ago", age) + 2;
    if (w->drains)
        col += canvas_text(cv, row, col, -1, STYLE_DIM, "drains") + 2;
    if (*w->runs)
        canvas_textf(cv, row, col, -1, STYLE_TEXT, "run%s %s",
                     strchr(w->runs, ',') ? "s" : "", w->runs);
}

/* Lines for workers: all of them, or a quarter of the screen. */
static int
worker_rows(const struct queue_state *st, int rows)
{
    int n = (int)st->board.n_workers, max = rows / 4 > 1 ? rows / 4 : 1;

    return n < 1 ? 1 : n < max ? n : max;
}

static void
draw_workers(const struct queue_state *st, struct canvas *cv, int row, int rows)
{
    size_t n = st->board.n_workers, shown = (size_t)rows;

    if (n == 0)
        canvas_text(cv, row, 1, -1, STYLE_DIM, "no worker lives: w starts one");
    for (size_t i = 0; i < n && i < shown; i++)
        draw_worker(&st->board.worker[i], cv, row + (int)i);
    if (n > shown)
        canvas_textf(cv, row + rows - 1, cv->cols - 12, -1, STYLE_DIM, "+%zu more",
                     n - shown);
}

/* The row under the cursor in words. */
static void
draw_current(const struct queue_state *st, struct canvas *cv, int row)
{
    const struct list_row *cur = list_current(&st->list);
    const struct board_run *r = cur ? board_run_of(&st->board, cur->key) : NULL;
    char text[FMT_SIZE];
    int col = 1;

    for (int c = 0; c < cv->cols; c++)
        canvas_glyph(cv, row, c, STYLE_DIM, "─", '-');
    if (!r)
        return;
    col += canvas_textf(cv, row + 1, col, -1, STYLE_BOLD, "#%" PRId64 " %s", r->run_id,
                        r->name) +
           2;
    if (*r->why)
        col += canvas_textf(cv, row + 1, col, -1, STYLE_TEXT, "%s", r->why) + 2;
    fmt_time(r->whole_s, text);
    if (!isnan(r->whole_s))
        col +=
            canvas_textf(cv, row + 1, col, -1, STYLE_DIM, "takes about %s", text) + 2;
    canvas_textf(cv, row + 1, col, -1, STYLE_DIM, "needs %.2f GiB",
                 (double)r->memory_bytes / 1073741824.0);
}

static void
queue_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct queue_state *st = state;
    int workers = worker_rows(st, cv->rows), foot = cv->rows - workers - 2;

    if (st->pending && clock_mono_s() >= st->due_s)
        read_again(st, ui);
    ui->model.late = ui->model.late || st->pending;
    if (!ui->model.store || ui->model.runs.n == 0) {
        ui_draw_empty(ui, cv);
        return;
    }
    draw_head(st, cv);
    list_draw(&st->list, cv, HEAD, foot - HEAD, cv->cols);
    if (st->list.n == 0)
        canvas_textf(cv, HEAD + 1, 2, -1, STYLE_DIM,
                     st->ended ? "Nothing runs, waits or failed."
                               : "Nothing runs or waits; t: what failed.");
    draw_current(st, cv, foot);
    draw_workers(st, cv, foot + 2, workers);
}

/* --- actions --- */

/* The marked runs, in the order of the board, or the one under the cursor if none is
 * marked; out has room for all of the board and one more. */
static size_t
chosen(const struct queue_state *st, const struct model *m,
       const struct store_run **out)
{
    const struct list_row *cur = list_current(&st->list);
    size_t n = 0;

    for (size_t i = 0; i < st->board.n; i++) {
        int64_t id = st->board.run[i].run_id;
        if (keyset_has(&st->list.marked, (uint64_t)id) && model_run(m, id))
            out[n++] = model_run(m, id);
    }
    if (st->list.marked.n == 0 && cur && model_run(m, (int64_t)cur->key))
        out[n++] = model_run(m, (int64_t)cur->key);
    return n;
}

static void
act_on_runs(struct queue_state *st, struct ui *ui, enum action a)
{
    if (st->list.marked.n == 0 && ui_misses(ui, &st->list, a))
        return;
    const struct store_run **run = xcalloc(st->board.n + 1, sizeof *run);
    size_t n = chosen(st, &ui->model, run);
    char what[160];

    if (n == 1)
        snprintf(what, sizeof what, "run %" PRId64 " %.60s %.20s %.20s seed %" PRId64,
                 run[0]->run_id, run[0]->experiment, run[0]->model, run[0]->loss,
                 run[0]->seed);
    else
        snprintf(what, sizeof what, "%zu marked runs", n);
    if (n)
        ui_run_action(ui, a, run, n, what);
    else if (st->list.marked.n)
        ui_say(ui, STYLE_WARN, "no marked run is here any more; %s removes the marks",
               keymap_hint(ACT_UNMARK));
    free(run);
}

static void
run_words(struct ui *ui, const char *const *words, const char *question)
{
    struct strlist argv = {0};

    ui_argv(ui, &argv, words);
    ui_run(ui, &argv, question);
    strlist_release(&argv);
}

static void
relieve(struct queue_state *st, struct ui *ui)
{
    size_t n = 0;
    char question[96];

    for (size_t i = 0; i < st->board.n_workers; i++)
        n += st->board.worker[i].life == BOARD_IDLE ||
             st->board.worker[i].life == BOARD_WORKS;
    if (n == 0) {
        ui_say(ui, STYLE_WARN, "no worker lives that could leave");
        return;
    }
    snprintf(question, sizeof question,
             "let %zu worker%s leave when %s runs have ended?", n, n == 1 ? "" : "s",
             n == 1 ? "its" : "their");
    run_words(ui, (const char *const[]){"worker", "--finish", NULL}, question);
}

static void
open_run(struct queue_state *st, struct ui *ui, bool log)
{
    const struct list_row *cur = list_current(&st->list);

    if (!cur)
        return;
    ui->run_id = (int64_t)cur->key;
    ui->want_log = log;
    ui_open(ui, VIEW_detail);
}

static bool
is_wish(enum action a)
{
    return a == ACT_CANCEL || a == ACT_PAUSE || a == ACT_RETRY || a == ACT_RAISE ||
           a == ACT_LOWER || a == ACT_FIRST;
}

static bool
queue_act(void *state, struct ui *ui, enum action a)
{
    struct queue_state *st = state;

    if (is_wish(a)) {
        act_on_runs(st, ui, a);
    } else if (a == ACT_ENTER || a == ACT_LOG) {
        open_run(st, ui, a == ACT_LOG);
    } else if (a == ACT_ENDED) {
        st->ended = !st->ended;
        read_again(st, ui);
        list_take_lost(&st->list); /* seen by whoever pressed the key */
    } else if (a == ACT_HOLD) {
        run_words(
            ui,
            (const char *const[]){"queue", st->board.held ? "release" : "hold", NULL},
            NULL);
    } else if (a == ACT_WORKER) {
        ui_start_worker(ui, true);
    } else if (a == ACT_RELIEVE) {
        relieve(st, ui);
    } else {
        return false;
    }
    return true;
}

static void
queue_open(void *state, struct ui *ui)
{
    struct queue_state *st = state;

    (void)ui;
    list_init(&st->list, columns, N_COLS);
    st->list.draw_cell = draw_cell;
    st->list.ctx = st;
    st->list.example =
        "such as: state = queued and loss = hce; why = memory; or any text";
}

static void
queue_close(void *state)
{
    struct queue_state *st = state;

    board_release(&st->board);
    list_release(&st->list);
}

static struct list *
queue_list(void *state)
{
    return &((struct queue_state *)state)->list;
}

const struct view view_queue = {
    .name = "queue",
    .title = "Queue",
    .help = "What runs and what waits, why, until when, and who works on it.",
    .command = "hcelab queue list, hcelab worker --list",
    .context = {CTX_QUEUE, CTX_LIST},
    .state_size = sizeof(struct queue_state),
    .open = queue_open,
    .close = queue_close,
    .refresh = queue_refresh,
    .draw = queue_draw,
    .act = queue_act,
    .list = queue_list,
};
