/* compare_seeds.h - the seeds of one row of the comparison, as a list.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_COMPARE_SEEDS_H
#define TUI_COMPARE_SEEDS_H

#include "stat/compare.h"
#include "tui/list.h"

void compare_seeds_init(struct list *l); /* list_release releases it */

/* Fill again with the seeds of r; NULL: none. */
void compare_seeds_fill(struct list *l, const struct compare_row *r);

#endif
