/* init.c - initial values of a tensor. */
#include "engine/init.h"

#include "base/rng.h"

typedef double (*draw_fn)(const struct rng *r, uint64_t i);

static double
uniform(const struct rng *r, uint64_t i)
{
    return 2 * rng_uniform(r, i) - 1;
}

static double
constant(const struct rng *r, uint64_t i)
{
    (void)r;
    (void)i;
    return 1;
}

static void
fill(struct model *m, size_t t, uint64_t seed, draw_fn draw, double scale)
{
    const struct param *p = &m->param[t];
    struct rng r = rng_stream(seed, RNG_INIT, t, 0);

    for (size_t i = 0; i < p->dim[0]; i++)
        for (size_t j = 0; j < p->dim[1]; j++)
            m->value[param_at(p, i, j)] = (float)(scale * draw(&r, i * p->dim[1] + j));
}

void
init_uniform(struct model *m, size_t t, uint64_t seed, double bound)
{
    fill(m, t, seed, uniform, bound);
}

void
init_normal(struct model *m, size_t t, uint64_t seed, double sd)
{
    fill(m, t, seed, rng_normal, sd);
}

void
init_constant(struct model *m, size_t t, double x)
{
    fill(m, t, 0, constant, x);
}
