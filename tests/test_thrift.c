/* test_thrift.c - the compact protocol: what is read, what is skipped, what is refused. */
#include "tests/support.h"

#include <stdbool.h>
#include <string.h>

#include "data/thrift.h"

/* {1: i32 -3, 2: true, 4: "ab", 20: list of i32 (1, 2), 21: i64 300} */
static const uint8_t fields[] = {0x15, 5,    0x11, 0x28, 2,    'a',  'b', 0x09,
                                 40,   0x25, 2,    4,    0x16, 0xd8, 4,   0x00};

static void
test_thrift__fields_of_every_kind(void **state)
{
    struct thrift t;
    struct thrift_field f = {0}, item;
    size_t n;

    (void)state;
    thrift_init(&t, fields, sizeof fields);
    assert_true(thrift_field(&t, &f) && f.id == 1);
    assert_int_equal(thrift_int(&t, &f), -3);
    assert_true(thrift_field(&t, &f) && f.id == 2);
    assert_true(thrift_bool(&t, &f));
    assert_true(thrift_field(&t, &f) && f.id == 4);
    assert_memory_equal(thrift_binary(&t, &f, &n), "ab", 2);
    assert_int_equal(n, 2);
    assert_true(thrift_field(&t, &f) && f.id == 20);
    assert_int_equal(thrift_list(&t, &f, &item), 2);
    assert_int_equal(thrift_int(&t, &item), 1);
    assert_int_equal(thrift_int(&t, &item), 2);
    assert_true(thrift_field(&t, &f) && f.id == 21);
    assert_int_equal(thrift_int(&t, &f), 300);
    assert_false(thrift_field(&t, &f));
    assert_null(t.fault);
    assert_int_equal(thrift_offset(&t), sizeof fields);
}

static void
test_thrift__skipping_ends_where_reading_does(void **state)
{
    struct thrift t;
    struct thrift_field f = {0};

    (void)state;
    thrift_init(&t, fields, sizeof fields);
    while (thrift_field(&t, &f))
        thrift_skip(&t, &f);
    assert_null(t.fault);
    assert_int_equal(thrift_offset(&t), sizeof fields);
}

static void
test_thrift__bytes_that_end_are_said_to_be_short(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof fields; n++) {
        struct thrift t;
        struct thrift_field f = {0};

        thrift_init(&t, fields, n);
        while (thrift_field(&t, &f))
            thrift_skip(&t, &f);
        assert_non_null(t.fault);
        assert_true(t.is_short);
    }
}

static void
expect_fault(const uint8_t *data, size_t n, const char *what)
{
    struct thrift t;
    struct thrift_field f = {0};

    thrift_init(&t, data, n);
    while (thrift_field(&t, &f))
        thrift_skip(&t, &f);
    assert_non_null(t.fault);
    assert_non_null(strstr(t.fault, what));
    assert_false(t.is_short);
}

static void
test_thrift__what_there_is_not_is_refused(void **state)
{
    static const uint8_t long_number[] = {0x15, 255, 255, 255, 255, 255, 255,
                                          255,  255, 255, 255, 255, 1};
    static const uint8_t type[] = {0x1d, 0};
    static const uint8_t list_type[] = {0x19, 0x1d, 0};
    static const uint8_t many[] = {0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f};
    uint8_t deep[100];

    (void)state;
    memset(deep, 0x1c, sizeof deep);
    expect_fault(long_number, sizeof long_number, "10 bytes");
    expect_fault(type, sizeof type, "a type that there is not");
    expect_fault(list_type, sizeof list_type, "a type that there is not");
    expect_fault(many, sizeof many, "1,000,000");
    expect_fault(deep, sizeof deep, "32 deep");
}

static void
test_thrift__another_type_than_asked_for(void **state)
{
    struct thrift t;
    struct thrift_field f = {0};
    size_t n = 7;

    (void)state;
    thrift_init(&t, fields, sizeof fields);
    assert_true(thrift_field(&t, &f));
    assert_string_equal(thrift_binary(&t, &f, &n), "");
    assert_int_equal(n, 0);
    assert_non_null(t.fault);
    assert_false(thrift_field(&t, &f));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thrift__fields_of_every_kind),
        cmocka_unit_test(test_thrift__skipping_ends_where_reading_does),
        cmocka_unit_test(test_thrift__bytes_that_end_are_said_to_be_short),
        cmocka_unit_test(test_thrift__what_there_is_not_is_refused),
        cmocka_unit_test(test_thrift__another_type_than_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
