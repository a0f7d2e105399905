/* store.c - opening and closing the store.
 *
 * A reader of a WAL store takes part in the WAL through the -shm file, and would make
 * both files where they are absent.  So as to leave nothing behind, a reader that finds
 * no WAL opens the file with immutable=1, which uses no locks and makes no files.  It
 * then checks before every read that the file is still the one it opened, and holds the
 * writers' lock shared while it reads, where there is such a file.  As soon as a WAL
 * stands it is a plain reader of it. */
#include "store/db.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum {
    READER_BUSY_MS = 1000,
    CLOSE_WAIT_MS = 1000,
    SHM_BYTES = 32768 /* of a -shm file in use, at least */
};

/* --- what stands at the place --- */

/* Size of <path><suffix>, or -1 if it does not exist. */
static int64_t
size_beside(const struct store *s, const char *suffix)
{
    char *path = xasprintf("%s%s", s->path, suffix);
    struct stat st;
    int64_t size = stat(path, &st) == 0 ? (int64_t)st.st_size : -1;

    free(path);
    return size;
}

/* True if SQLite's own protocol is needed: a WAL or a journal stands.  A shorter
 * -shm file has no user: the disk was full when it was to be made. */
static bool
journal_stands(const struct store *s)
{
    int64_t wal = size_beside(s, "-wal");

    return wal > 0 || (wal == 0 && size_beside(s, "-shm") >= SHM_BYTES) ||
           size_beside(s, "-journal") > 0;
}

static bool
take_stamp(const struct store *s, struct file_stamp *out)
{
    struct stat st;

    if (stat(s->path, &st) != 0)
        return false;
    *out = (struct file_stamp){st.st_dev, st.st_ino, st.st_size, st.st_mtim};
    return true;
}

static bool
same_place(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

static bool
same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
    return same_place(a, b) && a->size == b->size &&
           a->mtime.tv_sec == b->mtime.tv_sec && a->mtime.tv_nsec == b->mtime.tv_nsec;
}

/* --- connections --- */

static int
on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct store *s = ctx;

    (void)db;
    (void)name;
    s->wal_pages = pages;
    return SQLITE_OK;
}

/* The path as a URI that opens it for reading.  Caller frees. */
static char *
reader_uri(const struct store *s)
{
    struct strbuf sb = {0};

    strbuf_adds(&sb, "file:");
    for (const char *p = s->path; *p; p++) {
        if (strchr("%?#", *p))
            strbuf_addf(&sb, "%%%02X", (unsigned)(unsigned char)*p);
        else
            strbuf_addc(&sb, *p);
    }
    strbuf_adds(&sb, s->immutable ? "?mode=ro&immutable=1" : "?mode=ro");
    return strbuf_detach(&sb);
}

static int
open_file(struct store *s)
{
    int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int create = s->mode == STORE_CREATE ? SQLITE_OPEN_CREATE : 0;

    if (s->mode != STORE_READ)
        return sqlite3_open_v2(s->path, &s->db, common | SQLITE_OPEN_READWRITE | create,
                               NULL);
    char *uri = reader_uri(s);
    int rc =
        sqlite3_open_v2(uri, &s->db, common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                        s->busy_ms ? brisk_vfs() : NULL);
    free(uri);
    return rc;
}

static enum err
connect_file(struct store *s, struct errbuf *eb)
{
    bool reader = s->mode == STORE_READ;
    int rc = open_file(s);

    if (rc != SQLITE_OK)
        return db_error(s, rc, eb);
    if (s->busy_ms)
        sqlite3_busy_handler(s->db, brisk_wait, s);
    else
        sqlite3_busy_timeout(s->db, reader ? READER_BUSY_MS : STORE_BUSY_MS);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_wal_autocheckpoint(s->db, 0);
    sqlite3_wal_hook(s->db, on_commit, s); /* takes the place of autocheckpoint */
    return ERR_OK;
}

static enum err
run_all(struct store *s, const enum sql_id *id, size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++)
        e = db_exec(s, id[i], NO_BINDS, eb);
    return e;
}

static enum err
set_pragmas(struct store *s, struct errbuf *eb)
{
    static const enum sql_id both[] = {SQL_pragma_trusted_schema, SQL_pragma_temp_store,
                                       SQL_pragma_cache_size};
    static const enum sql_id writer[] = {
        SQL_pragma_cache_size_writer, SQL_pragma_foreign_keys_on,
        SQL_pragma_secure_delete, SQL_pragma_journal_size_limit, SQL_pragma_sync_full};
    enum err e = run_all(s, both, sizeof both / sizeof *both, eb);

    if (e || s->mode == STORE_READ)
        return e;
    s->full_sync = true;
    return run_all(s, writer, sizeof writer / sizeof *writer, eb);
}

/* --- writers --- */

static enum err
set_journal(struct store *s, struct errbuf *eb)
{
    const char *want = s->network ? "delete" : "wal";
    enum sql_id id = s->network ? SQL_pragma_journal_delete : SQL_pragma_journal_wal;
    char *mode = NULL;
    enum err e = db_text(s, id, NO_BINDS, &mode, eb);

    if (!e && (!mode || strcmp(mode, want) != 0))
        e = err_set(eb, ERR_BUSY,
                    "store %s cannot change to journal mode %s while other programs "
                    "have it open (it is in mode %s)",
                    s->path, want, mode ? mode : "?");
    free(mode);
    return e;
}

/* Page size and vacuum mode can only be chosen before the first page is written. */
static enum err
prepare_file(struct store *s, bool is_new, struct errbuf *eb)
{
    static const enum sql_id first[] = {SQL_pragma_page_size, SQL_pragma_auto_vacuum};
    enum err e = writer_lock_take(s->lock, s->wait_ms, eb);

    if (e)
        return e;
    if (is_new)
        e = run_all(s, first, sizeof first / sizeof *first, eb);
    if (!e)
        e = set_journal(s, eb);
    writer_lock_drop(s->lock);
    return e;
}

static void
set_notice(struct store *s)
{
    free(s->notice);
    s->notice = NULL;
    if (s->network && s->mode != STORE_READ)
        s->notice = xasprintf("network file system: the store %s keeps a rollback "
                              "journal, and one host at a time may write to it (now "
                              "%s)",
                              s->path, s->host);
}

/* Let this host in, where a host is recorded or has to be. */
static enum err
admit(struct store *s, struct errbuf *eb)
{
    char *host = NULL;
    enum err e = db_text(s, SQL_meta_get, BINDS(BT(":key", "host")), &host, eb);
    bool stranger = host && strcmp(host, s->host) != 0;
    bool record = s->network ? !host || stranger : host != NULL;

    free(host);
    if (e || !record)
        return e;
    if ((e = db_begin(s, DB_FULL, eb)))
        return e;
    return db_end(s, s->network ? ERR_OK : netfs_admit(s, eb), eb);
}

/* Take the WAL that was only made to look at the file away again when it is closed. */
static void
leave_nothing(struct store *s, enum err why)
{
    if (why == ERR_NEWER) /* a store: store_close does it under the lock */
        (void)!writer_lock_open(&s->lock, s->path, NULL);
    else
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

static enum err
open_writer(struct store *s, struct errbuf *eb)
{
    bool stood = journal_stands(s);
    int64_t version;
    enum err e = connect_file(s, eb);

    if (e)
        return e;
    if ((e = migrate_identify(s, &version, eb))) {
        if (!stood)
            leave_nothing(s, e);
        return e;
    }
    if (version == 0 && s->mode != STORE_CREATE)
        return err_set(eb, ERR_FORMAT,
                       "%s is not a hcelab store: it is empty (remove it, or choose "
                       "another with --store PATH)",
                       s->path);
    if (!s->lock && (e = writer_lock_open(&s->lock, s->path, eb)))
        return e;
    if ((e = prepare_file(s, version == 0, eb)) || (e = set_pragmas(s, eb)))
        return e;
    if (version < STORE_SCHEMA && (e = migrate_run(s, eb)))
        return e;
    set_notice(s);
    return admit(s, eb);
}

/* --- readers --- */

static enum err
identify_reader(struct store *s, struct errbuf *eb)
{
    int64_t version;
    enum err e;

    if ((e = connect_file(s, eb)) || (e = migrate_identify(s, &version, eb)))
        return e;
    if (version == 0)
        return err_set(eb, ERR_FORMAT, "%s is not a hcelab store: it is empty%s",
                       s->path,
                       s->is_source ? ""
                                    : " (remove it, or choose another with --store "
                                      "PATH)");
    if (version < STORE_SCHEMA && !s->is_source)
        return err_set(eb, ERR_FORMAT,
                       "store %s has schema %lld, this hcelab reads schema %d: run "
                       "`hcelab store migrate`",
                       s->path, (long long)version, STORE_SCHEMA);
    return ERR_OK;
}

/* On a network file system a recorded host means that the file has a rollback journal,
 * whose locks a reader must take; no host, that it has a WAL and nobody writes it. */
static enum err
open_network_reader(struct store *s, struct errbuf *eb)
{
    char *host = NULL;

    if (size_beside(s, "-wal") > 0)
        return err_set(
            eb, ERR_BUSY,
            "store %s is on a network file system and in use on the host that "
            "has its disk: look at it there",
            s->path);
    enum err e = identify_reader(s, eb);
    if (!e && s->immutable)
        e = db_text(s, SQL_meta_get, BINDS(BT(":key", "host")), &host, eb);
    if (!e && host) {
        db_forget(s);
        sqlite3_close(s->db);
        s->db = NULL;
        s->immutable = false;
        e = identify_reader(s, eb);
    }
    free(host);
    return e;
}

static enum err
open_reader(struct store *s, struct errbuf *eb)
{
    enum err e;

    s->opening = true; /* nothing is read yet that could change */
    s->immutable = !journal_stands(s);
    e = s->network ? open_network_reader(s, eb) : identify_reader(s, eb);
    if (!e)
        e = set_pragmas(s, eb);
    s->opening = false;
    return e;
}

static enum err
open_any(struct store *s, struct errbuf *eb)
{
    s->n_opened++;
    if (!take_stamp(s, &s->stamp))
        s->stamp = (struct file_stamp){0};
    enum err e = s->mode == STORE_READ ? open_reader(s, eb) : open_writer(s, eb);
    if (!e && s->mode == STORE_CREATE && !take_stamp(s, &s->stamp))
        e = err_errno(eb, "cannot open store %s", s->path);
    if (!e && !s->immutable)
        e = db_int(s, SQL_pragma_data_version, NO_BINDS, &s->data_version, eb);
    return e;
}

static enum err
reopen(struct store *s, struct errbuf *eb)
{
    sqlite3 *old = s->db;
    bool was_immutable = s->immutable;
    struct file_stamp was = s->stamp;

    db_forget(s);
    s->db = NULL;
    enum err e = open_any(s, eb);
    if (e) {
        db_forget(s);
        sqlite3_close(s->db);
        s->db = old;
        s->immutable = was_immutable;
        s->stamp = was; /* it is still to be reopened */
    } else {
        sqlite3_close(old);
    }
    return e;
}

bool
store_outdated(const struct store *s)
{
    struct file_stamp now;

    return journal_stands(s) || (take_stamp(s, &now) && !same_stamp(&now, &s->stamp));
}

enum err
store_refresh(struct store *s, struct errbuf *eb)
{
    double deadline =
        clock_mono_s() + (s->busy_ms ? s->busy_ms : READER_BUSY_MS) / 1000.0;
    enum err e = ERR_OK;

    do {
        if (store_outdated(s) && (e = reopen(s, eb)))
            return e;
        if (!s->immutable)
            return ERR_OK;
        if (writer_lock_share(s->path, &s->share_fd)) {
            if (!store_outdated(s))
                return ERR_OK;
            writer_lock_unshare(&s->share_fd);
        } else {
            clock_sleep_ms(2);
        }
    } while (clock_mono_s() < deadline);
    return err_set(eb, ERR_BUSY, "store %s is being written: try again", s->path);
}

/* --- a store that did not become one --- */

/* What could not be made a store, since the disk is full, say, is taken away again: an
 * empty file would be in the way of the next try.  Under the lock, so that nobody else
 * has made a store of it. */
static void
remove_stillborn(struct store *s)
{
    static const char *const suffix[] = {"-wal", "-shm", "-journal", "", ".lock"};
    int64_t version = 0;

    if (!s->lock && size_beside(s, "") == 0)
        unlink(s->path);
    if (!s->lock || writer_lock_take(s->lock, CLOSE_WAIT_MS, NULL))
        return;
    if (migrate_identify(s, &version, NULL) != ERR_OK || version == 0) {
        db_forget(s);
        sqlite3_close(s->db);
        s->db = NULL;
        for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
            char *path = xasprintf("%s%s", s->path, suffix[i]);

            unlink(path);
            free(path);
        }
    }
    writer_lock_drop(s->lock);
}

/* --- public --- */

static struct store *
new_store(enum store_mode mode)
{
    struct store *s = xcalloc(1, sizeof *s);

    s->mode = mode;
    s->share_fd = -1;
    return s;
}

/* Takes ownership of s. */
static enum err
open_as(struct store **out, struct store *s, const char *path, struct errbuf *eb)
{
    enum err e;

    *out = NULL;
    s->wait_ms = STORE_WAIT_MS;
    if (gethostname(s->host, sizeof s->host - 1) != 0)
        strcpy(s->host, "unknown");
    if (!(e = place_locate(s, path, eb))) {
        char *dir = xstrdup(s->path);
        s->network = netfs_detect(dirname(dir));
        free(dir);
        e = open_any(s, eb);
        s->n_told = s->n_opened;
    }
    if (s->is_new && s->db && (e == ERR_FULL || e == ERR_IO))
        remove_stillborn(s);
    if (e)
        store_close(s);
    else
        *out = s;
    return e;
}

enum err
store_open(struct store **out, const char *path, enum store_mode mode,
           struct errbuf *eb)
{
    return open_as(out, new_store(mode), path, eb);
}

enum err
store_open_source(struct store **out, const char *path, struct errbuf *eb)
{
    struct store *s = new_store(STORE_READ);

    s->is_source = true;
    return open_as(out, s, path, eb);
}

enum err
store_open_brisk(struct store **out, const char *path, int wait_ms, struct errbuf *eb)
{
    struct store *s = new_store(STORE_READ);

    s->busy_ms = wait_ms;
    return open_as(out, s, path, eb);
}

enum err
store_check_place(const char *path, struct errbuf *eb)
{
    struct store *s = new_store(STORE_CREATE);
    int64_t version;
    enum err e = place_locate(s, path, eb);
    if (!e && !s->is_new) {
        s->mode = STORE_READ;
        s->immutable = !journal_stands(s);
        s->opening = true;
        if (!(e = connect_file(s, eb)))
            e = migrate_identify(s, &version, eb);
    }
    store_close(s);
    return e;
}

/* The last connection of a store checkpoints its WAL when it closes; that too has to
 * happen under the lock, or not at all. */
void
store_close(struct store *s)
{
    if (!s)
        return;
    bool locked =
        s->db && s->lock && writer_lock_take(s->lock, CLOSE_WAIT_MS, NULL) == ERR_OK;

    db_forget(s);
    if (locked)
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    sqlite3_close(s->db);
    if (locked)
        writer_lock_drop(s->lock);
    writer_lock_close(s->lock);
    free(s->path);
    free(s->notice);
    free(s);
}

bool
store_changed(struct store *s)
{
    struct file_stamp now;
    int64_t version;

    if (s->n_reading > 0 || !take_stamp(s, &now))
        return false;
    if ((!same_place(&now, &s->stamp) || (s->immutable && store_outdated(s))) &&
        reopen(s, NULL) != ERR_OK)
        return false;
    bool changed = s->n_told != s->n_opened; /* by now, or by a read before */
    s->n_told = s->n_opened;
    if (s->immutable ||
        db_int(s, SQL_pragma_data_version, NO_BINDS, &version, NULL) != ERR_OK)
        return changed;
    changed = changed || version != s->data_version;
    s->data_version = version;
    return changed;
}

const char *
store_notice(const struct store *s)
{
    return s->notice;
}

const char *
store_path(const struct store *s)
{
    return s->path;
}
