/* test_scatter.c - scatter plots as text and with colour sequences. */
#include "tests/support.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "draw/ansi.h"
#include "draw/scatter.h"

enum { N_POINTS = 300, N_CLASSES = 3 };

static const struct scatter_class looks[N_CLASSES] = {{'0', STYLE_TEXT},
                                                      {'1', STYLE_SERIES_1},
                                                      {'B', STYLE_SERIES_2}};

struct cloud {
    double x[2 * N_POINTS];
    int32_t class[N_POINTS];
    struct scatter plot;
};

/* Three clouds on a triangle of radius 3. */
static void
make_cloud(struct cloud *c)
{
    static const double centre[N_CLASSES][2] = {{3, 0}, {-1.5, 2.6}, {-1.5, -2.6}};
    struct rng r = rng_stream(1, RNG_SIMULATE, 99, 0);

    for (size_t i = 0; i < N_POINTS; i++) {
        c->class[i] = (int32_t)(i % N_CLASSES);
        for (size_t d = 0; d < 2; d++)
            c->x[2 * i + d] = centre[i % N_CLASSES][d] + rng_normal(&r, 2 * i + d);
    }
    c->plot =
        (struct scatter){.title = "CE  accuracy 0.666",
                         .x = c->x,
                         .class = c->class,
                         .n = N_POINTS,
                         .look = looks,
                         .n_classes = N_CLASSES,
                         .limit = scatter_limit(c->x, sizeof c->x / sizeof *c->x)};
}

static void
expect_plot(const struct scatter *s, int rows, int cols, bool ascii, const char *golden)
{
    struct canvas cv;
    struct strbuf out = {0};

    canvas_init(&cv, rows, cols, ascii);
    scatter_draw(s, &cv, 0, 0, rows, cols);
    canvas_dump(&cv, &out);
    support_golden(strbuf_str(&out), golden);
    strbuf_release(&out);
    canvas_release(&cv);
}

static void
test_scatter__looks_as_recorded(void **state)
{
    struct cloud c;

    (void)state;
    make_cloud(&c);
    expect_plot(&c.plot, 20, 39, false, "scatter_utf8.txt");
    expect_plot(&c.plot, 20, 39, true, "scatter_ascii.txt");
    c.plot.title = NULL;
    expect_plot(&c.plot, 7, 16, false, "scatter_small.txt");
}

/* Rows of a plot of a few points, without its title. */
static void
expect_few(const double *x, const int32_t *class, size_t n, const char *want)
{
    const struct scatter s = {
        .x = x, .class = class, .n = n, .look = looks, .n_classes = 3, .limit = 1};
    struct canvas cv;
    struct strbuf out = {0};

    canvas_init(&cv, 7, 13, true);
    scatter_draw(&s, &cv, 0, 0, 7, 13);
    canvas_dump(&cv, &out);
    assert_string_equal(strbuf_str(&out), want);
    strbuf_release(&out);
    canvas_release(&cv);
}

static void
test_scatter__most_points_of_a_cell_win(void **state)
{
    static const double x[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, -1, -1};
    static const int32_t class[] = {1, 2, 2, 2, 1, 0};

    (void)state;
    /* At the origin 1, 2, 2; at the top right a tie of 2 and 1; at the bottom 0. */
    expect_few(
        x, class, 6,
        " 1 +        1\n   |\n 0 +    B\n   |\n-1 +0\n   ++---+---+\n   -1   0   1\n");
}

static void
test_scatter__points_without_a_place_are_left_out(void **state)
{
    static const double x[] = {
        (double)NAN, 0, 0, (double)INFINITY, 1.01, 0, -1.01, 0, 0, -7, 1, -1};
    static const int32_t class[] = {0, 0, 0, 0, 0, 1};

    (void)state;
    expect_few(x, class, 6,
               " 1 +\n   |\n 0 +\n   |\n-1 +        1\n   ++---+---+\n   -1   0   1\n");
    support_near(scatter_limit(x, 4), 1, 0); /* nothing above 0 */
    support_near(scatter_limit(x, 12), 7, 0);
}

static void
test_scatter__a_small_place_says_so(void **state)
{
    struct cloud c;

    (void)state;
    make_cloud(&c);
    for (int rows = 0; rows < 8; rows++)
        for (int cols = 0; cols < 16; cols++) {
            struct canvas cv;

            canvas_init(&cv, rows, cols, false);
            scatter_draw(&c.plot, &cv, 0, 0, rows, cols);
            if (rows > 0 && rows < 6 && cols > 9)
                assert_string_equal(cv.cell[0].glyph, "t");
            canvas_release(&cv);
        }
}

static void
test_ansi__colours_follow_the_environment(void **state)
{
    static const struct {
        const char *term, *colorterm, *no_color;
        int want;
    } cases[] = {
        {"xterm-256color", NULL, NULL, 256},
        {"xterm", NULL, NULL, 8},
        {"xterm", "truecolor", NULL, 256},
        {"xterm-256color", NULL, "1", 0},
        {"xterm-256color", NULL, "", 256},
        {"dumb", "truecolor", NULL, 0},
        {NULL, "truecolor", NULL, 0},
        {"", NULL, NULL, 0},
        {"vt100", NULL, NULL, 0},
        {"xterm-mono", NULL, NULL, 0},
        {"linux-m", NULL, NULL, 0},
        {"xterm-16color", NULL, NULL, 16},
        {"xterm-direct", NULL, NULL, 256},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            ansi_colours(cases[i].term, cases[i].colorterm, cases[i].no_color),
            cases[i].want);
}

static void
expect_ansi(const struct canvas *cv, int colours, const char *want)
{
    struct strbuf out = {0};

    ansi_dump(cv, colours, &out);
    assert_string_equal(strbuf_str(&out), want);
    strbuf_release(&out);
}

static void
test_ansi__a_style_lasts_as_long_as_its_cells(void **state)
{
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 3, 8, false);
    canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "a");
    canvas_text(&cv, 0, 1, -1, STYLE_SERIES_2, "bc");
    canvas_text(&cv, 0, 3, -1, STYLE_TEXT, "d");
    canvas_text(&cv, 1, 0, -1, STYLE_BOLD, "e");
    canvas_restyle(&cv, 2, 1, 1, STYLE_SERIES_1, true);
    expect_ansi(&cv, 0, "abcd\ne\n\n");
    expect_ansi(&cv, 8,
                "a\033[0;31mbc\033[0md\n\033[0;1me\033[0m\n \033[0;7;36m \033[0m\n");
    expect_ansi(&cv, 256,
                "a\033[0;38;5;166mbc\033[0md\n\033[0;1me\033[0m\n"
                " \033[0;7;38;5;32m \033[0m\n");
    canvas_release(&cv);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scatter__looks_as_recorded),
        cmocka_unit_test(test_scatter__most_points_of_a_cell_win),
        cmocka_unit_test(test_scatter__points_without_a_place_are_left_out),
        cmocka_unit_test(test_scatter__a_small_place_says_so),
        cmocka_unit_test(test_ansi__colours_follow_the_environment),
        cmocka_unit_test(test_ansi__a_style_lasts_as_long_as_its_cells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
