/* predict_csv.c - predictions as CSV, one row per cell. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/csv_out.h"
#include "cli/predict_out.h"
#include "data/dataset_ids.h"

enum { FIXED_COLUMNS = 3, NAME_BYTES = 32, NUMBER_BYTES = 32 };

static const char *const fixed_name[FIXED_COLUMNS] = {"cell_id", "predicted_label",
                                                      "predicted_term_id"};

struct csv {
    const struct predict_job *job;
    struct csv_out out;
    struct dataset_ids ids;
    size_t n_cols;
    bool propagated;              /* has that column */
    const char **name, **value;   /* (n_cols) */
    char *type;                   /* (n_cols + 1) */
    char (*made)[NAME_BYTES];     /* (n_cols) names with numbers in them */
    char (*number)[NUMBER_BYTES]; /* (n_cols) */
    int32_t *top;                 /* (k) */
};

static void
add_name(struct csv *o, size_t *at, char type, const char *name, size_t i)
{
    snprintf(o->made[*at], NAME_BYTES, "%s_%zu", name, i + 1);
    o->type[*at] = type;
    o->name[*at] = o->made[*at];
    ++*at;
}

static void
name_columns(struct csv *o)
{
    size_t at = 0;

    for (; at < FIXED_COLUMNS; at++) {
        o->name[at] = fixed_name[at];
        o->type[at] = 't';
    }
    if (o->propagated) {
        o->name[at] = "propagated_probability";
        o->type[at++] = 'f';
    }
    for (size_t i = 0; i < o->job->top_k; i++) {
        add_name(o, &at, 't', "label", i);
        add_name(o, &at, 'f', "probability", i);
    }
    for (size_t i = 0; i < o->job->width; i++)
        add_name(o, &at, 'f', "embedding", i);
}

static void
csv_free(struct csv *o)
{
    dataset_ids_release(&o->ids);
    free(o->name);
    free(o->value);
    free(o->type);
    free(o->made);
    free(o->number);
    free(o->top);
    free(o);
}

static enum err
open_csv(void **out, const struct predict_job *job, struct errbuf *eb)
{
    struct csv *o = xcalloc(1, sizeof *o);
    bool propagated = classifier_propagates(job->m->classifier);
    size_t n = FIXED_COLUMNS + propagated + 2 * job->top_k + job->width;

    *o = (struct csv){.job = job, .n_cols = n, .propagated = propagated};
    o->name = xcalloc(n, sizeof *o->name);
    o->value = xcalloc(n, sizeof *o->value);
    o->type = xcalloc(n + 1, 1);
    o->made = xcalloc(n, sizeof *o->made);
    o->number = xcalloc(n, sizeof *o->number);
    o->top = xcalloc(job->top_k, sizeof *o->top);
    name_columns(o);
    dataset_ids_init(&o->ids, job->ds);
    enum err e = csv_out_open(&o->out, job->c, job->path, eb);

    *out = e ? NULL : o;
    if (e)
        csv_free(o);
    return e;
}

/* Column at = x, with the digits that a float needs. */
static void
put_number(struct csv *o, size_t at, double x)
{
    snprintf(o->number[at], NUMBER_BYTES, "%.9g", x);
    o->value[at] = o->number[at];
}

static void
put_row(struct csv *o, const struct predict_block *b, size_t i, const char *id)
{
    const struct class_set *cs = &o->job->m->classes;
    const float *prob = b->prob + i * cs->C;
    const char *term = cs->term_id.item[b->predicted[i]];
    size_t at = FIXED_COLUMNS;

    o->value[0] = id;
    o->value[1] = cs->name.item[b->predicted[i]];
    o->value[2] = *term ? term : NULL;
    if (o->propagated)
        put_number(
            o, at++,
            classifier_probability(o->job->m->classifier, prob, b->predicted[i]));
    classifier_top(prob, cs->C, o->propagated ? -1 : b->predicted[i], o->job->top_k,
                   o->top);
    for (size_t k = 0; k < o->job->top_k; k++) {
        o->value[at++] = cs->name.item[o->top[k]];
        put_number(o, at++, (double)prob[o->top[k]]);
    }
    for (size_t j = 0; j < o->job->width; j++)
        put_number(o, at++, (double)b->embedding[i * o->job->width + j]);
    csv_out_row(&o->out, o->n_cols, o->name, o->value, o->type);
}

static enum err
put_csv(void *out, const struct predict_block *b, struct errbuf *eb)
{
    struct csv *o = out;

    for (size_t i = 0; i < b->n; i++) {
        const char *id;
        enum err e = dataset_ids_get(&o->ids, (uint32_t)(b->first + i), &id, eb);

        if (e)
            return e;
        put_row(o, b, i, id);
    }
    return csv_out_check(&o->out, eb);
}

static enum err
close_csv(void *out, bool keep, struct errbuf *eb)
{
    struct csv *o = out;
    enum err e = csv_out_close(&o->out, keep, eb);

    csv_free(o);
    return e;
}

const struct predict_format predict_csv = {
    .suffix = ".csv",
    .open = open_csv,
    .put = put_csv,
    .close = close_csv,
};
