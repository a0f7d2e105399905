/* bar.h - small drawings inside a cell of a table.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_BAR_H
#define TUI_BAR_H

#include <stdbool.h>

#include "draw/canvas.h"
#include "tui/screen_model.h"

/* A bar of cols columns, filled to frac in 0..1. */
void bar_draw(struct canvas *cv, int row, int col, int cols, enum style style,
              double frac);

/* The course of a metric over the runs (n), averaged where several have values, as a
 * line of cols columns.  False, and nothing drawn, if they are known to have none. */
bool bar_spark(struct model *m, const struct store_run *const *run, size_t n,
               enum metric_id metric, struct canvas *cv, int row, int col, int cols,
               enum style style);

#endif
