/* test_calm_range.c - ranges that stay while data go on. */
#include <math.h>

#include "tests/support.h"

#include "tui/calm_range.h"

static void
assert_near(double x, double expected)
{
    assert_true(fabs(x - expected) < 1e-12);
}

static void
test_calm_range__gives_room_at_first(void **state)
{
    struct calm_range r = calm_range_fit((struct calm_range){0}, 10, 20);

    (void)state;
    assert_near(r.lo, 9);
    assert_near(r.hi, 21);
}

static void
test_calm_range__stays_while_it_holds_what_is_needed(void **state)
{
    struct calm_range r = calm_range_fit((struct calm_range){0}, 10, 20);

    (void)state;
    for (double hi = 20; hi > 15; hi -= 0.5) {
        r = calm_range_fit(r, 9.5, hi);
        assert_near(r.lo, 9);
        assert_near(r.hi, 21);
    }
}

static void
test_calm_range__follows_what_leaves_it(void **state)
{
    struct calm_range r = calm_range_fit((struct calm_range){9, 21}, 8.9, 20);

    (void)state;
    assert_near(r.lo, 8.9 - 1.11);
    assert_near(r.hi, 21.11);
    r = calm_range_fit((struct calm_range){9, 21}, 10, 21.5);
    assert_near(r.hi, 22.65);
}

static void
test_calm_range__shrinks_when_little_is_needed(void **state)
{
    struct calm_range r = calm_range_fit((struct calm_range){9, 21}, 10, 13.9);

    (void)state;
    assert_true(r.hi < 15);
    r = calm_range_fit((struct calm_range){9, 21}, 10, 14.1);
    assert_near(r.hi, 21);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calm_range__gives_room_at_first),
        cmocka_unit_test(test_calm_range__stays_while_it_holds_what_is_needed),
        cmocka_unit_test(test_calm_range__follows_what_leaves_it),
        cmocka_unit_test(test_calm_range__shrinks_when_little_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
