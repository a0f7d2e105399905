/* test_list.c - the list component, text entry, and picking values out of JSON. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/canvas.h"
#include "tui/edit.h"
#include "tui/fmt.h"
#include "tui/json_pick.h"
#include "tui/list.h"

enum { NAME, SCORE, N_COLS };

static const struct list_column columns[N_COLS] = {
    [NAME] = {.name = "name", .title = "NAME", .width = 8, .grow = 1},
    [SCORE] =
        {.name = "score", .title = "SCORE", .type = LIST_REAL, .width = 6, .digits = 2},
};

static const struct list_column headed[N_COLS] = {
    [NAME] = {.name = "name", .title = "-0+", .width = 8},
    [SCORE] = {.name = "score", .title = "BEST VAL F1", .type = LIST_REAL, .width = 12},
};

static void
add(struct list *l, uint64_t key, size_t parent, const char *name, double score)
{
    size_t row = list_row(l, key, parent);

    list_text(l, row, NAME, STYLE_TEXT, "%s", name);
    list_num(l, row, SCORE, score);
}

/* Two groups with two members each, and a row without a score. */
static void
fill(struct list *l)
{
    list_begin(l);
    add(l, 100, LIST_ROOT, "beta", 0.5);
    add(l, 1, 0, "beta one", 0.4);
    add(l, 2, 0, "beta two", 0.6);
    add(l, 200, LIST_ROOT, "alpha", 0.7);
    add(l, 3, 3, "alpha one", 0.7);
    add(l, 4, 3, "alpha two", 0.8);
    add(l, 300, LIST_ROOT, "gamma", (double)NAN);
    list_end(l);
}

static int
setup(void **state)
{
    struct list *l = calloc(1, sizeof *l);

    list_init(l, columns, N_COLS);
    fill(l);
    *state = l;
    return 0;
}

static int
teardown(void **state)
{
    list_release(*state);
    free(*state);
    return 0;
}

/* Keys of the rows shown, in order. */
static void
assert_shown(const struct list *l, size_t n, const uint64_t *key)
{
    assert_int_equal(l->n_shown, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(l->row[l->shown[i]].key, key[i]);
}

#define ASSERT_SHOWN(l, ...)                                                           \
    assert_shown(l, sizeof(uint64_t[]){__VA_ARGS__} / sizeof(uint64_t),                \
                 (const uint64_t[]){__VA_ARGS__})

static void
test_list__members_show_only_in_an_expanded_group(void **state)
{
    struct list *l = *state;

    ASSERT_SHOWN(l, 100, 200, 300);
    list_goto(l, 200);
    assert_true(list_act(l, ACT_EXPAND));
    ASSERT_SHOWN(l, 100, 200, 3, 4, 300);
    assert_int_equal(list_current(l)->key, 200);
    list_act(l, ACT_DOWN);
    list_act(l, ACT_EXPAND); /* on a member: closes, back to the group */
    ASSERT_SHOWN(l, 100, 200, 300);
    assert_int_equal(list_current(l)->key, 200);
}

static void
test_list__refilling_keeps_cursor_marks_and_groups(void **state)
{
    struct list *l = *state;

    list_goto(l, 200);
    list_act(l, ACT_EXPAND);
    list_goto(l, 4);
    list_act(l, ACT_MARK);
    list_goto(l, 4);
    list_begin(l);
    add(l, 500, LIST_ROOT, "new", 1);
    add(l, 200, LIST_ROOT, "alpha", 0.7);
    add(l, 4, 1, "alpha two", 0.9);
    list_end(l);
    ASSERT_SHOWN(l, 500, 200, 4);
    assert_int_equal(list_current(l)->key, 4);
    assert_true(keyset_has(&l->marked, 4));
}

static void
test_list__sorts_groups_and_their_members_with_nothing_last(void **state)
{
    struct list *l = *state;

    list_goto(l, 100);
    list_act(l, ACT_EXPAND);
    assert_int_equal(list_sort_by(l, "score", NULL), ERR_OK); /* largest first */
    ASSERT_SHOWN(l, 200, 100, 2, 1, 300);
    list_act(l, ACT_REVERSE);
    ASSERT_SHOWN(l, 100, 1, 2, 200, 300);
    assert_int_equal(list_sort_by(l, "name", NULL), ERR_OK);
    ASSERT_SHOWN(l, 200, 100, 1, 2, 300);

    struct errbuf eb;
    assert_int_equal(list_sort_by(l, "nope", &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "name, score"));
}

static void
test_list__filters_by_text_and_by_number(void **state)
{
    struct list *l = *state;
    struct errbuf eb;
    size_t at;

    assert_int_equal(list_filter(l, "ALPHA", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 200);
    assert_int_equal(list_filter(l, "score >= .65", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 200); /* beta two has .6 */
    assert_int_equal(list_filter(l, "score<.45", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 100); /* for its member */
    list_act(l, ACT_EXPAND);
    ASSERT_SHOWN(l, 100, 1);
    assert_int_equal(list_filter(l, "score <> .5", false, &at, &eb), ERR_ARG);
    assert_int_equal(at, 6);
    assert_int_equal(list_filter(l, "beta or nope > 1", false, &at, &eb), ERR_NOTFOUND);
    assert_int_equal(at, 8);
    assert_non_null(strstr(eb.text, "nope"));
    ASSERT_SHOWN(l, 100, 1); /* they stay */
    assert_int_equal(list_filter(l, "", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 100, 1, 2, 200, 300);
}

/* What a group alone has holds for its members; what it shows of them does not. */
static void
test_list__filters_groups_by_their_members(void **state)
{
    struct list *l = *state;

    list_begin(l);
    add(l, 100, LIST_ROOT, "all failed", 5);
    add(l, 1, 0, "failed", (double)NAN);
    add(l, 2, 0, "failed", 2);
    list_end(l);
    assert_int_equal(list_filter(l, "name = failed and score = 5", false, NULL, NULL),
                     ERR_OK);
    ASSERT_SHOWN(l, 100);
    assert_int_equal(list_filter(l, "name != failed", false, NULL, NULL), ERR_OK);
    assert_int_equal(l->n_shown, 0);
    assert_int_equal(list_filter(l, "all failed and score = 2", false, NULL, NULL),
                     ERR_OK);
    ASSERT_SHOWN(l, 100);
}

static void
test_list__columns_go_by_heading_and_name(void **state)
{
    struct list *l = *state;
    struct strbuf names = {0};

    l->column = headed;
    assert_int_equal(list_filter(l, "best val f1 > .65", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 200);
    assert_int_equal(list_filter(l, "Best_Val_F1 > .65", false, NULL, NULL), ERR_OK);
    assert_int_equal(list_filter(l, "SCORE > .65", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 200);
    list_names(l, &names);
    assert_string_equal(strbuf_str(&names), "name, best val f1");
    strbuf_release(&names);
    l->column = columns;
}

static void
test_list__finds_from_the_cursor_on_and_around(void **state)
{
    struct list *l = *state;

    assert_true(list_find(l, "a"));
    assert_int_equal(list_current(l)->key, 100);
    assert_true(list_find_again(l, 1));
    assert_int_equal(list_current(l)->key, 200);
    assert_true(list_find_again(l, -1));
    assert_true(list_find_again(l, -1));
    assert_int_equal(list_current(l)->key, 300);
    assert_false(list_find(l, "zebra"));
    assert_int_equal(list_current(l)->key, 300);
}

static size_t
n_filtered(struct list *l, const char *text)
{
    assert_int_equal(list_filter(l, text, false, NULL, NULL), ERR_OK);
    return l->n_shown;
}

static void
test_list__a_capital_is_looked_for_as_typed(void **state)
{
    struct list *l = *state;

    list_begin(l);
    add(l, 1, LIST_ROOT, "mast cell", 0.1);
    add(l, 2, LIST_ROOT, "T cell", 0.2);
    add(l, 3, LIST_ROOT, "memory T cell", 0.3);
    list_end(l);
    list_goto(l, 1);
    assert_true(list_find(l, "t cell"));
    assert_int_equal(list_current(l)->key, 1);
    assert_true(list_find(l, "T cell"));
    assert_int_equal(list_current(l)->key, 2);
    assert_true(list_find(l, "MEMORY"));
    assert_int_equal(list_current(l)->key, 3);
    assert_int_equal(n_filtered(l, "t cell"), 3);
    assert_int_equal(n_filtered(l, "T cell"), 2);
    assert_int_equal(n_filtered(l, "MAST"), 1);
    assert_int_equal(n_filtered(l, "ZEBRA"), 0);
}

static void
test_list__empty_takes_every_action(void **state)
{
    struct list *l = *state;

    list_begin(l);
    list_end(l);
    for (int a = 0; a < ACT_COUNT; a++)
        (void)list_act(l, (enum action)a);
    assert_null(list_current(l));
    assert_false(list_find(l, "a"));
}

static void
test_list__exports_what_is_shown_in_its_order(void **state)
{
    struct list *l = *state;
    struct strbuf csv = {0};

    list_export(l, TABLE_CSV, &csv);
    assert_string_equal(strbuf_str(&csv), "name,score\nbeta,0.5\nalpha,0.7\ngamma,\n");
    list_goto(l, 200);
    list_act(l, ACT_EXPAND);
    assert_int_equal(list_sort_by(l, "score", NULL), ERR_OK);
    assert_int_equal(list_filter(l, "score > .55", false, NULL, NULL), ERR_OK);
    strbuf_reset(&csv);
    list_export(l, TABLE_CSV, &csv);
    assert_string_equal(strbuf_str(&csv), "name,score\nalpha,0.7\nalpha two,0.8\n"
                                          "alpha one,0.7\nbeta,0.5\n");
    strbuf_release(&csv);
}

static void
test_list__draws_heading_cursor_and_scrolls(void **state)
{
    struct list *l = *state;
    struct canvas cv;
    struct strbuf text = {0};

    canvas_init(&cv, 3, 24, false);
    list_act(l, ACT_BOTTOM);
    list_draw(l, &cv, 0, 3, 24);
    canvas_dump(&cv, &text);
    assert_string_equal(strbuf_str(&text), "  NAME             SCORE\n"
                                           " ▸alpha             0.70\n"
                                           "  gamma                -\n");
    strbuf_release(&text);
    canvas_release(&cv);
}

static void
test_list__says_which_rows_it_shows_and_their_order(void **state)
{
    struct list *l = *state;
    struct canvas cv;
    char text[128];

    canvas_init(&cv, 3, 24, false);
    list_act(l, ACT_BOTTOM);
    assert_int_equal(list_sort_by(l, "score", NULL), ERR_OK);
    list_draw(l, &cv, 0, 3, 24);
    list_status(l, text, sizeof text);
    assert_string_equal(text, "rows 2-3 of 3  sorted by SCORE, largest first  ");
    list_draw(l, &cv, 0, 4, 24);
    list_status(l, text, sizeof text);
    assert_string_equal(text, "sorted by SCORE, largest first  ");
    canvas_release(&cv);
}

static void
test_list__equals_keep_their_order_either_way(void **state)
{
    struct list *l = *state;

    list_begin(l);
    add(l, 1, LIST_ROOT, "a", 1);
    add(l, 2, LIST_ROOT, "b", 1);
    add(l, 3, LIST_ROOT, "c", 2);
    list_end(l);
    assert_int_equal(list_sort_by(l, "score", NULL), ERR_OK);
    ASSERT_SHOWN(l, 3, 1, 2);
    list_act(l, ACT_REVERSE);
    ASSERT_SHOWN(l, 1, 2, 3);
}

static void
test_list__cut_names_stay_apart(void **state)
{
    struct list *l = *state;
    struct canvas cv;
    struct strbuf text = {0};

    list_begin(l);
    add(l, 1, LIST_ROOT, "CD8-positive cytotoxic T cell", 1);
    add(l, 2, LIST_ROOT, "CD8-positive memory T cell", 2);
    list_end(l);
    canvas_init(&cv, 3, 26, false);
    list_draw(l, &cv, 0, 3, 26);
    canvas_dump(&cv, &text);
    assert_string_equal(strbuf_str(&text), "  NAME               SCORE\n"
                                           "  CD8-pos…ic T cell   1.00\n"
                                           "  CD8…memory T cell   2.00\n");
    strbuf_release(&text);
    canvas_release(&cv);
}

static void
type(struct edit *e, const char *text)
{
    for (; *text; text++)
        edit_insert(e, (unsigned char)*text);
}

static void
test_edit__inserts_and_erases_whole_characters(void **state)
{
    struct edit e;

    (void)state;
    edit_set(&e, "");
    type(&e, "ab");
    edit_insert(&e, 0xe9); /* two bytes */
    edit_insert(&e, 0x9ad8);
    edit_insert(&e, 27); /* controls are no text */
    assert_string_equal(e.text, "ab\xc3\xa9\xe9\xab\x98");
    edit_act(&e, ACT_LEFT);
    edit_act(&e, ACT_ERASE);
    assert_string_equal(e.text, "ab\xe9\xab\x98");
    edit_act(&e, ACT_TOP);
    type(&e, "one two ");
    edit_act(&e, ACT_ERASE_WORD);
    assert_string_equal(e.text, "one ab\xe9\xab\x98");
    edit_act(&e, ACT_BOTTOM);
    edit_act(&e, ACT_RIGHT);
    edit_act(&e, ACT_ERASE_ALL);
    edit_act(&e, ACT_ERASE);
    assert_string_equal(e.text, "");
}

static void
test_edit__holds_no_more_than_fits(void **state)
{
    struct edit e;

    (void)state;
    edit_set(&e, "");
    for (int i = 0; i < 2 * EDIT_MAX; i++)
        edit_insert(&e, 0x9ad8);
    assert_true(e.len < EDIT_MAX && e.len % 3 == 0);
    assert_int_equal(strlen(e.text), e.len);
}

/* A cursor within a character that is none, and no room: nothing is read beyond. */
static void
test_edit__draws_malformed_text(void **state)
{
    struct edit e;
    struct canvas cv;

    (void)state;
    canvas_init(&cv, 1, 8, false);
    edit_set(&e, "\xe9\xab\x98\xe6\xa1\xa5\xe9\xab");
    for (e.at = 0; e.at <= e.len; e.at++)
        for (int width = 0; width < 8; width++)
            assert_true(edit_draw(&e, &cv, 0, 0, width, STYLE_TEXT) <= e.len);
    canvas_release(&cv);
}

static void
test_json_pick__values_of_our_own_output(void **state)
{
    const char *json = "{\"n_new\": 3, \"dry_run\": true,\n \"warnings\": "
                       "[\"a \\\"b\\\"\\u001b[31m c\", \"d\"],\n \"error\": null}";
    double x = 0;
    char text[64] = "kept";

    (void)state;
    assert_true(json_pick_number(json, "n_new", &x));
    support_near(x, 3, 0);
    assert_false(json_pick_number(json, "n_old", &x));
    assert_true(json_pick_text(json, "warnings", text, sizeof text));
    assert_string_equal(text, "a \"b\" [31m c");
    assert_false(json_pick_text(json, "error", text, sizeof text));
    assert_true(json_pick_text("{\"error\": \"abcdef\"}", "error", text, 4));
    assert_string_equal(text, "abc");
    assert_false(json_pick_text("{\"error\": \"\\", "none", text, 4));
}

static void
test_fmt__numbers_in_narrow_columns(void **state)
{
    char text[FMT_SIZE];

    (void)state;
    fmt_mean_sd(0.8271, 0.0042, true, text);
    assert_string_equal(text, ".827+-.004");
    fmt_mean_sd(1, 0, true, text);
    assert_string_equal(text, "1.00+-.000");
    fmt_mean_sd(0.8271, 0.0042, false, text);
    assert_string_equal(text, "0.827±.004");
    fmt_mean_sd(0.8271, (double)NAN, true, text);
    assert_string_equal(text, "0.827");
    fmt_delta(-0.1234, text);
    assert_string_equal(text, "-.123");
    fmt_delta(1.25, text);
    assert_string_equal(text, "+1.25");
    fmt_delta(-0.99951, text);
    assert_string_equal(text, "-1.00");
    fmt_delta(-12.49, text);
    assert_string_equal(text, "-12.5");
    fmt_p(0.0004, text);
    assert_string_equal(text, "<.001");
    fmt_p(0.125, text);
    assert_string_equal(text, ".125");
    fmt_si(999.4, text);
    assert_string_equal(text, "999");
    fmt_si(12345, text);
    assert_string_equal(text, "12.3k");
    fmt_si(999600, text);
    assert_string_equal(text, "1.0M");
    fmt_si((double)NAN, text);
    assert_string_equal(text, "-");
}

#define LIST_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIST_TEST(test_list__members_show_only_in_an_expanded_group),
        LIST_TEST(test_list__refilling_keeps_cursor_marks_and_groups),
        LIST_TEST(test_list__sorts_groups_and_their_members_with_nothing_last),
        LIST_TEST(test_list__filters_by_text_and_by_number),
        LIST_TEST(test_list__filters_groups_by_their_members),
        LIST_TEST(test_list__columns_go_by_heading_and_name),
        LIST_TEST(test_list__finds_from_the_cursor_on_and_around),
        LIST_TEST(test_list__a_capital_is_looked_for_as_typed),
        LIST_TEST(test_list__empty_takes_every_action),
        LIST_TEST(test_list__exports_what_is_shown_in_its_order),
        LIST_TEST(test_list__draws_heading_cursor_and_scrolls),
        LIST_TEST(test_list__says_which_rows_it_shows_and_their_order),
        LIST_TEST(test_list__equals_keep_their_order_either_way),
        LIST_TEST(test_list__cut_names_stay_apart),
        cmocka_unit_test(test_edit__inserts_and_erases_whole_characters),
        cmocka_unit_test(test_edit__holds_no_more_than_fits),
        cmocka_unit_test(test_edit__draws_malformed_text),
        cmocka_unit_test(test_json_pick__values_of_our_own_output),
        cmocka_unit_test(test_fmt__numbers_in_narrow_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
