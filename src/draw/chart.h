/* chart.h - line charts on a canvas: braille, block or ASCII dots.
 *
 * Series tell each other apart by colour and by the pattern of their line (by letter
 * in ASCII); a value that cannot be drawn (NaN, infinite, or <= 0 on a logarithmic
 * axis) is a mark on the x axis and interrupts its line.
 *
 * Threads: any thread.
 * Errors:  none; an empty chart says so. */
#ifndef DRAW_CHART_H
#define DRAW_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "draw/canvas.h"

enum chart_glyphs { CHART_BRAILLE, CHART_BLOCK, CHART_ASCII };

/* "braille", "block", "ascii"; NULL past the end. */
const char *chart_glyphs_name(size_t i);

struct chart_series {
    const char *name; /* in the legend */
    enum style style;
    const double *x, *y;   /* (n); x finite and ascending; see above for NaN in y */
    const double *lo, *hi; /* (n) band around y, or NULL */
    size_t n;
    bool dim;           /* a raw line under a smoothed one */
    const double *lost; /* (n_lost) x that get a mark too: of a mean, where one of its
                           curves has a value that is not finite; or NULL */
    size_t n_lost;
};

struct chart {
    const char *title, *x_label, *y_label; /* may be NULL */
    const struct chart_series *series;
    size_t n_series;
    enum chart_glyphs glyphs;
    bool log_y;          /* values <= 0 are marked like NaN */
    double x_min, x_max; /* NaN: from the data */
    double y_min, y_max; /* NaN: from the data */
    double cursor_x;     /* NaN: none; else a vertical line and read-outs */
    const char *note;    /* what lines and bands are: "mean, band sd, n 4"; or NULL */
};

/* Draw into a rectangle of cv: axes with round ticks, legend, lines decimated so that
 * the minimum and the maximum of every column stay visible. */
void chart_draw(const struct chart *ch, struct canvas *cv, int row, int col, int rows,
                int cols);

/* A one-row sparkline of the last values (NaN shown as a mark). */
void chart_sparkline(struct canvas *cv, int row, int col, int cols, enum style style,
                     const double *y, size_t n);

/* A bar for a signed value in -limit..limit around the middle of cols columns. */
void chart_delta_bar(struct canvas *cv, int row, int col, int cols, double value,
                     double limit);

/* A bar of parts (n) end to end, as long as their sum is of `limit`; parts that are not
 * positive take no room.  Parts are told apart by their glyphs. */
struct chart_part {
    double value;
    const char *glyph;
    char ascii;
    enum style style;
};
void chart_stacked_bar(struct canvas *cv, int row, int col, int cols,
                       const struct chart_part *part, size_t n, double limit);

/* out[i] = exponential moving average of y (bias-corrected) with weight in 0..1 of the
 * past; NaNs are passed through and skipped.  out may be y. */
void chart_smooth(double *out, const double *y, size_t n, double weight);

/* Mean, and half-width of a band, of several curves on the union of their x values
 * (each curve interpolated linearly inside its own range, never beyond). */
enum chart_band { BAND_NONE, BAND_SD, BAND_SE, BAND_MINMAX, BAND_T95, BAND_COUNT };
struct chart_mean {
    double *x, *y, *lo, *hi; /* (n) owned */
    size_t n;
    size_t n_curves; /* at the widest place */
    double *lost; /* (n_lost) owned; x where a curve has a value that is not finite */
    size_t n_lost;
};
void chart_mean_init(struct chart_mean *m, const struct chart_series *curve, size_t n,
                     enum chart_band band);
void chart_mean_release(struct chart_mean *m);
const char *chart_band_name(enum chart_band band); /* "sd", "se", "min-max", "95 % t" */

#endif
