/* import_curves.h - the event files of a folder as the curves of one run.
 *
 * Files go by the time in their names.  A training that was taken up again goes back to
 * its last checkpoint: from the step at which a curve starts anew, its older points are
 * dropped.  wall_s counts the time that files cover, without the gaps between them.
 * Lightning logs `epoch` with every value: it tells the epoch of a step.  It counts steps
 * from 0, the store from 1.
 *
 * Threads: one thread per object.
 * Errors:  none; a file that cannot be read is a row of the report.
 * Tests:   tests/test_import_tree.c */
#ifndef TRANSFER_IMPORT_CURVES_H
#define TRANSFER_IMPORT_CURVES_H

#include "base/arena.h"
#include "base/digest.h"
#include "store/store.h"
#include "transfer/import_report.h"

struct import_curves {
    struct store_metric *metric; /* (n) owned; by curve, then step; names in arena */
    size_t n, cap;
    int64_t started_us, ended_us; /* INT64_MIN: not known */
    size_t n_files;               /* that were read */
    const char *first_file; /* name of the oldest, in arena; NULL: there is none */
    struct arena arena;
};

/* What was read goes into `digest` too. */
void import_curves_read(struct import_curves *c, const char *folder,
                        struct digest *digest, struct import_report *report);
void import_curves_release(struct import_curves *c);

#endif
