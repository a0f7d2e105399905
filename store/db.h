/* db.h - a connection: statements by name, typed binding, transactions.
 *
 * For store/ only.  A read is db_select, db_step while it has rows, db_finish (exactly
 * once, also after an error).  A write is db_begin, statements, db_end, which commits
 * when it is given ERR_OK and rolls back otherwise; it holds the writers' lock between.
 *
 * An integer INT64_MIN, a NaN and a NULL text are bound as NULL and read as such.
 *
 * Threads: one thread per object.
 * Errors:  db_error turns SQLite's codes into ours. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "store/sql.h"
#include "store/store.h"
#include "store/store_lock.h"

#define DB_NONE INT64_MIN

enum {
    STORE_SCHEMA = 6, /* newest schema that this program knows */
    STORE_PAGE_BYTES = 8192,
    STORE_APPLICATION_ID = 0x4843454C, /* "HCEL" */
    WAL_PASSIVE_BYTES = 16 << 20,
    WAL_TRUNCATE_BYTES = 256 << 20,
    STORE_WAIT_MS = 10000, /* for the writers' lock */
    STORE_BUSY_MS = 5000   /* for writers that know no lock of ours */
};

/* What the file looked like when it was opened. */
struct file_stamp {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
};

struct store {
    sqlite3 *db;                   /* owned */
    sqlite3_stmt *stmt[SQL_COUNT]; /* owned; NULL until first use */
    struct writer_lock *lock;      /* owned; NULL: read-only */
    char *path;                    /* owned; canonical */
    char *notice;                  /* owned; or NULL */
    enum store_mode mode;
    bool is_source;   /* read for a merge: may be older, is not chosen with --store */
    bool immutable;   /* opened without SQLite's locks */
    bool is_new;      /* there was no file when it was opened */
    bool opening;     /* a reader that is not yet ready */
    bool network;     /* on a network file system: rollback journal */
    bool full_sync;   /* current PRAGMA synchronous is FULL */
    int busy_ms;      /* of a brisk reader (store_open_brisk), or 0 */
    double waiting_s; /* clock_mono_s since when a brisk one waits */
    double in_vain_s; /* when it last gave up */
    int share_fd;     /* lock file held shared during immutable reads, or -1 */
    size_t n_reading; /* statements between db_select and db_finish */
    int os_errno;     /* of the last step */
    unsigned wait_ms; /* for the writers' lock */
    struct file_stamp stamp;
    int64_t data_version;
    uint64_t n_opened; /* how often a file was opened at the path */
    uint64_t n_told;   /* n_opened at the last store_changed; 0 after a failed read */
    int wal_pages;     /* in the WAL after the last commit */
    int wal_cared;     /* wal_pages when it was last checkpointed */
    char host[STORE_TEXT];
};

enum db_sync {
    DB_NORMAL, /* may be lost in a power cut */
    DB_FULL
};

#define BI(param, value)                                                               \
    {                                                                                  \
        .name = (param), .kind = BIND_INT, .i = (value)                                \
    }
#define BF(param, value)                                                               \
    {                                                                                  \
        .name = (param), .kind = BIND_REAL, .f = (value)                               \
    }
#define BT(param, value)                                                               \
    {                                                                                  \
        .name = (param), .kind = BIND_TEXT, .t = (value)                               \
    }
#define BINDS(...)                                                                     \
    (const struct store_bind[]){__VA_ARGS__},                                          \
        sizeof((const struct store_bind[]){__VA_ARGS__}) / sizeof(struct store_bind)
#define NO_BINDS NULL, 0

/* The error of an SQLite code, with the path and a hint. */
enum err db_error(struct store *s, int rc, struct errbuf *eb);

/* What to do about a file that is no store, as the end of a message. */
const char *db_hint_elsewhere(const struct store *s);

/* Prepare text; *st = NULL on error. */
MUST_CHECK enum err db_prepare(struct store *s, const char *text, sqlite3_stmt **st,
                               struct errbuf *eb);

/* Bind by name.  Names that the statement lacks are the caller's bug. */
void db_bind(sqlite3_stmt *st, const struct store_bind *bind, size_t n);

MUST_CHECK enum err db_select(struct store *s, enum sql_id id,
                              const struct store_bind *bind, size_t n,
                              sqlite3_stmt **st, struct errbuf *eb);
MUST_CHECK enum err db_step(struct store *s, sqlite3_stmt *st, bool *row,
                            struct errbuf *eb);
void db_finish(struct store *s, sqlite3_stmt *st);

/* Before a read that does not go through db_select, and after it. */
MUST_CHECK enum err db_read_enter(struct store *s, struct errbuf *eb);
void db_read_leave(struct store *s);

/* Run a statement to its end, ignoring rows. */
MUST_CHECK enum err db_exec(struct store *s, enum sql_id id,
                            const struct store_bind *bind, size_t n, struct errbuf *eb);

/* The first column of the first row; DB_NONE if there is no row or it is NULL. */
MUST_CHECK enum err db_int(struct store *s, enum sql_id id,
                           const struct store_bind *bind, size_t n, int64_t *out,
                           struct errbuf *eb);

/* The same as text, copied; *out = NULL if there is none.  Caller frees. */
MUST_CHECK enum err db_text(struct store *s, enum sql_id id,
                            const struct store_bind *bind, size_t n, char **out,
                            struct errbuf *eb);

int64_t col_int(sqlite3_stmt *st, int col);
double col_real(sqlite3_stmt *st, int col);
const char *col_text(sqlite3_stmt *st, int col); /* borrowed until the next step */
const char *col_dup(sqlite3_stmt *st, int col, struct arena *a);

MUST_CHECK enum err db_begin(struct store *s, enum db_sync sync, struct errbuf *eb);
MUST_CHECK enum err db_end(struct store *s, enum err e, struct errbuf *eb);

/* Several reads of one state of the store. */
MUST_CHECK enum err db_snapshot(struct store *s, struct errbuf *eb);
void db_snapshot_end(struct store *s);

/* Give free pages back to the file system, 8 MiB a transaction.  What fails is left. */
void db_reclaim(struct store *s);

/* Checkpoint the WAL; the caller holds the writers' lock. */
MUST_CHECK enum err db_wal_checkpoint(struct store *s, bool truncate,
                                      struct errbuf *eb);

/* Finalize every cached statement. */
void db_forget(struct store *s);

/* True while (run_id, attempt) holds the lease; else ERR_FENCED.  In a transaction. */
MUST_CHECK enum err db_fence(struct store *s, int64_t run_id, int64_t attempt,
                             struct errbuf *eb);

/* Number of rows the last statement changed. */
int64_t db_changes(struct store *s);
int64_t db_last_id(struct store *s);

/* --- store_lease.c: how an attempt ends --- */

struct lease_ending {
    int64_t run_id, attempt;
    const char *state;              /* that the run takes */
    const char *reason;             /* may be NULL */
    int64_t exit_code, term_signal; /* of the child, or DB_NONE */
};

/* In a transaction, after db_fence: give up the lease.  lease_hand_back takes the state
 * that people wished (cancelled, paused) before "queued". */
MUST_CHECK enum err lease_end(struct store *s, const struct lease_ending *x,
                              struct errbuf *eb);
MUST_CHECK enum err lease_hand_back(struct store *s, const struct lease_ending *x,
                                    struct errbuf *eb);

/* --- store_binding.c: what evaluation names stand for --- */

struct binding {
    const char *experiment, *name, *cells_digest;
    int64_t run_id; /* whose it is, or 0: of a run with the parameters below */
    const struct store_param *param;
    size_t n_params;
};

/* ERR_CONFLICT, with what differs and what would do, if the name stands for other cells
 * in a run of the experiment other than run_id. */
MUST_CHECK enum err binding_check(struct store *s, const struct binding *b,
                                  struct errbuf *eb);

/* The same for every name of a run that is to be queued again. */
MUST_CHECK enum err binding_check_run(struct store *s, int64_t run_id,
                                      struct errbuf *eb);

/* --- rows of a run, in a transaction of the caller, which fences it --- */

/* Parameters as given (store_queue.c). */
MUST_CHECK enum err run_params_put(struct store *s, int64_t run_id,
                                   const struct store_param *param, size_t n,
                                   struct errbuf *eb);
/* Labels, ontology, genes, files, facets, parts (store_inputs.c). */
MUST_CHECK enum err run_inputs_put(struct store *s, int64_t run_id,
                                   const struct store_inputs *in, struct errbuf *eb);
/* Metric rows, and what run_summary shows of them (store_attempt.c). */
MUST_CHECK enum err run_metrics_put(struct store *s, int64_t run_id,
                                    const struct store_metric *m, size_t n,
                                    const struct store_progress *progress,
                                    struct errbuf *eb);
/* Which genes count for which class, instead of older rows (store_importance.c). */
MUST_CHECK enum err run_importance_put(struct store *s, int64_t run_id,
                                       const struct store_importance *row, size_t n,
                                       struct errbuf *eb);
/* An evaluation, instead of an older one (store_evaluation.c). */
MUST_CHECK enum err run_evaluation_put(struct store *s, int64_t run_id,
                                       const struct store_evaluation *ev,
                                       struct errbuf *eb);
/* The same of an imported one: of the same cells, only rules and facets that it has are
 * replaced, and what was scored here is not by what was imported. */
MUST_CHECK enum err run_evaluation_renew(struct store *s, int64_t run_id,
                                         const struct store_evaluation *ev,
                                         struct errbuf *eb);

/* --- store_place.c: where the file is --- */

/* Set s->path and s->is_new for a path as it was given; a writer's place must be
 * writable. */
MUST_CHECK enum err place_locate(struct store *s, const char *path, struct errbuf *eb);

/* --- store.c: the file behind the connection --- */

/* True if an immutable connection may no longer be trusted. */
bool store_outdated(const struct store *s);

/* Open a store to be merged: for reading, of this schema or an older one. */
MUST_CHECK enum err store_open_source(struct store **out, const char *path,
                                      struct errbuf *eb);

/* Reopen an immutable connection if the file is another one now. */
MUST_CHECK enum err store_refresh(struct store *s, struct errbuf *eb);

/* --- migrate.c --- */

/* Whose file it is: *version = its schema, 0 if it is empty.  ERR_FORMAT, ERR_NEWER. */
MUST_CHECK enum err migrate_identify(struct store *s, int64_t *version,
                                     struct errbuf *eb);
/* Bring the schema up to date; makes it in an empty file. */
MUST_CHECK enum err migrate_run(struct store *s, struct errbuf *eb);

/* The same within a transaction of the caller's, or without one. */
MUST_CHECK enum err migrate_steps(struct store *s, struct errbuf *eb);

/* Only the steps after one schema up to another. */
MUST_CHECK enum err migrate_versions(struct store *s, int64_t from, int64_t to,
                                     struct errbuf *eb);

/* --- netfs.c --- */

/* True if the file system of this folder or file is a network one. */
bool netfs_detect(const char *path);

/* In a write transaction: let this host write, or say which one does.  Records the
 * host while the store lies on a network file system. */
MUST_CHECK enum err netfs_admit(struct store *s, struct errbuf *eb);

/* Append rows (name, seed, state or NULL) as "ce: 4; hce: 2 (failed), 3". */
MUST_CHECK enum err db_read_seeds(struct store *s, sqlite3_stmt *st,
                                  struct strbuf *text, struct errbuf *eb);

/* --- brisk.c --- */

/* Name of a VFS that sleeps short. */
const char *brisk_vfs(void);

/* Busy handler of a struct store with busy_ms. */
int brisk_wait(void *ctx, int n_before);

#endif
