/* predictions.c - what a model said about each cell, as CSV. */
#include "cli/predictions.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/csv_out.h"
#include "data/dataset_ids.h"

enum {
    FIXED_COLUMNS = 6,
    BLOCK = 4096 /* cells whose probabilities are in memory at a time */
};

static const char *const fixed_name[FIXED_COLUMNS] = {
    "cell",          "true_label",        "predicted_label",
    "correct_exact", "correct_hierarchy", "probability"};

struct predictions {
    const struct eval_cells *ec;
    const struct class_set *classes;
    const struct obs_column **facet; /* (n_facets) NULL where the data lack it */
    const char **name, **value;      /* (n_cols) */
    char *type;                      /* (n_cols + 1) */
    size_t n_facets, n_cols;
    struct csv_out out;
};

static void
predictions_init(struct predictions *p, const struct strlist *facets)
{
    p->n_facets = facets->n;
    p->n_cols = FIXED_COLUMNS + facets->n;
    p->facet = xcalloc(facets->n + 1, sizeof *p->facet);
    p->name = xcalloc(p->n_cols, sizeof *p->name);
    p->value = xcalloc(p->n_cols, sizeof *p->value);
    p->type = xcalloc(p->n_cols + 1, 1);
    memset(p->type, 't', p->n_cols);
    memcpy(p->type, "tttiif", FIXED_COLUMNS);
    memcpy(p->name, fixed_name, sizeof fixed_name);
    for (size_t i = 0; i < facets->n; i++) {
        p->name[FIXED_COLUMNS + i] = facets->item[i];
        p->facet[i] = dataset_find_column(p->ec->ds, facets->item[i]);
    }
}

static void
predictions_release(struct predictions *p)
{
    free(p->facet);
    free(p->name);
    free(p->value);
    free(p->type);
}

/* Row of cell i of ec, which has this id: what was said, with probability prob. */
static void
add_row(struct predictions *p, size_t i, const char *id, int32_t said, double prob)
{
    uint32_t cell = p->ec->cell[i];
    size_t truth = (size_t)p->ec->y[i], predicted = (size_t)said;
    struct strbuf number = {0};

    strbuf_add_double(&number, prob);
    p->value[0] = id;
    p->value[1] = p->classes->name.item[truth];
    p->value[2] = p->classes->name.item[predicted];
    p->value[3] = truth == predicted ? "1" : "0";
    p->value[4] = class_set_reaches(p->classes, truth, predicted) ? "1" : "0";
    p->value[5] = strbuf_str(&number);
    for (size_t f = 0; f < p->n_facets; f++) {
        int32_t code = p->facet[f] ? codes_get(&p->facet[f]->code, cell) : -1;

        p->value[FIXED_COLUMNS + f] = code < 0 ? NULL : p->facet[f]->levels.item[code];
    }
    csv_out_row(&p->out, p->n_cols, p->name, p->value, p->type);
    strbuf_release(&number);
}

static enum err
write_rows(struct predictions *p, const struct classifier *model,
           const int32_t *predicted, size_t threads, struct errbuf *eb)
{
    size_t C = p->classes->C;
    int32_t *again = xcalloc(BLOCK, sizeof *again);
    struct dataset_ids ids;
    float *prob;
    enum err e = big_calloc(&prob, BLOCK * C, sizeof *prob, "probabilities", eb);

    dataset_ids_init(&ids, p->ec->ds);
    for (size_t first = 0; first < p->ec->n && e == ERR_OK; first += BLOCK) {
        size_t n = p->ec->n - first < BLOCK ? p->ec->n - first : BLOCK;

        e = classifier_predict(model, p->ec->ds, p->ec->cell + first, n, threads, again,
                               prob, eb);
        for (size_t i = 0; i < n && e == ERR_OK; i++) {
            int32_t said = predicted[first + i];
            const char *id;

            if (!(e = dataset_ids_get(&ids, p->ec->cell[first + i], &id, eb)))
                add_row(p, first + i, id, said,
                        classifier_probability(model, prob + i * C, said));
        }
    }
    dataset_ids_release(&ids);
    free(again);
    free(prob);
    return e;
}

enum err
predictions_write(struct cli *c, const char *path, const struct classifier *model,
                  const struct eval_cells *ec, const struct class_set *classes,
                  const struct strlist *facets, const int32_t *predicted,
                  size_t threads, struct errbuf *eb)
{
    struct predictions p = {.ec = ec, .classes = classes};
    enum err e = csv_out_open(&p.out, c, path, eb);

    if (e)
        return e;
    predictions_init(&p, facets);
    e = write_rows(&p, model, predicted, threads, eb);
    enum err closed = csv_out_close(&p.out, e == ERR_OK, e ? NULL : eb);
    predictions_release(&p);
    return e ? e : closed;
}
