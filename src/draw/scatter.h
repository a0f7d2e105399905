/* scatter.h - points of several classes in the plane, a glyph for each class.
 *
 *   CE  accuracy 0.666
 *    5 ┤      44 1
 *      │     4411     0
 *    0 ┤  9 99      000
 *      └─┬───────┬──────
 *        -5      0
 *
 * A character cell shows the class that most of its points have; on a tie the lowest.
 *
 * Threads: any thread.
 * Errors:  none; too small a place says so. */
#ifndef DRAW_SCATTER_H
#define DRAW_SCATTER_H

#include <stddef.h>
#include <stdint.h>

#include "draw/canvas.h"

struct scatter_class {
    char glyph; /* printable ASCII, so that it shows everywhere */
    enum style style;
};

struct scatter {
    const char *title;    /* may be NULL */
    const double *x;      /* (n, 2); points that are not finite are left out */
    const int32_t *class; /* (n) below n_classes */
    size_t n;
    const struct scatter_class *look; /* (n_classes) */
    size_t n_classes;
    double limit; /* both axes run from -limit to limit; points beyond are left out */
};

/* The largest finite |x| of n coordinates, or 1 if there is none above 0. */
double scatter_limit(const double *x, size_t n);

/* Draw into a rectangle of cv, title and axes included.
 * Tests: test_scatter. */
void scatter_draw(const struct scatter *s, struct canvas *cv, int row, int col,
                  int rows, int cols);

#endif
