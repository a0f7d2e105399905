/* chart_svg.c - a panel per chart: head, grid, bands, lines, marks.
 *
 *   title
 *   note
 *   --- CE n=4   - - HCE n=4
 *   |
 *   | (plot)
 *   +-----------
 *       x label */
#include "draw/chart_svg.h"

#include <math.h>

#include "draw/chart_axes.h"
#include "draw/svg.h"

enum {
    MARGIN = 16,
    LINE = 15,   /* from one line of text to the next */
    SAMPLE = 30, /* of a line in the legend */
    TICK = 4,
    FOOT = 42,    /* below the plot: tick labels and what they count */
    TICK_GAP = 64 /* between ticks of x, at least */
};

struct panel {
    const struct chart *ch;
    struct strbuf *out;
    struct chart_axes axes;
    double left, top, width, height; /* the panel; after `place_plot` the plot */
    int id;
};

static double
px(const struct panel *p, double x)
{
    return p->left + axis_place(&p->axes.x, x) * p->width;
}

static double
py(const struct panel *p, double y)
{
    return p->top + (1 - axis_place(&p->axes.y, y)) * p->height;
}

/* ---- head ---- */

static struct svg_ink
line_ink(const struct chart_series *s)
{
    return (struct svg_ink){.stroke = svg_colour(s->style),
                            .dash = s->dim ? NULL : svg_dash(s->style),
                            .width = s->dim ? 0.8 : 1.7,
                            .opacity = s->dim ? 0.35 : 1};
}

static struct svg_ink
band_ink(const struct chart_series *s)
{
    return (struct svg_ink){.fill = svg_colour(s->style), .opacity = 0.18};
}

/* A piece of the line, on its band if it has one, and the name. */
static void
draw_entry(struct panel *p, const struct chart_series *s, double x, double y)
{
    struct svg_ink line = line_ink(s), band = band_ink(s);

    if (s->lo && s->hi)
        svg_rect(p->out, x, y - 9, SAMPLE, 11, &band);
    svg_line(p->out, x, y - 3.5, x + SAMPLE, y - 3.5, &line);
    svg_text(p->out, x + SAMPLE + 6, y, SVG_START, SVG_FONT, SVG_BLACK, s->name);
}

/* Entries from left to right, then on to the next line; takes them off the panel. */
static void
draw_legend(struct panel *p)
{
    double right = p->left + p->width, x = p->left, y = p->top + SVG_FONT;

    for (size_t k = 0; k < p->ch->n_series; k++) {
        const struct chart_series *s = &p->ch->series[k];

        if (!s->name || !s->name[0])
            continue;
        double width = SAMPLE + 6 + svg_text_width(s->name, SVG_FONT);
        if (x > p->left && x + width > right) {
            x = p->left;
            y += LINE;
        }
        draw_entry(p, s, x, y);
        x += width + 18;
    }
    p->height -= y + 10 - p->top;
    p->top = y + 10;
}

static void
draw_line_of_text(struct panel *p, int size, const char *colour, const char *text,
                  bool bold)
{
    struct strbuf fit = {0};

    svg_fit(&fit, text, size, p->width);
    (bold ? svg_text_bold : svg_text)(p->out, p->left, p->top + size, SVG_START, size,
                                      colour, strbuf_str(&fit));
    strbuf_release(&fit);
    p->top += size + 6;
    p->height -= size + 6;
}

static void
draw_head(struct panel *p)
{
    if (p->ch->title)
        draw_line_of_text(p, SVG_TITLE, SVG_BLACK, p->ch->title, true);
    if (p->ch->note)
        draw_line_of_text(p, SVG_FONT, SVG_GREY, p->ch->note, false);
    draw_legend(p);
}

/* ---- axes ---- */

static const struct svg_ink grid_ink = {.stroke = SVG_LIGHT,
                                        .width = 0.7,
                                        .opacity = 1};
static const struct svg_ink axis_ink = {.stroke = SVG_BLACK, .width = 1, .opacity = 1};

/* What the vertical axis counts, with the kind of its scale. */
static void
draw_y_name(struct panel *p)
{
    const char *name = p->ch->y_label ? p->ch->y_label : p->ch->title;
    struct strbuf text = {0};

    strbuf_addf(&text, "%s%s", name ? name : "", p->ch->log_y ? " (log scale)" : "");
    if (text.len)
        svg_text_up(p->out, p->left + SVG_FONT, p->top + p->height / 2, SVG_FONT,
                    SVG_BLACK, strbuf_str(&text));
    strbuf_release(&text);
}

/* Leave the labels their room; draw ticks, labels and grid of the vertical axis. */
static void
draw_y_axis(struct panel *p)
{
    struct axis_ticks t;
    double room;

    p->height -= FOOT;
    axis_ticks(&p->axes.y, (int)(p->height / 34), false, &t);
    draw_y_name(p);
    room = SVG_FONT + 12 + t.label_cols * SVG_SMALL * 0.58 + TICK;
    p->left += room;
    p->width -= room + 6;
    for (size_t i = 0; i < t.n; i++) {
        double y = py(p, t.value[i]);

        svg_line(p->out, p->left, y, p->left + p->width, y, &grid_ink);
        svg_line(p->out, p->left - TICK, y, p->left, y, &axis_ink);
        svg_text(p->out, p->left - TICK - 3, y + 3.5, SVG_END, SVG_SMALL, SVG_BLACK,
                 t.label[i]);
    }
}

static void
draw_x_axis(struct panel *p)
{
    struct axis_ticks t;
    double y = p->top + p->height;

    axis_ticks(&p->axes.x, (int)(p->width / TICK_GAP), p->axes.whole_x, &t);
    for (size_t i = 0; i < t.n; i++) {
        double x = px(p, t.value[i]);

        svg_line(p->out, x, y, x, y + TICK, &axis_ink);
        svg_text(p->out, x, y + TICK + SVG_SMALL + 1, SVG_MIDDLE, SVG_SMALL, SVG_BLACK,
                 t.label[i]);
    }
    svg_line(p->out, p->left, y, p->left + p->width, y, &axis_ink);
    svg_line(p->out, p->left, p->top, p->left, y, &axis_ink);
    if (p->ch->x_label)
        svg_text(p->out, p->left + p->width / 2, y + FOOT - 8, SVG_MIDDLE, SVG_FONT,
                 SVG_BLACK, p->ch->x_label);
}

/* ---- lines and bands ---- */

/* Points of one column are gathered before they are drawn. */
struct trace {
    struct svg_path path;
    size_t n;            /* points in the column; 0: none */
    size_t n_line;       /* points since the line was interrupted */
    double column, x;    /* half units; of the last point */
    double lo, hi, last; /* y */
};

static void
trace_flush(struct trace *t)
{
    if (t->n > 1 && t->lo < t->hi) {
        svg_path_to(&t->path, t->column / 2, t->lo);
        svg_path_to(&t->path, t->column / 2, t->hi);
    }
    if (t->n > 1)
        svg_path_to(&t->path, t->x, t->last);
    t->n = 0;
}

static void
trace_point(struct trace *t, double x, double y)
{
    double column = floor(2 * x);

    if (t->n && column != t->column)
        trace_flush(t);
    if (t->n == 0) {
        svg_path_to(&t->path, x, y);
        t->lo = t->hi = y;
        t->column = column;
    }
    t->lo = fmin(t->lo, y);
    t->hi = fmax(t->hi, y);
    t->x = x;
    t->last = y;
    t->n++;
    t->n_line++;
}

/* A point without a neighbour is a path of no length: it gets one. */
static void
trace_break(struct trace *t)
{
    trace_flush(t);
    if (t->n_line == 1) {
        svg_path_to(&t->path, t->x + 1.5, t->last);
    }
    t->n_line = 0;
    svg_path_break(&t->path);
}

static void
draw_line(struct panel *p, const struct chart_series *s)
{
    struct trace t = {0};
    struct svg_ink ink = line_ink(s);

    svg_path_begin(&t.path, p->out);
    for (size_t i = 0; i < s->n; i++) {
        double x = px(p, s->x[i]), y = py(p, s->y[i]);

        if (isnan(x) || isnan(y))
            trace_break(&t);
        else
            trace_point(&t, x, y);
    }
    trace_break(&t);
    svg_path_end(&t.path, &ink);
}

/* An end of the band that a logarithmic axis does not take lies at the bottom. */
static double
band_y(const struct panel *p, double y)
{
    double at = py(p, y);

    return isnan(at) && isfinite(y) ? p->top + p->height : at;
}

static bool
has_band(const struct panel *p, const struct chart_series *s, size_t i)
{
    return !isnan(px(p, s->x[i])) && isfinite(s->lo[i]) && isfinite(s->hi[i]) &&
           axis_takes(p->axes.y.log, s->hi[i]);
}

/* Points from..to - 1, along the upper ends and back along the lower ones. */
static void
add_band_part(const struct panel *p, const struct chart_series *s,
              struct svg_path *path, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        svg_path_to(path, px(p, s->x[i]), py(p, s->hi[i]));
    for (size_t i = to; i > from; i--)
        svg_path_to(path, px(p, s->x[i - 1]), band_y(p, s->lo[i - 1]));
    svg_path_close(path);
}

static void
draw_band(struct panel *p, const struct chart_series *s)
{
    struct svg_path path;
    struct svg_ink ink = band_ink(s);
    size_t from = 0;

    if (!s->lo || !s->hi)
        return;
    svg_path_begin(&path, p->out);
    for (size_t i = 0; i <= s->n; i++) {
        if (i < s->n && has_band(p, s, i))
            continue;
        if (i > from)
            add_band_part(p, s, &path, from, i);
        from = i + 1;
    }
    svg_path_end(&path, &ink);
}

static void
draw_mark(struct panel *p, double x, enum style style)
{
    struct svg_ink ink = {.stroke = svg_colour(style), .width = 1.5, .opacity = 1};
    double place = axis_place(&p->axes.x, x);

    if (place >= 0 && place <= 1)
        svg_cross(p->out, px(p, x), p->top + p->height, 3.5, &ink);
}

/* A cross on the axis below every value that cannot be drawn. */
static void
draw_marks(struct panel *p, const struct chart_series *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (!axis_takes(p->ch->log_y, s->y[i]))
            draw_mark(p, s->x[i], s->style);
    for (size_t i = 0; i < s->n_lost; i++)
        draw_mark(p, s->lost[i], s->style);
}

static void
draw_lines(struct panel *p)
{
    const struct chart *ch = p->ch;

    svg_clip_begin(p->out, p->id, p->left, p->top, p->width, p->height);
    for (size_t k = 0; k < ch->n_series; k++)
        draw_band(p, &ch->series[k]);
    for (int dim = 1; dim >= 0; dim--)
        for (size_t k = 0; k < ch->n_series; k++)
            if (ch->series[k].dim == dim)
                draw_line(p, &ch->series[k]);
    svg_clip_end(p->out);
    for (size_t k = 0; k < ch->n_series; k++)
        draw_marks(p, &ch->series[k]);
}

/* ---- panels ---- */

static void
draw_panel(struct panel p)
{
    chart_axes_fit(&p.axes, p.ch);
    draw_head(&p);
    if (p.axes.empty) {
        svg_text(p.out, p.left + p.width / 2, p.top + p.height / 2, SVG_MIDDLE,
                 SVG_FONT, SVG_GREY, "no values to draw");
        return;
    }
    draw_y_axis(&p);
    draw_x_axis(&p);
    draw_lines(&p);
}

void
chart_svg(const struct chart *chart, size_t n, struct strbuf *out)
{
    size_t n_cols = n > 1 ? 2 : 1, n_rows = (n + n_cols - 1) / n_cols;

    svg_begin(out, (double)n_cols * CHART_SVG_WIDTH, (double)n_rows * CHART_SVG_HEIGHT,
              chart[0].title ? chart[0].title : "chart");
    for (size_t i = 0; i < n; i++)
        draw_panel((struct panel){
            .ch = &chart[i],
            .out = out,
            .left = (double)(i % n_cols) * CHART_SVG_WIDTH + MARGIN,
            .top = (double)(i / n_cols) * CHART_SVG_HEIGHT + MARGIN,
            .width = CHART_SVG_WIDTH - 2 * MARGIN,
            .height = CHART_SVG_HEIGHT - MARGIN,
            .id = (int)i,
        });
    svg_end(out);
}
