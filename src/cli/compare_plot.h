/* compare_plot.h - a comparison drawn: pairs of seeds, and mean differences.
 *
 * Threads: owner thread only.
 * Errors:  those of csv_out.h. */
#ifndef CLI_COMPARE_PLOT_H
#define CLI_COMPARE_PLOT_H

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/compare_block.h"

/* Print it as wide as the terminal. */
void compare_plot_print(struct cli *c, const struct compare_block *b);

/* Append it as an SVG document. */
void compare_plot_svg(const struct compare_block *b, struct strbuf *out);

/* Write a document to a new file ("-": stdout) and say where it is. */
MUST_CHECK enum err compare_plot_write(struct cli *c, const char *path, const char *svg,
                                       struct errbuf *eb);

#endif
