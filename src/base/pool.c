/* pool.c - worker threads that draw task numbers from a counter. */
#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"

struct pool {
    pthread_mutex_t mu;
    pthread_cond_t start, done;
    pthread_t *thread; /* (n_started) owned */
    size_t n_started;
    uint64_t round; /* mu; counts pool_run calls */
    size_t running; /* mu; helpers still in the round */
    bool quit;      /* mu */
    atomic_size_t next;
    size_t n_tasks;
    pool_fn fn;
    void *ctx;
};

struct helper_start {
    struct pool *pool;
    size_t index;
};

static void
run_tasks(struct pool *p, size_t thread)
{
    for (;;) {
        size_t task = atomic_fetch_add(&p->next, 1);

        if (task >= p->n_tasks)
            return;
        p->fn(p->ctx, task, thread);
    }
}

static void *
helper_main(void *arg)
{
    struct helper_start hs = *(struct helper_start *)arg;
    struct pool *p = hs.pool;
    uint64_t seen = 0;

    free(arg);
    pthread_mutex_lock(&p->mu);
    for (;;) {
        while (!p->quit && p->round == seen)
            pthread_cond_wait(&p->start, &p->mu);
        if (p->quit)
            break;
        seen = p->round;
        pthread_mutex_unlock(&p->mu);
        run_tasks(p, hs.index);
        pthread_mutex_lock(&p->mu);
        if (--p->running == 0)
            pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->mu);
    return NULL;
}

struct pool *
pool_new(size_t n_threads)
{
    struct pool *p = xcalloc(1, sizeof *p);
    sigset_t all, old;

    assert(n_threads >= 1);
    pthread_mutex_init(&p->mu, NULL);
    pthread_cond_init(&p->start, NULL);
    pthread_cond_init(&p->done, NULL);
    p->thread = xcalloc(n_threads, sizeof *p->thread);

    /* Signals belong to the owner: helpers start with all of them blocked. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (p->n_started + 1 < n_threads) {
        struct helper_start *hs = xmalloc(1, sizeof *hs);

        *hs = (struct helper_start){p, p->n_started + 1};
        if (pthread_create(&p->thread[p->n_started], NULL, helper_main, hs) != 0) {
            free(hs);
            break;
        }
        p->n_started++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return p;
}

void
pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mu);
    p->quit = true;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->mu);
    for (size_t i = 0; i < p->n_started; i++)
        pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->start);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->mu);
    free(p->thread);
    free(p);
}

size_t
pool_threads(const struct pool *p)
{
    return p ? p->n_started + 1 : 1;
}

void
pool_run(struct pool *p, size_t n_tasks, pool_fn fn, void *ctx)
{
    if (!p || p->n_started == 0 || n_tasks <= 1) {
        for (size_t task = 0; task < n_tasks; task++)
            fn(ctx, task, 0);
        return;
    }
    pthread_mutex_lock(&p->mu);
    p->fn = fn;
    p->ctx = ctx;
    p->n_tasks = n_tasks;
    atomic_store(&p->next, 0);
    p->running = p->n_started;
    p->round++;
    pthread_cond_broadcast(&p->start);
    pthread_mutex_unlock(&p->mu);

    run_tasks(p, 0);

    pthread_mutex_lock(&p->mu);
    while (p->running)
        pthread_cond_wait(&p->done, &p->mu);
    pthread_mutex_unlock(&p->mu);
}

/* The quota of our cgroup in cores, or SIZE_MAX.  Only the common case of a
 * container, whose own limit shows at the root of its cgroup mount. */
static size_t
cgroup_cores(void)
{
    FILE *fp = fopen("/sys/fs/cgroup/cpu.max", "re");
    unsigned long quota, period;
    size_t cores = SIZE_MAX;

    if (!fp)
        return cores;
    if (fscanf(fp, "%lu %lu", &quota, &period) == 2 && period > 0)
        cores = quota / period ? quota / period : 1;
    fclose(fp);
    return cores;
}

size_t
pool_cores(void)
{
    cpu_set_t set;
    size_t n = 1, quota = cgroup_cores();

    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        n = (size_t)CPU_COUNT(&set);
    return n < quota ? n : quota;
}
