/* test_store_merge.c - another store's runs into this one. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "store/sql.h"
#include "tests/merge_support.h"
#include "tests/store_dump.h"

/* --- no table and no column is forgotten --- */

static sqlite3 *
foreign_open(const char *path)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return db;
}

static sqlite3_stmt *
foreign_query(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return st;
}

static void
test_tables__none_is_forgotten(void **state)
{
    struct store_box *b = *state;
    sqlite3 *db = foreign_open(b->path);
    sqlite3_stmt *st = foreign_query(db, "SELECT name FROM sqlite_schema WHERE type ="
                                         " 'table' AND name NOT LIKE 'sqlite_%'");
    int n = 0;

    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *table = (const char *)sqlite3_column_text(st, 0);

        if (!merge_fate(table))
            fail_msg("merge_tables.def does not know table %s", table);
        n++;
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    assert_true(n >= 32);
    assert_null(merge_fate("no such table"));
}

/* Columns that are not copied: numbers of this store, and what is decided here. */
static bool
is_given_here(const char *table, const char *column)
{
    static const char *const given[] = {"run.run_id",
                                        "run.request",
                                        "log.log_id",
                                        "label_set.label_set_id",
                                        "ontology.ontology_id",
                                        "gene_set.gene_set_id",
                                        "evaluation.evaluation_id",
                                        "evaluation.run_id",
                                        "checkpoint.run_id",
                                        "evaluation.is_primary",
                                        "checkpoint.checkpoint_id",
                                        "checkpoint.complete",
                                        "checkpoint_chunk.chunk_id",
                                        "word.word_id",
                                        "metric_name.metric_id"};
    char *full = xasprintf("%s.%s", table, column);
    bool found = false;

    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        found |= strcmp(given[i], full) == 0;
    free(full);
    return found;
}

/* The column that :owner is compared with. */
static bool
is_owner(const char *sql, const char *column)
{
    char *text = xasprintf("%s = :owner", column);
    bool is = strstr(sql, text) != NULL;

    free(text);
    return is;
}

static bool
has_column(sqlite3_stmt *get, const char *column)
{
    for (int i = 0; i < sqlite3_column_count(get); i++)
        if (strcmp(sqlite3_column_name(get, i), column) == 0)
            return true;
    return false;
}

static void
check_columns(sqlite3 *db, const char *table, const char *sql)
{
    char *info = xasprintf("SELECT name FROM pragma_table_info('%s')", table);
    sqlite3_stmt *get = foreign_query(db, sql), *st = foreign_query(db, info);

    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(st, 0);

        if (!has_column(get, column) && !is_given_here(table, column) &&
            !is_owner(sql, column))
            fail_msg("merge_get_%s forgets column %s", table, column);
    }
    sqlite3_finalize(get);
    sqlite3_finalize(st);
    free(info);
}

static void
test_columns__none_is_forgotten(void **state)
{
    struct store_box *b = *state;
    sqlite3 *db = foreign_open(b->path);
    int n = 0;

    for (size_t i = 0; i < SQL_COUNT; i++) {
        const char *name = sql_name((enum sql_id)i);

        if (strncmp(name, "merge_get_", 10) != 0)
            continue;
        check_columns(db, name + 10, sql_text((enum sql_id)i));
        n++;
    }
    sqlite3_close(db);
    assert_true(n >= 25);
}

/* --- what comes --- */

static void
test_merge__brings_all_of_a_run(void **state)
{
    struct store_box *b = *state, o;

    other_open(b, &o, "other.db");
    whole_run(b, "ce", 7); /* numbers here are not those there */
    for (int64_t seed = 0; seed < 3; seed++)
        whole_run(&o, "hce", seed);
    struct store_attempt a = store_running(&o, "hce", 9);
    train(&o, a, 0, 10, 1);
    store_finished(&o, a, "failed");

    struct merge_report r = merged(b, o.path);
    assert_int_equal(r.n[MERGE_RUN_NEW], 4);
    assert_int_equal(r.n_checkpoints, 3 * 2 + 2);
    assert_int_equal(r.n[MERGE_RUN_FURTHER] + r.n[MERGE_RUN_SAME] +
                         r.n[MERGE_RUN_BEHIND] + r.n[MERGE_RUN_BUSY] + r.n_waiting,
                     0);
    char *here = store_dump(b->path), *there = store_dump(o.path);
    for (const char *p = there; *p;) { /* every line of the other is here */
        size_t n = strcspn(p, "\n");
        char *line = xstrndup(p, n);

        if (!strstr(here, line))
            fail_msg("missing: %s", line);
        free(line);
        p += n + (p[n] == '\n');
    }
    r = merged(b, o.path);
    assert_int_equal(r.n[MERGE_RUN_NEW] + r.n[MERGE_RUN_FURTHER] + r.n_checkpoints +
                         r.n_evaluations,
                     0);
    assert_int_equal(r.n[MERGE_RUN_SAME], 4);
    char *again = store_dump(b->path);
    store_dump_equal(here, again, "merged again");
    free(here);
    free(there);
    free(again);
    other_close(&o);
}

static void
test_merge__into_an_empty_store_is_a_copy(void **state)
{
    struct store_box *b = *state, o;

    other_open(b, &o, "other.db");
    whole_run(&o, "ce", 0);
    whole_run(&o, "hce", 0);
    merged(b, o.path);
    char *here = store_dump(b->path), *there = store_dump(o.path);
    store_dump_equal(here, there, "a copy");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM score"), "42");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint_chunk"), "8");
    free(here);
    free(there);
    other_close(&o);
}

static void
test_merge__into_itself_changes_nothing(void **state)
{
    struct store_box *b = *state, o;
    char *link = xasprintf("%s/link.db", b->dir);

    whole_run(b, "ce", 0);
    store_queued(b, "ce", 1);
    store_queued(b, "ce", 2);
    train(b, store_claimed(b), 0, 10, 0);
    char *before = store_dump(b->path);
    assert_int_equal(symlink(b->path, link), 0);
    assert_true(merged(b, b->path).is_itself);
    assert_true(merged(b, link).is_itself);
    other_copy(b, b->s, &o, "copy.db");
    struct merge_report r = merged(b, o.path);
    assert_false(r.is_itself);
    assert_int_equal(r.n[MERGE_RUN_SAME], 2);
    assert_int_equal(r.n_waiting, 1);
    char *after = store_dump(b->path);
    store_dump_equal(before, after, "itself");
    free(before);
    free(after);
    free(link);
    other_close(&o);
}

static void
test_merge__the_further_one_wins(void **state)
{
    struct store_box *b = *state, o;

    int64_t id = store_queued(b, "ce", 0);
    other_copy(b, b->s, &o, "other.db");
    struct store_attempt a = store_claimed(&o);
    train(&o, a, 0, 20, 0);

    struct merge_report r = merged(b, o.path); /* queued here, running there */
    assert_int_equal(r.n[MERGE_RUN_FURTHER], 1);
    assert_string_equal(store_cell(b, "SELECT state || ' ' || step FROM run"),
                        "paused 20");
    assert_string_equal(store_cell(b, "SELECT reason FROM run"),
                        "came from another store before it had ended");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM lease"), "0");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM worker"), "0");

    put_metrics(&o, a, 20, 10);
    succeed(&o, a, 30, 0);
    assert_int_equal(merged(b, o.path).n[MERGE_RUN_FURTHER], 1);
    char *here = store_dump(b->path), *there = store_dump(o.path);
    store_dump_equal(here, there, "finished");
    char *want = xasprintf("%lld succeeded", (long long)id);
    assert_string_equal(store_cell(b, "SELECT run_id || ' ' || state FROM run"), want);

    free(want);
    free(here);
    free(there);
    other_close(&o);
}

static void
test_merge__an_older_state_changes_nothing(void **state)
{
    struct store_box *b = *state, o;

    struct store_attempt a = store_running(b, "ce", 0);
    train(b, a, 0, 20, 0);
    other_copy(b, b->s, &o, "older.db");
    put_metrics(b, a, 20, 10);
    succeed(b, a, 30, 0);
    char *before = store_dump(b->path);
    assert_int_equal(merged(b, o.path).n[MERGE_RUN_BEHIND], 1);
    char *after = store_dump(b->path);
    store_dump_equal(before, after, "older");
    free(before);
    free(after);
    other_close(&o);
}

static void
test_merge__evaluations_are_united(void **state)
{
    struct store_box *b = *state, o;
    struct store_attempt a = {whole_run(b, "ce", 0), 0};

    other_copy(b, b->s, &o, "other.db");
    put_evaluation(b, a, "here", "best", .5, 3);
    put_evaluation(&o, a, "there", "best", .6, 3);
    put_evaluation(&o, a, "id", "best", .75, 3); /* newer there */
    put_evaluation(&o, a, "ood", "best", .8, 3);
    put_evaluation(b, a, "ood", "best", .9, 3); /* newer here */
    struct merge_report r = merged(b, o.path);
    assert_int_equal(r.n[MERGE_RUN_SAME], 1);
    assert_int_equal(r.n_evaluations, 2);
    assert_string_equal(store_cell(b,
                                   "SELECT group_concat(name || ' ' || checkpoint ||"
                                   " is_primary || f1, ', ') FROM (SELECT e.name,"
                                   " e.checkpoint, e.is_primary, s.f1 FROM evaluation"
                                   " AS e JOIN score AS s USING (evaluation_id)"
                                   " JOIN word AS w ON w.word_id = s.facet_id"
                                   " WHERE w.text = 'all' ORDER BY 1, 2)"),
                        "here best10.5, id best10.75, id last00.333333333333333, "
                        "ood best10.9, there best10.6");
    assert_string_equal(store_cell(b, "SELECT group_concat(name) FROM (SELECT name FROM"
                                      " run_evaluation ORDER BY name)"),
                        "here,id,ood,there");
    merged(&o, b->path);
    char *here = store_dump(b->path), *there = store_dump(o.path);
    store_dump_equal(here, there, "both ways");
    free(here);
    free(there);
    other_close(&o);
}

static void
test_merge__checkpoints_can_come_later(void **state)
{
    struct store_box *b = *state, o;
    const struct merge_options without = {.no_checkpoints = true};

    other_open(b, &o, "other.db");
    whole_run(&o, "ce", 0);
    assert_int_equal(merged_with(b, o.path, &without).n_checkpoints, 0);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint"), "0");
    assert_int_equal(merged(b, o.path).n_checkpoints, 2);
    char *here = store_dump(b->path), *there = store_dump(o.path);
    store_dump_equal(here, there, "later");
    free(here);
    free(there);
    other_close(&o);
}

static void
keep_busy(void *ctx, const struct merge_run *run)
{
    char *text = ctx;

    if (run->verdict == MERGE_RUN_BUSY)
        snprintf(text, 64, "%s %zu of %zu", run->name, run->number, run->n_runs);
}

/* Runs that nobody began do not come, and what somebody trains here stays. */
static void
test_merge__trains_nothing_twice(void **state)
{
    struct store_box *b = *state, o;
    struct store_process me = store_me();
    struct store_claim c;

    store_queued(b, "ce", 0);
    other_copy(b, b->s, &o, "other.db");
    store_queued(&o, "ce", 1);
    struct store_attempt there = store_claimed(&o);
    train(&o, there, 0, 30, 0);
    succeed(&o, there, 30, 0);
    struct store_attempt here = store_claimed(b);
    train(b, here, 0, 10, 0);

    char busy[64] = "";
    const struct merge_options tell = {.told = keep_busy, .ctx = busy};
    struct merge_report r = merged_with(b, o.path, &tell);
    assert_int_equal(r.n_waiting, 1);
    assert_int_equal(r.n[MERGE_RUN_BUSY], 1);
    assert_string_equal(busy, "linear 1 of 1");
    assert_string_equal(store_cell(b, "SELECT state || step || (SELECT COUNT(*) FROM"
                                      " lease) FROM run"),
                        "running101");
    put_metrics(b, here, 10, 5); /* it is still its own */
    store_finished(b, here, "paused");
    assert_int_equal(merged(b, o.path).n[MERGE_RUN_FURTHER], 1);
    assert_int_equal(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb),
                     ERR_NOTFOUND);
    other_close(&o);
}

/* What was interrupted elsewhere can be resumed here. */
static void
test_merge__a_run_on_its_way_is_resumed_from_its_state(void **state)
{
    struct store_box *b = *state, o;
    struct store_claim c;
    struct store_process me = store_me();
    size_t size;
    void *data;
    bool done;

    other_open(b, &o, "other.db");
    struct store_attempt a = store_running(&o, "ce", 0);
    train(&o, a, 0, 20, 0);
    merged(b, o.path);
    assert_int_equal(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb),
                     ERR_NOTFOUND);
    store_ok(store_resume(b->s, 1, &done, &b->eb), &b->eb);
    assert_true(done);
    store_ok(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb), &b->eb);
    assert_int_equal(c.attempt, 2);
    store_ok(store_checkpoint_load(b->s, 1, "state", -1, &data, &size, NULL, &b->eb),
             &b->eb);
    assert_int_equal(size, 5000);
    free(data);
    other_close(&o);
}

/* --- runs that were imported --- */

/* Import a run that was made elsewhere, with one evaluation of a table. */
static int64_t
imported(struct store_box *b, const char *digest, double f1)
{
    const struct store_f1 row = {"exact", "all", "all", NULL, f1, f1,
                                 f1,      f1,    f1,    f1,   10, 2};
    const struct store_average average = {
        .rule = "exact", .facet = "all", .label = "all", .average = "micro", .f1 = f1};
    const struct store_evaluation ev = {.name = "test",
                                        .cells_digest = "cells-test",
                                        .checkpoint = "best",
                                        .is_primary = true,
                                        .is_imported = true,
                                        .n_cells = 10,
                                        .f1 = &row,
                                        .n_f1 = 1,
                                        .average = &average,
                                        .n_averages = 1};
    const struct store_source_param param = {"hparams.yaml", "lr", "0.005"};
    const struct store_source_checkpoint file = {"a.ckpt", 3, .5, 1000};
    const struct store_new_run run = store_a_run("hce", 4);
    const struct store_import x = {.uuid = "8f14e45f-ceea-467f-a8f2-71f0bbd3e5a1",
                                   .source_path = "/tb_logs/version_0",
                                   .source_digest = digest,
                                   .run = &run,
                                   .started_us = INT64_MIN,
                                   .ended_us = INT64_MIN,
                                   .evaluation = &ev,
                                   .n_evaluations = 1,
                                   .param = &param,
                                   .n_params = 1,
                                   .checkpoint = &file,
                                   .n_checkpoints = 1};
    enum store_imported what;
    int64_t id;

    store_ok(store_import_run(b->s, &x, &what, &id, &b->eb), &b->eb);
    return id;
}

static void
test_merge__an_imported_run_comes_with_what_its_files_say(void **state)
{
    struct store_box *b = *state, o;

    other_open(b, &o, "other.db");
    imported(&o, "files 1", .5);
    assert_int_equal(merged(b, o.path).n[MERGE_RUN_NEW], 1);
    char *here = store_dump(b->path), *there = store_dump(o.path);
    store_dump_equal(here, there, "imported");
    assert_non_null(strstr(here, "score_average|"));
    assert_non_null(strstr(here, "source_checkpoint|"));
    assert_non_null(strstr(here, "source_param|"));
    free(here);
    free(there);
    other_close(&o);
}

static void
test_merge__what_was_scored_with_imported_weights_stays(void **state)
{
    struct store_box *b = *state, o;
    static const char scores[] = "SELECT group_concat(name || f1, ', ') FROM (SELECT"
                                 " e.name, s.f1 FROM evaluation AS e JOIN score AS s"
                                 " USING (evaluation_id) JOIN word AS w ON w.word_id ="
                                 " s.facet_id WHERE w.text = 'all' ORDER BY 1)";

    put_evaluation(b, (struct store_attempt){imported(b, "files 1", .5), 0}, "here",
                   "best", .25, 1);
    other_open(b, &o, "other.db");
    put_evaluation(&o, (struct store_attempt){imported(&o, "files 1", .5), 0}, "there",
                   "best", .75, 1);
    assert_int_equal(merged(b, o.path).n[MERGE_RUN_SAME], 1); /* imported twice */
    assert_string_equal(store_cell(b, scores), "here0.25, test0.5, there0.75");
    assert_int_equal(merged(b, o.path).n_evaluations, 0);

    store_close(o.s);
    unlink(o.path);
    store_ok(store_open(&o.s, o.path, STORE_CREATE, &o.eb), &o.eb);
    imported(&o, "files 2", .625); /* later, of other files */
    assert_int_equal(merged(b, o.path).n[MERGE_RUN_FURTHER], 1);
    assert_string_equal(store_cell(b, scores), "here0.25, test0.625, there0.75");
    assert_string_equal(store_cell(b, "SELECT source_digest FROM run"), "files 2");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM run_evaluation"), "3");

    assert_int_equal(merged(&o, b->path).n_evaluations, 2); /* and the other way */
    char *here = store_dump(b->path), *there = store_dump(o.path);
    store_dump_equal(here, there, "both ways");
    free(here);
    free(there);
    other_close(&o);
}

/* --- readers follow --- */

static void
test_merge__a_reader_sees_what_came(void **state)
{
    struct store_box *b = *state, o;
    struct store_runs runs = {0};
    struct store *reader;
    bool whole;

    whole_run(b, "ce", 0);
    other_copy(b, b->s, &o, "other.db");
    put_evaluation(&o, (struct store_attempt){1, 0}, "more", "best", .5, 2);
    whole_run(&o, "hce", 0);
    store_ok(store_open(&reader, b->path, STORE_READ, &b->eb), &b->eb);
    store_ok(store_runs_update(reader, &runs, &whole, &b->eb), &b->eb);
    assert_int_equal(runs.n, 1);
    (void)store_changed(reader);
    assert_false(store_changed(reader));
    merged(b, o.path);
    assert_true(store_changed(reader));
    store_ok(store_runs_update(reader, &runs, &whole, &b->eb), &b->eb);
    assert_int_equal(runs.n, 2);
    for (size_t i = 0; i < runs.n; i++)
        assert_true(whole || runs.run[i].touched);
    merged(b, o.path);
    assert_false(store_changed(reader)); /* nothing was written */
    store_runs_release(&runs);
    store_close(reader);
    other_close(&o);
}

int
main(void)
{
#define MERGE_TEST(f)                                                                  \
    cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        MERGE_TEST(test_tables__none_is_forgotten),
        MERGE_TEST(test_columns__none_is_forgotten),
        MERGE_TEST(test_merge__brings_all_of_a_run),
        MERGE_TEST(test_merge__into_an_empty_store_is_a_copy),
        MERGE_TEST(test_merge__into_itself_changes_nothing),
        MERGE_TEST(test_merge__the_further_one_wins),
        MERGE_TEST(test_merge__an_older_state_changes_nothing),
        MERGE_TEST(test_merge__evaluations_are_united),
        MERGE_TEST(test_merge__checkpoints_can_come_later),
        MERGE_TEST(test_merge__trains_nothing_twice),
        MERGE_TEST(test_merge__a_run_on_its_way_is_resumed_from_its_state),
        MERGE_TEST(test_merge__an_imported_run_comes_with_what_its_files_say),
        MERGE_TEST(test_merge__what_was_scored_with_imported_weights_stays),
        MERGE_TEST(test_merge__a_reader_sees_what_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
