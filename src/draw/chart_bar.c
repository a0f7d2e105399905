/* chart_bar.c - charts of one row: sparklines and bars. */
#include <math.h>

#include "draw/chart.h"

enum { LEVELS = 8 };

static const char *const spark_glyph[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char spark_ascii[LEVELS + 1] = "_.-~=+*#";

void
chart_sparkline(struct canvas *cv, int row, int col, int cols, enum style style,
                const double *y, size_t n)
{
    size_t first = cols > 0 && n > (size_t)cols ? n - (size_t)cols : 0;
    double lo = INFINITY, hi = -INFINITY;

    for (size_t i = first; i < n; i++) {
        if (isfinite(y[i])) {
            lo = fmin(lo, y[i]);
            hi = fmax(hi, y[i]);
        }
    }
    for (size_t i = first; i < n && cols > 0; i++) {
        int at = col + (int)(i - first);

        if (!isfinite(y[i])) {
            canvas_glyph(cv, row, at, style, "×", 'x');
            continue;
        }
        double place = hi > lo ? (y[i] / 2 - lo / 2) / (hi / 2 - lo / 2) : 0.5;
        int level = (int)fmin(place * LEVELS, LEVELS - 1);
        canvas_glyph(cv, row, at, style, spark_glyph[level], spark_ascii[level]);
    }
}

/* Half columns that |value| of limit fills of a side of `side` columns; any value
 * but 0 shows. */
static int
half_columns(double value, double limit, int side)
{
    double share = limit > 0 ? fmin(fabs(value) / limit, 1) : 1;
    int halves = (int)lround(share * 2 * side);

    return value != 0 && halves == 0 ? 1 : halves;
}

void
chart_delta_bar(struct canvas *cv, int row, int col, int cols, double value,
                double limit)
{
    int side = (cols - 1) / 2, middle = col + side;

    if (cols < 3)
        return;
    canvas_fill(cv, row, col, 1, cols, ' ', STYLE_TEXT);
    canvas_glyph(cv, row, middle, STYLE_DIM, "│", '|');
    if (isnan(value) || value == 0)
        return;
    int halves = half_columns(value, limit, side), way = value > 0 ? 1 : -1;
    enum style style = value > 0 ? STYLE_GOOD : STYLE_BAD;
    for (int i = 1; 2 * i <= halves; i++)
        canvas_glyph(cv, row, middle + way * i, style, "█", '#');
    if (halves % 2)
        canvas_glyph(cv, row, middle + way * (halves / 2 + 1), style,
                     value > 0 ? "▌" : "▐", '=');
}

/* Each part ends where the sum up to it does, so that rounding never adds up. */
void
chart_stacked_bar(struct canvas *cv, int row, int col, int cols,
                  const struct chart_part *part, size_t n, double limit)
{
    double sum = 0;
    int at = 0;

    for (size_t i = 0; i < n && limit > 0; i++) {
        sum += part[i].value > 0 ? part[i].value : 0;
        int end = (int)lround(fmin(sum / limit, 1) * cols);
        for (; at < end; at++)
            canvas_glyph(cv, row, col + at, part[i].style, part[i].glyph,
                         part[i].ascii);
    }
}
