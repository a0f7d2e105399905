/* cmd_curve.c - metric curves as a chart in the terminal, or as rows. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/curve_data.h"
#include "cli/run_arg.h"
#include "draw/chart.h"
#include "spec/spec.h"

enum { CHART_ROWS = 22, CHART_COLS = 100, N_STYLES = 6 };

struct curves {
    struct curve *curve; /* (n) owned */
    size_t n;
    struct chart_series *series; /* (n_series) owned; borrows from curve and mean */
    size_t n_series;
    struct chart_mean *mean; /* (n_series) owned; with --groups */
    char **name;             /* (n_series) owned; of the groups */
};

static void
curves_release(struct curves *cs)
{
    for (size_t i = 0; i < cs->n; i++)
        curve_release(&cs->curve[i]);
    for (size_t i = 0; i < cs->n_series; i++) {
        if (cs->mean)
            chart_mean_release(&cs->mean[i]);
        if (cs->name)
            free(cs->name[i]);
    }
    free(cs->curve);
    free(cs->series);
    free(cs->mean);
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

/* The curves of the runs named (all: of every run of --experiment). */
static enum err
load(struct cli *c, struct curves *cs, enum curve_x x, struct errbuf *eb)
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
        if (n == 0 || is_marked(ids, n, runs.run[i].run_id)) {
            e = curve_load(&cs->curve[cs->n], c->store, &runs.run[i],
                           opts_text(&c->opts, "metric"), x, eb);
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

/* Mean and band of the group of curve i, unless an earlier curve belongs to it. */
static void
add_group(struct curves *cs, size_t i, enum chart_band band)
{
    struct chart_series *member = xcalloc(cs->n, sizeof *member);
    size_t n = 0, k = cs->n_series;

    for (size_t j = 0; j < cs->n; j++) {
        if (!same_group(&cs->curve[i], &cs->curve[j]))
            continue;
        if (j < i) {
            free(member);
            return;
        }
        member[n++] = series_of(&cs->curve[j], STYLE_TEXT);
    }
    struct chart_mean *m = &cs->mean[k];
    chart_mean_init(m, member, n, band);
    cs->name[k] =
        xasprintf("%s n=%zu %.6s", cs->curve[i].loss, n, cs->curve[i].pair_key);
    cs->series[k] = (struct chart_series){.name = cs->name[k],
                                          .style = series_style(k),
                                          .x = m->x,
                                          .y = m->y,
                                          .lo = m->lo,
                                          .hi = m->hi,
                                          .n = m->n};
    cs->n_series++;
    free(member);
}

static void
series_by_group(struct curves *cs, enum chart_band band)
{
    cs->series = xcalloc(cs->n + 1, sizeof *cs->series);
    cs->mean = xcalloc(cs->n + 1, sizeof *cs->mean);
    cs->name = xcalloc(cs->n + 1, sizeof *cs->name);
    for (size_t i = 0; i < cs->n; i++)
        add_group(cs, i, band);
}

/* Width of the terminal, or a usual one. */
static int
chart_cols(void)
{
    struct winsize ws = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col >= 40;

    return known ? ws.ws_col : CHART_COLS;
}

static void
print_chart(struct cli *c, const struct curves *cs)
{
    struct strbuf sb = {0};
    struct canvas cv;
    struct chart chart = {
        .title = opts_text(&c->opts, "metric"),
        .x_label = opts_text(&c->opts, "x"),
        .series = cs->series,
        .n_series = cs->n_series,
        .glyphs = c->ascii ? CHART_ASCII : CHART_BRAILLE,
        .log_y = opts_has(&c->opts, "log-y"),
        .x_min = (double)NAN,
        .x_max = (double)NAN,
        .y_min = (double)NAN,
        .y_max = (double)NAN,
        .cursor_x = (double)NAN,
    };

    canvas_init(&cv, CHART_ROWS, chart_cols(), c->ascii);
    chart_draw(&chart, &cv, 0, 0, cv.rows, cv.cols);
    canvas_dump(&cv, &sb);
    out_text(c, strbuf_str(&sb));
    canvas_release(&cv);
    strbuf_release(&sb);
}

static void
print_runs(struct cli *c, const struct curves *cs)
{
    static const struct table_column col[] = {
        {.name = "run_id", .type = TABLE_INT},
        {.name = "name", .type = TABLE_TEXT},
        {.name = "metric", .type = TABLE_TEXT},
        {.name = "step", .type = TABLE_INT},
        {.name = "epoch", .type = TABLE_INT},
        {.name = "wall_s", .type = TABLE_REAL, .digits = 3},
        {.name = "value", .type = TABLE_REAL, .digits = -6}};
    struct table *t = table_new(col, sizeof col / sizeof col[0]);

    for (size_t i = 0; i < cs->n; i++)
        for (size_t k = 0; k < cs->curve[i].n; k++) {
            const struct curve *cu = &cs->curve[i];

            table_int(t, cu->run_id);
            table_text(t, cu->name);
            table_text(t, opts_text(&c->opts, "metric"));
            table_int(t, cu->step[k]);
            table_int(t, cu->epoch[k]);
            table_real(t, cu->wall_s[k]);
            table_real(t, drawn(cu)[k]);
        }
    out_table(c, t);
    table_free(t);
}

static void
print_groups(struct cli *c, const struct curves *cs)
{
    static const struct table_column col[] = {
        {.name = "group", .type = TABLE_TEXT},
        {.name = "metric", .type = TABLE_TEXT},
        {.name = "x", .type = TABLE_REAL, .digits = -6},
        {.name = "mean", .type = TABLE_REAL, .digits = -6},
        {.name = "low", .type = TABLE_REAL, .digits = -6},
        {.name = "high", .type = TABLE_REAL, .digits = -6}};
    struct table *t = table_new(col, sizeof col / sizeof col[0]);

    for (size_t i = 0; i < cs->n_series; i++)
        for (size_t k = 0; k < cs->series[i].n; k++) {
            table_text(t, cs->series[i].name);
            table_text(t, opts_text(&c->opts, "metric"));
            table_real(t, cs->series[i].x[k]);
            table_real(t, cs->series[i].y[k]);
            table_real(t, cs->series[i].lo ? cs->series[i].lo[k] : (double)NAN);
            table_real(t, cs->series[i].hi ? cs->series[i].hi[k] : (double)NAN);
        }
    out_table(c, t);
    table_free(t);
}

static enum curve_x
x_of(const char *text)
{
    return strcmp(text, "epoch") == 0  ? CURVE_EPOCH
           : strcmp(text, "time") == 0 ? CURVE_TIME
                                       : CURVE_STEP;
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
print(struct cli *c, struct curves *cs)
{
    bool groups = opts_has(&c->opts, "groups");

    for (size_t i = 0; i < cs->n && opts_has(&c->opts, "smooth"); i++)
        curve_smooth(&cs->curve[i], opts_real(&c->opts, "smooth"));
    if (groups)
        series_by_group(cs, band_of(opts_text(&c->opts, "band")));
    else
        series_by_run(cs);
    if (c->format == TABLE_PLAIN)
        print_chart(c, cs);
    else if (groups)
        print_groups(c, cs);
    else
        print_runs(c, cs);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct curves cs = {0};
    enum err e;

    if (!c->opts.n_args && !opts_has(&c->opts, "experiment"))
        return err_set(eb, ERR_ARG,
                       "curve: name a RUN, or all runs of an experiment "
                       "with --experiment NAME");
    if ((e = check_metric(opts_text(&c->opts, "metric"), eb)) ||
        (e = cli_open(c, STORE_READ, eb)))
        return e;
    e = load(c, &cs, x_of(opts_text(&c->opts, "x")), eb);
    if (e == ERR_OK)
        print(c, &cs);
    curves_release(&cs);
    return e;
}

static const struct opt options[] = {
    {.name = "metric",
     .letter = 'm',
     .kind = OPT_TEXT,
     .value = "NAME",
     .def = "train_loss",
     .help = "what to show"},
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
               "hcelab curve 7 --csv > loss.csv",
    .opts = options,
    .max_args = SIZE_MAX,
    .flags = CMD_ROWS,
    .run = run,
};
