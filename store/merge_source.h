/* merge_source.h - the other store of a merge: opened for reading, known to be whole.
 *
 * For store/ only.  It is not trusted: it is checked to the last page, its tables must be
 * tables, none of its values may be larger than one that we would write, and nothing
 * that it defines runs but what a store of its schema has.
 *
 * Threads: one thread per object.
 * Errors:  as in merge.h. */
#ifndef STORE_MERGE_SOURCE_H
#define STORE_MERGE_SOURCE_H

#include "store/db.h"
#include "store/merge_rows.h"

enum { MERGE_VALUE_BYTES = 2 << 20 }; /* chunks of checkpoints have 1 MiB */

/* *out = a reader of the store at the path, closed by store_close.  One of an older
 * schema is read from a migrated copy without a name, which goes with it.  checkpoints:
 * they are wanted, and must have their bytes.
 * *is_itself: the file is that of `here`; *out is NULL then. */
MUST_CHECK enum err merge_source_open(struct store **out, const char *path,
                                      const struct store *here, bool checkpoints,
                                      bool *is_itself, struct errbuf *eb);

/* The other store had to be opened again, since its file changed: numbers there may mean
 * other things now. */
void merge_source_renewed(struct merge *m);

#endif
