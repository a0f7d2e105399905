/* test_config.c - the file of what the user chose: what is read, what is written. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "tui/config.h"

static void
parse(struct config *c, const char *text)
{
    config_parse(c, text, strlen(text));
}

static void
test_config__reads_keys_and_values(void **state)
{
    struct config c = {0};

    (void)state;
    parse(&c, "# a comment\n\n theme =dark  \r\nruns.filter = a = b and c # d\n"
              "x=\\x20 two\\n lines\\\\ \\x20\nempty =\n");
    assert_int_equal(c.n_bad, 0);
    assert_string_equal(config_get(&c, "theme"), "dark");
    assert_string_equal(config_get(&c, "runs.filter"), "a = b and c # d");
    assert_string_equal(config_get(&c, "x"), "  two\n lines\\  ");
    assert_string_equal(config_get(&c, "empty"), "");
    assert_null(config_get(&c, "nothing"));
    config_release(&c);
}

static void
test_config__names_the_first_bad_line_and_counts_the_others(void **state)
{
    static const char *const bad[] = {"no sign",   "= x",      "a b = c",
                                      "k = \\q",   "k = \\x",  "k = \\x0",
                                      "k = \\x00", "k = \xff", "k = \\"};
    struct config c = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *text = xasprintf("theme = dark\n%s\nalso bad\n", bad[i]);
        parse(&c, text);
        assert_int_equal(c.n_bad, 2);
        assert_non_null(strstr(c.problem.text, "line 2: "));
        assert_string_equal(config_get(&c, "theme"), "dark");
        free(text);
    }
    config_parse(&c, "a = b\0c\nd = e\n", 14);
    assert_int_equal(c.n_bad, 1);
    assert_string_equal(config_get(&c, "d"), "e");
    config_release(&c);
}

static void
test_config__keeps_comments_order_and_keys_that_nobody_knows(void **state)
{
    struct config c = {0};
    struct strbuf out = {0};

    (void)state;
    parse(&c, "# mine\nfuture.key = 7\ntheme = dark\ntheme = light\nwrong\n");
    assert_string_equal(config_get(&c, "theme"), "light"); /* the last one counts */
    config_set(&c, "view", " compare");
    config_set(&c, "gone", NULL);
    config_print(&c, &out);
    assert_string_equal(
        strbuf_str(&out),
        "# What the dashboard of hcelab keeps: written when it closes.\n"
        "# mine\nfuture.key = 7\ntheme = light\nview = \\x20compare\n");
    strbuf_release(&out);
    config_release(&c);
}

/* What is printed and read again is the same, and nothing more is added each time. */
static void
test_config__round_trip(void **state)
{
    static const char *const values[] = {"plain",  " blanks ", "a\nb\tc\\d", "\\x20",
                                         "高橋 ±", "\x1b[31m", "#",          "= ="};
    struct config c = {0}, d = {0};
    struct strbuf out = {0}, again = {0};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%zu", i);
        config_set(&c, key, values[i]);
    }
    config_print(&c, &out);
    config_parse(&d, strbuf_str(&out), out.len);
    assert_int_equal(d.n_bad, 0);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char key[16];
        snprintf(key, sizeof key, "key%zu", i);
        assert_string_equal(config_get(&d, key), values[i]);
    }
    config_print(&d, &again);
    assert_string_equal(strbuf_str(&again), strbuf_str(&out));
    assert_null(strchr(strbuf_str(&out), 0x1b));
    assert_false(d.changed);
    config_set(&d, "key0", "plain");
    assert_false(d.changed);
    config_set(&d, "key0", "other");
    assert_true(d.changed);
    strbuf_release(&out);
    strbuf_release(&again);
    config_release(&c);
    config_release(&d);
}

/* Random bytes, some of them near to lines that are right: nothing but keys and values
 * that are text comes in, and what is printed is read without complaint. */
static void
test_config__random_bytes(void **state)
{
    static const char likely[] = "ab.=# \\\\xn0\n\n\t";
    struct rng rng = rng_stream(7, RNG_TOY, 0, 0);
    uint64_t drawn = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct config c = {0}, d = {0};
        struct strbuf out = {0};
        char text[120];
        size_t n = rng_below(&rng, drawn++, sizeof text);

        for (size_t i = 0; i < n; i++)
            text[i] = rng_below(&rng, drawn++, 10)
                          ? likely[rng_below(&rng, drawn++, sizeof likely - 1)]
                          : (char)rng_below(&rng, drawn++, 256);
        config_parse(&c, text, n);
        config_print(&c, &out);
        assert_true(utf8_valid(strbuf_str(&out), out.len));
        config_parse(&d, strbuf_str(&out), out.len);
        assert_int_equal(d.n_bad, 0);
        for (size_t i = 0; i < c.n; i++)
            if (c.line[i].key)
                assert_string_equal(config_get(&d, c.line[i].key),
                                    config_get(&c, c.line[i].key));
        strbuf_release(&out);
        config_release(&c);
        config_release(&d);
    }
}

static void
test_config__is_bounded(void **state)
{
    char *value = xmalloc(CONFIG_MAX_LINE + 1, 1);
    struct config c = {0};
    struct strbuf out = {0};

    (void)state;
    memset(value, 'x', CONFIG_MAX_LINE);
    value[CONFIG_MAX_LINE] = '\0';
    config_set(&c, "long", value);
    assert_null(config_get(&c, "long"));
    value[CONFIG_MAX_LINE / 2] = '\0';
    for (int i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        config_set(&c, key, value);
    }
    config_print(&c, &out);
    assert_true(out.len <= CONFIG_MAX_BYTES && out.len > CONFIG_MAX_BYTES / 2);
    for (int i = 0; i < 3000; i++)
        strbuf_adds(&out, "a = b\nc = d\n");
    config_parse(&c, strbuf_str(&out), out.len);
    assert_true(c.n <= CONFIG_MAX_LINES && c.n_bad > 0);
    strbuf_release(&out);
    config_release(&c);
    free(value);
}

/* --- files --- */

static void
assert_written(const struct config *c, const char *path)
{
    struct errbuf eb = {""};
    enum err e = config_write(c, path, &eb);

    assert_string_equal(eb.text, "");
    assert_int_equal(e, ERR_OK);
}

static mode_t
mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void
test_config__is_written_as_a_whole_for_its_owner_only(void **state)
{
    char *dir = support_tmpdir(), *folder = xasprintf("%s/a/b", dir);
    char *path = xasprintf("%s/conf", folder), *link = xasprintf("%s/link", dir);
    struct config c = {0}, d = {0};
    struct errbuf eb;

    (void)state;
    assert_int_equal(config_read(&c, path, &eb), ERR_OK); /* none is an empty one */
    config_set(&c, "theme", "dark");
    assert_written(&c, path);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(mode_of(folder), 0700);
    assert_int_equal(symlink(path, link), 0);
    config_set(&c, "theme", "light");
    assert_written(&c, link); /* a link stays one */
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(config_read(&d, path, &eb), ERR_OK);
    assert_string_equal(config_get(&d, "theme"), "light");
    char *bad = xasprintf("%s.bad", path);
    assert_int_equal(access(bad, F_OK), -1);
    config_release(&c);
    config_release(&d);
    support_rmtree(dir);
    free(bad);
    free(folder);
    free(path);
    free(link);
}

static void
test_config__broken_file_is_kept_aside(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/conf", dir);
    char *aside = xasprintf("%s/conf.bad", dir);
    struct config c = {0};
    struct errbuf eb;

    (void)state;
    support_write(path, "theme = dark\nthis line is broken\n");
    assert_int_equal(config_read(&c, path, &eb), ERR_OK);
    assert_string_equal(c.problem.text, "line 2: it has no '='");
    assert_written(&c, path);
    char *was = support_slurp(aside), *is = support_slurp(path);
    assert_string_equal(was, "theme = dark\nthis line is broken\n");
    assert_null(strstr(is, "broken"));
    assert_non_null(strstr(is, "theme = dark\n"));
    free(was);
    free(is);
    config_release(&c);
    support_rmtree(dir);
    free(path);
    free(aside);
}

static void
test_config__what_is_no_file_is_an_error_and_nothing_is_left(void **state)
{
    char *dir = support_tmpdir(), *file = xasprintf("%s/file", dir);
    char *below = xasprintf("%s/conf", file);
    struct config c = {0};
    struct errbuf eb;

    (void)state;
    assert_int_equal(config_read(&c, dir, &eb), ERR_IO);
    assert_int_not_equal(config_write(&c, dir, &eb), ERR_OK);
    config_release(&c);
    assert_int_not_equal(config_write(&c, dir, &eb), ERR_OK);
    support_write(file, "x");
    assert_int_not_equal(config_write(&c, below, &eb), ERR_OK);
    assert_non_null(strstr(eb.text, "file"));
    config_release(&c);
    support_rmtree(dir);
    free(below);
    free(file);
}

static void
test_config__what_cannot_be_read_is_not_replaced(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/f.conf", dir);
    struct config c = {0};
    struct errbuf eb;
    struct stat st;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0); /* unreadable for root as well */
    assert_int_equal(config_read(&c, path, &eb), ERR_IO);
    config_set(&c, "theme", "light");
    assert_int_equal(config_write(&c, path, &eb), ERR_IO);
    assert_non_null(strstr(eb.text, "cannot be read"));
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    unlink(path);
    assert_int_equal(config_read(&c, path, &eb), ERR_OK); /* not there: to be made */
    assert_int_equal(config_write(&c, path, &eb), ERR_OK);
    config_release(&c);
    support_rmtree(dir);
    free(path);
}

static void
test_config__place_follows_the_environment(void **state)
{
    char *xdg = getenv("XDG_CONFIG_HOME") ? xstrdup(getenv("XDG_CONFIG_HOME")) : NULL;
    char *path;

    (void)state;
    setenv("XDG_CONFIG_HOME", "/x", 1);
    path = config_default_path();
    assert_string_equal(path, "/x/hcelab/dashboard.conf");
    free(path);
    setenv("XDG_CONFIG_HOME", "relative", 1); /* as the standard says: ignored */
    char *home = getenv("HOME") ? xstrdup(getenv("HOME")) : NULL;
    setenv("HOME", "/h", 1);
    path = config_default_path();
    assert_string_equal(path, "/h/.config/hcelab/dashboard.conf");
    free(path);
    unsetenv("HOME");
    assert_null(config_default_path());
    if (home)
        setenv("HOME", home, 1);
    if (xdg)
        setenv("XDG_CONFIG_HOME", xdg, 1);
    else
        unsetenv("XDG_CONFIG_HOME");
    free(home);
    free(xdg);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__reads_keys_and_values),
        cmocka_unit_test(test_config__names_the_first_bad_line_and_counts_the_others),
        cmocka_unit_test(test_config__keeps_comments_order_and_keys_that_nobody_knows),
        cmocka_unit_test(test_config__round_trip),
        cmocka_unit_test(test_config__random_bytes),
        cmocka_unit_test(test_config__is_bounded),
        cmocka_unit_test(test_config__is_written_as_a_whole_for_its_owner_only),
        cmocka_unit_test(test_config__broken_file_is_kept_aside),
        cmocka_unit_test(test_config__what_is_no_file_is_an_error_and_nothing_is_left),
        cmocka_unit_test(test_config__what_cannot_be_read_is_not_replaced),
        cmocka_unit_test(test_config__place_follows_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
