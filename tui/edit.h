/* edit.h - one line of text being typed.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_EDIT_H
#define TUI_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "draw/canvas.h"
#include "tui/action.h"

enum { EDIT_MAX = 1024 };

struct edit {
    char text[EDIT_MAX]; /* UTF-8, always terminated */
    size_t len, at;      /* bytes; the cursor stands before byte `at` */
};

void edit_set(struct edit *e, const char *text); /* cursor at the end */

/* True if the action was one of editing. */
bool edit_act(struct edit *e, enum action action);

/* Insert a code point; controls and what does not fit are ignored. */
void edit_insert(struct edit *e, int code_point);

/* Draw with the cursor, scrolled so that it is seen; returns the first byte drawn. */
size_t edit_draw(const struct edit *e, struct canvas *cv, int row, int col, int width,
                 enum style style);

#endif
