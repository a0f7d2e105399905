/* predict_h5ad.c - predictions as an .h5ad without X, to be joined by cell.
 *
 *   obs   predicted_label, predicted_term_id (categorical), probability
 *   obsm  X_hcelab_prob (cells, classes), X_hcelab_embedding (cells, W)
 *   uns   hcelab: classes, term_ids (the columns of X_hcelab_prob), run, uuid, model,
 *         loss, checkpoint; decode, where it is propagated */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/predict_out.h"
#include "cli/run_arg.h"
#include "data/dataset_ids.h"
#include "data/h5ad_write.h"
#include "spec/decode.h"

enum { OBS_COLUMNS = 3, BYTES_PER_CELL = 192, BYTES_BESIDE = 1 << 20 };

struct h5ad_file {
    const struct predict_job *job;
    struct h5ad_writer *w;              /* owned */
    struct h5ad_rows *prob, *embedding; /* owned; embedding may be NULL */
    int32_t *label;                     /* (n) owned; predicted class */
    double *probability;                /* (n) owned; of that class */
};

/* About what the file will take: each id stands in a heap with its length. */
static uint64_t
file_bytes(const struct predict_job *job)
{
    const struct dataset *ds = job->ds;

    return BYTES_BESIDE +
           (uint64_t)ds->n_cells *
               (sizeof(float) * (job->m->classes.C + job->width) + BYTES_PER_CELL);
}

static void
file_free(struct h5ad_file *f)
{
    h5ad_rows_end(f->prob);
    h5ad_rows_end(f->embedding);
    h5ad_writer_abandon(f->w);
    free(f->label);
    free(f->probability);
    free(f);
}

static enum err
open_h5ad(void **out, const struct predict_job *job, struct errbuf *eb)
{
    struct h5ad_file *f = xcalloc(1, sizeof *f);
    size_t n = job->ds->n_cells;
    enum err e;

    *out = NULL;
    f->job = job;
    if ((e = big_calloc(&f->label, n, sizeof *f->label, "predictions", eb)) ||
        (e = big_calloc(&f->probability, n, sizeof *f->probability, "probabilities",
                        eb)) ||
        (e = h5ad_writer_open_disk(&f->w, job->path, file_bytes(job), eb)) ||
        (e = h5ad_rows_begin(&f->prob, f->w, "X_hcelab_prob", n, job->m->classes.C,
                             eb)) ||
        (job->width && (e = h5ad_rows_begin(&f->embedding, f->w, "X_hcelab_embedding",
                                            n, job->width, eb)))) {
        file_free(f);
        return e;
    }
    *out = f;
    return ERR_OK;
}

static enum err
put_h5ad(void *out, const struct predict_block *b, struct errbuf *eb)
{
    struct h5ad_file *f = out;
    size_t C = f->job->m->classes.C;

    for (size_t i = 0; i < b->n; i++) {
        f->label[b->first + i] = b->predicted[i];
        f->probability[b->first + i] = classifier_probability(
            f->job->m->classifier, b->prob + i * C, b->predicted[i]);
    }
    enum err e = h5ad_rows_put(f->prob, b->first, b->n, b->prob, eb);

    if (e == ERR_OK && f->embedding)
        e = h5ad_rows_put(f->embedding, b->first, b->n, b->embedding, eb);
    return e;
}

/* Categories are unique, and two classes may stand for one term: levels = the terms,
 * term_of (C) = the level of each class, -1 where it has none. */
static void
list_terms(const struct class_set *cs, struct strlist *levels, int32_t *term_of)
{
    struct intern *seen = intern_new();

    for (size_t c = 0; c < cs->C; c++) {
        const char *term = cs->term_id.item[c];

        term_of[c] = *term ? (int32_t)intern_add(seen, term) : -1;
        if (*term && intern_count(seen) > levels->n)
            strlist_add(levels, term);
    }
    intern_free(seen);
}

static enum err
list_ids(const struct dataset *ds, struct strlist *out, struct errbuf *eb)
{
    struct dataset_ids ids;
    enum err e = ERR_OK;

    dataset_ids_init(&ids, ds);
    for (size_t i = 0; i < ds->n_cells && e == ERR_OK; i++) {
        const char *id;

        if (!(e = dataset_ids_get(&ids, (uint32_t)i, &id, eb)))
            strlist_add(out, id);
    }
    dataset_ids_release(&ids);
    return e;
}

static enum err
write_obs(struct h5ad_file *f, struct errbuf *eb)
{
    const struct dataset *ds = f->job->ds;
    const struct class_set *cs = &f->job->m->classes;
    int32_t *term_of = xcalloc(cs->C, sizeof *term_of), *term;
    struct strlist levels = {0}, id = {0};
    enum err e = big_calloc(&term, ds->n_cells, sizeof *term, "terms of cells", eb);

    list_terms(cs, &levels, term_of);
    for (size_t i = 0; e == ERR_OK && i < ds->n_cells; i++)
        term[i] = term_of[f->label[i]];
    const struct h5ad_column obs[OBS_COLUMNS] = {
        {.name = "predicted_label",
         .kind = H5AD_CATEGORICAL,
         .code = f->label,
         .levels = &cs->name},
        {.name = "predicted_term_id",
         .kind = H5AD_CATEGORICAL,
         .code = term,
         .levels = &levels},
        {.name = "probability", .kind = H5AD_REAL, .real = f->probability}};

    if (e == ERR_OK)
        e = list_ids(ds, &id, eb);
    if (e == ERR_OK)
        e = h5ad_write_frame(f->w, "obs", &id, obs, OBS_COLUMNS, eb);
    strlist_release(&id);
    free(term);
    free(term_of);
    strlist_release(&levels);
    return e;
}

static enum err
write_uns(struct h5ad_file *f, struct errbuf *eb)
{
    const struct run_model *m = f->job->m;
    const struct {
        const char *key, *value;
    } text[] = {{"run", m->row.run->name},
                {"uuid", m->row.run->uuid},
                {"model", model_name((enum model_id)m->spec.model)},
                {"loss", loss_name((enum loss_id)m->spec.loss)},
                {"checkpoint", m->checkpoint}};
    enum err e = h5ad_write_uns_texts(f->w, "hcelab", "classes", &m->classes.name, eb);

    if (e == ERR_OK)
        e = h5ad_write_uns_texts(f->w, "hcelab", "term_ids", &m->classes.term_id, eb);
    for (size_t i = 0; e == ERR_OK && i < sizeof text / sizeof *text; i++)
        e = h5ad_write_uns_text(f->w, "hcelab", text[i].key, text[i].value, eb);
    if (e == ERR_OK && classifier_propagates(m->classifier))
        e = h5ad_write_uns_text(f->w, "hcelab", "decode",
                                decode_name(DECODE_propagated), eb);
    return e;
}

/* What is known once every cell is. */
static enum err
finish(struct h5ad_file *f, struct errbuf *eb)
{
    const struct strlist no_genes = {0};
    struct h5ad_writer *w = f->w;
    enum err e;

    if ((e = write_obs(f, eb)) ||
        (e = h5ad_write_frame(w, "var", &no_genes, NULL, 0, eb)) ||
        (e = write_uns(f, eb)))
        return e;
    h5ad_rows_end(f->prob);
    h5ad_rows_end(f->embedding);
    f->prob = f->embedding = NULL;
    f->w = NULL;
    return h5ad_writer_close(w, eb);
}

static enum err
close_h5ad(void *out, bool keep, struct errbuf *eb)
{
    struct h5ad_file *f = out;
    enum err e = keep ? finish(f, eb) : ERR_OK;

    file_free(f);
    return e;
}

const struct predict_format predict_h5ad = {
    .suffix = ".h5ad",
    .always_embedded = true,
    .open = open_h5ad,
    .put = put_h5ad,
    .close = close_h5ad,
};
