/* eval_run.h - score one checkpoint of a run on named cells, in this process.
 *
 * Opens foreign files: to be called in a process that may die (internal-eval).
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND (no checkpoint, no such evaluation), ERR_FORMAT; those of
 *          eval_cells_load, run_data_load and of the store. */
#ifndef CLI_EVAL_RUN_H
#define CLI_EVAL_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"

struct eval_request {
    int64_t run_id;
    const char *name;       /* of the evaluation */
    const char *data;       /* path, or NULL: the run's own cells of that name */
    const char *part;       /* of data that have a split: "train", "val", "test", "all";
                                NULL: test where they have one */
    const char *memory;     /* "4G", NULL: as the run was trained */
    const char *layer;      /* NULL: as the run was trained */
    const char *label;      /* NULL: likewise */
    const char *checkpoint; /* "best", "last", "N", or NULL: the primary one */
    const char *predictions; /* CSV path, or NULL */
    const char *details;     /* likewise (details.h) */
    const char *decode;      /* name of decodes.def */
    size_t threads;          /* >= 1 */
};

/* Score; store the evaluation, under its name and that of decode, unless the command
 * line says --read-only. */
MUST_CHECK enum err eval_run(struct cli *c, const struct eval_request *q,
                             struct errbuf *eb);

#endif
