/* pool.c - worker threads that draw task numbers from a counter.
 *
 * A step has dozens of rounds of a fraction of a millisecond, and waking a thread takes
 * a good part of that: whoever waits looks for a moment whether it is over before it
 * goes to sleep. */
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
    atomic_size_t round;   /* changed under mu; counts pool_run calls */
    atomic_size_t running; /* changed under mu; helpers still in the round */
    bool quit;             /* mu */
    atomic_size_t next;
    size_t n_tasks;
    pool_fn fn;
    void *ctx;
};

struct helper_start {
    struct pool *pool;
    size_t index;
};

enum {
    LOOKS = 10000, /* half a millisecond where a pause is long, less elsewhere */
    LOOKS_TO_YIELD = 64
};

/* Between looks: the core may have other work. */
static void
relax(int look)
{
    if (look % LOOKS_TO_YIELD == LOOKS_TO_YIELD - 1)
        sched_yield();
#ifdef __x86_64__
    __builtin_ia32_pause();
#elif defined __aarch64__
    __asm__ volatile("yield");
#endif
}

/* Wait a moment for another round than the one that was seen. */
static void
look_for_round(const struct pool *p, size_t seen)
{
    for (int i = 0; i < LOOKS && atomic_load(&p->round) == seen; i++)
        relax(i);
}

/* Wait a moment for all helpers to be done. */
static void
look_for_end(const struct pool *p)
{
    for (int i = 0; i < LOOKS && atomic_load(&p->running) > 0; i++)
        relax(i);
}

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
    size_t seen = 0;

    free(arg);
    for (;;) {
        look_for_round(p, seen);
        pthread_mutex_lock(&p->mu);
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
        pthread_mutex_unlock(&p->mu);
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

    look_for_end(p);
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
