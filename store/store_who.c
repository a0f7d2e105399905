/* store_who.c - whose runs are compared. */
#include "store/store_who.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/db.h"

enum { COL_SIDE, COL_EXPERIMENT, COL_RUNS, COL_IMPORTED, COL_DATA };

static void
add_experiment(struct store_who *w, const char *name)
{
    char *before = w->experiments;

    w->experiments = before ? xasprintf("%s + %s", before, name) : xstrdup(name);
    free(before);
}

static void
take(struct store_who *w, sqlite3_stmt *st)
{
    const char *data = col_text(st, COL_DATA);

    add_experiment(w, col_text(st, COL_EXPERIMENT));
    w->n_runs += col_int(st, COL_RUNS);
    w->n_imported += col_int(st, COL_IMPORTED);
    if (!w->data && data && *data)
        w->data = xstrdup(data);
}

/* Takes what was selected. */
static enum err
read_sides(struct store *s, sqlite3_stmt *st, struct store_who *base,
           struct store_who *side, struct errbuf *eb)
{
    bool row;
    enum err e;

    while (!(e = db_step(s, st, &row, eb)) && row)
        take(col_int(st, COL_SIDE) ? side : base, st);
    db_finish(s, st);
    return e;
}

enum err
store_who_read(struct store *s, const struct store_compare_query *q,
               struct store_who *base, struct store_who *side, struct errbuf *eb)
{
    const char *base_key = q->base_key ? q->base_key : q->pair_key;
    const char *base_loss = q->base_loss ? q->base_loss : "ce";
    const char *loss = q->loss ? q->loss : "hce";
    sqlite3_stmt *st;
    enum err e =
        db_select(s, SQL_who_paired,
                  BINDS(BT(":base_key", base_key), BT(":base_loss", base_loss),
                        BT(":base_evaluation",
                           q->base_evaluation ? q->base_evaluation : q->evaluation),
                        BT(":pair_key", q->pair_key), BT(":loss", loss),
                        BT(":evaluation", q->evaluation)),
                  &st, eb);

    *base = *side = (struct store_who){0};
    if (e == ERR_OK)
        e = read_sides(s, st, base, side, eb);
    if (e || base->n_runs)
        return e;
    e = db_select(s, SQL_who_all,
                  BINDS(BT(":base_key", base_key), BT(":base_loss", base_loss),
                        BT(":pair_key", q->pair_key), BT(":loss", loss)),
                  &st, eb);
    return e ? e : read_sides(s, st, base, side, eb);
}

void
store_who_release(struct store_who *w)
{
    free(w->experiments);
    free(w->data);
    *w = (struct store_who){0};
}
