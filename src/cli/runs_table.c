/* runs_table.c - runs as rows. */
#include "cli/runs_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

static void
cell_int(struct table *t, int64_t x)
{
    if (x == INT64_MIN)
        table_null(t);
    else
        table_int(t, x);
}

static void
cell_duration(struct table *t, double s)
{
    char text[32];

    clock_duration(s, text, sizeof text);
    table_text(t, isnan(s) ? NULL : text);
}

static const struct table_column short_columns[] = {
    {.name = "run_id", .title = "id", .type = TABLE_INT},
    {.name = "name", .type = TABLE_TEXT},
    {.name = "experiment", .type = TABLE_TEXT, .rank = 3},
    {.name = "model", .type = TABLE_TEXT, .rank = 6},
    {.name = "loss", .type = TABLE_TEXT},
    {.name = "seed", .type = TABLE_INT},
    {.name = "state", .type = TABLE_TEXT},
    {.name = "epoch", .type = TABLE_TEXT},
    {.name = "val_f1_macro",
     .title = "val F1",
     .type = TABLE_REAL,
     .digits = 4,
     .rank = 1},
    {.name = "best_val_f1_macro", .title = "best", .type = TABLE_REAL, .digits = 4},
    {.name = "best_epoch", .title = "at", .type = TABLE_INT, .rank = 2},
    {.name = "cells_per_s",
     .title = "cells/s",
     .type = TABLE_REAL,
     .digits = 0,
     .rank = 7},
    {.name = "eta", .type = TABLE_TEXT, .rank = 4},
    {.name = "duration", .title = "took", .type = TABLE_TEXT, .rank = 5},
    {.name = "end_reason", .title = "why", .type = TABLE_TEXT},
};

static void
add_short(struct table *t, const struct store_run *r)
{
    char epoch[48] = "";

    /* Epochs count from 0; people read how many are done. */
    if (r->epoch != INT64_MIN)
        snprintf(epoch, sizeof epoch, "%" PRId64 "/%" PRId64, store_run_epochs(r),
                 r->max_epochs);
    table_int(t, r->run_id);
    table_text(t, r->name);
    table_text(t, r->experiment);
    table_text(t, r->model);
    table_text(t, r->loss);
    table_int(t, r->seed);
    table_text(t, r->state);
    table_text(t, epoch);
    table_real(t, r->val_f1_macro);
    table_real(t, r->best_val_f1_macro);
    cell_int(t, r->best_epoch);
    table_real(t, r->cells_per_s);
    cell_duration(t, strcmp(r->state, "running") == 0 ? r->eta_s : (double)NAN);
    cell_duration(t, r->duration_s);
    table_text(t, r->end_reason ? r->end_reason : r->reason);
}

/* Every field of struct store_run that is part of the output, once. */
#define RUN_FIELDS(INT, TEXT, REAL)                                                    \
    INT(run_id)                                                                        \
    TEXT(uuid)                                                                         \
    TEXT(pair_key)                                                                     \
    TEXT(name)                                                                         \
    TEXT(experiment)                                                                   \
    TEXT(model)                                                                        \
    TEXT(loss)                                                                         \
    INT(seed)                                                                          \
    TEXT(state)                                                                        \
    TEXT(end_reason)                                                                   \
    TEXT(reason)                                                                       \
    INT(priority)                                                                      \
    INT(attempt)                                                                       \
    INT(epoch) INT(max_epochs) INT(step) REAL(train_loss) REAL(val_loss)               \
        REAL(val_f1_macro) REAL(best_val_f1_macro) INT(best_epoch) REAL(cells_per_s)   \
            REAL(eta_s) REAL(duration_s) TEXT(created_at) TEXT(started_at)             \
                TEXT(ended_at) TEXT(host) INT(pid) INT(exit_code) INT(term_signal)     \
                    TEXT(weights_sha256) TEXT(best_weights_sha256) TEXT(cpu_path)      \
                        TEXT(blas_core) INT(threads) INT(memory_bytes)                 \
                            TEXT(cell_order) TEXT(source_path)

#define COLUMN_INT(field)  {.name = #field, .type = TABLE_INT},
#define COLUMN_TEXT(field) {.name = #field, .type = TABLE_TEXT},
#define COLUMN_REAL(field) {.name = #field, .type = TABLE_REAL, .digits = 4},
static const struct table_column all_columns[] = {
    RUN_FIELDS(COLUMN_INT, COLUMN_TEXT, COLUMN_REAL)};

static void
add_all(struct table *t, const struct store_run *r)
{
#define CELL_INT(field)  cell_int(t, r->field);
#define CELL_TEXT(field) table_text(t, r->field);
#define CELL_REAL(field) table_real(t, r->field);
    RUN_FIELDS(CELL_INT, CELL_TEXT, CELL_REAL)
}

struct table *
runs_table(const struct store_runs *r, enum table_format format)
{
    bool people = format == TABLE_PLAIN || format == TABLE_MARKDOWN;
    struct table *t =
        people
            ? table_new(short_columns, sizeof short_columns / sizeof short_columns[0])
            : table_new(all_columns, sizeof all_columns / sizeof all_columns[0]);

    for (size_t i = 0; i < r->n; i++) {
        if (people)
            add_short(t, &r->run[i]);
        else
            add_all(t, &r->run[i]);
    }
    return t;
}

static bool
same_group(const struct store_run *a, const struct store_run *b)
{
    return strcmp(a->pair_key, b->pair_key) == 0 && strcmp(a->loss, b->loss) == 0;
}

/* "3 succeeded, 1 failed (seed 2)" for the members of the group of run `first`.
 * Caller frees. */
static char *
group_states(const struct store_runs *r, size_t first)
{
    static const char *const state[] = {"running", "queued",    "paused",
                                        "failed",  "cancelled", "succeeded"};
    struct strbuf sb = {0};

    for (size_t k = 0; k < sizeof state / sizeof state[0]; k++) {
        struct strbuf seeds = {0};
        size_t n = 0;

        for (size_t i = first; i < r->n; i++) {
            if (!same_group(&r->run[first], &r->run[i]) ||
                strcmp(r->run[i].state, state[k]) != 0)
                continue;
            strbuf_addf(&seeds, "%s%" PRId64, n ? "," : "", r->run[i].seed);
            n++;
        }
        if (n)
            strbuf_addf(&sb, "%s%zu %s", sb.len ? ", " : "", n, state[k]);
        if (n && strcmp(state[k], "failed") == 0)
            strbuf_addf(&sb, " (seed %s)", strbuf_str(&seeds));
        strbuf_release(&seeds);
    }
    return strbuf_detach(&sb);
}

/* What the members of a group have together; NaN: nothing. */
struct group_numbers {
    size_t n; /* with a best score */
    double best_mean, best_sd, best_epoch, last_mean;
    double eta_s;       /* the longest of the running ones */
    double cells_per_s; /* of the running ones together, else the mean */
    double duration_s;  /* together */
};

struct sum {
    double sum, squares;
    size_t n;
};

static void
sum_add(struct sum *s, double x, double about)
{
    if (isnan(x))
        return;
    s->sum += x;
    s->squares += (x - about) * (x - about);
    s->n++;
}

static double
mean(const struct sum *s)
{
    return s->n ? s->sum / (double)s->n : (double)NAN;
}

/* Run i belongs to the group of run `first` and stands for its seed there. */
static bool
counts(const struct store_runs *r, size_t first, size_t i)
{
    if (!same_group(&r->run[first], &r->run[i]))
        return false;
    for (size_t k = first; k < r->n; k++)
        if (store_run_replaces(&r->run[k], &r->run[i]))
            return false;
    return true;
}

/* Two passes over the best scores, for the sd. */
static double
group_sd(const struct store_runs *r, size_t first, double about)
{
    struct sum s = {0};

    for (size_t i = first; i < r->n; i++)
        if (counts(r, first, i))
            sum_add(&s, r->run[i].best_val_f1_macro, about);
    return s.n > 1 ? sqrt(s.squares / (double)(s.n - 1)) : (double)NAN;
}

static struct group_numbers
group_numbers(const struct store_runs *r, size_t first)
{
    struct sum best = {0}, epoch = {0}, last = {0}, time = {0}, active = {0},
               rate = {0};
    struct group_numbers g = {.eta_s = NAN};

    for (size_t i = first; i < r->n; i++) {
        const struct store_run *x = &r->run[i];
        bool running = strcmp(x->state, "running") == 0;

        if (!same_group(&r->run[first], x))
            continue;
        if (counts(r, first, i)) {
            sum_add(&best, x->best_val_f1_macro, 0);
            sum_add(&epoch, x->best_epoch >= 0 ? (double)x->best_epoch : (double)NAN,
                    0);
            sum_add(&last, x->val_f1_macro, 0);
        }
        sum_add(&time, x->duration_s, 0);
        sum_add(running ? &active : &rate, x->cells_per_s, 0);
        if (running && isfinite(x->eta_s))
            g.eta_s = fmax(isnan(g.eta_s) ? 0 : g.eta_s, x->eta_s);
    }
    g.n = best.n;
    g.best_mean = mean(&best);
    g.best_sd = group_sd(r, first, g.best_mean);
    g.best_epoch = mean(&epoch);
    g.last_mean = mean(&last);
    g.cells_per_s = active.n ? active.sum : mean(&rate);
    g.duration_s = time.n ? time.sum : (double)NAN;
    return g;
}

static bool
is_first_of_group(const struct store_runs *r, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_group(&r->run[k], &r->run[i]))
            return false;
    return true;
}

/* Times are words for people and seconds for programs. */
#define GROUP_COLUMNS(eta_name, time_name, time_type)                                  \
    {.name = "experiment", .type = TABLE_TEXT},                                        \
        {.name = "pair_key", .type = TABLE_TEXT, .rank = 3},                           \
        {.name = "model", .type = TABLE_TEXT, .rank = 2},                              \
        {.name = "loss", .type = TABLE_TEXT}, {.name = "states", .type = TABLE_TEXT},  \
        {.name = "n_scored", .title = "n", .type = TABLE_INT, .rank = 1},              \
        {.name = "best_val_f1_macro_mean",                                             \
         .title = "best val F1",                                                       \
         .type = TABLE_REAL,                                                           \
         .digits = 4},                                                                 \
        {.name = "best_val_f1_macro_sd",                                               \
         .title = "sd",                                                                \
         .type = TABLE_REAL,                                                           \
         .digits = 4,                                                                  \
         .rank = 1},                                                                   \
        {.name = "best_epoch_mean",                                                    \
         .title = "at",                                                                \
         .type = TABLE_REAL,                                                           \
         .digits = 0,                                                                  \
         .rank = 4},                                                                   \
        {.name = "val_f1_macro_mean",                                                  \
         .title = "last",                                                              \
         .type = TABLE_REAL,                                                           \
         .digits = 4,                                                                  \
         .rank = 5},                                                                   \
        {.name = eta_name, .title = "eta", .type = time_type, .rank = 5},              \
        {.name = "cells_per_s",                                                        \
         .title = "cells/s",                                                           \
         .type = TABLE_REAL,                                                           \
         .digits = 0,                                                                  \
         .rank = 7},                                                                   \
        {.name = time_name, .title = "took", .type = time_type, .rank = 6},
static const struct table_column group_columns[] = {
    GROUP_COLUMNS("eta_s", "duration_s", TABLE_REAL)};
static const struct table_column group_columns_people[] = {
    GROUP_COLUMNS("eta", "duration", TABLE_TEXT)};

static void
cell_time(struct table *t, double s, bool people)
{
    if (people)
        cell_duration(t, s);
    else
        table_real(t, s);
}

static void
add_group(struct table *t, const struct store_runs *r, size_t first, bool people)
{
    const struct store_run *x = &r->run[first];
    struct group_numbers g = group_numbers(r, first);
    char *states = group_states(r, first);
    char *key = xstrndup(x->pair_key, people ? 12 : SIZE_MAX);

    table_text(t, x->experiment);
    table_text(t, key);
    table_text(t, x->model);
    table_text(t, x->loss);
    table_text(t, states);
    table_int(t, (int64_t)g.n);
    table_real(t, g.best_mean);
    table_real(t, g.best_sd);
    table_real(t, g.best_epoch);
    table_real(t, g.last_mean);
    cell_time(t, g.eta_s, people);
    table_real(t, g.cells_per_s);
    cell_time(t, g.duration_s, people);
    free(key);
    free(states);
}

struct table *
runs_group_table(const struct store_runs *r, enum table_format format)
{
    bool people = format == TABLE_PLAIN || format == TABLE_MARKDOWN;
    struct table *t = table_new(people ? group_columns_people : group_columns,
                                sizeof group_columns / sizeof group_columns[0]);

    for (size_t i = 0; i < r->n; i++)
        if (is_first_of_group(r, i))
            add_group(t, r, i, people);
    return t;
}
