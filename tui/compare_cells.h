/* compare_cells.h - a row of a comparison as cells of a list and as a line: for the views
 * that compare.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef TUI_COMPARE_CELLS_H
#define TUI_COMPARE_CELLS_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "draw/canvas.h"
#include "stat/compare.h"
#include "store/store_provenance.h"
#include "tui/fmt.h"
#include "tui/list.h"

enum style compare_style(char verdict);

/* A p-value; why stands where there is none. */
void compare_put_p(struct list *l, size_t row, size_t col, double p, const char *why);
void compare_put_mean(struct list *l, size_t row, size_t col, double mean, double sd,
                      bool ascii);

enum { COMPARE_INTERVAL = 3 * FMT_SIZE };

/* "[+.10,+.14]", or why there is none. */
void compare_interval_text(const struct compare_row *r, char out[COMPARE_INTERVAL]);

/* What is compared: "CE" and "HCE", or what was chosen. */
struct compare_sides {
    const char *base, *name;
};

/* "name  CE .704±.002  HCE .827±.003  +.123 [..]  4+/0-  p <.001"; name may be "". */
void compare_draw_row(const struct compare_row *r, struct compare_sides sides,
                      bool ascii, const char *name, struct canvas *cv, int row);

/* Append the seeds of a configuration that are without a partner or not scored ("": none);
 * where all are in a pair, how many runs are still open. */
void compare_missing_text(const struct store_group *g, const char *unmatched,
                          const char *unscored, struct strbuf *out);

/* Append what speaks against the comparison, what is not known of both sides, and what
 * else differs: "not fair: other parts, genes; not known of both: cells; differs: runs
 * trained / imported; why: cells that ..."; nothing if there is none of it.  with_values:
 * "other parts (baseline / compared)".  Returns its style. */
enum style compare_guard_text(const struct store_provenance *p, bool with_values,
                              struct strbuf *out);

#endif
