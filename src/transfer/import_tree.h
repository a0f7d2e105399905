/* import_tree.h - the published tree of results into the store.
 *
 * Threads: owner thread only.
 * Errors:  those of the store; what cannot be read is no error but a row of the report.
 * Tests:   tests/test_import_tree.c, tests/test_import.sh */
#ifndef TRANSFER_IMPORT_TREE_H
#define TRANSFER_IMPORT_TREE_H

#include "base/err.h"
#include "store/store.h"
#include "transfer/import_report.h"

/* Import every run below the folder `path`, a transaction for each.  ERR_NOTFOUND if
 * there is none. */
MUST_CHECK enum err import_tree(struct store *s, const char *path,
                                const struct import_wish *wish,
                                struct import_report *report, struct errbuf *eb);

#endif
