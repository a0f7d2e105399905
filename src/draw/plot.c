/* plot.c - from values to dots, column by column. */
#include "draw/plot.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

double
plot_x(const struct plot *p, double x)
{
    return axis_place(p->x, x) * (p->r->width - 1);
}

double
plot_y(const struct plot *p, double y)
{
    return (1 - axis_place(p->y, y)) * (p->r->height - 1);
}

/* The points of one column of dots are gathered before they are drawn. */
struct trace {
    const struct plot *p;
    struct pen pen;
    size_t n;      /* points since the line began; 0: no line */
    int col;       /* column of dots; -1 left and width right of the raster */
    double lo, hi; /* dot rows of the column's extremes */
    double x, y;   /* last point, in dots */
};

static int
dot_column(const struct raster *r, double x)
{
    return x < -0.5 ? -1 : x >= r->width - 0.5 ? r->width : (int)(x + 0.5);
}

static void
draw_column(struct trace *t)
{
    int lo = (int)lround(t->lo), hi = (int)lround(t->hi);

    raster_line(t->p->r, &t->pen, t->col, t->lo, t->col, t->hi);
    raster_dot(t->p->r, &t->pen, t->col, lo);
    raster_dot(t->p->r, &t->pen, t->col, hi);
}

static void
trace_point(struct trace *t, double x, double y)
{
    int col = dot_column(t->p->r, x);

    if (t->n && col == t->col) {
        t->lo = y < t->lo ? y : t->lo;
        t->hi = y > t->hi ? y : t->hi;
    } else {
        if (t->n) {
            draw_column(t);
            raster_line(t->p->r, &t->pen, t->x, t->y, x, y);
        }
        t->col = col;
        t->lo = t->hi = y;
    }
    t->x = x;
    t->y = y;
    t->n++;
}

static void
trace_end(struct trace *t)
{
    struct raster *r = t->p->r;

    if (!t->n)
        return;
    draw_column(t);
    if (t->n == 1 && r->glyphs != CHART_ASCII) {
        /* A lone dot is hard to see. */
        int row = (int)lround(t->y), below = row + 1 < r->height ? row + 1 : row - 1;

        raster_dot(r, &t->pen, t->col + 1, row);
        raster_dot(r, &t->pen, t->col, below);
        raster_dot(r, &t->pen, t->col + 1, below);
    }
    t->n = 0;
}

void
plot_line(const struct plot *p, const struct chart_series *s)
{
    struct trace t = {.p = p, .pen = pen_for(s->style)};

    if (s->dim)
        t.pen.style = STYLE_DIM;
    for (size_t i = 0; i < s->n; i++) {
        double x = plot_x(p, s->x[i]), y = plot_y(p, s->y[i]);

        if (isnan(x) || isnan(y))
            trace_end(&t);
        else
            trace_point(&t, x, y);
    }
    trace_end(&t);
}

/* What a band covers of every column of dots. */
struct cover {
    double *top, *bottom; /* (width) dot rows; top > bottom: nothing */
    int width;
};

static void
cover_column(struct cover *c, int col, double lo, double hi)
{
    if (col < 0 || col >= c->width)
        return;
    c->top[col] = fmin(c->top[col], fmin(lo, hi));
    c->bottom[col] = fmax(c->bottom[col], fmax(lo, hi));
}

/* The band between two neighbouring points, each (x, lo, hi) in dots. */
static void
cover_between(struct cover *c, const double a[3], const double b[3])
{
    int from = (int)ceil(fmax(a[0], 0)), to = (int)floor(fmin(b[0], c->width - 1));

    for (int col = from; col <= to; col++) {
        double t = b[0] > a[0] ? (col - a[0]) / (b[0] - a[0]) : 0;

        cover_column(c, col, a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2]));
    }
    cover_column(c, (int)lround(b[0]), b[1], b[2]);
}

/* Point i of the band in dots; on a logarithmic axis a lower end that it does not
 * take lies at the bottom. */
static bool
band_point(const struct plot *p, const struct chart_series *s, size_t i, double out[3])
{
    out[0] = plot_x(p, s->x[i]);
    out[1] = plot_y(p, s->lo[i]);
    out[2] = plot_y(p, s->hi[i]);
    if (p->y->log && isfinite(s->lo[i]) && isnan(out[1]))
        out[1] = p->r->height;
    return !isnan(out[0]) && !isnan(out[1]) && !isnan(out[2]);
}

static void
gather_cover(const struct plot *p, const struct chart_series *s, struct cover *c)
{
    double last[3] = {0}, now[3];
    bool have = false;

    for (size_t i = 0; i < s->n; i++) {
        bool ok = band_point(p, s, i, now);

        if (ok)
            cover_between(c, have ? last : now, now);
        have = ok;
        for (int k = 0; k < 3; k++)
            last[k] = now[k];
    }
}

void
plot_band(const struct plot *p, const struct chart_series *s)
{
    size_t width = (size_t)p->r->width;
    struct cover c = {xmalloc(width, sizeof *c.top), xmalloc(width, sizeof *c.top),
                      p->r->width};

    for (size_t i = 0; i < width; i++) {
        c.top[i] = INFINITY;
        c.bottom[i] = -INFINITY;
    }
    if (s->lo && s->hi)
        gather_cover(p, s, &c);
    for (int col = 0; col < c.width; col++)
        if (c.top[col] <= c.bottom[col] && c.bottom[col] >= 0 &&
            c.top[col] <= p->r->height - 1)
            raster_shade(p->r, pen_for(s->style).pattern % 2, col, c.top[col],
                         c.bottom[col]);
    free(c.top);
    free(c.bottom);
}
