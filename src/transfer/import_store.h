/* import_store.h - another hcelab store into this one, told run by run.
 *
 * Threads: owner thread only.
 * Errors:  those of store_merge (store/merge.h, which says what comes and what does not);
 *          ERR_ARG where an experiment is wished: runs of a store keep theirs.
 * Tests:   tests/test_import_store.sh, tests/test_store_merge.c */
#ifndef TRANSFER_IMPORT_STORE_H
#define TRANSFER_IMPORT_STORE_H

#include "base/err.h"
#include "store/store.h"
#include "transfer/import_report.h"

/* Merge the store at path into s: a row of the report for each of its runs, and one for
 * those that nobody has begun there. */
MUST_CHECK enum err import_store(struct store *s, const char *path,
                                 const struct import_wish *wish,
                                 struct import_report *report, struct errbuf *eb);

#endif
