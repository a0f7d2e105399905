/* name_check.c - names on the command line against those in the store. */
#include "cli/name_check.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"

enum { SHOWN = 12 }; /* names in a message */

/* Options, and the statement that lists what they may name. */
static const struct {
    const char *option, *what, *query;
} known[] = {
    {"experiment", "experiment", "names_experiment"},
    {"by", "facet with results", "names_facet"},
    {"eval", "evaluation with results", "names_evaluation"},
    {"baseline-eval", "evaluation with results", "names_evaluation"},
    {"metric", "metric", "names_metric"},
};

static bool
take_name(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
          const char *type)
{
    (void)n_cols;
    (void)name;
    (void)type;
    strlist_add(ctx, value[0]);
    return true;
}

static enum err
unknown(size_t k, const char *value, const struct strlist *names, struct errbuf *eb)
{
    struct strbuf sb = {0};

    for (size_t i = 0; i < names->n && i < SHOWN; i++)
        strbuf_addf(&sb, "%s%s", i ? ", " : "", names->item[i]);
    if (names->n > SHOWN)
        strbuf_addf(&sb, " and %zu more", names->n - SHOWN);
    err_set(eb, ERR_ARG, "--%s %s: the store has no such %s; it has %s",
            known[k].option, value, known[k].what, sb.len ? strbuf_str(&sb) : "none");
    strbuf_release(&sb);
    return ERR_ARG;
}

static enum err
check_one(struct cli *c, size_t k, struct errbuf *eb)
{
    const char *value = opts_text(&c->opts, known[k].option);
    struct strlist names = {0};
    enum err e = store_query(c->store, store_named_query(known[k].query), NULL, 0,
                             take_name, &names, eb);

    if (e == ERR_OK && !strlist_has(&names, value))
        e = unknown(k, value, &names, eb);
    strlist_release(&names);
    return e;
}

enum err
name_check(struct cli *c, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t k = 0; k < sizeof known / sizeof known[0] && e == ERR_OK; k++)
        if (opts_has(&c->opts, known[k].option))
            e = check_one(c, k, eb);
    return e;
}
