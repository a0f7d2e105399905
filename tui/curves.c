/* curves.c - the curves that are on a screen. */
#include "tui/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum { LOOK_AT_CLOCK = 256, IDLE_ROUNDS = 2 };

/* --- what is there, by metric and run --- */

/* Both kinds begin alike. */
struct key {
    int64_t run_id;
    enum metric_id metric;
};

/* Where a key stands, or belongs. */
static size_t
place_of(const struct by_key *set, struct key key)
{
    size_t lo = 0, hi = set->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct key *k = set->item[mid];
        bool before =
            k->metric != key.metric ? k->metric < key.metric : k->run_id < key.run_id;
        lo = before ? mid + 1 : lo;
        hi = before ? hi : mid;
    }
    return lo;
}

/* The item of a key; a new one has nothing but its key. */
static void *
find(struct by_key *set, size_t size, struct key key)
{
    size_t i = place_of(set, key);

    if (i < set->n) {
        const struct key *k = set->item[i];
        if (k->run_id == key.run_id && k->metric == key.metric)
            return set->item[i];
    }
    set->item = grow(set->item, &set->cap, set->n + 1, sizeof *set->item);
    memmove(set->item + i + 1, set->item + i, (set->n - i) * sizeof *set->item);
    set->n++;
    set->item[i] = xcalloc(1, size);
    memcpy(set->item[i], &key, sizeof key);
    return set->item[i];
}

/* --- reading in slices --- */

struct slice {
    void *what;
    void (*add)(void *what, int64_t step, int64_t epoch, double wall_s, double value);
    struct reading *at;
    double deadline_s;
    size_t n;
    bool cut; /* stopped before the end */
};

static bool
add_row(void *ctx, int64_t step, int64_t epoch, double wall_s, double value,
        bool nonfinite)
{
    struct slice *s = ctx;

    s->add(s->what, step, epoch, wall_s, nonfinite ? (double)NAN : value);
    s->at->last_step = step;
    s->cut = ++s->n % LOOK_AT_CLOCK == 0 && clock_mono_s() > s->deadline_s;
    return !s->cut;
}

static bool
is_over(const struct store_run *run)
{
    return strcmp(run->state, "succeeded") == 0;
}

/* True if what was read may be no more: begun again, or gone on from a checkpoint. */
static bool
is_outdated(const struct reading *at, const struct store_run *run)
{
    return at->attempt != run->attempt || run->step < at->run_step;
}

/* True if the store may have more than was read. */
static bool
has_more(const struct reading *at, const struct store_run *run, unsigned generation)
{
    if (!at->is_read || is_outdated(at, run))
        return true;
    if (at->is_final || at->generation == generation)
        return false;
    return run->change == 0 || at->change != run->change;
}

static void
read_on(struct slice *slice, struct store *s, const struct store_run *run,
        enum metric_id metric, unsigned generation)
{
    struct reading *at = slice->at;

    if (store_curve_each(s, run->run_id, metric_info(metric)->name, at->last_step,
                         add_row, slice, NULL) != ERR_OK)
        return;
    at->attempt = run->attempt;
    at->run_step = run->step;
    if (slice->cut)
        return;
    at->is_read = true;
    at->change = run->change;
    at->generation = generation;
    at->is_final = is_over(run);
}

/* --- curves --- */

static void
grow_column(double **column, size_t old_cap, size_t need)
{
    size_t cap = old_cap;

    *column = grow(*column, &cap, need, sizeof **column);
}

static void
copy_point(struct curve *cu, size_t to, size_t from, double average)
{
    cu->step[to] = cu->step[from];
    cu->epoch[to] = cu->epoch[from];
    cu->wall_s[to] = cu->wall_s[from];
    cu->value[to] = cu->value[from];
    cu->average[to] = average;
}

/* Of the points from i to end: which stay, in order; returns how many (1..3): the
 * smallest, the largest, and the first that is not finite. */
static size_t
extremes(const struct curve *cu, size_t i, size_t end, size_t keep[3])
{
    size_t lo = end, hi = end, bad = end, n = 0;

    for (size_t k = i; k < end; k++) {
        double y = cu->value[k];
        if (!isfinite(y)) {
            bad = bad == end ? k : bad;
            continue;
        }
        lo = lo == end || y < cu->value[lo] ? k : lo;
        hi = hi == end || y > cu->value[hi] ? k : hi;
    }
    for (size_t k = i; k < end; k++)
        if (k == lo || k == hi || k == bad)
            keep[n++] = k;
    return n;
}

/* Half as many points: of four neighbours two stay, and a NaN. */
static void
thin_out(struct curve *cu)
{
    enum { OF = 4 };
    size_t n = 0, keep[3];

    if (!cu->average) {
        cu->average = xmalloc(cu->cap, sizeof *cu->average);
        memcpy(cu->average, cu->value, cu->n * sizeof *cu->average);
    }
    for (size_t i = 0; i < cu->n; i += OF) {
        size_t end = i + OF < cu->n ? i + OF : cu->n, n_keep, n_sum = 0;
        double sum = 0;
        for (size_t k = i; k < end; k++) {
            sum += isfinite(cu->average[k]) ? cu->average[k] : 0;
            n_sum += isfinite(cu->average[k]) ? 1 : 0;
        }
        n_keep = extremes(cu, i, end, keep);
        for (size_t k = 0; k < n_keep; k++) /* keep[k] >= n: nothing is overwritten */
            copy_point(cu, n++, keep[k], n_sum ? sum / (double)n_sum : (double)NAN);
    }
    cu->n = n;
}

/* Thin out until it fits; where NaNs and values alternate nothing can go. */
static void
fit(struct curve *cu)
{
    size_t before = cu->n + 1;

    while (cu->n > cu->most && cu->n < before) {
        before = cu->n;
        thin_out(cu);
    }
}

static void
shrink_column(double **column, size_t cap)
{
    double *small = realloc(*column, cap * sizeof **column);

    *column = small ? small : *column;
}

/* Give back what thinning out has left free. */
static void
shrink(struct curve *cu)
{
    cu->cap = cu->n + 1;
    shrink_column(&cu->step, cu->cap);
    shrink_column(&cu->epoch, cu->cap);
    shrink_column(&cu->wall_s, cu->cap);
    shrink_column(&cu->value, cu->cap);
    shrink_column(&cu->average, cu->cap);
}

static void
add_point(void *what, int64_t step, int64_t epoch, double wall_s, double value)
{
    struct curve *cu = what;
    size_t cap = cu->cap;

    if (cu->n + 1 > cap) {
        grow_column(&cu->epoch, cap, cu->n + 1);
        grow_column(&cu->wall_s, cap, cu->n + 1);
        grow_column(&cu->value, cap, cu->n + 1);
        if (cu->average)
            grow_column(&cu->average, cap, cu->n + 1);
        cu->step = grow(cu->step, &cu->cap, cu->n + 1, sizeof *cu->step);
    }
    cu->step[cu->n] = (double)step;
    cu->epoch[cu->n] = (double)epoch;
    cu->wall_s[cu->n] = wall_s;
    if (cu->average)
        cu->average[cu->n] = value;
    cu->value[cu->n++] = value;
    fit(cu);
}

static void
curve_reset(struct curve *cu)
{
    free(cu->average);
    cu->average = NULL;
    cu->n = 0;
    cu->at = (struct reading){.last_step = -1, .run_step = INT64_MIN}; /* from 1 */
}

static void
curve_free(struct curve *cu)
{
    free(cu->step);
    free(cu->epoch);
    free(cu->wall_s);
    free(cu->value);
    free(cu->average);
    free(cu);
}

void
curves_round(struct curves *c)
{
    size_t kept = 0;
    bool full = c->n_points > CURVES_POINTS;

    c->n_points = 0;
    for (size_t i = 0; i < c->curve.n; i++) {
        struct curve *cu = c->curve.item[i];
        if (full && cu->used + IDLE_ROUNDS <= c->round) {
            curve_free(cu);
            continue;
        }
        c->curve.item[kept++] = cu;
        c->n_points += cu->n;
    }
    c->curve.n = kept;
    c->most = CURVES_POINTS / (c->n_used ? c->n_used : 1);
    c->most = c->most > CURVE_LEAST ? c->most : CURVE_LEAST;
    c->n_used = 0;
    c->round++;
}

/* How many points a curve may have: fewer at once where there is no room, many more only
 * where that is worth reading it again. */
static void
set_most(struct curves *c, struct curve *cu)
{
    if (cu->most == 0 || (cu->average && cu->most * 4 <= c->most))
        curve_reset(cu);
    if (cu->n == 0 || c->most < cu->most)
        cu->most = c->most;
    if (cu->n > cu->most) {
        fit(cu);
        shrink(cu);
    }
}

const struct curve *
curves_get(struct curves *c, struct store *s, const struct store_run *run,
           enum metric_id metric, unsigned generation, double deadline_s, bool *late)
{
    struct curve *cu = find(&c->curve, sizeof *cu, (struct key){run->run_id, metric});

    if (c->most == 0)
        c->most = CURVES_POINTS;
    if (cu->most == 0 || cu->used != c->round) {
        c->n_used++;
        cu->used = c->round;
        set_most(c, cu);
    }
    if (!s || !has_more(&cu->at, run, generation))
        return cu;
    if (clock_mono_s() > deadline_s) {
        *late = true;
        return cu;
    }
    if (is_outdated(&cu->at, run))
        curve_reset(cu);
    size_t before = cu->n;
    struct slice slice = {
        .what = cu, .add = add_point, .at = &cu->at, .deadline_s = deadline_s};
    read_on(&slice, s, run, metric, generation);
    c->n_points = c->n_points + cu->n - before;
    *late = *late || slice.cut;
    return cu;
}

/* --- sparks --- */

static void
halve(struct spark *sp)
{
    for (size_t i = 0; i < SPARK_BINS / 2; i++) {
        sp->sum[i] = sp->sum[2 * i] + sp->sum[2 * i + 1];
        sp->n[i] = sp->n[2 * i] + sp->n[2 * i + 1];
        sp->bad[i] = sp->bad[2 * i] || sp->bad[2 * i + 1];
    }
    memset(sp->sum + SPARK_BINS / 2, 0, sizeof sp->sum / 2);
    memset(sp->n + SPARK_BINS / 2, 0, sizeof sp->n / 2);
    memset(sp->bad + SPARK_BINS / 2, 0, sizeof sp->bad / 2);
    sp->width *= 2;
}

static void
add_to_bin(void *what, int64_t step, int64_t epoch, double wall_s, double value)
{
    struct spark *sp = what;

    (void)epoch;
    (void)wall_s;
    if (step < 0)
        return;
    while (step >= sp->width * SPARK_BINS)
        halve(sp);
    size_t i = (size_t)(step / sp->width);
    if (isfinite(value)) {
        sp->sum[i] += value;
        sp->n[i]++;
    } else {
        sp->bad[i] = true;
    }
}

static void
spark_reset(struct spark *sp)
{
    struct key key = {sp->run_id, sp->metric};

    *sp = (struct spark){.width = 1, .at = {.last_step = -1, .run_step = INT64_MIN}};
    memcpy(sp, &key, sizeof key);
}

const struct spark *
curves_spark(struct curves *c, struct store *s, const struct store_run *run,
             enum metric_id metric, unsigned generation, double deadline_s, bool *late)
{
    struct spark *sp = find(&c->spark, sizeof *sp, (struct key){run->run_id, metric});

    if (sp->width == 0)
        spark_reset(sp);
    if (!s || !has_more(&sp->at, run, generation))
        return sp;
    if (clock_mono_s() > deadline_s) {
        *late = true;
        return sp;
    }
    if (is_outdated(&sp->at, run))
        spark_reset(sp);
    struct slice slice = {
        .what = sp, .add = add_to_bin, .at = &sp->at, .deadline_s = deadline_s};
    read_on(&slice, s, run, metric, generation);
    *late = *late || slice.cut;
    return sp;
}

void
curves_release(struct curves *c)
{
    for (size_t i = 0; i < c->curve.n; i++)
        curve_free(c->curve.item[i]);
    for (size_t i = 0; i < c->spark.n; i++)
        free(c->spark.item[i]);
    free(c->curve.item);
    free(c->spark.item);
    *c = (struct curves){0};
}
