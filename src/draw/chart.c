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

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "draw/chart_axes.h"
#include "draw/plot.h"
#include "draw/raster.h"

enum {
    MIN_ROWS = 5,
    MIN_COLS = 20,
    SAMPLE_COLS = 4, /* of a line in the legend */
    GAP = 2,         /* between entries of the head */
    MORE_COLS = 11   /* gap and "+12 more" */
};

struct view {
    const struct chart *ch;
    struct canvas *cv;
    enum chart_glyphs glyphs;
    int row, col, rows, cols;     /* the whole chart */
    int top, left, height, width; /* cells of the plot */
    struct chart_axes axes;
};

/* ---- head: title, read-outs, legend ---- */

/* The point nearest to x, or n if x is beside the series. */
static size_t
point_at(const struct chart_series *s, double x)
{
    size_t lo = 0, hi = s->n;

    if (s->n == 0 || !(s->x[0] <= x && x <= s->x[s->n - 1]))
        return s->n;
    while (hi - lo > 1) { /* s->x[lo] <= x, and x < s->x[hi] where hi < n */
        size_t mid = lo + (hi - lo) / 2;

        if (s->x[mid] <= x)
            lo = mid;
        else
            hi = mid;
    }
    return hi < s->n && s->x[hi] - x < x - s->x[lo] ? hi : lo;
}

/* What the legend says of a series: its name, and its value at the cursor. */
static void
legend_text(const struct chart *ch, const struct chart_series *s, struct strbuf *sb)
{
    strbuf_adds(sb, s->name);
    if (isnan(ch->cursor_x))
        return;
    size_t i = point_at(s, ch->cursor_x);
    if (i == s->n) {
        strbuf_adds(sb, " -");
        return;
    }
    if (isfinite(s->y[i]))
        strbuf_addf(sb, " %#.4g", s->y[i]);
    else
        strbuf_adds(sb, isnan(s->y[i]) ? " NaN" : s->y[i] > 0 ? " Inf" : " -Inf");
    if (s->lo && s->hi && isfinite(s->lo[i]) && isfinite(s->hi[i]))
        strbuf_addf(sb, " (%#.4g..%#.4g)", s->lo[i], s->hi[i]);
}

/* Where the next entry of the head goes, relative to the chart. */
struct flow {
    int row, col;
    int last_row; /* entries that find no room on it are counted only */
    bool draw;    /* false: measure */
};

/* Text in the head, cut at the edge of the chart; returns the columns used. */
static int
put(const struct view *v, int row, int col, enum style style, const char *s)
{
    if (col >= v->cols)
        return 0;
    return canvas_text(v->cv, v->row + row, v->col + col, v->cols - col, style, s);
}

static void
draw_sample(const struct view *v, const struct chart_series *s, struct flow f)
{
    struct pen pen = pen_for(s->style);
    struct raster r;
    int cols = v->cols - f.col < SAMPLE_COLS ? v->cols - f.col : SAMPLE_COLS;

    if (cols <= 0)
        return;
    pen.style = s->dim ? STYLE_DIM : s->style;
    raster_init(&r, 1, cols, v->glyphs);
    double y = (r.height - 1) / 2;
    raster_line(&r, &pen, 0, y, r.width - 1, y);
    raster_draw(&r, v->cv, v->row + f.row, v->col + f.col);
    raster_release(&r);
}

/* Columns of a head entry with the gap after it. */
static int
entry_cols(const struct chart *ch, const struct chart_series *s)
{
    struct strbuf sb = {0};

    legend_text(ch, s, &sb);
    int cols = SAMPLE_COLS + 1 + (int)utf8_width(strbuf_str(&sb)) + GAP;
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
    double x = ch->cursor_x;

    out[0] = '\0';
    if (!isnan(x))
        snprintf(out, size, x == floor(x) && fabs(x) < 1e15 ? "%s %.0f" : "%s %.4g",
                 ch->x_label ? ch->x_label : "x", x);
}

static void
draw_entry(const struct view *v, const struct chart_series *s, struct flow f)
{
    struct strbuf sb = {0};

    legend_text(v->ch, s, &sb);
    draw_sample(v, s, f);
    put(v, f.row, f.col + SAMPLE_COLS + 1, s->dim ? STYLE_DIM : s->style,
        strbuf_str(&sb));
    strbuf_release(&sb);
}

static void
draw_more(const struct view *v, struct flow f, size_t n)
{
    char text[32];

    snprintf(text, sizeof text, "+%zu more", n);
    put(v, f.row, f.col, STYLE_DIM, text);
}

/* Entries from left to right and on to the next row; returns the last row used. */
static int
flow_legend(const struct view *v, struct flow f)
{
    size_t left = 0;

    for (size_t k = 0; k < v->ch->n_series; k++)
        left += in_legend(&v->ch->series[k]);
    for (size_t k = 0; k < v->ch->n_series; k++) {
        const struct chart_series *s = &v->ch->series[k];

        if (!in_legend(s))
            continue;
        int cols = entry_cols(v->ch, s), end = f.col + cols - GAP;
        if (f.col > 0 && end > v->cols && f.row < f.last_row)
            f.row++, f.col = 0;
        else if (f.col > 0 && f.row == f.last_row && left > 0 &&
                 end + (left > 1 ? MORE_COLS : 0) > v->cols) {
            draw_more(v, f, left);
            break;
        }
        if (f.draw)
            draw_entry(v, s, f);
        f.col += cols;
        left--;
    }
    return f.row;
}

/* Title and what the vertical axis shows, at the left; returns the first free
 * column. */
static int
draw_title(const struct view *v)
{
    const struct chart *ch = v->ch;
    bool named = ch->title || ch->y_label; /* else the caller says what y is */
    const char *part[] = {ch->title, ch->y_label, ch->log_y && named ? "log" : NULL,
                          ch->note};
    int used = 0;

    for (int i = 0; i < 4; i++)
        if (part[i])
            used += GAP + put(v, 0, used, i ? STYLE_DIM : STYLE_BOLD, part[i]);
    return used;
}

/* Columns of the whole legend on one row, with the cursor's place in front. */
static int
legend_cols(const struct chart *ch, int cursor_cols)
{
    int cols = cursor_cols;

    for (size_t k = 0; k < ch->n_series; k++)
        cols += in_legend(&ch->series[k]) ? entry_cols(ch, &ch->series[k]) : 0;
    return cols;
}

/* Draw the head; returns its rows.  The legend stands at the right of the title if
 * it fits there, else below it on at most a quarter of the rows. */
static int
draw_head(const struct view *v)
{
    char cursor[64];
    int title_cols = draw_title(v);

    cursor_text(v->ch, cursor, sizeof cursor);
    int cursor_cols = cursor[0] ? (int)utf8_width(cursor) + GAP : 0;
    int cols = legend_cols(v->ch, cursor_cols);
    if (cols == 0)
        return title_cols > 0;

    struct flow f = {0, v->cols - (cols - GAP), 0, true};
    if (f.col < title_cols) {
        int most = v->rows / 4 > 1 ? v->rows / 4 : 1;
        int used = flow_legend(v, (struct flow){0, cursor_cols, INT_MAX, false}) + 1;

        f.row = title_cols > 0;
        f.col = 0;
        f.last_row = f.row + (used < most ? used : most) - 1;
    }
    put(v, f.row, f.col, STYLE_ACCENT, cursor);
    f.col += cursor_cols;
    return flow_legend(v, f) + 1;
}

/* ---- axes ---- */

/* The cell, counted from the start of the plot, of a value; -1 outside. */
static int
x_cell(const struct view *v, double x)
{
    double place = axis_place(&v->axes.x, x);
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

    return (int)lround((1 - axis_place(&v->axes.y, y)) * (dots - 1)) * v->height / dots;
}

/* Place the plot and draw the vertical axis at its left. */
static void
draw_y_axis(struct view *v)
{
    struct axis_ticks t;

    int most = v->height / (v->axes.y.log ? 2 : 3);
    axis_ticks(&v->axes.y, most < 2 ? v->height / 2 : most, false, &t);
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
        axis_ticks(&v->axes.x, most, v->axes.whole_x, t);
        if (t->n < 2)
            return;
        double cells = (axis_place(&v->axes.x, t->value[1]) -
                        axis_place(&v->axes.x, t->value[0])) *
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
    int limit = name_cols && name_cols < v->width ? end - name_cols - 2 : end;

    if (limit < end)
        canvas_text_right(v->cv, row, limit + 2, name_cols, STYLE_DIM, name);
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

static void
draw_mark(const struct view *v, double x, enum style style)
{
    int cell = x_cell(v, x);

    if (cell >= 0)
        canvas_glyph(v->cv, v->top + v->height, v->left + cell, style, "×", 'x');
}

/* A mark on the axis below every value that cannot be drawn. */
static void
draw_marks(const struct view *v)
{
    for (size_t k = 0; k < v->ch->n_series; k++) {
        const struct chart_series *s = &v->ch->series[k];

        for (size_t i = 0; i < s->n; i++)
            if (!axis_takes(v->ch->log_y, s->y[i]))
                draw_mark(v, s->x[i], s->style);
        for (size_t i = 0; i < s->n_lost; i++)
            draw_mark(v, s->lost[i], s->style);
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
draw_lines(const struct view *v)
{
    const struct chart *ch = v->ch;
    struct raster r;
    struct plot p = {&r, &v->axes.x, &v->axes.y};

    raster_init(&r, v->height, v->width, v->glyphs);
    for (size_t k = 0; k < ch->n_series; k++)
        plot_band(&p, &ch->series[k]);
    for (int dim = 1; dim >= 0; dim--)
        for (size_t k = 0; k < ch->n_series; k++)
            if (ch->series[k].dim == dim)
                plot_line(&p, &ch->series[k]);
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
    return n ? "no value to draw in this range" : "no values yet";
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
    chart_axes_fit(&v.axes, ch);
    if (v.axes.empty) {
        draw_title(&v);
        draw_message(&v, empty_text(ch));
        return;
    }
    v.top = row + draw_head(&v);
    v.height = row + rows - 2 - v.top;
    draw_y_axis(&v);
    draw_x_axis(&v);
    draw_marks(&v);
    draw_cursor(&v);
    draw_lines(&v);
}
