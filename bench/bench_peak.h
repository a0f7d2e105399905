/* bench_peak.h - how many multiply-adds a core does when nothing else is asked of it.
 *
 * The loop keeps all it needs in registers and has enough independent chains to hide
 * the latency; what it reaches is the limit that kernels are compared with.
 *
 * Threads: one thread per pool.
 * Errors:  none. */
#ifndef BENCH_BENCH_PEAK_H
#define BENCH_BENCH_PEAK_H

#include "base/pool.h"
#include "num/kernels.h"

/* 1e9 float multiply-adds per second of one thread, the mean of all threads of the pool
 * at work at once for about that long, with the vectors of path k. */
double bench_peak(struct pool *pool, const struct kernels *k, double seconds);

#endif
