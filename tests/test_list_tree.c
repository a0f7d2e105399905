/* test_list_tree.c - lists whose rows hang from each other to any depth. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "draw/canvas.h"
#include "tui/list.h"

enum { NAME, SCORE, N_COLS };

static const struct list_column columns[N_COLS] = {
    [NAME] = {.name = "name", .title = "NAME", .width = 8, .grow = 1},
    [SCORE] =
        {.name = "score", .title = "SCORE", .type = LIST_REAL, .width = 6, .digits = 2},
};

static void
add(struct list *l, uint64_t key, size_t parent, const char *name, double score)
{
    size_t row = list_row(l, key, parent);

    list_text(l, row, NAME, STYLE_TEXT, "%s", name);
    list_num(l, row, SCORE, score);
}

/*  1 root .5      10 other .9
 *  +- 2 left .2
 *  |  +- 3 low .1
 *  |  `- 4 high .8
 *  `- 5 right .6
 *     `- 6 leaf .4                                                             */
static void
fill(struct list *l)
{
    list_begin(l);
    add(l, 1, LIST_ROOT, "root", 0.5);
    add(l, 2, 0, "left", 0.2);
    add(l, 3, 1, "low", 0.1);
    add(l, 4, 1, "high", 0.8);
    add(l, 5, 0, "right", 0.6);
    add(l, 6, 4, "leaf", 0.4);
    add(l, 10, LIST_ROOT, "other", 0.9);
    list_end(l);
}

static int
setup(void **state)
{
    struct list *l = calloc(1, sizeof *l);

    list_init(l, columns, N_COLS);
    l->is_tree = true;
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
test_tree__opens_and_closes_at_any_depth(void **state)
{
    struct list *l = *state;

    ASSERT_SHOWN(l, 1, 10);
    list_act(l, ACT_RIGHT);
    ASSERT_SHOWN(l, 1, 2, 5, 10);
    list_act(l, ACT_RIGHT); /* open already: to the first child */
    assert_int_equal(list_current(l)->key, 2);
    list_act(l, ACT_EXPAND);
    ASSERT_SHOWN(l, 1, 2, 3, 4, 5, 10);
    list_goto(l, 4);
    list_act(l, ACT_RIGHT); /* nothing below */
    assert_int_equal(list_current(l)->key, 4);
    list_act(l, ACT_LEFT); /* to the parent */
    assert_int_equal(list_current(l)->key, 2);
    list_goto(l, 1);
    list_act(l, ACT_LEFT); /* closes; what was open below stays so */
    ASSERT_SHOWN(l, 1, 10);
    list_act(l, ACT_RIGHT);
    ASSERT_SHOWN(l, 1, 2, 3, 4, 5, 10);
}

static void
test_tree__sorts_siblings_inside_their_parent(void **state)
{
    struct list *l = *state;

    l->all_open = true;
    list_end(l);
    ASSERT_SHOWN(l, 1, 2, 3, 4, 5, 6, 10);
    assert_int_equal(list_sort_by(l, "score", NULL), ERR_OK); /* largest first */
    ASSERT_SHOWN(l, 10, 1, 5, 6, 2, 4, 3);
    list_act(l, ACT_REVERSE);
    ASSERT_SHOWN(l, 1, 2, 3, 4, 5, 6, 10);
}

static void
test_tree__a_filter_opens_it_and_tests_every_row(void **state)
{
    struct list *l = *state;
    size_t shown, all;

    assert_int_equal(list_filter(l, "score < .3", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 1, 2, 3);
    assert_true(list_is_context(l, &l->row[0])); /* root is there for the others */
    assert_false(list_is_context(l, &l->row[1]));
    list_count(l, &shown, &all);
    assert_int_equal(shown, 2);
    assert_int_equal(all, 7);
    assert_int_equal(list_filter(l, "", false, NULL, NULL), ERR_OK);
    ASSERT_SHOWN(l, 1, 10);
}

static void
test_tree__finding_opens_the_way_and_closes_it_while_typing(void **state)
{
    struct list *l = *state;

    assert_true(list_find(l, "l"));
    ASSERT_SHOWN(l, 1, 2, 5, 10);
    assert_int_equal(list_current(l)->key, 2);
    assert_true(list_find(l, "lea"));
    ASSERT_SHOWN(l, 1, 2, 5, 6, 10);
    assert_int_equal(list_current(l)->key, 6);
    assert_false(list_find(l, "leaves"));
    ASSERT_SHOWN(l, 1, 2, 5, 6, 10);  /* as it was */
    assert_true(list_find(l, "igh")); /* high; from leaf on, around the end */
    ASSERT_SHOWN(l, 1, 2, 3, 4, 5, 10);
    list_act(l, ACT_DOWN); /* from here on it stays open */
    assert_true(list_find_again(l, 1));
    assert_int_equal(list_current(l)->key, 4); /* past right, which the cursor is on */
}

static void
test_tree__rows_may_come_on_demand(void **state)
{
    struct list *l = *state;

    list_may_expand(l, 6);
    list_goto(l, 10);
    list_act(l, ACT_RIGHT);
    assert_true(keyset_has(&l->expanded, 10)); /* the view fills it in now */
    list_act(l, ACT_LEFT);
    assert_false(keyset_has(&l->expanded, 10));
}

static void
test_tree__indents_by_depth_and_shows_what_is_open(void **state)
{
    struct list *l = *state;
    struct canvas cv;
    struct strbuf out = {0};

    list_act(l, ACT_RIGHT);
    list_goto(l, 5);
    list_act(l, ACT_RIGHT);
    canvas_init(&cv, 6, 60, false);
    list_draw(l, &cv, 0, 6, 60);
    canvas_dump(&cv, &out);
    assert_non_null(strstr(strbuf_str(&out), "\n ▾root "));
    assert_non_null(strstr(strbuf_str(&out), "\n   ▸left "));
    assert_non_null(strstr(strbuf_str(&out), "\n   ▾right "));
    assert_non_null(strstr(strbuf_str(&out), "\n      leaf "));
    canvas_release(&cv);
    strbuf_release(&out);
}

int
main(void)
{
#define TREE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TREE(test_tree__opens_and_closes_at_any_depth),
        TREE(test_tree__sorts_siblings_inside_their_parent),
        TREE(test_tree__a_filter_opens_it_and_tests_every_row),
        TREE(test_tree__finding_opens_the_way_and_closes_it_while_typing),
        TREE(test_tree__rows_may_come_on_demand),
        TREE(test_tree__indents_by_depth_and_shows_what_is_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
