/* test_draw.c - canvas, tables and charts as text. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>

#include "draw/chart.h"
#include "draw/table.h"

static void
test_canvas__text_is_cut_with_an_ellipsis(void **state)
{
    struct canvas cv;
    struct strbuf out = {0};

    (void)state;
    canvas_init(&cv, 3, 8, false);
    assert_int_equal(canvas_text(&cv, 0, 0, -1, STYLE_TEXT, "abcdefghij"), 8);
    assert_int_equal(canvas_text(&cv, 1, 2, 4, STYLE_TEXT, "abcd"), 4);
    assert_int_equal(canvas_text(&cv, 2, 0, 4, STYLE_TEXT, "世界人"), 3);
    canvas_dump(&cv, &out);
    assert_string_equal(strbuf_str(&out), "abcdefg…\n  abcd\n世…\n");
    strbuf_release(&out);
    canvas_release(&cv);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canvas__text_is_cut_with_an_ellipsis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
