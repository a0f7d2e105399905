/* import_run.h - one folder version_N of the published tree as a run.
 *
 * The run's uuid follows from what it is (model, loss, seed, number, parameters, name of
 * its first event file), so that the same folder is the same run wherever it lies; a run
 * that export wrote keeps its own.  What was read is told apart by a digest: a folder that
 * has grown since renews the run.
 *
 * Threads: owner thread only.
 * Errors:  those of the store; what cannot be read is a row of the report.
 * Tests:   tests/test_import_tree.c, tests/test_import.sh */
#ifndef TRANSFER_IMPORT_RUN_H
#define TRANSFER_IMPORT_RUN_H

#include "base/err.h"
#include "store/store.h"
#include "transfer/import_classes.h"
#include "transfer/import_report.h"

struct import_folder {
    const char *path;         /* absolute */
    const char *model_folder; /* name of the folder of its model; "" if there is none */
    int64_t version;
    const char *experiment; /* unless the wish or the files say another */
};

/* Whether a folder has something that import_run reads. */
bool import_run_is(const char *path);

MUST_CHECK enum err import_run(struct store *s, const struct import_folder *folder,
                               const struct import_classes *builtin,
                               const struct import_wish *wish,
                               struct import_report *report, struct errbuf *eb);

#endif
