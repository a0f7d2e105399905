/* store_admin.c - care of the file: facts, checks, copies, the WAL. */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* --- info --- */

static int64_t
file_bytes(const char *path, const char *suffix)
{
    char *full = xasprintf("%s%s", path, suffix);
    struct stat st;
    int64_t size = stat(full, &st) == 0 ? (int64_t)st.st_size : 0;

    free(full);
    return size;
}

/* SQLite 3.7.0 to 3.51.2 but for the branches that were mended. */
static bool
has_wal_bug(int version)
{
    if (version < 3007000 || version >= 3051003)
        return false;
    return !(version >= 3044006 && version < 3045000) &&
           !(version >= 3050007 && version < 3051000);
}

static enum err
read_identity(struct store *s, struct store_info *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_identify, NO_BINDS, &st, eb);

    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        out->application_id = col_int(st, 0);
        out->schema_version = col_int(st, 1);
    }
    db_finish(s, st);
    return e;
}

static enum err
read_counts(struct store *s, struct store_info *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_info_counts, NO_BINDS, &st, eb);

    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        out->n_runs = col_int(st, 0);
        out->n_metric_rows = col_int(st, 1);
        out->n_f1_rows = col_int(st, 2);
        out->n_checkpoints = col_int(st, 3);
        out->checkpoint_bytes = col_int(st, 4);
    }
    db_finish(s, st);
    return e;
}

/* SQLite takes an immutable file for one with a rollback journal.  It has one only where
 * a host is recorded, for a network file system. */
static enum err
read_journal_mode(struct store *s, char **mode, struct errbuf *eb)
{
    char *host = NULL;
    enum err e = db_text(s, SQL_pragma_journal_mode_get, NO_BINDS, mode, eb);

    if (e || !s->immutable)
        return e;
    if (!(e = db_text(s, SQL_meta_get, BINDS(BT(":key", "host")), &host, eb)) &&
        !host) {
        free(*mode);
        *mode = xstrdup("wal");
    }
    free(host);
    return e;
}

enum err
store_info(struct store *s, struct store_info *out, struct errbuf *eb)
{
    char *mode = NULL;
    enum err e;

    *out = (struct store_info){.size_bytes = file_bytes(s->path, ""),
                               .wal_bytes = file_bytes(s->path, "-wal")};
    snprintf(out->sqlite_version, sizeof out->sqlite_version, "%s",
             sqlite3_libversion());
    out->sqlite_has_wal_bug = has_wal_bug(sqlite3_libversion_number());
    if ((e = read_identity(s, out, eb)) || (e = read_counts(s, out, eb)) ||
        (e = db_int(s, SQL_pragma_page_size_get, NO_BINDS, &out->page_size, eb)) ||
        (e = read_journal_mode(s, &mode, eb)))
        goto out;
    snprintf(out->journal_mode, sizeof out->journal_mode, "%s", mode ? mode : "?");
out:
    free(mode);
    return e;
}

/* --- check --- */

static enum err
check_integrity(struct store *s, struct strlist *problems, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_integrity_check, NO_BINDS, &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row)
        if (strcmp(col_text(st, 0), "ok") != 0)
            strlist_add(problems, col_text(st, 0));
    db_finish(s, st);
    return e;
}

static enum err
check_references(struct store *s, struct strlist *problems, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_foreign_key_check, NO_BINDS, &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        char *text = xasprintf("a row of table %s refers to one of %s that is missing",
                               col_text(st, 0), col_text(st, 2));
        strlist_add(problems, text);
        free(text);
    }
    db_finish(s, st);
    return e;
}

enum err
store_check(struct store *s, struct strlist *problems, struct errbuf *eb)
{
    struct errbuf why = {{0}};
    enum err e = check_integrity(s, problems, &why);

    if (!e)
        e = check_references(s, problems, &why);
    if (e == ERR_DB) { /* too broken to be checked to the end: that is a finding */
        strlist_add(problems, why.text);
        return ERR_OK;
    }
    return e ? err_set(eb, e, "%s", why.text) : ERR_OK;
}

/* --- backup --- */

static enum err
sync_path(const char *path, int flags, struct errbuf *eb)
{
    int fd = open(path, flags | O_CLOEXEC);

    if (fd < 0)
        return err_errno(eb, "cannot open %s", path);
    enum err e = fsync(fd) == 0 ? ERR_OK : err_errno(eb, "cannot write %s", path);
    close(fd);
    return e;
}

static enum err
sync_folder_of(const char *path, struct errbuf *eb)
{
    char *copy = xstrdup(path);
    enum err e = sync_path(dirname(copy), O_RDONLY | O_DIRECTORY, eb);

    free(copy);
    return e;
}

static enum err
check_copy(const char *path, struct errbuf *eb)
{
    struct strlist problems = {0};
    struct store *copy;
    enum err e = store_open(&copy, path, STORE_READ, eb);

    if (e)
        return e;
    if (!(e = store_check(copy, &problems, eb)) && problems.n > 0)
        e = err_set(eb, ERR_DB, "the copy is damaged, and so is the store: %s",
                    problems.item[0]);
    strlist_release(&problems);
    store_close(copy);
    return e;
}

/* Copy every page in one read, so that the source may be open for reading only.  The
 * copy is not in WAL mode: it is one file. */
static int
copy_pages(struct store *s, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");

    if (!b)
        return sqlite3_errcode(to);
    int rc = sqlite3_backup_step(b, -1);
    int finished = sqlite3_backup_finish(b);
    if (rc != SQLITE_DONE)
        return rc;
    return finished ? finished
                    : sqlite3_exec(to, sql_text(SQL_pragma_journal_delete), NULL, NULL,
                                   NULL);
}

/* to_path: what the copy will be called, for messages. */
static enum err
write_copy(struct store *s, const char *path, const char *to_path, struct errbuf *eb)
{
    sqlite3 *to = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    enum err e = db_read_enter(s, eb);

    if (e)
        return e;
    int rc = sqlite3_open_v2(path, &to, flags, NULL);
    if (rc == SQLITE_OK)
        rc = copy_pages(s, to);
    sqlite3_close(to);
    db_read_leave(s);
    if (rc == SQLITE_FULL)
        e = err_set(eb, ERR_FULL,
                    "cannot copy to %s: the disk is full (make room, or choose "
                    "another place)",
                    to_path);
    else if (rc != SQLITE_OK)
        e = err_set(eb, ERR_IO, "cannot copy to %s: %s", to_path, sqlite3_errstr(rc));
    if (e)
        return e;
    if ((e = check_copy(path, eb)) || (e = sync_path(path, O_RDWR, eb)))
        return e;
    return ERR_OK;
}

/* The copy that did not become one, and what SQLite keeps beside it. */
static void
remove_part(const char *temp)
{
    static const char *const suffix[] = {"", "-journal", "-wal", "-shm"};

    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        char *path = xasprintf("%s%s", temp, suffix[i]);

        unlink(path);
        free(path);
    }
}

static enum err
check_target(const char *to, struct errbuf *eb)
{
    char *copy = xstrdup(to);
    enum err e = ERR_OK;

    if (access(to, F_OK) == 0)
        e = err_set(eb, ERR_CONFLICT, "%s exists: choose another name, or move it away",
                    to);
    else if (access(dirname(copy), W_OK) != 0)
        e = err_errno(eb, "cannot copy to %s: its folder is not writable", to);
    free(copy);
    return e;
}

enum err
store_backup(struct store *s, const char *to, struct errbuf *eb)
{
    enum err checked = check_target(to, eb);

    if (checked)
        return checked;

    char *temp = xasprintf("%s.part-%ld", to, (long)getpid());
    enum err e = write_copy(s, temp, to, eb);
    if (!e && rename(temp, to) != 0)
        e = err_errno(eb, "cannot give the copy its name %s", to);
    if (!e)
        e = sync_folder_of(to, eb);
    if (e)
        remove_part(temp);
    free(temp);
    return e;
}

/* --- WAL --- */

enum err
store_wal_care(struct store *s, bool drain, struct errbuf *eb)
{
    int64_t wal = file_bytes(s->path, "-wal");

    if (!s->lock || s->network || wal == 0 || (!drain && wal < WAL_PASSIVE_BYTES))
        return ERR_OK;
    enum err e = writer_lock_take(s->lock, s->wait_ms, eb);
    if (e)
        return e;
    e = db_wal_checkpoint(s, drain || wal >= WAL_TRUNCATE_BYTES, eb);
    writer_lock_drop(s->lock);
    return e == ERR_BUSY ? ERR_OK : e; /* readers are in the way: another time */
}
