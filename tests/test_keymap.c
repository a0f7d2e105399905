/* test_keymap.c - the tables of actions, bindings and views. */
#include "tests/support.h"

#include <stdbool.h>
#include <string.h>

#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/view.h"

/* True if a binding holds while a view is in front. */
static bool
holds_in(const struct view *v, const struct binding *b)
{
    for (size_t i = 0; i < VIEW_CONTEXTS; i++)
        if (v->context[i] == b->context)
            return true;
    return b->context == CTX_GLOBAL;
}

static void
assert_no_key_twice(const struct view *v)
{
    const struct binding *a, *b;

    for (size_t i = 0; (a = keymap_binding(i)); i++) {
        for (size_t j = i + 1; (b = keymap_binding(j)); j++) {
            bool both = v ? holds_in(v, a) && holds_in(v, b) : a->context == b->context;
            if (both && a->key == b->key && a->key != KEY_NONE)
                fail_msg("%s: %s means %s and %s", v ? v->name : "in a context",
                         key_text(a->key), action_name(a->action),
                         action_name(b->action));
        }
    }
}

static void
test_keymap__no_key_bound_twice_in_a_context(void **state)
{
    (void)state;
    assert_no_key_twice(NULL);
}

static void
test_keymap__no_key_bound_twice_in_a_view(void **state)
{
    (void)state;
    for (size_t i = 0; i < VIEW_COUNT; i++)
        assert_no_key_twice(view_get(i));
}

static void
test_keymap__lookup_finds_every_row(void **state)
{
    const struct binding *b;

    (void)state;
    for (size_t i = 0; (b = keymap_binding(i)); i++)
        if (b->key != KEY_NONE)
            assert_int_equal(keymap_lookup(b->context, b->key), b->action);
    assert_int_equal(keymap_lookup(CTX_GLOBAL, 0x263a), ACT_NONE);
    assert_int_equal(keymap_lookup(CTX_GLOBAL, KEY_NONE), ACT_NONE);
}

static void
test_actions__each_has_words_and_a_key(void **state)
{
    const struct binding *b;

    (void)state;
    for (int a = ACT_NONE + 1; a < ACT_COUNT; a++) {
        const struct view *v = view_of_action((enum action)a);
        bool bound = v && view_key(view_find(v->name)) == KEY_NONE;
        assert_non_null(action_name((enum action)a));
        assert_non_null(action_help((enum action)a));
        assert_true(strlen(action_help((enum action)a)) > 3);
        for (size_t i = 0; (b = keymap_binding(i)); i++)
            bound = bound || (b->action == (enum action)a && b->key != KEY_NONE);
        if (!bound)
            fail_msg("no key does %s", action_name((enum action)a));
    }
}

static void
test_contexts__each_is_used(void **state)
{
    const struct binding *b;

    (void)state;
    for (int c = 0; c < CTX_COUNT; c++) {
        bool used = false;
        assert_non_null(context_title((enum context)c));
        for (size_t i = 0; (b = keymap_binding(i)); i++)
            used = used || b->context == (enum context)c;
        assert_true(used);
    }
}

static void
test_views__are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        const struct view *v = view_get(i);
        assert_non_null(v);
        assert_true(v->name && v->title && v->help && v->draw);
        assert_int_equal(view_find(v->name), i);
        assert_true(v->state_size > 0);
    }
    assert_int_equal(view_find("none such"), VIEW_COUNT);
}

static void
test_key_text__names_keys(void **state)
{
    (void)state;
    assert_string_equal(key_text(KEY_RETURN), "enter");
    assert_string_equal(key_text('K'), "K");
    assert_string_equal(key_text(KEY_CTRL('l')), "ctrl-l");
    assert_string_equal(key_text(KEY_SPACE), "space");
}

static void
test_keymap_keys__lists_all_and_keeps_to_its_room(void **state)
{
    char text[32], small[4];

    (void)state;
    keymap_keys(CTX_LIST, ACT_DOWN, text, sizeof text);
    assert_string_equal(text, "j down");
    keymap_keys(CTX_LIST, ACT_QUEUE, text, sizeof text);
    assert_string_equal(text, "");
    keymap_keys(CTX_LIST, ACT_DOWN, small, sizeof small);
    assert_string_equal(small, "j d");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keymap__no_key_bound_twice_in_a_context),
        cmocka_unit_test(test_keymap__no_key_bound_twice_in_a_view),
        cmocka_unit_test(test_keymap__lookup_finds_every_row),
        cmocka_unit_test(test_actions__each_has_words_and_a_key),
        cmocka_unit_test(test_contexts__each_is_used),
        cmocka_unit_test(test_views__are_whole),
        cmocka_unit_test(test_key_text__names_keys),
        cmocka_unit_test(test_keymap_keys__lists_all_and_keeps_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
