/* ansi.h - a canvas as lines with the colour sequences of terminals (ECMA-48 SGR).
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef DRAW_ANSI_H
#define DRAW_ANSI_H

#include "draw/canvas.h"

/* The colours that a terminal has: 0, 8, 16 or 256, from what the environment says of
 * it.  term is $TERM, colorterm $COLORTERM, no_color $NO_COLOR; each may be NULL.  A
 * NO_COLOR that is not empty means 0. */
int ansi_colours(const char *term, const char *colorterm, const char *no_color);

/* Append the grid as lines of UTF-8, trailing blanks removed, each line ending without
 * attributes.  colours 0: the same as canvas_dump.
 * Tests: test_scatter. */
void ansi_dump(const struct canvas *cv, int colours, struct strbuf *out);

#endif
