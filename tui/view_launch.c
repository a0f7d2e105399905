/* view_launch.c - a form made from the table of run parameters: what would be queued,
 * what of it exists, how long it may take. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/fmt.h"
#include "tui/json_pick.h"
#include "tui/keymap.h"
#include "tui/launch_form.h"
#include "tui/shorten.h"
#include "tui/ui.h"

enum { WIDE = 140, NARROW = 60, NAME_COLS = 25, NAME_COLS_NARROW = 16 };
enum {
    LOW = 14,
    TALL = 18,
    FOOT = 5,
    FOOT_LOW = 3
}; /* rows that decide about the foot */

/* What `queue add --json` said. */
struct answer {
    bool asked, known;
    double n_new, n_existing;    /* NaN: not known */
    double work_s, done_s, jobs; /* together; until all have ended */
    double memory_bytes;         /* of the largest */
    char error[400], warning[400];
};

struct launch_state {
    struct launch_form form;
    struct ui *ui;
    bool filled;          /* from the newest run, once there is one */
    size_t cursor, top;   /* fields; SPEC_COUNT: the button */
    size_t page;          /* fields on the screen when it was drawn */
    struct answer answer; /* of the form as it stands */
    char *before;         /* the text of the field that is being typed in; owned */
};

/* --- what exists already: asked of the program itself, beside the screen --- */

static void
read_answer(struct answer *a, int status, const char *out, const char *err)
{
    const struct {
        const char *key;
        double *out;
    } number[] = {{"n_new", &a->n_new},   {"n_existing", &a->n_existing},
                  {"work_s", &a->work_s}, {"done_s", &a->done_s},
                  {"jobs", &a->jobs},     {"memory_bytes", &a->memory_bytes}};

    *a = (struct answer){.known = true};
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++) {
        *number[i].out = (double)NAN;
        json_pick_number(out, number[i].key, number[i].out);
    }
    json_pick_text(out, "warnings", a->warning, sizeof a->warning);
    if (!json_pick_text(out, "error", a->error, sizeof a->error) && status != 0)
        snprintf(a->error, sizeof a->error, "%s", *err ? err : "it failed");
}

static void
checked(void *ctx, int status, const char *out, const char *err)
{
    struct launch_state *st = ctx;

    read_answer(&st->answer, status, out, err);
    st->ui->dirty = true;
}

static void
ask(struct launch_state *st)
{
    struct strlist argv = {0};

    st->answer = (struct answer){0};
    jobs_forget(&st->ui->jobs, st);
    if (!launch_form_is_good(&st->form) || !st->ui->opt->self_path)
        return;
    ui_argv(st->ui, &argv, (const char *const[]){"queue", "add", NULL});
    launch_form_argv(&st->form, &argv);
    strlist_add(&argv, "--dry-run");
    strlist_add(&argv, "--needed");
    strlist_add(&argv, "--json");
    st->answer.asked =
        jobs_start(&st->ui->jobs, &argv, true, checked, st, NULL) == ERR_OK;
    strlist_release(&argv);
}

/* --- queueing --- */

static void
queued(void *ctx, int status, const char *out, const char *err)
{
    struct launch_state *st = ctx;
    struct answer a;

    read_answer(&a, status, out, err);
    if (a.error[0]) {
        st->answer = a;
        ui_say(st->ui, STYLE_BAD, "%s", a.error);
        return;
    }
    bool alone = a.n_new > 0 && st->ui->model.n_workers == 0;
    ui_open(st->ui, VIEW_runs);
    ui_say(st->ui, STYLE_GOOD, "queued %.0f run%s; %.0f existed already%s", a.n_new,
           a.n_new == 1 ? "" : "s", a.n_existing,
           alone ? "; a worker was started" : "");
    if (alone)
        ui_start_worker(st->ui, false);
}

static void
queue(struct launch_state *st, struct ui *ui)
{
    struct strlist argv = {0};
    struct errbuf eb = {0};

    if (ui_refuses(ui, "queueing"))
        return;
    if (!launch_form_is_good(&st->form)) {
        ui_say(ui, STYLE_BAD, "a field is wrong: see the lines with !");
        return;
    }
    jobs_forget(&ui->jobs, st); /* what is queued is the answer */
    st->answer = (struct answer){0};
    ui_argv(ui, &argv, (const char *const[]){"queue", "add", NULL});
    launch_form_argv(&st->form, &argv);
    strlist_add(&argv, "--needed");
    strlist_add(&argv, "--json");
    if (jobs_start(&ui->jobs, &argv, false, queued, st, &eb))
        ui_say(ui, STYLE_BAD, "%s", eb.text);
    else
        ui_say(ui, STYLE_DIM, "queueing: looking at the data ...");
    strlist_release(&argv);
}

/* --- drawing --- */

static void
draw_value(const struct launch_state *st, size_t i, struct canvas *cv, int row, int at,
           int cols)
{
    const struct launch_field *fd = &st->form.field[i];
    struct strbuf usual = {0};
    char text[1024]; /* the end of a path says more than its middle */

    launch_form_default(&st->form, i, &usual);
    shorten_among(*fd->text   ? fd->text
                  : usual.len ? strbuf_str(&usual)
                              : "-",
                  NULL, 0, cols, cv->ascii, text, sizeof text);
    canvas_text(cv, row, at, cols, *fd->text ? STYLE_TEXT : STYLE_DIM, text);
    strbuf_release(&usual);
    if (i == st->cursor) {
        canvas_glyph(cv, row, 0, STYLE_ACCENT, "▶", '>');
        canvas_restyle(cv, row, at, cols, STYLE_SELECTED, false);
    }
}

static int
name_cols(const struct canvas *cv)
{
    return cv->cols < NARROW ? NAME_COLS_NARROW : NAME_COLS;
}

static int
foot_rows(const struct canvas *cv)
{
    return cv->rows < LOW ? FOOT_LOW : cv->rows < TALL ? FOOT : FOOT + 1;
}

static void
draw_field(const struct launch_state *st, size_t i, struct canvas *cv, int row)
{
    const struct launch_field *fd = &st->form.field[i];
    int half = (cv->cols - 32) / 2, at = 2 + name_cols(cv), room = cv->cols - at - 1;
    int value_cols = half < 24 ? 24 : half < 60 ? half : 60;
    value_cols = value_cols < room ? value_cols : room;
    int note_at = at + value_cols + 1, note_cols = cv->cols - note_at;
    struct strbuf help = {0};

    canvas_text(cv, row, 2, name_cols(cv) - 1, *fd->text ? STYLE_BOLD : STYLE_TEXT,
                launch_field_name(fd));
    draw_value(st, i, cv, row, at, value_cols);
    launch_field_help(fd, &help);
    /* Where it is narrow the first part will do: the note below has all of it. */
    size_t n = cv->cols < WIDE ? strcspn(strbuf_str(&help), ";(") : help.len;
    if (fd->error.text[0])
        canvas_textf(cv, row, note_at, note_cols, STYLE_BAD, "! %s", fd->error.text);
    else
        canvas_textf(cv, row, note_at, note_cols, STYLE_DIM, "%.*s", (int)n,
                     strbuf_str(&help));
    strbuf_release(&help);
}

static void
draw_count(const struct launch_state *st, struct canvas *cv, int row)
{
    const struct launch_form *f = &st->form;
    const struct answer *a = &st->answer;
    size_t n = f->n_models * f->n_losses * f->n_seeds;
    int col = 2;

    col +=
        canvas_textf(cv, row, col, -1, STYLE_BOLD, "%zu run%s", n, n == 1 ? "" : "s");
    col += canvas_textf(
        cv, row, col, -1, STYLE_TEXT, " = %zu model%s x %zu loss%s x %zu seed%s",
        f->n_models, f->n_models == 1 ? "" : "s", f->n_losses,
        f->n_losses == 1 ? "" : "es", f->n_seeds, f->n_seeds == 1 ? "" : "s");
    if (a->known && !a->error[0] && !isnan(a->n_new))
        canvas_textf(cv, row, col, -1, STYLE_TEXT, "; %.0f new, %.0f exist already",
                     a->n_new, a->n_existing);
    else if (a->asked)
        canvas_text(cv, row, col, -1, STYLE_DIM, "; looking at the data ...");
}

/* "about 12m of work, done in 7m with 2 jobs; 0.4 GiB of memory each". */
static void
draw_estimate(const struct launch_state *st, struct canvas *cv, int row)
{
    const struct answer *a = &st->answer;
    char work[FMT_SIZE], done[FMT_SIZE];
    double jobs = a->jobs > 0 ? a->jobs : 1;
    int col = 2;

    if (!a->known || isnan(a->n_new))
        return;
    if (a->n_new == 0) {
        canvas_text(cv, row, 2, -1, STYLE_DIM, "nothing to queue: every run exists");
        return;
    }
    fmt_time(a->work_s, work);
    fmt_time(a->done_s, done);
    if (isnan(a->work_s))
        col += canvas_text(cv, row, col, -1, STYLE_DIM,
                           "how long is not known: no such run has succeeded yet");
    else
        col += canvas_textf(cv, row, col, -1, STYLE_TEXT,
                            "about %s of work, done in %s with %.0f job%s", work,
                            isnan(a->done_s) ? "?" : done, jobs, jobs > 1 ? "s" : "");
    if (!isnan(a->memory_bytes))
        canvas_textf(cv, row, col, -1, STYLE_DIM, "; %.2f GiB of memory each",
                     a->memory_bytes / 1073741824.0);
}

/* What the field under the cursor is for, or what is wrong with it. */
static void
draw_note(const struct launch_state *st, struct canvas *cv, int row)
{
    const struct launch_field *fd = &st->form.field[st->cursor];

    if (st->cursor == SPEC_COUNT)
        return;
    struct strbuf help = {0};
    launch_field_help(fd, &help);
    if (fd->error.text[0])
        canvas_textf(cv, row, 2, -1, STYLE_BAD, "! %s", fd->error.text);
    else
        canvas_textf(cv, row, 2, -1, STYLE_DIM, "%s: %s", launch_field_name(fd),
                     strbuf_str(&help));
    strbuf_release(&help);
}

/* What is wrong with the whole, and how long it may take: in one line where the screen is
 * not tall, with what is wrong first. */
static void
draw_outlook(const struct launch_state *st, struct canvas *cv, int row)
{
    const struct answer *a = &st->answer;
    bool wrong = st->form.error.text[0] || a->error[0];

    if (cv->rows >= TALL && !wrong)
        draw_estimate(st, cv, row);
    row += cv->rows >= TALL;

    if (st->form.error.text[0])
        canvas_textf(cv, row, 2, -1, STYLE_BAD, "! %s", st->form.error.text);
    else if (a->error[0])
        canvas_textf(cv, row, 2, -1, STYLE_BAD, "! %s", a->error);
    else if (a->warning[0])
        canvas_textf(cv, row, 2, -1, STYLE_WARN, "%s", a->warning);
    else if (cv->rows < TALL)
        draw_estimate(st, cv, row);
}

/* True if there is something wrong with the whole, or worth a warning. */
static bool
has_complaint(const struct launch_state *st)
{
    return st->form.error.text[0] || st->answer.error[0] || st->answer.warning[0];
}

/* The note gives way to a complaint where there is one line for both. */
static void
draw_foot(const struct launch_state *st, const struct ui *ui, struct canvas *cv)
{
    int row = cv->rows - foot_rows(cv), last = cv->rows - 1;
    bool here = st->cursor == SPEC_COUNT, low = cv->rows < LOW;

    for (int c = 0; c < cv->cols && !low; c++)
        canvas_glyph(cv, row, c, STYLE_DIM, "─", '-');
    row += !low;
    if (low && (has_complaint(st) || here))
        draw_outlook(st, cv, row);
    else
        draw_note(st, cv, row);
    draw_count(st, cv, row + 1);
    if (!low)
        draw_outlook(st, cv, row + 2);
    if (here)
        canvas_glyph(cv, last, 0, STYLE_ACCENT, "▶", '>');
    canvas_textf(cv, last, 2, -1, here ? STYLE_SELECTED : STYLE_BOLD,
                 "[ Queue these runs ]");
    canvas_text(cv, last, 24, -1, STYLE_DIM,
                ui->opt->read_only         ? "read-only: nothing can be queued"
                : ui->model.n_workers == 0 ? "no worker lives: one will be started"
                                           : "");
}

/* Fields that the models of the form have; out (SPEC_COUNT). */
static size_t
shown_fields(const struct launch_form *f, size_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < SPEC_COUNT; i++)
        if (launch_form_shows(f, i))
            out[n++] = i;
    return n;
}

/* Place of the cursor among the fields that are shown; n for the button. */
static size_t
place_of(const struct launch_state *st, const size_t *shown, size_t n)
{
    size_t at = 0;

    while (at < n && shown[at] < st->cursor)
        at++;
    return at;
}

static void
launch_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct launch_state *st = state;
    size_t shown[SPEC_COUNT], n = shown_fields(&st->form, shown);
    size_t page = (size_t)(cv->rows - foot_rows(cv) - 1), at = place_of(st, shown, n);

    if (st->cursor < SPEC_COUNT && at < n) /* a field may have gone */
        st->cursor = shown[at];
    at = at < n ? at : n - 1;
    st->page = page;
    if (at < st->top)
        st->top = at;
    if (at >= st->top + page)
        st->top = at - page + 1;
    if (st->top + page > n)
        st->top = n > page ? n - page : 0;
    canvas_fill(cv, 0, 0, 1, cv->cols, ' ', STYLE_HEADER);
    canvas_text(cv, 0, 2, -1, STYLE_HEADER, "PARAMETER");
    canvas_text(cv, 0, 2 + name_cols(cv), -1, STYLE_HEADER, "VALUE");
    if (n > page)
        canvas_textf(cv, 0, cv->cols - 12, -1, STYLE_HEADER, "%zu-%zu of %zu",
                     st->top + 1, st->top + page, n);
    for (size_t i = 0; i < page && st->top + i < n; i++)
        draw_field(st, shown[st->top + i], cv, 1 + (int)i);
    draw_foot(st, ui, cv);
}

/* --- actions --- */

static void
edit_field(struct launch_state *st, struct ui *ui)
{
    const struct launch_field *fd = &st->form.field[st->cursor];

    free(st->before);
    st->before = xstrdup(fd->text);
    ui_prompt(ui, ACT_ENTER, fd->text, "%s: ", launch_field_name(fd));
}

/* The field after moving among those that are shown; after them stands the button. */
static size_t
moved(const struct launch_state *st, enum action a)
{
    size_t shown[SPEC_COUNT], n = shown_fields(&st->form, shown);
    size_t at = place_of(st, shown, n), page = st->page > 1 ? st->page - 1 : 1;
    size_t by = a == ACT_PAGE_DOWN || a == ACT_PAGE_UP ? page : 1;
    bool down = a == ACT_DOWN || a == ACT_PAGE_DOWN;

    if (a == ACT_TOP)
        at = 0;
    else if (a == ACT_BOTTOM)
        at = n;
    else if (down)
        at = at + by < n ? at + by : n;
    else
        at = at > by ? at - by : 0;
    return at < n ? shown[at] : SPEC_COUNT;
}

static bool
is_move(enum action a)
{
    return a == ACT_DOWN || a == ACT_UP || a == ACT_PAGE_DOWN || a == ACT_PAGE_UP ||
           a == ACT_TOP || a == ACT_BOTTOM;
}

static bool
launch_act(void *state, struct ui *ui, enum action a)
{
    struct launch_state *st = state;
    bool at_field = st->cursor < SPEC_COUNT;

    if (is_move(a)) {
        st->cursor = moved(st, a);
    } else if (a == ACT_QUEUE || (a == ACT_ENTER && !at_field)) {
        queue(st, ui);
    } else if (a == ACT_ENTER) {
        edit_field(st, ui);
    } else if (a == ACT_LEFT || a == ACT_RIGHT) {
        if (at_field &&
            launch_form_cycle(&st->form, st->cursor, a == ACT_LEFT ? -1 : 1))
            ask(st);
    } else if (a == ACT_DEFAULT) {
        if (at_field)
            launch_form_set(&st->form, st->cursor, "");
        ask(st);
    } else {
        return false;
    }
    return true;
}

static void
launch_input(void *state, struct ui *ui, enum action what, const char *text,
             enum input_phase phase)
{
    struct launch_state *st = state;

    (void)ui;
    if (what != ACT_ENTER || st->cursor >= SPEC_COUNT)
        return;
    launch_form_set(&st->form, st->cursor, phase == INPUT_DISCARD ? st->before : text);
    if (phase != INPUT_ACCEPT)
        return;
    if (!st->form.field[st->cursor].error.text[0])
        st->cursor = moved(st, ACT_DOWN);
    ask(st);
}

static void
launch_show(void *state, struct ui *ui)
{
    struct launch_state *st = state;

    if (!st->filled && ui->model.runs.n) {
        launch_form_fill(&st->form, &ui->model);
        st->filled = true;
    }
    ask(st);
}

static void
launch_open(void *state, struct ui *ui)
{
    struct launch_state *st = state;

    launch_form_init(&st->form);
    st->ui = ui;
}

static void
launch_close(void *state)
{
    struct launch_state *st = state;

    launch_form_release(&st->form);
    free(st->before);
}

const struct view view_launch = {
    .name = "launch",
    .title = "Launch",
    .help = "Queue runs: models x losses x seeds, on your data.",
    .command = "hcelab queue add ... --dry-run --json",
    .context = {CTX_LAUNCH},
    .state_size = sizeof(struct launch_state),
    .open = launch_open,
    .close = launch_close,
    .show = launch_show,
    .draw = launch_draw,
    .act = launch_act,
    .input = launch_input,
};
