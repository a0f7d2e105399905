/* keymap.h - which key does what, and the only source of text about keys.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/action.h"
#include "tui/key.h"

struct binding {
    enum context context;
    int key;
    enum action action;
    bool in_footer;
};

/* Row i of the table, or NULL past the end. */
const struct binding *keymap_binding(size_t i);

/* What a key does in a context, or ACT_NONE. */
enum action keymap_lookup(enum context context, int key);

/* The keys of an action in a context, "j down"; "" if there is none.  Appends to a
 * text of size bytes. */
void keymap_keys(enum context context, enum action action, char *out, size_t size);

/* The first key of an action in any context: for hints. */
const char *keymap_hint(enum action action);

const char *action_name(enum action action);
const char *action_help(enum action action);
const char *context_title(enum context context);

#endif
