/* list_columns.h - the columns of a list: which, in what order, how wide: for list.c and
 * list_draw.c.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_LIST_COLUMNS_H
#define TUI_LIST_COLUMNS_H

#include "tui/list.h"

enum { LIST_INDENT = 2 }; /* of members of a group, columns */

struct list_layout {
    size_t col[LIST_MAX_COLS]; /* (n) columns from left to right */
    size_t n;
    int width[LIST_MAX_COLS]; /* by column; 0: left out */
};

/* The columns that should be shown, in order, into out (LIST_MAX_COLS); how many. */
size_t list_shape(const struct list *l, size_t *out);

/* What fits into `room` columns, one column of space between two. */
void list_lay_out(const struct list *l, int room, struct list_layout *out);

/* What people call a column: its heading, or its name. */
const char *list_title(const struct list_column *c);

#endif
