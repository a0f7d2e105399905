/* merge_checkpoint.c - the checkpoints of a run of another store.
 *
 * They may be large, and other writers are not to wait for them: they come as an attempt
 * writes them, a few chunks a transaction, and count when the last one marks them
 * complete. */
#include "store/merge_checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

enum { CHUNKS_PER_COMMIT = 8 };

struct bringing {
    struct merge *m;
    int64_t there, here; /* run_id */
    size_t *n;           /* that came */
};

struct other_checkpoint { /* of the run there */
    int64_t id, epoch, step, size_bytes, created_us;
    char kind[16];
};

static enum err
list_checkpoints(struct bringing *g, struct other_checkpoint **out, size_t *n,
                 struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(g->m->there, SQL_merge_list_checkpoints,
                           BINDS(BI(":run_id", g->there)), &st, eb);

    *out = NULL;
    *n = 0;
    if (e)
        return e;
    while (!(e = db_step(g->m->there, st, &row, eb)) && row) {
        *out = grow(*out, &cap, *n + 1, sizeof **out);
        struct other_checkpoint *cp = &(*out)[(*n)++];
        *cp = (struct other_checkpoint){.id = col_int(st, 0),
                                        .epoch = col_int(st, 1),
                                        .step = col_int(st, 2),
                                        .size_bytes = col_int(st, 3),
                                        .created_us = col_int(st, 4)};
        snprintf(cp->kind, sizeof cp->kind, "%s",
                 col_text(st, 5) ? col_text(st, 5) : "");
    }
    db_finish(g->m->there, st);
    return e;
}

static enum err
checkpoint_broken(struct bringing *g, const struct other_checkpoint *cp,
                  struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT,
                   "store %s is damaged: checkpoint '%s' of run %s has not its %lld "
                   "bytes (without checkpoints: --no-checkpoints)",
                   g->m->there->path, cp->kind, g->m->run, (long long)cp->size_bytes);
}

/* Somebody may have taken the run meanwhile. */
static enum err
check_open(struct bringing *g, int64_t id, struct errbuf *eb)
{
    int64_t is_open;
    enum err e = db_int(g->m->here, SQL_merge_checkpoint_open,
                        BINDS(BI(":checkpoint_id", id)), &is_open, eb);

    if (!e && is_open != 1)
        e = err_set(eb, ERR_BUSY,
                    "run %s was taken by a worker while its checkpoints came from %s: "
                    "import it again when that has ended",
                    g->m->run, g->m->there->path);
    return e;
}

/* Chunks of a transaction; *at: the next, *size: bytes so far. */
static enum err
copy_chunks(struct bringing *g, const struct other_checkpoint *cp, sqlite3_stmt *get,
            sqlite3_stmt *put, int64_t *at, int64_t *size, bool *more,
            struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (int i = 0; i < CHUNKS_PER_COMMIT && !e && *more; i++) {
        if ((e = db_step(g->m->there, get, more, eb)) || !*more)
            break;
        if (col_int(get, 0) != (*at)++)
            return checkpoint_broken(g, cp, eb);
        e = merge_row(g->m, MERGE_checkpoint_chunk, get, put, eb);
        *size += sqlite3_column_bytes(get, 1);
    }
    return e;
}

/* In the transaction of the last chunks. */
static enum err
complete(struct bringing *g, const struct other_checkpoint *cp, int64_t id,
         int64_t size, struct errbuf *eb)
{
    if (size != cp->size_bytes)
        return checkpoint_broken(g, cp, eb);
    enum err e = db_exec(g->m->here, SQL_checkpoint_complete,
                         BINDS(BI(":checkpoint_id", id)), eb);
    return e ? e
             : db_exec(g->m->here, SQL_checkpoint_replace,
                       BINDS(BI(":run_id", g->here), BT(":kind", cp->kind),
                             BI(":checkpoint_id", id), BI(":epoch", cp->epoch)),
                       eb);
}

static enum err
put_chunks(struct bringing *g, const struct other_checkpoint *cp, int64_t id,
           struct errbuf *eb)
{
    struct store *s = g->m->here;
    sqlite3_stmt *get, *put;
    int64_t at = 0, size = 0;
    bool more = true;
    enum err e =
        merge_rows_begin(g->m, MERGE_checkpoint_chunk, cp->id, id, &get, &put, eb);

    if (e)
        return e;
    while (!e && more) {
        if ((e = db_begin(s, DB_NORMAL, eb)))
            break;
        if (!(e = check_open(g, id, eb)))
            e = copy_chunks(g, cp, get, put, &at, &size, &more, eb);
        if (!e && !more)
            e = complete(g, cp, id, size, eb);
        e = db_end(s, e, eb);
    }
    db_finish(s, put);
    db_finish(g->m->there, get);
    return e;
}

/* Remove what earlier merges or a failure left; the failure itself is what is told. */
static enum err
drop_partial(struct bringing *g, struct errbuf *eb)
{
    enum err e = db_begin(g->m->here, DB_NORMAL, eb);

    if (e)
        return e;
    e = db_exec(g->m->here, SQL_merge_checkpoint_partial, BINDS(BI(":run_id", g->here)),
                eb);
    return db_end(g->m->here, e, eb);
}

static enum err
put_checkpoint(struct bringing *g, const struct other_checkpoint *cp, struct errbuf *eb)
{
    enum err e = drop_partial(g, eb);

    if (e || (e = db_begin(g->m->here, DB_NORMAL, eb)))
        return e;
    e = merge_rows(g->m, MERGE_checkpoint, cp->id, g->here, NULL, eb);
    int64_t id = db_last_id(g->m->here);
    if (!(e = db_end(g->m->here, e, eb)) && (e = put_chunks(g, cp, id, eb)))
        (void)!drop_partial(g, NULL);
    if (!e)
        ++*g->n;
    return e;
}

enum err
merge_checkpoints(struct merge *m, int64_t there, int64_t here, size_t *n_came,
                  struct errbuf *eb)
{
    struct bringing bringing = {m, there, here, n_came}, *g = &bringing;
    struct other_checkpoint *cp;
    size_t n;
    enum err e = list_checkpoints(g, &cp, &n, eb);

    for (size_t i = 0; i < n && !e; i++) {
        int64_t known;

        e = db_int(g->m->here, SQL_merge_checkpoint_known,
                   BINDS(BI(":run_id", g->here), BT(":kind", cp[i].kind),
                         BI(":epoch", cp[i].epoch), BI(":step", cp[i].step),
                         BI(":created_us", cp[i].created_us)),
                   &known, eb);
        if (!e && known == DB_NONE)
            e = put_checkpoint(g, &cp[i], eb);
    }
    free(cp);
    return e;
}
