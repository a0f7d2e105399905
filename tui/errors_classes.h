/* errors_classes.h - the first table of the errors view: all cells, then the classes, with
 * one kind of prediction under CE and HCE and, where the window is wide, all relations.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_ERRORS_CLASSES_H
#define TUI_ERRORS_CLASSES_H

#include <stdbool.h>

#include "stat/error_table.h"
#include "tui/list.h"

/* The list is released with list_release. */
void errors_classes_init(struct list *l);

/* Fill again with the rows of t; the columns CE, HCE, DELTA, ... are about `kind`. */
void errors_classes_fill(struct list *l, const struct error_table *t,
                         enum error_kind kind, bool ascii);

/* The row of t that a row of the list stands for, or NULL. */
const struct error_row *errors_classes_find(const struct error_table *t, uint64_t key);

/* The key of a class, or of ERRORS_ALL. */
uint64_t errors_classes_key(const struct error_table *t, size_t class_index);

/* Draw a cell that holds a bar. */
void errors_classes_draw_bar(const struct error_table *t, const struct list_row *row,
                             size_t col, struct canvas *cv, int r, int c, int width);

#endif
