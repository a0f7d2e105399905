/* store_results.c - comparing: pairs, groups, what differs between two keys. */
#include "store/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

enum err
store_compare_each(struct store *s, const struct store_compare_query *q,
                   store_pair_fn fn, void *ctx, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_compare_read,
                  BINDS(BT(":pair_key", q->pair_key), BT(":evaluation", q->evaluation),
                        BT(":rule", q->rule), BT(":facet", q->facet),
                        BT(":label", q->label), BI(":min_support", q->min_support),
                        BT(":loss", q->loss ? q->loss : "hce"),
                        BT(":base_key", q->base_key ? q->base_key : q->pair_key),
                        BT(":base_loss", q->base_loss ? q->base_loss : "ce"),
                        BT(":base_evaluation",
                           q->base_evaluation ? q->base_evaluation : q->evaluation),
                        BI(":any_cells", q->any_cells)),
                  &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row)
        fn(ctx, col_text(st, 0), col_text(st, 1), col_int(st, 2), col_real(st, 3),
           col_real(st, 4), col_real(st, 5));
    db_finish(s, st);
    return e;
}

/* --- groups --- */

static void
read_group(sqlite3_stmt *st, struct arena *a, struct store_group *g)
{
    *g = (struct store_group){
        .pair_key = col_dup(st, 0, a),
        .experiment = col_dup(st, 1, a),
        .model = col_dup(st, 2, a),
        .last_ended_at = col_dup(st, 3, a),
        .n_ce = col_int(st, 4),
        .n_hce = col_int(st, 5),
        .n_pairs = col_int(st, 6),
        .n_open = col_int(st, 7),
        .n_failed = col_int(st, 8),
        .unmatched = "",
        .evaluations = col_text(st, 9) ? col_dup(st, 9, a) : "",
        .facets = col_text(st, 10) ? col_dup(st, 10, a) : "",
    };
}

enum err
db_read_seeds(struct store *s, sqlite3_stmt *st, struct strbuf *text, struct errbuf *eb)
{
    char loss[STORE_TEXT] = "";
    bool row;
    enum err e;

    while (!(e = db_step(s, st, &row, eb)) && row) {
        if (strcmp(loss, col_text(st, 0)) != 0) {
            snprintf(loss, sizeof loss, "%s", col_text(st, 0));
            strbuf_addf(text, "%s%s: ", text->len ? "; " : "", loss);
        } else {
            strbuf_adds(text, ", ");
        }
        strbuf_addf(text, "%lld", (long long)col_int(st, 1));
        if (col_text(st, 2))
            strbuf_addf(text, " (%s)", col_text(st, 2));
    }
    return e;
}

static enum err
read_unmatched(struct store *s, struct arena *a, struct store_group *g,
               struct errbuf *eb)
{
    struct strbuf text = {0};
    sqlite3_stmt *st;
    enum err e =
        db_select(s, SQL_group_unmatched, BINDS(BT(":pair_key", g->pair_key)), &st, eb);

    if (e)
        return e;
    e = db_read_seeds(s, st, &text, eb);
    db_finish(s, st);
    g->unmatched = arena_strdup(a, strbuf_str(&text));
    strbuf_release(&text);
    return e;
}

enum err
store_unscored(struct store *s, const char *pair_key, const char *evaluation,
               struct strbuf *out, struct errbuf *eb)
{
    struct strbuf text = {0};
    sqlite3_stmt *st;
    enum err e = db_select(
        s, SQL_group_unscored,
        BINDS(BT(":pair_key", pair_key), BT(":evaluation", evaluation)), &st, eb);

    if (e)
        return e;
    e = db_read_seeds(s, st, &text, eb);
    db_finish(s, st);
    if (e == ERR_OK)
        strbuf_adds(out, strbuf_str(&text));
    strbuf_release(&text);
    return e;
}

enum err
store_groups_list(struct store *s, const char *experiment, struct store_groups *out,
                  struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;

    *out = (struct store_groups){0};
    enum err e =
        db_select(s, SQL_groups_list, BINDS(BT(":experiment", experiment)), &st, eb);
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        out->group = grow(out->group, &cap, out->n + 1, sizeof *out->group);
        read_group(st, &out->arena, &out->group[out->n++]);
    }
    db_finish(s, st);
    for (size_t i = 0; i < out->n && !e; i++)
        e = read_unmatched(s, &out->arena, &out->group[i], eb);
    if (e)
        store_groups_release(out);
    return e;
}

void
store_groups_release(struct store_groups *g)
{
    free(g->group);
    arena_release(&g->arena);
    *g = (struct store_groups){0};
}

enum { MAX_DIFFERENCES = 3 };

enum err
store_pair_diff(struct store *s, const char *pair_key_a, const char *pair_key_b,
                char **text, struct errbuf *eb)
{
    struct strbuf sb = {0};
    size_t n = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_pair_diff,
                           BINDS(BT(":a", pair_key_a), BT(":b", pair_key_b)), &st, eb);

    *text = NULL;
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        if (n < MAX_DIFFERENCES)
            strbuf_addf(&sb, "%s%s %s / %s", n ? ", " : "", col_text(st, 0),
                        col_text(st, 1) ? col_text(st, 1) : "-",
                        col_text(st, 2) ? col_text(st, 2) : "-");
        else if (n == MAX_DIFFERENCES)
            strbuf_adds(&sb, ", ...");
        n++;
    }
    db_finish(s, st);
    if (e)
        strbuf_release(&sb);
    else
        *text = strbuf_detach(&sb);
    return e;
}
