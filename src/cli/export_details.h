/* export_details.h - detailed results for export: cells are scored again, in a process that
 * may die.
 *
 * Threads: owner thread only.
 * Errors:  ERR_CHILD where the process failed, which says why itself. */
#ifndef CLI_EXPORT_DETAILS_H
#define CLI_EXPORT_DETAILS_H

#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"

/* Write what the run's checkpoint ("best", "last", "epoch N") says of each cell of an
 * evaluation of its own cells ("id", "ood+propagated") to path.  Nothing is stored. */
MUST_CHECK enum err export_details(struct cli *c, int64_t run_id,
                                   const char *evaluation, const char *checkpoint,
                                   const char *path, struct errbuf *eb);

#endif
