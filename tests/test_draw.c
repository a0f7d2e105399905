/* test_draw.c - canvas, tables and charts as text. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "draw/axis.h"
#include "draw/chart.h"
#include "draw/table.h"

static void
expect_dump(const struct canvas *cv, const char *want)
{
    struct strbuf out = {0};

    canvas_dump(cv, &out);
    assert_string_equal(strbuf_str(&out), want);
    strbuf_release(&out);
}

/* ---- canvas ---- */

static void
test_canvas__text_is_cut_with_an_ellipsis(void **state)
{
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 4, 8, false);
    assert_int_equal(canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "abcdefghij"), 8);
    assert_int_equal(canvas_text(&cv, 1, 2, 4, STYLE_TEXT, "abcd"), 4);
    assert_int_equal(canvas_text(&cv, 2, 0, 4, STYLE_TEXT, "世界人"), 3);
    assert_int_equal(canvas_textf(&cv, 3, 6, -1, STYLE_TEXT, "%d", 12345), 2);
    expect_dump(&cv, "abcdefg…\n  abcd\n世…\n      1…\n");
    canvas_release(&cv);
}

static void
test_canvas__everything_is_clipped(void **state)
{
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 2, 4, false);
    canvas_text(&cv, 0, -2, -1, STYLE_TEXT, "abcd");
    assert_int_equal(canvas_text(&cv, -1, 0, -1, STYLE_TEXT, "x"), 0);
    assert_int_equal(canvas_text(&cv, 2, 0, -1, STYLE_TEXT, "x"), 0);
    assert_int_equal(canvas_text(&cv, 0, 4, -1, STYLE_TEXT, "x"), 0);
    assert_int_equal(canvas_text(&cv, 0, 0, 0, STYLE_TEXT, "x"), 0);
    canvas_text(&cv, 1, -1, -1, STYLE_TEXT, "世"); /* half of it is outside */
    canvas_glyph(&cv, 9, 9, STYLE_TEXT, "─", '-');
    canvas_fill(&cv, 1, 3, 5, 5, '#', STYLE_TEXT);
    canvas_restyle(&cv, 5, 0, 9, STYLE_BAD, true);
    expect_dump(&cv, "cd\n   #\n");
    canvas_release(&cv);
    canvas_init(&cv, -3, 0, false);
    canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "x");
    expect_dump(&cv, "");
    canvas_release(&cv);
}

static void
test_canvas__control_characters_do_not_reach_cells(void **state)
{
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 3, 20, false);
    canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "a\x1b[31mb\tc\nd\x7f");
    canvas_text(&cv, 1, 0, -1, STYLE_TEXT,
                "\xe2\x80\xae"
                "evil\xff");
    canvas_text(&cv, 2, 0, -1, STYLE_TEXT, "x\xe2\x80\x8dy\xef\xb8\x8fz");
    expect_dump(&cv, "a\ufffd[31mb\ufffdc\ufffdd\ufffd\n\ufffdevil\ufffd\nxyz\n");
    canvas_release(&cv);
}

static void
test_canvas__wide_and_combining_characters_keep_columns(void **state)
{
    struct canvas cv;
    char zalgo[200] = "e";

    (void)state;
    canvas_init(&cv, 5, 6, false);
    canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "e\u0301x");
    assert_string_equal(cv.cell[0].glyph, "e\u0301");
    assert_string_equal(cv.cell[1].glyph, "x");
    canvas_text(&cv, 1, 0, -1, STYLE_TEXT, "世界");
    assert_string_equal(cv.cell[6].glyph, "世");
    assert_string_equal(cv.cell[7].glyph, "");
    canvas_text(&cv, 1, 1, 1, STYLE_TEXT, "|"); /* overwrites the right half */
    canvas_text(&cv, 2, 0, -1, STYLE_TEXT, "世界");
    canvas_text(&cv, 2, 2, 1, STYLE_TEXT, "|"); /* and the left half */
    for (int i = 0; i < 60; i++)
        strcat(zalgo, "\u0301");
    canvas_text(&cv, 3, 0, -1, STYLE_TEXT, zalgo);
    assert_true(strlen(cv.cell[18].glyph) < sizeof cv.cell[18].glyph);
    canvas_text_right(&cv, 4, 0, 6, STYLE_TEXT, "界");
    expect_dump(&cv, "e\u0301x\n |界\n世|\n"
                     "e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\n    界\n");
    canvas_release(&cv);
}

static void
test_canvas__ascii_shows_ascii_only(void **state)
{
    struct canvas cv;
    struct strbuf out = {0};

    (void)state;
    canvas_init(&cv, 3, 24, true);
    canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "─│┌…→≥±×é世e\u0301");
    canvas_text(&cv, 1, 0, 6, STYLE_TEXT, "abcdefghi");
    canvas_glyph(&cv, 2, 0, STYLE_TEXT, "⠿", '*');
    canvas_text(&cv, 2, 2, -1, STYLE_TEXT, "▁▄█░⠿");
    canvas_dump(&cv, &out);
    assert_string_equal(strbuf_str(&out), "-|+~>>~x???e\nabcde~\n* _=#::\n");
    strbuf_release(&out);
    canvas_release(&cv);
}

static void
test_canvas__restyle_keeps_glyphs(void **state)
{
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 1, 4, false);
    canvas_text(&cv, 0, 0, -1, STYLE_BOLD, "ab");
    canvas_restyle(&cv, 0, 1, 9, STYLE_SELECTED, true);
    assert_int_equal(cv.cell[0].style, STYLE_BOLD);
    assert_int_equal(cv.cell[1].style, STYLE_SELECTED);
    assert_true(cv.cell[3].reverse && !cv.cell[0].reverse);
    expect_dump(&cv, "ab\n");
    canvas_reset(&cv);
    assert_int_equal(cv.cell[1].style, STYLE_TEXT);
    assert_false(cv.cell[1].reverse);
    expect_dump(&cv, "\n");
    canvas_release(&cv);
}

/* ---- tables ---- */

static const struct table_column table_columns[] = {
    {"label", "Label", TABLE_TEXT, 0, 0},      {"support", "Cells", TABLE_INT, 0, 0},
    {"delta_mean", "Delta", TABLE_REAL, 3, 0}, {"p", NULL, TABLE_REAL, -2, 0},
    {"note", "Note", TABLE_TEXT, 0, 0},
};

static struct table *
make_table(void)
{
    struct table *t = table_new(table_columns, 5);

    table_text(t, "CD4-positive, alpha-beta T cell");
    table_int(t, 12345);
    table_real(t, 0.12249999);
    table_real(t, 4.50438889506068e-06);
    table_text(t, "");
    table_text(t, "say \"hi\"\nand | leave");
    table_null(t);
    table_real(t, -0.0001);
    table_real(t, NAN);
    table_text(t, NULL);
    table_text(t, "\x1b[31m細胞 e\u0301");
    table_int(t, -7);
    table_real(t, 1.0 / 3);
    table_real(t, INFINITY);
    table_text(t, "x");
    return t;
}

static void
test_table__prints_every_format(void **state)
{
    static const char *const golden[] = {
        [TABLE_PLAIN] = "table_plain.txt",
        [TABLE_CSV] = "table_csv.txt",
        [TABLE_JSON] = "table_json.txt",
        [TABLE_MARKDOWN] = "table_markdown.txt",
    };
    struct table *t = make_table();

    (void)state;
    assert_int_equal(table_rows(t), 3);
    for (int format = TABLE_PLAIN; format <= TABLE_MARKDOWN; format++) {
        struct strbuf out = {0};

        table_print(t, (enum table_format)format, &out);
        support_golden(strbuf_str(&out), golden[format]);
        strbuf_release(&out);
    }
    table_free(t);
}

/* The widest line of a text in columns. */
static size_t
widest_line(const char *text)
{
    size_t most = 0;

    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = strndup(text, n);

        most = utf8_width(line) > most ? utf8_width(line) : most;
        free(line);
        text += n + 1;
    }
    return most;
}

static void
test_table__fits_into_narrow_lines(void **state)
{
    static const struct table_column col[] = {
        {.name = "label", .type = TABLE_TEXT},
        {.name = "f1", .title = "F1", .type = TABLE_REAL, .digits = 4},
        {.name = "sd", .type = TABLE_REAL, .digits = 4, .rank = 2},
        {.name = "why", .type = TABLE_TEXT, .rank = 1},
        {.name = "n", .type = TABLE_INT},
    };
    struct table *t = table_new(col, 5);
    struct strbuf whole = {0}, out = {0};
    struct strlist dropped = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        table_text(t,
                   i ? "細胞細胞細胞細胞細胞細胞" : "CD4-positive, alpha-beta T cell");
        table_real(t, 0.5);
        table_real(t, 0.25);
        table_text(t, "max_epochs");
        table_int(t, 1234567);
    }
    table_print(t, TABLE_PLAIN, &whole);
    table_print_fitting(t, widest_line(strbuf_str(&whole)), &out, &dropped);
    assert_string_equal(strbuf_str(&out), strbuf_str(&whole));
    assert_int_equal(dropped.n, 0);

    strbuf_reset(&out); /* the longest text gives way first, in its middle */
    table_print_fitting(t, 60, &out, &dropped);
    assert_int_equal(dropped.n, 0);
    assert_int_equal(widest_line(strbuf_str(&out)), 60);
    assert_non_null(strstr(strbuf_str(&out), "CD4-positiv..eta T cell "));
    assert_non_null(strstr(strbuf_str(&out), "細胞細胞細..胞細胞細胞"));

    strbuf_reset(&out); /* then columns, the highest rank first */
    table_print_fitting(t, 50, &out, &dropped);
    assert_int_equal(dropped.n, 1);
    assert_string_equal(dropped.item[0], "sd");
    assert_int_equal(widest_line(strbuf_str(&out)), 50);

    strbuf_reset(&out); /* what has no rank stays, at whatever width it takes */
    table_print_fitting(t, 5, &out, &dropped);
    assert_int_equal(dropped.n, 3);
    assert_int_equal(widest_line(strbuf_str(&out)), 20 + 2 + 6 + 2 + 7);
    strbuf_release(&whole);
    strbuf_release(&out);
    strlist_release(&dropped);
    table_free(t);
}

static void
test_table__without_rows_has_a_heading(void **state)
{
    static const char *const want[] = {
        [TABLE_PLAIN] = "Label  Cells  Delta  p  Note\n"
                        "-----  -----  -----  -  ----\n",
        [TABLE_CSV] = "label,support,delta_mean,p,note\n",
        [TABLE_JSON] = "[]\n",
        [TABLE_MARKDOWN] = "| Label | Cells | Delta |   p | Note |\n"
                           "| ----- | ----: | ----: | --: | ---- |\n",
    };
    struct table *t = table_new(table_columns, 5);

    (void)state;
    for (int format = TABLE_PLAIN; format <= TABLE_MARKDOWN; format++) {
        struct strbuf out = {0};

        table_print(t, (enum table_format)format, &out);
        assert_string_equal(strbuf_str(&out), want[format]);
        strbuf_release(&out);
    }
    table_free(t);
    table_free(NULL);
}

/* ---- axes ---- */

static void
expect_ticks(const struct axis *a, int most, bool whole, const char *want)
{
    struct axis_ticks t;
    struct strbuf sb = {0};

    axis_ticks(a, most, whole, &t);
    for (size_t i = 0; i < t.n; i++)
        strbuf_addf(&sb, "%s%s", i ? " " : "", t.label[i]);
    assert_string_equal(strbuf_str(&sb), want);
    strbuf_release(&sb);
}

static void
test_axis__ticks_are_round(void **state)
{
    (void)state;
    expect_ticks(&(struct axis){0, 10, false}, 5, false, "0 2 4 6 8 10");
    expect_ticks(&(struct axis){0, 3, false}, 8, false, "0 0.5 1.0 1.5 2.0 2.5 3.0");
    expect_ticks(&(struct axis){0, 3, false}, 8, true, "0 1 2 3");
    expect_ticks(&(struct axis){-.31, .12, false}, 4, false, "-0.2 0");
    expect_ticks(&(struct axis){.6991, .7012, false}, 4, false, "0.700 0.701");
    expect_ticks(&(struct axis){0, 120000, false}, 4, false, "0 50k 100k");
    expect_ticks(&(struct axis){0, 9e6, false}, 4, false, "0 5M");
    expect_ticks(&(struct axis){1e-9, 3e-9, false}, 2, false, "1e-09 2e-09 3e-09");
    expect_ticks(&(struct axis){-1e12, 1e12, false}, 2, false, "-1e+12 0 1e+12");
}

static void
test_axis__log_ticks_are_decades(void **state)
{
    (void)state;
    expect_ticks(&(struct axis){-4, 5, true}, 20, false,
                 "1e-4 0.001 0.01 0.1 1 10 100 1000 1e4 1e5");
    expect_ticks(&(struct axis){-4, 5, true}, 5, false, "1e-4 0.01 1 100 1e4");
    expect_ticks(&(struct axis){-.8, .9, true}, 9, false, "0.2 0.5 1 2 5");
    expect_ticks(&(struct axis){log10(.42), log10(.57), true}, 4, false,
                 "0.45 0.50 0.55");
}

static void
test_axis__equal_values_get_room(void **state)
{
    struct axis a = axis_fit(false, .7, .7, 0);

    (void)state;
    assert_true(a.lo < .7 && a.hi > .7);
    a = axis_fit(false, 0, 0, .03);
    assert_true(a.lo == 0 && a.hi == 1);
    a = axis_fit(true, 10, 10, 0);
    support_near(a.lo, .5, 1e-12);
    a = axis_fit(false, .01, 2, .03); /* padding does not go below zero */
    assert_true(a.lo == 0);
    support_near(axis_place(&(struct axis){0, 2, true}, 10), .5, 1e-15);
    assert_true(isnan(axis_place(&(struct axis){0, 2, true}, 0)));
    assert_true(isfinite(axis_place(&(struct axis){0, 1e-300, false}, 1e299)));
}

/* ---- charts ---- */

enum { N = 50 };

/* Two mean curves with bands, one value missing. */
struct curves {
    double x[N], y[2][N], lo[2][N], hi[2][N];
    struct chart_series series[2];
    struct chart chart;
};

static void
make_curves(struct curves *c)
{
    static const double start[] = {2.0, 2.1}, tail[] = {0.4, 0.3}, scale[] = {8, 10};
    static const char *const name[] = {"CE (n=5)", "HCE (n=5)"};

    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < N; i++) {
            c->x[i] = i;
            c->y[k][i] = tail[k] + start[k] * exp(-i / scale[k]);
            c->lo[k][i] = c->y[k][i] - .05 - .12 * exp(-i / 20.0);
            c->hi[k][i] = c->y[k][i] + .05 + .12 * exp(-i / 20.0);
        }
        c->series[k] =
            (struct chart_series){.name = name[k],
                                  .style = k ? STYLE_SERIES_2 : STYLE_SERIES_1,
                                  .x = c->x,
                                  .y = c->y[k],
                                  .lo = c->lo[k],
                                  .hi = c->hi[k],
                                  .n = N};
    }
    c->y[0][30] = NAN;
    c->chart = (struct chart){.title = "val_loss",
                              .x_label = "epoch",
                              .series = c->series,
                              .n_series = 2,
                              .x_min = NAN,
                              .x_max = NAN,
                              .y_min = NAN,
                              .y_max = NAN,
                              .cursor_x = NAN};
}

static void
expect_chart(const struct chart *ch, int rows, int cols, bool ascii, const char *golden)
{
    struct canvas cv;
    struct strbuf out = {0};

    canvas_init(&cv, rows, cols, ascii);
    chart_draw(ch, &cv, 0, 0, rows, cols);
    canvas_dump(&cv, &out);
    support_golden(strbuf_str(&out), golden);
    strbuf_release(&out);
    canvas_release(&cv);
}

static void
test_chart__braille(void **state)
{
    struct curves c;

    (void)state;
    make_curves(&c);
    expect_chart(&c.chart, 24, 80, false, "chart_braille.txt");
}

static void
test_chart__large(void **state)
{
    struct curves c;

    (void)state;
    make_curves(&c);
    c.chart.cursor_x = 30;
    expect_chart(&c.chart, 50, 160, false, "chart_large.txt");
}

static void
test_chart__block_with_cursor(void **state)
{
    struct curves c;

    (void)state;
    make_curves(&c);
    c.chart.glyphs = CHART_BLOCK;
    c.chart.cursor_x = 12.3;
    expect_chart(&c.chart, 24, 80, false, "chart_block.txt");
}

static void
test_chart__ascii_canvas_gets_ascii(void **state)
{
    struct curves c;
    struct canvas cv;

    (void)state;
    make_curves(&c);
    c.chart.cursor_x = 49;
    expect_chart(&c.chart, 24, 80, true, "chart_ascii.txt");
    canvas_init(&cv, 24, 80, true);
    chart_draw(&c.chart, &cv, 0, 0, 24, 80);
    for (int i = 0; i < 24 * 80; i++)
        assert_true((unsigned char)cv.cell[i].glyph[0] < 0x80);
    canvas_release(&cv);
}

static void
test_chart__log(void **state)
{
    double x[200], y[200];
    struct chart_series s = {"train_loss", STYLE_SERIES_1, x,    y, NULL, NULL,
                             200,          false,          NULL, 0};
    struct chart ch = {"train_loss", "step", "nats", &s,  1,   CHART_BRAILLE, true,
                       NAN,          NAN,    NAN,    NAN, NAN, NULL};

    (void)state;
    for (int i = 0; i < 200; i++) {
        x[i] = i * 50;
        y[i] = 300 * exp(-i / 18.0) + .002;
    }
    y[60] = 0;
    y[120] = -1;
    y[121] = INFINITY;
    expect_chart(&ch, 16, 72, false, "chart_log.txt");
}

/* 200,000 noisy points on 76 columns, with two spikes that one point makes each. */
static void
test_chart__spikes_survive_decimation(void **state)
{
    enum { MANY = 200000 };
    static double x[MANY], y[MANY], smooth[MANY];
    struct chart_series s[] = {
        {"raw", STYLE_SERIES_1, x, y, NULL, NULL, MANY, true, NULL, 0},
        {"smoothed", STYLE_SERIES_1, x, smooth, NULL, NULL, MANY, false, NULL, 0}};
    struct chart ch = {"train_loss", "step", NULL, s,   2,   CHART_BRAILLE, false,
                       NAN,          NAN,    NAN,  NAN, NAN, NULL};
    struct rng r = rng_stream(1, RNG_SIMULATE, 0, 0);

    (void)state;
    for (int i = 0; i < MANY; i++) {
        x[i] = i;
        y[i] = 1 + exp(-i / 4e4) + .05 * rng_normal(&r, (uint64_t)i);
    }
    y[77777] = 3;
    y[140001] = 0.1;
    chart_smooth(smooth, y, MANY, .999);
    expect_chart(&ch, 20, 80, false, "chart_spikes.txt");
}

static void
test_chart__zoom(void **state)
{
    struct curves c;

    (void)state;
    make_curves(&c);
    c.chart.x_min = 10.2;
    c.chart.x_max = 14.7;
    c.chart.y_min = .8;
    c.chart.y_max = 1.0;
    expect_chart(&c.chart, 16, 60, false, "chart_zoom.txt");
}

/* Between two points: the lines that cross are drawn, with the range of all data. */
static void
test_chart__zoom_between_points(void **state)
{
    struct curves c;

    (void)state;
    make_curves(&c);
    c.chart.x_min = 3.2;
    c.chart.x_max = 3.8;
    expect_chart(&c.chart, 10, 50, false, "chart_between.txt");
}

static void
test_chart__long_legend_is_counted(void **state)
{
    enum { SERIES = 14 };
    double x[] = {0, 1, 2}, y[SERIES][3];
    char name[SERIES][32];
    struct chart_series s[SERIES];
    struct chart ch = {"val_f1_macro",
                       "epoch",
                       NULL,
                       s,
                       SERIES,
                       CHART_BRAILLE,
                       false,
                       NAN,
                       NAN,
                       NAN,
                       NAN,
                       1,
                       NULL};

    (void)state;
    for (int k = 0; k < SERIES; k++) {
        snprintf(name[k], sizeof name[k], "linear HCE seed %d", k);
        for (int i = 0; i < 3; i++)
            y[k][i] = .5 + .03 * k + .1 * i;
        s[k] = (struct chart_series){name[k], (enum style)(STYLE_SERIES_1 + k % 6),
                                     x,       y[k],
                                     NULL,    NULL,
                                     3,       false,
                                     NULL,    0};
    }
    expect_chart(&ch, 24, 80, false, "chart_legend.txt");
}

/* An interval of two runs may be enormous: the lines keep half of the height. */
static void
test_chart__band_leaves_room_for_the_lines(void **state)
{
    double x[] = {0, 1, 2}, y[] = {0, .5, 1}, lo[] = {-90, -90, -90},
           hi[] = {90, 90, 90};
    struct chart_series s = {"mean", STYLE_SERIES_1, x, y, lo, hi, 3, false, NULL, 0};
    struct chart ch = {NULL, "epoch", NULL, &s,  1,   CHART_BRAILLE, false,
                       NAN,  NAN,     NAN,  NAN, NAN, NULL};
    struct canvas cv;
    struct strbuf text = {0};

    (void)state;
    canvas_init(&cv, 20, 60, false);
    chart_draw(&ch, &cv, 0, 0, 20, 60);
    canvas_dump(&cv, &text);
    assert_null(strstr(strbuf_str(&text), "50"));
    assert_non_null(strstr(strbuf_str(&text), "1.5 ┤"));
    strbuf_release(&text);
    canvas_release(&cv);
}

static void
test_chart__odd_data(void **state)
{
    double x[] = {0, 1, 2, 3}, nan[] = {NAN, NAN, NAN, NAN}, one[] = {.5};
    double huge[] = {-1e299, 1e299, -1e299, 1e301}, flat[] = {0, 0, 0, 0};
    double back[] = {3, 1, 2, 0};
    struct chart_series s = {"細胞\x1b[0m", STYLE_SERIES_1, x, nan, NULL, NULL, 4,
                             false,         NULL,           0};
    struct chart ch = {"t", "x", NULL, &s,  1,   CHART_BRAILLE, false,
                       NAN, NAN, NAN,  NAN, NAN, NULL};

    (void)state;
    expect_chart(&ch, 8, 40, false, "chart_nan.txt");
    s.n = 0;
    expect_chart(&ch, 8, 40, false, "chart_empty.txt");
    expect_chart(&ch, 4, 40, false, "chart_tiny.txt");
    s.n = 1;
    s.y = one;
    expect_chart(&ch, 8, 40, false, "chart_one.txt");
    s.n = 4;
    s.y = flat;
    expect_chart(&ch, 8, 40, false, "chart_flat.txt");
    s.y = huge;
    expect_chart(&ch, 8, 40, false, "chart_huge.txt");
    s.x = back;
    s.y = x;
    expect_chart(&ch, 8, 40, false, "chart_back.txt");
}

/* Drawn anywhere in any size, a chart stays inside its rectangle. */
static void
test_chart__stays_in_its_rectangle(void **state)
{
    struct curves c;

    (void)state;
    make_curves(&c);
    c.chart.cursor_x = 20;
    for (int glyphs = CHART_BRAILLE; glyphs <= CHART_ASCII; glyphs++) {
        c.chart.glyphs = (enum chart_glyphs)glyphs;
        for (int rows = 0; rows < 14; rows++) {
            for (int cols = 0; cols < 44; cols++) {
                struct canvas cv;

                canvas_init(&cv, 20, 50, false);
                canvas_fill(&cv, 0, 0, 20, 50, '~', STYLE_TEXT);
                canvas_fill(&cv, 2, 3, rows, cols, ' ', STYLE_TEXT);
                chart_draw(&c.chart, &cv, 2, 3, rows, cols);
                for (int i = 0; i < 20 * 50; i++) {
                    bool in = i / 50 >= 2 && i / 50 < 2 + rows && i % 50 >= 3 &&
                              i % 50 < 3 + cols;
                    assert_true(in != (cv.cell[i].glyph[0] == '~'));
                }
                canvas_release(&cv);
            }
        }
    }
}

static void
test_chart__sparkline(void **state)
{
    const double y[] = {9, 0, 1, 2, 3, NAN, 5, 6, 7, INFINITY};
    const double flat[] = {.5, .5};
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 3, 12, false);
    chart_sparkline(&cv, 0, 1, 9, STYLE_SERIES_1, y, 10);
    chart_sparkline(&cv, 1, 0, 12, STYLE_SERIES_1, flat, 2);
    chart_sparkline(&cv, 2, 0, 0, STYLE_SERIES_1, flat, 2);
    expect_dump(&cv, " ▁▂▃▄×▆▇█×\n▅▅\n\n");
    canvas_release(&cv);
    canvas_init(&cv, 1, 9, true);
    chart_sparkline(&cv, 0, 0, 9, STYLE_SERIES_1, y, 10);
    expect_dump(&cv, "_.-~x+*#x\n");
    canvas_release(&cv);
}

static void
test_chart__delta_bar(void **state)
{
    const double value[] = {1, .5, .3, .001, 0, NAN, -.3, -5};
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 8, 11, false);
    for (int i = 0; i < 8; i++)
        chart_delta_bar(&cv, i, 0, 11, value[i], 1);
    expect_dump(&cv, "     │█████\n"
                     "     │██▌\n"
                     "     │█▌\n"
                     "     │▌\n"
                     "     │\n"
                     "     │\n"
                     "   ▐█│\n"
                     "█████│\n");
    assert_int_equal(cv.cell[6].style, STYLE_GOOD);
    assert_int_equal(cv.cell[7 * 11].style, STYLE_BAD);
    canvas_release(&cv);
}

static void
test_chart__stacked_bar(void **state)
{
    const double value[4][3] = {
        {.25, .25, .5}, {.1, 0, .2}, {NAN, .5, -1}, {.6, .6, .6}};
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 5, 8, false);
    for (int i = 0; i < 5; i++) {
        const double *x = value[i % 4];
        const struct chart_part part[] = {{x[0], "░", 'd', STYLE_SERIES_1},
                                          {x[1], "▒", 'a', STYLE_SERIES_2},
                                          {x[2], "█", 'o', STYLE_SERIES_3}};
        chart_stacked_bar(&cv, i, 0, 8, part, 3, i < 4 ? 1 : 0);
    }
    expect_dump(&cv, "░░▒▒████\n"
                     "░█\n"
                     "▒▒▒▒\n"
                     "░░░░░▒▒▒\n"
                     "\n");
    assert_int_equal(cv.cell[2].style, STYLE_SERIES_2);
    canvas_release(&cv);
    canvas_init(&cv, 1, 4, true);
    const struct chart_part part[] = {{.5, "░", 'd', STYLE_SERIES_1},
                                      {.5, "█", 'o', STYLE_SERIES_3}};
    chart_stacked_bar(&cv, 0, 0, 4, part, 2, 1);
    expect_dump(&cv, "ddoo\n");
    canvas_release(&cv);
}

/* ---- smoothing and means ---- */

static void
test_chart__smooth_is_bias_corrected(void **state)
{
    double y[] = {1, 3, NAN, 5}, out[4];

    (void)state;
    chart_smooth(out, y, 4, .5);
    support_near(out[0], 1, 1e-15);
    support_near(out[1], (.25 * 1 + .5 * 3) / .75, 1e-15);
    assert_true(isnan(out[2]));
    support_near(out[3], (.125 * 1 + .25 * 3 + .5 * 5) / .875, 1e-15);
    chart_smooth(y, y, 4, 0);
    support_near(y[3], 5, 0);
    chart_smooth(y, y, 4, 1); /* nothing to weigh: passed through */
    support_near(y[3], 5, 0);
}

static void
test_chart__mean_interpolates_inside_only(void **state)
{
    const double x0[] = {0, 2.5, 4}, y0[] = {0, 2.5, 4};
    const double x1[] = {1, 2, 3}, y1[] = {11, INFINITY, 13};
    const struct chart_series curve[] = {{.x = x0, .y = y0, .n = 3},
                                         {.x = x1, .y = y1, .n = 3}};
    /* Beside the infinite value only the first curve counts. */
    const double want_x[] = {0, 1, 2, 2.5, 3, 4}, want_y[] = {0, 6, 2, 2.5, 8, 4};
    struct chart_mean m;

    (void)state;
    chart_mean_init(&m, curve, 2, BAND_MINMAX);
    assert_int_equal(m.n, 6);
    assert_int_equal(m.n_curves, 2);
    for (size_t i = 0; i < 6; i++) {
        support_near(m.x[i], want_x[i], 0);
        support_near(m.y[i], want_y[i], 1e-15);
        assert_int_equal(isnan(m.lo[i]), i != 1 && i != 4);
    }
    support_near(m.lo[1], 1, 0);
    support_near(m.hi[4], 13, 0);
    chart_mean_release(&m);
    chart_mean_init(&m, curve, 0, BAND_SD);
    assert_int_equal(m.n, 0);
    chart_mean_release(&m);
}

/* A value that one of several curves lost is no gap in their mean, but is marked. */
static void
test_chart__mean_marks_what_one_curve_lost(void **state)
{
    double x[] = {1, 2, 3}, y[2][3] = {{1, 2, 3}, {1, (double)NAN, INFINITY}};
    struct chart_series curve[2], s = {.name = "m", .style = STYLE_SERIES_1};
    struct chart ch = {"t", "x", NULL, &s,  1,   CHART_ASCII, false,
                       NAN, NAN, NAN,  NAN, NAN, NULL};
    struct chart_mean m;
    struct canvas cv;

    (void)state;
    for (int k = 0; k < 2; k++)
        curve[k] = (struct chart_series){.x = x, .y = y[k], .n = 3};
    chart_mean_init(&m, curve, 2, BAND_NONE);
    support_near(m.y[1], 2, 0);
    assert_int_equal(m.n_lost, 2);
    support_near(m.lost[1], 3, 0);
    s.x = m.x, s.y = m.y, s.n = m.n, s.lost = m.lost, s.n_lost = m.n_lost;
    canvas_init(&cv, 8, 40, true);
    chart_draw(&ch, &cv, 0, 0, 8, 40);
    int marks = 0;
    for (int i = 0; i < 40; i++)
        marks += strcmp(cv.cell[6 * 40 + i].glyph, "x") == 0;
    assert_int_equal(marks, 2);
    canvas_release(&cv);
    chart_mean_release(&m);
}

static void
test_chart__bands_have_their_widths(void **state)
{
    const double x[] = {7}, y[4] = {1, 2, 3, 6}; /* mean 3, sd sqrt(14 / 3) */
    const double sd = sqrt(14.0 / 3);
    /* scipy.stats.t.ppf(.975, 3) */
    const double want[BAND_COUNT] = {[BAND_SD] = sd,
                                     [BAND_SE] = sd / 2,
                                     [BAND_MINMAX] = 3,
                                     [BAND_T95] = 3.182446305284263 * sd / 2};
    struct chart_series curve[4];
    struct chart_mean m;

    (void)state;
    for (int i = 0; i < 4; i++)
        curve[i] = (struct chart_series){.x = x, .y = &y[i], .n = 1};
    for (int band = BAND_SD; band < BAND_COUNT; band++) {
        chart_mean_init(&m, curve, 4, (enum chart_band)band);
        support_near(m.y[0], 3, 1e-15);
        support_near(m.hi[0] - m.y[0], want[band], 1e-9);
        assert_int_equal(m.n_curves, 4);
        chart_mean_release(&m);
        assert_true(strlen(chart_band_name((enum chart_band)band)) > 0);
    }
    chart_mean_init(&m, curve, 4, BAND_NONE);
    assert_null(m.lo);
    chart_mean_release(&m);
    assert_string_equal(chart_band_name(BAND_T95), "95 % t");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canvas__text_is_cut_with_an_ellipsis),
        cmocka_unit_test(test_canvas__everything_is_clipped),
        cmocka_unit_test(test_canvas__control_characters_do_not_reach_cells),
        cmocka_unit_test(test_canvas__wide_and_combining_characters_keep_columns),
        cmocka_unit_test(test_canvas__ascii_shows_ascii_only),
        cmocka_unit_test(test_canvas__restyle_keeps_glyphs),
        cmocka_unit_test(test_table__prints_every_format),
        cmocka_unit_test(test_table__fits_into_narrow_lines),
        cmocka_unit_test(test_table__without_rows_has_a_heading),
        cmocka_unit_test(test_axis__ticks_are_round),
        cmocka_unit_test(test_axis__log_ticks_are_decades),
        cmocka_unit_test(test_axis__equal_values_get_room),
        cmocka_unit_test(test_chart__braille),
        cmocka_unit_test(test_chart__large),
        cmocka_unit_test(test_chart__block_with_cursor),
        cmocka_unit_test(test_chart__ascii_canvas_gets_ascii),
        cmocka_unit_test(test_chart__log),
        cmocka_unit_test(test_chart__spikes_survive_decimation),
        cmocka_unit_test(test_chart__zoom),
        cmocka_unit_test(test_chart__zoom_between_points),
        cmocka_unit_test(test_chart__long_legend_is_counted),
        cmocka_unit_test(test_chart__band_leaves_room_for_the_lines),
        cmocka_unit_test(test_chart__odd_data),
        cmocka_unit_test(test_chart__stays_in_its_rectangle),
        cmocka_unit_test(test_chart__sparkline),
        cmocka_unit_test(test_chart__delta_bar),
        cmocka_unit_test(test_chart__stacked_bar),
        cmocka_unit_test(test_chart__smooth_is_bias_corrected),
        cmocka_unit_test(test_chart__mean_interpolates_inside_only),
        cmocka_unit_test(test_chart__mean_marks_what_one_curve_lost),
        cmocka_unit_test(test_chart__bands_have_their_widths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
