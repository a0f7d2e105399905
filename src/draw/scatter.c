/* scatter.c - counting points per character cell, and a frame around them. */
#include "draw/scatter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "draw/axis.h"

enum { MIN_ROWS = 6, MIN_COLS = 12, FOOT_ROWS = 2 };

struct view {
    const struct scatter *s;
    struct canvas *cv;
    int top, left, height, width; /* cells of the plot */
    struct axis axis;             /* of both directions */
};

double
scatter_limit(const double *x, size_t n)
{
    double limit = 0;

    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]))
            limit = fmax(limit, fabs(x[i]));
    return limit > 0 ? limit : 1;
}

/* Which of n cells in a row shows x; -1 outside. */
static int
cell_of(const struct view *v, double x, int n)
{
    double place = axis_place(&v->axis, x);

    return place >= 0 && place <= 1 ? (int)lround(place * (n - 1)) : -1;
}

static int
row_of(const struct view *v, double y)
{
    int cell = cell_of(v, y, v->height);

    return cell < 0 ? cell : v->height - 1 - cell;
}

/* ---- frame ---- */

static void
draw_y_axis(const struct view *v, const struct axis_ticks *t)
{
    for (int i = 0; i < v->height; i++)
        canvas_glyph(v->cv, v->top + i, v->left - 1, STYLE_DIM, "│", '|');
    for (size_t i = 0; i < t->n; i++) {
        int row = v->top + row_of(v, t->value[i]);

        canvas_text_right(v->cv, row, v->left - 2 - t->label_cols, t->label_cols,
                          STYLE_DIM, t->label[i]);
        canvas_glyph(v->cv, row, v->left - 1, STYLE_DIM, "┤", '+');
    }
}

static void
draw_x_axis(const struct view *v, const struct axis_ticks *t)
{
    int row = v->top + v->height;

    canvas_glyph(v->cv, row, v->left - 1, STYLE_DIM, "└", '+');
    for (int i = 0; i < v->width; i++)
        canvas_glyph(v->cv, row, v->left + i, STYLE_DIM, "─", '-');
    for (size_t i = 0; i < t->n; i++) {
        int col = v->left + cell_of(v, t->value[i], v->width);
        int cols = (int)strlen(t->label[i]);

        canvas_glyph(v->cv, row, col, STYLE_DIM, "┬", '+');
        canvas_text(v->cv, row + 1, col - cols / 2, cols, STYLE_DIM, t->label[i]);
    }
}

/* ---- points ---- */

/* out (height, width, n_classes) = points per cell and class. */
static void
count_points(const struct view *v, uint32_t *out)
{
    const struct scatter *s = v->s;

    for (size_t i = 0; i < s->n; i++) {
        int col = cell_of(v, s->x[2 * i], v->width), row = row_of(v, s->x[2 * i + 1]);

        if (col >= 0 && row >= 0)
            out[(size_t)(row * v->width + col) * s->n_classes + (size_t)s->class[i]]++;
    }
}

static void
draw_points(const struct view *v)
{
    const struct scatter *s = v->s;
    size_t cells = (size_t)v->height * (size_t)v->width;
    uint32_t *count = xcalloc(cells * s->n_classes, sizeof *count);

    count_points(v, count);
    for (size_t i = 0; i < cells; i++) {
        const uint32_t *n = count + i * s->n_classes;
        size_t most = 0;

        for (size_t c = 1; c < s->n_classes; c++)
            most = n[c] > n[most] ? c : most;
        if (n[most]) {
            char glyph[2] = {s->look[most].glyph, '\0'};

            canvas_glyph(v->cv, v->top + (int)i / v->width, v->left + (int)i % v->width,
                         s->look[most].style, glyph, glyph[0]);
        }
    }
    free(count);
}

void
scatter_draw(const struct scatter *s, struct canvas *cv, int row, int col, int rows,
             int cols)
{
    struct view v = {.s = s, .cv = cv, .axis = {-s->limit, s->limit, false}};
    struct axis_ticks t;
    int head = s->title ? 1 : 0;

    if (rows < MIN_ROWS || cols < MIN_COLS || s->n_classes == 0) {
        canvas_text(cv, row, col, cols, STYLE_DIM, "too small for a plot");
        return;
    }
    v.top = row + head;
    v.height = rows - head - FOOT_ROWS;
    axis_ticks(&v.axis, v.height / 3 > 2 ? v.height / 3 : 2, false, &t);
    v.left = col + t.label_cols + 2;
    v.width = cols - t.label_cols - 2;
    if (head)
        canvas_text(cv, row, col, cols, STYLE_BOLD, s->title);
    draw_y_axis(&v, &t);
    draw_x_axis(&v, &t);
    draw_points(&v);
}
