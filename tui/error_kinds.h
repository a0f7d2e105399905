/* error_kinds.h - how the errors view names and draws kinds of predictions.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TUI_ERROR_KINDS_H
#define TUI_ERROR_KINDS_H

#include "draw/canvas.h"
#include "stat/error_table.h"

/* The kinds in the order of the key that steps through them, around their ends. */
enum error_kind error_kind_step(enum error_kind kind, int by);

/* "wrong", "descendant", ..., in at most cols columns: "desc". */
const char *error_kind_title(enum error_kind kind, int cols);

/* v better, * worse, - fewer, + more, or a space: what error_verdict says. */
char error_verdict_mark(enum error_kind kind, const struct error_stat *x);
enum style error_verdict_style(enum error_kind kind, const struct error_stat *x);

/* The four relations of wrong predictions end to end, of a row and a loss; `limit` fills
 * the columns. */
void error_bar_draw(struct canvas *cv, int row, int col, int cols,
                    const struct error_row *r, enum error_side side, double limit);

/* What such a bar shows: the sum of the relations' mean shares. */
double error_bar_sum(const struct error_row *r, enum error_side side);

/* "descendant" with the glyph of the bars, as much as fits; the columns used. */
int error_kind_draw(struct canvas *cv, int row, int col, int cols,
                    enum error_kind kind);

/* Under the row of a list: every kind of a class with CE, HCE, difference and, where they
 * fit, its interval and signs.  ERROR_PANEL_ROWS rows. */
enum { ERROR_PANEL_ROWS = 4 };
void error_panel_draw(struct canvas *cv, int row, const struct error_row *r);

/* "CE .12 HCE .10 -.02 [-.03,-.01]": one comparison in one row. */
void error_line_draw(struct canvas *cv, int row, enum style style,
                     const struct paired *s);

#endif
