/* predict_run.h - label the cells of a data set with a run's model, in this process.
 *
 * Opens foreign files: to be called in a process that may die (internal-predict).
 *
 * Threads: owner thread only.
 * Errors:  ERR_CONFLICT (the run has not succeeded), ERR_UNSUPPORTED (no embedding);
 *          those of run_model.h, dataset_load.h and predict_out.h. */
#ifndef CLI_PREDICT_RUN_H
#define CLI_PREDICT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "cli/cli.h"

struct predict_request {
    int64_t run_id;
    const char *data;            /* a file or folder */
    const char *out;             /* a path with a suffix of predict_out.h, or "-" */
    const char *part;            /* as in dataset_load.h */
    const char *memory;          /* "4G", NULL: half of what is available for cells */
    const char *layer;           /* NULL: as the run was trained */
    const char *checkpoint;      /* as run_model_load takes it */
    const char *decode;          /* name of decodes.def */
    const struct strlist *where; /* filters, all of which a cell must pass */
    size_t top_k;                /* >= 1; at most all classes are listed */
    bool embedding;              /* wanted in a CSV too */
    size_t threads;              /* >= 1 */
};

/* Predict and write.  Says on stderr what was left out and which genes are missing. */
MUST_CHECK enum err predict_run(struct cli *c, const struct predict_request *q,
                                struct errbuf *eb);

#endif
