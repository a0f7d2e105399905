/* test_screens.c - every view and every binding, from the tables, on a real terminal at
 * four sizes, in UTF-8 and ASCII, with many, few and no colours. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "tests/mirror.h"
#include "tests/tui_lab.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/list.h"

/* A store that all tests copy. */
static char *lab_dir, *lab_path;

static int
fill(void **state)
{
    (void)state;
    lab_dir = support_tmpdir();
    lab_path = xasprintf("%s/lab.db", lab_dir);
    mirror_fill(lab_path);
    return 0;
}

static int
clean(void **state)
{
    (void)state;
    free(lab_path);
    support_rmtree(lab_dir);
    return 0;
}

/* --- what holds for every screen --- */

struct screen {
    struct mirror *m;
    const char *what;
};

static void
bad(const struct screen *s, int row, const char *why)
{
    char *text = desk_text(&s->m->desk);

    fprintf(stderr, "%s", text);
    free(text);
    fail_msg("%s at %d x %d: row %d: %s", s->what, s->m->cv.cols, s->m->cv.rows, row,
             why);
}

static void
check_glyphs(const struct screen *s)
{
    VTermScreenCell cell;
    char glyph[32];

    for (int r = 0; r < s->m->cv.rows; r++)
        for (int c = 0; c < s->m->cv.cols; c++) {
            mirror_cell(s->m, r, c, &cell, glyph);
            uint32_t cp = cell.chars[0];
            if ((cp && cp < 0x20) || (cp >= 0x7f && cp < 0xa0))
                bad(s, r, "a control character");
            if (cp == UINT32_MAX && !c)
                bad(s, r, "half a character");
            for (int i = 0; s->m->cv.ascii && glyph[i]; i++)
                if (glyph[i] & 0x80)
                    bad(s, r, "a glyph beyond ASCII");
            /* The one label of the store that holds an escape character. */
            if (strcmp(glyph, "\xef\xbf\xbd") == 0 && !desk_shows(&s->m->desk, "cell"))
                bad(s, r, "a replacement character");
        }
    if (s->m->cv.ascii && s->m->was_ascii && s->m->desk.saw_high_byte)
        bad(s, 0, "a byte beyond ASCII was sent");
    s->m->was_ascii = s->m->cv.ascii;
    s->m->desk.saw_high_byte = false;
}

static void
row_text(const struct mirror *m, int row, char *out, size_t size)
{
    VTermRect rect = {row, row + 1, 0, m->cv.cols};

    out[vterm_screen_get_text(m->desk.screen, out, size - 1, rect)] = '\0';
}

/* The bar names the view in front, in brackets, and no other. */
static void
check_bar(const struct screen *s)
{
    const struct view *v = view_get(mirror_view(s->m));
    char text[2048], *open, *end;

    row_text(s->m, 0, text, sizeof text);
    open = strchr(text, '[');
    end = open ? strchr(open, ']') : NULL;
    if (!end || strchr(end, '['))
        bad(s, 0, "not one view in brackets");
    *end = '\0';
    if (!strstr(open, v->title))
        bad(s, 0, "the brackets hold another view");
}

/* The last line says what keys do: those of the context, or of the prompt. */
static void
check_footer(const struct screen *s)
{
    const struct ui *ui = &s->m->ui;
    enum context c = ui->prompt.open    ? CTX_PROMPT
                     : ui->confirm.open ? CTX_CONFIRM
                                        : CTX_GLOBAL;
    const struct binding *b;
    char text[2048], hint[64];

    row_text(s->m, s->m->cv.rows - 1, text, sizeof text);
    if (ui->prompt.open && ui->prompt.error.text[0])
        return; /* says what is wrong */
    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        if (b->context != c || !b->in_footer)
            continue;
        bool quits = b->action == ACT_BACK && ui_back_quits(ui);
        snprintf(hint, sizeof hint, "%s %s", key_text(b->key),
                 action_name(quits ? ACT_QUIT : b->action));
        if (!strstr(text, hint))
            bad(s, s->m->cv.rows - 1, hint);
    }
}

/* --- tables --- */

static bool
is_heading(const struct mirror *m, int row)
{
    return m->cv.cell[row * m->cv.cols + 2].style == STYLE_HEADER;
}

/* True if rows from..to-1 are blank in the column. */
static bool
is_gutter(const struct mirror *m, int from, int to, int col)
{
    if (col < 0 || col >= m->cv.cols)
        return true;
    for (int r = from; r < to; r++)
        if (strcmp(m->cv.cell[r * m->cv.cols + col].glyph, " ") != 0)
            return false;
    return true;
}

/* Where the heading of a column ends that begins at c; c if it does not. */
static int
title_end(const struct canvas_cell *cell, int cols, int c, const char *title)
{
    int at = c;

    for (; at < cols && *title && cell[at].glyph[0] == *title; at++)
        title++;
    if (at > c && at < cols && strcmp(cell[at].glyph, " ") != 0)
        at++; /* the arrow of the order */
    bool ends = at == cols || strcmp(cell[at].glyph, " ") == 0;
    return ends && (!*title || at > c + 1) ? at : c;
}

/* Every heading has a free column at one of its sides down to the last row: what
 * stands below it is its own column. */
static void
check_columns(const struct screen *s)
{
    const struct mirror *m = s->m;
    const struct view *v = view_get(mirror_view(m));
    const struct list *l = v->list ? v->list(m->ui.state[mirror_view(m)]) : NULL;
    int head = 1, c = 2, cols = m->cv.cols;

    if (!l || !l->n_shown || m->ui.prompt.open)
        return;
    if ((int)utf8_width(m->ui.message) > cols - 2)
        return; /* it takes more than its line */
    while (head < m->cv.rows && !is_heading(m, head))
        head++;
    if (head == m->cv.rows)
        return; /* no table in front */
    int rows = (int)(l->n_shown - l->top < l->page ? l->n_shown - l->top : l->page);
    int to = head + 1 + rows;
    if (to > m->cv.rows - 2)
        bad(s, head, "the table is longer than the screen");
    const struct canvas_cell *cell = &m->cv.cell[head * cols];
    for (size_t i = 0; i < l->n_cols; i++) {
        if (!l->column[i].width)
            continue; /* only exported */
        while (c < cols && strcmp(cell[c].glyph, " ") == 0)
            c++;
        int end = title_end(cell, cols, c, l->column[i].title);
        if (end > c && c > 2 && !is_gutter(m, head, to, c - 1) &&
            !is_gutter(m, head, to, end))
            bad(s, head, l->column[i].title);
        c = end;
    }
}

static void
check_screen(struct mirror *m, const char *what)
{
    struct screen s = {m, what};

    check_glyphs(&s);
    check_bar(&s);
    check_footer(&s);
    check_columns(&s);
    assert_true(m->desk.alt_screen);
    assert_false(m->desk.cursor_visible);
}

/* --- the sweep --- */

static void
press(struct mirror *m, int key, const char *what)
{
    char said[128];

    mirror_key(m, key);
    if (m->ui.quit)
        fail_msg("%s: %s left the dashboard", what, key_text(key));
    snprintf(said, sizeof said, "%s: key %s", what, key_text(key));
    mirror_meet(m, said);
    check_screen(m, said);
}

/* The key of an action in a context. */
static int
key_in(enum context context, enum action action)
{
    const struct binding *b;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        if (b->context == context && b->action == action && b->key != KEY_NONE)
            return b->key;
    fail_msg("no key for %s", action_name(action));
    return KEY_NONE;
}

static int
key_of(enum action action)
{
    return key_in(CTX_GLOBAL, action);
}

/* Away from prompts, questions and frozen screens; glyphs and colours as they were. */
static void
settle(struct mirror *m)
{
    enum theme theme = m->mono ? THEME_MONO : THEME_AUTO;
    enum chart_glyphs glyphs = m->options.ascii ? CHART_ASCII : CHART_BRAILLE;

    while (m->ui.prompt.open || m->ui.confirm.open) {
        mirror_key(m, KEY_ESCAPE);
        mirror_meet(m, "esc");
    }
    if (m->ui.frozen)
        mirror_key(m, key_of(ACT_FREEZE));
    for (int i = 0; i < THEME_COUNT && mirror_theme(m) != theme; i++)
        mirror_key(m, key_of(ACT_THEME));
    for (int i = 0; i <= CHART_ASCII && m->ui.glyphs != glyphs; i++)
        mirror_key(m, key_of(ACT_GLYPHS));
}

/* Bring a view to the front, by keys only. */
static void
go_to(struct mirror *m, size_t view)
{
    settle(m);
    mirror_key(m, view_key(VIEW_runs));
    if (view_key(view) != KEY_NONE) {
        mirror_key(m, view_key(view));
    } else if (view == VIEW_help) {
        mirror_key(m, key_of(ACT_HELP));
    } else if (view == VIEW_matrix) {
        mirror_key(m, key_in(CTX_RUNS, ACT_OPEN_matrix));
    } else if (view == VIEW_diff) {
        mirror_keys(m, "gU jjjd");
    } else if (view == VIEW_detail) {
        mirror_key(m, 'g');
        for (int i = 0; i < 12 && mirror_view(m) != view; i++) {
            mirror_key(m, KEY_RETURN);
            mirror_key(m, mirror_view(m) == view ? 'g' : 'j');
        }
    }
    mirror_meet(m, view_get(view)->name);
    if (mirror_view(m) != view)
        fail_msg("no way to the view %s: teach it to go_to", view_get(view)->name);
}

static bool
leaves(int key)
{
    return keymap_lookup(CTX_GLOBAL, key) == ACT_QUIT;
}

/* Every key of a context; prompts and questions that one opens are closed again. */
static void
press_all(struct mirror *m, size_t view, enum context c)
{
    const struct binding *b;
    char what[96];

    snprintf(what, sizeof what, "%s, %s", view_get(view)->name, context_title(c));
    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        if (b->context != c || b->key == KEY_NONE || leaves(b->key) ||
            b->action == ACT_WORKER) /* two workers have two numbers */
            continue;
        if (mirror_view(m) != view || m->ui.frozen || m->ui.prompt.open ||
            m->ui.confirm.open || keymap_lookup(CTX_GLOBAL, b->key) == ACT_GLYPHS ||
            keymap_lookup(CTX_GLOBAL, b->key) == ACT_THEME)
            go_to(m, view);
        if (m->ui.depth == 1 && keymap_lookup(CTX_GLOBAL, b->key) == ACT_BACK)
            continue; /* at the top it leaves: the last key of the sweep */
        press(m, b->key, what);
    }
}

/* Every key of a line that is typed into. */
static void
press_all_in_prompt(struct mirror *m, size_t view, int opens)
{
    const struct binding *b;

    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        if (b->context != CTX_PROMPT)
            continue;
        if (!m->ui.prompt.open) {
            go_to(m, view);
            press(m, opens, "prompt");
            mirror_keys(m, "ab c");
        }
        press(m, b->key, "prompt");
    }
}

/* Bring up the question about cancelling, on the first runs that can be. */
static void
ask_to_cancel(struct mirror *m)
{
    go_to(m, VIEW_runs);
    press(m, 'g', "question");
    for (int i = 0; i < 12; i++) {
        press(m, 'K', "question");
        if (m->ui.confirm.open)
            return;
        press(m, 'j', "question");
    }
    fail_msg("no row could be cancelled");
}

/* Every key of a question; the runs are there to be cancelled. */
static void
press_all_in_confirm(struct mirror *m)
{
    const struct binding *b;

    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        if (b->context != CTX_CONFIRM || keymap_lookup(CTX_CONFIRM, b->key) == ACT_YES)
            continue;
        ask_to_cancel(m);
        press(m, b->key, "question");
    }
    ask_to_cancel(m);
    press(m, 'y', "question");
}

static void
sweep(const struct desk_setup *setup, bool prompts)
{
    struct mirror m;

    mirror_open(&m, setup, lab_path);
    mirror_meet(&m, "first screen");
    for (size_t v = 0; v < VIEW_COUNT; v++) {
        go_to(&m, v);
        check_screen(&m, view_get(v)->name);
        for (size_t i = 0; i < VIEW_CONTEXTS; i++)
            if (view_get(v)->context[i] != CTX_GLOBAL)
                press_all(&m, v, view_get(v)->context[i]);
        press_all(&m, v, CTX_GLOBAL);
    }
    if (prompts) {
        press_all_in_prompt(&m, VIEW_runs, ':');
        press_all_in_prompt(&m, VIEW_compare, '/');
        press_all_in_prompt(&m, VIEW_compare, 'f');
        press_all_in_prompt(&m, VIEW_launch, KEY_RETURN);
        press_all_in_confirm(&m);
    }
    go_to(&m, VIEW_runs);
    for (int i = 0; i < UI_DEPTH && !m.ui.quit; i++)
        mirror_key(&m, setup->no_color ? KEY_CTRL('c') : 'q');
    desk_expect(&m.desk, "shell: ended 0");
    desk_assert_sane(&m.desk);
    mirror_close(&m);
}

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {60, 200}, {12, 40}};

static void
sweep_sizes(struct desk_setup setup, bool prompts)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        setup.rows = sizes[i].rows;
        setup.cols = sizes[i].cols;
        sweep(&setup, prompts);
    }
}

static void
test_screens__utf8_with_256_colours(void **state)
{
    (void)state;
    sweep_sizes((struct desk_setup){0}, true);
}

static void
test_screens__utf8_with_8_colours(void **state)
{
    (void)state;
    sweep_sizes((struct desk_setup){.term = "xterm"}, false);
}

static void
test_screens__utf8_without_colours(void **state)
{
    (void)state;
    sweep_sizes((struct desk_setup){.no_color = true}, false);
}

static void
test_screens__ascii_with_256_colours(void **state)
{
    (void)state;
    sweep_sizes((struct desk_setup){.option = {"--ascii"}}, false);
}

static void
test_screens__ascii_with_8_colours(void **state)
{
    (void)state;
    sweep_sizes((struct desk_setup){.term = "xterm", .option = {"--ascii"}}, true);
}

static void
test_screens__ascii_without_colours(void **state)
{
    (void)state;
    sweep_sizes((struct desk_setup){.no_color = true, .option = {"--ascii"}}, false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screens__utf8_with_256_colours),
        cmocka_unit_test(test_screens__utf8_with_8_colours),
        cmocka_unit_test(test_screens__utf8_without_colours),
        cmocka_unit_test(test_screens__ascii_with_256_colours),
        cmocka_unit_test(test_screens__ascii_with_8_colours),
        cmocka_unit_test(test_screens__ascii_without_colours),
    };
    return cmocka_run_group_tests(tests, fill, clean);
}
