/* list_filter.h - rows of a list that pass its filter: for list.c.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_LIST_FILTER_H
#define TUI_LIST_FILTER_H

#include "tui/list.h"

/* Set passes and is_in of every row.  A member is tested with its group's values where
 * it has none; a group is in if one of its members is.  In a tree every row is tested. */
void list_mark_passing(struct list *l);

/* True if the text has a capital letter: then "T cell" is not looked for in "mast cell",
 * unless nothing holds it as it was typed. */
bool list_has_capital(const char *text);

/* True if a cell of the row holds the text. */
bool list_row_holds(const struct list_row *r, size_t n_cols, const char *text,
                    bool any_case);

/* The column of that name or heading (any case, '_' like ' '), or SIZE_MAX. */
size_t list_find_column(const struct list *l, const char *name, size_t len);

/* True if the name or heading of a column begins so. */
bool list_begins_column(const struct list *l, const char *start, size_t len);

/* A heading that can be typed as it stands, in small letters; else the name. */
void list_add_name(const struct list_column *col, struct strbuf *out);

#endif
