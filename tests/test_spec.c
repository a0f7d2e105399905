/* test_spec.c - the parameter table, parsing, canonical text, pair_key. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "spec/spec.h"

static void
test_spec__defaults_are_the_published_ones(void **state)
{
    struct spec s;
    struct errbuf eb;

    (void)state;
    spec_init(&s);
    assert_int_equal(spec_resolve(&s, &eb), ERR_OK);
    assert_true(s.learning_rate == 5e-4 && s.weight_decay == .01);
    assert_int_equal(s.batch_size, 2048);
    assert_int_equal(s.max_epochs, 50);
    assert_int_equal(s.early_stopping_patience, 10);
    assert_string_equal(s.label, "cell_type");
    assert_int_equal(s.class_weights, CLASS_WEIGHTS_BALANCED);
    spec_release(&s);
}

/* spec_resolve of two --eval. */
static enum err
resolve_evals(const char *first, const char *second)
{
    struct spec s;

    spec_init(&s);
    assert_int_equal(spec_set(&s, SPEC_ID_eval, first, NULL), ERR_OK);
    assert_int_equal(spec_set(&s, SPEC_ID_eval, second, NULL), ERR_OK);
    enum err e = spec_resolve(&s, NULL);
    spec_release(&s);
    return e;
}

static void
test_spec__names_of_evaluations_are_checked(void **state)
{
    (void)state;
    assert_int_equal(resolve_evals("x=a.h5ad", "xy=a.h5ad"), ERR_OK);
    assert_int_equal(resolve_evals("x=a.h5ad", "x=b.h5ad"), ERR_ARG);
    assert_int_equal(resolve_evals("x=a.h5ad", "y,z=a.h5ad"), ERR_ARG);
    assert_int_equal(resolve_evals("x=a.h5ad", "ood=a.h5ad"), ERR_ARG);
    assert_int_equal(resolve_evals("x=a.h5ad", "=a.h5ad"), ERR_ARG);
}

static void
test_spec__text_survives_a_round_trip(void **state)
{
    struct spec a, b;
    struct errbuf eb;
    struct strbuf ta = {0}, tb = {0};

    (void)state;
    spec_init(&a);
    spec_init(&b);
    assert_int_equal(spec_set(&a, SPEC_ID_data, "x\\y\nz=1", &eb), ERR_OK);
    assert_int_equal(spec_set(&a, SPEC_ID_data, "second", &eb), ERR_OK);
    assert_int_equal(spec_set_hyper(&a, "learning_rate=0.1", &eb), ERR_OK);
    assert_int_equal(spec_set_hyper(&a, "class_weights=none", &eb), ERR_OK);
    spec_write(&a, false, &ta);
    assert_int_equal(spec_read(&b, strbuf_str(&ta), &eb), ERR_OK);
    spec_write(&b, false, &tb);
    assert_string_equal(strbuf_str(&ta), strbuf_str(&tb));
    assert_string_equal(b.data.item[0], "x\\y\nz=1");
    spec_release(&a);
    spec_init(&a);
    spec_copy(&a, &b);
    strbuf_reset(&ta);
    spec_write(&a, false, &ta);
    assert_string_equal(strbuf_str(&ta), strbuf_str(&tb));
    strbuf_release(&ta);
    strbuf_release(&tb);
    spec_release(&a);
    spec_release(&b);
}

static void
test_spec__pair_key_ignores_loss_seed_and_names(void **state)
{
    struct spec s;
    struct errbuf eb;
    char k1[DIGEST_HEX], k2[DIGEST_HEX];
    static const char *const free_items[] = {"loss=hce", "seed=9", "name=n",
                                             "experiment=e", "threads=2"};

    (void)state;
    spec_init(&s);
    spec_pair_key(&s, "d", "s", "c", k1);
    for (size_t i = 0; i < 5; i++) {
        char *eq = strchr(free_items[i], '=');
        char name[16] = "";

        memcpy(name, free_items[i], (size_t)(eq - free_items[i]));
        assert_int_equal(spec_set(&s, spec_find(name), eq + 1, &eb), ERR_OK);
    }
    spec_pair_key(&s, "d", "s", "c", k2);
    assert_string_equal(k1, k2);
    assert_int_equal(spec_set_hyper(&s, "batch_size=64", &eb), ERR_OK);
    spec_pair_key(&s, "d", "s", "c", k2);
    assert_string_not_equal(k1, k2);
    spec_release(&s);
}

/* Runs of before have keys in which later parameters do not stand. */
static void
test_spec__later_parameters_keep_older_keys(void **state)
{
    static const char *const value[] = {"auto", "cells", "blocks"};
    struct spec s;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct strbuf key = {0}, all = {0};

        spec_init(&s);
        assert_int_equal(spec_set(&s, SPEC_ID_shuffle, value[i], NULL), ERR_OK);
        assert_int_equal(spec_set(&s, SPEC_ID_memory, "3G", NULL), ERR_OK);
        spec_write(&s, true, &key);
        spec_write(&s, false, &all);
        assert_true((strstr(strbuf_str(&key), "shuffle=") != NULL) == (i > 0));
        assert_null(strstr(strbuf_str(&key), "memory="));
        assert_non_null(strstr(strbuf_str(&all), value[i]));
        assert_non_null(strstr(strbuf_str(&all), "memory=3G"));
        strbuf_release(&key);
        strbuf_release(&all);
        spec_release(&s);
    }
}

static void
test_spec__bad_values_name_option_value_and_remedy(void **state)
{
    static const struct {
        enum spec_id id;
        const char *value, *want;
    } cases[] = {
        {SPEC_ID_loss, "mse", "--loss mse: must be one of: ce, hce"},
        {SPEC_ID_seed, "-1", "--seed -1: must be a whole number from 0 to 4294967295"},
        {SPEC_ID_seed, "1x", "--seed 1x: must be"},
        {SPEC_ID_val_fraction, "nan",
         "--val-fraction nan: must be a number from 0 to 0.9"},
        {SPEC_ID_learning_rate, "0",
         "--set learning_rate=0: must be a number above 0 and at most 100 (per step)"},
        {SPEC_ID_batch_size, "1.5", "--set batch_size=1.5: must be a whole number"},
        {SPEC_ID_dropout, "1", "--set dropout=1: must be a number from 0 and below 1"},
        {SPEC_ID_hidden_size, "0",
         "--set hidden_size=0: must be a whole number from 1"},
        {SPEC_ID_n_steps, "0", "--set n_steps=0: must be a whole number from 1"},
        {SPEC_ID_mask_type, "softmax",
         "--set mask_type=softmax: must be one of: entmax, sparsemax"},
        {SPEC_ID_virtual_batch_size, "1",
         "--set virtual_batch_size=1: must be a whole number from 2"},
    };
    struct spec s;
    struct errbuf eb;

    (void)state;
    spec_init(&s);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(spec_set(&s, cases[i].id, cases[i].value, &eb), ERR_ARG);
        if (!strstr(eb.text, cases[i].want))
            fail_msg("%s does not contain %s", eb.text, cases[i].want);
    }
    assert_int_equal(spec_set_hyper(&s, "momentun=1", &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "learning_rate"));
    spec_release(&s);
}

static void
test_spec__seeds(void **state)
{
    uint32_t *seeds;
    size_t n;
    struct errbuf eb;

    (void)state;
    assert_int_equal(spec_parse_seeds("0-3,7,2", &seeds, &n, &eb), ERR_OK);
    assert_int_equal(n, 5);
    assert_int_equal(seeds[4], 7);
    free(seeds);
    static const char *const bad[] = {"",   "a",          "3-1", "1,",
                                      "-1", "0-99999999", "1-",  "1 2"};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(spec_parse_seeds(bad[i], &seeds, &n, &eb), ERR_ARG);
}

static void
test_spec__every_row_is_filled(void **state)
{
    (void)state;
    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        const struct spec_item *it = spec_item(id);

        assert_true(*it->help);
        assert_true(it->flags & (SPEC_OPT | SPEC_HYPER));
        assert_int_equal(spec_find(it->name), id);
        assert_true((it->kind == SPEC_CHOICE) == (spec_choice(id, 0) != NULL));
    }
    for (enum metric_id id = 0; id < METRIC_COUNT; id++)
        assert_int_equal(metric_find(metric_info(id)->name), id);
    assert_int_equal(spec_find("val-fraction"), SPEC_ID_val_fraction);
}

static void
test_spec__sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes; /* 0: refused */
    } c[] = {
        {"1", 1},           {"1k", 1024}, {"800M", 800u << 20}, {"1.5G", 3ull << 29},
        {"2T", 2ull << 40}, {"0", 0},     {"-1G", 0},           {"G", 0},
        {"1GB", 0},         {"nan", 0},   {"9e99", 0},          {" 1", 0}};
    uint64_t bytes;
    struct spec s;
    struct errbuf eb;

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        assert_true(spec_size(c[i].text, &bytes) == (c[i].bytes > 0));
        assert_int_equal(bytes, c[i].bytes);
    }
    assert_true(spec_size("", &bytes) && bytes == 0);
    spec_init(&s);
    assert_int_equal(spec_set(&s, SPEC_ID_memory, "much", NULL), ERR_OK);
    assert_int_equal(spec_resolve(&s, &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "--memory much: write a size like"));
    spec_release(&s);
}

/* Two sets of cells under one name would fail a run when it is trained. */
static void
test_spec__evaluations_have_names_of_their_own(void **state)
{
    static const struct {
        const char *eval[2];
        bool fine;
    } c[] = {
        {{"a=x.h5ad", "b=x.h5ad"}, true},  {{"a=x.h5ad", "ab=y.h5ad"}, true},
        {{"ab=x.h5ad", "a=y.h5ad"}, true}, {{"idea=x", "oodles=y"}, true},
        {{"a=x.h5ad", "a=y.h5ad"}, false}, {{"a=x.h5ad", "id=y.h5ad"}, false},
        {{"ood=x.h5ad", "a=y"}, false},    {{"a=x.h5ad", "=y"}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct errbuf eb = {""};
        struct spec s;

        spec_init(&s);
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(spec_set(&s, SPEC_ID_eval, c[i].eval[k], &eb), ERR_OK);
        assert_int_equal(spec_resolve(&s, &eb) == ERR_OK, c[i].fine);
        assert_int_equal(*eb.text == '\0', c[i].fine);
        spec_release(&s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spec__evaluations_have_names_of_their_own),
        cmocka_unit_test(test_spec__defaults_are_the_published_ones),
        cmocka_unit_test(test_spec__names_of_evaluations_are_checked),
        cmocka_unit_test(test_spec__text_survives_a_round_trip),
        cmocka_unit_test(test_spec__pair_key_ignores_loss_seed_and_names),
        cmocka_unit_test(test_spec__later_parameters_keep_older_keys),
        cmocka_unit_test(test_spec__bad_values_name_option_value_and_remedy),
        cmocka_unit_test(test_spec__sizes),
        cmocka_unit_test(test_spec__seeds),
        cmocka_unit_test(test_spec__every_row_is_filled),
    };

    return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
