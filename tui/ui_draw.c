/* ui_draw.c - the frame: bar, view, message line, footer. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/list.h"
#include "tui/ui.h"

static const struct view *
front(const struct ui *ui)
{
    return view_get(ui->stack[ui->depth - 1]);
}

/* --- the bar --- */

static int
draw_tab(const struct ui *ui, struct canvas *cv, int col, size_t i)
{
    bool active = ui->stack[ui->depth - 1] == i;
    const char *left = active ? "[" : " ", *right = active ? "]" : " ";
    int n = view_key(i) == KEY_NONE
                ? canvas_textf(cv, 0, col, -1, STYLE_TITLE, "%s%s%s", left,
                               view_get(i)->title, right)
                : canvas_textf(cv, 0, col, -1, STYLE_TITLE, "%s%s %s%s", left,
                               key_text(view_key(i)), view_get(i)->title, right);

    if (active)
        canvas_restyle(cv, 0, col, n, STYLE_TITLE, true);
    return col + n;
}

/* What stands at the right of the bar, as much as fits into cols. */
static void
status_text(const struct ui *ui, int cols, char *out, size_t size)
{
    const struct model *m = &ui->model;
    const char *name = strrchr(m->path, '/');
    const char *frozen = ui->frozen ? "FROZEN  " : "";
    const char *mode = ui->opt->read_only ? "read-only  " : "";
    size_t running = 0, queued = 0;

    for (size_t i = 0; i < m->n_groups; i++) {
        running += m->group[i].count[RUN_running];
        queued += m->group[i].count[RUN_queued];
    }
    snprintf(out, size, "%s%s%zu running  %zu queued  %zu worker%s  %s ", frozen, mode,
             running, queued, m->n_workers, m->n_workers == 1 ? "" : "s",
             name ? name + 1 : m->path);
    if ((int)utf8_width(out) > cols)
        snprintf(out, size, "%s%s%zu running %zu queued ", frozen, mode, running,
                 queued);
    if ((int)utf8_width(out) > cols)
        snprintf(out, size, "%s%s", frozen, mode);
}

static void
draw_bar(const struct ui *ui, struct canvas *cv)
{
    char status[256];
    int col;

    canvas_fill(cv, 0, 0, 1, cv->cols, ' ', STYLE_TITLE);
    col = canvas_text(cv, 0, 1, -1, STYLE_TITLE, "hcelab") + 2;
    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (view_key(i) != KEY_NONE || ui->stack[ui->depth - 1] == i)
            col = draw_tab(ui, cv, col, i);
    status_text(ui, cv->cols - col - 1, status, sizeof status);
    canvas_text_right(cv, 0, col + 1, cv->cols - col - 1, STYLE_TITLE, status);
}

/* --- the two lines at the foot --- */

static void
draw_message(const struct ui *ui, struct canvas *cv, int row)
{
    const struct view *v = front(ui);

    if (ui->confirm.open) {
        canvas_textf(cv, row, 1, -1, STYLE_WARN, "%s  %s / %s [no]", ui->confirm.text,
                     keymap_hint(ACT_YES), keymap_hint(ACT_NO));
    } else if (ui->prompt.open) {
        int n = canvas_text(cv, row, 1, -1, STYLE_BOLD, ui->prompt.label);
        edit_draw(&ui->prompt.edit, cv, row, 1 + n, cv->cols - n - 2, STYLE_TEXT);
    } else if (ui->message[0]) {
        canvas_text(cv, row, 1, -1, ui->message_style, ui->message);
    } else if (ui->model.problem.text[0]) {
        canvas_text(cv, row, 1, -1, STYLE_BAD, ui->model.problem.text);
    } else if (v->list) {
        char status[256];
        list_status(v->list(ui->state[ui->stack[ui->depth - 1]]), status,
                    sizeof status);
        canvas_text(cv, row, 1, -1, STYLE_DIM, status);
    }
}

/* One "key name" of the footer; the column after it. */
static int
draw_hint(struct canvas *cv, int row, int col, const struct binding *b)
{
    col += canvas_text(cv, row, col, -1, STYLE_ACCENT, key_text(b->key));
    col += canvas_textf(cv, row, col, -1, STYLE_DIM, " %s", action_name(b->action));
    return col + 2;
}

static int
hint_width(const struct binding *b)
{
    return (int)(utf8_width(key_text(b->key)) + utf8_width(action_name(b->action))) + 3;
}

static int
hints_width(enum context context)
{
    const struct binding *b;
    int n = 0;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        n += b->context == context && b->in_footer ? hint_width(b) : 0;
    return n;
}

/* The hints of a context as far as they fit before column `end`. */
static int
draw_hints(struct canvas *cv, int row, int col, int end, enum context context)
{
    const struct binding *b;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        if (b->context == context && b->in_footer && col + hint_width(b) <= end)
            col = draw_hint(cv, row, col, b);
    return col;
}

static void
draw_footer(const struct ui *ui, struct canvas *cv, int row)
{
    const struct view *v = front(ui);
    int end = cv->cols + 2 - hints_width(CTX_GLOBAL), col = 1;

    if (ui->confirm.open || ui->prompt.open) {
        draw_hints(cv, row, 1, cv->cols + 2,
                   ui->confirm.open ? CTX_CONFIRM : CTX_PROMPT);
        return;
    }
    for (size_t i = 0; i < VIEW_CONTEXTS; i++)
        if (v->context[i] != CTX_GLOBAL)
            col = draw_hints(cv, row, col, end, v->context[i]);
    draw_hints(cv, row, end - 1, cv->cols + 2, CTX_GLOBAL);
}

/* --- the whole --- */

static void
draw_too_small(struct canvas *cv)
{
    int row = cv->rows / 2;

    canvas_textf(cv, row > 0 ? row - 1 : 0, 0, -1, STYLE_BOLD, "hcelab needs %d x %d",
                 UI_MIN_COLS, UI_MIN_ROWS);
    canvas_textf(cv, row > 0 ? row : 1, 0, -1, STYLE_TEXT, "this terminal: %d x %d",
                 cv->cols, cv->rows);
    canvas_textf(cv, row > 0 ? row + 1 : 2, 0, -1, STYLE_DIM, "enlarge it, or %s quits",
                 keymap_hint(ACT_BACK));
}

void
ui_draw(struct ui *ui, struct canvas *cv, double frame_s)
{
    canvas_reset(cv);
    ui->dirty = false;
    ui->model.late = false;
    ui->model.deadline_s = clock_mono_s() + frame_s;
    ui->cols = cv->cols;
    if (cv->rows < UI_MIN_ROWS || cv->cols < UI_MIN_COLS) {
        draw_too_small(cv);
        return;
    }
    /* The rows between bar and foot, as a canvas of their own. */
    struct canvas body = {.rows = cv->rows - 3,
                          .cols = cv->cols,
                          .ascii = cv->ascii,
                          .cell = cv->cell + cv->cols};
    if (front(ui)->draw)
        front(ui)->draw(ui->state[ui->stack[ui->depth - 1]], ui, &body);
    draw_bar(ui, cv);
    draw_message(ui, cv, cv->rows - 2);
    draw_footer(ui, cv, cv->rows - 1);
}

void
ui_draw_empty(const struct ui *ui, struct canvas *cv)
{
    int col = (cv->cols - 60) / 2, row = cv->rows / 2 - 4;
    bool missing = !ui->model.store;

    canvas_textf(cv, row, col, -1, STYLE_BOLD, "%s",
                 missing ? "There is no store here yet." : "No runs yet.");
    canvas_textf(cv, row + 1, col, 60, STYLE_DIM, "%s", ui->model.path);
    canvas_text(cv, row + 3, col, -1, STYLE_ACCENT, "hcelab demo");
    canvas_text(cv, row + 3, col + 14, -1, STYLE_TEXT,
                "simulate an atlas, train CE and HCE, compare");
    canvas_text(cv, row + 4, col, -1, STYLE_ACCENT, keymap_hint(ACT_OPEN_launch));
    canvas_text(cv, row + 4, col + 14, -1, STYLE_TEXT, "launch runs on your own cells");
    canvas_text(cv, row + 5, col, -1, STYLE_ACCENT, keymap_hint(ACT_HELP));
    canvas_text(cv, row + 5, col + 14, -1, STYLE_TEXT, "the keys");
    canvas_text(cv, row + 7, col, -1, STYLE_DIM,
                "This screen fills by itself as soon as there is something.");
}
