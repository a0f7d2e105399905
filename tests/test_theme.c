/* test_theme.c - colours that can be read, by the contrast of WCAG 2. */
#include "tests/support.h"

#include <math.h>
#include <string.h>

#include "draw/theme.h"

static const int depths[] = {8, 16, 256};
enum { N_DEPTHS = 3, BLACK = 16, WHITE = 231 };

static double
linear(uint8_t v)
{
    double c = v / 255.0;

    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double
luminance(int colour)
{
    uint8_t rgb[3];

    theme_rgb(colour, rgb);
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
}

static double
contrast(int a, int b)
{
    double x = luminance(a), y = luminance(b);

    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static void
assert_reads_on(enum theme theme, int colours, int ground)
{
    for (int s = 0; s < STYLE_COUNT; s++) {
        int c = theme_colour(theme, (enum style)s, colours);
        if (c >= 0 && contrast(c, ground) < 3)
            fail_msg("%s of %d: style %d, colour %d: %.2f", theme_name(theme), colours,
                     s, c, contrast(c, ground));
    }
}

static void
test_contrast__is_that_of_wcag(void **state)
{
    (void)state;
    support_near(contrast(BLACK, WHITE), 21, 1e-9);
    support_near(contrast(244, WHITE), 3.95, 0.005); /* #808080 on white */
    support_near(contrast(9, WHITE), 4.00, 0.005);   /* #ff0000 on white */
}

static void
test_theme__reads_on_its_ground(void **state)
{
    (void)state;
    for (int d = 0; d < N_DEPTHS; d++) {
        assert_reads_on(THEME_DARK, depths[d], BLACK);
        assert_reads_on(THEME_LIGHT, depths[d], WHITE);
    }
    assert_reads_on(THEME_AUTO, 256, BLACK);
    assert_reads_on(THEME_AUTO, 256, WHITE);
}

/* Better and worse, CE and HCE: never of one colour where there are colours. */
static void
test_theme__tells_opposites_apart(void **state)
{
    (void)state;
    for (enum theme t = THEME_AUTO; t <= THEME_LIGHT; t++)
        for (int d = 0; d < N_DEPTHS; d++) {
            assert_int_not_equal(theme_colour(t, STYLE_GOOD, depths[d]),
                                 theme_colour(t, STYLE_BAD, depths[d]));
            assert_int_not_equal(theme_colour(t, STYLE_SERIES_1, depths[d]),
                                 theme_colour(t, STYLE_SERIES_2, depths[d]));
        }
}

static void
test_theme__fits_its_depth_and_mono_has_none(void **state)
{
    (void)state;
    for (int t = 0; t < THEME_COUNT; t++)
        for (int s = 0; s < STYLE_COUNT; s++)
            for (int d = 0; d < N_DEPTHS; d++) {
                int c = theme_colour((enum theme)t, (enum style)s, depths[d]);
                assert_true(c >= -1 && c < depths[d]);
                assert_true(t != THEME_MONO || c == -1);
            }
    assert_int_equal(theme_colour(THEME_DARK, STYLE_BAD, 0), -1);
    assert_int_not_equal(theme_style(THEME_MONO, STYLE_SELECTED)->look, LOOK_NORMAL);
    assert_null(theme_name(THEME_COUNT));
}

static void
test_rgb__is_that_of_xterm(void **state)
{
    static const struct {
        int colour;
        uint8_t rgb[3];
    } known[] = {{16, {0, 0, 0}},   {231, {255, 255, 255}}, {208, {255, 135, 0}},
                 {21, {0, 0, 255}}, {232, {8, 8, 8}},       {255, {238, 238, 238}},
                 {1, {205, 0, 0}},  {12, {92, 92, 255}}};

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint8_t rgb[3];
        theme_rgb(known[i].colour, rgb);
        assert_memory_equal(rgb, known[i].rgb, 3);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast__is_that_of_wcag),
        cmocka_unit_test(test_theme__reads_on_its_ground),
        cmocka_unit_test(test_theme__tells_opposites_apart),
        cmocka_unit_test(test_theme__fits_its_depth_and_mono_has_none),
        cmocka_unit_test(test_rgb__is_that_of_xterm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
