/* test_opts.c - options from tables, suggestions, SPEC options. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/opts.h"
#include "cli/spec_opts.h"
#include "cli/suggest.h"

static const struct opt table[] = {
    {.name = "json", .kind = OPT_FLAG, .help = "print JSON"},
    {.name = "follow", .letter = 'f', .kind = OPT_FLAG, .help = "go on"},
    {.name = "jobs",
     .letter = 'j',
     .kind = OPT_INT,
     .value = "N",
     .def = "1",
     .min = 1,
     .max = 8,
     .help = "runs at a time"},
    {.name = "smooth", .kind = OPT_REAL, .value = "W", .min = 0, .max = 1, .help = "w"},
    {.name = "rule",
     .kind = OPT_CHOICE,
     .value = "RULE",
     .def = "hierarchy",
     .choices = "hierarchy|exact",
     .help = "rule"},
    {.name = "min-support", .kind = OPT_TEXT, .value = "N", .help = "cells"},
    {.name = "data", .kind = OPT_LIST, .value = "PATH", .help = "files"},
    {0}};

enum { WORDS_MAX = 16 };

/* The words of a line, as argv; strings live in `text`. */
struct line {
    char *text;
    char *argv[WORDS_MAX];
};

static void
line_init(struct line *l, const char *s)
{
    size_t n = 0;

    l->text = xstrdup(s);
    for (char *p = strtok(l->text, " "); p && n + 1 < WORDS_MAX; p = strtok(NULL, " "))
        l->argv[n++] = p;
    l->argv[n] = NULL;
}

/* Parse a line with the table above ; the caller releases both. */
static enum err
parse(struct opts *o, struct line *l, const char *s, struct errbuf *eb)
{
    size_t i = 0;

    *o = (struct opts){0};
    *eb = (struct errbuf){""};
    line_init(l, s);
    opts_allow(o, table);
    return opts_parse(o, l->argv, &i, false, "hcelab test", eb);
}

static void
test_opts_parse__values_words_and_letters(void **state)
{
    struct errbuf eb;
    struct opts o;
    struct line l;

    (void)state;
    assert_int_equal(
        parse(&o, &l, "one -f --jobs 3 --data a --data=b --rule=exact -- --json", &eb),
        ERR_OK);
    assert_int_equal(o.n_args, 2);
    assert_string_equal(o.arg[0], "one");
    assert_string_equal(o.arg[1], "--json");
    assert_true(opts_has(&o, "follow"));
    assert_false(opts_has(&o, "json"));
    assert_int_equal(opts_int(&o, "jobs"), 3);
    assert_string_equal(opts_text(&o, "rule"), "exact");
    assert_string_equal(opts_item(&o, "data", 0), "a");
    assert_string_equal(opts_item(&o, "data", 1), "b");
    assert_null(opts_item(&o, "data", 2));
    opts_release(&o);
    free(l.text);
}

static void
test_opts_parse__defaults_and_underscores(void **state)
{
    struct errbuf eb;
    struct opts o;
    struct line l;

    (void)state;
    assert_int_equal(parse(&o, &l, "--min_support 7 -j2", &eb), ERR_OK);
    assert_string_equal(opts_text(&o, "min-support"), "7");
    assert_int_equal(opts_int(&o, "jobs"), 2);
    assert_string_equal(opts_text(&o, "rule"), "hierarchy");
    assert_null(opts_text(&o, "smooth"));
    opts_release(&o);
    free(l.text);
}

static void
test_opts_parse__last_value_counts(void **state)
{
    struct errbuf eb;
    struct opts o;
    struct line l;

    (void)state;
    assert_int_equal(parse(&o, &l, "--jobs 2 --jobs 5", &eb), ERR_OK);
    assert_int_equal(opts_int(&o, "jobs"), 5);
    opts_release(&o);
    free(l.text);
}

/* A query may begin with a comment of SQL. */
static void
test_opts_parse__no_option_has_a_blank(void **state)
{
    char query[] = "-- rows\nSELECT 1", jobs[] = "-j2";
    char *argv[] = {query, jobs, NULL};
    struct opts o = {0};
    struct errbuf eb;
    size_t i = 0;

    (void)state;
    opts_allow(&o, table);
    assert_int_equal(opts_parse(&o, argv, &i, false, "hcelab test", &eb), ERR_OK);
    assert_int_equal(o.n_args, 1);
    assert_string_equal(o.arg[0], query);
    assert_int_equal(opts_int(&o, "jobs"), 2);
    opts_release(&o);
}

/* Every wrong line is ERR_ARG and says the option, the value and what would do. */
static void
test_opts_parse__wrong_lines_explain_themselves(void **state)
{
    static const struct {
        const char *line, *says[3];
    } wrong[] = {
        {"--jobs 0", {"--jobs", "0", "whole number from 1 to 8"}},
        {"--jobs 2.5", {"--jobs", "2.5", "whole number"}},
        {"--jobs 9999999999999999999", {"--jobs", "from 1 to 8", ""}},
        {"--jobs nan", {"--jobs", "nan", "whole number"}},
        {"--smooth inf", {"--smooth", "inf", "from 0 to 1"}},
        {"--smooth x", {"--smooth", "x", "a number from 0 to 1"}},
        {"--rule both", {"--rule", "both", "one of: hierarchy, exact"}},
        {"--rule hier", {"--rule", "hier", "one of: hierarchy, exact"}},
        {"--rule", {"--rule", "missing", "hierarchy, exact"}},
        {"--json=1", {"--json", "1", "no value"}},
        {"--jsno", {"--jsno", "--json", "hcelab test --help"}},
        {"--rulez exact", {"--rulez", "--rule", ""}},
        {"-x", {"-x", "hcelab test --help", ""}},
        {"--completely-else", {"--completely-else", "--help", ""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct errbuf eb;
        struct opts o;
        struct line l;

        assert_int_equal(parse(&o, &l, wrong[i].line, &eb), ERR_ARG);
        for (size_t k = 0; k < 3; k++)
            if (!strstr(eb.text, wrong[i].says[k]))
                fail_msg("'%s': \"%s\" does not say \"%s\"", wrong[i].line, eb.text,
                         wrong[i].says[k]);
        opts_release(&o);
        free(l.text);
    }
}

static void
test_opts_parse__stops_at_the_first_word(void **state)
{
    struct opts o = {0};
    struct errbuf eb;
    struct line l;
    size_t i = 0;

    (void)state;
    line_init(&l, "--json runs --unknown");
    opts_allow(&o, table);
    assert_int_equal(opts_parse(&o, l.argv, &i, true, "hcelab", &eb), ERR_OK);
    assert_int_equal(i, 1);
    assert_int_equal(o.n_args, 0);
    opts_release(&o);
    free(l.text);
}

static void
test_suggest_distance__counts_edits(void **state)
{
    (void)state;
    assert_int_equal(suggest_distance("train", "train"), 0);
    assert_int_equal(suggest_distance("trian", "train"), 1);
    assert_int_equal(suggest_distance("tran", "train"), 1);
    assert_int_equal(suggest_distance("", "abc"), 3);
    assert_int_equal(suggest_distance("kitten", "sitting"), 3);
    assert_int_equal(suggest_distance("val_fraction", "val-fraction"), 0);
}

static void
test_suggest_try__keeps_the_nearest_and_only_near_ones(void **state)
{
    const char *best = NULL;
    size_t distance = SIZE_MAX;

    (void)state;
    suggest_try("quee add", "data add", &best, &distance);
    suggest_try("quee add", "queue add", &best, &distance);
    suggest_try("quee add", "worker", &best, &distance);
    assert_string_equal(best, "queue add");

    best = NULL;
    distance = SIZE_MAX;
    suggest_try("xyz", "sql", &best, &distance);
    suggest_try("xyz", "worker", &best, &distance);
    assert_null(best);
}

/* Parse SPEC options into a spec and the axes. */
static enum err
parse_spec(const char *s, struct spec *spec, struct spec_axes *axes, struct errbuf *eb)
{
    struct arena arena = {0};
    struct opts o;
    struct line l;
    size_t i = 0;

    o = (struct opts){.hint = spec_opts_hint};
    *eb = (struct errbuf){""};
    line_init(&l, s);
    opts_allow(&o, spec_opts_table(&arena));
    enum err e = opts_parse(&o, l.argv, &i, false, "hcelab test", eb);

    spec_init(spec);
    *axes = (struct spec_axes){0};
    if (e == ERR_OK)
        e = spec_from_opts(spec, &o, true, eb);
    if (e == ERR_OK)
        e = axes_from_opts(axes, &o, eb);
    opts_release(&o);
    arena_release(&arena);
    free(l.text);
    return e;
}

static void
test_spec_from_opts__sets_what_was_given(void **state)
{
    struct spec_axes axes;
    struct errbuf eb;
    struct spec spec;

    (void)state;
    assert_int_equal(parse_spec("--data x.h5ad --ood dataset_id=a,b --val-fraction 0 "
                                "--set batch_size=64 --loss hce,ce,hce --seeds 3,0-1",
                                &spec, &axes, &eb),
                     ERR_OK);
    assert_string_equal(spec.data.item[0], "x.h5ad");
    assert_string_equal(spec.ood.item[0], "dataset_id=a,b");
    support_near(spec.val_fraction, 0, 0);
    assert_int_equal(spec.batch_size, 64);
    assert_int_equal(axes.n_losses, 2);
    assert_int_equal(axes.loss[0], LOSS_hce);
    assert_int_equal(axes.loss[1], LOSS_ce);
    assert_int_equal(axes.n_models, 1);
    assert_int_equal(axes.model[0], MODEL_linear);
    assert_int_equal(axes.n_seeds, 3);
    assert_int_equal(axes.seed[0], 3);
    assert_int_equal(axes.seed[2], 1);
    spec_axes_release(&axes);
    spec_release(&spec);
}

static void
test_spec_from_opts__wrong_values_name_the_option(void **state)
{
    static const struct {
        const char *line, *says;
    } wrong[] = {
        {"--val-fraction 2", "--val-fraction 2"},
        {"--normalize log", "auto, sf-log1p, none"},
        {"--set batchsize=2", "batch_size"},
        {"--set batch_size", "NAME=VALUE"},
        {"--loss mse", "ce, hce"},
        {"--loss ce,,hce", "ce, hce"},
        {"--model tree", "linear"},
        {"--seeds 3-1", "--seeds 3-1"},
        {"--seed 1 --seeds 0-2", "one of them"},
        {"--learning-rate 1", "--set NAME=VALUE"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct spec_axes axes;
        struct errbuf eb;
        struct spec spec;

        assert_int_equal(parse_spec(wrong[i].line, &spec, &axes, &eb), ERR_ARG);
        if (!strstr(eb.text, wrong[i].says))
            fail_msg("'%s': \"%s\" does not say \"%s\"", wrong[i].line, eb.text,
                     wrong[i].says);
        spec_axes_release(&axes);
        spec_release(&spec);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opts_parse__values_words_and_letters),
        cmocka_unit_test(test_opts_parse__defaults_and_underscores),
        cmocka_unit_test(test_opts_parse__last_value_counts),
        cmocka_unit_test(test_opts_parse__no_option_has_a_blank),
        cmocka_unit_test(test_opts_parse__wrong_lines_explain_themselves),
        cmocka_unit_test(test_opts_parse__stops_at_the_first_word),
        cmocka_unit_test(test_suggest_distance__counts_edits),
        cmocka_unit_test(test_suggest_try__keeps_the_nearest_and_only_near_ones),
        cmocka_unit_test(test_spec_from_opts__sets_what_was_given),
        cmocka_unit_test(test_spec_from_opts__wrong_values_name_the_option),
    };
    return cmocka_run_group_tests_name("opts", tests, NULL, NULL);
}
