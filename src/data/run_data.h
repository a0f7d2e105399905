/* run_data.h - everything a run needs from its files: cells, classes, the parts.
 *
 * This is the one way from a spec to cells; training, the probe before queueing and
 * `data info` use it.  The order of classes, files, genes and cells is defined in
 * DESIGN.md section 2 and does not depend on threads or on category order.
 *
 * Threads: owner thread only while loading (libhdf5 has one global lock); any thread
 *          afterwards (const).
 * Errors:  ERR_NOTFOUND, ERR_FORMAT, ERR_ARG, ERR_NOMEM; each text names the file or
 *          the option, and what would do. */
#ifndef DATA_RUN_DATA_H
#define DATA_RUN_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "data/augment.h"
#include "data/classes.h"
#include "data/dataset.h"
#include "data/memory_need.h"
#include "data/ontology.h"
#include "spec/spec.h"

enum part { PART_TRAIN, PART_VAL, PART_TEST, PART_OOD, PART_COUNT };

enum run_data_depth {
    RUN_DATA_OBS, /* obs, genes and shapes only; the matrix is looked at, not kept */
    RUN_DATA_FULL
};

/* A named set of cells to score: indices into `ds`. */
struct eval_cells {
    char *name;               /* owned; "id", "ood" or the NAME of --eval */
    const struct dataset *ds; /* borrowed: of the run_data, or ds_own */
    struct dataset *ds_own;   /* owned; NULL if the cells are the run's own */
    uint32_t *cell;           /* (n) owned; ascending */
    int32_t *y;               /* (n) owned; class of each */
    size_t n;
    size_t n_unknown;        /* left out: label is no class of the model */
    struct strlist unknown;  /* those labels */
    char digest[DIGEST_HEX]; /* names this set of cells: files, ids and labels */
};

struct run_data {
    struct dataset ds;
    struct ontology onto;
    struct class_set classes;
    int32_t *y;    /* (n) owned; class of each cell, never -1 */
    uint8_t *part; /* (n) owned; enum part */
    size_t n_part[PART_COUNT];
    struct eval_cells *eval; /* (n_evals) owned: id, ood (where they have cells), then
                                   --eval in order; with RUN_DATA_OBS their cells too */
    size_t n_evals;
    struct strlist facets;         /* obs columns to group by: standard ones that exist,
                                   then --facet; without all and class */
    struct augment *augment;       /* owned; NULL: training cells stay as they are, or
                                   RUN_DATA_OBS */
    char data_digest[DIGEST_HEX];  /* bytes of the files, in order (a source that
                                      carries a digest: that); then the vectors of
                                      --augmentations */
    char split_digest[DIGEST_HEX]; /* part of each cell */
    uint64_t nnz;                  /* of all kept cells */
    struct memory_need memory;     /* estimate without a model; the matrix as in
                                   file_report.matrix_bytes */
    uint64_t augment_bytes;        /* of these, what augmentation takes */
    struct strlist warnings;       /* what people should know; also sent to log */
};

/* Load what the spec names.  log (may be NULL) hears decisions, counts and warnings.
 * On error rd is empty. */
MUST_CHECK enum err run_data_load(struct run_data *rd, const struct spec *spec,
                                  enum run_data_depth depth, const struct log *log,
                                  struct errbuf *eb);
void run_data_release(struct run_data *rd);

/* Bytes that the matrix of a packed store may take in memory, else it is read while it is
 * needed: half of --memory, or of what is available. */
uint64_t run_data_memory_max(const struct spec *spec);

/* Load the cells of another dataset for scoring by a model with these genes (ids) and
 * classes: genes are matched by id, then by name; spec gives label column, layer,
 * normalisation; `where` of the spec is applied too; part as in dataset_load.h.  For
 * `hcelab eval`. */
MUST_CHECK enum err eval_cells_load(struct eval_cells *ec, const char *name,
                                    const char *path, const char *part,
                                    const struct spec *spec,
                                    const struct strlist *gene_id,
                                    const struct strlist *gene_name,
                                    const struct class_set *classes,
                                    const struct log *log, struct errbuf *eb);
void eval_cells_release(struct eval_cells *ec);

#endif
