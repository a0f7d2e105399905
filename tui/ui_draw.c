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
#include "tui/ui_command.h"
#include "tui/wrap.h"

static const struct view *
front(const struct ui *ui)
{
    return view_get(ui->stack[ui->depth - 1]);
}

/* --- the bar --- */

/* How much of the tabs is shown: "hcelab" before them and their titles; their titles; the
 * title of the view in front alone. */
enum tabs { TABS_NAMED, TABS_TITLES, TABS_KEYS };

static bool
has_tab(const struct ui *ui, size_t i)
{
    return view_key(i) != KEY_NONE || ui->stack[ui->depth - 1] == i;
}

/* "1 Runs", or "[1 Runs]" in front. */
static void
tab_text(const struct ui *ui, size_t i, enum tabs tabs, char *out, size_t size)
{
    bool active = ui->stack[ui->depth - 1] == i;
    const char *title = active || tabs != TABS_KEYS ? view_get(i)->title : "";
    const char *key = view_key(i) == KEY_NONE ? "" : key_text(view_key(i));

    snprintf(out, size, "%s%s%s%s%s", active ? "[" : "", key, *key && *title ? " " : "",
             title, active ? "]" : "");
}

/* The tabs from column col on, with a column between them that brackets use; the column
 * after them.  cv NULL: only that. */
static int
draw_tabs(const struct ui *ui, struct canvas *cv, int col, enum tabs tabs)
{
    char text[64];

    for (size_t i = 0; i < VIEW_COUNT; i++) {
        if (!has_tab(ui, i))
            continue;
        tab_text(ui, i, tabs, text, sizeof text);
        int n = (int)utf8_width(text), active = ui->stack[ui->depth - 1] == i;
        if (cv)
            canvas_text(cv, 0, col + !active, n, STYLE_TITLE, text);
        if (cv && active)
            canvas_restyle(cv, 0, col, n, STYLE_TITLE, true);
        col += n + 1 - 2 * active;
    }
    return col + 1;
}

/* Runs that wait or work. */
static void
count_open(const struct model *m, size_t *running, size_t *queued)
{
    *running = *queued = 0;
    for (size_t i = 0; i < m->n_groups; i++) {
        *running += m->group[i].count[RUN_running];
        *queued += m->group[i].count[RUN_queued];
    }
}

/* Runs wait, and nobody takes them. */
static bool
is_stuck(const struct model *m)
{
    size_t running, queued;

    count_open(m, &running, &queued);
    return queued > 0 && m->n_workers == 0;
}

/* What stands at the right of the bar, in the longest wording that fits into cols: the
 * most important part is last to go. */
static void
status_text(const struct ui *ui, int cols, char *out, size_t size)
{
    const struct model *m = &ui->model;
    const char *slash = strrchr(m->path, '/');
    const char *name = slash ? slash + 1 : m->path;
    const char *frozen = ui->frozen ? "FROZEN " : "";
    const char *mode = ui->opt->read_only ? "read-only " : "";
    const char *stuck = is_stuck(m) ? "NO WORKER " : "";
    const char *plural = m->n_workers == 1 ? "" : "s";
    size_t running, queued;

    count_open(m, &running, &queued);
    for (int form = 0; form < 5; form++) {
        if (form == 0 && !*stuck)
            snprintf(out, size, "%s%s%zu running  %zu queued  %zu worker%s  %s ",
                     frozen, mode, running, queued, m->n_workers, plural, name);
        else if (form <= 1)
            snprintf(out, size, "%s%s%zu running %zu queued %s", frozen, mode, running,
                     queued, stuck);
        else if (form == 2)
            snprintf(out, size, "%s%s%zu run %zu queued %s", frozen, mode, running,
                     queued, stuck);
        else if (form == 3)
            snprintf(out, size, "%s%s%zur %zuq %s", frozen, mode, running, queued,
                     stuck);
        else
            snprintf(out, size, "%s%s%s", frozen, mode, stuck);
        if ((int)utf8_width(out) <= cols)
            return;
    }
}

static void
draw_bar(const struct ui *ui, struct canvas *cv)
{
    enum { NAME = 8, STATUS = 15 };
    enum tabs tabs = TABS_NAMED;
    char status[256];

    while (tabs < TABS_KEYS &&
           draw_tabs(ui, NULL, tabs ? 0 : NAME, tabs) + STATUS > cv->cols)
        tabs++;
    canvas_fill(cv, 0, 0, 1, cv->cols, ' ', STYLE_TITLE);
    if (tabs == TABS_NAMED)
        canvas_text(cv, 0, 1, -1, STYLE_TITLE, "hcelab");
    int col = draw_tabs(ui, cv, tabs ? 0 : NAME, tabs), room = cv->cols - col;
    status_text(ui, room, status, sizeof status);
    canvas_text_right(cv, 0, col, room, STYLE_TITLE, status);
}

/* --- the two lines at the foot --- */

static struct list *
front_list(const struct ui *ui)
{
    const struct view *v = front(ui);

    return v->list ? v->list(ui->state[ui->stack[ui->depth - 1]]) : NULL;
}

/* A text on the lines above row, as many as it takes and there are; the row of the
 * first. */
static int
draw_above(struct canvas *cv, int row, enum style style, const char *text)
{
    int cols = cv->cols - 2, n = (int)wrap_lines(text, cols), room = row - 2;
    int top = row - (n < room ? n : room);

    for (int r = top; r < row; r++) {
        size_t skip, len = wrap_bytes(text, cols, &skip);
        canvas_fill(cv, r, 0, 1, cv->cols, ' ', STYLE_TEXT);
        canvas_textf(cv, r, 1, -1, style, "%.*s", (int)len, text);
        text += len + skip;
    }
    return top;
}

/* What a filter may name, above the prompt. */
static void
draw_filter_help(const struct ui *ui, const struct list *l, struct canvas *cv, int row)
{
    struct strbuf text = {0};

    strbuf_adds(&text, "names: ");
    list_names(l, &text);
    row = draw_above(cv, row, STYLE_DIM, strbuf_str(&text));
    if (l->example && !*ui->prompt.edit.text)
        row = draw_above(cv, row, STYLE_DIM, l->example);
    for (int c = 0; c < cv->cols; c++)
        canvas_glyph(cv, row - 1, c, STYLE_DIM, "─", '-');
    strbuf_release(&text);
}

/* A mark below the wrong place, and what is wrong beside it. */
static void
draw_prompt_error(const struct ui_prompt *p, struct canvas *cv, int row, int col,
                  size_t from)
{
    char before[EDIT_MAX];
    size_t len = p->error_at > from ? p->error_at - from : 0;
    int width = (int)utf8_width(p->error.text);

    memcpy(before, p->edit.text + from, len);
    before[len] = '\0';
    int at = col + (int)utf8_width(before);
    at = at < cv->cols ? at : cv->cols - 1;
    canvas_text(cv, row, at, -1, STYLE_BAD, "^");
    if (at + 2 + width < cv->cols || at < width + 2)
        canvas_text(cv, row, at + 2, -1, STYLE_BAD, p->error.text);
    else
        canvas_text(cv, row, at - 1 - width, width, STYLE_BAD, p->error.text);
}

/* What could be typed, above the prompt. */
static void
draw_prompt_help(const struct ui *ui, struct canvas *cv, int row)
{
    const struct list *l = front_list(ui);
    struct strbuf text = {0};

    if (ui->prompt.what == ACT_COMMAND)
        ui_command_hint(ui, ui->prompt.edit.text, l, &text);
    else if (ui->prompt.what == ACT_COLUMNS && l)
        list_names(l, &text);
    if (text.len) {
        row = draw_above(cv, row, STYLE_DIM, strbuf_str(&text));
        for (int c = 0; c < cv->cols; c++)
            canvas_glyph(cv, row - 1, c, STYLE_DIM, "─", '-');
    }
    strbuf_release(&text);
}

static void
draw_prompt(const struct ui *ui, struct canvas *cv, int row)
{
    const struct ui_prompt *p = &ui->prompt;
    const struct list *l = p->what == ACT_FILTER ? front_list(ui) : NULL;
    int col = 1 + canvas_text(cv, row, 1, -1, STYLE_BOLD, p->label);
    int room = cv->cols - col - 1;
    size_t shown, all;

    if (l) {
        char count[48];
        list_count(l, &shown, &all);
        snprintf(count, sizeof count, "[%zu/%zu]", shown, all);
        canvas_text_right(cv, row, 0, cv->cols - 1, STYLE_BOLD, count);
        room -= (int)strlen(count) + 1;
        draw_filter_help(ui, l, cv, row);
    }
    draw_prompt_help(ui, cv, row);
    size_t from = edit_draw(&p->edit, cv, row, col, room, STYLE_TEXT);
    if (p->error.text[0])
        draw_prompt_error(p, cv, row + 1, col, from);
}

/* What gets a queue moving, right of column col if there is room. */
static void
draw_stuck(const struct ui *ui, struct canvas *cv, int row, int col)
{
    const char *what = ui->opt->read_only
                           ? "runs wait and no worker lives"
                           : "no worker takes these runs: hcelab worker --detach";

    if (col + (int)utf8_width(what) + 2 < cv->cols)
        canvas_text_right(cv, row, col, cv->cols - col - 1, STYLE_WARN, what);
}

static void
draw_message(const struct ui *ui, struct canvas *cv, int row)
{
    const struct list *l = front_list(ui);

    if (ui->confirm.open) {
        char question[sizeof ui->confirm.text + 64];
        snprintf(question, sizeof question, "%s  %s: yes, any other key: no",
                 ui->confirm.text, keymap_hint(ACT_YES));
        draw_above(cv, row + 1, STYLE_WARN, question);
    } else if (ui->prompt.open) {
        draw_prompt(ui, cv, row);
    } else if (ui->message[0]) {
        draw_above(cv, row + 1, ui->message_style, ui->message);
    } else if (ui->model.problem.text[0]) {
        draw_above(cv, row + 1, STYLE_BAD, ui->model.problem.text);
    } else {
        char status[256] = "";
        if (l)
            list_status(l, status, sizeof status);
        int n = canvas_text(cv, row, 1, -1, STYLE_DIM, status);
        if (l && is_stuck(&ui->model))
            draw_stuck(ui, cv, row, n + 1);
    }
}

/* What a hint calls its action: going back where nothing is left to go back to is
 * quitting; both words have the same width. */
static const char *
hint_name(const struct ui *ui, const struct binding *b)
{
    return action_name(b->action == ACT_BACK && ui_back_quits(ui) ? ACT_QUIT
                                                                  : b->action);
}

/* One "key name" of the footer; the column after it. */
static int
draw_hint(const struct ui *ui, struct canvas *cv, int row, int col,
          const struct binding *b)
{
    col += canvas_text(cv, row, col, -1, STYLE_ACCENT, key_text(b->key));
    col += canvas_textf(cv, row, col, -1, STYLE_DIM, " %s", hint_name(ui, b));
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
draw_hints(const struct ui *ui, struct canvas *cv, int row, int col, int end,
           enum context context)
{
    const struct binding *b;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        if (b->context == context && b->in_footer && col + hint_width(b) <= end)
            col = draw_hint(ui, cv, row, col, b);
    return col;
}

/* Columns that are kept for finding, unless it is narrow: in a tree there is no other way
 * to a row far below. */
static int
find_width(const struct ui *ui)
{
    enum { NARROW = 60 };
    const struct list *l = front_list(ui);
    const struct binding *b;

    for (size_t i = 0; ui->cols >= NARROW && l && l->is_tree && (b = keymap_binding(i));
         i++)
        if (b->context == CTX_LIST && b->action == ACT_FIND)
            return hint_width(b);
    return 0;
}

static void
draw_footer(const struct ui *ui, struct canvas *cv, int row)
{
    const struct view *v = front(ui);
    int end = cv->cols + 2 - hints_width(CTX_GLOBAL), col = 1;

    if (ui->prompt.open && ui->prompt.error.text[0])
        return; /* the line says what is wrong */
    if (ui->confirm.open || ui->prompt.open) {
        draw_hints(ui, cv, row, 1, cv->cols + 2,
                   ui->confirm.open ? CTX_CONFIRM : CTX_PROMPT);
        return;
    }
    for (size_t i = 0; i < VIEW_CONTEXTS; i++)
        if (v->context[i] != CTX_GLOBAL)
            col = draw_hints(ui, cv, row, col,
                             v->context[i] == CTX_LIST ? end : end - find_width(ui),
                             v->context[i]);
    draw_hints(ui, cv, row, end - 1, cv->cols + 2, CTX_GLOBAL);
}

/* --- the whole --- */

static void
draw_too_small(struct canvas *cv)
{
    int row = cv->rows / 2;

    canvas_textf(cv, row > 0 ? row - 1 : 0, 0, -1, STYLE_BOLD, "needs %d x %d",
                 UI_MIN_COLS, UI_MIN_ROWS);
    canvas_textf(cv, row > 0 ? row : 1, 0, -1, STYLE_TEXT, "this is %d x %d", cv->cols,
                 cv->rows);
    canvas_textf(cv, row > 0 ? row + 1 : 2, 0, -1, STYLE_DIM, "%s quits",
                 keymap_hint(ACT_BACK));
}

void
ui_draw(struct ui *ui, struct canvas *cv, double frame_s)
{
    canvas_reset(cv);
    ui->dirty = false;
    model_begin_frame(&ui->model, frame_s);
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
    int col = cv->cols < 62 ? 1 : (cv->cols - 60) / 2;
    int row = cv->rows < 9 ? 0 : cv->rows / 2 - 4;
    const struct model *m = &ui->model;

    canvas_text(cv, row, col, -1, STYLE_BOLD,
                m->store             ? "No runs yet."
                : m->problem.text[0] ? "The store cannot be read now."
                                     : "There is no store here yet.");
    canvas_textf(cv, row + 1, col, 60, STYLE_DIM, "%s", m->path);
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
