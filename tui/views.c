/* views.c - the table of views, made from views.def. */
#include <string.h>

#include "tui/key.h"
#include "tui/view.h"

static const struct {
    const struct view *view;
    int key;
    enum action action;
} view_table[VIEW_COUNT] = {
#define VIEW(id, key) [VIEW_##id] = {&view_##id, key, ACT_OPEN_##id},
#include "tui/views.def"
#undef VIEW
};

const struct view *
view_get(size_t i)
{
    return view_table[i].view;
}

int
view_key(size_t i)
{
    return view_table[i].key;
}

const struct view *
view_of_action(enum action action)
{
    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (view_table[i].action == action)
            return view_table[i].view;
    return NULL;
}

size_t
view_find(const char *name)
{
    size_t i = 0;

    while (i < VIEW_COUNT && strcmp(view_table[i].view->name, name) != 0)
        i++;
    return i;
}
