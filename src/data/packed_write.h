/* packed_write.h - writing a packed store, in bounded memory.
 *
 * The file grows beside its target (base/beside.h) and takes its name when it is whole
 * and on the disk; until then the target stays what it was.
 *
 * Threads: owner thread only; rows are encoded by the pool that is given.
 * Errors:  ERR_IO, ERR_FULL, ERR_NOTFOUND name the path.
 * Tests:   tests/test_packed.c */
#ifndef DATA_PACKED_WRITE_H
#define DATA_PACKED_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "base/strlist.h"
#include "data/codes.h"
#include "data/csr.h"
#include "data/gene_order.h"
#include "data/source.h"

/* Borrowed until the writer is closed. */
struct packed_genes {
    const struct strlist *id, *name; /* (G) */
    const struct gene_order *order;  /* of these; rates decide on the bitmap */
};

/* One obs column of all cells, in the order in which they were put; borrowed. */
struct packed_obs {
    const char *name;
    enum column_kind kind; /* text, boolean, number */
    struct codes code;     /* (n) index into levels, -1: missing */
    const struct strlist *levels;
};

struct packed_writer;

/* Start a file for path; on success end with packed_writer_finish or _abandon. */
MUST_CHECK enum err packed_writer_open(struct packed_writer **w, const char *path,
                                       const struct packed_genes *genes,
                                       struct errbuf *eb);

/* The cells will lie in another order than they are put: the i-th is cell place[i] of the
 * store.  place (n) has each of 0 .. n - 1 once and is borrowed; n cells must be put.
 * Rows wait in a file without a name, in the same folder.  Before the first cell. */
MUST_CHECK enum err packed_writer_shuffle(struct packed_writer *w,
                                          const uint32_t *place, size_t n,
                                          struct errbuf *eb);

/* Put n more cells: rows with the genes in their original order, ids.  pool may be
 * NULL. */
MUST_CHECK enum err packed_writer_put(struct packed_writer *w,
                                      const struct csr_piece *row,
                                      const char *const *id, size_t n,
                                      struct pool *pool, struct errbuf *eb);

/* Write the rest and put the file in its place; w is freed also on error.  own may be
 * NULL; fact has "key=value". */
MUST_CHECK enum err packed_writer_finish(struct packed_writer *w,
                                         const struct packed_obs *obs, size_t n_obs,
                                         const struct source_own *own,
                                         const struct strlist *fact, struct errbuf *eb);

/* Nothing is left behind.  NULL is fine. */
void packed_writer_abandon(struct packed_writer *w);

#endif
