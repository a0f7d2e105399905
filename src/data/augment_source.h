/* augment_source.h - where the augmentation vectors of a run come from: a file that is
 * named, augmentations.npy in the one folder that is its data, or its training cells.
 *
 * Threads: owner thread only; it starts threads of its own and ends them.
 * Errors:  as augment.h; the text begins with --augmentations.
 * Tests:   tests/test_run_data.c */
#ifndef DATA_AUGMENT_SOURCE_H
#define DATA_AUGMENT_SOURCE_H

#include <stdbool.h>

#include "base/err.h"
#include "data/notes.h"
#include "data/run_data.h"
#include "spec/spec.h"

/* Whether the spec wants its training cells augmented. */
bool augment_is_wanted(const struct spec *spec);

/* Set rd->augment (RUN_DATA_FULL only) and rd->augment_bytes; a file's vectors enter
 * rd->data_digest.  Cells, classes and parts of rd are there.  Where the cells have no
 * two groups to compare, there is a warning and no vectors. */
MUST_CHECK enum err augment_source_load(struct run_data *rd, const struct spec *spec,
                                        enum run_data_depth depth,
                                        const struct notes *notes, struct errbuf *eb);

#endif
