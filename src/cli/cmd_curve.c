/* cmd_curve.c - metric curves as a chart in the terminal, or as rows. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/csv_out.h"
#include "cli/curve_data.h"
#include "cli/run_arg.h"
#include "draw/chart.h"
#include "draw/chart_svg.h"
#include "spec/spec.h"

enum { CHART_ROWS = 22, CHART_COLS = 100, N_STYLES = 6 };

struct curves {          /* of one metric */
    const char *metric;  /* borrowed */
    struct curve *curve; /* (n) owned */
    size_t n;
    struct chart_series *series; /* (n_series) owned; borrows from curve and mean */
    size_t n_series;
    struct chart_mean *mean; /* (n_means) owned; with --groups */
    struct chart_mean *raw;  /* (n_means) owned; the same without smoothing */
    size_t n_means;
    char **name; /* (n_means) owned; of the groups */
};

static void
curves_release(struct curves *cs)
{
    for (size_t i = 0; i < cs->n; i++)
        curve_release(&cs->curve[i]);
    for (size_t i = 0; i < cs->n_means; i++) {
        chart_mean_release(&cs->mean[i]);
        chart_mean_release(&cs->raw[i]);
        free(cs->name[i]);
    }
    free(cs->curve);
    free(cs->series);
    free(cs->mean);
    free(cs->raw);
    free(cs->name);
}

static enum style
series_style(size_t i)
{
    return (enum style)(STYLE_SERIES_1 + i % N_STYLES);
}

static bool
is_marked(const int64_t *ids, size_t n, int64_t run_id)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] == run_id)
            return true;
    return false;
}

/* Run i was asked for, and in means over seeds it stands for its seed. */
static bool
is_wanted(const struct cli *c, const struct store_runs *runs, size_t i,
          const int64_t *ids, size_t n)
{
    if (n && !is_marked(ids, n, runs->run[i].run_id))
        return false;
    for (size_t k = 0; opts_has(&c->opts, "groups") && k < runs->n; k++)
        if ((n == 0 || is_marked(ids, n, runs->run[k].run_id)) &&
            store_run_replaces(&runs->run[k], &runs->run[i]))
            return false;
    return true;
}

/* The curves of the runs named (all: of every run of --experiment). */
static enum err
load(struct cli *c, struct curves *cs, enum chart_x x, struct errbuf *eb)
{
    struct store_run_filter filter = {.experiment = opts_text(&c->opts, "experiment")};
    struct store_runs runs;
    int64_t *ids;
    size_t n;
    enum err e = run_arg_ids(c, 0, &ids, &n, eb);

    if (e)
        return e;
    if ((e = store_runs_list(c->store, &filter, &runs, eb))) {
        free(ids);
        return e;
    }
    cs->curve = xcalloc(runs.n + 1, sizeof *cs->curve);
    for (size_t i = 0; i < runs.n && e == ERR_OK; i++)
        if (is_wanted(c, &runs, i, ids, n)) {
            e = curve_load(&cs->curve[cs->n], c->store, &runs.run[i], cs->metric, x,
                           eb);
            cs->n += e == ERR_OK;
        }
    free(ids);
    store_runs_release(&runs);
    if (e == ERR_OK && cs->n == 0)
        e = err_set(eb, ERR_NOTFOUND,
                    "--experiment %s: %s; hcelab runs lists the experiments",
                    filter.experiment, n ? "none of these runs is in it" : "no runs");
    return e;
}

/* The values that are drawn as the line of a curve. */
static const double *
drawn(const struct curve *cu)
{
    return cu->smooth ? cu->smooth : cu->value;
}

static struct chart_series
series_of(const struct curve *cu, enum style style)
{
    return (struct chart_series){
        .name = cu->name, .style = style, .x = cu->x, .y = drawn(cu), .n = cu->n};
}

/* One line per run; a smoothed one lies over its raw values. */
static void
series_by_run(struct curves *cs)
{
    cs->series = xcalloc(2 * cs->n + 1, sizeof *cs->series);
    for (size_t i = 0; i < cs->n; i++) {
        if (cs->curve[i].smooth) {
            struct chart_series raw = series_of(&cs->curve[i], series_style(i));

            raw.name = "";
            raw.y = cs->curve[i].value;
            raw.dim = true;
            cs->series[cs->n_series++] = raw;
        }
        cs->series[cs->n_series++] = series_of(&cs->curve[i], series_style(i));
    }
}

static bool
same_group(const struct curve *a, const struct curve *b)
{
    return strcmp(a->pair_key, b->pair_key) == 0 && strcmp(a->loss, b->loss) == 0;
}

static bool
several_models(const struct curves *cs)
{
    for (size_t i = 1; i < cs->n; i++)
        if (strcmp(cs->curve[i].model, cs->curve[0].model) != 0)
            return true;
    return false;
}

/* Mean and band of the group of curve i, unless an earlier curve belongs to it. */
static void
add_group(struct curves *cs, size_t i, enum chart_band band)
{
    struct chart_series *member = xcalloc(cs->n, sizeof *member);
    struct chart_series *raw = xcalloc(cs->n, sizeof *raw);
    size_t n = 0, k = cs->n_means;

    for (size_t j = 0; j < cs->n; j++) {
        if (!same_group(&cs->curve[i], &cs->curve[j]))
            continue;
        if (j < i)
            goto out;
        raw[n] = member[n] = series_of(&cs->curve[j], STYLE_TEXT);
        raw[n++].y = cs->curve[j].value;
    }
    chart_mean_init(&cs->mean[k], member, n, band);
    if (cs->curve[i].smooth)
        chart_mean_init(&cs->raw[k], raw, n, BAND_NONE);
    const struct curve *cu = &cs->curve[i];
    cs->name[k] = xasprintf("%s%s%s n=%zu %.6s", several_models(cs) ? cu->model : "",
                            several_models(cs) ? " " : "", cu->loss, n, cu->pair_key);
    cs->n_means++;
out:
    free(member);
    free(raw);
}

/* The means, each over its dimmed raw line where it is smoothed. */
static void
series_by_group(struct curves *cs, enum chart_band band)
{
    cs->series = xcalloc(2 * cs->n + 1, sizeof *cs->series);
    cs->mean = xcalloc(cs->n + 1, sizeof *cs->mean);
    cs->raw = xcalloc(cs->n + 1, sizeof *cs->raw);
    cs->name = xcalloc(cs->n + 1, sizeof *cs->name);
    for (size_t i = 0; i < cs->n; i++)
        add_group(cs, i, band);
    for (size_t k = 0; k < cs->n_means; k++) {
        const struct chart_mean *m = &cs->mean[k], *raw = &cs->raw[k];

        if (raw->n)
            cs->series[cs->n_series++] = (struct chart_series){.name = "",
                                                               .style = series_style(k),
                                                               .x = raw->x,
                                                               .y = raw->y,
                                                               .n = raw->n,
                                                               .dim = true};
        cs->series[cs->n_series++] = (struct chart_series){.name = cs->name[k],
                                                           .style = series_style(k),
                                                           .x = m->x,
                                                           .y = m->y,
                                                           .lo = m->lo,
                                                           .hi = m->hi,
                                                           .lost = m->lost,
                                                           .n_lost = m->n_lost,
                                                           .n = m->n};
    }
}

static enum chart_x
x_of(const char *text)
{
    enum chart_x x = CHART_X_STEP;

    while (x + 1 < CHART_X_COUNT && strcmp(chart_x_name(x), text) != 0)
        x++;
    return x;
}

static enum chart_band
band_of(const char *text)
{
    static const char *const name[BAND_COUNT] = {[BAND_NONE] = "none",
                                                 [BAND_SD] = "sd",
                                                 [BAND_SE] = "se",
                                                 [BAND_MINMAX] = "min-max",
                                                 [BAND_T95] = "t95"};

    for (enum chart_band b = 0; b < BAND_COUNT; b++)
        if (strcmp(name[b], text) == 0)
            return b;
    return BAND_NONE;
}

static double
real_or_nan(const struct cli *c, const char *name)
{
    return opts_has(&c->opts, name) ? opts_real(&c->opts, name) : (double)NAN;
}

/* What the lines are: "mean over seeds, band 95 % t, smoothed .9". */
static void
note_of(const struct cli *c, struct strbuf *out)
{
    enum chart_band band = band_of(opts_text(&c->opts, "band"));

    if (opts_has(&c->opts, "groups"))
        strbuf_adds(out, "mean over seeds");
    if (opts_has(&c->opts, "groups") && band != BAND_NONE)
        strbuf_addf(out, ", band %s", chart_band_name(band));
    if (opts_has(&c->opts, "smooth"))
        strbuf_addf(out, "%ssmoothed %.3g", out->len ? ", " : "",
                    opts_real(&c->opts, "smooth"));
}

/* As --glyphs and --ascii say. */
static enum chart_glyphs
glyphs_of(const struct cli *c)
{
    const char *set = opts_text(&c->opts, "glyphs");

    if (c->ascii || (set && strcmp(set, "ascii") == 0))
        return CHART_ASCII;
    return set && strcmp(set, "block") == 0 ? CHART_BLOCK : CHART_BRAILLE;
}

static struct chart
chart_of(const struct cli *c, const struct curves *cs, const char *note)
{
    const char *unit = metric_info(metric_find(cs->metric))->unit;

    return (struct chart){
        .title = cs->metric,
        .x_label = chart_x_label(x_of(opts_text(&c->opts, "x"))),
        .y_label = *unit ? unit : NULL,
        .series = cs->series,
        .n_series = cs->n_series,
        .glyphs = glyphs_of(c),
        .log_y = opts_has(&c->opts, "log-y"),
        .x_min = real_or_nan(c, "from"),
        .x_max = real_or_nan(c, "to"),
        .y_min = (double)NAN,
        .y_max = (double)NAN,
        .cursor_x = real_or_nan(c, "at"),
        .note = *note ? note : NULL,
    };
}

static void
print_chart(const struct cli *c, const struct chart *chart)
{
    struct canvas cv;
    int rows = CHART_ROWS, cols = CHART_COLS;

    out_terminal_size(&rows, &cols);
    canvas_init(&cv, CHART_ROWS, cols, c->ascii);
    chart_draw(chart, &cv, 0, 0, cv.rows, cv.cols);
    out_canvas(&cv);
    canvas_release(&cv);
}

/* In a paper the name of a unit stands at the axis, and so does what has none. */
static enum err
write_svg(const struct cli *c, struct chart *chart, size_t n, struct errbuf *eb)
{
    struct strbuf svg = {0};
    struct csv_out o;

    for (size_t i = 0; i < n; i++)
        chart[i].y_label = chart[i].y_label ? chart[i].y_label : chart[i].title;
    chart_svg(chart, n, &svg);
    enum err e = csv_out_open(&o, c, opts_text(&c->opts, "svg"), eb);
    if (e == ERR_OK) {
        csv_out_text(&o, strbuf_str(&svg));
        e = csv_out_check(&o, eb);
        enum err closed = csv_out_close(&o, e == ERR_OK, e ? NULL : eb);
        e = e ? e : closed;
    }
    strbuf_release(&svg);
    return e;
}

static enum err
show_charts(const struct cli *c, const struct curves *cs, size_t n, struct errbuf *eb)
{
    struct chart *chart = xcalloc(n, sizeof *chart);
    struct strbuf note = {0};
    enum err e = ERR_OK;

    note_of(c, &note);
    for (size_t i = 0; i < n; i++)
        chart[i] = chart_of(c, &cs[i], strbuf_str(&note));
    if (opts_has(&c->opts, "svg"))
        e = write_svg(c, chart, n, eb);
    for (size_t i = 0; i < n && !opts_has(&c->opts, "svg"); i++)
        print_chart(c, &chart[i]);
    free(chart);
    strbuf_release(&note);
    return e;
}

static void
add_run_rows(struct table *t, const struct curves *cs)
{
    for (size_t i = 0; i < cs->n; i++)
        for (size_t k = 0; k < cs->curve[i].n; k++) {
            const struct curve *cu = &cs->curve[i];

            table_int(t, cu->run_id);
            table_text(t, cu->name);
            table_text(t, cs->metric);
            table_int(t, (int64_t)cu->step[k]);
            table_int(t, (int64_t)cu->epoch[k]);
            table_real(t, cu->wall_s[k]);
            table_real(t, drawn(cu)[k]);
        }
}

static void
add_group_rows(struct table *t, const struct curves *cs)
{
    for (size_t i = 0; i < cs->n_means; i++)
        for (size_t k = 0; k < cs->mean[i].n; k++) {
            const struct chart_mean *m = &cs->mean[i];

            table_text(t, cs->name[i]);
            table_text(t, cs->metric);
            table_real(t, m->x[k]);
            table_real(t, m->y[k]);
            table_real(t, m->lo ? m->lo[k] : (double)NAN);
            table_real(t, m->hi ? m->hi[k] : (double)NAN);
        }
}

static void
print_rows(struct cli *c, const struct curves *cs, size_t n)
{
    static const struct table_column run_columns[] = {
        {.name = "run_id", .type = TABLE_INT},
        {.name = "name", .type = TABLE_TEXT},
        {.name = "metric", .type = TABLE_TEXT},
        {.name = "step", .type = TABLE_INT},
        {.name = "epoch", .type = TABLE_INT},
        {.name = "wall_s", .type = TABLE_REAL, .digits = 3},
        {.name = "value", .type = TABLE_REAL, .digits = -6}};
    static const struct table_column group_columns[] = {
        {.name = "group", .type = TABLE_TEXT},
        {.name = "metric", .type = TABLE_TEXT},
        {.name = "x", .type = TABLE_REAL, .digits = -6},
        {.name = "mean", .type = TABLE_REAL, .digits = -6},
        {.name = "low", .type = TABLE_REAL, .digits = -6},
        {.name = "high", .type = TABLE_REAL, .digits = -6}};
    bool groups = opts_has(&c->opts, "groups");
    struct table *t =
        groups ? table_new(group_columns, sizeof group_columns / sizeof *group_columns)
               : table_new(run_columns, sizeof run_columns / sizeof *run_columns);

    for (size_t i = 0; i < n; i++)
        (groups ? add_group_rows : add_run_rows)(t, &cs[i]);
    out_table(c, t);
    table_free(t);
}

/* The metric must be one of the table: a typo is wrong usage, not an empty chart. */
static enum err
check_metric(const char *metric, struct errbuf *eb)
{
    struct strbuf names = {0};

    if (metric_find(metric) != METRIC_COUNT)
        return ERR_OK;
    for (enum metric_id m = 0; m < METRIC_COUNT; m++)
        strbuf_addf(&names, "%s%s", m ? ", " : "", metric_info(m)->name);
    err_set(eb, ERR_ARG, "--metric %s: must be one of: %s", metric, strbuf_str(&names));
    strbuf_release(&names);
    return ERR_ARG;
}

static void
make_series(const struct cli *c, struct curves *cs)
{
    for (size_t i = 0; i < cs->n && opts_has(&c->opts, "smooth"); i++)
        curve_smooth(&cs->curve[i], opts_real(&c->opts, "smooth"));
    if (opts_has(&c->opts, "groups"))
        series_by_group(cs, band_of(opts_text(&c->opts, "band")));
    else
        series_by_run(cs);
}

/* One chart per metric, below each other, or their rows in one table. */
static enum err
show(struct cli *c, const struct strlist *metrics, struct errbuf *eb)
{
    struct curves *cs = xcalloc(metrics->n, sizeof *cs);
    enum err e = ERR_OK;

    for (size_t i = 0; i < metrics->n && e == ERR_OK; i++) {
        cs[i].metric = metrics->item[i];
        e = load(c, &cs[i], x_of(opts_text(&c->opts, "x")), eb);
        if (e == ERR_OK)
            make_series(c, &cs[i]);
    }
    if (e == ERR_OK && (c->format == TABLE_PLAIN || opts_has(&c->opts, "svg")))
        e = show_charts(c, cs, metrics->n, eb);
    else if (e == ERR_OK)
        print_rows(c, cs, metrics->n);
    for (size_t i = 0; i < metrics->n; i++)
        curves_release(&cs[i]);
    free(cs);
    return e;
}

static enum err
check_options(const struct cli *c, const struct strlist *metrics, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (!c->opts.n_args && !opts_has(&c->opts, "experiment"))
        return err_set(eb, ERR_ARG,
                       "curve: name a RUN, or all runs of an experiment "
                       "with --experiment NAME");
    for (size_t i = 0; i < metrics->n && e == ERR_OK; i++)
        e = check_metric(metrics->item[i], eb);
    return e;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct strlist metrics = {0};

    strlist_split(&metrics, opts_text(&c->opts, "metric"), ',');
    enum err e = check_options(c, &metrics, eb);
    if (e == ERR_OK)
        e = cli_open(c, STORE_READ, eb);
    if (e == ERR_OK)
        e = show(c, &metrics, eb);
    strlist_release(&metrics);
    return e;
}

static const struct opt options[] = {
    {.name = "metric",
     .letter = 'm',
     .kind = OPT_TEXT,
     .value = "NAME[,NAME]",
     .def = "train_loss",
     .help = "what to show, in a chart each: train_loss,val_f1_macro"},
    {.name = "x",
     .kind = OPT_CHOICE,
     .value = "step|epoch|time",
     .def = "step",
     .choices = "step|epoch|time",
     .help = "the horizontal axis"},
    {.name = "log-y", .kind = OPT_FLAG, .help = "logarithmic vertical axis"},
    {.name = "smooth",
     .kind = OPT_REAL,
     .value = "W",
     .min = 0,
     .max = 0.999,
     .help = "exponential moving average: weight of the past"},
    {.name = "groups",
     .letter = 'g',
     .kind = OPT_FLAG,
     .help = "one line per seed group: the mean over seeds"},
    {.name = "band",
     .kind = OPT_CHOICE,
     .value = "KIND",
     .def = "t95",
     .choices = "none|sd|se|min-max|t95",
     .help = "around the mean: sd, se, min-max, or the 95 % t-interval"},
    {.name = "from",
     .kind = OPT_REAL,
     .value = "X",
     .min = 0,
     .max = 1e15,
     .help = "left end of the chart"},
    {.name = "to",
     .kind = OPT_REAL,
     .value = "X",
     .min = 0,
     .max = 1e15,
     .help = "right end of the chart"},
    {.name = "at",
     .kind = OPT_REAL,
     .value = "X",
     .min = 0,
     .max = 1e15,
     .help = "a cursor there: the value of every line"},
    {.name = "svg",
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "write the charts to a file for papers; -: to stdout"},
    {.name = "experiment",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "only runs of it; without RUN all of them"},
    {0}};

const struct cmd cmd_curve = {
    .name = "curve",
    .usage = "[RUN...]",
    .summary = "chart of a metric in the terminal, or its rows",
    .example = "hcelab curve linear-ce-s0 linear-hce-s0 --metric val_f1_macro\n"
               "hcelab curve --experiment demo --groups --x epoch\n"
               "hcelab curve --experiment demo --groups --metric val_f1_macro --svg "
               "f1.svg\n"
               "hcelab curve 7 --csv > loss.csv",
    .opts = options,
    .max_args = SIZE_MAX,
    .flags = CMD_ROWS,
    .run = run,
};
