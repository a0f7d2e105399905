/* store_confusion.c - confusions of the pairs that comparisons count. */
#include "store/db.h"

#include <stdlib.h>

#include "base/xalloc.h"

enum err
store_pairs_list(struct store *s, const char *pair_key, const char *evaluation,
                 struct store_pair **out, size_t *n, struct errbuf *eb)
{
    size_t cap = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(
        s, SQL_confusion_pairs,
        BINDS(BT(":pair_key", pair_key), BT(":evaluation", evaluation)), &st, eb);

    *out = NULL;
    *n = 0;
    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        *out = grow(*out, &cap, *n + 1, sizeof **out);
        (*out)[(*n)++] = (struct store_pair){col_int(st, 0), col_int(st, 1),
                                             col_int(st, 2), col_int(st, 3)};
    }
    db_finish(s, st);
    if (e) {
        free(*out);
        *out = NULL;
        *n = 0;
    }
    return e;
}

enum { MAX_WORDS = 1 << 24 }; /* a larger id is damage, not a label */

/* Texts by word_id: every label is looked up once, not once per row. */
struct words {
    const char **text; /* (cap) owned; NULL: not yet known */
    size_t cap;
    struct arena arena;
};

static void
words_release(struct words *w)
{
    free(w->text);
    arena_release(&w->arena);
}

static enum err
word_text(struct store *s, struct words *w, int64_t id, const char **text,
          struct errbuf *eb)
{
    size_t at = (size_t)id, had = w->cap;
    char *found = NULL;

    if (id < 0 || id >= MAX_WORDS)
        return err_set(eb, ERR_DB, "a confusion of the store names word %lld",
                       (long long)id);
    if (at >= had) {
        w->text = grow(w->text, &w->cap, at + 1, sizeof *w->text);
        for (size_t i = had; i < w->cap; i++)
            w->text[i] = NULL;
    }
    if (!w->text[at]) {
        enum err e =
            db_text(s, SQL_confusion_word, BINDS(BI(":word_id", id)), &found, eb);
        if (e)
            return e;
        w->text[at] = arena_strdup(&w->arena, found ? found : "");
        free(found);
    }
    *text = w->text[at];
    return ERR_OK;
}

enum err
store_confusion_each(struct store *s, int64_t evaluation_id, store_confusion_fn fn,
                     void *ctx, struct errbuf *eb)
{
    struct words w = {0};
    const char *text[3];
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, SQL_confusion_read,
                           BINDS(BI(":evaluation_id", evaluation_id)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        for (int i = 0; i < 3 && !e; i++)
            e = word_text(s, &w, col_int(st, i), &text[i], eb);
        if (e)
            break;
        fn(ctx, text[0], text[1], text[2], col_int(st, 3));
    }
    db_finish(s, st);
    words_release(&w);
    return e;
}
