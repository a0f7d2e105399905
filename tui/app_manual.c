/* app_manual.c - views and keys, for the manual. */
#include <stdio.h>

#include "tui/app.h"
#include "tui/keymap.h"
#include "tui/view.h"

void
app_views_each(app_view_fn view, void *ctx)
{
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        const struct view *v = view_get(i);

        view(ctx, view_key(i) == KEY_NONE ? "" : key_text(view_key(i)), v->title,
             v->help, v->command);
    }
}

void
app_keys_each(app_context_fn context, app_key_fn key, void *ctx)
{
    char keys[64];

    for (int c = 0; c < CTX_COUNT; c++) {
        context(ctx, context_title((enum context)c));
        for (int a = ACT_NONE + 1; a < ACT_COUNT; a++) {
            keymap_keys((enum context)c, (enum action)a, keys, sizeof keys);
            if (*keys)
                key(ctx, keys, action_help((enum action)a));
        }
    }
}
