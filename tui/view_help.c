/* view_help.c - the keys of the view below, from the tables that dispatch them. */
#include <stdio.h>

#include "tui/keymap.h"
#include "tui/pager.h"
#include "tui/ui.h"

enum { KEY_COLS = 22 };

static void
add_action(struct pager *p, enum context c, enum action a)
{
    char keys[64];

    keymap_keys(c, a, keys, sizeof keys);
    if (*keys)
        pager_field(p, STYLE_TEXT, keys, "%s", action_help(a));
}

static void
add_context(struct pager *p, enum context c)
{
    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "%s", context_title(c));
    for (int a = ACT_NONE + 1; a < ACT_COUNT; a++)
        add_action(p, c, (enum action)a);
}

static void
help_show(void *state, struct ui *ui)
{
    struct pager *p = state;
    const struct view *v = view_get(ui->stack[ui->depth > 1 ? ui->depth - 2 : 0]);

    pager_reset(p);
    p->top = 0;
    pager_add(p, STYLE_BOLD, "%s: %s", v->title, v->help);
    if (v->command)
        pager_add(p, STYLE_DIM, "The same numbers: %s", v->command);
    for (size_t i = 0; i < VIEW_CONTEXTS; i++)
        if (v->context[i] != CTX_GLOBAL)
            add_context(p, v->context[i]);
    add_context(p, CTX_GLOBAL);
    add_context(p, CTX_PROMPT);
}

static void
help_draw(void *state, struct ui *ui, struct canvas *cv)
{
    char place[32];

    (void)ui;
    pager_draw(state, cv, 1, cv->rows - 1, cv->cols, KEY_COLS);
    pager_place(state, place, sizeof place);
    canvas_text_right(cv, 0, cv->cols - 21, 20, STYLE_DIM, place);
}

static void
help_close(void *state)
{
    pager_release(state);
}

static bool
help_act(void *state, struct ui *ui, enum action a)
{
    (void)ui;
    return a == ACT_HELP || pager_act(state, a);
}

const struct view view_help = {
    .name = "help",
    .title = "Help",
    .help = "The keys of the view it was opened from.",
    .context = {CTX_PAGER},
    .state_size = sizeof(struct pager),
    .close = help_close,
    .show = help_show,
    .draw = help_draw,
    .act = help_act,
};
