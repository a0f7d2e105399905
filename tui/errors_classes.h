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

struct errors_classes {
    struct list list;
    struct list_column *column; /* owned; a name's width follows the window's */
};

void errors_classes_init(struct errors_classes *x);
void errors_classes_release(struct errors_classes *x);

/* Fill again with the rows of t; the columns CE, HCE, DELTA, ... are about `kind`. */
void errors_classes_fill(struct errors_classes *x, const struct error_table *t,
                         enum error_kind kind, bool ascii);

/* Before it is drawn: give names what they need in a window of cols columns. */
void errors_classes_fit(struct errors_classes *x, int cols);

/* The row of t that a row of the list stands for, or NULL. */
const struct error_row *errors_classes_find(const struct error_table *t, uint64_t key);

/* The key of a class, or of ERRORS_ALL. */
uint64_t errors_classes_key(const struct error_table *t, size_t class_index);

/* Draw a cell that holds a bar. */
void errors_classes_draw_bar(const struct error_table *t, const struct list_row *row,
                             size_t col, struct canvas *cv, int r, int c, int width);

#endif
