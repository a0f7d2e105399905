/* action.h - the contexts and actions as enums.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TUI_ACTION_H
#define TUI_ACTION_H

enum context {
#define CONTEXT(id, title) CTX_##id,
#include "tui/contexts.def"
#undef CONTEXT
    CTX_COUNT
};

enum action {
    ACT_NONE,
#define ACTION(id, name, help) ACT_##id,
#include "tui/actions.def"
#undef ACTION
#define VIEW(id, key) ACT_OPEN_##id,
#include "tui/views.def"
#undef VIEW
    ACT_COUNT
};

#endif
