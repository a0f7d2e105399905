/* db.c - statements, binding, transactions. */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

static enum err
io_code(struct store *s)
{
    int e = sqlite3_system_errno(s->db); /* a failed COMMIT leaves it at 0 */

    if (e == 0)
        e = s->os_errno;
    return e == ENOSPC || e == EDQUOT || e == EFBIG ? ERR_FULL : ERR_IO;
}

static enum err
error_code(struct store *s, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return ERR_BUSY;
    case SQLITE_FULL: return ERR_FULL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return io_code(s);
    case SQLITE_READONLY:
    case SQLITE_PERM: return ERR_IO;
    case SQLITE_NOTADB: return ERR_FORMAT;
    case SQLITE_CORRUPT: return s->immutable && store_outdated(s) ? ERR_BUSY : ERR_DB;
    case SQLITE_NOMEM: return ERR_NOMEM;
    default: return ERR_DB;
    }
}

static const char *
error_hint(struct store *s, enum err code, int rc)
{
    if (code == ERR_BUSY && s->immutable)
        return " (it changed while it was read: try again)";
    if (code == ERR_BUSY)
        return " (another program holds it: try again, or close that program)";
    if (code == ERR_FULL)
        return " (the disk or quota is full: make room)";
    if ((rc & 0xff) == SQLITE_CORRUPT)
        return s->is_source ? " (a copy of it that was made earlier may be whole)"
                            : " (run `hcelab store check`)";
    if ((rc & 0xff) == SQLITE_TOOBIG && s->is_source)
        return " (no store has values of more than 2 MiB: it is damaged)";
    if ((rc & 0xff) == SQLITE_CANTOPEN && s->is_source)
        return " (a store with a -wal file beside it needs a folder that is writable: "
               "copy both to one)";
    if ((rc & 0xff) == SQLITE_READONLY)
        return " (to look only, use --read-only)";
    return "";
}

const char *
db_hint_elsewhere(const struct store *s)
{
    return s->is_source ? "" : " (choose another with --store PATH)";
}

enum err
db_error(struct store *s, int rc, struct errbuf *eb)
{
    enum err code = error_code(s, rc);

    if (code == ERR_BUSY)
        s->n_told = 0; /* what was not read now may be later */
    if (code == ERR_FORMAT)
        return err_set(eb, code, "%s is not a hcelab store: it is no SQLite database%s",
                       s->path, db_hint_elsewhere(s));
    if (code == ERR_NOMEM) /* nothing is wrong with the store */
        return err_set(eb, code, "not enough memory to work with the store %s",
                       s->path);
    return err_set(eb, code, "store %s: %s%s", s->path, sqlite3_errmsg(s->db),
                   error_hint(s, code, rc));
}

enum err
db_prepare(struct store *s, const char *text, sqlite3_stmt **st, struct errbuf *eb)
{
    *st = NULL;
    int rc = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    return rc == SQLITE_OK ? ERR_OK : db_error(s, rc, eb);
}

static int
bind_one(sqlite3_stmt *st, int at, const struct store_bind *b)
{
    switch (b->kind) {
    case BIND_INT:
        return b->i == DB_NONE ? sqlite3_bind_null(st, at)
                               : sqlite3_bind_int64(st, at, b->i);
    case BIND_REAL: return sqlite3_bind_double(st, at, b->f); /* NaN binds NULL */
    case BIND_TEXT: break;
    }
    return sqlite3_bind_text(st, at, b->t, -1, SQLITE_TRANSIENT);
}

void
db_bind(sqlite3_stmt *st, const struct store_bind *bind, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int at = sqlite3_bind_parameter_index(st, bind[i].name);
        assert(at > 0);
        int rc = bind_one(st, at, &bind[i]);
        assert(rc == SQLITE_OK);
    }
}

enum err
db_read_enter(struct store *s, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (s->immutable && !s->opening && s->n_reading == 0)
        e = store_refresh(s, eb);
    if (!e)
        s->n_reading++;
    return e;
}

void
db_read_leave(struct store *s)
{
    assert(s->n_reading > 0);
    if (--s->n_reading == 0)
        writer_lock_unshare(&s->share_fd);
}

enum err
db_select(struct store *s, enum sql_id id, const struct store_bind *bind, size_t n,
          sqlite3_stmt **st, struct errbuf *eb)
{
    enum err e = db_read_enter(s, eb);

    *st = NULL;
    if (e)
        return e;
    if (!s->stmt[id] && (e = db_prepare(s, sql_text(id), &s->stmt[id], eb))) {
        db_read_leave(s);
        return e;
    }
    *st = s->stmt[id];
    assert(!sqlite3_stmt_busy(*st));
    db_bind(*st, bind, n);
    return ERR_OK;
}

enum err
db_step(struct store *s, sqlite3_stmt *st, bool *row, struct errbuf *eb)
{
    errno = 0;
    int rc = sqlite3_step(st);
    s->os_errno = errno;

    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ERR_OK : db_error(s, rc, eb);
}

void
db_finish(struct store *s, sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    db_read_leave(s);
}

enum err
db_exec(struct store *s, enum sql_id id, const struct store_bind *bind, size_t n,
        struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row = true;
    enum err e = db_select(s, id, bind, n, &st, eb);

    if (e)
        return e;
    while (!e && row)
        e = db_step(s, st, &row, eb);
    db_finish(s, st);
    return e;
}

enum err
db_int(struct store *s, enum sql_id id, const struct store_bind *bind, size_t n,
       int64_t *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, id, bind, n, &st, eb);

    *out = DB_NONE;
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row)
        *out = col_int(st, 0);
    db_finish(s, st);
    return e;
}

enum err
db_text(struct store *s, enum sql_id id, const struct store_bind *bind, size_t n,
        char **out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, id, bind, n, &st, eb);

    *out = NULL;
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row && col_text(st, 0))
        *out = xstrdup(col_text(st, 0));
    db_finish(s, st);
    return e;
}

int64_t
col_int(sqlite3_stmt *st, int col)
{
    return sqlite3_column_type(st, col) == SQLITE_NULL ? DB_NONE
                                                       : sqlite3_column_int64(st, col);
}

double
col_real(sqlite3_stmt *st, int col)
{
    return sqlite3_column_type(st, col) == SQLITE_NULL ? (double)NAN
                                                       : sqlite3_column_double(st, col);
}

const char *
col_text(sqlite3_stmt *st, int col)
{
    return (const char *)sqlite3_column_text(st, col);
}

const char *
col_dup(sqlite3_stmt *st, int col, struct arena *a)
{
    return arena_strdup(a, col_text(st, col));
}

static enum err
set_sync(struct store *s, enum db_sync sync, struct errbuf *eb)
{
    bool full = sync == DB_FULL || s->network;

    if (full == s->full_sync)
        return ERR_OK;
    enum err e =
        db_exec(s, full ? SQL_pragma_sync_full : SQL_pragma_sync_normal, NO_BINDS, eb);
    if (!e)
        s->full_sync = full;
    return e;
}

enum err
db_begin(struct store *s, enum db_sync sync, struct errbuf *eb)
{
    enum err e;

    if (!s->lock)
        return err_set(eb, ERR_IO, "store %s is open for reading only", s->path);
    if ((e = writer_lock_take(s->lock, s->wait_ms, eb)))
        return e;
    if ((e = set_sync(s, sync, eb)) || (e = db_exec(s, SQL_begin, NO_BINDS, eb)))
        writer_lock_drop(s->lock);
    else if (s->network && (e = netfs_admit(s, eb)))
        e = db_end(s, e, eb);
    return e;
}

enum {
    CHECKPOINT_BUSY_MS = 200,
    WAL_PASSIVE_PAGES = WAL_PASSIVE_BYTES / STORE_PAGE_BYTES,
    WAL_TRUNCATE_PAGES = WAL_TRUNCATE_BYTES / STORE_PAGE_BYTES
};

/* A checkpoint that readers hold up is no failure of the write before it. */
static void
wal_care(struct store *s)
{
    if (s->wal_pages < s->wal_cared)
        s->wal_cared = 0;
    if (s->wal_pages - s->wal_cared < WAL_PASSIVE_PAGES)
        return;
    s->wal_cared = s->wal_pages;
    enum err e = db_wal_checkpoint(s, s->wal_pages >= WAL_TRUNCATE_PAGES, NULL);
    (void)e;
}

enum err
db_end(struct store *s, enum err e, struct errbuf *eb)
{
    if (!e)
        e = db_exec(s, SQL_commit, NO_BINDS, eb);
    if (e && !sqlite3_get_autocommit(s->db)) {
        enum err ignored = db_exec(s, SQL_rollback, NO_BINDS, NULL);
        (void)ignored;
    }
    if (!e && !s->network)
        wal_care(s);
    writer_lock_drop(s->lock);
    return e;
}

enum err
db_snapshot(struct store *s, struct errbuf *eb)
{
    enum err e = db_read_enter(s, eb);

    if (!e && (e = db_exec(s, SQL_begin_read, NO_BINDS, eb)))
        db_read_leave(s);
    return e;
}

void
db_snapshot_end(struct store *s)
{
    enum err ignored = db_exec(s, SQL_commit, NO_BINDS, NULL);

    (void)ignored;
    db_read_leave(s);
}

void
db_reclaim(struct store *s)
{
    int64_t before, after = INT64_MAX;
    enum err e;

    do {
        before = after;
        if (db_begin(s, DB_NORMAL, NULL) != ERR_OK)
            return;
        e = db_exec(s, SQL_pragma_incremental_vacuum, NO_BINDS, NULL);
        if (!e)
            e = db_int(s, SQL_pragma_freelist_count, NO_BINDS, &after, NULL);
        e = db_end(s, e, NULL);
    } while (!e && after > 0 && after < before);
}

enum err
db_wal_checkpoint(struct store *s, bool truncate, struct errbuf *eb)
{
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

    sqlite3_busy_timeout(s->db, CHECKPOINT_BUSY_MS); /* others wait for the lock */
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, mode, NULL, NULL);
    sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
    return rc == SQLITE_OK ? ERR_OK : db_error(s, rc, eb);
}

void
db_forget(struct store *s)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(s->stmt[i]);
        s->stmt[i] = NULL;
    }
}

enum err
db_fence(struct store *s, int64_t run_id, int64_t attempt, struct errbuf *eb)
{
    int64_t held;
    enum err e = db_int(s, SQL_lease_attempt, BINDS(BI(":run_id", run_id)), &held, eb);

    if (!e && held != attempt)
        e = err_set(eb, ERR_FENCED,
                    "attempt %lld of run %lld no longer holds the lease",
                    (long long)attempt, (long long)run_id);
    return e;
}

int64_t
db_changes(struct store *s)
{
    return sqlite3_changes64(s->db);
}

int64_t
db_last_id(struct store *s)
{
    return sqlite3_last_insert_rowid(s->db);
}
