/* test_codes.c - codes of as few bytes as they need. */
#include "tests/support.h"

#include <stdlib.h>

#include "data/codes.h"

enum { N = 1000 };

static int32_t
code_of(size_t i, size_t n_levels)
{
    return i % 7 == 3 ? -1 : (int32_t)(i * 7919 % n_levels);
}

static void
expect_codes(const struct codes *c, size_t n, size_t n_levels)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(codes_get(c, i), code_of(i, n_levels));
}

/* 255 levels are the last that one byte can tell from a missing one. */
static void
test_codes__width(void **state)
{
    (void)state;
    assert_int_equal(codes_width(0), 1);
    assert_int_equal(codes_width(255), 1);
    assert_int_equal(codes_width(256), 2);
    assert_int_equal(codes_width(65535), 2);
    assert_int_equal(codes_width(65536), 4);
}

static void
test_codes__any_width_says_the_same(void **state)
{
    static const size_t levels[] = {1, 255, 256, 65535, 65536, 100000};

    (void)state;
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        int32_t *wide = calloc(N, sizeof *wide), *again;
        struct codes c;

        for (size_t i = 0; i < N; i++)
            wide[i] = code_of(i, levels[k]);
        codes_take(&c, wide);
        codes_narrow(&c, N, codes_width(levels[k]));
        assert_int_equal(c.width, codes_width(levels[k]));
        expect_codes(&c, N, levels[k]);
        assert_int_equal(codes_copy(&c, N, &again, NULL), ERR_OK);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(again[i], code_of(i, levels[k]));
        free(again);
        assert_int_equal(codes_widen(&c, N, 4, NULL), ERR_OK);
        assert_int_equal(c.width, 4);
        expect_codes(&c, N, levels[k]);
        codes_release(&c);
    }
}

/* New codes are missing; old ones stay. */
static void
test_codes__grow(void **state)
{
    struct codes c = {0};

    (void)state;
    assert_int_equal(codes_resize(&c, 0, 10, NULL), ERR_OK);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(codes_get(&c, i), -1);
        codes_set(&c, i, code_of(i, 200));
    }
    assert_int_equal(codes_widen(&c, 10, 2, NULL), ERR_OK);
    assert_int_equal(codes_resize(&c, 10, N, NULL), ERR_OK);
    expect_codes(&c, 10, 200);
    for (size_t i = 10; i < N; i++)
        assert_int_equal(codes_get(&c, i), -1);
    codes_release(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes__width),
        cmocka_unit_test(test_codes__any_width_says_the_same),
        cmocka_unit_test(test_codes__grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
