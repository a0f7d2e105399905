/* export_list.h - which run each folder of an exported tree holds: DIR/hcelab_runs.csv.
 *
 * Folders are called after the seed; where several runs of one model, loss and seed are
 * there the further ones have other numbers, and nothing in their paths tells them apart.
 * The list is made of what is in the tree, whenever that was exported.
 *
 * Threads: owner thread only.
 * Errors:  ERR_IO, ERR_FULL name the path.
 * Tests:   tests/test_export_tree.sh */
#ifndef TRANSFER_EXPORT_LIST_H
#define TRANSFER_EXPORT_LIST_H

#include "base/err.h"

#define EXPORT_LIST_FILE "hcelab_runs.csv"

/* Write the list of the tree below dir, in place of an older one. */
MUST_CHECK enum err export_list_write(const char *dir, struct errbuf *eb);

#endif
