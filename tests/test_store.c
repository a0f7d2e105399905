/* test_store.c - opening, refusing, copying and querying a store. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/sql.h"
#include "tests/store_support.h"

/* --- what a new store is --- */

static void
test_create__has_identity_and_settings(void **state)
{
    struct store_box *b = *state;
    struct store_info info;

    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_int_equal(info.application_id, 0x4843454C);
    assert_int_equal(info.schema_version, 6);
    assert_int_equal(info.page_size, 8192);
    assert_string_equal(info.journal_mode, "wal");
    assert_string_equal(info.sqlite_version, sqlite3_libversion());
    assert_int_equal(info.n_runs, 0);
    assert_string_equal(store_cell(b, "PRAGMA auto_vacuum"), "2");
    assert_string_equal(
        store_cell(b,
                   "SELECT COUNT(*) FROM pragma_table_list"
                   " WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'"),
        "0");
}

static void
test_info__says_the_journal_mode_to_idle_readers_too(void **state)
{
    struct store_box *b = *state;
    struct store_info info;

    store_ok(store_reopen(b, STORE_READ), &b->eb);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_string_equal(info.journal_mode, "wal");
}

/* A step of a migration: "m12_...". */
static bool
is_step(const char *name)
{
    size_t n = strspn(name + 1, "0123456789");

    return name[0] == 'm' && n > 0 && name[1 + n] == '_';
}

static void
every_statement_prepares(const char *path)
{
    sqlite3 *db;
    int n = 0;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < SQL_COUNT; i++) {
        const char *name = sql_name((enum sql_id)i), *text = sql_text((enum sql_id)i);
        sqlite3_stmt *st = NULL;

        assert_true(strlen(text) < 4096);
        assert_int_equal(sql_find(name), i);
        if (is_step(name) || strncmp(name, "view_", 5) == 0)
            continue; /* they ran when the store was made */
        if (sqlite3_prepare_v2(db, text, -1, &st, NULL) != SQLITE_OK)
            fail_msg("%s: %s", name, sqlite3_errmsg(db));
        sqlite3_finalize(st);
        n++;
    }
    sqlite3_close(db);
    assert_true(n > 100);
    assert_int_equal(sql_find("no such statement"), SQL_COUNT);
}

static void
test_schema__every_statement_prepares(void **state)
{
    const struct store_box *b = *state;

    every_statement_prepares(b->path);
}

/* A store as the first release made it, with one run. */
static void
make_first_schema(const char *path)
{
    struct strbuf sql = {0};

    for (size_t i = 0; i < SQL_COUNT; i++)
        if (strncmp(sql_name((enum sql_id)i), "m1_", 3) == 0)
            strbuf_adds(&sql, sql_text((enum sql_id)i));
    strbuf_adds(&sql, "INSERT INTO run (uuid, pair_key, name, experiment, model, loss,"
                      " seed, max_epochs, memory_bytes, state, priority, position,"
                      " created_us, started_us) VALUES ('u', 'p', 'old', 'e', 'linear',"
                      " 'ce', 0, 1, 1, 'succeeded', 0, 1, 1, 1);"
                      "INSERT INTO run_param VALUES (1, 0, 'shuffle', 0, 'blocks');"
                      "INSERT INTO metric_name VALUES (5, 'cells_per_s');"
                      "INSERT INTO metric VALUES (1, 5, 10, 0, 1.0, 100.0, 0),"
                      " (1, 5, 40, 0, 2.0, 300.0, 0)");
    store_foreign(path, strbuf_str(&sql));
    strbuf_release(&sql);
}

static void
test_schema__an_older_store_is_migrated(void **state)
{
    struct store_box *b = *state;
    struct store_info info;

    store_close(b->s);
    b->s = NULL;
    unlink(b->path);
    make_first_schema(b->path);
    assert_int_equal(store_reopen(b, STORE_READ), ERR_FORMAT);
    store_says(b, "store migrate");
    store_ok(store_reopen(b, STORE_WRITE), &b->eb);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_int_equal(info.schema_version, 6);
    every_statement_prepares(b->path);
    assert_string_equal(store_cell(b, "SELECT name FROM run_summary"), "old");
    assert_string_equal(store_cell(b, "SELECT cell_order FROM run_summary"), "blocks");
    /* 40 steps in 10 / 100 + 30 / 300 of a time, whatever the size of a batch. */
    assert_string_equal(store_cell(b, "SELECT cells_per_s FROM run_summary"), "200.0");
    assert_string_equal(store_cell(b, "SELECT rank FROM gene_importance"), "no row");
    assert_string_equal(store_cell(b, "SELECT origin FROM run_summary"), "trained");
    assert_string_equal(store_cell(b, "SELECT averages_over FROM curve"), "NULL");
}

static void
test_schema__views_have_the_promised_columns(void **state)
{
    static const char *const promise[] = {
        "SELECT run_id, uuid, pair_key, name, experiment, model, loss, seed, state,"
        " end_reason, attempt, epoch, max_epochs, step, train_loss, val_loss,"
        " val_f1_macro, best_val_f1_macro, best_epoch, cells_per_s, eta_s, created_at,"
        " started_at, ended_at, host, pid, exit_code, term_signal FROM run_summary",
        "SELECT run_id, metric, step, epoch, wall_s, value, nonfinite FROM curve",
        "SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation,"
        " checkpoint, is_primary, rule, facet, label, class, precision, recall, f1,"
        " f1_weighted, f1_micro, accuracy, support, n_classes FROM f1",
        "SELECT pair_key, experiment, model, evaluation, rule, facet, label, class,"
        " n_pairs, ce_mean, ce_sd, hce_mean, hce_sd, delta_mean, delta_sd, wins, losses,"
        " support FROM comparison",
        "SELECT run_id, evaluation, checkpoint, true_label, predicted_label, n, relation"
        " FROM confusion",
        "SELECT origin, source_path, source_digest FROM run_summary",
        "SELECT averages_over FROM curve",
        "SELECT run_id, evaluation, checkpoint, is_primary, rule, facet, label, average,"
        " precision, recall, f1 FROM f1_average",
        "SELECT run_id, ordinal, file, name, value FROM run_source_param",
        "SELECT run_id, path, epoch, score, size_bytes FROM run_source_checkpoint",
        "SELECT run_id, position, priority, state, reason, attempt, lease_host, lease_pid,"
        " heartbeat_age_s FROM queue",
        "SELECT run_id, class, gene_id, gene_name, rank, importance"
        " FROM gene_importance",
        "SELECT label, f1 FROM f1_overall",
        "SELECT label, f1 FROM f1_by_class",
        "SELECT label, class, f1 FROM f1_by_tissue",
        "SELECT label, class, f1 FROM f1_by_tissue_general",
        "SELECT label, class, f1 FROM f1_by_disease",
        "SELECT label, class, f1 FROM f1_by_assay",
        "SELECT label, class, f1 FROM f1_by_dataset",
    };
    struct store_box *b = *state;

    for (size_t i = 0; i < sizeof promise / sizeof *promise; i++)
        assert_string_equal(store_cell(b, promise[i]), "no row");
}

/* --- refusing --- */

static void
test_open__refuses_what_is_not_ours(void **state)
{
    struct store_box *b = *state;
    struct store *s;
    char *other = xasprintf("%s/other", b->dir);

    support_write(other,
                  "this is text, and long enough to be read as a header of a page "
                  "of a database, which it is not; no, not at all, not this one");
    assert_int_equal(store_open(&s, other, STORE_WRITE, &b->eb), ERR_FORMAT);
    assert_null(s);
    store_says(b, other);
    store_says(b, "no SQLite database");
    assert_int_equal(store_open(&s, other, STORE_READ, &b->eb), ERR_FORMAT);

    unlink(other);
    store_foreign(other, "CREATE TABLE theirs (x); PRAGMA journal_mode = WAL");
    assert_int_equal(store_open(&s, other, STORE_CREATE, &b->eb), ERR_FORMAT);
    store_says(b, "another program");
    store_foreign(other, "PRAGMA application_id = 252006674");
    assert_int_equal(store_open(&s, other, STORE_READ, &b->eb), ERR_FORMAT);
    store_says(b, "application_id 0x0f055112");

    unlink(other);
    support_write(other, "");
    assert_int_equal(store_open(&s, other, STORE_WRITE, &b->eb), ERR_FORMAT);
    store_says(b, "empty");
    assert_int_equal(store_open(&s, b->dir, STORE_WRITE, &b->eb), ERR_FORMAT);
    store_says(b, "a folder");
    char *lock = xasprintf("%s.lock", other);
    assert_int_not_equal(access(lock, F_OK), 0); /* nothing was left beside it */
    free(lock);
    free(other);
}

static void
test_open__leaves_no_files_beside_a_foreign_database(void **state)
{
    struct store_box *b = *state;
    struct store *s;

    store_close(b->s);
    b->s = NULL;
    store_foreign(b->path, "PRAGMA user_version = 99"); /* and it stays in WAL mode */
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm"));
    assert_int_equal(store_open(&s, b->path, STORE_WRITE, &b->eb), ERR_NEWER);
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm"));
    store_foreign(b->path, "PRAGMA application_id = 0");
    assert_int_equal(store_open(&s, b->path, STORE_WRITE, &b->eb), ERR_FORMAT);
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm"));
}

/* One store, one lock file: also through a link that was there before the store. */
static void
test_open__follows_a_link_to_a_store_yet_to_be_made(void **state)
{
    struct store_box *b = *state;
    char *link = xasprintf("%s/link.db", b->dir);
    char *lock = xasprintf("%s/link.db.lock", b->dir);
    char *target = xasprintf("%s/new.db", b->dir);
    struct store *s;

    assert_int_equal(symlink("new.db", link), 0);
    store_ok(store_open(&s, link, STORE_CREATE, &b->eb), &b->eb);
    char *real = realpath(target, NULL);
    assert_non_null(real);
    assert_string_equal(store_path(s), real);
    assert_int_not_equal(access(lock, F_OK), 0);
    store_close(s);
    free(real);
    free(target);
    free(lock);
    free(link);
}

static void
test_open__refuses_a_newer_schema(void **state)
{
    struct store_box *b = *state;

    store_close(b->s);
    b->s = NULL;
    store_foreign(b->path, "PRAGMA user_version = 99");
    assert_int_equal(store_reopen(b, STORE_WRITE), ERR_NEWER);
    store_says(b, "schema 99");
    assert_int_equal(store_reopen(b, STORE_READ), ERR_NEWER);
}

static void
test_open__says_what_is_missing(void **state)
{
    struct store_box *b = *state;
    char *path = xasprintf("%s/no/hcelab.db", b->dir);
    struct store *s;

    assert_int_equal(store_open(&s, path, STORE_CREATE, &b->eb), ERR_NOTFOUND);
    store_says(b, "folder");
    free(path);
    path = xasprintf("%s/absent.db", b->dir);
    assert_int_equal(store_open(&s, path, STORE_READ, &b->eb), ERR_NOTFOUND);
    store_says(b, path);
    assert_int_equal(store_open(&s, path, STORE_WRITE, &b->eb), ERR_NOTFOUND);
    assert_int_not_equal(access(path, F_OK), 0);
    free(path);
}

/* --- readers --- */

static void
test_read__leaves_nothing_behind(void **state)
{
    struct store_box *b = *state;
    struct store_runs runs;
    char *lock = xasprintf("%s.lock", b->path);

    store_queued(b, "ce", 0);
    store_close(b->s); /* the last writer takes the WAL with it */
    b->s = NULL;
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm"));
    unlink(lock);
    free(lock);
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 1);
    store_runs_release(&runs);
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm") ||
                 store_file_exists(b, ".lock"));
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm") ||
                 store_file_exists(b, ".lock"));
}

/* A writer that met a full disk leaves both files empty; a reader needs neither. */
static void
test_read__needs_no_room_beside_an_empty_wal(void **state)
{
    struct store_box *b = *state;
    char *wal = xasprintf("%s-wal", b->path), *shm = xasprintf("%s-shm", b->path);
    struct store_runs runs;
    struct stat st;

    store_close(b->s);
    b->s = NULL;
    support_write(wal, "");
    support_write(shm, "abc"); /* SQLite cuts it to 3 bytes first */
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
    store_runs_release(&runs);
    assert_int_equal(stat(shm, &st), 0);
    assert_int_equal(st.st_size, 3);
    free(shm);
    free(wal);
}

static void
test_read__follows_writers_that_come_and_go(void **state)
{
    struct store_box *b = *state;
    struct store *writer;
    struct store_new_run r = store_a_run("ce", 0);
    struct store_runs runs;
    int64_t id;

    store_ok(store_reopen(b, STORE_READ), &b->eb);
    assert_false(store_changed(b->s));
    for (size_t i = 1; i <= 3; i++) {
        store_ok(store_open(&writer, b->path, STORE_WRITE, &b->eb), &b->eb);
        store_ok(store_queue_add(writer, &r, 1, false, &id, NULL, &b->eb), &b->eb);
        if (i != 2) /* once the reader looks while the writer is there */
            store_close(writer);
        assert_true(store_changed(b->s));
        assert_false(store_changed(b->s));
        store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
        assert_int_equal(runs.n, i);
        store_runs_release(&runs);
        if (i == 2)
            store_close(writer);
    }
}

static void
test_read__sees_another_file_at_the_path(void **state)
{
    struct store_box *b = *state;
    char *copy = xasprintf("%s/copy.db", b->dir);
    struct store_runs runs;

    store_ok(store_backup(b->s, copy, &b->eb), &b->eb);
    store_queued(b, "ce", 0);
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    assert_int_equal(rename(copy, b->path), 0);
    assert_true(store_changed(b->s));
    store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 0);
    store_runs_release(&runs);
    free(copy);
}

/* A reader without locks opens the file again as it reads; what it then sees is still news
 * to whoever asks whether something changed. */
static void
test_read__does_not_swallow_a_change(void **state)
{
    struct store_box *b = *state;
    struct store *writer;
    struct store_runs runs;

    store_ok(store_reopen(b, STORE_READ), &b->eb);
    assert_false(store_changed(b->s));
    store_ok(store_open(&writer, b->path, STORE_WRITE, &b->eb), &b->eb);
    struct store *reader = b->s;
    b->s = writer;
    store_queued(b, "ce", 0);
    b->s = reader;
    store_close(writer);
    store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 1);
    store_runs_release(&runs);
    assert_true(store_changed(b->s));
    assert_false(store_changed(b->s));
}

/* Somebody makes the store anew while a reader looks: first there is an empty file. */
static void
made_anew(struct store_box *b, bool with_wal)
{
    char *empty = xasprintf("%s/empty", b->dir), *wal = xasprintf("%s-wal", b->path);
    char *shm = xasprintf("%s-shm", b->path);
    struct store *writer = NULL;
    struct store_runs runs;

    if (with_wal)
        store_ok(store_open(&writer, b->path, STORE_WRITE, &b->eb), &b->eb);
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    store_close(writer);
    unlink(wal);
    unlink(shm);
    support_write(empty, "");
    assert_int_equal(rename(empty, b->path), 0);
    assert_false(store_changed(b->s));
    store_ok(store_open(&writer, b->path, STORE_CREATE, &b->eb), &b->eb);
    store_close(writer);
    assert_true(store_changed(b->s));
    store_ok(store_runs_list(b->s, NULL, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 0);
    store_runs_release(&runs);
    free(shm);
    free(wal);
    free(empty);
}

static void
test_read__sees_a_store_that_is_made_anew(void **state)
{
    struct store_box *b = *state;

    store_queued(b, "ce", 0);
    made_anew(b, false);
    store_ok(store_reopen(b, STORE_WRITE), &b->eb);
    store_queued(b, "ce", 0);
    made_anew(b, true);
}

static void
test_read__keeps_saying_that_the_file_is_no_store_now(void **state)
{
    struct store_box *b = *state;
    char *other = xasprintf("%s/other", b->dir);
    struct store_runs runs;

    store_queued(b, "ce", 0);
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    support_write(other, "");
    assert_int_equal(rename(other, b->path), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(store_runs_list(b->s, NULL, &runs, &b->eb), ERR_FORMAT);
    free(other);
}

static void
test_read__cannot_write(void **state)
{
    struct store_box *b = *state;
    struct store_new_run r = store_a_run("ce", 0);
    int64_t id;

    store_ok(store_reopen(b, STORE_READ), &b->eb);
    assert_int_equal(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), ERR_IO);
    store_says(b, "reading only");
    store_ok(store_wal_care(b->s, true, &b->eb), &b->eb);
}

/* --- care --- */

static void
test_backup__is_a_whole_store(void **state)
{
    struct store_box *b = *state;
    char *to = xasprintf("%s/backup.db", b->dir);
    struct store_runs runs;
    struct store *copy;

    store_queued(b, "ce", 0);
    store_ok(store_backup(b->s, to, &b->eb), &b->eb);
    assert_int_equal(store_backup(b->s, to, &b->eb), ERR_CONFLICT);
    store_queued(b, "ce", 1);
    store_ok(store_open(&copy, to, STORE_WRITE, &b->eb), &b->eb);
    store_ok(store_runs_list(copy, NULL, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 1);
    store_runs_release(&runs);
    store_close(copy);
    unlink(to);
    store_ok(store_reopen(b, STORE_READ), &b->eb); /* a reader can make a copy too */
    store_ok(store_backup(b->s, to, &b->eb), &b->eb);
    free(to);
    to = xasprintf("%s/no/backup.db", b->dir);
    assert_int_not_equal(store_backup(b->s, to, &b->eb), ERR_OK);
    free(to);
}

static void
test_backup__has_what_was_written_since_the_reader_looked(void **state)
{
    struct store_box *b = *state;
    char *to = xasprintf("%s/backup.db", b->dir);
    struct store *writer, *copy;
    struct store_new_run r = store_a_run("ce", 0);
    struct store_runs runs;
    int64_t id;

    store_ok(store_reopen(b, STORE_READ), &b->eb);
    store_ok(store_open(&writer, b->path, STORE_WRITE, &b->eb), &b->eb);
    store_ok(store_queue_add(writer, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    store_ok(store_backup(b->s, to, &b->eb), &b->eb);
    store_close(writer);
    store_ok(store_open(&copy, to, STORE_READ, &b->eb), &b->eb);
    store_ok(store_runs_list(copy, NULL, &runs, &b->eb), &b->eb);
    assert_int_equal(runs.n, 1);
    store_runs_release(&runs);
    store_close(copy);
    free(to);
}

static void
erase_page(const char *path, long page)
{
    char zero[8192] = {0};
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, zero, sizeof zero, (page - 1) * 8192), sizeof zero);
    close(fd);
}

static void
test_check__finds_damage(void **state)
{
    struct store_box *b = *state;
    struct strlist problems = {0};

    store_queued(b, "ce", 0);
    store_ok(store_check(b->s, &problems, &b->eb), &b->eb);
    assert_int_equal(problems.n, 0);
    store_foreign(b->path, "PRAGMA foreign_keys = OFF;"
                           "INSERT INTO run_facet VALUES (77, 0, 'tissue')");
    store_ok(store_check(b->s, &problems, &b->eb), &b->eb);
    assert_int_equal(problems.n, 1);
    assert_non_null(strstr(problems.item[0], "run_facet"));
    store_foreign(b->path, "DELETE FROM run_facet");
    long page = strtol(store_cell(b, "SELECT rootpage FROM sqlite_schema"
                                     " WHERE name = 'run_by_name'"),
                       NULL, 10);
    store_ok(store_wal_care(b->s, true, &b->eb), &b->eb);
    store_close(b->s);
    b->s = NULL;
    erase_page(b->path, page);
    strlist_release(&problems);
    store_ok(store_reopen(b, STORE_READ), &b->eb);
    store_ok(store_check(b->s, &problems, &b->eb), &b->eb);
    assert_true(problems.n > 0);
    strlist_release(&problems);
}

/* --- queries --- */

struct seen {
    size_t rows, stop_after;
    char text[512];
};

static bool
see(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
    const char *type)
{
    struct seen *seen = ctx;
    size_t at = strlen(seen->text);

    for (size_t i = 0; i < n_cols && at < sizeof seen->text; i++)
        at += (size_t)snprintf(seen->text + at, sizeof seen->text - at, "%s%c=%s;",
                               name[i], type[i], value[i] ? value[i] : "-");
    return ++seen->rows != seen->stop_after;
}

static void
test_query__gives_cells_as_text(void **state)
{
    struct store_box *b = *state;
    struct store_bind bind = {.name = ":x", .kind = BIND_TEXT, .t = "a'b"};
    struct seen seen = {0};

    store_ok(store_query(b->s,
                         "SELECT 1 AS i, 0.1 AS f, :x AS t, NULL AS n, x'00ff' AS b,"
                         " 9e999 AS inf; -- end",
                         &bind, 1, see, &seen, &b->eb),
             &b->eb);
    assert_string_equal(seen.text, "ii=1;ff=0.1;tt=a'b;nn=-;bb=00ff;inff=Inf;");
    seen = (struct seen){.stop_after = 2};
    store_ok(store_query(b->s, "VALUES (1), (2), (3)", NULL, 0, see, &seen, &b->eb),
             &b->eb);
    assert_int_equal(seen.rows, 2);
    seen = (struct seen){0};
    store_queued(b, "ce", 3);
    store_ok(store_query(b->s, "queue_list", NULL, 0, see, &seen, &b->eb), &b->eb);
    assert_int_equal(seen.rows, 1);
}

static void
test_query__reads_only(void **state)
{
    static const char *const wrong[] = {
        "DELETE FROM run",
        "UPDATE run SET seed = 1",
        "CREATE TABLE x (y)",
        "DROP VIEW curve",
        "ATTACH '/tmp/x' AS y",
        "BEGIN",
        "PRAGMA user_version = 7",
        "PRAGMA journal_mode = DELETE",
        "VACUUM",
        "PRAGMA wal_checkpoint",
        "SELECT 1; DELETE FROM run",
        "",
        "SELEC 1",
        "SELECT nothing FROM nowhere",
        "INSERT INTO meta VALUES ('a', 'b')",
    };
    struct store_box *b = *state;
    struct seen seen = {0};

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
            if (store_query(b->s, wrong[i], NULL, 0, see, &seen, &b->eb) != ERR_ARG)
                fail_msg("'%s' was allowed", wrong[i]);
        store_ok(store_reopen(b, STORE_READ), &b->eb);
    }
    assert_int_equal(seen.rows, 0);
    store_ok(store_query(b->s, "PRAGMA table_info(run)", NULL, 0, see, &seen, &b->eb),
             &b->eb);
}

static void
test_query__named_ones_exist(void **state)
{
    static const char *const names[] = {
        "export_f1",       "export_curve",     "export_runs",   "queue_list",
        "run_evaluations", "confusion_of_run", "run_importance"};
    struct store_box *b = *state;
    struct seen seen = {0};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_non_null(store_named_query(names[i]));
        store_ok(store_query(b->s, names[i], NULL, 0, see, &seen, &b->eb), &b->eb);
    }
    assert_null(store_named_query("run_insert"));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_create__has_identity_and_settings),
        CASE(test_info__says_the_journal_mode_to_idle_readers_too),
        CASE(test_schema__every_statement_prepares),
        CASE(test_schema__an_older_store_is_migrated),
        CASE(test_schema__views_have_the_promised_columns),
        CASE(test_open__refuses_what_is_not_ours),
        CASE(test_open__leaves_no_files_beside_a_foreign_database),
        CASE(test_open__follows_a_link_to_a_store_yet_to_be_made),
        CASE(test_open__refuses_a_newer_schema),
        CASE(test_open__says_what_is_missing),
        CASE(test_read__leaves_nothing_behind),
        CASE(test_read__needs_no_room_beside_an_empty_wal),
        CASE(test_read__follows_writers_that_come_and_go),
        CASE(test_read__sees_another_file_at_the_path),
        CASE(test_read__does_not_swallow_a_change),
        CASE(test_read__sees_a_store_that_is_made_anew),
        CASE(test_read__keeps_saying_that_the_file_is_no_store_now),
        CASE(test_read__cannot_write),
        CASE(test_backup__is_a_whole_store),
        CASE(test_backup__has_what_was_written_since_the_reader_looked),
        CASE(test_check__finds_damage),
        CASE(test_query__gives_cells_as_text),
        CASE(test_query__reads_only),
        CASE(test_query__named_ones_exist),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
