/* paired_cells.h - paired statistics as cells of a list, beside those of compare_cells.h.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_PAIRED_CELLS_H
#define TUI_PAIRED_CELLS_H

#include "stat/paired.h"
#include "tui/fmt.h"
#include "tui/list.h"

enum { PAIRED_TEXT = 3 * FMT_SIZE };

/* "[-.012,+.034]" of the difference, or why there is none. */
void paired_interval_text(const struct paired *s, char out[PAIRED_TEXT]);

/* "3+/1-": differences above and below 0. */
void paired_signs_text(const struct paired *s, char out[PAIRED_TEXT]);

/* The difference; its interval; its signs. */
void paired_put_delta(struct list *l, size_t row, size_t col, const struct paired *s,
                      enum style style);
void paired_put_interval(struct list *l, size_t row, size_t col,
                         const struct paired *s);
void paired_put_signs(struct list *l, size_t row, size_t col, const struct paired *s);

#endif
