/* test_shorten.c - names cut to a width without becoming alike. */
#include "tests/support.h"

#include <string.h>

#include "base/utf8.h"
#include "tui/shorten.h"

static const char *const names[] = {
    "CD8-positive, alpha-beta T cell",
    "CD8-positive, alpha-beta cytotoxic T cell",
    "CD8-positive, alpha-beta memory T cell",
    "activated CD8-positive, alpha-beta T cell",
    "effector memory CD8-positive, alpha-beta T cell",
    "effector memory CD8-positive, alpha-beta T cell, terminally differentiated",
    "CD4-positive, alpha-beta T cell",
    "CD4-positive, alpha-beta cytotoxic T cell",
    "naive thymus-derived CD4-positive, alpha-beta T cell",
    NULL,
    "B cell",
};
enum { N_NAMES = sizeof names / sizeof names[0] };

static void
test_shorten__keeps_both_ends_and_the_width(void **state)
{
    char text[128];

    (void)state;
    shorten_among("short", NULL, 0, 8, false, text, sizeof text);
    assert_string_equal(text, "short");
    shorten_among(names[2], NULL, 0, 15, false, text, sizeof text);
    assert_string_equal(text, "CD8-posi…T cell");
    shorten_among(names[2], NULL, 0, 15, true, text, sizeof text);
    assert_string_equal(text, "CD8-pos..T cell");
    for (int cols = 5; cols < 14; cols++) { /* wide characters do not fit everywhere */
        shorten_among("\xe9\xab\x98\xe6\xa1\xa5\xe9\xab\x98\xe6\xa1\xa5"
                      "\xe9\xab\x98\xe6\xa1\xa5\xe9\xab\x98",
                      NULL, 0, cols, false, text, sizeof text);
        assert_true((int)utf8_width(text) <= cols);
        assert_true(utf8_valid(text, strlen(text)));
    }
}

static void
test_shorten__no_two_names_become_alike(void **state)
{
    char cut[N_NAMES][128] = {{0}};

    (void)state;
    for (int cols = 20; cols <= 60; cols++) {
        for (size_t i = 0; i < N_NAMES; i++) {
            if (!names[i])
                continue;
            shorten_among(names[i], names, N_NAMES, cols, cols % 2, cut[i],
                          sizeof cut[i]);
            assert_true((int)utf8_width(cut[i]) <= cols);
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(cut[i], cut[k]);
        }
    }
}

static void
test_shorten__keeps_the_part_that_tells_apart(void **state)
{
    char text[128];

    (void)state;
    shorten_among(names[1], names, N_NAMES, 20, false, text, sizeof text);
    assert_string_equal(text, "CD8…cytotoxic T cell");
    shorten_among(names[5], names, N_NAMES, 28, false, text, sizeof text);
    assert_string_equal(text, "effector memo…differentiated");
}

static void
test_shorten__names_that_cannot_be_told_apart_keep_the_middle_out(void **state)
{
    static const char *const twins[] = {"ab1234567890123456yz", "ab1234567890123456yz",
                                        "ab12345x7890123456yz"};
    char text[64];

    (void)state;
    shorten_among(twins[0], twins, 3, 7, false, text, sizeof text);
    assert_string_equal(text, "ab…56yz");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shorten__keeps_both_ends_and_the_width),
        cmocka_unit_test(test_shorten__no_two_names_become_alike),
        cmocka_unit_test(test_shorten__keeps_the_part_that_tells_apart),
        cmocka_unit_test(
            test_shorten__names_that_cannot_be_told_apart_keep_the_middle_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
