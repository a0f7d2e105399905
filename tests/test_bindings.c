/* test_bindings.c - every binding of every view does something that is seen, on at least
 * one of many prepared screens; keys that do nothing are promises that are not kept. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tests/tui_lab.h"
#include "tui/key.h"
#include "tui/keymap.h"

enum { ROWS = 24, COLS = 80 };

/* How to come to a view from the first one; those of the bar have a key. */
static const struct {
    size_t view;
    const char *keys;
} ways[] = {
    {VIEW_detail, "g\tj\r"},      /* a running run */
    {VIEW_detail, "gjjj\tjjj\r"}, /* a failed one */
    {VIEW_diff, "gU jjjd"},
    {VIEW_help, "?"},
    {VIEW_matrix, "v"},
};

/* What is done there before the key. */
static const char *const preludes[] = {
    "",     "j",     "jj",       "jjj",   "G",    "Gk",    "\t",    "\tj",  "j\t",
    "j\tj", "jjj\t", "jjj\tjjj", " jj ",  "/e\r", "/e\rn", "++",    "++h",  "c",
    "cll",  "+",     "f ce\r",   "]",     "]]]",  "L",     "Lj",    "LGk",  "t",
    "tj",   "tt\r",  "r",        "E",     "\r",   "\rj",   "j\r",   "\r\r", "jj\r",
    "o",    "e",     "Z",        "j\tjj", "mm",   "j j ",  "jjjj ", "jjjjj"};

/* Bindings that are right to do nothing visible, and why. */
static const struct {
    const char *view;
    enum action action;
    const char *why;
} silent[] = {
    {"*", ACT_REDRAW, "sends the screen again as it is"},
    {"matrix", ACT_LEFT, "all seeds of this store fit"},
    {"matrix", ACT_RIGHT, "all seeds of this store fit"},
};

static bool
may_be_silent(const char *view, enum action action)
{
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++)
        if (silent[i].action == action &&
            (strcmp(silent[i].view, "*") == 0 || strcmp(silent[i].view, view) == 0))
            return true;
    return false;
}

struct picture {
    struct canvas cv;
    const struct job *job;
    bool quit;
};

static struct tui_lab lab; /* its store; each attempt opens a dashboard of its own */

static void
take_picture(struct ui *ui, struct picture *p)
{
    canvas_init(&p->cv, ROWS, COLS, false);
    do
        ui_draw(ui, &p->cv, INFINITY);
    while (ui->model.late);
    p->job = ui->jobs.first;
    p->quit = ui->quit;
}

static bool
differs(const struct picture *a, const struct picture *b)
{
    for (size_t i = 0; i < (size_t)(ROWS * COLS); i++)
        if (strcmp(a->cv.cell[i].glyph, b->cv.cell[i].glyph) != 0 ||
            a->cv.cell[i].style != b->cv.cell[i].style ||
            a->cv.cell[i].reverse != b->cv.cell[i].reverse)
            return true;
    return a->job != b->job || a->quit != b->quit;
}

static void
press(struct ui *ui, const char *keys)
{
    struct picture p;

    for (; *keys; keys++)
        ui_key(ui, (unsigned char)*keys);
    take_picture(ui, &p); /* pages and charts know their size once drawn */
    canvas_release(&p.cv);
}

/* True if the key changes something after way and prelude; false too where they do not
 * lead to the view. */
static bool
has_effect(size_t view, const char *way, const char *prelude, int key)
{
    struct picture before, after;
    struct ui ui;
    bool effect = false;

    ui_init(&ui, &lab.options, false);
    press(&ui, way);
    press(&ui, prelude);
    if (ui.depth && ui.stack[ui.depth - 1] == view && !ui.prompt.open &&
        !ui.confirm.open && !ui.quit) {
        ui.message[0] = '\0'; /* any key takes it away */
        take_picture(&ui, &before);
        ui_key(&ui, key);
        take_picture(&ui, &after);
        effect = differs(&before, &after);
        canvas_release(&before.cv);
        canvas_release(&after.cv);
    }
    ui_release(&ui);
    return effect;
}

static bool
has_effect_after_any(size_t view, const char *way, int key)
{
    for (size_t i = 0; i < sizeof preludes / sizeof preludes[0]; i++)
        if (has_effect(view, way, preludes[i], key))
            return true;
    return false;
}

static bool
has_effect_in(size_t view, int key)
{
    char way[2] = {(char)view_key(view), '\0'};

    if (view_key(view) != KEY_NONE)
        return has_effect_after_any(view, way, key);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (ways[i].view == view && has_effect_after_any(view, ways[i].keys, key))
            return true;
    return false;
}

static enum action
lookup(const struct view *v, int key)
{
    enum action a = ACT_NONE;

    for (size_t i = 0; i < VIEW_CONTEXTS && a == ACT_NONE; i++)
        if (v->context[i] != CTX_GLOBAL)
            a = keymap_lookup(v->context[i], key);
    return a;
}

static bool
has_context(const struct view *v, enum context c)
{
    for (size_t i = 0; i < VIEW_CONTEXTS; i++)
        if (v->context[i] == c)
            return true;
    return false;
}

/* Every key of the view's own contexts. */
static size_t
count_idle(size_t view)
{
    const struct view *v = view_get(view);
    const struct binding *b;
    size_t n = 0;

    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        if (b->context == CTX_GLOBAL || !has_context(v, b->context) ||
            lookup(v, b->key) != b->action || may_be_silent(v->name, b->action) ||
            has_effect_in(view, b->key))
            continue;
        print_message("%s: key %s (%s) changes nothing\n", v->name, key_text(b->key),
                      action_name(b->action));
        n++;
    }
    return n;
}

static int
setup(void **state)
{
    (void)state;
    tui_lab_open(&lab, true);
    lab.options.self_path = "/bin/true";
    return chdir(lab.dir);
}

static int
teardown(void **state)
{
    (void)state;
    if (chdir("/") != 0)
        return -1;
    tui_lab_close(&lab);
    return 0;
}

static void
test_bindings__each_does_something_in_its_view(void **state)
{
    size_t n = 0;

    (void)state;
    for (size_t v = 0; v < VIEW_COUNT; v++)
        n += count_idle(v);
    assert_int_equal(n, 0);
}

static void
test_bindings__those_of_everywhere_do_something_somewhere(void **state)
{
    const struct binding *b;

    (void)state;
    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        bool effect = may_be_silent("", b->action) || b->key == KEY_NONE;
        for (size_t v = 0; v < VIEW_COUNT && b->context == CTX_GLOBAL && !effect; v++)
            effect = has_effect_in(v, b->key);
        if (b->context == CTX_GLOBAL && !effect)
            fail_msg("key %s (%s) changes nothing in any view", key_text(b->key),
                     action_name(b->action));
    }
}

/* Two meanings of one key in a context: the second could never be reached. */
static void
test_bindings__no_key_has_two_meanings(void **state)
{
    const struct binding *a, *b;

    (void)state;
    for (size_t i = 0; (a = keymap_binding(i)); i++)
        for (size_t j = i + 1; (b = keymap_binding(j)); j++)
            if (a->key != KEY_NONE && a->key == b->key && a->context == b->context)
                fail_msg("%s: key %s is bound twice", context_title(a->context),
                         key_text(a->key));
}

/* A line of text takes every character, so that nothing typed can start an action. */
static void
test_bindings__a_prompt_takes_all_keys(void **state)
{
    const struct binding *b;

    (void)state;
    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        struct ui ui;
        if (b->context == CTX_PROMPT || b->key == KEY_NONE ||
            keymap_lookup(CTX_PROMPT, b->key) != ACT_NONE ||
            keymap_lookup(CTX_GLOBAL, b->key) == ACT_QUIT)
            continue;
        ui_init(&ui, &lab.options, false);
        press(&ui, "1/");
        ui_key(&ui, b->key);
        assert_true(ui.prompt.open);
        assert_true(ui.depth == 1 && ui.stack[0] == VIEW_runs);
        ui_release(&ui);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bindings__each_does_something_in_its_view),
        cmocka_unit_test(test_bindings__those_of_everywhere_do_something_somewhere),
        cmocka_unit_test(test_bindings__no_key_has_two_meanings),
        cmocka_unit_test(test_bindings__a_prompt_takes_all_keys),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
