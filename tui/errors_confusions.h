/* errors_confusions.h - the confusions of a class as a list, and the seeds of one.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_ERRORS_CONFUSIONS_H
#define TUI_ERRORS_CONFUSIONS_H

#include <stdbool.h>

#include "stat/error_table.h"
#include "tui/list.h"

/* The confusions of a class, or of all cells. */
struct errors_confusions {
    struct list list;
    struct list_column *column; /* owned; their titles follow what is shown */
    struct confusion_list rows;
};

void errors_confusions_init(struct errors_confusions *x);
void errors_confusions_release(struct errors_confusions *x);

/* Fill again for a class of t; NULL t: with nothing. */
void errors_confusions_fill(struct errors_confusions *x, const struct error_table *t,
                            size_t class_index, bool ascii);

/* The confusion that a row of the list stands for, or NULL. */
const struct confusion_row *errors_confusions_find(const struct errors_confusions *x,
                                                   uint64_t key);

/* The seeds of a confusion of a class; c NULL: none.  list_release releases the list. */
void errors_seeds_init(struct list *l);
void errors_seeds_fill(struct list *l, const struct error_table *t, size_t class_index,
                       const struct confusion_row *c);

#endif
