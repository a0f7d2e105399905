/* screen_model.c - reading the store, and seed groups; curves.c has the curves. */
#include "tui/screen_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/keyset.h"

enum { WAIT_MS = 20 };   /* for a store that is locked: less than a frame */
#define WORKER_AGE_S 5.0 /* a worker beats once a second */
#define REST_MOST_S  1.0
#define REST_FACTOR  100 /* what it takes is 1 % of a core */

static const struct {
    const char *name;
    int rank;
} state_table[RUN_STATE_COUNT] = {
#define STATE(id, rank) [RUN_##id] = {#id, rank},
#include "tui/states.def"
#undef STATE
};

enum run_state
run_state_of(const struct store_run *run)
{
    for (size_t i = 0; i < RUN_STATE_COUNT; i++)
        if (strcmp(state_table[i].name, run->state) == 0)
            return (enum run_state)i;
    return RUN_failed;
}

const char *
run_state_name(enum run_state state)
{
    return state_table[state].name;
}

bool
run_is_imported(const struct store_run *run)
{
    return run->source_path != NULL;
}

double
run_progress(const struct store_run *run)
{
    double done = (double)run->epoch, all = (double)run->max_epochs;

    if (strcmp(run->state, "succeeded") == 0)
        return 1;
    return run->epoch > 0 && run->max_epochs > 0 ? fmin(done / all, 1) : 0;
}

/* --- groups --- */

static void
groups_reset(struct model *m)
{
    for (size_t i = 0; i < m->n_groups; i++)
        free(m->group[i].run);
    m->n_groups = 0;
}

static uint64_t
group_key(const struct store_run *r)
{
    uint64_t h = keyset_hash(0, r->experiment);

    h = keyset_hash(h, r->model);
    h = keyset_hash(h, r->loss);
    return keyset_hash(h, r->pair_key) | 1ull << 63; /* never a run_id */
}

static struct run_group *
group_of(struct model *m, const struct store_run *r)
{
    uint64_t key = group_key(r);

    for (size_t i = m->n_groups; i-- > 0;) /* runs of a group come one after another */
        if (m->group[i].key == key)
            return &m->group[i];
    m->group = grow(m->group, &m->group_cap, m->n_groups + 1, sizeof *m->group);
    struct run_group *g = &m->group[m->n_groups++];
    *g = (struct run_group){.key = key,
                            .experiment = r->experiment,
                            .model = r->model,
                            .loss = r->loss,
                            .pair_key = r->pair_key};
    return g;
}

struct mean {
    double sum;
    size_t n;
};

static void
mean_add(struct mean *m, double x)
{
    if (isfinite(x)) {
        m->sum += x;
        m->n++;
    }
}

static double
mean_of(const struct mean *m)
{
    return m->n ? m->sum / (double)m->n : (double)NAN;
}

bool
group_counts(const struct model *m, const struct run_group *g, size_t i)
{
    const struct store_run *r = group_run(m, g, i);

    for (size_t k = i; k-- > 0 && group_run(m, g, k)->seed == r->seed;)
        if (store_run_replaces(group_run(m, g, k), r))
            return false;
    for (size_t k = i + 1; k < g->n && group_run(m, g, k)->seed == r->seed; k++)
        if (store_run_replaces(group_run(m, g, k), r))
            return false;
    return true;
}

/* Two passes, NaN for fewer than two. */
static double
best_sd(const struct model *m, const struct run_group *g)
{
    double sum = 0;

    for (size_t i = 0; i < g->n; i++) {
        double d = group_run(m, g, i)->best_val_f1_macro - g->best_mean;
        sum += isfinite(d) && group_counts(m, g, i) ? d * d : 0;
    }
    return g->n_best < 2 ? (double)NAN : sqrt(sum / (double)(g->n_best - 1));
}

static void
group_states(const struct model *m, struct run_group *g)
{
    memset(g->count, 0, sizeof g->count);
    g->n_imported = 0;
    g->state = run_state_of(group_run(m, g, 0));
    for (size_t i = 0; i < g->n; i++) {
        enum run_state s = run_state_of(group_run(m, g, i));
        g->count[s]++;
        g->n_imported += run_is_imported(group_run(m, g, i));
        if (state_table[s].rank > state_table[g->state].rank)
            g->state = s;
    }
}

/* Seconds until all of a group has ended, if as many runs go on side by side as now:
 * what the running ones have left, and for each that waits the mean duration of those that
 * succeeded, or else of those that run.  NaN while none runs or nothing is known. */
static double
group_eta(const struct model *m, const struct run_group *g)
{
    struct mean done = {0}, whole = {0};
    double left = 0, longest = 0;
    size_t known = 0;

    for (size_t i = 0; i < g->n; i++) {
        const struct store_run *r = group_run(m, g, i);
        enum run_state state = run_state_of(r);
        if (state == RUN_succeeded)
            mean_add(&done, r->duration_s);
        if (state != RUN_running || !isfinite(r->eta_s))
            continue;
        mean_add(&whole, r->duration_s + r->eta_s);
        left += r->eta_s;
        longest = fmax(longest, r->eta_s);
        known++;
    }
    double each = done.n ? mean_of(&done) : mean_of(&whole);
    if (known == 0)
        return NAN;
    if (g->count[RUN_queued])
        left += (double)g->count[RUN_queued] * each;
    return fmax(longest, left / (double)g->count[RUN_running]);
}

static void
group_numbers(const struct model *m, struct run_group *g)
{
    struct mean loss = {0}, last = {0}, best = {0}, epoch = {0}, rate = {0}, time = {0},
                active = {0};

    g->progress = 0;
    g->n_seeds = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct store_run *r = group_run(m, g, i);
        bool running = run_state_of(r) == RUN_running;

        g->progress += run_progress(r) / (double)g->n;
        if (group_counts(m, g, i)) {
            mean_add(&loss, r->train_loss);
            mean_add(&last, r->val_f1_macro);
            mean_add(&best, r->best_val_f1_macro);
            mean_add(&epoch, r->best_epoch >= 0 ? (double)r->best_epoch : (double)NAN);
            g->n_seeds++;
        }
        mean_add(&time, r->duration_s);
        mean_add(running ? &active : &rate, r->cells_per_s);
    }
    g->eta_s = group_eta(m, g);
    g->loss_mean = mean_of(&loss);
    g->last_mean = mean_of(&last);
    g->best_mean = mean_of(&best);
    g->n_best = best.n;
    g->best_sd = best_sd(m, g);
    g->best_epoch = mean_of(&epoch);
    g->duration_s = time.n ? time.sum : (double)NAN;
    g->cells_per_s = active.n ? active.sum : mean_of(&rate);
}

static int
by_seed(const void *a, const void *b, void *ctx)
{
    const struct model *m = ctx;
    const struct store_run *x = &m->runs.run[*(const size_t *)a];
    const struct store_run *y = &m->runs.run[*(const size_t *)b];
    int k = (x->seed > y->seed) - (x->seed < y->seed);

    return k ? k : (x->run_id > y->run_id) - (x->run_id < y->run_id);
}

static int
newest_first(const void *a, const void *b)
{
    const struct run_group *x = a, *y = b;
    int k = (x->newest < y->newest) - (x->newest > y->newest);

    k = k ? k : strcmp(x->pair_key, y->pair_key);
    return k ? k : strcmp(x->loss, y->loss);
}

/* Facts about a group that come from the others: the age of its pair, and whether its
 * name says enough. */
static void
group_neighbours(struct model *m, struct run_group *g)
{
    for (size_t i = 0; i < m->n_groups; i++) {
        const struct run_group *o = &m->group[i];
        if (strcmp(o->experiment, g->experiment) != 0)
            continue;
        bool same_pair = strcmp(o->pair_key, g->pair_key) == 0;
        for (size_t k = 0; same_pair && k < o->n; k++) {
            int64_t id = m->runs.run[o->run[k]].run_id;
            g->newest = id > g->newest ? id : g->newest;
        }
        if (!same_pair && strcmp(o->model, g->model) == 0)
            g->is_ambiguous = true;
    }
}

/* What follows from the runs of a group alone. */
static void
group_compute(const struct model *m, struct run_group *g)
{
    group_states(m, g);
    group_numbers(m, g);
    g->generation = m->generation;
}

/* Compute again the groups of which a run was read again. */
static void
touch_groups(struct model *m)
{
    for (size_t i = 0; i < m->n_groups; i++) {
        struct run_group *g = &m->group[i];
        bool touched = false;
        for (size_t k = 0; k < g->n && !touched; k++)
            touched = group_run(m, g, k)->touched;
        if (touched)
            group_compute(m, g);
    }
}

static void
make_groups(struct model *m)
{
    groups_reset(m);
    for (size_t i = 0; i < m->runs.n; i++) {
        struct run_group *g = group_of(m, &m->runs.run[i]);
        g->run = grow(g->run, &g->cap, g->n + 1, sizeof *g->run);
        g->run[g->n++] = i;
    }
    for (size_t i = 0; i < m->n_groups; i++) {
        struct run_group *g = &m->group[i];
        qsort_r(g->run, g->n, sizeof *g->run, by_seed, m);
        group_compute(m, g);
        group_neighbours(m, g);
    }
    if (m->n_groups)
        qsort(m->group, m->n_groups, sizeof *m->group, newest_first);
}

/* --- reading --- */

void
model_init(struct model *m, const char *path)
{
    *m = (struct model){.path = path, .deadline_s = INFINITY};
}

void
model_release(struct model *m)
{
    groups_reset(m);
    free(m->group);
    curves_release(&m->curves);
    store_runs_release(&m->runs);
    store_close(m->store);
    *m = (struct model){0};
}

/* Device and number of the store's file; false if it is not there. */
static bool
find_file(const struct model *m, uint64_t file[2])
{
    struct stat st;

    if (stat(m->path, &st) != 0)
        return false;
    file[0] = st.st_dev;
    file[1] = st.st_ino;
    return true;
}

/* True if there is a store to read. */
static bool
open_store(struct model *m)
{
    double now = clock_mono_s();

    if (m->store)
        return true;
    if (now < m->open_due_s)
        return false;
    m->open_due_s = now + 0.5;
    m->problem.text[0] = '\0';
    if (!find_file(m, m->file))
        return false;
    if (store_open_brisk(&m->store, m->path, WAIT_MS, &m->problem) == ERR_OK) {
        (void)store_changed(m->store);
        m->is_new = true;
        m->n_opened++;
        return true;
    }
    m->store = NULL;
    return false;
}

/* True if a run that was read again did more than go on: whoever works on one reports
 * steps; whatever else happens begins or ends something. */
static bool
has_news(const struct model *m)
{
    for (size_t i = 0; i < m->n_groups; i++) {
        const struct run_group *g = &m->group[i];
        for (size_t k = 0; k < g->n; k++)
            if (group_run(m, g, k)->touched &&
                (group_run(m, g, k)->turned ||
                 run_state_of(group_run(m, g, k)) != RUN_running))
                return true;
    }
    return false;
}

static bool
read_runs(struct model *m)
{
    struct store_runs fresh = {0};
    bool whole, first = m->is_new;

    if (store_runs_update(m->store, first ? &fresh : &m->runs, &whole, &m->problem)) {
        store_runs_release(&fresh);
        return false;
    }
    if (first) {
        groups_reset(m); /* they point into the runs */
        store_runs_release(&m->runs);
        m->runs = fresh;
        m->is_new = false;
        whole = true;
    }
    m->problem.text[0] = '\0';
    m->generation++;
    if (m->adjust) {
        m->adjust(&m->runs);
        whole = true;
    }
    if (whole) {
        make_groups(m);
        m->whole = m->generation;
    } else {
        touch_groups(m);
    }
    if (whole || has_news(m))
        m->results = m->generation;
    return true;
}

/* Heartbeats grow old without a change of the store, so workers are counted by time. */
static bool
count_workers(struct model *m)
{
    size_t n = 0;
    double now = clock_mono_s();

    if (now < m->workers_due_s)
        return false;
    m->workers_due_s = now + 1;
    if (store_count_workers(m->store, WORKER_AGE_S, &n, NULL) || n == m->n_workers)
        return false;
    m->n_workers = n;
    return true;
}

/* Another file has its name now: what is known of the old one stays on the screen until
 * the new one has been read. */
static void
let_go(struct model *m)
{
    store_close(m->store);
    m->store = NULL;
    curves_release(&m->curves);
    m->is_gone = false;
    m->open_due_s = m->rest_until_s = 0;
}

/* A file that was removed can still be read here, but nobody writes to it any more.
 * True if what is to be said of it changed. */
static bool
look_for_file(struct model *m)
{
    bool was_gone = m->is_gone;
    uint64_t file[2];

    m->is_gone = !find_file(m, file);
    if (!m->is_gone && memcmp(file, m->file, sizeof file) != 0) {
        let_go(m);
        return true;
    }
    if (m->is_gone == was_gone)
        return false;
    if (m->is_gone)
        err_set(&m->problem, ERR_NOTFOUND,
                "%s was removed: this is what was last read from it", m->path);
    else
        m->problem.text[0] = '\0';
    return true;
}

bool
model_refresh(struct model *m)
{
    if (!open_store(m))
        return false;
    bool other = look_for_file(m);
    if (!open_store(m))
        return other;
    other = count_workers(m) || other;
    bool rests = clock_mono_s() < m->rest_until_s;
    m->stale = store_changed(m->store) || m->is_new || m->stale;
    if (!m->stale || rests)
        return other;
    m->stale = !read_runs(m);
    return !m->stale || other;
}

void
model_rest(struct model *m, double took_s)
{
    m->rest_until_s = clock_mono_s() + fmin(REST_MOST_S, REST_FACTOR * took_s);
}

const struct curve *
model_curve(struct model *m, const struct store_run *run, enum metric_id metric)
{
    return curves_get(&m->curves, m->store, run, metric, m->generation, m->deadline_s,
                      &m->late);
}

const struct spark *
model_spark(struct model *m, const struct store_run *run, enum metric_id metric)
{
    return curves_spark(&m->curves, m->store, run, metric, m->generation, m->deadline_s,
                        &m->late);
}

void
model_begin_frame(struct model *m, double frame_s)
{
    m->late = false;
    m->deadline_s = clock_mono_s() + frame_s;
    curves_round(&m->curves);
}

const struct store_run *
model_run(const struct model *m, int64_t run_id)
{
    for (size_t i = 0; i < m->runs.n; i++)
        if (m->runs.run[i].run_id == run_id)
            return &m->runs.run[i];
    return NULL;
}

const struct run_group *
model_group(const struct model *m, uint64_t key)
{
    for (size_t i = 0; i < m->n_groups; i++)
        if (m->group[i].key == key)
            return &m->group[i];
    return NULL;
}

const struct store_run *
group_run(const struct model *m, const struct run_group *g, size_t i)
{
    return &m->runs.run[g->run[i]];
}
