/* merge_support.c - stores with something in them, and merging them. */
#include "tests/merge_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* A second store beside the box's. */
void
other_open(const struct store_box *b, struct store_box *o, const char *name)
{
    *o = (struct store_box){.dir = NULL, .path = xasprintf("%s/%s", b->dir, name)};
    store_ok(store_open(&o->s, o->path, STORE_CREATE, &o->eb), &o->eb);
}

void
other_close(struct store_box *o)
{
    store_close(o->s);
    free(o->path);
    *o = (struct store_box){0};
}

/* A copy of a store, open for writing. */
void
other_copy(const struct store_box *b, struct store *from, struct store_box *o,
           const char *name)
{
    *o = (struct store_box){.path = xasprintf("%s/%s", b->dir, name)};
    store_ok(store_backup(from, o->path, &o->eb), &o->eb);
    store_ok(store_open(&o->s, o->path, STORE_WRITE, &o->eb), &o->eb);
}

static void
put_inputs(struct store_box *b, struct store_attempt a, int variant)
{
    static const char *const label[] = {"T cell", "B cell", "lymphocyte"};
    static const char *const term[] = {"CL:1", "CL:2", "CL:3"};
    static const char *const gene[] = {"ENSG1", "ENSG2"}, *const facet[] = {"tissue"};
    static const uint32_t up[] = {2, 2}, down[] = {0, 1};
    char labels_digest[32], ontology_digest[32], genes_digest[32];
    const struct store_input_file file = {
        "atlas.h5ad", "X", "log", "why", 10, 9, 8, 7, 6};

    snprintf(labels_digest, sizeof labels_digest, "labels %d", variant);
    snprintf(ontology_digest, sizeof ontology_digest, "ontology %d", variant);
    snprintf(genes_digest, sizeof genes_digest, "genes %d", variant);
    struct store_labels labels = {labels_digest, label, term, 3, up, down, 2};
    struct store_ontology ontology = {
        ontology_digest, "cl.obo", "2024", term, label, 3, down, up, 2};
    struct store_genes genes = {genes_digest, gene, gene, 2};
    struct store_inputs in = {.labels = &labels,
                              .ontology = &ontology,
                              .genes = &genes,
                              .file = &file,
                              .n_files = 1,
                              .facet = facet,
                              .n_facets = 1,
                              .n_train = 7,
                              .n_val = 2,
                              .n_test = 1,
                              .cell_order = "blocks"};

    store_ok(store_inputs_add(b->s, &a, &in, &b->eb), &b->eb);
}

void
put_metrics(struct store_box *b, struct store_attempt a, int64_t from, int64_t n)
{
    struct store_metric *m = xcalloc((size_t)(3 * n), sizeof *m);
    struct store_progress p = {from + n, (from + n) / 10, 100, 5};

    for (int64_t i = 0; i < n; i++) {
        int64_t step = from + i + 1;
        m[3 * i] =
            (struct store_metric){"train_loss", step, step / 10, .1, 1. / (double)step};
        m[3 * i + 1] = (struct store_metric){"grad_norm", step, step / 10, .1,
                                             i % 7 ? .5 : (double)NAN};
        m[3 * i + 2] = (struct store_metric){"val_f1_macro", step, step / 10, .1, .3};
    }
    store_ok(store_metrics_add(b->s, &a, m, (size_t)(3 * n), &p, &b->eb), &b->eb);
    free(m);
}

static void
put_checkpoint(struct store_box *b, struct store_attempt a, const char *kind,
               int64_t step, size_t size)
{
    char *data = xmalloc(size, 1);

    memset(data, (int)(step % 251), size);
    struct store_checkpoint cp = {.kind = kind,
                                  .epoch = step / 10,
                                  .step = step,
                                  .score = .5,
                                  .weights_sha256 = "abc",
                                  .piece = PIECE(data, size),
                                  .n_pieces = 1,
                                  .keep_epoch = (const int64_t[]){0, 1, 2, 3, 4, 5},
                                  .n_keep = 6};
    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    free(data);
}

void
put_evaluation(struct store_box *b, struct store_attempt a, const char *name,
               const char *checkpoint, double f1, size_t n)
{
    struct store_f1 *f = xcalloc(n + 2, sizeof *f);
    char *text = xmalloc(n, 32), *cells = xasprintf("cells-%s", name);
    const struct store_confusion c[] = {{"T cell", "T cell", 5, "same"},
                                        {"B cell", "T cell", 2, "other"}};

    f[0] =
        (struct store_f1){"exact", "all", "all", NULL, f1, f1, f1, f1, f1, f1, 10, 2};
    f[1] = (struct store_f1){"hierarchy", "tissue",    "lung",      "T cell",    f1, f1,
                             f1,          (double)NAN, (double)NAN, (double)NAN, 4,  1};
    for (size_t i = 0; i < n; i++) {
        snprintf(text + 32 * i, 32, "class %zu", i);
        f[i + 2] =
            (struct store_f1){"exact", "class",     text + 32 * i, NULL,        f1, f1,
                              f1,      (double)NAN, (double)NAN,   (double)NAN, 4,  1};
    }
    struct store_evaluation ev = {.name = name,
                                  .cells_digest = cells,
                                  .checkpoint = checkpoint,
                                  .is_primary = strcmp(checkpoint, "best") == 0,
                                  .n_cells = 10,
                                  .n_unknown = 1,
                                  .f1 = f,
                                  .n_f1 = n + 2,
                                  .confusion = c,
                                  .n_confusions = 2};
    store_ok(store_evaluation_add(b->s, &a, &ev, &b->eb), &b->eb);
    free(cells);
    free(text);
    free(f);
}

static void
put_importance(struct store_box *b, struct store_attempt a)
{
    static const struct store_importance row[] = {{0, 1, 1, .7}, {0, 0, 2, .3}};

    store_ok(store_importance_add(b->s, &a, row, 2, &b->eb), &b->eb);
}

/* Train a claimed run for n steps; it stays running. */
void
train(struct store_box *b, struct store_attempt a, int64_t from, int64_t n, int variant)
{
    store_ok(store_attempt_begin(b->s, &a, from, "avx2", "haswell", false, &b->eb),
             &b->eb);
    put_inputs(b, a, variant);
    put_metrics(b, a, from, n);
    store_ok(store_log_add(b->s, a.run_id, a.attempt, "info", "it goes on", &b->eb),
             &b->eb);
    put_checkpoint(b, a, "state", from + n, 5000);
    put_checkpoint(b, a, "best", from + n, 3000);
}

/* Everything that a run can have. */
void
succeed(struct store_box *b, struct store_attempt a, int64_t step, int64_t salt)
{
    put_checkpoint(b, a, "last", step, 2500000);
    put_evaluation(b, a, "id", "best", 1. / (double)(salt + 2), 5);
    put_evaluation(b, a, "id", "last", 1. / (double)(salt + 3), 5);
    put_evaluation(b, a, "ood", "best", .25, 5);
    put_importance(b, a);
    store_finished(b, a, "succeeded");
}

int64_t
whole_run(struct store_box *b, const char *loss, int64_t seed)
{
    struct store_attempt a = store_running(b, loss, seed);

    train(b, a, 0, 30, (int)(seed % 2));
    succeed(b, a, 30, seed);
    return a.run_id;
}

void
check_whole(struct store_box *b)
{
    struct strlist problem = {0};

    store_ok(store_check(b->s, &problem, &b->eb), &b->eb);
    if (problem.n > 0)
        fail_msg("%s", problem.item[0]);
    strlist_release(&problem);
}

/* Merge and check the store. */
struct merge_report
merged_with(struct store_box *b, const char *path, const struct merge_options *o)
{
    struct merge_report r;

    store_ok(store_merge(b->s, path, o, &r, &b->eb), &b->eb);
    check_whole(b);
    return r;
}

struct merge_report
merged(struct store_box *b, const char *path)
{
    return merged_with(b, path, NULL);
}
