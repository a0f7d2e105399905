/* pool.h - a fixed set of threads that run numbered tasks.
 *
 * Which thread runs a task is not defined.  Results are the same for every
 * number of threads if a task's outputs depend on its number only and no two
 * tasks write the same place.
 *
 * Threads: owner thread only; tasks run on the owner and on the pool's threads.
 * Errors:  a thread that cannot be started is done without. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

struct pool;

typedef void (*pool_fn)(void *ctx, size_t task, size_t thread);

/* n_threads >= 1 in all, the caller's own among them. */
struct pool *pool_new(size_t n_threads);
void pool_free(struct pool *p);

/* Threads that run tasks, the caller's among them; p = NULL counts as 1. */
size_t pool_threads(const struct pool *p);

/* Run fn(ctx, task, thread) for task = 0 .. n_tasks-1, thread < pool_threads(p);
 * returns when all are done.  p = NULL runs them here.  Not re-entrant. */
void pool_run(struct pool *p, size_t n_tasks, pool_fn fn, void *ctx);

/* Cores that this process may use: affinity and cgroup v2 quota; at least 1. */
size_t pool_cores(void);

#endif
