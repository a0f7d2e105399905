/* pair_plot_svg.c - the same two panes as vectors: a forest plot with its pairs. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "draw/pair_plot.h"
#include "draw/svg.h"

enum {
    WIDTH = 760,
    MARGIN = 16,
    HEAD = 64, /* title, note, headings */
    FOOT = 44,
    MAX_LABEL = 230,
    NUMBERS = 74, /* column at the right */
    GAP = 18,
    SEED = 8, /* height of a pair */
    MIN_ROW = 20
};

struct pane {
    struct axis axis;
    double left, width;
};

struct view {
    const struct pair_plot *p;
    struct strbuf *out;
    struct pane value, delta;
    double label_width;
    double top, bottom; /* of the rows */
};

static const struct svg_ink grid_ink = {.stroke = SVG_LIGHT,
                                        .width = 0.7,
                                        .opacity = 1};
static const struct svg_ink axis_ink = {.stroke = SVG_BLACK, .width = 1, .opacity = 1};

static double
px(const struct pane *pane, double x)
{
    return pane->left + fmax(0, fmin(axis_place(&pane->axis, x), 1)) * pane->width;
}

static double
row_height(const struct pair_plot_row *r)
{
    return fmax(MIN_ROW, (double)r->n * SEED + 8);
}

/* ---- marks ---- */

static void
draw_pairs(const struct view *v, const struct pair_plot_row *r, double middle)
{
    struct svg_ink link = {.stroke = "#999999", .width = 1, .opacity = 1};
    struct svg_ink a = {.stroke = svg_colour(STYLE_SERIES_1),
                        .fill = "#ffffff",
                        .width = 1.4,
                        .opacity = 1};
    struct svg_ink b = {
        .stroke = svg_colour(STYLE_SERIES_2), .width = 1.6, .opacity = 1};

    for (size_t i = 0; i < r->n; i++) {
        double y = middle + ((double)i - ((double)r->n - 1) / 2) * SEED;
        double xa = px(&v->value, r->a[i]), xb = px(&v->value, r->b[i]);

        svg_line(v->out, xa, y, xb, y, &link);
        svg_circle(v->out, xa, y, 3, &a);
        svg_cross(v->out, xb, y, 2.7, &b);
    }
}

static const char *
verdict_colour(char verdict)
{
    return verdict == 'v'   ? svg_colour(STYLE_GOOD)
           : verdict == '*' ? svg_colour(STYLE_BAD)
                            : "#888888";
}

/* An arrow head where the interval goes on beyond the axis, else a tick. */
static void
draw_end(const struct view *v, double x, double y, bool is_cut, int way)
{
    if (is_cut) {
        svg_line(v->out, x, y, x - way * 5, y - 4, &axis_ink);
        svg_line(v->out, x, y, x - way * 5, y + 4, &axis_ink);
    } else {
        svg_line(v->out, x, y - 4, x, y + 4, &axis_ink);
    }
}

static void
draw_whiskers(const struct view *v, const struct pair_plot_row *r, double y)
{
    const struct axis *axis = &v->delta.axis;

    if (isnan(r->lo) || isnan(r->hi))
        return;
    svg_line(v->out, px(&v->delta, r->lo), y, px(&v->delta, r->hi), y, &axis_ink);
    draw_end(v, px(&v->delta, r->lo), y, axis_place(axis, r->lo) < 0, -1);
    draw_end(v, px(&v->delta, r->hi), y, axis_place(axis, r->hi) > 1, 1);
}

static void
draw_delta(const struct view *v, const struct pair_plot_row *r, double y)
{
    double zero = px(&v->delta, 0), mean = px(&v->delta, r->mean);
    struct svg_ink bar = {.fill = verdict_colour(r->verdict), .opacity = 0.75};
    struct svg_ink dot = {
        .stroke = SVG_BLACK, .fill = "#ffffff", .width = 0.8, .opacity = 1};
    char text[32];

    if (isnan(r->mean))
        return;
    svg_rect(v->out, fmin(zero, mean), y - 4.5, fabs(mean - zero), 9, &bar);
    draw_whiskers(v, r, y);
    for (size_t i = 0; i < r->n; i++)
        svg_circle(v->out, px(&v->delta, r->b[i] - r->a[i]), y, 1.8, &dot);
    snprintf(text, sizeof text, "%+.3f %c", r->mean, r->verdict);
    svg_text(v->out, WIDTH - MARGIN - NUMBERS + 8, y + 3.5, SVG_START, SVG_SMALL,
             SVG_BLACK, text);
}

/* ---- frame ---- */

static void
draw_axis(const struct view *v, const struct pane *pane, const char *name)
{
    struct axis_ticks t;

    axis_ticks(&pane->axis, (int)(pane->width / 60), false, &t);
    for (size_t i = 0; i < t.n; i++) {
        double x = px(pane, t.value[i]);

        svg_line(v->out, x, v->top, x, v->bottom, &grid_ink);
        svg_line(v->out, x, v->bottom, x, v->bottom + 4, &axis_ink);
        svg_text(v->out, x, v->bottom + 15, SVG_MIDDLE, SVG_SMALL, SVG_BLACK,
                 t.label[i]);
    }
    svg_line(v->out, pane->left, v->bottom, pane->left + pane->width, v->bottom,
             &axis_ink);
    svg_text(v->out, pane->left + pane->width / 2, v->bottom + 32, SVG_MIDDLE, SVG_FONT,
             SVG_BLACK, name);
}

static void
draw_line_of_text(const struct view *v, double y, int size, const char *colour,
                  const char *text, bool bold)
{
    struct strbuf fit = {0};

    svg_fit(&fit, text, size, WIDTH - 2 * MARGIN);
    (bold ? svg_text_bold : svg_text)(v->out, MARGIN, y, SVG_START, size, colour,
                                      strbuf_str(&fit));
    strbuf_release(&fit);
}

/* Title, note, and what the marks mean. */
static void
draw_head(const struct view *v)
{
    struct svg_ink a = {.stroke = svg_colour(STYLE_SERIES_1),
                        .fill = "#ffffff",
                        .width = 1.4,
                        .opacity = 1};
    struct svg_ink b = {
        .stroke = svg_colour(STYLE_SERIES_2), .width = 1.6, .opacity = 1};
    double x = v->value.left, y = v->top - 10;

    if (v->p->title)
        draw_line_of_text(v, MARGIN + 8, SVG_TITLE, SVG_BLACK, v->p->title, true);
    if (v->p->note)
        draw_line_of_text(v, MARGIN + 25, SVG_FONT, SVG_GREY, v->p->note, false);
    svg_circle(v->out, x + 3, y - 3.5, 3, &a);
    svg_text(v->out, x + 11, y, SVG_START, SVG_FONT, SVG_BLACK, v->p->a_name);
    x += 11 + svg_text_width(v->p->a_name, SVG_FONT) + 18;
    svg_cross(v->out, x + 3, y - 3.5, 2.7, &b);
    svg_text(v->out, x + 11, y, SVG_START, SVG_FONT, SVG_BLACK, v->p->b_name);
    svg_text(v->out, v->delta.left, y, SVG_START, SVG_FONT, SVG_BLACK,
             "mean, 95 % interval, seeds");
}

static void
draw_axes(const struct view *v)
{
    struct svg_ink zero = {.stroke = SVG_GREY, .dash = "3 2", .width = 1, .opacity = 1};
    struct strbuf name = {0};

    draw_axis(v, &v->value, v->p->value);
    strbuf_addf(&name, "%s: %s - %s", v->p->value, v->p->b_name, v->p->a_name);
    draw_axis(v, &v->delta, strbuf_str(&name));
    svg_line(v->out, px(&v->delta, 0), v->top, px(&v->delta, 0), v->bottom, &zero);
    strbuf_release(&name);
}

static void
draw_row(const struct view *v, const struct pair_plot_row *r, double top)
{
    double middle = top + row_height(r) / 2;
    struct strbuf fit = {0};

    svg_fit(&fit, r->label, SVG_FONT, v->label_width);
    svg_text(v->out, MARGIN + v->label_width, middle + 4, SVG_END, SVG_FONT, SVG_BLACK,
             strbuf_str(&fit));
    strbuf_release(&fit);
    svg_line(v->out, v->value.left, top, v->delta.left + v->delta.width, top,
             &grid_ink);
    draw_pairs(v, r, middle);
    draw_delta(v, r, middle);
}

static void
place(struct view *v)
{
    double height = 0;

    for (size_t i = 0; i < v->p->n; i++) {
        v->label_width =
            fmax(v->label_width, svg_text_width(v->p->row[i].label, SVG_FONT));
        height += row_height(&v->p->row[i]);
    }
    v->label_width = fmin(v->label_width, MAX_LABEL);
    double room = WIDTH - 2 * MARGIN - v->label_width - NUMBERS - 2 * GAP;
    pair_plot_axes(v->p, &v->value.axis, &v->delta.axis);
    v->value.left = MARGIN + v->label_width + GAP;
    v->value.width = room * 0.52;
    v->delta.left = v->value.left + v->value.width + GAP;
    v->delta.width = room - v->value.width;
    v->top = MARGIN + HEAD;
    v->bottom = v->top + height;
}

void
pair_plot_svg(const struct pair_plot *p, struct strbuf *out)
{
    struct view v = {.p = p, .out = out};

    place(&v);
    svg_begin(out, WIDTH, v.bottom + FOOT, p->title ? p->title : "pairs");
    draw_head(&v);
    draw_axes(&v);
    double top = v.top;
    for (size_t i = 0; i < p->n; i++) {
        draw_row(&v, &p->row[i], top);
        top += row_height(&p->row[i]);
    }
    svg_end(out);
}
