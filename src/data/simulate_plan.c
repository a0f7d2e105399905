/* simulate_plan.c - draw types, studies, donors and cells. */
#include "data/simulate_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

struct rng
sim_stream(const struct sim_spec *s, enum sim_stream sub, uint64_t b)
{
    return rng_stream((uint64_t)s->seed, RNG_SIMULATE, (uint64_t)sub, b);
}

/* Index drawn in proportion to weight[0..n), whose sum is positive. */
static size_t
pick(const double *weight, size_t n, double uniform)
{
    double sum = 0, below = 0;
    size_t last = 0;

    for (size_t i = 0; i < n; i++)
        sum += weight[i];
    for (size_t i = 0; i < n; i++) {
        if (weight[i] <= 0)
            continue;
        last = i;
        below += weight[i];
        if (uniform * sum < below)
            return i;
    }
    return last; /* rounding */
}

/* A term that may become a type, with the key by which it is drawn. */
struct candidate {
    uint32_t term;
    double key; /* smaller first */
};

static int
compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

static int
compare_terms(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return (x->term > y->term) - (x->term < y->term);
}

/* Donors of each term over all tissues: (n_terms), caller frees. */
static double *
donors_of_terms(const struct ontology *o)
{
    double *n = xcalloc(o->n_terms, sizeof *n);

    for (size_t i = 0; i < builtin_tissue_count(); i++)
        n[builtin_tissue(i)->type] += builtin_tissue(i)->n_donors;
    return n;
}

/* The leaves of the table: draws without replacement in proportion to the root of the
 * donors, since smallest of -log(u) / w is such a draw (Efraimidis and Spirakis). */
static size_t
list_candidates(const struct sim_plan *p, struct candidate *out)
{
    const struct ontology *o = &p->onto;
    struct rng r = sim_stream(p->spec, SIM_STREAM_TYPES, 0);
    double *donors = donors_of_terms(o);
    bool *is_parent = xcalloc(o->n_terms, sizeof *is_parent);
    size_t n = 0;

    for (size_t t = 0; t < o->n_terms; t++)
        for (size_t k = 0; k < o->term[t].n_parents; k++)
            is_parent[o->term[t].parent[k]] = true;
    for (uint32_t t = 0; t < o->n_terms; t++)
        if (!is_parent[t])
            out[n++] =
                (struct candidate){t, -log1p(-rng_uniform(&r, t)) / sqrt(donors[t])};
    free(is_parent);
    free(donors);
    return n;
}

static void
set_ancestors(const struct ontology *o, struct sim_type *type)
{
    bool *mark = xmalloc(o->n_terms, sizeof *mark);

    ontology_mark_ancestors(o, type->term, mark);
    type->ancestor = xcalloc(o->n_terms, sizeof *type->ancestor);
    for (uint32_t t = 0; t < o->n_terms; t++)
        if (mark[t] && t != type->term)
            type->ancestor[type->n_ancestors++] = t;
    free(mark);
}

/* Shares fall with a random rank. */
static void
set_shares(struct sim_plan *p)
{
    struct rng r = sim_stream(p->spec, SIM_STREAM_RANKS, 0);
    uint32_t *rank = xmalloc(p->n_types, sizeof *rank);
    double sum = 0;

    rng_permutation(&r, rank, p->n_types);
    for (size_t i = 0; i < p->n_types; i++)
        sum += p->type[i].share = pow(1.0 + rank[i], -p->spec->skew);
    for (size_t i = 0; i < p->n_types; i++)
        p->type[i].share /= sum;
    free(rank);
}

static void
choose_types(struct sim_plan *p)
{
    struct candidate *c = xcalloc(p->onto.n_terms, sizeof *c);
    size_t n = list_candidates(p, c);

    qsort(c, n, sizeof *c, compare_candidates);
    p->n_types = (size_t)p->spec->types < n ? (size_t)p->spec->types : n;
    qsort(c, p->n_types, sizeof *c, compare_terms);
    p->type = xcalloc(p->n_types, sizeof *p->type);
    for (size_t i = 0; i < p->n_types; i++) {
        p->type[i].term = c[i].term;
        set_ancestors(&p->onto, &p->type[i]);
    }
    free(c);
    set_shares(p);
}

/* Index of a term among the types, or SIZE_MAX. */
static size_t
type_of_term(const struct sim_plan *p, uint32_t term)
{
    for (size_t i = 0; i < p->n_types; i++)
        if (p->type[i].term == term)
            return i;
    return SIZE_MAX;
}

/* The tissue where most donors have a type of the plan that is not covered yet, and
 * that is not chosen yet; NULL if there is none.  covered may be NULL. */
static const char *
best_tissue(const struct sim_plan *p, const bool *covered)
{
    struct intern *seen = intern_new();
    uint64_t *donors = xcalloc(builtin_tissue_count(), sizeof *donors), most = 0;
    const char *best = NULL;

    for (size_t i = 0; i < builtin_tissue_count(); i++) {
        const struct builtin_tissue *row = builtin_tissue(i);
        size_t type = type_of_term(p, row->type);

        if (type == SIZE_MAX || (covered && covered[type]) ||
            strlist_has(&p->tissue, row->tissue))
            continue;
        size_t k = intern_add(seen, row->tissue);
        donors[k] += row->n_donors;
        if (donors[k] > most) {
            most = donors[k];
            best = row->tissue;
        }
    }
    intern_free(seen);
    free(donors);
    return best;
}

/* covered[t] = type t lives in a chosen tissue; true if all do. */
static bool
mark_covered(const struct sim_plan *p, bool *covered)
{
    bool all = true;

    memset(covered, 0, p->n_types * sizeof *covered);
    for (size_t i = 0; i < builtin_tissue_count(); i++) {
        const struct builtin_tissue *row = builtin_tissue(i);
        size_t type = type_of_term(p, row->type);

        if (type != SIZE_MAX && strlist_has(&p->tissue, row->tissue))
            covered[type] = true;
    }
    for (size_t t = 0; t < p->n_types; t++)
        all = all && covered[t];
    return all;
}

static void
set_tissue_weights(struct sim_plan *p)
{
    for (size_t t = 0; t < p->n_types; t++)
        p->type[t].tissue_weight = xcalloc(p->tissue.n, sizeof(double));
    for (size_t i = 0; i < builtin_tissue_count(); i++) {
        const struct builtin_tissue *row = builtin_tissue(i);
        size_t type = type_of_term(p, row->type);

        for (size_t u = 0; type != SIZE_MAX && u < p->tissue.n; u++)
            if (strcmp(p->tissue.item[u], row->tissue) == 0)
                p->type[type].tissue_weight[u] = row->n_donors;
    }
}

/* The tissues with most donors, then what the types left out need. */
static void
choose_tissues(struct sim_plan *p)
{
    bool *covered = xcalloc(p->n_types, sizeof *covered);
    const char *best;

    while (p->tissue.n < (size_t)p->spec->tissues && (best = best_tissue(p, NULL)))
        strlist_add(&p->tissue, best);
    while (!mark_covered(p, covered) && (best = best_tissue(p, covered)))
        strlist_add(&p->tissue, best);
    free(covered);
    set_tissue_weights(p);
}

char *
sim_study_name(const struct sim_spec *s, size_t i)
{
    size_t n_train = (size_t)(s->studies - s->heldout);

    return i < n_train ? xasprintf("study_%02zu", i + 1)
                       : xasprintf("heldout_%zu", i - n_train + 1);
}

static void
make_studies(struct sim_plan *p)
{
    size_t n_assays = sim_assays().n, n_diseases = sim_diseases().n;

    p->n_studies = (size_t)p->spec->studies;
    p->study = xcalloc(p->n_studies, sizeof *p->study);
    for (size_t i = 0; i < p->n_studies; i++) {
        struct sim_study *st = &p->study[i];
        struct rng r = sim_stream(p->spec, SIM_STREAM_STUDY, i);

        st->heldout = i >= (size_t)(p->spec->studies - p->spec->heldout);
        st->name = sim_study_name(p->spec, i);
        st->disease = (uint16_t)(1 + rng_below(&r, 0, n_diseases - 1));
        st->assay[0] = (uint16_t)rng_below(&r, 1, n_assays);
        st->assay[1] = (uint16_t)rng_below(&r, 2, n_assays);
    }
}

/* Half of the donors are healthy, a quarter has the study's second assay. */
static void
make_donors(struct sim_plan *p)
{
    size_t per_study = (size_t)p->spec->donors;

    p->n_donors = p->n_studies * per_study;
    p->donor = xcalloc(p->n_donors, sizeof *p->donor);
    for (size_t d = 0; d < p->n_donors; d++) {
        size_t study = d / per_study;
        const struct sim_study *st = &p->study[study];
        struct rng r = sim_stream(p->spec, SIM_STREAM_DONOR, d);

        p->donor[d] = (struct sim_donor){
            .name = xasprintf("%s_donor_%zu", st->name, d % per_study + 1),
            .study = (uint32_t)study,
            .assay = st->assay[rng_uniform(&r, 0) < 0.25],
            .disease = rng_uniform(&r, 1) < 0.5 ? 0 : st->disease,
            .sex = (uint16_t)rng_below(&r, 2, sim_sexes().n),
        };
    }
}

/* How a study names the cells of a type. */
struct habit {
    double coarse_share; /* of its cells carry the ancestor's name */
    uint32_t ancestor;   /* term */
};

/* A parent of the type, or of that parent, and so on: each further step up is taken
 * with the chance climb.  Draws from number i of r on. */
static uint32_t
draw_ancestor(const struct ontology *o, uint32_t term, double climb,
              const struct rng *r, uint64_t i)
{
    do {
        const struct ontology_term *t = &o->term[term];

        term = t->parent[rng_below(r, i++, t->n_parents)];
    } while (o->term[term].n_parents > 0 && rng_uniform(r, i++) < climb);
    return term;
}

static struct habit
draw_habit(const struct sim_plan *p, size_t study, size_t type)
{
    const struct sim_spec *s = p->spec;
    uint32_t term = p->type[type].term;
    struct rng r = sim_stream(s, SIM_STREAM_GRANULARITY, study * p->n_types + type);
    double u = rng_uniform(&r, 0);

    if (strcmp(s->granularity, "none") == 0 || p->onto.term[term].n_parents == 0)
        return (struct habit){0, term};
    return (struct habit){u < s->some_chance                    ? s->some_share
                          : u < s->some_chance + s->most_chance ? s->most_share
                                                                : 0,
                          draw_ancestor(&p->onto, term, s->climb, &r, 1)};
}

/* Shares of the types in a study: (n_types). */
static void
draw_composition(const struct sim_plan *p, size_t study, double *weight)
{
    struct rng r = sim_stream(p->spec, SIM_STREAM_COMPOSITION, study);

    for (size_t t = 0; t < p->n_types; t++)
        weight[t] = p->type[t].share * exp(p->spec->composition * rng_normal(&r, t));
}

static void
draw_cell(const struct sim_plan *p, size_t study, size_t cell, const double *weight,
          const struct habit *habit, struct sim_cell *out)
{
    struct rng r = sim_stream(p->spec, SIM_STREAM_CELL, cell);
    size_t type = pick(weight, p->n_types, rng_uniform(&r, 0));
    const struct sim_type *t = &p->type[type];
    uint64_t donor = rng_below(&r, 1, (uint64_t)p->spec->donors);

    out->type = (uint16_t)type;
    out->tissue = (uint16_t)pick(t->tissue_weight, p->tissue.n, rng_uniform(&r, 2));
    out->donor = (uint32_t)(study * (size_t)p->spec->donors + donor);
    out->label =
        rng_uniform(&r, 3) < habit[type].coarse_share ? habit[type].ancestor : t->term;
}

static void
draw_study_cells(struct sim_plan *p, size_t study)
{
    const struct sim_study *st = &p->study[study];
    double *weight = xcalloc(p->n_types, sizeof *weight);
    struct habit *habit = xcalloc(p->n_types, sizeof *habit);

    draw_composition(p, study, weight);
    for (size_t t = 0; t < p->n_types; t++)
        habit[t] = draw_habit(p, study, t);
    for (size_t i = 0; i < st->n_cells; i++)
        draw_cell(p, study, st->first_cell + i, weight, habit,
                  &p->cell[st->first_cell + i]);
    free(weight);
    free(habit);
}

static enum err
draw_cells(struct sim_plan *p, struct errbuf *eb)
{
    enum err e;

    p->n_cells = (size_t)p->spec->cells;
    if ((e = big_calloc(&p->cell, p->n_cells, sizeof *p->cell, "the cells", eb)))
        return e;
    for (size_t i = 0; i < p->n_studies; i++) {
        p->study[i].first_cell = p->n_cells * i / p->n_studies;
        p->study[i].n_cells =
            p->n_cells * (i + 1) / p->n_studies - p->study[i].first_cell;
        draw_study_cells(p, i);
    }
    return ERR_OK;
}

/* What one option cannot show. */
static enum err
check_spec(const struct sim_spec *s, struct errbuf *eb)
{
    if (s->heldout >= s->studies)
        return err_set(eb, ERR_ARG,
                       "--heldout %lld leaves no study to train on: --studies is %lld",
                       (long long)s->heldout, (long long)s->studies);
    if (s->some_chance + s->most_chance > 1)
        return err_set(eb, ERR_ARG,
                       "--some-chance %g and --most-chance %g are more than 1 together",
                       s->some_chance, s->most_chance);
    return ERR_OK;
}

enum err
sim_plan_init(struct sim_plan *p, const struct sim_spec *s, struct errbuf *eb)
{
    enum err e = check_spec(s, eb);

    *p = (struct sim_plan){.spec = s};
    if (e)
        return e;
    ontology_load_builtin(&p->onto);
    choose_types(p);
    choose_tissues(p);
    make_studies(p);
    make_donors(p);
    if ((e = draw_cells(p, eb)))
        sim_plan_release(p);
    return e;
}

void
sim_plan_release(struct sim_plan *p)
{
    for (size_t i = 0; i < p->n_types; i++) {
        free(p->type[i].ancestor);
        free(p->type[i].tissue_weight);
    }
    for (size_t i = 0; i < p->n_studies; i++)
        free(p->study[i].name);
    for (size_t i = 0; i < p->n_donors; i++)
        free(p->donor[i].name);
    free(p->type);
    free(p->study);
    free(p->donor);
    free(p->cell);
    strlist_release(&p->tissue);
    ontology_release(&p->onto);
    *p = (struct sim_plan){0};
}

#define SIM_VALUE(label, id) {label, id},

static const struct sim_value assays[] = {
#define ASSAY SIM_VALUE
#include "data/simulate_obs.def"
};

static const struct sim_value diseases[] = {
#define DISEASE SIM_VALUE
#include "data/simulate_obs.def"
};

static const struct sim_value sexes[] = {
#define SEX SIM_VALUE
#include "data/simulate_obs.def"
};

struct sim_values
sim_assays(void)
{
    return (struct sim_values){assays, sizeof assays / sizeof *assays};
}

struct sim_values
sim_diseases(void)
{
    return (struct sim_values){diseases, sizeof diseases / sizeof *diseases};
}

struct sim_values
sim_sexes(void)
{
    return (struct sim_values){sexes, sizeof sexes / sizeof *sexes};
}
