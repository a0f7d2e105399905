/* store_sides.c - two seed groups as the sides of a comparison: names, and whether they
 * have seeds to pair. */
#include "store/db.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/xalloc.h"

enum { KEY_SHOWN = 6 }; /* characters of a pair_key in a name */

struct side {
    const char *pair_key, *loss, *evaluation;
};

static struct side
base_of(const struct store_compare_query *q)
{
    return (struct side){q->base_key ? q->base_key : q->pair_key,
                         q->base_loss ? q->base_loss : "ce",
                         q->base_evaluation ? q->base_evaluation : q->evaluation};
}

static struct side
this_of(const struct store_compare_query *q)
{
    return (struct side){q->pair_key, q->loss ? q->loss : "hce", q->evaluation};
}

/* Of the same runs under the same name. */
static bool
is_same(const struct side *a, const struct side *b)
{
    return strcmp(a->pair_key, b->pair_key) == 0 && strcmp(a->loss, b->loss) == 0 &&
           strcmp(a->evaluation, b->evaluation) == 0;
}

static const char *
loss_title(const char *loss)
{
    return strcmp(loss, "ce") == 0 ? "CE" : strcmp(loss, "hce") == 0 ? "HCE" : loss;
}

/* Append a text from the store to a name, as much of it as there is room for. */
static void
add_cut(char name[STORE_SIDE], const char *before, const char *text)
{
    struct strbuf clean = {0};
    size_t used = strlen(name) + strlen(before), n;

    utf8_clean(&clean, text, false);
    for (int cols = STORE_SIDE; cols >= 0; cols--) {
        n = utf8_fit(strbuf_str(&clean), cols);
        if (used + n < STORE_SIDE)
            break;
    }
    if (used + n < STORE_SIDE)
        snprintf(name + strlen(name), STORE_SIDE - strlen(name), "%s%.*s", before,
                 (int)n, strbuf_str(&clean));
    strbuf_release(&clean);
}

/* What a name has more than the start of it that the other is: "+propagated"; or NULL. */
static const char *
addition(const char *name, const char *start)
{
    size_t n = strlen(start);

    return strncmp(name, start, n) == 0 && name[n] == '+' ? name + n : NULL;
}

static void
name_evaluations(const char *base, const char *evaluation, char base_name[STORE_SIDE],
                 char name[STORE_SIDE])
{
    if (!base || !evaluation || strcmp(base, evaluation) == 0)
        return;
    if (addition(base, evaluation)) {
        add_cut(base_name, "", addition(base, evaluation));
    } else if (addition(evaluation, base)) {
        add_cut(name, "", addition(evaluation, base));
    } else {
        add_cut(base_name, " in ", base);
        add_cut(name, " in ", evaluation);
    }
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
    name_evaluations(a.evaluation, b.evaluation, base_name, name);
}

/* --- are there pairs? --- */

/* *n: seeds that are scored on both sides; DB_NONE: one side has no run. */
static enum err
count_seeds(struct store *s, const struct side *a, const struct side *b, int64_t *n,
            struct errbuf *eb)
{
    return db_int(s, SQL_sides_check,
                  BINDS(BT(":base_key", a->pair_key), BT(":base_loss", a->loss),
                        BT(":base_evaluation", a->evaluation),
                        BT(":pair_key", b->pair_key), BT(":loss", b->loss),
                        BT(":evaluation", b->evaluation)),
                  n, eb);
}

enum err
store_side_check(struct store *s, const struct store_compare_query *q, char **why,
                 struct errbuf *eb)
{
    struct side a = base_of(q), b = this_of(q);
    bool one = strcmp(a.evaluation, b.evaluation) == 0;
    int64_t n;
    enum err e;

    *why = NULL;
    if (is_same(&a, &b)) {
        *why = xstrdup("it is the same seed group");
        return ERR_OK;
    }
    if ((e = count_seeds(s, &a, &b, &n, eb)))
        return e;
    if (n == DB_NONE)
        *why = strcmp(a.loss, b.loss) == 0
                   ? xasprintf("not both have %s runs", loss_title(a.loss))
                   : xasprintf("not both %s and %s have runs", loss_title(a.loss),
                               loss_title(b.loss));
    else if (n == 0)
        *why = xasprintf("no seed of both is scored in evaluation %s%s%s", a.evaluation,
                         one ? "" : " and ", one ? "" : b.evaluation);
    return ERR_OK;
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
                            BT(":base_evaluation", a.evaluation),
                            BT(":pair_key", b.pair_key), BT(":loss", b.loss),
                            BT(":evaluation", b.evaluation)),
                      &st, eb);
    return e ? e : add_seeds(s, st, unscored, eb);
}

enum err
store_side_repeated(struct store *s, const struct store_compare_query *q,
                    const char *base_name, const char *name, struct strbuf *out,
                    struct errbuf *eb)
{
    struct side a = base_of(q), b = this_of(q);
    sqlite3_stmt *st;
    enum err e = db_select(
        s, SQL_sides_repeated,
        BINDS(BT(":base_name", base_name), BT(":base_key", a.pair_key),
              BT(":base_loss", a.loss), BT(":name", name),
              BT(":base_evaluation", a.evaluation), BT(":pair_key", b.pair_key),
              BT(":loss", b.loss), BT(":evaluation", b.evaluation)),
        &st, eb);

    return e ? e : add_seeds(s, st, out, eb);
}
