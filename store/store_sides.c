/* store_sides.c - two seed groups as the sides of a comparison: names, and whether they may
 * be paired. */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

enum { KEY_SHOWN = 6 }; /* characters of a pair_key in a name */

struct side {
    const char *pair_key, *loss;
};

static struct side
base_of(const struct store_compare_query *q)
{
    return (struct side){q->base_key ? q->base_key : q->pair_key,
                         q->base_loss ? q->base_loss : "ce"};
}

static struct side
this_of(const struct store_compare_query *q)
{
    return (struct side){q->pair_key, q->loss ? q->loss : "hce"};
}

static const char *
loss_title(const char *loss)
{
    return strcmp(loss, "ce") == 0 ? "CE" : strcmp(loss, "hce") == 0 ? "HCE" : loss;
}

void
store_side_names(const struct store_compare_query *q, const struct store_group *base,
                 const struct store_group *g, char base_name[STORE_SIDE],
                 char name[STORE_SIDE])
{
    struct side a = base_of(q), b = this_of(q);

    if (strcmp(a.pair_key, b.pair_key) == 0) {
        snprintf(base_name, STORE_SIDE, "%s", loss_title(a.loss));
        snprintf(name, STORE_SIDE, "%s", loss_title(b.loss));
    } else if (strcmp(base->model, g->model) != 0) {
        snprintf(base_name, STORE_SIDE, "%s %s", base->model, loss_title(a.loss));
        snprintf(name, STORE_SIDE, "%s %s", g->model, loss_title(b.loss));
    } else {
        snprintf(base_name, STORE_SIDE, "%s %.*s", loss_title(a.loss), KEY_SHOWN,
                 a.pair_key);
        snprintf(name, STORE_SIDE, "%s %.*s", loss_title(b.loss), KEY_SHOWN,
                 b.pair_key);
    }
}

/* --- may they be paired? --- */

struct checked {
    bool exists, same_split, same_classes;
    int64_t n_seeds, n_same_cells; /* scored on both sides */
};

static enum err
read_check(struct store *s, const struct store_compare_query *q, struct checked *c,
           struct errbuf *eb)
{
    struct side a = base_of(q), b = this_of(q);
    sqlite3_stmt *st;
    enum err e = db_select(s, SQL_sides_check,
                           BINDS(BT(":base_key", a.pair_key), BT(":base_loss", a.loss),
                                 BT(":pair_key", b.pair_key), BT(":loss", b.loss),
                                 BT(":evaluation", q->evaluation)),
                           &st, eb);

    *c = (struct checked){0};
    if (e)
        return e;
    e = db_step(s, st, &c->exists, eb);
    if (e == ERR_OK && c->exists) {
        c->same_split = col_int(st, 0) != 0;
        c->same_classes = col_int(st, 1) != 0;
        c->n_seeds = col_int(st, 2);
        c->n_same_cells = col_int(st, 3);
    }
    db_finish(s, st);
    return e;
}

/* The first thing that stands against pairing, or NULL. */
static char *
reason(const struct checked *c, const char *evaluation)
{
    if (!c->exists)
        return xstrdup("it has no runs");
    if (!c->same_split)
        return xstrdup(
            "other parts: cells that one was trained on may be scored by the "
            "other");
    if (!c->same_classes)
        return xstrdup("other classes or another hierarchy of them");
    if (c->n_seeds == 0)
        return xasprintf("no seed of both is scored in evaluation %s", evaluation);
    if (c->n_same_cells == 0)
        return xasprintf("evaluation %s stands for other cells", evaluation);
    return NULL;
}

enum err
store_side_check(struct store *s, const struct store_compare_query *q, char **why,
                 struct errbuf *eb)
{
    struct side a = base_of(q), b = this_of(q);
    struct checked c;
    enum err e;

    *why = NULL;
    if (strcmp(a.pair_key, b.pair_key) == 0 && strcmp(a.loss, b.loss) == 0) {
        *why = xstrdup("it is the same seed group");
        return ERR_OK;
    }
    if ((e = read_check(s, q, &c, eb)) == ERR_OK)
        *why = reason(&c, q->evaluation);
    return e;
}

/* --- seeds without a pair --- */

static enum err
add_seeds(struct store *s, sqlite3_stmt *st, struct strbuf *out, struct errbuf *eb)
{
    struct strbuf text = {0};
    enum err e = db_read_seeds(s, st, &text, eb);

    db_finish(s, st);
    if (e == ERR_OK)
        strbuf_adds(out, strbuf_str(&text));
    strbuf_release(&text);
    return e;
}

enum err
store_side_seeds(struct store *s, const struct store_compare_query *q,
                 const char *base_name, const char *name, struct strbuf *unmatched,
                 struct strbuf *unscored, struct errbuf *eb)
{
    struct side a = base_of(q), b = this_of(q);
    sqlite3_stmt *st;
    enum err e =
        db_select(s, SQL_sides_unmatched,
                  BINDS(BT(":base_name", base_name), BT(":base_key", a.pair_key),
                        BT(":base_loss", a.loss), BT(":name", name),
                        BT(":pair_key", b.pair_key), BT(":loss", b.loss)),
                  &st, eb);

    if (e == ERR_OK)
        e = add_seeds(s, st, unmatched, eb);
    if (e == ERR_OK)
        e = db_select(s, SQL_sides_unscored,
                      BINDS(BT(":base_name", base_name), BT(":base_key", a.pair_key),
                            BT(":base_loss", a.loss), BT(":name", name),
                            BT(":pair_key", b.pair_key), BT(":loss", b.loss),
                            BT(":evaluation", q->evaluation)),
                      &st, eb);
    return e ? e : add_seeds(s, st, unscored, eb);
}
