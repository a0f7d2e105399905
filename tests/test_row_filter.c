/* test_row_filter.c - the filter language on a small table. */
#include "tests/support.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "tui/row_filter.h"

/* Fields: loss and state are texts, seed and f1 numbers. */
enum { LOSS, STATE, SEED, F1, N_FIELDS };

static const char *const names[N_FIELDS] = {"loss", "state", "seed", "val f1"};

static const struct {
    const char *loss, *state;
    double seed, f1;
} rows[] = {
    {"ce", "succeeded", 0, 0.71},   {"hce", "succeeded", 0, 0.82},
    {"hce", "failed", 3, 0.9},      {"ce", "cancelled", 4, (double)NAN},
    {"hce", "T cell, b", 1200, -1}, {NULL, "running and", 5, 0.5},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static size_t
find(const void *ctx, const char *name, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
            return i;
    return SIZE_MAX;
}

static bool
begins(const void *ctx, const char *start, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (strncasecmp(names[i], start, len) == 0)
            return true;
    return false;
}

static bool
is_number(const void *ctx, size_t field)
{
    (void)ctx;
    return field >= SEED;
}

static const char *
text_of(const void *ctx, size_t row, size_t field)
{
    (void)ctx;
    return field == LOSS ? rows[row].loss : rows[row].state;
}

static double
number_of(const void *ctx, size_t row, size_t field)
{
    (void)ctx;
    return field == SEED ? rows[row].seed : rows[row].f1;
}

static bool
holds(const void *ctx, size_t row, const char *text)
{
    (void)ctx;
    return (rows[row].loss && strcasestr(rows[row].loss, text)) ||
           strcasestr(rows[row].state, text);
}

static const struct filter_source source = {
    .find = find,
    .begins = begins,
    .is_number = is_number,
    .text = text_of,
    .number = number_of,
    .holds = holds,
};

/* Bit i: row i passes. */
static unsigned
passing(const struct row_filter *f)
{
    unsigned bits = 0;

    for (size_t i = 0; i < N_ROWS; i++)
        bits |= row_filter_passes(f, &source, i) ? 1u << i : 0;
    return bits;
}

static void
assert_passes(const char *text, unsigned bits)
{
    struct row_filter *f = NULL;
    struct errbuf eb = {""};

    if (row_filter_parse(&f, text, &source, false, NULL, &eb))
        fail_msg("%s: %s", text, eb.text);
    if (passing(f) != bits)
        fail_msg("%s: %#x, not %#x", text, passing(f), bits);
    row_filter_free(f);
}

static void
test_row_filter__compares_numbers_and_texts(void **state)
{
    (void)state;
    assert_passes("", 0x3f);
    assert_passes("  ", 0x3f);
    assert_passes("loss = hce", 0x16);
    assert_passes("LOSS=HCE", 0x16);
    assert_passes("loss == ce", 0x09);
    assert_passes("loss != ce", 0x16); /* a missing value passes no test */
    assert_passes("seed <= 3", 0x07);
    assert_passes("seed<3", 0x03);
    assert_passes("seed >= 4", 0x38);
    assert_passes("seed > 1.2k", 0x00);
    assert_passes("seed >= 1.2k", 0x10);
    assert_passes("seed != 0", 0x3c);
    assert_passes("val f1 > .8", 0x06);
    assert_passes("val f1 < -.5", 0x10);
    assert_passes("val f1 <= +.5", 0x30);
}

static void
test_row_filter__joins_and_groups(void **state)
{
    (void)state;
    assert_passes("loss = hce and seed <= 3", 0x06);
    assert_passes("loss = ce or seed = 3", 0x0d);
    assert_passes("loss = ce or loss = hce and seed = 3", 0x0d); /* and binds closer */
    assert_passes("(loss = ce or loss = hce) and seed = 0", 0x03);
    assert_passes("not loss = hce", 0x29);
    assert_passes("not (seed = 0 or seed = 3)", 0x38);
    assert_passes("NOT not seed = 0 AND loss = ce", 0x01);
}

static void
test_row_filter__takes_lists(void **state)
{
    (void)state;
    assert_passes("state in (failed, cancelled)", 0x0c);
    assert_passes("state in (failed,cancelled) and loss = hce", 0x04);
    assert_passes("state in ('T cell, b', failed)", 0x14);
    assert_passes("state not in (failed, succeeded)", 0x38);
    assert_passes("seed in (0, 4, 1.2k)", 0x1b);
}

static void
test_row_filter__takes_bare_text(void **state)
{
    (void)state;
    assert_passes("FAIL", 0x04);
    assert_passes("T cell", 0x10);
    assert_passes("T cell, b", 0x10);
    assert_passes("'running and'", 0x20);
    assert_passes("\"running and", 0x20); /* no end yet */
    assert_passes("state = \"running and\"", 0x20);
    assert_passes("state = T cell, b", 0x10);
    assert_passes("succeeded and not hce", 0x01);
    assert_passes("in", 0x20); /* a word but before a bracket */
}

static void
test_row_filter__waits_for_the_end_of_a_keyword(void **state)
{
    static const char *const unfinished[] = {"loss = hce a", "loss = hce an",
                                             "loss = hce o", "loss = hce"};

    (void)state;
    for (size_t i = 0; i < sizeof unfinished / sizeof unfinished[0]; i++) {
        struct row_filter *f = NULL;
        assert_int_equal(row_filter_parse(&f, unfinished[i], &source, true, NULL, NULL),
                         ERR_OK);
        assert_int_equal(passing(f), 0x16);
        row_filter_free(f);
    }
    assert_passes("loss = hce an", 0); /* typed to its end */
}

static void
test_row_filter__waits_for_names_and_values(void **state)
{
    struct row_filter *f = NULL;
    struct errbuf eb = {""};
    size_t at;

    (void)state;
    assert_int_equal(
        row_filter_parse(&f, "loss = ce or not se", &source, true, &at, &eb), ERR_ARG);
    assert_string_equal(eb.text, "");
    assert_passes("loss = ce or not se", 0x3f); /* typed to its end it is a text */
    assert_int_equal(row_filter_parse(&f, "state = suc", &source, true, &at, &eb),
                     ERR_OK);
    assert_int_equal(passing(f), 0x03);
    row_filter_free(f);
    assert_passes("state = suc", 0);
}

static void
test_row_filter__errors_name_their_place(void **state)
{
    static const struct {
        const char *text;
        enum err code;
        size_t at;
        const char *says;
    } cases[] = {
        {"loss = hce and sead <= 3", ERR_NOTFOUND, 15, "no column sead"},
        {"nope > 1", ERR_NOTFOUND, 0, "no column nope"},
        {"x in (1)", ERR_NOTFOUND, 0, "no column x"},
        {"seed >", ERR_ARG, 6, "value is missing"},
        {"seed > and loss = ce", ERR_ARG, 7, "value is missing"},
        {"seed > three", ERR_ARG, 7, "three is no number"},
        {"seed > 3kk", ERR_ARG, 7, "3kk is no number"},
        {"seed > nan", ERR_ARG, 7, "nan is no number"},
        {"seed <> 3", ERR_ARG, 5, "<> is none of"},
        {"seed =< 3", ERR_ARG, 5, "=< is none of"},
        {"seed ! 3", ERR_ARG, 5, "! is none of"},
        {"loss < ce", ERR_ARG, 5, "column of texts"},
        {"loss = ce and", ERR_ARG, 13, "is missing"},
        {"or loss = ce", ERR_ARG, 0, "is missing"},
        {"(loss = ce", ERR_ARG, 0, "has no )"},
        {"loss = ce)", ERR_ARG, 9, "has no ("},
        {"seed in (1, 2", ERR_ARG, 8, "has no )"},
        {"seed in ()", ERR_ARG, 9, "value is missing"},
        {"seed in (1,)", ERR_ARG, 11, "value is missing"},
        {"loss = ce seed = 3", ERR_ARG, 15, "is missing before this"},
        {"blood (venous)", ERR_ARG, 6, "is missing before this"},
        {"(blood (venous))", ERR_ARG, 7, "is missing before this"},
        {"= 3", ERR_ARG, 0, "is missing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct row_filter *f = NULL;
        struct errbuf eb = {""};
        size_t at = 999;

        assert_int_equal(row_filter_parse(&f, cases[i].text, &source, false, &at, &eb),
                         cases[i].code);
        assert_null(f);
        if (at != cases[i].at || !strstr(eb.text, cases[i].says))
            fail_msg("%s: at %zu, not %zu: %s", cases[i].text, at, cases[i].at,
                     eb.text);
    }
}

static void
test_row_filter__depth_has_an_end(void **state)
{
    char text[1024];
    struct row_filter *f = NULL;
    struct errbuf eb;

    (void)state;
    memset(text, '(', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(row_filter_parse(&f, text, &source, false, NULL, &eb), ERR_ARG);
    assert_non_null(strstr(eb.text, "within each other"));
}

struct dice {
    struct rng rng;
    uint64_t i;
};

static size_t throw(struct dice * d, size_t n)
{
    return rng_below(&d->rng, d->i++, n);
}

/* A filter of random pieces. */
static void
random_text(struct dice *d, char *out, size_t size)
{
    static const char *const piece[] = {
        "loss",  "seed", "val f1", "state", "hce",   "3", ".8", "and",  "or",
        "not",   "in",   "(",      ")",     ",",     "=", "!=", "<",    ">=",
        "\"",    "'",    " ",      " ",     " ",     "T", "\t", "\xff", "\xc3\xa9",
        "and  ", "in (", "!",      "nan",   "1e999", "k", "()",
    };
    size_t n = throw(d, 24), len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const char *p = piece[throw(d, sizeof piece / sizeof piece[0])];
        len +=
            (size_t)snprintf(out + len, size - len, "%s%s", p, throw(d, 2) ? " " : "");
    }
}

/* Whatever is typed is an error at a place of it, or a filter with a complement (but
 * for quotes left open, which take the bracket in). */
static void
test_row_filter__takes_whatever_is_typed(void **state)
{
    struct dice dice = {.rng = rng_stream(7, RNG_SIMULATE, 0, 0)};
    size_t good = 0;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        char text[512], negated[528];
        struct row_filter *f = NULL, *g = NULL;
        struct errbuf eb;
        size_t at = SIZE_MAX;

        random_text(&dice, text, sizeof text);
        if (row_filter_parse(&f, text, &source, true, &at, &eb) == ERR_OK)
            (void)passing(f);
        row_filter_free(f);
        f = NULL;
        if (row_filter_parse(&f, text, &source, false, &at, &eb)) {
            assert_true(at <= strlen(text));
            continue;
        }
        good++;
        unsigned bits = passing(f);
        snprintf(negated, sizeof negated, "not (%s)", text);
        if (f && !strpbrk(text, "'\"")) {
            assert_int_equal(row_filter_parse(&g, negated, &source, false, &at, &eb),
                             ERR_OK);
            assert_int_equal(bits ^ passing(g), 0x3f);
        }
        row_filter_free(f);
        row_filter_free(g);
    }
    assert_true(good > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_filter__compares_numbers_and_texts),
        cmocka_unit_test(test_row_filter__joins_and_groups),
        cmocka_unit_test(test_row_filter__takes_lists),
        cmocka_unit_test(test_row_filter__takes_bare_text),
        cmocka_unit_test(test_row_filter__waits_for_the_end_of_a_keyword),
        cmocka_unit_test(test_row_filter__waits_for_names_and_values),
        cmocka_unit_test(test_row_filter__errors_name_their_place),
        cmocka_unit_test(test_row_filter__depth_has_an_end),
        cmocka_unit_test(test_row_filter__takes_whatever_is_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
