/* bench_peak.c - the peak of multiply-adds per path. */
#include "bench/bench_peak.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

/* Independent sums: more than latency times units, and with the two constants within 16
 * registers. */
enum { PEAK_CHAINS = 12, PEAK_ROUNDS = 1 << 20 };
#define PEAK_EACH_CHAIN(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11)

#define PEAK_TARGET
#define PEAK_NAME  peak_generic
#define PEAK_BYTES 16
#include "bench/bench_peak.inc"

#ifdef __x86_64__
#define PEAK_TARGET __attribute__((target("avx2,fma")))
#define PEAK_NAME   peak_avx2
#define PEAK_BYTES  32
#include "bench/bench_peak.inc"

#define PEAK_TARGET __attribute__((target("avx512f,fma")))
#define PEAK_NAME   peak_avx512
#define PEAK_BYTES  64
#include "bench/bench_peak.inc"
#endif

typedef double (*peak_fn)(size_t rounds, float x, float y, float *out);

static peak_fn
loop_of(const struct kernels *k)
{
#ifdef __x86_64__
    if (strcmp(k->name, "avx512") == 0)
        return peak_avx512;
    if (strcmp(k->name, "avx2") == 0)
        return peak_avx2;
#endif
    (void)k;
    return peak_generic;
}

struct job {
    peak_fn loop;
    double seconds;
    double *rate; /* (tasks) */
};

static void
measure(void *ctx, size_t task, size_t thread)
{
    const struct job *j = ctx;
    volatile float x = 0.75f, y = 0.25f; /* read once, unknown to the compiler */
    float out;
    double begin = clock_mono_s(), span, n = 0;

    (void)thread;
    do {
        n += j->loop(PEAK_ROUNDS, x, y, &out);
        span = clock_mono_s() - begin;
    } while (span < j->seconds);
    x = out;
    j->rate[task] = n / span * 1e-9;
}

double
bench_peak(struct pool *pool, const struct kernels *k, double seconds)
{
    size_t n = pool_threads(pool);
    struct job j = {loop_of(k), seconds, xcalloc(n, sizeof *j.rate)};
    double sum = 0;

    pool_run(pool, n, measure, &j);
    for (size_t i = 0; i < n; i++)
        sum += j.rate[i];
    free(j.rate);
    return sum / (double)n;
}
