/* test_store_merge.c - another store's runs into this one. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/merge.h"
#include "store/sql.h"
#include "tests/store_dump.h"
#include "tests/store_support.h"

/* --- stores with something in them --- */

/* A second store beside the box's. */
static void
other_open(const struct store_box *b, struct store_box *o, const char *name)
{
    *o = (struct store_box){.dir = NULL, .path = xasprintf("%s/%s", b->dir, name)};
    store_ok(store_open(&o->s, o->path, STORE_CREATE, &o->eb), &o->eb);
}

static void
other_close(struct store_box *o)
{
    store_close(o->s);
    free(o->path);
    *o = (struct store_box){0};
}

/* A copy of a store, open for writing. */
static void
other_copy(const struct store_box *b, struct store *from, struct store_box *o,
           const char *name)
{
    *o = (struct store_box){.path = xasprintf("%s/%s", b->dir, name)};
    store_ok(store_backup(from, o->path, &o->eb), &o->eb);
    store_ok(store_open(&o->s, o->path, STORE_WRITE, &o->eb), &o->eb);
}

static void
put_inputs(struct store_box *b, struct store_attempt a, int variant)
{
    static const char *const label[] = {"T cell", "B cell", "lymphocyte"};
    static const char *const term[] = {"CL:1", "CL:2", "CL:3"};
    static const char *const gene[] = {"ENSG1", "ENSG2"}, *const facet[] = {"tissue"};
    static const uint32_t up[] = {2, 2}, down[] = {0, 1};
    char labels_digest[32], ontology_digest[32], genes_digest[32];
    const struct store_input_file file = {
        "atlas.h5ad", "X", "log", "why", 10, 9, 8, 7, 6};

    snprintf(labels_digest, sizeof labels_digest, "labels %d", variant);
    snprintf(ontology_digest, sizeof ontology_digest, "ontology %d", variant);
    snprintf(genes_digest, sizeof genes_digest, "genes %d", variant);
    struct store_labels labels = {labels_digest, label, term, 3, up, down, 2};
    struct store_ontology ontology = {
        ontology_digest, "cl.obo", "2024", term, label, 3, down, up, 2};
    struct store_genes genes = {genes_digest, gene, gene, 2};
    struct store_inputs in = {.labels = &labels,
                              .ontology = &ontology,
                              .genes = &genes,
                              .file = &file,
                              .n_files = 1,
                              .facet = facet,
                              .n_facets = 1,
                              .n_train = 7,
                              .n_val = 2,
                              .n_test = 1};

    store_ok(store_inputs_add(b->s, &a, &in, &b->eb), &b->eb);
}

static void
put_metrics(struct store_box *b, struct store_attempt a, int64_t from, int64_t n)
{
    struct store_metric *m = xcalloc((size_t)(3 * n), sizeof *m);
    struct store_progress p = {from + n, (from + n) / 10, 100, 5};

    for (int64_t i = 0; i < n; i++) {
        int64_t step = from + i + 1;
        m[3 * i] =
            (struct store_metric){"train_loss", step, step / 10, .1, 1. / (double)step};
        m[3 * i + 1] = (struct store_metric){"grad_norm", step, step / 10, .1,
                                             i % 7 ? .5 : (double)NAN};
        m[3 * i + 2] = (struct store_metric){"val_f1_macro", step, step / 10, .1, .3};
    }
    store_ok(store_metrics_add(b->s, &a, m, (size_t)(3 * n), &p, &b->eb), &b->eb);
    free(m);
}

static void
put_checkpoint(struct store_box *b, struct store_attempt a, const char *kind,
               int64_t step, size_t size)
{
    char *data = xmalloc(size, 1);

    memset(data, (int)(step % 251), size);
    struct store_checkpoint cp = {.kind = kind,
                                  .epoch = step / 10,
                                  .step = step,
                                  .score = .5,
                                  .weights_sha256 = "abc",
                                  .piece = PIECE(data, size),
                                  .n_pieces = 1,
                                  .keep_epoch = (const int64_t[]){0, 1, 2, 3, 4, 5},
                                  .n_keep = 6};
    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    free(data);
}

static void
put_evaluation(struct store_box *b, struct store_attempt a, const char *name,
               const char *checkpoint, double f1, size_t n)
{
    struct store_f1 *f = xcalloc(n + 2, sizeof *f);
    char *text = xmalloc(n, 16), *cells = xasprintf("cells-%s", name);
    const struct store_confusion c[] = {{"T cell", "T cell", 5, "same"},
                                        {"B cell", "T cell", 2, "other"}};

    f[0] =
        (struct store_f1){"exact", "all", "all", NULL, f1, f1, f1, f1, f1, f1, 10, 2};
    f[1] = (struct store_f1){"hierarchy", "tissue",    "lung",      "T cell",    f1, f1,
                             f1,          (double)NAN, (double)NAN, (double)NAN, 4,  1};
    for (size_t i = 0; i < n; i++) {
        snprintf(text + 16 * i, 16, "class %zu", i);
        f[i + 2] =
            (struct store_f1){"exact", "class",     text + 16 * i, NULL,        f1, f1,
                              f1,      (double)NAN, (double)NAN,   (double)NAN, 4,  1};
    }
    struct store_evaluation ev = {.name = name,
                                  .cells_digest = cells,
                                  .checkpoint = checkpoint,
                                  .is_primary = strcmp(checkpoint, "best") == 0,
                                  .n_cells = 10,
                                  .n_unknown = 1,
                                  .f1 = f,
                                  .n_f1 = n + 2,
                                  .confusion = c,
                                  .n_confusions = 2};
    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    free(cells);
    free(text);
    free(f);
}

static void
put_importance(struct store_box *b, struct store_attempt a)
{
    static const struct store_importance row[] = {{0, 1, 1, .7}, {0, 0, 2, .3}};

    store_ok(store_importance_add(b->s, &a, row, 2, &b->eb), &b->eb);
}

/* Train a claimed run for n steps; it stays running. */
static void
train(struct store_box *b, struct store_attempt a, int64_t from, int64_t n, int variant)
{
    store_ok(store_attempt_begin(b->s, &a, from, "avx2", "haswell", false, &b->eb),
             &b->eb);
    put_inputs(b, a, variant);
    put_metrics(b, a, from, n);
    store_ok(store_log_add(b->s, a.run_id, a.attempt, "info", "it goes on", &b->eb),
             &b->eb);
    put_checkpoint(b, a, "state", from + n, 5000);
    put_checkpoint(b, a, "best", from + n, 3000);
}

/* Everything that a run can have. */
static void
succeed(struct store_box *b, struct store_attempt a, int64_t step, int64_t salt)
{
    put_checkpoint(b, a, "last", step, 2500000);
    put_evaluation(b, a, "id", "best", 1. / (double)(salt + 2), 5);
    put_evaluation(b, a, "id", "last", 1. / (double)(salt + 3), 5);
    put_evaluation(b, a, "ood", "best", .25, 5);
    put_importance(b, a);
    store_finished(b, a, "succeeded");
}

static int64_t
whole_run(struct store_box *b, const char *loss, int64_t seed)
{
    struct store_attempt a = store_running(b, loss, seed);

    train(b, a, 0, 30, (int)(seed % 2));
    succeed(b, a, 30, seed);
    return a.run_id;
}

static void
check_whole(struct store_box *b)
{
    struct strlist problem = {0};

    store_ok(store_check(b->s, &problem, &b->eb), &b->eb);
    if (problem.n > 0)
        fail_msg("%s", problem.item[0]);
    strlist_release(&problem);
}

/* Merge and check the store.  The report has no names. */
static struct merge_report
merged_with(struct store_box *b, const char *path, const struct merge_options *o)
{
    struct merge_report r;

    store_ok(store_merge(b->s, path, o, &r, &b->eb), &b->eb);
    check_whole(b);
    strlist_release(&r.busy);
    return r;
}

static struct merge_report
merged(struct store_box *b, const char *path)
{
    return merged_with(b, path, NULL);
}

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
    assert_int_equal(r.n_new + r.n_further, 0);
    merge_report_release(&r);
    check_whole(b);
    free(before);
    free(after);
}

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
    assert_true(n >= 29);
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
    assert_int_equal(r.n_new, 4);
    assert_int_equal(r.n_checkpoints, 3 * 2 + 2);
    assert_int_equal(r.n_further + r.n_same + r.n_behind + r.n_busy + r.n_waiting, 0);
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
    assert_int_equal(r.n_new + r.n_further + r.n_checkpoints + r.n_evaluations, 0);
    assert_int_equal(r.n_same, 4);
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
    assert_int_equal(r.n_same, 2);
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
    assert_int_equal(r.n_further, 1);
    assert_string_equal(store_cell(b, "SELECT state || ' ' || step FROM run"),
                        "paused 20");
    assert_string_equal(store_cell(b, "SELECT reason FROM run"),
                        "came from another store before it had ended");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM lease"), "0");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM worker"), "0");

    put_metrics(&o, a, 20, 10);
    succeed(&o, a, 30, 0);
    assert_int_equal(merged(b, o.path).n_further, 1);
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
    assert_int_equal(merged(b, o.path).n_behind, 1);
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
    assert_int_equal(r.n_same, 1);
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

    struct merge_report r;
    store_ok(store_merge(b->s, o.path, NULL, &r, &b->eb), &b->eb);
    assert_int_equal(r.n_waiting, 1);
    assert_int_equal(r.n_busy, 1);
    assert_string_equal(r.busy.item[0], "linear");
    merge_report_release(&r);
    assert_string_equal(store_cell(b, "SELECT state || step || (SELECT COUNT(*) FROM"
                                      " lease) FROM run"),
                        "running101");
    put_metrics(b, here, 10, 5); /* it is still its own */
    store_finished(b, here, "paused");
    assert_int_equal(merged(b, o.path).n_further, 1);
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

/* --- any order --- */

enum { N_STORES = 10, N_ORDERS = 20 };

struct dice {
    struct rng r;
    uint64_t i;
};

static int
roll(struct dice *d, int n)
{
    return (int)rng_below(&d->r, d->i++, (uint64_t)n);
}

/* What was on its way where a store was copied stopped there. */
static void
break_leases(struct store_box *b)
{
    struct store_lease *lease;
    size_t n;

    store_ok(store_leases(b->s, &lease, &n, &b->eb), &b->eb);
    for (size_t i = 0; i < n; i++)
        store_ok(store_lease_break(b->s, lease[i].run_id, lease[i].attempt, "copied",
                                   &b->eb),
                 &b->eb);
    free(lease);
}

/* Take a run that waits and leave it in some state. */
static void
work(struct store_box *b, struct dice *d)
{
    static const char *const end[] = {"failed", "paused", "queued", "cancelled"};
    struct store_process me = store_me();
    struct store_claim c;
    int what = roll(d, 7);

    if (store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb) != ERR_OK)
        return;
    struct store_attempt a = {c.run_id, c.attempt};
    int64_t from = 10 * (c.attempt - 1), n = 10 + roll(d, 3);
    train(b, a, from, n, roll(d, 3));
    if (what < 3)
        succeed(b, a, from + n, roll(d, 100));
    else if (what < 6)
        store_finished(b, a, end[roll(d, 4)]);
}

static void
wish(struct store_box *b, struct dice *d)
{
    int64_t n = atoll(store_cell(b, "SELECT COUNT(*) FROM run"));
    int64_t id = n ? 1 + roll(d, (int)n) : 0;
    bool done;

    if (id && roll(d, 2))
        store_ok(store_retry(b->s, id, roll(d, 4) == 0, &done, &b->eb), &b->eb);
    else if (id)
        store_ok(store_resume(b->s, id, &done, &b->eb), &b->eb);
}

static void
evaluate_one(struct store_box *b, struct dice *d)
{
    const char *id = store_cell(b, "SELECT run_id FROM run WHERE state = 'succeeded'"
                                   " ORDER BY random() LIMIT 1");
    char name[16];

    snprintf(name, sizeof name, "set %d", roll(d, 4));
    if (strcmp(id, "no row") != 0)
        put_evaluation(b, (struct store_attempt){atoll(id), 0}, name,
                       roll(d, 3) ? "best" : "last", 1. / (1 + roll(d, 50)), 3);
}

/* Ten stores that know of each other: some begin as copies of earlier ones. */
static void
make_stores(struct store_box *b, struct store_box *o, struct dice *d)
{
    for (int k = 0; k < N_STORES; k++) {
        char name[16];

        snprintf(name, sizeof name, "s%d.db", k);
        if (k == 0 || roll(d, 4) == 0) {
            other_open(b, &o[k], name);
        } else {
            other_copy(b, o[roll(d, k)].s, &o[k], name);
            break_leases(&o[k]);
        }
        for (int i = 0; i < 14; i++) {
            int what = roll(d, 8);

            if (what < 2)
                store_queued(&o[k], roll(d, 2) ? "ce" : "hce", roll(d, 5));
            else if (what < 5)
                work(&o[k], d);
            else if (what < 6)
                wish(&o[k], d);
            else
                evaluate_one(&o[k], d);
        }
    }
}

static char *
merge_all(struct store_box *b, const struct store_box *o, const uint32_t *order,
          int which)
{
    struct store_box t;
    char name[24];

    snprintf(name, sizeof name, "target%d.db", which);
    other_open(b, &t, name);
    for (int k = 0; k < N_STORES; k++)
        merged(&t, o[order[k]].path);
    char *once = store_dump(t.path);
    for (int k = 0; k < N_STORES && which == 0; k++) {
        struct merge_report r = merged(&t, o[k].path);
        assert_int_equal(r.n_new + r.n_further + r.n_evaluations + r.n_checkpoints, 0);
    }
    char *again = store_dump(t.path);
    store_dump_equal(once, again, "all of them again");
    free(again);
    other_close(&t);
    return once;
}

static void
test_merge__any_order_gives_the_same(void **state)
{
    struct store_box *b = *state, o[N_STORES];
    const char *seed = getenv("MERGE_SEED");
    struct dice d = {
        rng_stream(seed ? strtoull(seed, NULL, 10) : 1, RNG_SIMULATE, 1, 2), 0};
    char *first = NULL;

    make_stores(b, o, &d);
    for (int i = 0; i < N_ORDERS; i++) {
        struct rng r = rng_stream(77, RNG_SIMULATE, (uint64_t)i, 3);
        uint32_t order[N_STORES];

        rng_permutation(&r, order, N_STORES);
        char *text = merge_all(b, o, order, i);
        if (first)
            store_dump_equal(first, text, "another order");
        assert_true(strlen(text) > 20000);
        if (first)
            free(text);
        else
            first = text;
    }
    free(first);
    for (int k = 0; k < N_STORES; k++)
        other_close(&o[k]);
}

/* --- killed --- */

enum { N_KILLS = 50 };

static double
merge_in_child(const char *to, const char *from, double kill_after_s)
{
    double start = clock_mono_s();
    pid_t pid = fork();

    if (pid == 0) {
        struct merge_report r;
        struct store *s;

        if (store_open(&s, to, STORE_CREATE, NULL) ||
            store_merge(s, from, NULL, &r, NULL))
            _exit(1);
        store_close(s);
        _exit(0);
    }
    assert_true(pid > 0);
    if (kill_after_s >= 0) {
        usleep((useconds_t)(kill_after_s * 1e6));
        kill(pid, SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return clock_mono_s() - start;
}

static void
test_merge__killed_and_done_again_is_complete(void **state)
{
    struct store_box *b = *state, o;
    size_t n_partial = 0;

    other_open(b, &o, "other.db");
    for (int64_t seed = 0; seed < 8; seed++)
        whole_run(&o, "ce", seed);
    store_close(o.s);
    o.s = NULL;
    char *calm = xasprintf("%s/calm.db", b->dir);
    double whole_s = merge_in_child(calm, o.path, -1);
    char *want = store_dump(calm);
    for (int i = 0; i < N_KILLS; i++) {
        struct rng r = rng_stream(5, RNG_SIMULATE, 9, 9);
        struct store_box t = {.path = xasprintf("%s/killed%d.db", b->dir, i)};

        merge_in_child(t.path, o.path, whole_s * rng_uniform(&r, (uint64_t)i));
        store_ok(store_open(&t.s, t.path, STORE_CREATE, &t.eb), &t.eb);
        check_whole(&t);
        const char *runs =
            store_cell(&t, "SELECT COUNT(*) || ' ' || (SELECT COUNT(*)"
                           " FROM checkpoint WHERE complete = 1) FROM run");
        n_partial += strcmp(runs, "0 0") != 0 && strcmp(runs, "8 16") != 0;
        merged(&t, o.path);
        char *text = store_dump(t.path);
        store_dump_equal(want, text, "killed");
        free(text);
        other_close(&t);
    }
    print_message("# killed within the merge: %zu of %d\n", n_partial, N_KILLS);
    assert_true(n_partial > 5);
    free(want);
    free(calm);
    other_close(&o);
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

    for (int version = 1; version < 4; version++) {
        char *dir = xasprintf("%s/old%d", b->dir, version);
        struct store_box o = {.path = xasprintf("%s/old.db", dir)};
        size_t size;

        assert_int_equal(mkdir(dir, 0700), 0);
        make_schema(o.path, version);
        char *bytes = file_bytes(o.path, &size);
        assert_int_equal(chmod(dir, 0500), 0);
        struct merge_report r = merged(b, o.path);
        assert_int_equal(r.n_new + r.n_same, 1);
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
    assert_int_equal(merged(b, path).n_new, 1);
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
    store_foreign(path, "PRAGMA application_id = 1212368204; PRAGMA user_version = 4");
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
    put_importance(&o, a);
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
        merge_report_release(&report);
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
        MERGE_TEST(test_merge__a_reader_sees_what_came),
        MERGE_TEST(test_merge__any_order_gives_the_same),
        MERGE_TEST(test_merge__killed_and_done_again_is_complete),
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
