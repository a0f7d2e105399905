/* chart_svg.h - line charts as an SVG document: the same axes, bands, lines and marks as
 * on a canvas, drawn as vectors.
 *
 * Threads: any thread.
 * Errors:  none; an empty chart says so. */
#ifndef DRAW_CHART_SVG_H
#define DRAW_CHART_SVG_H

#include <stddef.h>

#include "base/strbuf.h"
#include "draw/chart.h"

enum { CHART_SVG_WIDTH = 640, CHART_SVG_HEIGHT = 400 }; /* of one chart */

/* Append a document with charts (n >= 1) in one column, or two if n > 1.  Of all points
 * in half a user unit the first, the lowest, the highest and the last are drawn, so that
 * no spike is lost.  The cursor is left out.
 * Tests: test_svg.c */
void chart_svg(const struct chart *chart, size_t n, struct strbuf *out);

#endif
