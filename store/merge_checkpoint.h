/* merge_checkpoint.h - the checkpoints of a run of another store.
 *
 * For store/ only.  Vocabulary as in merge.h.
 *
 * Threads: one thread per object.
 * Errors:  ERR_BUSY: a worker took the run meanwhile; ERR_FORMAT: bytes are missing. */
#ifndef STORE_MERGE_CHECKPOINT_H
#define STORE_MERGE_CHECKPOINT_H

#include "store/merge_rows.h"

/* Bring those of run `there` that run `here` has not, or has older.  In a snapshot of the
 * other store, outside of transactions.  *n_came is increased. */
MUST_CHECK enum err merge_checkpoints(struct merge *m, int64_t there, int64_t here,
                                      size_t *n_came, struct errbuf *eb);

#endif
