/* keymap.c - the tables of contexts, actions and bindings. */
#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "tui/view.h"

static const struct binding binding_table[] = {
#define BIND(context, key, action, foot) {CTX_##context, key, ACT_##action, foot},
#include "tui/bindings.def"
#undef BIND
#define VIEW(id, key) {CTX_GLOBAL, key, ACT_OPEN_##id, false},
#include "tui/views.def"
#undef VIEW
};

static const struct {
    const char *name, *help;
} action_table[ACT_COUNT] = {
    [ACT_NONE] = {"none", "Do nothing"},
#define ACTION(id, name, help) [ACT_##id] = {name, help},
#include "tui/actions.def"
#undef ACTION
};

static const char *const context_table[CTX_COUNT] = {
#define CONTEXT(id, title) [CTX_##id] = title,
#include "tui/contexts.def"
#undef CONTEXT
};

static const struct {
    int key;
    const char *text;
} key_names[] = {
    {KEY_TAB, "tab"},         {KEY_RETURN, "enter"},        {KEY_ESCAPE, "esc"},
    {KEY_SPACE, "space"},     {KEY_ERASE, "backspace"},     {KEY_ARROW_UP, "up"},
    {KEY_ARROW_DOWN, "down"}, {KEY_ARROW_LEFT, "left"},     {KEY_ARROW_RIGHT, "right"},
    {KEY_PAGE_UP, "page-up"}, {KEY_PAGE_DOWN, "page-down"}, {KEY_FIRST, "home"},
    {KEY_LAST, "end"},        {KEY_BACK_TAB, "shift-tab"},
};

const char *
key_text(int key)
{
    static _Thread_local char text[16];

    for (size_t i = 0; i < sizeof key_names / sizeof key_names[0]; i++)
        if (key_names[i].key == key)
            return key_names[i].text;
    if (key > 0 && key < ' ')
        snprintf(text, sizeof text, "ctrl-%c", key + 'a' - 1);
    else
        snprintf(text, sizeof text, "%c", key > ' ' && key < 127 ? (char)key : '?');
    return text;
}

const struct binding *
keymap_binding(size_t i)
{
    return i < sizeof binding_table / sizeof binding_table[0] ? &binding_table[i]
                                                              : NULL;
}

enum action
keymap_lookup(enum context context, int key)
{
    const struct binding *b;

    for (size_t i = 0; key != KEY_NONE && (b = keymap_binding(i)); i++)
        if (b->context == context && b->key == key)
            return b->action;
    return ACT_NONE;
}

void
keymap_keys(enum context context, enum action action, char *out, size_t size)
{
    const struct binding *b;
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; (b = keymap_binding(i)); i++) {
        if (b->context != context || b->action != action || b->key == KEY_NONE)
            continue;
        int k = snprintf(out + n, size - n, "%s%s", n ? " " : "", key_text(b->key));
        n = n + (size_t)k < size ? n + (size_t)k : size - 1;
    }
}

const char *
keymap_hint(enum action action)
{
    const struct binding *b;

    for (size_t i = 0; (b = keymap_binding(i)); i++)
        if (b->action == action && b->key != KEY_NONE)
            return key_text(b->key);
    return "";
}

/* The view that an action opens, or NULL. */
static const struct view *
action_view(enum action action)
{
    return action > ACT_NONE && action < ACT_COUNT && !action_table[action].name
               ? view_of_action(action)
               : NULL;
}

const char *
action_name(enum action action)
{
    const struct view *v = action_view(action);

    return v ? v->name : action_table[action].name;
}

const char *
action_help(enum action action)
{
    const struct view *v = action_view(action);

    return v ? v->help : action_table[action].help;
}

const char *
context_title(enum context context)
{
    return context_table[context];
}
