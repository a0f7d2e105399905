/* details.c - what a model said about each cell, with the published columns, as CSV. */
#include "cli/details.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/csv_out.h"
#include "data/dataset_ids.h"

enum { BLOCK = 4096 /* cells whose probabilities are in memory at a time */ };

static const char *const names[] = {
    "cell",   "y_true",         "y_pred",   "cell_type",         "soma_joinid",
    "assay",  "dataset_id",     "donor_id", "development_stage", "disease",
    "tissue", "tissue_general", "y_probs"};
enum {
    CELL,
    Y_TRUE,
    Y_PRED,
    CELL_TYPE,
    OBS,
    N_COLUMNS = sizeof names / sizeof names[0],
    Y_PROBS = N_COLUMNS - 1
};

struct details {
    const struct eval_cells *ec;
    const struct class_set *classes;
    const struct obs_column *obs[N_COLUMNS]; /* NULL: the data lack it */
    struct strbuf probs;
    struct csv_out out;
};

const char *
details_column(size_t i)
{
    static const char *const more[] = {"soma_joinid", "development_stage"};

    return i < sizeof more / sizeof more[0] ? more[i] : NULL;
}

static void
list_probabilities(struct strbuf *out, const float *prob, size_t C)
{
    strbuf_reset(out);
    for (size_t j = 0; j < C; j++)
        strbuf_addf(out, "%s%.9g", j ? ", " : "[", (double)prob[j]);
    strbuf_addc(out, ']');
}

/* Row of cell i of ec. */
static void
add_row(struct details *d, size_t i, const char *id, int32_t said, const float *prob)
{
    static const char types[] = "ttttttttttttt";
    const struct strlist *label = &d->classes->name;
    const char *value[N_COLUMNS] = {[CELL] = id,
                                    [Y_TRUE] = label->item[d->ec->y[i]],
                                    [Y_PRED] = label->item[said],
                                    [CELL_TYPE] = label->item[d->ec->y[i]]};

    for (size_t k = OBS; k < Y_PROBS; k++) {
        int32_t code = d->obs[k] ? codes_get(&d->obs[k]->code, d->ec->cell[i]) : -1;

        value[k] = code < 0 ? NULL : d->obs[k]->levels.item[code];
    }
    list_probabilities(&d->probs, prob, d->classes->C);
    value[Y_PROBS] = strbuf_str(&d->probs);
    csv_out_row(&d->out, N_COLUMNS, names, value, types);
}

static enum err
write_rows(struct details *d, const struct classifier *model, const int32_t *predicted,
           size_t threads, struct errbuf *eb)
{
    size_t C = d->classes->C;
    int32_t *again = xcalloc(BLOCK, sizeof *again);
    struct dataset_ids ids;
    float *prob;
    enum err e = big_calloc(&prob, BLOCK * C, sizeof *prob, "probabilities", eb);

    dataset_ids_init(&ids, d->ec->ds);
    for (size_t first = 0; first < d->ec->n && e == ERR_OK; first += BLOCK) {
        size_t n = d->ec->n - first < BLOCK ? d->ec->n - first : BLOCK;

        e = classifier_predict(model, d->ec->ds, d->ec->cell + first, n, threads, again,
                               prob, eb);
        for (size_t i = 0; i < n && e == ERR_OK; i++) {
            const char *id;

            if (!(e = dataset_ids_get(&ids, d->ec->cell[first + i], &id, eb)))
                add_row(d, first + i, id, predicted[first + i], prob + i * C);
        }
        if (e == ERR_OK)
            e = csv_out_check(&d->out, eb);
    }
    dataset_ids_release(&ids);
    free(again);
    free(prob);
    return e;
}

enum err
details_write(struct cli *c, const char *path, const struct classifier *model,
              const struct eval_cells *ec, const struct class_set *classes,
              const int32_t *predicted, size_t threads, struct errbuf *eb)
{
    struct details d = {.ec = ec, .classes = classes};
    enum err e = csv_out_open(&d.out, c, path, eb);

    if (e)
        return e;
    for (size_t k = OBS; k < Y_PROBS; k++)
        d.obs[k] = dataset_find_column(ec->ds, names[k]);
    e = write_rows(&d, model, predicted, threads, eb);
    enum err closed = csv_out_close(&d.out, e == ERR_OK, e ? NULL : eb);
    strbuf_release(&d.probs);
    return e ? e : closed;
}
