/* import_places.h - where below a run's folder the tables of an evaluation lie.
 *
 * Beside the run's files ("ood") or in sctab_test ("id"); or, as the published programs
 * write them, a folder deeper, in one that is called after the checkpoint:
 * checkpoints/val_f1_macro_epoch=X_val_f1_macro=Y and sctab_test/....  Of several such
 * folders the one of the highest val_f1_macro counts.
 *
 * Threads: one thread per object.
 * Errors:  none.
 * Tests:   tests/test_export_tree.sh */
#ifndef TRANSFER_IMPORT_PLACES_H
#define TRANSFER_IMPORT_PLACES_H

#include "transfer/import_report.h"

/* The folder for an evaluation whose own folder is `below` that of the run (published.h);
 * folders that are passed over are rows of the report.  Caller frees. */
char *import_places_find(const char *folder, const char *below,
                         struct import_report *report);

#endif
