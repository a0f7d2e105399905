/* predict_run.c - label the cells of a data set with a run's model. */
#include "cli/predict_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/predict_out.h"
#include "cli/run_model.h"
#include "data/dataset_load.h"
#include "data/run_data.h"

enum { BLOCK = 8192 }; /* cells whose probabilities are in memory at a time */

const struct predict_format *
predict_format_find(const char *path)
{
    static const struct predict_format *const formats[] = {&predict_csv, &predict_h5ad};
    size_t n = strlen(path);

    if (strcmp(path, "-") == 0)
        return &predict_csv;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t tail = strlen(formats[i]->suffix);

        if (n > tail && strcmp(path + n - tail, formats[i]->suffix) == 0)
            return formats[i];
    }
    return NULL;
}

static enum err
load_model(struct run_model *m, struct cli *c, const struct predict_request *q,
           struct errbuf *eb)
{
    enum err e = run_model_load(m, c, q->run_id, q->checkpoint, eb);

    if (e == ERR_OK)
        e = run_model_decode(m, q->decode, eb);
    if (e == ERR_OK && q->layer)
        e = spec_set(&m->spec, SPEC_ID_layer, q->layer, eb);
    if (e == ERR_OK)
        e = spec_set(&m->spec, SPEC_ID_memory, q->memory ? q->memory : "", eb);
    if (e == ERR_OK)
        e = spec_resolve(&m->spec, eb);
    if (e == ERR_OK && q->embedding && !classifier_embedding_width(m->classifier))
        e = err_set(eb, ERR_UNSUPPORTED,
                    "--embedding: run %" PRId64
                    " is a %s model, which has no embedding "
                    "(tabnet has)",
                    q->run_id, m->row.run->model);
    return e;
}

/* Cells need no label; genes are the model's. */
static enum err
load_cells(struct dataset *ds, struct cli *c, const struct predict_request *q,
           const struct run_model *m, struct errbuf *eb)
{
    struct strlist path = {0};
    struct notes notes = {.log = &c->log};

    strlist_add(&path, q->data);
    struct dataset_request dq = {.path = &path,
                                 .where = q->where,
                                 .part = q->part,
                                 .layer = m->spec.layer,
                                 .normalize = m->spec.normalize,
                                 .gene_id = &m->gene_id,
                                 .gene_name = &m->gene_name,
                                 .with_matrix = true,
                                 .lean = true,
                                 .in_order = true,
                                 .memory_max = run_data_memory_max(&m->spec)};
    enum err e = dataset_load(ds, &dq, &notes, eb);

    strlist_release(&path);
    return e || ds->x.order.D ? e : gene_order_own(&ds->x, q->threads, eb);
}

/* What people should know about each file. */
static void
note_files(const struct dataset *ds)
{
    for (size_t i = 0; i < ds->n_files; i++) {
        const struct file_report *r = &ds->report[i];

        if (r->n_not_primary || r->n_filtered)
            out_note("%s: %zu of %zu cells left out: %zu not primary data, %zu by "
                     "--where",
                     r->path, r->n_cells - r->n_kept, r->n_cells, r->n_not_primary,
                     r->n_filtered);
    }
    run_model_note_genes(ds);
}

/* The arrays of a block. */
struct block_memory {
    int32_t *predicted;
    float *prob, *embedding;
};

static enum err
block_memory_init(struct block_memory *b, size_t n, size_t C, size_t width,
                  struct errbuf *eb)
{
    enum err e;

    *b = (struct block_memory){0};
    if ((e = big_calloc(&b->predicted, n, sizeof *b->predicted, "predictions", eb)) ||
        (e = big_calloc(&b->prob, n * C, sizeof *b->prob, "probabilities", eb)))
        return e;
    return width ? big_calloc(&b->embedding, n * width, sizeof *b->embedding,
                              "embeddings", eb)
                 : ERR_OK;
}

static void
block_memory_release(struct block_memory *b)
{
    free(b->predicted);
    free(b->prob);
    free(b->embedding);
}

static void
show_progress(const struct predict_job *job, size_t done)
{
    if (strcmp(job->path, "-") == 0)
        return;
    char *text = xasprintf("%zu of %zu cells", done, job->ds->n_cells);

    out_progress(text);
    free(text);
}

static enum err
predict_blocks(const struct predict_job *job, const struct predict_format *format,
               void *out, size_t threads, struct errbuf *eb)
{
    const struct classifier *cl = job->m->classifier;
    size_t n = job->ds->n_cells, n_max = n < BLOCK ? n : BLOCK;
    struct block_memory mem;
    uint32_t *cell = xcalloc(n_max, sizeof *cell);
    enum err e = block_memory_init(&mem, n_max, job->m->classes.C, job->width, eb);

    for (size_t first = 0; first < n && e == ERR_OK; first += n_max) {
        size_t B = n - first < n_max ? n - first : n_max;
        struct predict_block b = {first, B, mem.predicted, mem.prob, mem.embedding};

        for (size_t i = 0; i < B; i++)
            cell[i] = (uint32_t)(first + i);
        show_progress(job, first);
        e = classifier_embed(cl, job->ds, cell, B, threads, mem.predicted, mem.prob,
                             mem.embedding, eb);
        if (e == ERR_OK)
            e = format->put(out, &b, eb);
    }
    out_progress_end();
    block_memory_release(&mem);
    free(cell);
    return e;
}

static enum err
write_all(struct predict_job *job, const struct predict_request *q, struct errbuf *eb)
{
    const struct predict_format *format = predict_format_find(q->out);
    size_t C = job->m->classes.C;
    void *out;

    job->top_k = q->top_k < C ? q->top_k : C;
    job->width = q->embedding || format->always_embedded
                     ? classifier_embedding_width(job->m->classifier)
                     : 0;
    enum err e = format->open(&out, job, eb);

    if (e)
        return e;
    e = predict_blocks(job, format, out, q->threads, eb);
    enum err closed = format->close(out, e == ERR_OK, e ? NULL : eb);
    return e ? e : closed;
}

enum err
predict_run(struct cli *c, const struct predict_request *q, struct errbuf *eb)
{
    struct run_model m = {0};
    struct dataset ds = {0};
    struct predict_job job = {.c = c, .path = q->out, .m = &m, .ds = &ds};
    enum err e = cli_open(c, STORE_READ, eb);

    if (e)
        return e;
    if ((e = load_model(&m, c, q, eb)) || (e = load_cells(&ds, c, q, &m, eb)))
        goto out;
    cli_close(c); /* nobody waits for us while we compute */
    note_files(&ds);
    if (ds.part)
        out_note("%s: only its %s part", q->data, ds.part);
    if ((e = classifier_adapt(m.classifier, &ds.x, eb)))
        goto out;
    if ((e = write_all(&job, q, eb)))
        goto out;
    if (strcmp(q->out, "-") != 0)
        out_note("%s: %zu cells", q->out, ds.n_cells);
out:
    dataset_release(&ds);
    run_model_release(&m);
    return e;
}
