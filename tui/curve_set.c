/* curve_set.c - the lines of a chart made from runs. */
#include "tui/curve_set.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "draw/table.h"

enum { MAX_UNMARKED = 6 }; /* groups drawn when nothing is marked: styles of a chart */

static void
line_release(struct curve_line *l)
{
    chart_mean_release(&l->mean);
    free(l->raw);
}

void
curve_set_release(struct curve_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        line_release(&s->line[i]);
    free(s->line);
    *s = (struct curve_set){0};
}

/* --- x and y of one run --- */

/* Caller frees. */
static double *
x_of(const struct curve *c, enum chart_x axis)
{
    double *x = xmalloc(c->n, sizeof *x);

    chart_x_of(axis, metric_info(c->metric)->per_epoch, c->step, c->epoch, c->wall_s,
               c->n, x);
    return x;
}

struct inputs {                        /* of one line: the curves of its runs */
    struct chart_series *raw, *smooth; /* (n) */
    size_t n;
    bool thinned; /* points were left out of some */
};

static void
inputs_init(struct inputs *in, struct model *m, const struct store_run *const *run,
            size_t n, const struct curve_choice *choice)
{
    in->raw = xcalloc(n, sizeof *in->raw);
    in->smooth = xcalloc(n, sizeof *in->smooth);
    in->n = 0;
    in->thinned = false;
    for (size_t i = 0; i < n; i++) {
        const struct curve *c = model_curve(m, run[i], choice->metric);
        if (c->n == 0)
            continue;
        in->thinned = in->thinned || c->average;
        /* Means of extremes would be no means. */
        const double *value = n > 1 && c->average ? c->average : c->value;
        double *x = x_of(c, choice->x), *y = xmalloc(c->n, sizeof *y);
        chart_smooth(y, value, c->n, choice->smooth);
        in->raw[in->n] = (struct chart_series){.x = x, .y = value, .n = c->n};
        in->smooth[in->n++] = (struct chart_series){.x = x, .y = y, .n = c->n};
    }
}

static void
inputs_release(struct inputs *in)
{
    for (size_t i = 0; i < in->n; i++) {
        free((void *)(uintptr_t)in->smooth[i].x);
        free((void *)(uintptr_t)in->smooth[i].y);
    }
    free(in->raw);
    free(in->smooth);
}

/* --- lines --- */

static struct curve_line *
new_line(struct curve_set *s)
{
    s->line = grow(s->line, &s->cap, s->n + 1, sizeof *s->line);
    s->line[s->n] = (struct curve_line){0};
    return &s->line[s->n++];
}

static void
count_bare(struct curve_set *s, struct model *m, const struct store_run *const *run,
           size_t n, const struct curve_choice *choice)
{
    for (size_t i = 0; i < n; i++) {
        bool is_bare = model_curve(m, run[i], choice->metric)->n == 0;

        s->n_runs++;
        s->n_bare += is_bare;
        s->n_bare_imported += is_bare && run_is_imported(run[i]);
    }
}

/* The mean of one run is the run. */
static void
add_line(struct curve_set *s, struct model *m, const struct store_run *const *run,
         size_t n, const struct curve_choice *choice, enum style style,
         const char *name)
{
    struct inputs in;

    inputs_init(&in, m, run, n, choice);
    count_bare(s, m, run, n, choice);
    s->thinned = s->thinned || in.thinned;
    struct curve_line *l = new_line(s);
    l->style = style;
    chart_mean_init(&l->mean, in.smooth, in.n, choice->band);
    if (choice->smooth > 0) {
        struct chart_mean raw;
        chart_mean_init(&raw, in.raw, in.n, BAND_NONE);
        l->raw = raw.y; /* the x are the same: those of the same curves */
        raw.y = NULL;
        chart_mean_release(&raw);
    }
    snprintf(l->name, sizeof l->name, n > 1 ? "%s n=%zu" : "%s", name, in.n);
    inputs_release(&in);
}

/* CE and HCE of one pair_key are neighbours; pair i has the styles 2i and 2i + 1. */
static enum style
style_of(size_t pair, const char *loss)
{
    size_t second = strcmp(loss, loss_name(LOSS_hce)) == 0;

    return (enum style)(STYLE_SERIES_1 + (pair * 2 + second) % 6);
}

static void
run_name(const struct run_group *g, const struct store_run *r, char *out, size_t size)
{
    snprintf(out, size, "%.40s %.20s %.8s s%" PRId64, g->experiment, g->model, g->loss,
             r->seed);
}

static void
add_group(struct curve_set *s, struct model *m, const struct run_group *g, size_t pair,
          const struct curve_choice *choice)
{
    const struct store_run **run = xcalloc(g->n, sizeof *run);
    char name[96];
    size_t n = 0;

    for (size_t i = 0; i < g->n; i++)
        if (choice->single || group_counts(m, g, i))
            run[n++] = group_run(m, g, i);
    for (size_t i = 0; choice->single && i < n; i++) {
        run_name(g, run[i], name, sizeof name);
        add_line(s, m, &run[i], 1, choice, style_of(pair, g->loss), name);
    }
    snprintf(name, sizeof name, "%.40s %.20s %.8s%s%.4s", g->experiment, g->model,
             g->loss, g->is_ambiguous ? " " : "", g->is_ambiguous ? g->pair_key : "");
    if (!choice->single)
        add_line(s, m, run, n, choice, style_of(pair, g->loss), name);
    free(run);
}

/* Runs of a group that are marked themselves; each has a style of its own. */
static void
add_marked_runs(struct curve_set *s, struct model *m, const struct run_group *g,
                const struct keyset *marked, const struct curve_choice *choice)
{
    char name[96];

    for (size_t i = 0; i < g->n; i++) {
        const struct store_run *r = group_run(m, g, i);
        if (!keyset_has(marked, (uint64_t)r->run_id))
            continue;
        run_name(g, r, name, sizeof name);
        enum style style = (enum style)(STYLE_SERIES_1 + s->n % 6);
        add_line(s, m, &r, 1, choice, style, name);
    }
}

/* Groups that wait have nothing to say yet; what was marked is listed all the same. */
static void
drop_empty(struct curve_set *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (s->line[i].mean.n)
            s->line[kept++] = s->line[i];
        else
            line_release(&s->line[i]);
    }
    s->n = kept;
}

static void
find_range(struct curve_set *s)
{
    s->x_min = s->x_max = (double)NAN;
    for (size_t i = 0; i < s->n; i++) {
        const struct chart_mean *c = &s->line[i].mean;
        if (c->n == 0)
            continue;
        s->x_min = fmin(s->x_min, c->x[0]); /* fmin and fmax pass over NaN */
        s->x_max = fmax(s->x_max, c->x[c->n - 1]);
    }
}

/* True if a group, or runs of it, are to be drawn. */
static bool
is_wanted(const struct model *m, size_t group, const struct keyset *marked)
{
    const struct run_group *g = &m->group[group];

    if (!marked || marked->n == 0)
        return group < MAX_UNMARKED &&
               strcmp(g->experiment, m->group[0].experiment) == 0;
    return keyset_has(marked, g->key);
}

/* Read what the lines are made of, as far as the frame's time goes. */
static void
fetch(struct model *m, const struct keyset *marked, enum metric_id metric)
{
    for (size_t i = 0; i < m->n_groups; i++) {
        const struct run_group *g = &m->group[i];
        bool all = is_wanted(m, i, marked);
        for (size_t k = 0; k < g->n; k++) {
            const struct store_run *r = group_run(m, g, k);
            if (all || (marked && keyset_has(marked, (uint64_t)r->run_id)))
                (void)model_curve(m, r, metric);
        }
    }
}

static bool
same_choice(const struct curve_choice *a, const struct curve_choice *b)
{
    return a->metric == b->metric && a->x == b->x && a->band == b->band &&
           !(a->smooth < b->smooth) && !(a->smooth > b->smooth) &&
           a->single == b->single;
}

void
curve_set_make(struct curve_set *s, struct model *m, const struct keyset *marked,
               const struct curve_choice *choice)
{
    bool any = marked && marked->n > 0;
    size_t pair = 0;

    fetch(m, marked, choice->metric);
    if (m->late && same_choice(&s->choice, choice))
        return;
    curve_set_release(s);
    s->choice = *choice;
    s->x_min = s->x_max = (double)NAN;
    if (m->late)
        return;
    for (size_t i = 0; i < m->n_groups; i++) {
        const struct run_group *g = &m->group[i], *before = i ? g - 1 : NULL;
        pair += before && strcmp(before->pair_key, g->pair_key) != 0;
        if (any) {
            if (keyset_has(marked, g->key))
                add_group(s, m, g, pair, choice);
            add_marked_runs(s, m, g, marked, choice);
        } else if (strcmp(g->experiment, m->group[0].experiment) == 0) {
            if (i < MAX_UNMARKED)
                add_group(s, m, g, pair, choice);
            else
                s->n_left_out++;
        }
    }
    if (!any)
        drop_empty(s);
    find_range(s);
}

size_t
curve_set_series(const struct curve_set *s, bool with_band, struct chart_series *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct curve_line *l = &s->line[i];
        if (l->raw)
            out[n++] = (struct chart_series){.name = "",
                                             .style = l->style,
                                             .x = l->mean.x,
                                             .y = l->raw,
                                             .n = l->mean.n,
                                             .dim = true};
    }
    for (size_t i = 0; i < s->n; i++) {
        const struct curve_line *l = &s->line[i];
        bool band = with_band && l->mean.n_curves > 1;
        out[n++] = (struct chart_series){.name = l->name,
                                         .style = l->style,
                                         .x = l->mean.x,
                                         .y = l->mean.y,
                                         .lo = band ? l->mean.lo : NULL,
                                         .hi = band ? l->mean.hi : NULL,
                                         .lost = l->mean.lost,
                                         .n_lost = l->mean.n_lost,
                                         .n = l->mean.n};
    }
    return n;
}

void
curve_set_export(const struct curve_set *s, enum table_format format,
                 struct strbuf *out)
{
    static const struct table_column columns[] = {
        {.name = "line", .type = TABLE_TEXT},
        {.name = "x", .type = TABLE_REAL, .digits = -6},
        {.name = "value", .type = TABLE_REAL, .digits = -6},
        {.name = "low", .type = TABLE_REAL, .digits = -6},
        {.name = "high", .type = TABLE_REAL, .digits = -6},
    };
    struct table *t = table_new(columns, sizeof columns / sizeof columns[0]);

    for (size_t i = 0; i < s->n; i++) {
        const struct chart_mean *c = &s->line[i].mean;
        for (size_t k = 0; k < c->n; k++) {
            table_text(t, s->line[i].name);
            table_real(t, c->x[k]);
            table_real(t, c->y[k]);
            table_real(t, c->lo ? c->lo[k] : (double)NAN);
            table_real(t, c->hi ? c->hi[k] : (double)NAN);
        }
    }
    table_print(t, format, out);
    table_free(t);
}
