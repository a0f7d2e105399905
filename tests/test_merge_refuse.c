/* test_merge_refuse.c - older and newer stores, what is none, and broken ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/sql.h"
#include "tests/merge_support.h"
#include "tests/store_dump.h"

/* Fail unless merging gives this error, whose text has the part, and changes nothing. */
static void
refused(struct store_box *b, const char *path, enum err want, const char *part)
{
    char *before = store_dump(b->path);
    struct merge_report r;
    enum err e = store_merge(b->s, path, NULL, &r, &b->eb);

    if (e != want)
        fail_msg("%s: %s", err_text(e), b->eb.text);
    store_says(b, part);
    char *after = store_dump(b->path);
    store_dump_equal(before, after, part);
    assert_int_equal(r.n[MERGE_RUN_NEW] + r.n[MERGE_RUN_FURTHER], 0);
    check_whole(b);
    free(before);
    free(after);
}

/* --- older, newer, read-only --- */

/* A store as an older release made it, with two runs. */
static void
make_schema(const char *path, int version)
{
    struct strbuf sql = {0};

    for (int v = 1; v <= version; v++) {
        char prefix[8];

        snprintf(prefix, sizeof prefix, "m%d_", v);
        for (size_t i = 0; i < SQL_COUNT; i++)
            if (strncmp(sql_name((enum sql_id)i), prefix, strlen(prefix)) == 0)
                strbuf_adds(&sql, sql_text((enum sql_id)i));
    }
    strbuf_adds(&sql, "INSERT INTO run (uuid, pair_key, name, experiment, model, loss,"
                      " seed, max_epochs, memory_bytes, state, priority, position,"
                      " created_us) VALUES ('u', 'p', 'old', 'e', 'linear', 'ce', 0, 1,"
                      " 1, 'succeeded', 0, 1, 1), ('v', 'p', 'wait', 'e', 'linear',"
                      " 'ce', 1, 1, 1, 'queued', 0, 1, 1);"
                      "INSERT INTO metric_name VALUES (5, 'cells_per_s');"
                      "INSERT INTO metric VALUES (1, 5, 10, 0, 1.0, 100.0, 0),"
                      " (1, 5, 40, 0, 2.0, 300.0, 0);"
                      "PRAGMA journal_mode = WAL;");
    store_foreign(path, strbuf_str(&sql));
    strbuf_release(&sql);
}

static char *
file_bytes(const char *path, size_t *size)
{
    struct stat st;
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    char *data = xmalloc((size_t)st.st_size, 1);
    *size = fread(data, 1, (size_t)st.st_size, f);
    assert_int_equal(*size, st.st_size);
    fclose(f);
    return data;
}

static void
file_same(const char *path, const char *data, size_t size)
{
    size_t now;
    char *bytes = file_bytes(path, &now);

    assert_int_equal(now, size);
    assert_memory_equal(bytes, data, size);
    free(bytes);
}

static void
test_merge__reads_older_schemas_and_leaves_them(void **state)
{
    struct store_box *b = *state;

    for (int version = 1; version < 5; version++) {
        char *dir = xasprintf("%s/old%d", b->dir, version);
        struct store_box o = {.path = xasprintf("%s/old.db", dir)};
        size_t size;

        assert_int_equal(mkdir(dir, 0700), 0);
        make_schema(o.path, version);
        char *bytes = file_bytes(o.path, &size);
        assert_int_equal(chmod(dir, 0500), 0);
        struct merge_report r = merged(b, o.path);
        assert_int_equal(r.n[MERGE_RUN_NEW] + r.n[MERGE_RUN_SAME], 1);
        assert_int_equal(r.n_waiting, 1);
        file_same(o.path, bytes, size);
        assert_false(store_file_exists(&o, "-wal") || store_file_exists(&o, ".lock") ||
                     store_file_exists(&o, "-shm") ||
                     store_file_exists(&o, "-journal"));
        assert_int_equal(chmod(dir, 0700), 0);
        free(bytes);
        free(o.path);
        free(dir);
    }
    assert_string_equal(store_cell(b, "SELECT group_concat(name) FROM run"), "old");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM curve"), "2");
}

static void
test_merge__reads_a_folder_that_is_not_writable(void **state)
{
    struct store_box *b = *state, o;
    char *dir = xasprintf("%s/closed", b->dir), *path = xasprintf("%s/o.db", dir);
    size_t size;

    other_open(b, &o, "other.db");
    whole_run(&o, "ce", 0);
    assert_int_equal(mkdir(dir, 0700), 0);
    store_ok(store_backup(o.s, path, &o.eb), &o.eb);
    char *bytes = file_bytes(path, &size);
    assert_int_equal(chmod(dir, 0500) | chmod(path, 0400), 0);
    assert_int_equal(merged(b, path).n[MERGE_RUN_NEW], 1);
    file_same(path, bytes, size);
    assert_int_equal(chmod(dir, 0700), 0);
    assert_int_equal(rmdir(dir), -1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0); /* there is nothing else in it */
    free(bytes);
    free(path);
    free(dir);
    other_close(&o);
}

static void
test_merge__refuses_a_newer_schema(void **state)
{
    struct store_box *b = *state, o;

    other_open(b, &o, "newer.db");
    whole_run(&o, "ce", 0);
    store_close(o.s);
    o.s = NULL;
    store_foreign(o.path, "PRAGMA user_version = 99");
    refused(b, o.path, ERR_NEWER, "has schema 99");
    refused(b, o.path, ERR_NEWER, "use a newer hcelab");
    other_close(&o);
}

/* --- what is no store, or a broken one --- */

static void
test_merge__refuses_what_is_no_store(void **state)
{
    struct store_box *b = *state;
    char *path = xasprintf("%s/other", b->dir);

    whole_run(b, "ce", 5);
    refused(b, path, ERR_NOTFOUND, "there is no store at");
    support_write(path, "");
    refused(b, path, ERR_FORMAT, "it is empty");
    support_write(path,
                  "this is text, and long enough to be read as a header of a page "
                  "of a database, which it is not; no, not at all, not this one");
    refused(b, path, ERR_FORMAT, "no SQLite database");
    unlink(path);
    store_foreign(path, "CREATE TABLE theirs (x)");
    refused(b, path, ERR_FORMAT, "another program");
    store_foreign(path, "PRAGMA application_id = 1212368204; PRAGMA user_version = 6");
    refused(b, path, ERR_FORMAT, "it has no table 'run'");
    store_foreign(path, "PRAGMA user_version = 0");
    refused(b, path, ERR_FORMAT, "empty");
    refused(b, b->dir, ERR_FORMAT, "a folder");
    free(path);
}

/* Change a store with two whole runs past its rules. */
static void
broken(struct store_box *b, const char *sql, enum err want, const char *part)
{
    struct store_box o;

    other_open(b, &o, "broken.db");
    whole_run(&o, "ce", 0);
    whole_run(&o, "hce", 1);
    store_close(o.s);
    o.s = NULL;
    store_foreign(o.path, sql);
    refused(b, o.path, want, part);
    assert_int_equal(unlink(o.path), 0);
    other_close(&o);
}

static void
test_merge__refuses_a_store_that_breaks_its_rules(void **state)
{
    struct store_box *b = *state;

    whole_run(b, "ce", 5);
    broken(b,
           "PRAGMA foreign_keys = OFF; DELETE FROM evaluation WHERE evaluation_id = 1",
           ERR_DB, "refers to one of evaluation that is missing");
    broken(b, "PRAGMA foreign_keys = OFF; UPDATE run SET label_set_id = 77", ERR_DB,
           "refers to one of label_set that is missing");
    broken(b, "DELETE FROM word WHERE word_id = 2", ERR_FORMAT,
           "refers to row 2 of table word, which is missing");
    broken(b, "UPDATE score SET rule_id = -9223372036854775808", ERR_FORMAT,
           "of table word, which is missing");
    broken(b, "DROP TABLE run_change", ERR_FORMAT, "no table 'run_change'");
    broken(
        b,
        "ALTER TABLE run_facet RENAME TO x; CREATE VIEW run_facet AS SELECT * FROM x",
        ERR_FORMAT, "no table 'run_facet'");
    broken(b,
           "ALTER TABLE run_facet RENAME TO x; CREATE VIRTUAL TABLE run_facet"
           " USING fts5(run_id, ordinal, facet)",
           ERR_FORMAT, "no table 'run_facet'");
    broken(b, "ALTER TABLE log DROP COLUMN text", ERR_DB, "no such column: text");
    broken(b,
           "DROP TABLE run_facet; CREATE TABLE run_facet (run_id, ordinal, facet);"
           "INSERT INTO run_facet VALUES (1, 'x', 'y')",
           ERR_FORMAT, "cannot store TEXT value in INTEGER column run_facet.ordinal");
    broken(b,
           "DROP TABLE run_facet; CREATE TABLE run_facet (run_id, ordinal, facet);"
           "INSERT INTO run_facet VALUES (1, 0, 'y'), (1, 0, 'y')",
           ERR_FORMAT, "UNIQUE constraint failed");
    broken(b, "UPDATE checkpoint SET size_bytes = 1099511627776", ERR_FORMAT,
           "has not all its bytes");
}

static void
test_merge__refuses_huge_values(void **state)
{
    struct store_box *b = *state;

    broken(b, "UPDATE run SET name = printf('%.*c', 50000000, 'x')", ERR_DB,
           "string or blob too big");
    broken(b,
           "INSERT INTO log (run_id, time_us, level, text) VALUES (1, 1, 'info',"
           " CAST(zeroblob(50000000) AS TEXT))",
           ERR_DB, "string or blob too big");
    broken(b, "UPDATE word SET text = printf('%.*c', 50000000, 'x') WHERE word_id = 1",
           ERR_DB, "string or blob too big");
}

static void
test_merge__runs_no_trigger_of_an_older_store(void **state)
{
    struct store_box *b = *state;
    char *path = xasprintf("%s/old.db", b->dir);

    make_schema(path, 2);
    store_foreign(path, "CREATE TRIGGER t AFTER UPDATE ON run BEGIN"
                        " UPDATE run SET name = 'changed'; END");
    refused(b, path, ERR_FORMAT, "has not the triggers of schema 2");
    free(path);
}

/* Noise in any page: an error or, where it hits what nobody reads, none; never half a
 * run, never a store here that fails its check. */
static void
test_merge__stands_damage_anywhere(void **state)
{
    struct store_box *b = *state, o;
    char *path = xasprintf("%s/damaged.db", b->dir);
    size_t size, n_refused = 0;

    other_open(b, &o, "other.db");
    struct store_attempt a = store_running(&o, "ce", 0);
    train(&o, a, 0, 300, 0);
    put_evaluation(&o, a, "id", "best", .5, 300);
    store_finished(&o, a, "succeeded");
    char *single = xasprintf("%s/single.db", b->dir);
    store_ok(store_backup(o.s, single, &o.eb), &o.eb);
    char *bytes = file_bytes(single, &size);
    for (int i = 0; i < 60; i++) {
        struct rng r = rng_stream(3, RNG_SIMULATE, 4, (uint64_t)i);
        size_t at = (size_t)rng_below(&r, 0, size);
        size_t n = at + 64 < size ? 64 : size - at;
        char *copy = xmalloc(size, 1);
        struct merge_report report;
        struct store_box t;

        memcpy(copy, bytes, size);
        for (size_t k = 0; k < n; k++)
            copy[at + k] = (char)rng_below(&r, k + 1, 256);
        FILE *f = fopen(path, "wb");
        assert_int_equal(fwrite(copy, 1, i % 10 == 9 ? at : size, f),
                         i % 10 == 9 ? at : size);
        fclose(f);
        other_open(b, &t, "target.db");
        enum err e = store_merge(t.s, path, NULL, &report, &b->eb);
        n_refused += e != ERR_OK;
        assert_string_equal(store_cell(&t, "SELECT COUNT(*) FROM run"), e ? "0" : "1");
        check_whole(&t);
        unlink(t.path);
        other_close(&t);
        free(copy);
        unlink(path);
    }
    print_message("# damage that was refused: %zu of 60\n", n_refused);
    assert_true(n_refused > 10);
    free(bytes);
    free(single);
    free(path);
    other_close(&o);
}

int
main(void)
{
#define MERGE_TEST(f)                                                                  \
    cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_merge__reads_older_schemas_and_leaves_them),
        MERGE_TEST(test_merge__reads_a_folder_that_is_not_writable),
        MERGE_TEST(test_merge__refuses_a_newer_schema),
        MERGE_TEST(test_merge__refuses_what_is_no_store),
        MERGE_TEST(test_merge__refuses_a_store_that_breaks_its_rules),
        MERGE_TEST(test_merge__refuses_huge_values),
        MERGE_TEST(test_merge__runs_no_trigger_of_an_older_store),
        MERGE_TEST(test_merge__stands_damage_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
