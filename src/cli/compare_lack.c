/* compare_lack.c - runs that no comparison shows. */
#include "cli/compare_lack.h"

#include <inttypes.h>

#include "base/strlist.h"
#include "cli/cli_out.h"
#include "cli/group_pick.h"

enum { GROUPS_NAMED = 2 };

/* ", not grouped by tissue" where a comma-separated list lacks the name; NULL: any. */
static void
add_lack(struct strbuf *sb, const char *names, const char *name, const char *what)
{
    struct strlist list = {0};

    strlist_split(&list, names ? names : "", ',');
    if (name && !strlist_has(&list, name))
        strbuf_addf(sb, ", %s %s", what, name);
    strlist_release(&list);
}

/* Runs with one loss in one group, runs with the other in another: what compares them. */
static void
add_other_way(struct strbuf *sb, const struct compare_request *q,
              const struct store_groups *groups)
{
    const struct store_group *ce = NULL, *hce = NULL;

    for (size_t i = 0; i < groups->n; i++) {
        const struct store_group *g = &groups->group[i];

        if (g->n_pairs || !group_is_wanted(g, q->model, q->pair_key))
            continue;
        ce = g->n_ce && !ce ? g : ce;
        hce = g->n_hce && !hce ? g : hce;
    }
    if (ce && hce && ce != hce)
        strbuf_addf(
            sb,
            "; runs of other settings or data are no pairs (hcelab diff RUN RUN "
            "says which): --baseline %.*s/ce --pair-key %.*s compares them",
            GROUP_KEY_SHOWN, ce->pair_key, GROUP_KEY_SHOWN, hce->pair_key);
}

/* Why there is nothing to show: what is known about the first groups. */
enum err
compare_lack_nothing(const struct compare_request *q, const struct store_groups *groups,
                     struct errbuf *eb)
{
    struct strbuf sb = {0};
    size_t n = 0;

    for (size_t i = 0; i < groups->n; i++) {
        const struct store_group *g = &groups->group[i];

        if (!group_is_wanted(g, q->model, q->pair_key) || n++ >= GROUPS_NAMED)
            continue;
        strbuf_addf(
            &sb, "; %s %s: %" PRId64 " CE and %" PRId64 " HCE done, %" PRId64 " pairs",
            g->experiment, g->model, g->n_ce, g->n_hce, g->n_pairs);
        add_lack(&sb, g->evaluations, q->evaluation, "not scored in");
        add_lack(&sb, g->facets, q->facet, "no results by");
    }
    if (n > GROUPS_NAMED)
        strbuf_addf(&sb, "; and %zu more (hcelab runs --groups)", n - GROUPS_NAMED);
    add_other_way(&sb, q, groups);
    err_set(
        eb, ERR_NOTFOUND,
        "nothing to compare by %s%s%s%s%s: it takes a CE and an HCE run of one seed "
        "that succeeded, and values of both%s",
        q->facet, q->evaluation ? " in evaluation " : "",
        q->evaluation ? q->evaluation : "", q->label ? " within " : "",
        q->label ? q->label : "", strbuf_str(&sb));
    strbuf_release(&sb);
    return ERR_NOTFOUND;
}

void
compare_lack_add(struct compare_lack *l, const struct store_group *g)
{
    if (l->n++ < GROUPS_NAMED)
        strbuf_addf(&l->text, "%s%s %.*s (%" PRId64 " CE and %" PRId64 " HCE done)",
                    l->text.len ? ", " : "", g->model, GROUP_KEY_SHOWN, g->pair_key,
                    g->n_ce, g->n_hce);
}

void
compare_lack_note(const struct compare_lack *l)
{
    if (l->n > GROUPS_NAMED)
        out_note("no pairs: %s, and %zu more groups; --baseline compares groups",
                 strbuf_str(&l->text), l->n - GROUPS_NAMED);
    else if (l->n)
        out_note("no pairs: %s; --baseline compares groups", strbuf_str(&l->text));
}
