/* compare_block.c - what one configuration is compared with, and its rows in order. */
#include "cli/compare_block.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/group_pick.h"

enum { KEY_LEAST = 4 };

/* ---- order of the rows ---- */

static int
by_number(double a, double b) /* larger first, NaN last */
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a < b) - (a > b);
}

static int
by_label(const void *pa, const void *pb)
{
    const struct compare_row *a = pa, *b = pb;
    int d = strcmp(a->label, b->label);

    if (d || !a->class_name || !b->class_name)
        return d;
    return strcmp(a->class_name, b->class_name);
}

#define BY(id, expression_a, expression_b)                                             \
    static int by_##id(const void *pa, const void *pb)                                 \
    {                                                                                  \
        const struct compare_row *a = pa, *b = pb;                                     \
        int d = by_number(expression_a, expression_b);                                 \
                                                                                       \
        return d ? d : by_label(pa, pb);                                               \
    }
BY(delta, a->delta_mean, b->delta_mean)
BY(support, a->support, b->support)
BY(ce, a->ce_mean, b->ce_mean)
BY(hce, a->hce_mean, b->hce_mean)
BY(p, -a->p, -b->p)

static const struct {
    const char *name;
    int (*order)(const void *, const void *);
} orders[] = {{"delta", by_delta}, {"label", by_label}, {"support", by_support},
              {"ce", by_ce},       {"hce", by_hce},     {"p", by_p}};

static void
sort_rows(struct comparison *cmp, const char *sort)
{
    for (size_t i = 0; sort && cmp->n_rows > 1 && i < sizeof orders / sizeof orders[0];
         i++)
        if (strcmp(orders[i].name, sort) == 0)
            qsort(cmp->row, cmp->n_rows, sizeof *cmp->row, orders[i].order);
}

/* ---- the baseline ---- */

/* "linear/hce" as a name and a loss; loss "" if it has none. */
struct wanted {
    char *name; /* owned; of a model, or the start of a pair_key */
    const char *loss;
};

static struct wanted
split_baseline(const char *text)
{
    const char *slash = strrchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);

    return (struct wanted){xstrndup(text, len), slash ? slash + 1 : ""};
}

static bool
names_group(const char *name, const struct store_group *g)
{
    return strcmp(name, g->model) == 0 ||
           (strlen(name) >= KEY_LEAST && strncmp(name, g->pair_key, strlen(name)) == 0);
}

/* Put a side into b, with what is known of both; ERR_OK with b->refused if there is
 * nothing to pair. */
static enum err
try_base(struct cli *c, struct compare_block *b, const struct store_group *g,
         struct errbuf *eb)
{
    free(b->refused);
    b->refused = NULL;
    b->base = g;
    b->query.base_key = g->pair_key;
    store_provenance_release(&b->provenance);
    enum err e = store_side_check(c->store, &b->query, &b->refused, eb);

    if (e || b->refused)
        return e;
    e = store_provenance_read(c->store, &b->query, &b->provenance, eb);
    b->query.any_cells = b->provenance.n_same_cells == 0;
    return e;
}

/* The first fact that speaks against the comparison, or PROVENANCE_COUNT. */
static enum provenance_id
first_unfair(const struct store_provenance *p)
{
    enum provenance_id i = 0;

    while (i < PROVENANCE_COUNT && !store_provenance_is_unfair(p, i))
        i++;
    return i;
}

/* True if people named what is compared: then nothing is left out. */
static bool
was_asked_for(const struct compare_request *q)
{
    return q->model || q->pair_key || q->experiment;
}

/* What is unfair and was not asked for is refused. */
static void
refuse_unfair(struct compare_block *b, const struct compare_request *q)
{
    enum provenance_id i = first_unfair(&b->provenance);

    if (!b->refused && i < PROVENANCE_COUNT && !was_asked_for(q))
        b->refused =
            xasprintf("other %s: %s (--pair-key %.*s compares them all the same)",
                      store_provenance_name(i), store_provenance_meaning(i),
                      GROUP_KEY_SHOWN, b->group->pair_key);
}

static enum err
ambiguous(const struct compare_request *q, const struct store_group *a,
          const struct store_group *b, struct errbuf *eb)
{
    return err_set(eb, ERR_AMBIGUOUS,
                   "--baseline %s: more than one group; name a pair_key: %.*s (%s), "
                   "%.*s (%s)",
                   q->baseline, GROUP_KEY_SHOWN, a->pair_key, a->experiment,
                   GROUP_KEY_SHOWN, b->pair_key, b->experiment);
}

/* Groups of the baseline's name, of each kind the last one and the one before it. */
struct candidates {
    const struct store_group *any, *unfair[2], *fair[2];
};

static void
add_candidate(struct candidates *k, const struct compare_block *b)
{
    const struct store_group **of =
        first_unfair(&b->provenance) < PROVENANCE_COUNT ? k->unfair : k->fair;

    k->any = b->base;
    if (b->refused)
        return;
    of[1] = of[0];
    of[0] = b->base;
}

/* The one group of that name that the block can fairly be compared with, else the one
 * that it can be at all; else the last, with the reason in b->refused. */
static enum err
find_base(struct cli *c, struct compare_block *b, const struct compare_request *q,
          const char *name, const struct store_groups *groups, struct errbuf *eb)
{
    struct candidates k = {0};
    enum err e = ERR_OK;

    for (size_t i = 0; i < groups->n && e == ERR_OK; i++)
        if (names_group(name, &groups->group[i]) &&
            (e = try_base(c, b, &groups->group[i], eb)) == ERR_OK)
            add_candidate(&k, b);
    if (e)
        return e;
    if (!k.any)
        return err_set(eb, ERR_ARG,
                       "--baseline %s: no group of that model or pair_key; hcelab runs "
                       "--groups lists them",
                       q->baseline);
    if (k.fair[1])
        return ambiguous(q, k.fair[1], k.fair[0], eb);
    if (!k.fair[0] && k.unfair[1] && was_asked_for(q))
        return ambiguous(q, k.unfair[1], k.unfair[0], eb);
    return try_base(c, b,
                    k.fair[0]     ? k.fair[0]
                    : k.unfair[0] ? k.unfair[0]
                                  : k.any,
                    eb);
}

static enum err
check_loss(const struct compare_request *q, const char *loss, struct errbuf *eb)
{
    if (!*loss || strcmp(loss, "ce") == 0 || strcmp(loss, "hce") == 0)
        return ERR_OK;
    return err_set(eb, ERR_ARG,
                   "--baseline %s: the loss after / must be one of: ce, hce",
                   q->baseline);
}

/* Losses of both sides: what was said, else alike; with one's own CE, HCE. */
static void
choose_losses(struct compare_block *b, const struct compare_request *q,
              const char *loss, bool is_own)
{
    const char *other = strcmp(loss, "hce") == 0 ? "ce" : "hce";

    b->query.base_loss = *loss ? loss : is_own ? "ce" : q->loss ? q->loss : "hce";
    b->query.loss = q->loss ? q->loss : is_own && *loss ? other : b->query.base_loss;
    if (is_own && !*loss && !q->loss)
        b->query.loss = "hce";
}

/* The baseline by its name. */
static enum err
choose_named(struct cli *c, struct compare_block *b, const struct compare_request *q,
             const struct store_groups *groups, struct errbuf *eb)
{
    struct wanted w = split_baseline(q->baseline);
    enum err e = check_loss(q, w.loss, eb);

    if (e == ERR_OK) {
        choose_losses(b, q, w.loss,
                      strlen(w.name) >= KEY_LEAST &&
                          strncmp(w.name, b->group->pair_key, strlen(w.name)) == 0);
        e = find_base(c, b, q, w.name, groups, eb);
    }
    if (e == ERR_OK)
        e = store_pair_diff(c->store, b->base->pair_key, b->group->pair_key,
                            &b->differs, eb);
    if (e == ERR_OK)
        refuse_unfair(b, q);
    free(w.name);
    return e;
}

static enum err
choose_base(struct cli *c, struct compare_block *b, const struct compare_request *q,
            const struct store_groups *groups, struct errbuf *eb)
{
    b->base = b->group;
    b->query.base_key = b->group->pair_key;
    b->query.base_loss = "ce";
    b->query.loss = "hce";
    b->query.base_evaluation = q->base_evaluation;
    b->has_baseline = q->baseline || q->base_evaluation;
    if (q->baseline)
        return choose_named(c, b, q, groups, eb);
    if (!q->base_evaluation)
        return store_provenance_read(c->store, &b->query, &b->provenance, eb);
    if (q->loss)
        b->query.loss = q->loss;
    return try_base(c, b, b->group, eb);
}

/* ---- the rows ---- */

/* Seeds that are in no pair, and those of which a run does not count. */
static enum err
load_seeds(struct cli *c, struct compare_block *b, struct errbuf *eb)
{
    enum err e = store_side_repeated(c->store, &b->query, b->base_name, b->name,
                                     &b->repeated, eb);

    if (e)
        return e;
    if (b->has_baseline)
        return store_side_seeds(c->store, &b->query, b->base_name, b->name,
                                &b->unmatched, &b->unscored, eb);
    strbuf_adds(&b->unmatched, b->group->unmatched ? b->group->unmatched : "");
    return store_unscored(c->store, b->group->pair_key, b->query.evaluation,
                          &b->unscored, eb);
}

enum err
compare_block_load(struct cli *c, struct compare_block *b,
                   const struct compare_request *q, const struct store_groups *groups,
                   const struct store_group *g, struct errbuf *eb)
{
    *b = (struct compare_block){.group = g};
    strlist_split(&b->evaluations, g->evaluations ? g->evaluations : "", ',');
    b->query = (struct store_compare_query){
        .pair_key = g->pair_key,
        .evaluation = group_evaluation(q->evaluation, &b->evaluations),
        .rule = q->rule,
        .facet = q->facet,
        .label = q->label,
        .min_support = q->min_support};
    enum err e = choose_base(c, b, q, groups, eb);

    if (e || b->refused)
        return e;
    store_side_names(&b->query, b->base, g, b->base_name, b->name);
    e = store_compare_each(c->store, &b->query, compare_add, &b->cmp, eb);
    if (e == ERR_OK) {
        compare_finish(&b->cmp);
        sort_rows(&b->cmp, q->sort);
        e = load_seeds(c, b, eb);
    }
    return e;
}

void
compare_block_release(struct compare_block *b)
{
    compare_release(&b->cmp);
    strbuf_release(&b->unmatched);
    strbuf_release(&b->unscored);
    strbuf_release(&b->repeated);
    strlist_release(&b->evaluations);
    store_provenance_release(&b->provenance);
    free(b->refused);
    free(b->differs);
    *b = (struct compare_block){0};
}
