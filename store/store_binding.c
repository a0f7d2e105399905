/* store_binding.c - an evaluation name stands for the same cells all over an experiment.
 *
 * A run binds its names while it may still score them, and for good once it has. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* The parameters that decide which cells an evaluation holds and how they are labelled;
 * the first that differs is named. */
static const char *const deciding[] = {"label",        "data",          "where",
                                       "ood",          "eval",          "split_by",
                                       "val_fraction", "test_fraction", "split_seed"};
enum { N_DECIDING = sizeof deciding / sizeof *deciding };

/* The values of a parameter as one text, "" if there is none.  Caller frees. */
static char *
joined(const struct store_param *p, size_t n, const char *name)
{
    struct strbuf sb = {0};

    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, name) == 0)
            strbuf_addf(&sb, "%s%s", sb.len ? " " : "", p[i].value);
    return strbuf_detach(&sb);
}

static enum err
joined_of_run(struct store *s, int64_t run_id, const char *name, char **out,
              struct errbuf *eb)
{
    enum err e = db_text(s, SQL_run_param_joined,
                         BINDS(BI(":run_id", run_id), BT(":name", name)), out, eb);

    if (!e && !*out)
        *out = xstrdup("");
    return e;
}

/* Packed stores may be taken for what they were packed from: why these are not. */
static void
add_packed(const char *name, const char *there, const char *here, struct strbuf *sb)
{
    if ((strcmp(name, "data") != 0 && strcmp(name, "eval") != 0) ||
        (!strstr(there, ".hcp") && !strstr(here, ".hcp")))
        return;
    strbuf_adds(sb,
                " (a packed store counts as what it was packed from where it has all "
                "their cells in their order, and is given alone: 'hcelab data info' "
                "says whether it does; a shuffled one is data of its own)");
}

/* How the run `other` and the new one differ: a sentence into sb. */
static enum err
add_difference(struct store *s, int64_t other, const struct binding *b,
               struct strbuf *sb, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < N_DECIDING && !e; i++) {
        char *there = NULL, *here = NULL;

        e = joined_of_run(s, other, deciding[i], &there, eb);
        if (!e && b->run_id)
            e = joined_of_run(s, b->run_id, deciding[i], &here, eb);
        else if (!e)
            here = joined(b->param, b->n_params, deciding[i]);
        bool differs = !e && strcmp(there, here) != 0;
        if (differs) {
            strbuf_addf(sb, "%s is '%s' there and '%s' here", deciding[i], there, here);
            add_packed(deciding[i], there, here, sb);
        }
        free(there);
        free(here);
        if (differs)
            return ERR_OK;
    }
    strbuf_adds(sb, "the data files have changed since");
    return e;
}

/* What people can do about it. */
static enum err
add_remedy(struct store *s, int64_t other, const struct binding *b, struct strbuf *sb,
           struct errbuf *eb)
{
    bool own_name = strcmp(b->name, "id") != 0 && strcmp(b->name, "ood") != 0;
    int64_t n_scored = 0;
    enum err e =
        db_int(s, SQL_run_evaluation_scored,
               BINDS(BI(":run_id", other), BT(":name", b->name)), &n_scored, eb);

    if (b->run_id == 0)
        strbuf_adds(sb, "choose another --experiment NAME");
    if (b->run_id == 0 && own_name)
        strbuf_adds(sb, ", or give the evaluation another name");
    if (n_scored == 0)
        strbuf_addf(sb, "%scancel that run (hcelab queue cancel %lld)",
                    b->run_id == 0 ? ", or " : "", (long long)other);
    else if (b->run_id)
        strbuf_adds(sb, "queue it anew under another --experiment NAME");
    return e;
}

static enum err
refuse(struct store *s, int64_t other, const struct binding *b, struct errbuf *eb)
{
    struct strbuf differs = {0}, remedy = {0};
    enum err e = add_difference(s, other, b, &differs, eb);

    if (!e)
        e = add_remedy(s, other, b, &remedy, eb);
    if (!e)
        e = err_set(
            eb, ERR_CONFLICT,
            "evaluation '%s' stands for other %s in run %lld of experiment "
            "'%s': %s; %s",
            b->name,
            strncmp(strbuf_str(&differs), "label ", 6) == 0 ? "labels" : "cells",
            (long long)other, b->experiment, strbuf_str(&differs), strbuf_str(&remedy));
    strbuf_release(&differs);
    strbuf_release(&remedy);
    return e;
}

enum err
binding_check(struct store *s, const struct binding *b, struct errbuf *eb)
{
    int64_t other;
    enum err e = db_int(s, SQL_run_evaluation_conflict,
                        BINDS(BT(":experiment", b->experiment), BT(":name", b->name),
                              BT(":cells_digest", b->cells_digest),
                              BI(":but_run_id", b->run_id)),
                        &other, eb);

    return e || other == DB_NONE ? e : refuse(s, other, b, eb);
}

/* Name and digest of each binding of a run, and its experiment. */
static enum err
list(struct store *s, int64_t run_id, struct arena *a, struct binding **out, size_t *n,
     struct errbuf *eb)
{
    sqlite3_stmt *st;
    size_t cap = 0;
    bool row;
    enum err e = db_select(s, SQL_run_bindings, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        *out = grow(*out, &cap, *n + 1, sizeof **out);
        (*out)[(*n)++] = (struct binding){.run_id = run_id,
                                          .name = col_dup(st, 0, a),
                                          .cells_digest = col_dup(st, 1, a),
                                          .experiment = col_dup(st, 2, a)};
    }
    db_finish(s, st);
    return e;
}

enum err
binding_check_run(struct store *s, int64_t run_id, struct errbuf *eb)
{
    struct arena a = {0};
    struct binding *b = NULL;
    size_t n = 0;
    enum err e = list(s, run_id, &a, &b, &n, eb);

    for (size_t i = 0; i < n && !e; i++)
        e = binding_check(s, &b[i], eb);
    free(b);
    arena_release(&a);
    return e;
}
