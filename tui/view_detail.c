/* view_detail.c - one run: what it is, how it stands, its evaluations, its log.  Where
 * the terminal is wide both stand side by side; the log can have all of it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/bar.h"
#include "tui/fmt.h"
#include "tui/pager.h"
#include "tui/ui.h"

enum { WIDE = 140, NARROW = 60, TIME_COLS = 9, HEAD = 2 };
enum { NAME_COLS = 24, NAME_COLS_NARROW = 18 };
enum { MAX_LOG = 5000 }; /* lines of the log that are kept: the newest */

struct detail_state {
    struct pager facts, log;
    int64_t run_id;
    int64_t last_log_id;
    unsigned n_opened; /* of the store that the log is from */
    bool log_in_front;
};

/* --- facts --- */

static void
text_field(struct pager *p, const char *name, const char *value)
{
    if (value && *value)
        pager_field(p, STYLE_TEXT, name, "%s", value);
}

static void
int_field(struct pager *p, const char *name, int64_t value)
{
    if (value != INT64_MIN)
        pager_field(p, STYLE_TEXT, name, "%" PRId64, value);
}

static void
real_field(struct pager *p, const char *name, double x, void (*fmt)(double, char *))
{
    char text[FMT_SIZE];

    if (isnan(x))
        return;
    fmt(x, text);
    pager_field(p, STYLE_TEXT, name, "%s", text);
}

static void
add_state(struct pager *p, const struct store_run *r)
{
    pager_add(p, STYLE_BOLD, "State");
    text_field(p, "state", r->state);
    text_field(p, "reason", r->reason);
    text_field(p, "end reason", r->end_reason);
    text_field(p, "imported from", r->source_path);
    int_field(p, "attempt", r->attempt);
    if (r->epoch >= 0 && r->max_epochs >= 0)
        pager_field(p, STYLE_TEXT, "epochs", "%" PRId64 "/%" PRId64,
                    store_run_epochs(r), r->max_epochs);
    int_field(p, "step", r->step);
    real_field(p, "left", r->eta_s, fmt_time);
    real_field(p, "time", r->duration_s, fmt_time);
    text_field(p, "created", r->created_at);
    text_field(p, "started", r->started_at);
    text_field(p, "ended", r->ended_at);
    text_field(p, "host", r->host);
    int_field(p, "process", r->pid);
    int_field(p, "threads", r->threads);
    int_field(p, "priority", r->priority);
    int_field(p, "exit code", r->exit_code);
    int_field(p, "signal", r->term_signal);
    text_field(p, "CPU path", r->cpu_path);
    text_field(p, "BLAS core", r->blas_core);
    text_field(p, "weights_sha256", r->weights_sha256);
    text_field(p, "best_weights_sha256", r->best_weights_sha256);
    text_field(p, "pair_key", r->pair_key);
    text_field(p, "uuid", r->uuid);
}

static void
add_metrics(struct pager *p, const struct store_run *r)
{
    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "Metrics");
    real_field(p, "train_loss", r->train_loss, fmt_value);
    real_field(p, "val_loss", r->val_loss, fmt_value);
    real_field(p, "val_f1_macro", r->val_f1_macro, fmt_score);
    real_field(p, "best_val_f1_macro", r->best_val_f1_macro, fmt_score);
    int_field(p, "best_epoch", r->best_epoch);
    real_field(p, "cells_per_s", r->cells_per_s, fmt_si);
}

/* The value of a column of the row, "" for none. */
static const char *
column(const char *want, size_t n_cols, const char *const *name,
       const char *const *value)
{
    for (size_t c = 0; c < n_cols; c++)
        if (strcmp(name[c], want) == 0)
            return value[c] ? value[c] : "";
    return "";
}

static void
add_score(struct strbuf *line, const char *title, const char *value)
{
    if (*value)
        strbuf_addf(line, "%s %.4f  ", title, strtod(value, NULL));
}

/* A row of the query of evaluations as one line. */
static bool
add_evaluation(void *ctx, size_t n_cols, const char *const *name,
               const char *const *value, const char *type)
{
    struct strbuf line = {0}, title = {0};

    (void)type;
    strbuf_addf(&title, "%s, %s", column("evaluation", n_cols, name, value),
                column("rule", n_cols, name, value));
    add_score(&line, "F1", column("f1_macro", n_cols, name, value));
    add_score(&line, "weighted", column("f1_weighted", n_cols, name, value));
    add_score(&line, "micro", column("f1_micro", n_cols, name, value));
    strbuf_addf(&line, "%s cells, %s", column("n_cells", n_cols, name, value),
                column("checkpoint", n_cols, name, value));
    pager_field(ctx, STYLE_TEXT, strbuf_str(&title), "%s", strbuf_str(&line));
    strbuf_release(&title);
    strbuf_release(&line);
    return true;
}

static void
add_evaluations(struct pager *p, struct store *s, int64_t run_id)
{
    const char *sql = store_named_query("run_evaluations");
    struct store_bind bind = {.name = ":run_id", .kind = BIND_INT, .i = run_id};
    size_t before;

    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "Evaluations");
    before = p->n;
    if (sql && store_query(s, sql, &bind, 1, add_evaluation, p, NULL))
        pager_add(p, STYLE_DIM, "  cannot be read now");
    if (p->n == before)
        pager_add(p, STYLE_DIM, "  none yet");
}

static void
add_parameters(struct pager *p, struct store *s, int64_t run_id)
{
    struct strbuf text = {0};
    struct strlist lines = {0};

    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "Parameters");
    if (store_run_params(s, run_id, &text, NULL) == ERR_OK)
        strlist_split(&lines, strbuf_str(&text), '\n');
    for (size_t i = 0; i < lines.n; i++) {
        char *eq = strchr(lines.item[i], '=');
        if (!eq)
            continue;
        *eq = '\0';
        pager_field(p, STYLE_TEXT, lines.item[i], "%s", eq + 1);
    }
    strlist_release(&lines);
    strbuf_release(&text);
}

/* --- log --- */

static bool
add_log(void *ctx, int64_t log_id, const char *time, int64_t attempt, const char *level,
        const char *text)
{
    struct detail_state *st = ctx;
    enum style style = strcmp(level, "error") == 0      ? STYLE_BAD
                       : strncmp(level, "warn", 4) == 0 ? STYLE_WARN
                                                        : STYLE_TEXT;

    st->last_log_id = log_id;
    if (st->log.n == MAX_LOG)
        pager_drop(&st->log, MAX_LOG / 2);
    const char *clock = strlen(time) > 11 ? time + 11 : time; /* past the date */
    char *day_time = xstrndup(clock, strnlen(clock, 8));
    if (attempt > 1)
        pager_field(&st->log, style, day_time, "attempt %" PRId64 ": %s", attempt,
                    text);
    else
        pager_field(&st->log, style, day_time, "%s", text);
    free(day_time);
    return true;
}

/* --- view --- */

static void
detail_refresh(void *state, struct ui *ui)
{
    struct detail_state *st = state;
    const struct store_run *r = model_run(&ui->model, st->run_id);

    if (!r || !ui->model.store)
        return;
    if (st->n_opened != ui->model.n_opened) {
        pager_reset(&st->log);
        st->last_log_id = 0;
        st->n_opened = ui->model.n_opened;
    }
    pager_reset(&st->facts);
    add_state(&st->facts, r);
    add_metrics(&st->facts, r);
    add_evaluations(&st->facts, ui->model.store, st->run_id);
    add_parameters(&st->facts, ui->model.store, st->run_id);
    if (store_log_each(ui->model.store, st->run_id, st->last_log_id, add_log, st, NULL))
        ui_say(ui, STYLE_WARN, "the log cannot be read now");
}

static void
detail_show(void *state, struct ui *ui)
{
    struct detail_state *st = state;

    if (st->run_id != ui->run_id) {
        pager_reset(&st->facts);
        pager_reset(&st->log);
        st->facts.top = st->log.top = 0;
        st->last_log_id = 0;
    }
    st->run_id = ui->run_id;
    st->log.follow = true;
    st->log_in_front = ui->want_log;
}

static void
draw_head(const struct store_run *r, struct canvas *cv)
{
    int col = 1;

    col += canvas_textf(cv, 0, col, -1, STYLE_BOLD, "#%" PRId64 " %s", r->run_id,
                        r->name ? r->name : "") +
           3;
    col += canvas_textf(cv, 0, col, -1, STYLE_TEXT, "%s  %s %s seed %" PRId64,
                        r->experiment, r->model, r->loss, r->seed) +
           3;
    col += canvas_text(cv, 0, col, -1, STYLE_ACCENT, r->state) + 2;
    if (run_is_imported(r))
        canvas_text(cv, 0, col, -1, STYLE_DIM, "imported");
    else if (col + 10 < cv->cols)
        bar_draw(cv, 0, col, cv->cols - col - 1 < 30 ? cv->cols - col - 1 : 30,
                 STYLE_ACCENT, run_progress(r));
    canvas_fill(cv, 1, 0, 1, cv->cols, ' ', STYLE_HEADER);
}

/* Heading of a half, with the place in its text at the right. */
static void
draw_title(struct canvas *cv, int col, int cols, const char *title,
           const struct pager *p)
{
    char place[32];

    pager_place(p, place, sizeof place);
    canvas_text(cv, 1, col + 1, -1, STYLE_HEADER, title);
    canvas_text_right(cv, 1, col + cols - 21, 20, STYLE_HEADER, place);
}

static void
draw_log(struct detail_state *st, struct canvas *cv, int col, int cols)
{
    struct canvas half;

    canvas_init(&half, cv->rows - HEAD, cols, cv->ascii);
    if (st->log.n == 0)
        canvas_text(&half, 0, 1, -1, STYLE_DIM, "the log is empty");
    pager_draw(&st->log, &half, 0, half.rows, cols, TIME_COLS);
    for (int r = 0; r < half.rows; r++)
        memcpy(&cv->cell[(size_t)(r + HEAD) * (size_t)cv->cols + (size_t)col],
               &half.cell[(size_t)r * (size_t)cols], (size_t)cols * sizeof *half.cell);
    canvas_release(&half);
    draw_title(cv, col, cols, "LOG", &st->log);
}

static void
draw_facts(struct detail_state *st, struct canvas *cv, int cols)
{
    pager_draw(&st->facts, cv, HEAD, cv->rows - HEAD, cols,
               cols < NARROW ? NAME_COLS_NARROW : NAME_COLS);
    draw_title(cv, 0, cols, "RUN", &st->facts);
}

static void
detail_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct detail_state *st = state;
    const struct store_run *r = model_run(&ui->model, st->run_id);
    bool both = cv->cols >= WIDE && !st->log_in_front;
    int cols = both ? cv->cols / 2 : cv->cols;

    if (!r) {
        canvas_text(cv, 1, 1, -1, STYLE_DIM, "no run chosen");
        return;
    }
    draw_head(r, cv);
    if (!st->log_in_front)
        draw_facts(st, cv, cols);
    if (both)
        draw_log(st, cv, cols, cv->cols - cols);
    if (st->log_in_front)
        draw_log(st, cv, 0, cv->cols);
}

static bool
detail_act(void *state, struct ui *ui, enum action a)
{
    struct detail_state *st = state;
    const struct store_run *r = model_run(&ui->model, st->run_id);

    if (a == ACT_LOG) {
        st->log_in_front = !st->log_in_front;
    } else if ((a == ACT_CANCEL || a == ACT_PAUSE || a == ACT_RETRY) && r) {
        char what[160];
        snprintf(what, sizeof what, "run %" PRId64 " %.60s %.20s %.20s seed %" PRId64,
                 r->run_id, r->experiment, r->model, r->loss, r->seed);
        ui_run_action(ui, a, &r, 1, what);
    } else {
        return pager_act(st->log_in_front ? &st->log : &st->facts, a);
    }
    return true;
}

static void
detail_close(void *state)
{
    struct detail_state *st = state;

    pager_release(&st->facts);
    pager_release(&st->log);
}

const struct view view_detail = {
    .name = "run",
    .title = "Run",
    .help = "One run: parameters, state, metrics, evaluations and log.",
    .command = "hcelab show RUN, hcelab log RUN",
    .context = {CTX_DETAIL, CTX_PAGER},
    .state_size = sizeof(struct detail_state),
    .close = detail_close,
    .show = detail_show,
    .refresh = detail_refresh,
    .draw = detail_draw,
    .act = detail_act,
};
