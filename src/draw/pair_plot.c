/* pair_plot.c - two panes side by side on a canvas.
 *
 *            o CE  x HCE                  HCE - CE, 95 % interval
 *   B cell   v                           |  |---=====---|
 *     seed 0    o-------x                |          .
 *     seed 1      o------x               |           .
 *            +------+------+------       +-----+------+---
 *            .5    .6     .7             0    .1     .2 */
#include "draw/pair_plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
    FRAME_ROWS = 3, /* heading, axis, tick labels */
    MIN_COLS = 16,
    BOTH_COLS = 38, /* with less there is room for the differences only */
    MIN_LABEL = 7,
    GAP = 2
};

struct pane {
    struct axis axis;
    int left, width;
};

struct view {
    const struct pair_plot *p;
    struct canvas *cv;
    int row, col, rows, cols; /* the rectangle */
    int label_cols;
    struct pane value, delta; /* value.width 0: not drawn */
    bool by_seed;
};

/* ---- axes ---- */

static void
extend(double r[2], double x)
{
    if (!isfinite(x))
        return;
    r[0] = fmin(r[0], x);
    r[1] = fmax(r[1], x);
}

static void
delta_range(const struct pair_plot *p, double r[2])
{
    double whisker[2] = {0, 0};

    r[0] = r[1] = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct pair_plot_row *row = &p->row[i];

        extend(r, row->mean);
        for (size_t k = 0; k < row->n; k++)
            extend(r, row->b[k] - row->a[k]);
        extend(whisker, row->lo);
        extend(whisker, row->hi);
    }
    double room = r[1] - r[0];
    r[0] = fmin(r[0], fmax(whisker[0], r[0] - room));
    r[1] = fmax(r[1], fmin(whisker[1], r[1] + room));
}

void
pair_plot_axes(const struct pair_plot *p, struct axis *value, struct axis *delta)
{
    double v[2] = {INFINITY, -INFINITY}, d[2];

    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < p->row[i].n; k++) {
            extend(v, p->row[i].a[k]);
            extend(v, p->row[i].b[k]);
        }
    if (v[0] > v[1])
        v[0] = 0, v[1] = 1;
    delta_range(p, d);
    if (d[0] == d[1])
        d[0] = -0.1, d[1] = 0.1;
    *value = axis_fit(false, v[0], v[1], 0.02);
    *delta = axis_fit(false, d[0], d[1], 0.02);
}

size_t
pair_plot_rows(const struct pair_plot *p)
{
    size_t n = FRAME_ROWS;

    for (size_t i = 0; i < p->n; i++)
        n += 1 + p->row[i].n;
    return n;
}

/* ---- panes ---- */

/* The cell of x, counted from the left of the pane; beyond an end: that end. */
static int
cell_of(const struct pane *pane, double x)
{
    double place = fmax(0, fmin(axis_place(&pane->axis, x), 1));

    return (int)lround(place * (pane->width - 1));
}

static void
put(const struct view *v, int row, const struct pane *pane, int cell, enum style style,
    const char *glyph, char ascii)
{
    canvas_glyph(v->cv, row, pane->left + cell, style, glyph, ascii);
}

static void
draw_run(const struct view *v, int row, const struct pane *pane, int from, int to,
         enum style style, const char *glyph, char ascii)
{
    for (int i = from < to ? from : to; i <= (from < to ? to : from); i++)
        put(v, row, pane, i, style, glyph, ascii);
}

/* Marks of a and b; one cell that holds both says so. */
static void
draw_ends(const struct view *v, int row, double a, double b)
{
    int from = cell_of(&v->value, a), to = cell_of(&v->value, b);

    put(v, row, &v->value, from, STYLE_SERIES_1, "○", 'o');
    put(v, row, &v->value, to, STYLE_SERIES_2, from == to ? "*" : "×",
        from == to ? '*' : 'x');
}

static void
draw_pair(const struct view *v, int row, double a, double b)
{
    if (v->value.width == 0)
        return;
    draw_run(v, row, &v->value, cell_of(&v->value, a), cell_of(&v->value, b), STYLE_DIM,
             "─", '-');
    draw_ends(v, row, a, b);
}

/* The seeds of a label over each other. */
static void
draw_pairs(const struct view *v, int row, const struct pair_plot_row *r)
{
    int lo = v->value.width, hi = -1;

    if (v->value.width == 0)
        return;
    for (size_t i = 0; i < r->n; i++) {
        int a = cell_of(&v->value, r->a[i]), b = cell_of(&v->value, r->b[i]);

        lo = a < lo ? a : b < lo ? b : lo;
        hi = a > hi ? a : b > hi ? b : hi;
        lo = b < lo ? b : lo;
        hi = b > hi ? b : hi;
    }
    if (lo <= hi)
        draw_run(v, row, &v->value, lo, hi, STYLE_DIM, "─", '-');
    for (size_t i = 0; i < r->n; i++)
        draw_ends(v, row, r->a[i], r->b[i]);
}

static enum style
verdict_style(char verdict)
{
    return verdict == 'v' ? STYLE_GOOD : verdict == '*' ? STYLE_BAD : STYLE_TEXT;
}

static void
draw_whiskers(const struct view *v, int row, const struct pair_plot_row *r)
{
    const struct pane *d = &v->delta;
    bool cut_lo = axis_place(&d->axis, r->lo) < 0;
    bool cut_hi = axis_place(&d->axis, r->hi) > 1;

    if (isnan(r->lo) || isnan(r->hi))
        return;
    put(v, row, d, cell_of(d, r->lo), STYLE_TEXT, cut_lo ? "<" : "├",
        cut_lo ? '<' : '[');
    put(v, row, d, cell_of(d, r->hi), STYLE_TEXT, cut_hi ? ">" : "┤",
        cut_hi ? '>' : ']');
}

/* The bar from 0 to the mean on the interval; its ends stay visible on the bar. */
static void
draw_delta(const struct view *v, int row, const struct pair_plot_row *r)
{
    const struct pane *d = &v->delta;
    int zero = cell_of(d, 0), mean = cell_of(d, r->mean);
    enum style style = verdict_style(r->verdict);

    if (isnan(r->mean))
        return;
    if (!isnan(r->lo) && !isnan(r->hi))
        draw_run(v, row, d, cell_of(d, r->lo), cell_of(d, r->hi), STYLE_TEXT, "─", '-');
    if (mean != zero)
        draw_run(v, row, d, mean > zero ? zero + 1 : zero - 1, mean, style, "━", '=');
    draw_whiskers(v, row, r);
    put(v, row, d, mean, style, "●", '#');
}

/* ---- frame ---- */

static void
draw_axis(const struct view *v, const struct pane *pane, int row)
{
    struct axis_ticks t;
    int end = pane->left + pane->width, free_from = pane->left - 1;

    for (int most = pane->width / 6;; most--) {
        axis_ticks(&pane->axis, most < 1 ? 1 : most, false, &t);
        if (most <= 1 || (int)t.n * (t.label_cols + 2) <= pane->width)
            break;
    }
    draw_run(v, row, pane, 0, pane->width - 1, STYLE_DIM, "─", '-');
    for (size_t i = 0; i < t.n; i++) {
        int cell = cell_of(pane, t.value[i]), cols = (int)strlen(t.label[i]);
        int at = pane->left + cell - (cols - 1) / 2;

        put(v, row, pane, cell, STYLE_DIM, "┬", '+');
        at = at + cols > end ? end - cols : at;
        if (at < free_from)
            continue;
        canvas_text(v->cv, row + 1, at, cols, STYLE_DIM, t.label[i]);
        free_from = at + cols + 1;
    }
}

/* "HCE - CE, mean and 95 % interval", or as much of it as fits. */
static void
draw_delta_heading(const struct view *v)
{
    static const char *const what[] = {", mean and 95 % interval", ", mean, 95 %", ""};
    char text[160];

    for (int i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s - %s%s", v->p->b_name, v->p->a_name, what[i]);
        if ((int)utf8_width(text) <= v->delta.width)
            break;
    }
    canvas_text(v->cv, v->row, v->delta.left, v->delta.width, STYLE_DIM, text);
}

/* What the marks of a side mean, above it. */
static void
draw_heading(const struct view *v)
{
    const struct pair_plot *p = v->p;
    const char *o = v->cv->ascii ? "o" : "○", *x = v->cv->ascii ? "x" : "×";
    int col = v->value.left, end = col + v->value.width;

    if (v->value.width) {
        col += canvas_textf(v->cv, v->row, col, end - col, STYLE_DIM, "%s ", p->value);
        col += canvas_textf(v->cv, v->row, col, end - col, STYLE_SERIES_1, "%s %s  ", o,
                            p->a_name);
        if (col < end)
            canvas_textf(v->cv, v->row, col, end - col, STYLE_SERIES_2, "%s %s", x,
                         p->b_name);
    }
    draw_delta_heading(v);
}

static void
draw_label(const struct view *v, int row, size_t i)
{
    const struct pair_plot_row *r = &v->p->row[i];
    char verdict[2] = {r->verdict, '\0'};

    canvas_text(v->cv, row, v->col, v->label_cols - 2,
                i == v->p->current ? STYLE_BOLD : STYLE_TEXT, r->label);
    canvas_text(v->cv, row, v->col + v->label_cols - 1, 1, verdict_style(r->verdict),
                verdict);
    if (i == v->p->current)
        canvas_restyle(v->cv, row, v->col, v->label_cols - 1, STYLE_SELECTED, false);
}

static void
draw_seeds(const struct view *v, int row, const struct pair_plot_row *r)
{
    for (size_t i = 0; i < r->n; i++, row++) {
        canvas_textf(v->cv, row, v->col + 2, v->label_cols - 3, STYLE_DIM,
                     "seed %" PRId64, r->seed[i]);
        draw_pair(v, row, r->a[i], r->b[i]);
        put(v, row, &v->delta, cell_of(&v->delta, r->b[i] - r->a[i]), STYLE_TEXT, "·",
            '.');
    }
}

/* Room for the labels, and the panes at their right. */
static void
place(struct view *v)
{
    int widest = MIN_LABEL;

    for (size_t i = 0; i < v->p->n; i++) {
        int cols = (int)utf8_width(v->p->row[i].label);

        widest = cols > widest ? cols : widest;
    }
    v->label_cols = widest + 2 < v->cols / 3 ? widest + 2 : v->cols / 3;
    if (v->label_cols < MIN_LABEL)
        v->label_cols = MIN_LABEL;
    int room = v->cols - v->label_cols - 1, left = v->col + v->label_cols + 1;
    pair_plot_axes(v->p, &v->value.axis, &v->delta.axis);
    v->value.left = left;
    v->value.width = v->cols < BOTH_COLS ? 0 : (room - GAP) * 11 / 20;
    v->delta.left = v->value.width ? left + v->value.width + GAP : left;
    v->delta.width = v->cols - (v->delta.left - v->col);
}

/* Labels from `first` on, down to row `end`; returns the first that was left out. */
static size_t
draw_body(const struct view *v, size_t first, int end)
{
    int row = v->row + 1;
    size_t i = first;

    for (; i < v->p->n && row < end; i++) {
        const struct pair_plot_row *r = &v->p->row[i];

        draw_label(v, row, i);
        if (!v->by_seed)
            draw_pairs(v, row, r);
        draw_delta(v, row++, r);
        if (v->by_seed) {
            draw_seeds(v, row, r);
            row += (int)r->n;
        }
    }
    return i;
}

void
pair_plot_draw(const struct pair_plot *p, struct canvas *cv, int row, int col, int rows,
               int cols, size_t first)
{
    struct view v = {
        .p = p, .cv = cv, .row = row, .col = col, .rows = rows, .cols = cols};
    int end = row + rows - 2;

    if (rows < FRAME_ROWS + 1 || cols < MIN_COLS) {
        if (rows > 0 && cols > 0)
            canvas_text(cv, row, col, cols, STYLE_DIM, "too small for a plot");
        return;
    }
    v.by_seed = pair_plot_rows(p) <= (size_t)rows;
    if (v.by_seed)
        end = row + (int)pair_plot_rows(p) - 2;
    else if (p->n > first && p->n - first < (size_t)(end - row - 1))
        end = row + 1 + (int)(p->n - first);
    place(&v);
    draw_heading(&v);
    for (int i = row + 1; i < end; i++)
        put(&v, i, &v.delta, cell_of(&v.delta, 0), STYLE_DIM, "│", '|');
    size_t next = draw_body(&v, v.by_seed ? 0 : first, end);
    if (v.value.width)
        draw_axis(&v, &v.value, end);
    draw_axis(&v, &v.delta, end);
    if (next < p->n)
        canvas_textf(cv, end, col, v.label_cols, STYLE_DIM, "+%zu more", p->n - next);
}
