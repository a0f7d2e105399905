/* merge_source.c - the other store of a merge: opened for reading, known to be whole. */
#include "store/merge_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"

/* --- is it whole --- */

static enum err
check_whole(struct store *s, struct errbuf *eb)
{
    struct strlist problem = {0};
    enum err e = store_check(s, &problem, eb);

    if (!e && problem.n > 0)
        e = err_set(eb, ERR_DB,
                    "store %s is damaged: %s (nothing was imported; a copy of it that "
                    "was made earlier may be whole)",
                    s->path, problem.item[0]);
    strlist_release(&problem);
    return e;
}

static enum err
check_tables(struct store *s, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (int t = 0; t < MERGE_COUNT && !e; t++) {
        const char *name = merge_table_name((enum merge_table)t);
        int64_t n;

        e = db_int(s, SQL_merge_tables, BINDS(BT(":name", name)), &n, eb);
        if (!e && n != 1)
            e = err_set(eb, ERR_FORMAT,
                        "%s is not a whole hcelab store: it has no table '%s' (nothing "
                        "was imported)",
                        s->path, name);
    }
    return e;
}

static enum err
check_checkpoints(struct store *s, struct errbuf *eb)
{
    char *broken = NULL;
    enum err e = db_text(s, SQL_merge_broken_checkpoint, NO_BINDS, &broken, eb);

    if (!e && broken)
        e = err_set(eb, ERR_FORMAT,
                    "store %s is damaged: run %s has not all its bytes (nothing was "
                    "imported; without checkpoints: --no-checkpoints)",
                    s->path, broken);
    free(broken);
    return e;
}

/* --- older schemas --- */

/* A database that has no name and is gone when it is closed; path is for messages. */
static enum err
open_unnamed(struct store **out, const char *name, const char *path, struct errbuf *eb)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_EXRESCODE;
    struct store *s = xcalloc(1, sizeof *s);

    s->mode = STORE_READ;
    s->is_source = true;
    s->share_fd = -1;
    s->path = xstrdup(path);
    int rc = sqlite3_open_v2(name, &s->db, flags, NULL);
    enum err e = rc == SQLITE_OK ? ERR_OK : db_error(s, rc, eb);
    if (!e) {
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        e = db_exec(s, SQL_pragma_trusted_schema, NO_BINDS, eb);
    }
    if (e)
        store_close(s);
    *out = e ? NULL : s;
    return e;
}

/* Migrating runs triggers: they must be those of a store of that schema. */
static enum err
check_triggers(struct store *s, int64_t version, struct errbuf *eb)
{
    struct store *model;
    char *theirs = NULL, *ours = NULL;
    enum err e = open_unnamed(&model, ":memory:", s->path, eb);

    if (e)
        return e;
    if (!(e = migrate_versions(model, 0, version, eb)) &&
        !(e = db_text(model, SQL_merge_triggers, NO_BINDS, &ours, eb)) &&
        !(e = db_text(s, SQL_merge_triggers, NO_BINDS, &theirs, eb)) &&
        strcmp(ours ? ours : "", theirs ? theirs : "") != 0)
        e = err_set(eb, ERR_FORMAT,
                    "%s is not a whole hcelab store: it has not the triggers of schema "
                    "%lld (nothing was imported)",
                    s->path, (long long)version);
    free(theirs);
    free(ours);
    store_close(model);
    return e;
}

static enum err
copy_pages(struct store *from, struct store *to, struct errbuf *eb)
{
    sqlite3_backup *b = sqlite3_backup_init(to->db, "main", from->db, "main");
    int rc = b ? sqlite3_backup_step(b, -1) : sqlite3_errcode(to->db);
    int finished = sqlite3_backup_finish(b);

    if (rc == SQLITE_DONE)
        rc = finished;
    if (rc == SQLITE_OK)
        rc =
            sqlite3_exec(to->db, sql_text(SQL_pragma_journal_delete), NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return ERR_OK;
    return err_set(eb, (rc & 0xff) == SQLITE_FULL ? ERR_FULL : ERR_IO,
                   "cannot copy %s, to bring its schema up to date, to a temporary "
                   "file: %s (set TMPDIR to a folder with room)",
                   from->path, sqlite3_errstr(rc));
}

/* Put a migrated copy in the place of *s. */
static enum err
update_copy(struct store **s, int64_t version, struct errbuf *eb)
{
    struct store *copy;
    enum err e = check_triggers(*s, version, eb);

    if (e || (e = open_unnamed(&copy, "", (*s)->path, eb)))
        return e;
    if (!(e = db_read_enter(*s, eb))) {
        e = copy_pages(*s, copy, eb);
        db_read_leave(*s);
    }
    if (!e)
        e = migrate_steps(copy, eb);
    store_close(e ? copy : *s);
    if (!e)
        *s = copy;
    return e;
}

/* --- opening --- */

static bool
same_file(const struct store *a, const struct store *b)
{
    struct stat sa, sb;

    return stat(a->path, &sa) == 0 && stat(b->path, &sb) == 0 &&
           sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static void
limit(struct store *s)
{
    sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, MERGE_VALUE_BYTES);
}

void
merge_source_renewed(struct merge *m)
{
    merge_forget(m);
    limit(m->there);
}

/* Whole, and of our schema. */
static enum err
prepare(struct store **s, bool checkpoints, struct errbuf *eb)
{
    int64_t version;
    enum err e = migrate_identify(*s, &version, eb);

    if (e || (e = check_whole(*s, eb)))
        return e;
    if (version < STORE_SCHEMA && (e = update_copy(s, version, eb)))
        return e;
    limit(*s);
    if ((e = check_tables(*s, eb)) || !checkpoints)
        return e;
    return check_checkpoints(*s, eb);
}

enum err
merge_source_open(struct store **out, const char *path, const struct store *here,
                  bool checkpoints, bool *is_itself, struct errbuf *eb)
{
    struct store *s;
    enum err e = store_open_source(&s, path, eb);

    *out = NULL;
    *is_itself = false;
    if (e)
        return e;
    *is_itself = same_file(s, here);
    if (!*is_itself)
        e = prepare(&s, checkpoints, eb);
    if (e || *is_itself)
        store_close(s);
    else
        *out = s;
    return e;
}
