/* compare_seeds.h - the seeds of one row of the comparison, as a list.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_COMPARE_SEEDS_H
#define TUI_COMPARE_SEEDS_H

#include "stat/compare.h"
#include "tui/list.h"

enum { COMPARE_SEEDS_COLS = 5 };

/* column outlives l; list_release releases l. */
void compare_seeds_init(struct list *l, struct list_column column[COMPARE_SEEDS_COLS]);

/* The headings of the two sides; borrowed. */
void compare_seeds_name(struct list_column column[COMPARE_SEEDS_COLS],
                        const char *base_name, const char *name);

/* Fill again with the seeds of r; NULL: none. */
void compare_seeds_fill(struct list *l, const struct compare_row *r);

#endif
