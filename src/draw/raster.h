/* raster.h - dots, lines and shades below the size of a character cell.
 *
 * A cell holds 2 x 4 dots (braille), 2 x 2 (blocks) or one (ASCII).  Dot (0, 0) is
 * top left.  Everything is clipped.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef DRAW_RASTER_H
#define DRAW_RASTER_H

#include <stdint.h>

#include "draw/chart.h"

/* Lines hide what lies under them in their cell: dim lines, then shades. */
struct raster_cell {
    uint8_t dots;  /* of lines: bit y * dot_cols + x */
    uint8_t dim;   /* of lines that are drawn dim */
    uint8_t shade; /* likewise for braille, else one bit per texture */
    uint8_t style; /* of the last line through the cell */
    char mark;     /* its letter, for ASCII */
};

struct raster {
    enum chart_glyphs glyphs;
    int rows, cols;           /* cells */
    int dot_rows, dot_cols;   /* dots per cell */
    int height, width;        /* dots in all */
    struct raster_cell *cell; /* (rows, cols) owned */
};

/* How a line looks: the pattern tells series apart where colour does not. */
struct pen {
    enum style style;
    int pattern;    /* 0: solid; any number, taken modulo the patterns there are */
    unsigned phase; /* dots drawn so far */
    int last_x, last_y;
};

struct pen pen_for(enum style style);

void raster_init(struct raster *r, int rows, int cols, enum chart_glyphs glyphs);
void raster_release(struct raster *r);

/* One dot, whatever the pattern says. */
void raster_dot(struct raster *r, const struct pen *pen, int x, int y);

/* A line between two places in dots. */
void raster_line(struct raster *r, struct pen *pen, double x0, double y0, double x1,
                 double y1);

/* Shade dots y0..y1 of column x with texture 0 or 1. */
void raster_shade(struct raster *r, int texture, int x, double y0, double y1);

/* Put the cells that are not empty on the canvas. */
void raster_draw(const struct raster *r, struct canvas *cv, int row, int col);

#endif
