/* row_windows.h - rows of files that are gone through once, a window of cells at a time.
 *
 * What streaming is for stores of chunks, for all other kinds: cells that are scored are
 * used in the order of the files, so that some thousands of them are read, used and
 * forgotten.  Rows are those that reading everything into memory would give.
 *
 * Letters: B cells of a batch, W cells of a window.
 *
 * Threads: owner thread only; reading uses a pool.
 * Errors:  those of row_reader.h, with the path; ERR_FORMAT: a file has changed, or what
 *          its sample showed as counts are none.
 * Tests:   tests/test_windows.c */
#ifndef DATA_ROW_WINDOWS_H
#define DATA_ROW_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "data/dataset.h"
#include "data/layer.h"
#include "data/row_stream.h"

struct row_windows;

/* How the rows of a file are read; a file whose cells are not used has only zeros. */
struct windows_file {
    size_t n_cells; /* in the file */
    struct layer_choice choice;
    struct gene_axis genes;
    int32_t *to; /* (genes) owned; gene of the dataset, or -1 */
};

/* Of ds, which outlives them; takes over file (ds->n_files).  A window takes about
 * bytes_max, but W >= B. */
struct row_windows *row_windows_new(const struct dataset *ds, struct windows_file *file,
                                    uint64_t bytes_max);
void row_windows_free(struct row_windows *w);

/* Count how many of the first cells of ds (a few thousand) detect each gene, for the order
 * of its genes, which is none as yet. */
MUST_CHECK enum err row_windows_order(struct row_windows *w, struct gene_order *o,
                                      struct pool *pool, struct errbuf *eb);

/* row (B) = rows of the cells of the list from list->from on, which ascend; B <= those
 * left.  What they point to lasts until the next call. */
MUST_CHECK enum err row_windows_rows(struct row_windows *w, const struct row_list *list,
                                     size_t B, struct pool *pool, struct csr_row *row,
                                     struct errbuf *eb);

#endif
