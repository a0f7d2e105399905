/* store_checkpoint.c - checkpoints in the store, as chunks of 1 MiB.
 *
 * Chunks are committed a few at a time, so that other writers are not kept waiting; the
 * checkpoint counts only once its row is marked complete, in a transaction that also
 * drops what it replaces.  What an attempt left incomplete goes when the next begins. */
#include "store/db.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { CHUNK_BYTES = 1 << 20, CHUNKS_PER_COMMIT = 8 };

/* --- writing --- */

/* Attempt 0: of a run that was made elsewhere, for which nobody holds a lease. */
static enum err
fence(struct store *s, const struct store_attempt *a, struct errbuf *eb)
{
    return a->attempt ? db_fence(s, a->run_id, a->attempt, eb) : ERR_OK;
}

/* A checkpoint on its way. */
struct writing {
    const struct store_checkpoint *cp;
    size_t size;
    int64_t id;
    char *scratch; /* (CHUNK_BYTES) owned; for chunks that lie in two pieces */
};

static enum err
insert_row(struct store *s, const struct store_attempt *a, struct writing *w,
           struct errbuf *eb)
{
    const struct store_checkpoint *cp = w->cp;
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    if (!(e = fence(s, a, eb)))
        e = db_exec(
            s, SQL_checkpoint_insert,
            BINDS(BI(":run_id", a->run_id), BI(":attempt", a->attempt),
                  BT(":kind", cp->kind), BI(":epoch", cp->epoch), BI(":step", cp->step),
                  BF(":score", cp->score), BT(":weights", cp->weights_sha256),
                  BI(":size", (int64_t)w->size), BI(":now_us", clock_unix_us())),
            eb);
    w->id = db_last_id(s);
    return db_end(s, e, eb);
}

static enum err
insert_chunk(struct store *s, int64_t id, size_t seq, const void *data, size_t n,
             struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_checkpoint_chunk_insert,
                  BINDS(BI(":checkpoint_id", id), BI(":seq", (int64_t)seq)), &st, eb);

    if (e)
        return e;
    int at = sqlite3_bind_parameter_index(st, ":data");
    int rc = sqlite3_bind_blob64(st, at, data, n, SQLITE_STATIC);
    e = rc == SQLITE_OK ? db_step(s, st, &row, eb) : db_error(s, rc, eb);
    db_finish(s, st);
    return e;
}

/* Chunks from *seq on, at most CHUNKS_PER_COMMIT of them. */
static enum err
insert_some(struct store *s, const struct store_attempt *a, const struct writing *w,
            size_t *seq, struct errbuf *eb)
{
    const struct store_checkpoint *cp = w->cp;
    size_t n_chunks = (w->size + CHUNK_BYTES - 1) / CHUNK_BYTES;
    size_t end =
        *seq + CHUNKS_PER_COMMIT < n_chunks ? *seq + CHUNKS_PER_COMMIT : n_chunks;
    enum err e = db_begin(s, DB_NORMAL, eb);

    if (e)
        return e;
    e = fence(s, a, eb);
    for (; *seq < end && !e; ++*seq) {
        size_t at = *seq * CHUNK_BYTES;
        size_t n = w->size - at < CHUNK_BYTES ? w->size - at : CHUNK_BYTES;
        const void *data = pieces_at(cp->piece, cp->n_pieces, at, w->scratch, n);

        e = insert_chunk(s, w->id, *seq, data, n, eb);
    }
    return db_end(s, e, eb);
}

static bool
is_kept(const struct store_checkpoint *cp, int64_t epoch)
{
    for (size_t i = 0; i < cp->n_keep; i++)
        if (cp->keep_epoch[i] == epoch)
            return true;
    return false;
}

/* Drop the best checkpoints whose epochs are not to be kept. */
static enum err
drop_best(struct store *s, int64_t run_id, const struct store_checkpoint *cp,
          int64_t id, struct errbuf *eb)
{
    int64_t *gone = NULL;
    size_t n = 0, cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_checkpoint_best_list,
                  BINDS(BI(":run_id", run_id), BI(":checkpoint_id", id)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row)
        if (!is_kept(cp, col_int(st, 1))) {
            gone = grow(gone, &cap, n + 1, sizeof *gone);
            gone[n++] = col_int(st, 0);
        }
    db_finish(s, st);
    for (size_t i = 0; i < n && !e; i++)
        e = db_exec(s, SQL_checkpoint_delete, BINDS(BI(":checkpoint_id", gone[i])), eb);
    free(gone);
    return e;
}

/* The completing transaction. */
static enum err
complete(struct store *s, const struct store_attempt *a,
         const struct store_checkpoint *cp, int64_t id, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (!(e = fence(s, a, eb)) &&
        !(e = db_exec(s, SQL_checkpoint_complete, BINDS(BI(":checkpoint_id", id)),
                      eb)) &&
        !(e = db_exec(s, SQL_checkpoint_replace,
                      BINDS(BI(":run_id", a->run_id), BT(":kind", cp->kind),
                            BI(":epoch", cp->epoch), BI(":checkpoint_id", id)),
                      eb)) &&
        !(e = db_exec(s, SQL_run_survived, BINDS(BI(":run_id", a->run_id)), eb)) &&
        strcmp(cp->kind, "best") == 0)
        e = drop_best(s, a->run_id, cp, id, eb);
    return db_end(s, e, eb);
}

/* What could not be finished makes room again, if that can be done. */
static void
abandon(struct store *s, const struct store_attempt *a, int64_t id)
{
    if (db_begin(s, DB_NORMAL, NULL) != ERR_OK)
        return;
    enum err e = fence(s, a, NULL);
    if (!e)
        e = db_exec(s, SQL_checkpoint_delete, BINDS(BI(":checkpoint_id", id)), NULL);
    e = db_end(s, e, NULL);
    (void)e;
}

enum err
store_checkpoint_add(struct store *s, const struct store_attempt *a,
                     const struct store_checkpoint *cp, struct errbuf *eb)
{
    struct writing w = {.cp = cp, .size = pieces_size(cp->piece, cp->n_pieces)};
    size_t seq = 0;
    enum err e = insert_row(s, a, &w, eb);

    if (e)
        return e;
    w.scratch = xmalloc(CHUNK_BYTES, 1);
    while (!e && seq * CHUNK_BYTES < w.size)
        e = insert_some(s, a, &w, &seq, eb);
    free(w.scratch);
    if (!e)
        e = complete(s, a, cp, w.id, eb);
    if (e && e != ERR_FENCED)
        abandon(s, a, w.id);
    return e;
}

/* --- reading --- */

struct found {
    int64_t id, epoch, size;
};

static enum err
find(struct store *s, int64_t run_id, const char *kind, int64_t epoch, struct found *f,
     struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        s, SQL_checkpoint_newest,
        BINDS(BI(":run_id", run_id), BT(":kind", kind), BI(":epoch", epoch)), &st, eb);

    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && !row)
        e = epoch < 0 ? err_set(eb, ERR_NOTFOUND, "run %lld has no checkpoint '%s'",
                                (long long)run_id, kind)
                      : err_set(eb, ERR_NOTFOUND,
                                "run %lld has no checkpoint '%s' of epoch %lld",
                                (long long)run_id, kind, (long long)epoch);
    else if (!e)
        *f = (struct found){col_int(st, 0), col_int(st, 1), col_int(st, 2)};
    db_finish(s, st);
    return e;
}

static enum err
damaged(struct store *s, int64_t id, struct errbuf *eb)
{
    return err_set(eb, ERR_DB,
                   "store %s: checkpoint %lld is damaged (run `hcelab store check`)",
                   s->path, (long long)id);
}

static enum err
read_chunks(struct store *s, const struct found *f, char *data, struct errbuf *eb)
{
    size_t size = (size_t)f->size, at = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_checkpoint_chunks, BINDS(BI(":checkpoint_id", f->id)),
                           &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        const void *chunk = sqlite3_column_blob(st, 1);
        size_t n = (size_t)sqlite3_column_bytes(st, 1);

        if (n > size - at)
            break;
        if (n)
            memcpy(data + at, chunk, n);
        at += n;
    }
    db_finish(s, st);
    return e ? e : at == size && !row ? ERR_OK : damaged(s, f->id, eb);
}

static enum err
load(struct store *s, const struct found *f, void **data, struct errbuf *eb)
{
    char *buf = NULL;

    if (f->size < 0)
        return damaged(s, f->id, eb);
    enum err e = big_calloc(&buf, (size_t)f->size + 1, 1, "a checkpoint", eb);
    if (!e && (e = read_chunks(s, f, buf, eb))) {
        free(buf);
        buf = NULL;
    }
    *data = buf;
    return e;
}

enum err
store_checkpoint_load(struct store *s, int64_t run_id, const char *kind, int64_t epoch,
                      void **data, size_t *size, int64_t *found_epoch,
                      struct errbuf *eb)
{
    struct found f = {0};
    enum err e = db_snapshot(s, eb);

    *data = NULL;
    *size = 0;
    if (e)
        return e;
    if (!(e = find(s, run_id, kind, epoch, &f, eb)))
        e = load(s, &f, data, eb);
    db_snapshot_end(s);
    if (!e) {
        *size = (size_t)f.size;
        if (found_epoch)
            *found_epoch = f.epoch;
    }
    return e;
}
