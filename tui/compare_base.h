/* compare_base.h - the seed groups that can be the baseline of the comparison, as a list,
 * one row for each way that their cells were decoded; those that cannot say why, those that
 * should not too.
 *
 * Threads: owner thread only.
 * Errors:  none; a group that cannot be checked is left out. */
#ifndef TUI_COMPARE_BASE_H
#define TUI_COMPARE_BASE_H

#include "tui/compare_data.h"
#include "tui/list.h"

void compare_base_init(struct list *l); /* list_release releases it */

/* Fill with the groups of the choice that have runs that succeeded; the cursor is on the
 * one in use. */
void compare_base_fill(struct list *l, const struct compare_data *d, struct store *s);

/* Take the group under the cursor as baseline.  False: it cannot be; *why says so,
 * borrowed from l. */
bool compare_base_take(const struct list *l, struct compare_data *d, const char **why);

#endif
