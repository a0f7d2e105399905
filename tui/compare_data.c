/* compare_data.c - pairs of CE and HCE runs over the labels of a facet. */
#include "tui/compare_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"
#include "tui/compare_why.h"
#include "tui/keyset.h"

#define FACET_ALL   "all"
#define FACET_CLASS "class"
#define LOSS_CE     "ce"
#define LOSS_HCE    "hce"

static void
set(char **field, const char *value)
{
    char *copy = value ? xstrdup(value) : NULL;

    free(*field);
    *field = copy;
}

void
compare_data_init(struct compare_data *d, struct choice *choice)
{
    *d = (struct compare_data){.choice = choice};
    set(&d->facet, FACET_CLASS);
}

void
compare_data_release(struct compare_data *d)
{
    free(d->facet);
    free(d->label);
    free(d->pair_key);
    compare_release(&d->rows);
    compare_release(&d->overall);
    strbuf_release(&d->unmatched);
    strbuf_release(&d->unscored);
    strbuf_release(&d->repeated);
    strbuf_release(&d->none);
    store_who_release(&d->base_who);
    free(d->base_key);
    free(d->base_loss);
    free(d->base_evaluation);
    free(d->why);
    store_provenance_release(&d->provenance);
    *d = (struct compare_data){0};
}

bool
compare_data_has_classes(const struct compare_data *d)
{
    return !d->label && strcmp(d->facet, FACET_ALL) != 0 &&
           strcmp(d->facet, FACET_CLASS) != 0;
}

bool
compare_data_is_by_class(const struct compare_data *d)
{
    return d->label || strcmp(d->facet, FACET_CLASS) == 0;
}

/* --- reading --- */

static void
compute(struct comparison *c, struct store *s, const struct store_compare_query *q)
{
    struct comparison fresh = {0};

    if (store_compare_each(s, q, compare_add, &fresh, NULL)) {
        compare_release(&fresh);
        return;
    }
    compare_summarize(&fresh);
    compare_release(c);
    *c = fresh;
}

/* Seeds that are in no pair. */
static void
read_seeds(struct compare_data *d, struct store *s, const struct store_compare_query *q)
{
    const struct store_group *g = choice_group(d->choice);
    struct strbuf unmatched = {0}, unscored = {0}, repeated = {0};
    enum err e = store_side_repeated(s, q, d->base_name, d->name, &repeated, NULL);

    if (e) {
        /* what there was stays */
    } else if (d->base_key) {
        e = store_side_seeds(s, q, d->base_name, d->name, &unmatched, &unscored, NULL);
    } else {
        strbuf_adds(&unmatched, g->unmatched ? g->unmatched : "");
        e = store_unscored(s, q->pair_key, q->evaluation, &unscored, NULL);
    }
    if (e == ERR_OK) {
        strbuf_release(&d->unmatched);
        strbuf_release(&d->unscored);
        d->unmatched = unmatched;
        d->unscored = unscored;
        strbuf_release(&d->repeated);
        d->repeated = repeated;
        return;
    }
    strbuf_release(&repeated);
    strbuf_release(&unmatched);
    strbuf_release(&unscored);
}

/* A facet that the configuration has; labels of another one are left. */
static void
follow_choice(struct compare_data *d)
{
    const struct choice *c = d->choice;

    if (strlist_has(&c->facets, FACET_CLASS) && !strlist_has(&c->facets, d->facet))
        set(&d->facet, FACET_CLASS);
    else if (c->facets.n && !strlist_has(&c->facets, d->facet))
        compare_data_step_facet(d, 1);
    if (d->pair_key && c->pair_key && strcmp(d->pair_key, c->pair_key) == 0)
        return;
    set(&d->pair_key, c->pair_key);
    set(&d->label, NULL);
    compare_release(&d->rows);
    compare_release(&d->overall);
}

static const struct store_group *
find_group(const struct choice *c, const char *pair_key)
{
    for (size_t i = 0; i < c->groups.n; i++)
        if (strcmp(c->groups.group[i].pair_key, pair_key) == 0)
            return &c->groups.group[i];
    return NULL;
}

char *
compare_data_evaluation(const struct compare_data *d, enum decode_id decode)
{
    const char *now = d->choice->evaluation;
    size_t len;

    decode_of_evaluation(now, &len);
    char *cells = xstrndup(now, len), *name = decode_evaluation(decode, cells);
    free(cells);
    return name;
}

struct store_compare_query
compare_data_query(const struct compare_data *d, const char *base_key,
                   const char *base_loss, const char *base_evaluation)
{
    const struct choice *c = d->choice;
    struct store_compare_query q = {.pair_key = c->pair_key,
                                    .evaluation = c->evaluation,
                                    .rule = c->rule,
                                    .facet = d->facet,
                                    .label = d->label,
                                    .min_support = d->min_support,
                                    .loss = LOSS_HCE,
                                    .base_key = c->pair_key,
                                    .base_loss = LOSS_CE};

    if (!base_key)
        return q;
    bool is_own = strcmp(base_key, c->pair_key) == 0;
    bool is_other = strcmp(base_evaluation, c->evaluation) != 0;
    q.base_key = base_key;
    q.base_loss = base_loss;
    q.base_evaluation = base_evaluation;
    q.loss = !is_own                                         ? base_loss
             : !is_other && strcmp(base_loss, LOSS_HCE) == 0 ? LOSS_CE
                                                             : LOSS_HCE;
    return q;
}

/* A baseline that is gone is forgotten; names the sides, and says if they may not be
 * paired. */
static bool
check_base(struct compare_data *d, struct store *s, const struct store_compare_query *q)
{
    const struct store_group *base = find_group(d->choice, q->base_key);

    free(d->why);
    d->why = NULL;
    store_side_names(q, base, choice_group(d->choice), d->base_name, d->name);
    if (!d->base_key || store_side_check(s, q, &d->why, NULL))
        return true;
    if (!d->why)
        return true;
    compare_release(&d->rows);
    compare_release(&d->overall);
    strbuf_reset(&d->unmatched);
    strbuf_reset(&d->unscored);
    strbuf_reset(&d->repeated);
    store_provenance_release(&d->provenance);
    return false;
}

/* What speaks against the comparison; with a baseline that was chosen, pairs on other
 * cells count where there are no others. */
static void
read_provenance(struct compare_data *d, struct store *s, struct store_compare_query *q)
{
    struct store_provenance fresh;

    if (store_provenance_read(s, q, &fresh, NULL)) {
        store_provenance_release(&fresh);
        return;
    }
    store_provenance_release(&d->provenance);
    d->provenance = fresh;
    q->any_cells = d->base_key && fresh.n_same_cells == 0;
}

/* Say why there are no rows, if there are none. */
static void
read_none(struct compare_data *d, struct store *s, const struct store_compare_query *q)
{
    struct store_lack lack = {0};
    const struct compare_why why = {d->base_name, d->name, q, &lack};

    strbuf_reset(&d->none);
    if (d->rows.n_rows)
        return;
    if (store_lack_read(s, q, &lack, NULL) == ERR_OK) {
        compare_why_pairs(&why, &d->none);
        if (d->none.len == 0 && !d->why)
            compare_why_rows(&why, &d->none);
    }
    store_lack_release(&lack);
}

/* Whose runs the baseline is, where it was chosen. */
static void
read_base_who(struct compare_data *d, struct store *s,
              const struct store_compare_query *q)
{
    struct store_who side = {0};

    store_who_release(&d->base_who);
    if (d->base_key && store_who_read(s, q, &d->base_who, &side, NULL))
        store_who_release(&d->base_who);
    store_who_release(&side);
}

void
compare_data_read(struct compare_data *d, struct store *s)
{
    const struct choice *c = d->choice;

    follow_choice(d);
    if (!s || !choice_group(c))
        return;
    if (!c->evaluation) {
        struct store_compare_query q = compare_data_query(d, NULL, NULL, NULL);

        snprintf(d->base_name, STORE_SIDE, "CE");
        snprintf(d->name, STORE_SIDE, "HCE");
        read_none(d, s, &q);
        return;
    }
    if (d->base_key && !find_group(c, d->base_key))
        compare_data_set_base(d, NULL, NULL, DECODE_argmax);
    free(d->base_evaluation);
    d->base_evaluation = compare_data_evaluation(d, d->base_decode);
    struct store_compare_query q =
        compare_data_query(d, d->base_key, d->base_loss, d->base_evaluation);
    read_base_who(d, s, &q);
    if (!check_base(d, s, &q)) {
        q.any_cells = true;
        read_none(d, s, &q);
        return;
    }
    read_provenance(d, s, &q);
    compute(&d->rows, s, &q);
    read_none(d, s, &q);
    q.facet = FACET_ALL;
    q.label = NULL;
    q.min_support = 0;
    compute(&d->overall, s, &q);
    read_seeds(d, s, &q);
}

void
compare_data_set_base(struct compare_data *d, const char *pair_key, const char *loss,
                      enum decode_id decode)
{
    set(&d->base_key, pair_key);
    set(&d->base_loss, loss);
    d->base_decode = decode;
}

void
compare_data_step_support(struct compare_data *d, int by)
{
    static const int64_t steps[] = {0,    10,   30,    100,   300,
                                    1000, 3000, 10000, 30000, 100000};
    const size_t n = sizeof steps / sizeof steps[0];
    size_t i = 0;

    while (i + 1 < n && steps[i] < d->min_support)
        i++;
    if (by > 0 && i + 1 < n)
        i++;
    else if (by < 0 && i > 0)
        i--;
    d->min_support = steps[i];
}

uint64_t
compare_data_key(const struct compare_row *r)
{
    return keyset_hash(keyset_hash(0, r->label), r->class_name);
}

const struct compare_row *
compare_data_find(const struct compare_data *d, uint64_t key)
{
    for (size_t i = 0; i < d->rows.n_rows; i++)
        if (compare_data_key(&d->rows.row[i]) == key)
            return &d->rows.row[i];
    return NULL;
}

const char *
compare_data_row_name(const struct compare_row *r)
{
    return r->class_name ? r->class_name : r->label;
}

void
compare_data_step_facet(struct compare_data *d, int by)
{
    const struct strlist *facets = &d->choice->facets;

    if (strlist_has(facets, d->facet))
        set(&d->facet, choice_neighbour(facets, d->facet, by));
    else if (facets->n)
        set(&d->facet, facets->item[0]);
    set(&d->label, NULL);
}

void
compare_data_set_label(struct compare_data *d, const char *label)
{
    set(&d->label, label);
}
