/* test_svg.c - charts and plots of pairs as SVG, and pairs on a canvas. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw/chart_svg.h"
#include "draw/chart_x.h"
#include "draw/pair_plot.h"
#include "draw/svg.h"

/* ---- well-formed ---- */

/* Every tag is closed in order, attributes are quoted, and no bare & or < is left. */
static void
assert_well_formed(const char *s)
{
    char open[16][16];
    size_t depth = 0;

    assert_int_equal(strncmp(s, "<?xml ", 6), 0);
    for (s = strstr(s, "?>") + 2; *s; s++) {
        if (*s == '&')
            assert_true(!strncmp(s, "&amp;", 5) || !strncmp(s, "&lt;", 4) ||
                        !strncmp(s, "&gt;", 4) || !strncmp(s, "&quot;", 6));
        if (*s != '<')
            continue;
        const char *end = strchr(s, '>');
        assert_non_null(end);
        assert_null(memchr(s + 1, '<', (size_t)(end - s - 1)));
        if (s[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strncmp(s + 2, open[depth], strlen(open[depth])), 0);
        } else if (end[-1] != '/') {
            assert_true(depth < 16);
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)strcspn(s + 1, " >"),
                     s + 1);
        }
        s = end;
    }
    assert_int_equal(depth, 0);
}

static size_t
count(const char *s, const char *what)
{
    size_t n = 0;

    for (; (s = strstr(s, what)); s++)
        n++;
    return n;
}

static void
expect_svg(const struct chart *ch, size_t n, const char *file)
{
    struct strbuf out = {0};

    chart_svg(ch, n, &out);
    assert_well_formed(strbuf_str(&out));
    support_golden(strbuf_str(&out), file);
    strbuf_release(&out);
}

static struct chart
chart_of(const struct chart_series *s, size_t n)
{
    return (struct chart){.title = "val_f1_macro",
                          .x_label = "epoch",
                          .y_label = "macro F1",
                          .series = s,
                          .n_series = n,
                          .x_min = (double)NAN,
                          .x_max = (double)NAN,
                          .y_min = (double)NAN,
                          .y_max = (double)NAN,
                          .cursor_x = (double)NAN,
                          .note = "mean, band 95 % t, n 4"};
}

static void
test_chart_svg__means_with_bands(void **state)
{
    enum { N = 12 };
    double x[N], y[2][N], lo[2][N], hi[2][N];
    struct chart_series s[2];

    (void)state;
    for (int i = 0; i < N; i++) {
        x[i] = i;
        for (int k = 0; k < 2; k++) {
            y[k][i] = 0.8 - 0.4 * exp(-0.3 * i) + 0.05 * k;
            lo[k][i] = y[k][i] - 0.02;
            hi[k][i] = y[k][i] + 0.02;
        }
    }
    y[1][5] = (double)NAN;
    for (int k = 0; k < 2; k++)
        s[k] = (struct chart_series){.name = k ? "HCE n=4" : "CE n=4",
                                     .style = k ? STYLE_SERIES_2 : STYLE_SERIES_1,
                                     .x = x,
                                     .y = y[k],
                                     .lo = lo[k],
                                     .hi = hi[k],
                                     .n = N};
    struct chart ch = chart_of(s, 2);
    expect_svg(&ch, 1, "svg_chart.svg");
    struct chart two[] = {ch, ch};
    two[1].log_y = true;
    expect_svg(two, 2, "svg_panels.svg");
}

static void
test_chart_svg__text_is_escaped(void **state)
{
    double x[] = {1, 2}, y[] = {1, 2};
    struct chart_series s = {
        .name = "<b>&\"quoted\" \x1b[31m\xff\xef\xbf\xbe",
        .style = STYLE_SERIES_1,
        .x = x,
        .y = y};
    struct chart ch = chart_of(&s, 1);
    struct strbuf out = {0};

    (void)state;
    s.n = 2;
    ch.title = "a < b && c]]>";
    chart_svg(&ch, 1, &out);
    assert_well_formed(strbuf_str(&out));
    assert_non_null(strstr(strbuf_str(&out), "&lt;b&gt;&amp;&quot;quoted&quot; "));
    assert_null(strchr(strbuf_str(&out), '\x1b'));
    assert_null(strstr(strbuf_str(&out), "\xef\xbf\xbe")); /* U+FFFE is not in XML */
    strbuf_release(&out);
}

static void
test_chart_svg__empty_says_so(void **state)
{
    double x[] = {1, 2}, y[] = {(double)NAN, (double)NAN};
    struct chart_series s = {.name = "lost", .x = x, .y = y, .n = 2};
    struct chart ch = chart_of(&s, 1);

    (void)state;
    expect_svg(&ch, 1, "svg_empty.svg");
}

/* The highest point of any path: the smallest y that follows a space. */
static double
highest(const char *s)
{
    double least = INFINITY;

    for (s = strstr(s, "<path d=\"M"); s && *s != '\n' && *s; s++)
        if (*s == ' ' && s[1] >= '0' && s[1] <= '9')
            least = fmin(least, atof(s + 1));
    return least;
}

/* One of 200,000 points stands out: it is drawn, and the file stays small. */
static void
test_chart_svg__spikes_survive_decimation(void **state)
{
    enum { N = 200000 };
    double *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
    struct chart_series s = {
        .name = "loss", .style = STYLE_SERIES_1, .x = x, .y = y, .n = N};
    struct chart ch = chart_of(&s, 1);
    struct strbuf out = {0};

    (void)state;
    for (int i = 0; i < N; i++) {
        x[i] = i;
        y[i] = 1 + 0.01 * (i % 7);
    }
    ch.y_max = 10;
    ch.y_min = 0;
    chart_svg(&ch, 1, &out);
    double flat = highest(strbuf_str(&out));
    y[123457] = 9;
    strbuf_reset(&out);
    chart_svg(&ch, 1, &out);
    assert_true(highest(strbuf_str(&out)) < flat - 100);
    assert_true(out.len < 100000);
    strbuf_release(&out);
    free(x);
    free(y);
}

static void
test_chart_svg__values_that_are_not_finite_are_crosses(void **state)
{
    double x[] = {1, 2, 3, 4, 5}, y[] = {1, (double)NAN, 2, INFINITY, 3};
    struct chart_series s = {
        .name = "loss", .style = STYLE_SERIES_2, .x = x, .y = y, .n = 5};
    struct chart ch = chart_of(&s, 1);
    struct strbuf out = {0};

    (void)state;
    chart_svg(&ch, 1, &out);
    assert_int_equal(count(strbuf_str(&out), "<path "), 3); /* a line and two crosses */
    assert_null(strstr(strbuf_str(&out), "nan"));
    assert_null(strstr(strbuf_str(&out), "inf"));
    strbuf_release(&out);
}

/* ---- x ---- */

static void
test_chart_x__epochs_have_fractions_for_steps_only(void **state)
{
    double step[] = {1, 10, 11, 20}, epoch[] = {0, 0, 1, 1}, wall[] = {1, 2, 3, 4},
           out[4];

    (void)state;
    chart_x_of(CHART_X_EPOCH, false, step, epoch, wall, 4, out);
    support_near(out[1], 0.9, 1e-12);
    support_near(out[3], 1.9, 1e-12);
    chart_x_of(CHART_X_EPOCH, true, step, epoch, wall, 4, out);
    support_near(out[3], 1, 0);
    chart_x_of(CHART_X_TIME, true, step, epoch, wall, 4, out);
    support_near(out[3], 4, 0);
    chart_x_of(CHART_X_STEP, true, step, epoch, wall, 4, step);
    support_near(step[3], 20, 0);
}

/* ---- pairs ---- */

static const int64_t seed[] = {0, 1, 2, 3};
static const double a[][4] = {{0.50, 0.52, 0.51, 0.53},
                              {0.71, 0.70, 0.72, 0.69},
                              {0.6, 0.6, 0.6, 0.6}};
static const double b[][4] = {{0.62, 0.64, 0.65, 0.66},
                              {0.66, 0.67, 0.65, 0.66},
                              {0.6, 0.61, 0.59, 0.6}};
static const struct pair_plot_row rows[] = {
    {"B cell", seed, a[0], b[0], 4, 0.1275, 0.108, 0.147, 'v'},
    {"CD8-positive, alpha-beta T cell", seed, a[1], b[1], 4, -0.045, -0.07, -0.02, '*'},
    {"T <cell> & more", seed, a[2], b[2], 4, 0, -0.013, 0.013, ' '},
    {"one seed", seed, a[0], b[0], 1, 0.12, (double)NAN, (double)NAN, ' '},
};
static const struct pair_plot plot = {.title = "F1 by class",
                                      .note = "4 pairs of seeds",
                                      .a_name = "CE",
                                      .b_name = "HCE",
                                      .value = "F1",
                                      .row = rows,
                                      .n = 4,
                                      .current = SIZE_MAX};

static void
expect_plot(const struct pair_plot *p, int n_rows, int n_cols, bool ascii,
            const char *file)
{
    struct canvas cv;
    struct strbuf out = {0};

    canvas_init(&cv, n_rows, n_cols, ascii);
    pair_plot_draw(p, &cv, 0, 0, n_rows, n_cols, 0);
    canvas_dump(&cv, &out);
    support_golden(strbuf_str(&out), file);
    strbuf_release(&out);
    canvas_release(&cv);
}

static void
test_pair_plot__a_line_for_every_seed(void **state)
{
    (void)state;
    assert_int_equal(pair_plot_rows(&plot), 3 + 4 + 13);
    expect_plot(&plot, 20, 100, false, "pairs_seeds.txt");
    expect_plot(&plot, 20, 80, true, "pairs_ascii.txt");
}

static void
test_pair_plot__seeds_over_each_other(void **state)
{
    (void)state;
    expect_plot(&plot, 8, 60, false, "pairs_labels.txt");
    expect_plot(&plot, 6, 40, false, "pairs_narrow.txt"); /* one label left out */
    expect_plot(&plot, 7, 24, true, "pairs_deltas.txt");
}

static void
test_pair_plot__draws_at_any_size(void **state)
{
    (void)state;
    for (int r = 0; r < 24; r++)
        for (int c = 0; c < 90; c += 3) {
            struct canvas cv;

            canvas_init(&cv, r + 2, c + 2, false);
            canvas_fill(&cv, 0, 0, r + 2, c + 2, '.', STYLE_TEXT);
            pair_plot_draw(&plot, &cv, 1, 1, r, c, 1);
            for (int i = 0; i < r + 2; i++) /* nothing beside the rectangle */
                assert_string_equal(cv.cell[i * (c + 2)].glyph, ".");
            for (int i = 0; i < c + 2; i++)
                assert_string_equal(cv.cell[(r + 1) * (c + 2) + i].glyph, ".");
            canvas_release(&cv);
        }
}

static void
test_pair_plot__wide_intervals_leave_room_for_the_values(void **state)
{
    struct pair_plot_row r = rows[1];
    struct pair_plot p = plot;
    struct axis value, delta;

    (void)state;
    r.lo = -2;
    r.hi = 1.9;
    p.row = &r;
    p.n = 1;
    pair_plot_axes(&p, &value, &delta);
    assert_true(delta.lo > -0.2 && delta.hi < 0.2);
    expect_plot(&p, 9, 70, true, "pairs_wide.txt");
}

static void
test_pair_plot__nothing_to_draw(void **state)
{
    struct pair_plot p = plot;
    struct strbuf out = {0};

    (void)state;
    p.n = 0;
    expect_plot(&p, 6, 60, true, "pairs_none.txt");
    pair_plot_svg(&p, &out);
    assert_well_formed(strbuf_str(&out));
    strbuf_release(&out);
}

static void
test_pair_plot__svg(void **state)
{
    struct strbuf out = {0};

    (void)state;
    pair_plot_svg(&plot, &out);
    assert_well_formed(strbuf_str(&out));
    assert_non_null(strstr(strbuf_str(&out), "T &lt;cell&gt; &amp; more"));
    support_golden(strbuf_str(&out), "svg_pairs.svg");
    strbuf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chart_svg__means_with_bands),
        cmocka_unit_test(test_chart_svg__text_is_escaped),
        cmocka_unit_test(test_chart_svg__empty_says_so),
        cmocka_unit_test(test_chart_svg__spikes_survive_decimation),
        cmocka_unit_test(test_chart_svg__values_that_are_not_finite_are_crosses),
        cmocka_unit_test(test_chart_x__epochs_have_fractions_for_steps_only),
        cmocka_unit_test(test_pair_plot__a_line_for_every_seed),
        cmocka_unit_test(test_pair_plot__seeds_over_each_other),
        cmocka_unit_test(test_pair_plot__draws_at_any_size),
        cmocka_unit_test(test_pair_plot__wide_intervals_leave_room_for_the_values),
        cmocka_unit_test(test_pair_plot__nothing_to_draw),
        cmocka_unit_test(test_pair_plot__svg),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
