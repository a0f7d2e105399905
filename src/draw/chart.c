/* chart.c - the parts of a chart around its lines: title, legend, axes, cursor.
 *
 *   val_loss                                  epoch 12  ⠒⠒⠒ CE 0.53  ⠒⠂⠒ HCE 0.51
 *   0.8 ┤
 *       │  (plot)
 *   0.2 ┤
 *       └┬──────────┬────────×─┬─
 *        0         10        20     epoch
 *
 * The head may take several rows; the plot gets what is left. */
#include "draw/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "draw/axis.h"
#include "draw/plot.h"
#include "draw/raster.h"

enum { MIN_ROWS = 5, MIN_COLS = 20, SAMPLE_COLS = 3 };

struct view {
    const struct chart *ch;
    struct canvas *cv;
    enum chart_glyphs glyphs;
    int row, col, rows, cols;     /* the whole chart */
    int top, left, height, width; /* cells of the plot */
    struct axis x, y;
    bool whole_x; /* every x is an integer */
    bool empty;
};

/* ---- ranges ---- */

struct range {
    double lo, hi; /* lo > hi: nothing yet */
};

static void
range_add(struct range *r, bool log, double x)
{
    if (!axis_takes(log, x))
        return;
    r->lo = fmin(r->lo, x);
    r->hi = fmax(r->hi, x);
}

static struct range
x_range(const struct chart *ch, bool *whole)
{
    struct range r = {INFINITY, -INFINITY};

    *whole = true;
    for (size_t k = 0; k < ch->n_series; k++) {
        for (size_t i = 0; i < ch->series[k].n; i++) {
            double x = ch->series[k].x[i];

            range_add(&r, false, x);
            *whole = *whole && x == floor(x);
        }
    }
    r.lo = isnan(ch->x_min) ? r.lo : ch->x_min;
    r.hi = isnan(ch->x_max) ? r.hi : ch->x_max;
    return r;
}

/* Of the values, bands included, whose x lies in xr. */
static struct range
y_range(const struct chart *ch, struct range xr)
{
    struct range r = {INFINITY, -INFINITY};

    for (size_t k = 0; k < ch->n_series; k++) {
        const struct chart_series *s = &ch->series[k];

        for (size_t i = 0; i < s->n; i++) {
            if (!(s->x[i] >= xr.lo && s->x[i] <= xr.hi))
                continue;
            range_add(&r, ch->log_y, s->y[i]);
            if (s->lo && s->hi) {
                range_add(&r, ch->log_y, s->lo[i]);
                range_add(&r, ch->log_y, s->hi[i]);
            }
        }
    }
    return r;
}

static void
fit_axes(struct view *v)
{
    const struct chart *ch = v->ch;
    struct range xr = x_range(ch, &v->whole_x), yr = y_range(ch, xr);
    double pad = 0.03;

    if (yr.lo > yr.hi) /* nothing inside: the gap between points, or no point */
        yr = y_range(ch, (struct range){-INFINITY, INFINITY});
    if (axis_takes(ch->log_y, ch->y_min))
        yr.lo = ch->y_min, pad = 0;
    if (axis_takes(ch->log_y, ch->y_max))
        yr.hi = ch->y_max, pad = 0;
    v->empty = !(xr.lo <= xr.hi) || !(yr.lo <= yr.hi);
    if (v->empty)
        return;
    v->x = axis_fit(false, xr.lo, xr.hi, 0);
    v->y = axis_fit(ch->log_y, yr.lo, yr.hi, pad);
}

/* ---- head: title, read-outs, legend ---- */

/* The sample nearest to the cursor, or n if the cursor is beside the series. */
static size_t
sample_at(const struct chart_series *s, double x)
{
    size_t best = s->n;
    bool before = false, after = false;

    for (size_t i = 0; i < s->n; i++) {
        before = before || s->x[i] <= x;
        after = after || s->x[i] >= x;
        if (best == s->n || fabs(s->x[i] - x) < fabs(s->x[best] - x))
            best = i;
    }
    return before && after ? best : s->n;
}

/* What the legend says of a series: its name, and its value at the cursor. */
static void
legend_text(const struct chart *ch, const struct chart_series *s, struct strbuf *sb)
{
    strbuf_adds(sb, s->name);
    if (isnan(ch->cursor_x))
        return;
    size_t i = sample_at(s, ch->cursor_x);
    if (i == s->n) {
        strbuf_adds(sb, " -");
        return;
    }
    if (isfinite(s->y[i]))
        strbuf_addf(sb, " %.4g", s->y[i]);
    else
        strbuf_adds(sb, isnan(s->y[i]) ? " NaN" : s->y[i] > 0 ? " Inf" : " -Inf");
    if (s->lo && s->hi && isfinite(s->lo[i]) && isfinite(s->hi[i]))
        strbuf_addf(sb, " (%.4g..%.4g)", s->lo[i], s->hi[i]);
}

/* Where the next entry of the head goes. */
struct flow {
    int row, col; /* relative to the chart */
    int start;    /* first column of a row */
    int last_row;
};

static void
draw_sample(const struct view *v, const struct chart_series *s, int row, int col)
{
    struct pen pen = pen_for(s->style);
    struct raster r;

    pen.style = s->dim ? STYLE_DIM : s->style;
    raster_init(&r, 1, SAMPLE_COLS, v->glyphs);
    double y = (r.height - 1) / 2;
    raster_line(&r, &pen, 0, y, r.width - 1, y);
    raster_draw(&r, v->cv, row, col);
    raster_release(&r);
}

/* Columns of a head entry with the gap after it. */
static int
entry_cols(const struct chart *ch, const struct chart_series *s)
{
    struct strbuf sb = {0};

    legend_text(ch, s, &sb);
    int cols = SAMPLE_COLS + 1 + (int)utf8_width(strbuf_str(&sb)) + 2;
    strbuf_release(&sb);
    return cols;
}

static bool
in_legend(const struct chart_series *s)
{
    return s->name && s->name[0];
}

/* What the cursor line stands at, "" without one. */
static void
cursor_text(const struct chart *ch, char *out, size_t size)
{
    out[0] = '\0';
    if (!isnan(ch->cursor_x))
        snprintf(out, size, "%s %.6g", ch->x_label ? ch->x_label : "x", ch->cursor_x);
}

static void
draw_legend(const struct view *v, struct flow f)
{
    size_t left = 0;

    for (size_t k = 0; k < v->ch->n_series; k++)
        left += in_legend(&v->ch->series[k]);
    for (size_t k = 0; k < v->ch->n_series; k++) {
        const struct chart_series *s = &v->ch->series[k];
        int cols = entry_cols(v->ch, s), more = left > 1 ? 10 : 0;
        struct strbuf sb = {0};

        if (!in_legend(s))
            continue;
        if (f.col + cols - 2 > v->cols && f.col > f.start && f.row < f.last_row)
            f.row++, f.col = f.start;
        if (f.row == f.last_row && f.col + cols - 2 + more > v->cols &&
            f.col > f.start) {
            canvas_textf(v->cv, v->row + f.row, v->col + f.col, v->cols - f.col,
                         STYLE_DIM, "+%zu more", left);
            return;
        }
        draw_sample(v, s, v->row + f.row, v->col + f.col);
        legend_text(v->ch, s, &sb);
        canvas_text(v->cv, v->row + f.row, v->col + f.col + SAMPLE_COLS + 1,
                    v->cols - f.col - SAMPLE_COLS - 1, s->dim ? STYLE_DIM : s->style,
                    strbuf_str(&sb));
        strbuf_release(&sb);
        f.col += cols;
        left--;
    }
}

/* Title at the left; returns the first free column. */
static int
draw_title(const struct view *v)
{
    const struct chart *ch = v->ch;
    int used = 0;

    if (ch->title)
        used += canvas_text(v->cv, v->row, v->col, v->cols, STYLE_BOLD, ch->title) + 2;
    if (ch->y_label && used < v->cols)
        used += canvas_text(v->cv, v->row, v->col + used, v->cols - used, STYLE_DIM,
                            ch->y_label) +
                2;
    if (ch->log_y && used < v->cols)
        used += canvas_text(v->cv, v->row, v->col + used, v->cols - used, STYLE_DIM,
                            "log") +
                2;
    return used;
}

/* Draw the head; returns its rows.  The legend stands at the right of the title if
 * it fits there, else below it. */
static int
draw_head(const struct view *v)
{
    char cursor[64];
    int used = draw_title(v), need = 0;

    cursor_text(v->ch, cursor, sizeof cursor);
    int cursor_cols = cursor[0] ? (int)utf8_width(cursor) + 2 : 0;
    for (size_t k = 0; k < v->ch->n_series; k++)
        need += in_legend(&v->ch->series[k]) ? entry_cols(v->ch, &v->ch->series[k]) : 0;
    need += cursor_cols;
    if (need == 0)
        return used > 0;

    struct flow f = {0, v->cols - (need - 2), 0, 0};
    int rows = 1;
    if (f.col < used) {
        int first = used > 0, most = v->rows / 4 > 1 ? v->rows / 4 : 1;

        rows = (need + v->cols - 1) / v->cols + (need > v->cols);
        rows = first + (rows < most ? rows : most);
        f = (struct flow){first, 0, 0, rows - 1};
    }
    canvas_text(v->cv, v->row + f.row, v->col + f.col, v->cols - f.col, STYLE_ACCENT,
                cursor);
    f.col += cursor_cols;
    draw_legend(v, f);
    return rows;
}

/* ---- axes ---- */

/* The cell, counted from the start of the plot, of a value; -1 outside. */
static int
x_cell(const struct view *v, double x)
{
    double place = axis_place(&v->x, x);
    int dots = v->width * (v->glyphs == CHART_ASCII ? 1 : 2);

    if (!(place >= -1e-9 && place <= 1 + 1e-9))
        return -1;
    return (int)lround(place * (dots - 1)) * v->width / dots;
}

static int
y_cell(const struct view *v, double y)
{
    static const int per_cell[] = {
        [CHART_BRAILLE] = 4, [CHART_BLOCK] = 2, [CHART_ASCII] = 1};
    int dots = v->height * per_cell[v->glyphs];

    return (int)lround((1 - axis_place(&v->y, y)) * (dots - 1)) * v->height / dots;
}

/* Place the plot and draw the vertical axis at its left. */
static void
draw_y_axis(struct view *v)
{
    struct axis_ticks t;

    axis_ticks(&v->y, v->height / 3 > 1 ? v->height / 3 : 1, false, &t);
    v->left = v->col + t.label_cols + 2;
    v->width = v->cols - t.label_cols - 2;
    for (int i = 0; i < v->height; i++)
        canvas_glyph(v->cv, v->top + i, v->left - 1, STYLE_DIM, "│", '|');
    for (size_t i = 0; i < t.n; i++) {
        int row = v->top + y_cell(v, t.value[i]);

        canvas_text_right(v->cv, row, v->col, t.label_cols, STYLE_DIM, t.label[i]);
        canvas_glyph(v->cv, row, v->left - 1, STYLE_DIM, "┤", '+');
    }
}

/* As many round ticks as have room for their labels. */
static void
choose_x_ticks(const struct view *v, struct axis_ticks *t)
{
    for (int most = v->width / 5; most >= 1; most--) {
        axis_ticks(&v->x, most, v->whole_x, t);
        if (t->n < 2)
            return;
        double cells =
            (axis_place(&v->x, t->value[1]) - axis_place(&v->x, t->value[0])) *
            v->width;
        if (cells >= t->label_cols + 3)
            return;
    }
}

/* Labels of the ticks, and at the right end what they count. */
static void
draw_x_labels(const struct view *v, const struct axis_ticks *t, int row)
{
    const char *name = v->ch->x_label ? v->ch->x_label : "";
    int name_cols = (int)utf8_width(name), end = v->col + v->cols, free_from = v->col;
    int limit = name_cols && name_cols < v->width ? end - name_cols - 1 : end;

    if (limit < end)
        canvas_text_right(v->cv, row, limit + 1, name_cols, STYLE_DIM, name);
    for (size_t i = 0; i < t->n; i++) {
        int cols = (int)strlen(t->label[i]);
        int at = v->left + x_cell(v, t->value[i]) - (cols - 1) / 2;

        if (limit == end && at + cols > end)
            at = end - cols;
        if (at < free_from || at + cols > limit)
            continue;
        canvas_text(v->cv, row, at, cols, STYLE_DIM, t->label[i]);
        free_from = at + cols + 1;
    }
}

static void
draw_x_axis(const struct view *v)
{
    struct axis_ticks t;
    int row = v->top + v->height;

    choose_x_ticks(v, &t);
    canvas_glyph(v->cv, row, v->left - 1, STYLE_DIM, "└", '+');
    for (int i = 0; i < v->width; i++)
        canvas_glyph(v->cv, row, v->left + i, STYLE_DIM, "─", '-');
    for (size_t i = 0; i < t.n; i++)
        canvas_glyph(v->cv, row, v->left + x_cell(v, t.value[i]), STYLE_DIM, "┬", '+');
    draw_x_labels(v, &t, row + 1);
}

/* A mark on the axis below every value that cannot be drawn. */
static void
draw_marks(const struct view *v)
{
    for (size_t k = 0; k < v->ch->n_series; k++) {
        const struct chart_series *s = &v->ch->series[k];

        for (size_t i = 0; i < s->n; i++) {
            if (axis_takes(v->ch->log_y, s->y[i]))
                continue;
            int cell = x_cell(v, s->x[i]);
            if (cell >= 0)
                canvas_glyph(v->cv, v->top + v->height, v->left + cell, s->style, "×",
                             'x');
        }
    }
}

/* ---- the plot ---- */

static void
draw_cursor(const struct view *v)
{
    int cell = isnan(v->ch->cursor_x) ? -1 : x_cell(v, v->ch->cursor_x);

    if (cell < 0)
        return;
    for (int i = 0; i < v->height; i++)
        canvas_glyph(v->cv, v->top + i, v->left + cell, STYLE_ACCENT, "┊", ':');
    canvas_glyph(v->cv, v->top + v->height, v->left + cell, STYLE_ACCENT, "┴", '^');
}

static void
draw_plot(const struct view *v)
{
    const struct chart *ch = v->ch;
    struct raster r;
    struct plot p = {&r, &v->x, &v->y};

    raster_init(&r, v->height, v->width, v->glyphs);
    for (size_t k = 0; k < ch->n_series; k++)
        plot_band(&p, &ch->series[k]);
    for (int dim = 1; dim >= 0; dim--)
        for (size_t k = 0; k < ch->n_series; k++)
            if (ch->series[k].dim == dim)
                plot_line(&p, &ch->series[k]);
    draw_cursor(v);
    raster_draw(&r, v->cv, v->top, v->left);
    raster_release(&r);
}

/* What to say where there is nothing to draw. */
static const char *
empty_text(const struct chart *ch)
{
    size_t n = 0;

    for (size_t k = 0; k < ch->n_series; k++)
        n += ch->series[k].n;
    return n ? "no value that can be drawn" : "no values yet";
}

static void
draw_message(const struct view *v, const char *text)
{
    int cols = (int)utf8_width(text), pad = v->cols > cols ? (v->cols - cols) / 2 : 0;

    canvas_text(v->cv, v->row + v->rows / 2, v->col + pad, v->cols - pad, STYLE_DIM,
                text);
}

void
chart_draw(const struct chart *ch, struct canvas *cv, int row, int col, int rows,
           int cols)
{
    struct view v = {.ch = ch, .cv = cv, .row = row, .col = col};

    v.rows = rows;
    v.cols = cols;
    v.glyphs = cv->ascii ? CHART_ASCII : ch->glyphs;
    if (rows < MIN_ROWS || cols < MIN_COLS) {
        if (rows > 0 && cols > 0)
            draw_message(&v, "too small for a chart");
        return;
    }
    fit_axes(&v);
    if (v.empty) {
        draw_title(&v);
        draw_message(&v, empty_text(ch));
        return;
    }
    v.top = row + draw_head(&v);
    v.height = row + rows - 2 - v.top;
    draw_y_axis(&v);
    draw_plot(&v);
    draw_x_axis(&v);
    draw_marks(&v);
    if (!isnan(ch->cursor_x) && x_cell(&v, ch->cursor_x) >= 0)
        canvas_glyph(cv, v.top + v.height, v.left + x_cell(&v, ch->cursor_x),
                     STYLE_ACCENT, "┴", '^');
}
