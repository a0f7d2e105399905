/* test_wrap.c - a text on lines of a width. */
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "tui/wrap.h"

/* The lines with '|' between them. */
static void
assert_wraps(const char *text, int cols, const char *lines)
{
    char got[256] = "";
    size_t n = 0, skip;

    assert_true(wrap_lines(text, cols) >= 1);
    for (const char *at = text; n == 0 || *at; n++) {
        size_t len = wrap_bytes(at, cols, &skip);
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", n ? "|" : "",
                 (int)len, at);
        at += len + skip;
    }
    assert_string_equal(got, lines);
    assert_int_equal(wrap_lines(text, cols), n);
}

static void
test_wrap__breaks_at_blanks(void **state)
{
    (void)state;
    assert_wraps("", 10, "");
    assert_wraps("one two", 10, "one two");
    assert_wraps("one two three", 10, "one two|three");
    assert_wraps("one two  three", 7, "one two|three");
    assert_wraps("one two", 3, "one|two");
}

static void
test_wrap__breaks_long_words(void **state)
{
    (void)state;
    assert_wraps("abcdefghij", 4, "abcd|efgh|ij");
    assert_wraps("a abcdefghij", 6, "a abcd|efghij");
    assert_wraps("\xe9\xab\x98\xe6\xa1\xa5", 1, "\xe9\xab\x98|\xe6\xa1\xa5");
    assert_wraps("\xe9\xab\x98\xe6\xa1\xa5", 3, "\xe9\xab\x98|\xe6\xa1\xa5");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap__breaks_at_blanks),
        cmocka_unit_test(test_wrap__breaks_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
