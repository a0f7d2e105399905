/* augment_source.c - augmentation vectors of a run. */
#include "data/augment_source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/pool.h"
#include "base/xalloc.h"
#include "data/augment_compute.h"

enum {
    BYTES_PER_VALUE = 6,    /* 16-bit gene, 32-bit value */
    DENSITY_OF_VECTORS = 60 /* %, of computed ones: 11 in the published atlas, up to
                               60 in small ones */
};

static const char groups[] = "(dataset_id, donor_id)";

bool
augment_is_wanted(const struct spec *spec)
{
    return spec_applies(SPEC_ID_augment_training_data, (enum model_id)spec->model) &&
           spec->augment_training_data;
}

/* --- what it takes --- */

/* nnz values in vectors, at training beside a batch whose cells may have every gene. */
static uint64_t
training_bytes(const struct run_data *rd, const struct spec *spec, uint64_t nnz)
{
    uint64_t B = (uint64_t)spec->batch_size, n = rd->n_part[PART_TRAIN];

    return BYTES_PER_VALUE * (nnz + (n < B ? n : B) * rd->ds.gene_id.n);
}

static uint64_t
computing_bytes(const struct augment_plan *p, size_t G)
{
    return sizeof(double) * (uint64_t)p->most_groups * G;
}

static void
tell(const struct augment *aug, const char *from, const struct notes *notes)
{
    double nnz = (double)aug->a.indptr[aug->a.n_rows];

    note_info(notes, "augmentation: %zu vector%s %s, %.1f %% of the values are not 0",
              aug->a.n_rows, aug->a.n_rows == 1 ? "" : "s", from,
              100 * nnz / ((double)aug->a.n_rows * (double)aug->a.n_cols));
}

/* --- from a file --- */

static void
extend_digest(struct run_data *rd, const struct augment *aug)
{
    struct digest d;

    digest_init(&d);
    digest_adds(&d, rd->data_digest);
    digest_adds(&d, aug->digest);
    digest_final(&d, rd->data_digest);
}

static enum err
load_file(struct run_data *rd, const struct spec *spec, const char *path,
          enum run_data_depth depth, const struct notes *notes, struct errbuf *eb)
{
    struct augment *aug = xcalloc(1, sizeof *aug);
    enum err e = augment_load(aug, path, rd->ds.gene_id.n, eb);

    if (e) {
        free(aug);
        return err_wrap(eb, e, "--augmentations");
    }
    char *from = xasprintf("of %s", path);

    tell(aug, from, notes);
    free(from);
    extend_digest(rd, aug);
    rd->augment_bytes = training_bytes(rd, spec, aug->a.indptr[aug->a.n_rows]);
    rd->augment = aug;
    if (depth != RUN_DATA_FULL) { /* it was read for its errors and its digest */
        augment_release(aug);
        free(aug);
        rd->augment = NULL;
    }
    return ERR_OK;
}

/* The vectors that lie in the folder of the cells, if that is all data there is: their
 * columns are its genes in its order.  NULL: there are none.  Caller frees. */
static char *
beside_cells(const struct spec *spec)
{
    struct stat st;
    const char *folder = spec->data.n == 1 ? spec->data.item[0] : "";
    size_t n = strlen(folder);

    if (!n || stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        return NULL;
    char *path =
        xasprintf("%s%saugmentations.npy", folder, folder[n - 1] == '/' ? "" : "/");

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        return path;
    free(path);
    return NULL;
}

/* --- from the training cells --- */

static void
warn_without(const struct notes *notes, const char *why)
{
    note_warn(notes,
              "training cells are not augmented: %s; --augmentations FILE.npy gives "
              "vectors, --set augment_training_data=false wants none",
              why);
}

static enum err
compute(struct run_data *rd, const struct augment_plan *p, const struct notes *notes,
        struct errbuf *eb)
{
    struct augment *aug = xcalloc(1, sizeof *aug);
    struct pool *pool = pool_new(pool_cores());
    enum err e = augment_compute(aug, p, &rd->ds, pool, eb);

    pool_free(pool);
    if (e) {
        free(aug);
        return e;
    }
    char *from =
        xasprintf("from %zu pairs of %zu %s groups in %zu classes (%zu training "
                  "cells)",
                  p->n_found, p->n_groups, groups, p->n_classes, p->n_cells);

    tell(aug, from, notes);
    free(from);
    rd->augment = aug;
    return ERR_OK;
}

static enum err
compute_planned(struct run_data *rd, const struct spec *spec,
                const struct augment_plan *p, enum run_data_depth depth,
                const struct notes *notes, struct errbuf *eb)
{
    uint64_t G = rd->ds.gene_id.n, values = (uint64_t)p->n_pairs * G;
    uint64_t before = computing_bytes(p, rd->ds.gene_id.n);

    if (!p->n_pairs) {
        char *why = xasprintf("no class has training cells of two %s groups", groups);

        warn_without(notes, why);
        free(why);
        return ERR_OK;
    }
    rd->augment_bytes = training_bytes(rd, spec, values * DENSITY_OF_VECTORS / 100);
    if (rd->augment_bytes < before)
        rd->augment_bytes = before;
    return depth == RUN_DATA_FULL ? compute(rd, p, notes, eb) : ERR_OK;
}

static enum err
load_computed(struct run_data *rd, const struct spec *spec, enum run_data_depth depth,
              const struct notes *notes, struct errbuf *eb)
{
    struct augment_plan p;
    struct augment_request q = {.n_cells = rd->ds.n_cells,
                                .C = rd->classes.C,
                                .y = rd->y,
                                .part = rd->part,
                                .study = dataset_find_column(&rd->ds, "dataset_id"),
                                .donor = dataset_find_column(&rd->ds, "donor_id"),
                                .seed = (uint64_t)spec->split_seed};

    if (!q.study || !q.donor) {
        warn_without(notes, q.study ? "obs has no column donor_id, by which they are "
                                      "compared"
                                    : "obs has no column dataset_id, by which they are "
                                      "compared");
        return ERR_OK;
    }
    enum err e = augment_plan_make(&p, &q, eb);

    if (!e)
        e = compute_planned(rd, spec, &p, depth, notes, eb);
    augment_plan_release(&p);
    return e;
}

enum err
augment_source_load(struct run_data *rd, const struct spec *spec,
                    enum run_data_depth depth, const struct notes *notes,
                    struct errbuf *eb)
{
    bool is_given = *spec->augmentations;

    if (!augment_is_wanted(spec)) {
        if (is_given)
            note_warn(notes,
                      "--augmentations %s is not used: augment_training_data is "
                      "false",
                      spec->augmentations);
        return ERR_OK;
    }
    if (is_given)
        return load_file(rd, spec, spec->augmentations, depth, notes, eb);
    char *beside = beside_cells(spec);
    enum err e = beside ? load_file(rd, spec, beside, depth, notes, eb)
                        : load_computed(rd, spec, depth, notes, eb);

    free(beside);
    return e;
}
