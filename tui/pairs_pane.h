/* pairs_pane.h - the rows of the comparison as a plot: the pairs of every seed, and the
 * mean differences with their intervals.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef TUI_PAIRS_PANE_H
#define TUI_PAIRS_PANE_H

#include "draw/canvas.h"
#include "tui/compare_data.h"
#include "tui/list.h"

/* Draw the rows that the list shows, in its order, so that the one under the cursor is
 * seen; `only` not NULL: that row alone. */
void pairs_pane_draw(const struct compare_data *d, const struct list *l,
                     const struct compare_row *only, struct canvas *cv, int row,
                     int col, int rows, int cols);

/* Append all of these rows as an SVG document. */
void pairs_pane_svg(const struct compare_data *d, const struct list *l,
                    const struct compare_row *only, struct strbuf *out);

#endif
