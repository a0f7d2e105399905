/* compare_list.h - the rows of the comparison as a list.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_COMPARE_LIST_H
#define TUI_COMPARE_LIST_H

#include "stat/compare.h"
#include "tui/list.h"

enum { COMPARE_LIST_COLS = 23 };

/* column outlives l; list_release releases l. */
void compare_list_init(struct list *l, struct list_column column[COMPARE_LIST_COLS]);

/* The headings of the two sides; borrowed. */
void compare_list_name(struct list_column column[COMPARE_LIST_COLS],
                       const char *base_name, const char *name);

/* Fill again; returns the largest |delta|, the length of a bar. */
double compare_list_fill(struct list *l, const struct comparison *c, bool ascii);

#endif
