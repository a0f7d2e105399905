/* view_curves.c - metrics over the course of training: marked runs, means of groups. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "draw/chart_axes.h"
#include "draw/chart_svg.h"
#include "tui/calm_range.h"
#include "tui/compare_why.h"
#include "tui/curve_panels.h"
#include "tui/curve_set.h"
#include "tui/keymap.h"
#include "tui/settings.h"
#include "tui/ui.h"
#include "tui/ui_export.h"

static const double smoothings[] = {0, 0.6, 0.9, 0.97};
enum { N_SMOOTHINGS = sizeof smoothings / sizeof smoothings[0] };

struct curves_state {
    struct curve_set set;
    struct curve_panels panels; /* with shows_panels: further metrics */
    size_t panels_room;         /* charts that there is room for */
    struct curve_choice choice;
    int smoothing; /* index */
    bool log_y, follow, cursor_on, stale, shows_panels;
    bool is_continued; /* stale only since the panels could not be read in a frame */
    double x0, x1;     /* what is shown; NaN: all */
    double cursor;     /* x */
    struct calm_range y[METRIC_COUNT]; /* while runs go on */
};

/* --- the range of x --- */

static double
left_end(const struct curves_state *st)
{
    return isnan(st->x0) ? st->set.x_min : st->x0;
}

static double
right_end(const struct curves_state *st)
{
    return isnan(st->x1) ? st->set.x_max : st->x1;
}

/* Show a width of x around a middle, inside of what there is. */
static void
show_range(struct curves_state *st, double middle, double width)
{
    double lo = st->set.x_min, hi = st->set.x_max;

    if (!(width < hi - lo)) {
        st->x0 = st->x1 = (double)NAN;
        return;
    }
    st->x0 = fmax(lo, fmin(middle - width / 2, hi - width));
    st->x1 = st->x0 + width;
}

static void
zoom(struct curves_state *st, double factor)
{
    double width = right_end(st) - left_end(st);
    double middle = st->cursor_on ? st->cursor : (left_end(st) + right_end(st)) / 2;

    if (width > 0)
        show_range(st, st->follow ? right_end(st) : middle, width * factor);
}

/* Left and right move the cursor if there is one, else what is shown. */
static void
step(struct curves_state *st, const struct ui *ui, int way)
{
    double width = right_end(st) - left_end(st);

    if (st->cursor_on) {
        bool whole = st->choice.x != CHART_X_TIME;
        double by = width / fmax(ui->cols - 12, 1);
        st->cursor += way * (whole ? fmax(1, round(by)) : by);
        st->cursor = fmax(st->set.x_min, fmin(st->cursor, st->set.x_max));
        if (whole) /* nobody asks for half an epoch */
            st->cursor = floor(st->cursor);
        if (st->cursor < left_end(st) || st->cursor > right_end(st))
            show_range(st, st->cursor, width);
    } else {
        st->follow = false;
        show_range(st, (left_end(st) + right_end(st)) / 2 + way * width / 8, width);
    }
}

static void
keep_end_in_sight(struct curves_state *st)
{
    if (st->follow && !isnan(st->x1))
        show_range(st, st->set.x_max, st->x1 - st->x0);
}

/* --- drawing --- */

/* "n 3-4": runs behind the means. */
static void
runs_text(const struct curve_set *set, char *out, size_t size)
{
    size_t lo = SIZE_MAX, hi = 0;

    for (size_t i = 0; i < set->n; i++) {
        size_t n = set->line[i].mean.n_curves;
        lo = n && n < lo ? n : lo;
        hi = n > hi ? n : hi;
    }
    if (hi == 0)
        out[0] = '\0';
    else if (lo == hi)
        snprintf(out, size, ", n %zu", hi);
    else
        snprintf(out, size, ", n %zu-%zu", lo, hi);
}

/* What the lines are: "mean, band 95 % t, n 4  smooth 0.9". */
static void
lines_text(const struct curves_state *st, char *out, size_t size)
{
    const struct curve_choice *c = &st->choice;
    char of[64] = "single runs", smooth[32] = "", runs[48];

    runs_text(&st->set, runs, sizeof runs);
    if (!c->single && c->band == BAND_NONE)
        snprintf(of, sizeof of, "mean%s", runs);
    else if (!c->single)
        snprintf(of, sizeof of, "mean, band %s%s", chart_band_name(c->band), runs);
    if (c->smooth > 0)
        snprintf(smooth, sizeof smooth, "  smooth %.2g", c->smooth);
    snprintf(out, size, "%s%s", of, smooth);
}

/* What the lines are: what matters most comes first, and the end is cut. */
static void
draw_status(const struct curves_state *st, const struct ui *ui, struct canvas *cv)
{
    const struct curve_choice *c = &st->choice;
    const struct metric_info *info = metric_info(c->metric);
    char text[320], lines[128], marked[64], bare[64] = "";
    int n = 0;

    lines_text(st, lines, sizeof lines);
    if (ui->marked && ui->marked->n)
        snprintf(marked, sizeof marked, "%zu marked", ui->marked->n);
    else
        snprintf(marked, sizeof marked, "newest experiment%s",
                 st->set.n_left_out ? ", first 6 groups" : "");
    n += canvas_text(cv, 0, 1, -1, STYLE_BOLD, info->name);
    if (st->set.n_bare_imported && st->set.n_bare < st->set.n_runs)
        snprintf(bare, sizeof bare, "  %zu imported without", st->set.n_bare_imported);
    snprintf(text, sizeof text, "%s%s  %s%s%s%s%s%s  x %s  %s", *info->unit ? " " : "",
             info->unit, lines, bare, st->log_y ? "  log y" : "",
             isnan(st->x0) ? "" : "  zoomed", st->set.thinned ? "  thinned out" : "",
             st->follow ? "  follow" : "", chart_x_label(c->x), marked);
    canvas_text(cv, 0, 1 + n, -1, STYLE_DIM, text);
}

static void
make_set(struct curves_state *st, struct ui *ui)
{
    bool late = ui->model.late;

    ui->model.late = false;
    st->choice.smooth = smoothings[st->smoothing];
    if (!st->is_continued) {
        curve_set_make(&st->set, &ui->model, ui->marked, &st->choice);
        curve_panels_rewind(&st->panels);
        st->is_continued = st->shows_panels && !ui->model.late;
    }
    if (st->is_continued)
        curve_panels_make(&st->panels, &ui->model, ui->marked, &st->choice,
                          st->panels_room - 1);
    st->is_continued = st->is_continued && ui->model.late;
    st->stale = ui->model.late; /* the rest in the next frame */
    ui->model.late = ui->model.late || late;
    keep_end_in_sight(st);
    if (isnan(st->cursor))
        st->cursor =
            st->choice.x == CHART_X_TIME ? st->set.x_max : floor(st->set.x_max);
}

static void
make_again(struct curves_state *st)
{
    st->stale = true;
    st->is_continued = false;
}

/* Chart i: the chosen metric, then the panels. */
static const struct curve_set *
set_of(const struct curves_state *st, size_t i)
{
    return i ? &st->panels.set[i - 1] : &st->set;
}

static enum metric_id
metric_of(const struct curves_state *st, size_t i)
{
    return i ? st->panels.metric[i - 1] : st->choice.metric;
}

/* The right end of the axis while runs go on: a round number past the newest value, so
 * that a refresh adds points and leaves the others where they are. */
static double
roomy_end(double x)
{
    static const double round_up[] = {1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10};
    double unit = pow(10, floor(log10(x)));
    size_t i = 0;

    if (!(x > 0))
        return x;
    while (round_up[i] * unit < x && round_up[i] < 10)
        i++;
    return round_up[i] * unit;
}

static bool
is_live(const struct model *m)
{
    for (size_t i = 0; i < m->n_groups; i++)
        if (m->group[i].count[RUN_running])
            return true;
    return false;
}

/* series has room for 2 set->n. */
static struct chart
chart_of(const struct curves_state *st, const struct ui *ui,
         const struct curve_set *set, struct chart_series *series)
{
    double end =
        isnan(st->x1) && is_live(&ui->model) ? roomy_end(st->set.x_max) : st->x1;

    return (struct chart){
        .x_label = chart_x_label(st->choice.x),
        .series = series,
        .n_series = curve_set_series(set, st->choice.band != BAND_NONE, series),
        .glyphs = ui->ascii ? CHART_ASCII : ui->glyphs,
        .log_y = st->log_y,
        .x_min = st->x0,
        .x_max = end,
        .y_min = (double)NAN,
        .y_max = (double)NAN,
        .cursor_x = st->cursor_on ? st->cursor : (double)NAN,
    };
}

/* While runs go on, y stays as it was drawn if that still shows everything. */
static void
calm_down(struct curves_state *st, const struct ui *ui, enum metric_id metric,
          struct chart *chart)
{
    struct chart_axes axes;

    if (!is_live(&ui->model)) {
        st->y[metric] = (struct calm_range){0};
        return;
    }
    chart_axes_fit(&axes, chart);
    if (axes.empty)
        return;
    struct calm_range r = calm_range_fit(st->y[metric], axes.y.lo, axes.y.hi);
    st->y[metric] = r;
    chart->y_min = axes.y.log ? pow(10, r.lo) : r.lo;
    chart->y_max = axes.y.log ? pow(10, r.hi) : r.hi;
}

static void
draw_one(struct curves_state *st, const struct ui *ui, struct canvas *cv)
{
    struct chart_series *series = xcalloc(2 * st->set.n + 1, sizeof *series);
    struct chart chart = chart_of(st, ui, &st->set, series);

    calm_down(st, ui, st->choice.metric, &chart);
    chart_draw(&chart, cv, 1, 0, cv->rows - 1, cv->cols);
    free(series);
}

static void
draw_panels(struct curves_state *st, const struct ui *ui, struct canvas *cv)
{
    size_t n = 1 + st->panels.n;

    for (size_t i = 0; i < n; i++) {
        const struct curve_set *set = set_of(st, i);
        struct panel_place at = curve_panels_place(i, n, cv->rows - 1, cv->cols);
        struct chart_series *series = xcalloc(2 * set->n + 1, sizeof *series);
        struct chart chart = chart_of(st, ui, set, series);
        const struct metric_info *info = metric_info(metric_of(st, i));

        calm_down(st, ui, st->panels.metric[i], &chart);
        chart.title = info->name;
        chart.y_label = *info->unit ? info->unit : NULL;
        for (size_t k = 0; i > 0 && !st->cursor_on && k < chart.n_series; k++)
            series[k].name = ""; /* as in the first */
        chart_draw(&chart, cv, 1 + at.row, at.col, at.rows, at.cols);
        free(series);
    }
}

/* Why the chart is empty, and what to press. */
static void
draw_bare(const struct curves_state *st, struct canvas *cv)
{
    const struct curve_set *set = &st->set;
    const char *name = metric_info(st->choice.metric)->name;
    struct strbuf text = {0};

    if (set->n_bare && set->n_bare == set->n_bare_imported)
        strbuf_addf(&text,
                    "%s %s no %s: %s imported, and no event file with it came "
                    "along.\n",
                    set->n_bare == 1 ? "This run" : "These runs",
                    set->n_bare == 1 ? "has" : "have", name,
                    set->n_bare == 1 ? "it was" : "they were");
    else
        strbuf_addf(&text, "There is no %s of these runs yet.\n", name);
    strbuf_addf(&text, "%s: another metric; ", keymap_hint(ACT_METRIC_NEXT));
    strbuf_addf(&text, "%s, then ", keymap_hint(ACT_OPEN_runs));
    strbuf_addf(&text, "%s: mark other runs to draw", keymap_hint(ACT_MARK));
    compare_why_draw(strbuf_str(&text), cv, cv->rows / 2 - 1);
    strbuf_release(&text);
}

static void
curves_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct curves_state *st = state;
    size_t room = curve_panels_room(cv->rows - 1, cv->cols);

    if (ui->model.runs.n == 0) {
        ui_draw_empty(ui, cv);
        return;
    }
    if (st->shows_panels && room != st->panels_room)
        make_again(st);
    st->panels_room = room;
    if (st->stale)
        make_set(st, ui);
    draw_status(st, ui, cv);
    if (st->set.n == 0 && st->stale)
        canvas_text(cv, cv->rows / 2, cv->cols / 2 - 9, -1, STYLE_DIM,
                    "reading the curves");
    else if (isnan(st->set.x_min) && !st->panels.n)
        draw_bare(st, cv);
    else if (st->panels.n)
        draw_panels(st, ui, cv);
    else
        draw_one(st, ui, cv);
}

/* --- actions --- */

/* The charts on the screen as one document. */
static void
export_svg(const struct curves_state *st, const struct ui *ui, struct strbuf *out)
{
    size_t n = 1 + st->panels.n;
    struct chart chart[METRIC_COUNT];
    struct chart_series *series[METRIC_COUNT];
    char lines[128];

    lines_text(st, lines, sizeof lines);
    for (size_t i = 0; i < n; i++) {
        const struct curve_set *set = set_of(st, i);
        const struct metric_info *info = metric_info(metric_of(st, i));

        series[i] = xcalloc(2 * set->n + 1, sizeof **series);
        chart[i] = chart_of(st, ui, set, series[i]);
        chart[i].title = info->name;
        chart[i].y_label = *info->unit ? info->unit : info->name;
        chart[i].note = lines;
    }
    chart_svg(chart, n, out);
    for (size_t i = 0; i < n; i++)
        free(series[i]);
}

static bool
curves_export(void *state, struct ui *ui, const char *suffix, struct strbuf *out)
{
    const struct curves_state *st = state;
    enum table_format format;

    if (strcmp(suffix, ".svg") == 0)
        export_svg(st, ui, out);
    else if (ui_export_format(suffix, &format))
        curve_set_export(&st->set, format, out);
    else
        return false;
    return true;
}

static const char *
curves_export_name(const void *state)
{
    const struct curves_state *st = state;

    return metric_info(st->choice.metric)->name;
}

/* Actions that choose what is drawn: the lines are made again. */
static bool
choose(struct curves_state *st, enum action a)
{
    struct curve_choice *c = &st->choice;
    int metric = (int)c->metric, by = a == ACT_METRIC_NEXT ? 1 : METRIC_COUNT - 1;

    if (a == ACT_METRIC_NEXT || a == ACT_METRIC_PREV)
        c->metric = (enum metric_id)((metric + by) % METRIC_COUNT);
    else if (a == ACT_SMOOTH)
        st->smoothing = (st->smoothing + 1) % N_SMOOTHINGS;
    else if (a == ACT_BAND)
        c->band = (enum chart_band)((c->band + 1) % BAND_COUNT);
    else if (a == ACT_SPLIT)
        c->single = !c->single;
    else if (a == ACT_PANELS)
        st->shows_panels = !st->shows_panels;
    else if (a == ACT_X_AXIS)
        c->x = (enum chart_x)((c->x + 1) % CHART_X_COUNT);
    else
        return false;
    curve_panels_release(&st->panels);
    if (a == ACT_X_AXIS)
        st->x0 = st->x1 = st->cursor = (double)NAN;
    make_again(st);
    return true;
}

static bool
curves_act(void *state, struct ui *ui, enum action a)
{
    struct curves_state *st = state;

    memset(st->y, 0, sizeof st->y); /* whatever is asked for is shown at its best */
    if (choose(st, a))
        return true;
    if (a == ACT_LOG_Y)
        st->log_y = !st->log_y;
    else if (a == ACT_ZOOM_IN || a == ACT_ZOOM_OUT)
        zoom(st, a == ACT_ZOOM_IN ? 0.5 : 2);
    else if (a == ACT_LEFT || a == ACT_RIGHT)
        step(st, ui, a == ACT_LEFT ? -1 : 1);
    else if (a == ACT_RESET)
        st->x0 = st->x1 = (double)NAN;
    else if (a == ACT_FOLLOW)
        st->follow = !st->follow;
    else if (a == ACT_CURSOR)
        st->cursor_on = !st->cursor_on;
    else if (a == ACT_SVG)
        ui_export_ask_as(ui, ".svg");
    else
        return false;
    keep_end_in_sight(st);
    return true;
}

static void
curves_open(void *state, struct ui *ui)
{
    struct curves_state *st = state;

    (void)ui;
    st->choice = (struct curve_choice){.metric = METRIC_train_loss, .band = BAND_T95};
    st->x0 = st->x1 = st->cursor = (double)NAN;
}

static void
curves_close(void *state)
{
    struct curves_state *st = state;

    curve_set_release(&st->set);
    curve_panels_release(&st->panels);
}

static void
curves_refresh(void *state, struct ui *ui)
{
    (void)ui;
    make_again(state);
}

static const char *
metric_name(size_t i)
{
    return i < METRIC_COUNT ? metric_info((enum metric_id)i)->name : NULL;
}

static const char *
smoothing_name(size_t i)
{
    static const char *const name[N_SMOOTHINGS] = {"0", "0.6", "0.9", "0.97"};

    return i < N_SMOOTHINGS ? name[i] : NULL;
}

static const char *
band_name(size_t i)
{
    return i == BAND_NONE   ? "none"
           : i < BAND_COUNT ? chart_band_name((enum chart_band)i)
                            : NULL;
}

static const char *
x_name(size_t i)
{
    return i < CHART_X_COUNT ? chart_x_label((enum chart_x)i) : NULL;
}

#define AT(field) offsetof(struct curves_state, field)
static const struct setting settings[] = {
    {"metric", SETTING_CHOICE, AT(choice.metric), metric_name, 0, 0, "what is drawn"},
    {"smoothing", SETTING_CHOICE, AT(smoothing), smoothing_name, 0, 0,
     "weight of the past"},
    {"band", SETTING_CHOICE, AT(choice.band), band_name, 0, 0, "around means"},
    {"x", SETTING_CHOICE, AT(choice.x), x_name, 0, 0, "axis"},
    {"log_y", SETTING_BOOL, AT(log_y), NULL, 0, 0, "logarithmic y axis"},
    {"single", SETTING_BOOL, AT(choice.single), NULL, 0, 0,
     "every run alone, not the means of groups"},
    {"panels", SETTING_BOOL, AT(shows_panels), NULL, 0, 0, "several metrics at once"},
    {"follow", SETTING_BOOL, AT(follow), NULL, 0, 0, "keep the newest in sight"},
};
#undef AT

const struct view view_curves = {
    .name = "curves",
    .title = "Curves",
    .help = "A metric over training: the marked runs, or the newest experiment.",
    .command = "hcelab curve RUN... --metric NAME --csv",
    .context = {CTX_CURVES},
    .state_size = sizeof(struct curves_state),
    .open = curves_open,
    .close = curves_close,
    .refresh = curves_refresh,
    .draw = curves_draw,
    .act = curves_act,
    .suffixes = ".csv .json .md .svg",
    .export = curves_export,
    .export_name = curves_export_name,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};
