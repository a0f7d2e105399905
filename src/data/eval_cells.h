/* eval_cells.h - named sets of cells to score: how run_data makes them.
 *
 * Threads: owner thread only.
 * Errors:  as run_data.h.
 * Tests:   tests/test_run_data.c */
#ifndef DATA_EVAL_CELLS_H
#define DATA_EVAL_CELLS_H

#include <stdbool.h>

#include "data/notes.h"
#include "data/run_data.h"

struct eval_request {
    const char *name, *path;
    const char *part; /* as in dataset_load.h */
    const struct spec *spec;
    const struct strlist *gene_id, *gene_name;
    const struct class_set *classes;
    const struct gene_order *order; /* of the model's genes (dataset_load.h), or NULL */
    bool with_matrix;
};

/* Cells of another dataset. */
MUST_CHECK enum err eval_cells_read(struct eval_cells *ec, const struct eval_request *q,
                                    const struct notes *notes, struct errbuf *eb);

/* The run's own cells of one part; without digest. */
void eval_cells_of_part(struct eval_cells *ec, const char *name,
                        const struct run_data *rd, enum part part);

/* Make the digest of the cells, those of files with this digest: of all that is scored. */
MUST_CHECK enum err eval_cells_name(struct eval_cells *ec, const char *files,
                                    const struct class_set *classes, struct errbuf *eb);

/* hex = digest of the bytes of a dataset's files, in order; of a packed store that counts
 * as its inputs, that of these. */
MUST_CHECK enum err eval_files_digest(const struct dataset *ds, char hex[DIGEST_HEX],
                                      struct errbuf *eb);

/* Columns that a spec wants whatever they hold are appended to need. */
void eval_needed_columns(const struct spec *spec, struct strlist *need);

#endif
