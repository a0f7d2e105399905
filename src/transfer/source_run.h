/* source_run.h - which run a file that was imported belongs to.
 *
 * Threads: owner thread only.
 * Errors:  those of the store.
 * Tests:   tests/test_import_weights.sh */
#ifndef TRANSFER_SOURCE_RUN_H
#define TRANSFER_SOURCE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* *run_id = the run beside whose results the checkpoint file at path was found; else, unless
 * only_beside, the first that was made of that file.  0: none, or there is no such file. */
MUST_CHECK enum err source_run_find(struct store *s, const char *path, bool only_beside,
                                    int64_t *run_id, struct errbuf *eb);

#endif
