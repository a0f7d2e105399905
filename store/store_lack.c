/* store_lack.c - why a comparison has no rows. */
#include "store/store_lack.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "store/db.h"

enum {
    COL_RUN = 0,
    COL_SCORED = 3,
    COL_SAME_CELLS = 6,
    COL_RULE = 7,
    COL_FACET = 10,
    COL_OTHER = 13,
    COL_OWN_BASE = 14,
    COL_OWN_SIDE = 15
};

static struct store_lack_step
step_of(sqlite3_stmt *st, int col)
{
    return (struct store_lack_step){col_int(st, col), col_int(st, col + 1),
                                    col_int(st, col + 2)};
}

static void
take(struct store_lack *l, sqlite3_stmt *st)
{
    l->run = step_of(st, COL_RUN);
    l->scored = step_of(st, COL_SCORED);
    l->n_same_cells = col_int(st, COL_SAME_CELLS);
    l->rule = step_of(st, COL_RULE);
    l->facet = step_of(st, COL_FACET);
    l->n_other_rule = col_int(st, COL_OTHER);
    l->base_imported = l->run.base > 0 && col_int(st, COL_OWN_BASE) == 0;
    l->side_imported = l->run.side > 0 && col_int(st, COL_OWN_SIDE) == 0;
}

/* The sides and what is asked of them. */
struct question {
    const char *base_key, *base_loss, *base_evaluation, *pair_key, *loss;
};

static struct question
question_of(const struct store_compare_query *q)
{
    return (struct question){q->base_key ? q->base_key : q->pair_key,
                             q->base_loss ? q->base_loss : "ce",
                             q->base_evaluation ? q->base_evaluation : q->evaluation,
                             q->pair_key, q->loss ? q->loss : "hce"};
}

static enum err
read_numbers(struct store *s, const struct store_compare_query *q,
             const struct question *k, struct store_lack *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        s, SQL_lack_read,
        BINDS(BT(":base_key", k->base_key), BT(":base_loss", k->base_loss),
              BT(":base_evaluation", k->base_evaluation), BT(":pair_key", k->pair_key),
              BT(":loss", k->loss), BT(":evaluation", q->evaluation),
              BT(":rule", q->rule), BT(":facet", q->facet), BT(":label", q->label),
              BI(":any_cells", q->any_cells)),
        &st, eb);

    if (e)
        return e;
    e = db_step(s, st, &row, eb);
    if (e == ERR_OK && row)
        take(out, st);
    db_finish(s, st);
    return e;
}

/* Takes what was selected: the first text of it, or NULL. */
static enum err
first_text(struct store *s, sqlite3_stmt *st, char **out, struct errbuf *eb)
{
    bool row;
    enum err e = db_step(s, st, &row, eb);

    if (e == ERR_OK && row)
        *out = xstrdup(col_text(st, 0));
    db_finish(s, st);
    return e;
}

static enum err
read_others(struct store *s, const struct store_compare_query *q,
            const struct question *k, struct store_lack *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    enum err e =
        db_select(s, SQL_lack_evaluation,
                  BINDS(BT(":base_key", k->base_key), BT(":base_loss", k->base_loss),
                        BT(":pair_key", k->pair_key), BT(":loss", k->loss),
                        BT(":evaluation", q->evaluation), BT(":rule", q->rule),
                        BT(":facet", q->facet)),
                  &st, eb);

    if (e == ERR_OK)
        e = first_text(s, st, &out->evaluation, eb);
    if (e == ERR_OK)
        e = db_select(s, SQL_lack_confusions,
                      BINDS(BT(":base_key", k->base_key),
                            BT(":base_loss", k->base_loss),
                            BT(":pair_key", k->pair_key), BT(":loss", k->loss),
                            BT(":evaluation", q->evaluation)),
                      &st, eb);
    return e ? e : first_text(s, st, &out->confused, eb);
}

enum err
store_lack_read(struct store *s, const struct store_compare_query *q,
                struct store_lack *out, struct errbuf *eb)
{
    struct question k = question_of(q);
    enum err e;

    *out = (struct store_lack){0};
    e = read_numbers(s, q, &k, out, eb);
    return e ? e : read_others(s, q, &k, out, eb);
}

void
store_lack_release(struct store_lack *l)
{
    free(l->evaluation);
    free(l->confused);
    *l = (struct store_lack){0};
}
