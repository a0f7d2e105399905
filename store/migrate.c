/* migrate.c - whose file it is, and bringing its schema up to date. */
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err
foreign(struct store *s, int64_t application_id, int64_t n_objects, struct errbuf *eb)
{
    char id[40] = "";

    if (application_id == 0 && n_objects == 0)
        return ERR_OK;
    if (application_id != 0)
        snprintf(id, sizeof id, " with application_id 0x%08llx",
                 (unsigned long long)application_id & 0xFFFFFFFFULL);
    return err_set(eb, ERR_FORMAT,
                   "%s is not a hcelab store: it is an SQLite database of another "
                   "program%s%s",
                   s->path, id, db_hint_elsewhere(s));
}

static enum err
judge(struct store *s, sqlite3_stmt *st, int64_t *version, struct errbuf *eb)
{
    int64_t application_id = col_int(st, 0);

    *version = 0;
    if (application_id != STORE_APPLICATION_ID)
        return foreign(s, application_id, col_int(st, 2), eb);
    *version = col_int(st, 1);
    if (*version > STORE_SCHEMA)
        return err_set(eb, ERR_NEWER,
                       "store %s has schema %lld, this hcelab knows schema %d: use a "
                       "newer hcelab%s",
                       s->path, (long long)*version, STORE_SCHEMA,
                       s->is_source ? "" : ", or another store with --store PATH");
    return ERR_OK;
}

enum err
migrate_identify(struct store *s, int64_t *version, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_prepare(s, sql_text(SQL_identify), &st, eb);

    *version = 0;
    if (!e && !(e = db_step(s, st, &row, eb)))
        e = judge(s, st, version, eb);
    sqlite3_finalize(st);
    return e;
}

static enum err
run_block(struct store *s, const char *text, struct errbuf *eb)
{
    int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

    return rc == SQLITE_OK ? ERR_OK : db_error(s, rc, eb);
}

/* Run every block whose name starts with prefix, in the order of the files. */
static enum err
run_blocks(struct store *s, const char *prefix, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < SQL_COUNT && !e; i++)
        if (strncmp(sql_name((enum sql_id)i), prefix, strlen(prefix)) == 0)
            e = run_block(s, sql_text((enum sql_id)i), eb);
    return e;
}

static enum err
check_references(struct store *s, struct errbuf *eb)
{
    char *table = NULL;
    enum err e = db_text(s, SQL_foreign_key_check, NO_BINDS, &table, eb);

    if (!e && table)
        e = err_set(eb, ERR_DB, "store %s: table %s refers to rows that are missing",
                    s->path, table);
    free(table);
    return e;
}

enum err
migrate_versions(struct store *s, int64_t from, int64_t to, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (int64_t v = from + 1; v <= to && !e; v++) {
        char prefix[24];

        snprintf(prefix, sizeof prefix, "m%lld_", (long long)v);
        e = run_blocks(s, prefix, eb);
    }
    return e;
}

enum err
migrate_steps(struct store *s, struct errbuf *eb)
{
    int64_t version;
    enum err e = migrate_identify(s, &version, eb); /* somebody may have been faster */

    if (e || version == STORE_SCHEMA)
        return e;
    e = migrate_versions(s, version, STORE_SCHEMA, eb);
    if (!e)
        e = run_blocks(s, "view_", eb);
    return e ? e : check_references(s, eb);
}

enum err
migrate_run(struct store *s, struct errbuf *eb)
{
    enum err e = db_exec(s, SQL_pragma_foreign_keys_off, NO_BINDS, eb);
    bool network = s->network;

    s->network = false; /* there may be no table yet that could name a host */
    if (!e && !(e = db_begin(s, DB_FULL, eb)))
        e = db_end(s, migrate_steps(s, eb), eb);
    s->network = network;
    return e ? e : db_exec(s, SQL_pragma_foreign_keys_on, NO_BINDS, eb);
}
