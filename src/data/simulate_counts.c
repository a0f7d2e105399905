/* simulate_counts.c - profiles of types, donors and tissues; counts of cells. */
#include "data/simulate_counts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/xalloc.h"

enum { BLOCK_CELLS = 128 }; /* cells of one task */

#define LOG_FACTOR_MAX 80.0 /* e^88.7 is the largest float */

#define LIBRARY_MAX 1e7 /* counts; the inversion below underflows far above it */

/* Row-major factors on a gene's expression, exp of the sums in the header. */
struct profiles {
    size_t G;
    float *type;   /* (n_types, G) owned */
    float *donor;  /* (n_donors, G) owned */
    float *tissue; /* (n_tissues, G) owned */
};

struct block {
    uint16_t *index; /* owned */
    float *value;    /* owned */
    size_t nnz, cap_index, cap_value;
    size_t n_row[BLOCK_CELLS]; /* stored values of each cell */
};

struct sim_drawer {
    const struct sim_plan *p; /* borrowed */
    struct profiles f;
    struct pool *pool; /* owned */
    double *mean;      /* (n_threads, G) owned; workspace */
    /* while it draws: */
    size_t first, n, step; /* cells */
    struct block *block;   /* (n_blocks) owned */
};

/* log_x[g] += sd * normal(sub, b, g). */
static void
add_shift(const struct sim_spec *s, enum sim_stream sub, uint64_t b, double sd,
          double *log_x)
{
    struct rng r = sim_stream(s, sub, b);

    for (size_t g = 0; g < (size_t)s->genes && sd > 0; g++)
        log_x[g] += sd * rng_normal(&r, g);
}

/* Add the gene program of a term: an effect on the genes that are its members. */
static void
add_program(const struct sim_spec *s, uint32_t term, double *log_x)
{
    struct rng member = sim_stream(s, SIM_STREAM_MEMBER, term);
    struct rng effect = sim_stream(s, SIM_STREAM_PROGRAM, term);

    for (size_t g = 0; g < (size_t)s->genes; g++)
        if (rng_uniform(&member, g) < s->program_share)
            log_x[g] += s->program_effect * rng_normal(&effect, g);
}

/* x[g] = exp(log_x[g]); log_x = 0 again.  Cells divide by the sum over the genes, so
 * that factors too large for a float are all taken down alike. */
static void
take_exp(double *log_x, float *x, size_t G)
{
    double peak = LOG_FACTOR_MAX;

    for (size_t g = 0; g < G; g++)
        peak = log_x[g] > peak ? log_x[g] : peak;
    for (size_t g = 0; g < G; g++) {
        x[g] = (float)exp(log_x[g] - (peak - LOG_FACTOR_MAX));
        log_x[g] = 0;
    }
}

static void
fill_types(const struct sim_plan *p, struct profiles *f, double *log_x)
{
    for (size_t t = 0; t < p->n_types; t++) {
        const struct sim_type *type = &p->type[t];

        add_shift(p->spec, SIM_STREAM_BASE, 0, p->spec->gene_spread, log_x);
        add_program(p->spec, type->term, log_x);
        for (size_t k = 0; k < type->n_ancestors; k++)
            add_program(p->spec, type->ancestor[k], log_x);
        take_exp(log_x, f->type + t * f->G, f->G);
    }
}

static void
fill_donors(const struct sim_plan *p, struct profiles *f, double *log_x)
{
    const struct sim_spec *s = p->spec;

    for (size_t d = 0; d < p->n_donors; d++) {
        const struct sim_donor *donor = &p->donor[d];
        bool heldout = p->study[donor->study].heldout;

        add_shift(s, SIM_STREAM_STUDY_SHIFT, donor->study,
                  s->study_effect * (heldout ? s->heldout_factor : 1), log_x);
        add_shift(s, SIM_STREAM_ASSAY_SHIFT, donor->assay, s->assay_effect, log_x);
        add_shift(s, SIM_STREAM_DONOR_SHIFT, d, s->donor_effect, log_x);
        if (donor->disease > 0)
            add_shift(s, SIM_STREAM_DISEASE_SHIFT, donor->disease, s->disease_effect,
                      log_x);
        take_exp(log_x, f->donor + d * f->G, f->G);
    }
}

static void
fill_tissues(const struct sim_plan *p, struct profiles *f, double *log_x)
{
    for (size_t u = 0; u < p->tissue.n; u++) {
        add_shift(p->spec, SIM_STREAM_TISSUE_SHIFT, u, p->spec->tissue_effect, log_x);
        take_exp(log_x, f->tissue + u * f->G, f->G);
    }
}

static void
profiles_release(struct profiles *f)
{
    free(f->type);
    free(f->donor);
    free(f->tissue);
    *f = (struct profiles){0};
}

static enum err
profiles_init(struct profiles *f, const struct sim_plan *p, struct errbuf *eb)
{
    size_t G = (size_t)p->spec->genes;
    enum err e;

    *f = (struct profiles){.G = G};
    if ((e = big_calloc(&f->type, p->n_types * G, sizeof(float), "profiles", eb)) ||
        (e = big_calloc(&f->donor, p->n_donors * G, sizeof(float), "profiles", eb)) ||
        (e = big_calloc(&f->tissue, p->tissue.n * G, sizeof(float), "profiles", eb))) {
        profiles_release(f);
        return e;
    }
    double *log_x = xcalloc(G, sizeof *log_x);
    fill_types(p, f, log_x);
    fill_donors(p, f, log_x);
    fill_tissues(p, f, log_x);
    free(log_x);
    return ERR_OK;
}

double
sim_negative_binomial(double mean, double dispersion, double uniform)
{
    double n = 1 / dispersion;
    double odds = mean / (mean + n);
    double chance = exp(-n * log1p(mean / n)); /* of k */
    double below = chance;                     /* chance of at most k */
    double k = 0;

    /* The sum may stop short of a uniform near 1 by rounding: stop when it stalls. */
    while (uniform >= below && (k <= mean || chance > 1e-18)) {
        chance *= (n + k) / (k + 1) * odds;
        below += chance;
        k++;
    }
    return k;
}

/* mean[g] = the cell's library size x its normalised profile. */
static void
cell_means(const struct sim_drawer *d, size_t cell, double *mean)
{
    const struct sim_spec *s = d->p->spec;
    const struct sim_cell *c = &d->p->cell[cell];
    size_t G = d->f.G;
    const float *type = d->f.type + c->type * G, *donor = d->f.donor + c->donor * G;
    const float *tissue = d->f.tissue + c->tissue * G;
    struct rng r = sim_stream(s, SIM_STREAM_CELL, cell);
    double sum = 0, sd = s->library_spread;
    double library = s->library_mean * exp(sd * rng_normal(&r, 4) - sd * sd / 2);

    if (library > LIBRARY_MAX)
        library = LIBRARY_MAX;
    for (size_t g = 0; g < G; g++) {
        mean[g] = (double)type[g] * (double)donor[g] * (double)tissue[g];
        sum += mean[g];
    }
    for (size_t g = 0; g < G; g++)
        mean[g] *= library / sum;
}

static void
push(struct block *b, size_t gene, double count)
{
    b->index = grow(b->index, &b->cap_index, b->nnz + 1, sizeof *b->index);
    b->value = grow(b->value, &b->cap_value, b->nnz + 1, sizeof *b->value);
    b->index[b->nnz] = (uint16_t)gene;
    b->value[b->nnz++] = (float)count;
}

static size_t
largest(const double *x, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

static void
draw_cell(const struct sim_drawer *d, size_t i, double *mean, struct block *b)
{
    size_t cell = d->first + i * d->step;

    struct rng r = sim_stream(d->p->spec, SIM_STREAM_COUNT, cell);
    double dispersion = d->p->spec->dispersion;
    size_t before = b->nnz, G = d->f.G;

    cell_means(d, cell, mean);
    for (size_t g = 0; g < G; g++) {
        double count = sim_negative_binomial(mean[g], dispersion, rng_uniform(&r, g));

        if (count > 0)
            push(b, g, count);
    }
    if (b->nnz == before) /* an empty cell is no cell */
        push(b, largest(mean, G), 1);
    b->n_row[i % BLOCK_CELLS] = b->nnz - before;
}

static void
draw_block(void *ctx, size_t task, size_t thread)
{
    const struct sim_drawer *d = ctx;
    size_t first = task * BLOCK_CELLS, last = first + BLOCK_CELLS;

    if (last > d->n)
        last = d->n;
    for (size_t i = first; i < last; i++)
        draw_cell(d, i, d->mean + thread * d->f.G, &d->block[task]);
}

static size_t
count_blocks(const struct sim_drawer *d)
{
    return (d->n + BLOCK_CELLS - 1) / BLOCK_CELLS;
}

/* x = the blocks one after the other. */
static enum err
join_blocks(struct csr *x, const struct sim_drawer *d, struct errbuf *eb)
{
    uint64_t nnz = 0;
    enum err e;

    for (size_t k = 0; k < count_blocks(d); k++)
        nnz += d->block[k].nnz;
    if ((e = csr_init(x, d->n, d->f.G, nnz, eb)))
        return e;
    for (size_t i = 0; i < x->n_rows; i++)
        x->indptr[i + 1] =
            x->indptr[i] + d->block[i / BLOCK_CELLS].n_row[i % BLOCK_CELLS];
    for (size_t k = 0; k < count_blocks(d); k++) {
        const struct block *b = &d->block[k];
        size_t at = (size_t)x->indptr[k * BLOCK_CELLS];

        if (!b->nnz)
            continue;
        memcpy(x->index + at, b->index, b->nnz * sizeof *b->index);
        memcpy(x->value + at, b->value, b->nnz * sizeof *b->value);
    }
    return ERR_OK;
}

/* --- drawing --- */

enum err
sim_drawer_open(struct sim_drawer **out, const struct sim_plan *p, struct errbuf *eb)
{
    struct sim_drawer *d = xcalloc(1, sizeof *d);
    enum err e = profiles_init(&d->f, p, eb);

    *out = NULL;
    if (e) {
        free(d);
        return e;
    }
    d->p = p;
    d->pool = pool_new(pool_cores());
    d->mean = xcalloc(pool_threads(d->pool) * d->f.G, sizeof *d->mean);
    *out = d;
    return ERR_OK;
}

enum err
sim_drawer_draw(struct sim_drawer *d, size_t first, size_t n, size_t step,
                struct csr *x, struct errbuf *eb)
{
    assert(n == 0 || first + (n - 1) * step < d->p->n_cells);
    d->first = first;
    d->n = n;
    d->step = step;
    size_t n_blocks = count_blocks(d);

    d->block = xcalloc(n_blocks, sizeof *d->block);
    *x = (struct csr){0};
    pool_run(d->pool, n_blocks, draw_block, d);
    enum err e = join_blocks(x, d, eb);

    for (size_t k = 0; k < n_blocks; k++) {
        free(d->block[k].index);
        free(d->block[k].value);
    }
    free(d->block);
    d->block = NULL;
    return e;
}

struct pool *
sim_drawer_pool(const struct sim_drawer *d)
{
    return d->pool;
}

void
sim_drawer_close(struct sim_drawer *d)
{
    if (!d)
        return;
    pool_free(d->pool);
    free(d->mean);
    profiles_release(&d->f);
    free(d);
}

enum err
sim_counts(const struct sim_plan *p, struct csr *x, struct errbuf *eb)
{
    struct sim_drawer *d;
    enum err e = sim_drawer_open(&d, p, eb);

    *x = (struct csr){0};
    if (!e)
        e = sim_drawer_draw(d, 0, p->n_cells, 1, x, eb);
    sim_drawer_close(d);
    return e;
}
