/* dataset_own.h - what the sources of a dataset bring with them besides cells: a split,
 * a hierarchy, class weights, digests (struct source_own).
 *
 * Threads: owner thread only.
 * Errors:  those of source_ops.own, with the path; ERR_FORMAT where a source breaks its
 *          contract.
 * Tests:   tests/test_source.c */
#ifndef DATA_DATASET_OWN_H
#define DATA_DATASET_OWN_H

#include "data/dataset_load.h"
#include "data/run_data.h"
#include "data/source.h"

/* Join what source i of ds (0 first) brings with ds->own, and put its digest into
 * ds->report[i], with what a packed store says of itself and whether q takes its cells for
 * those of its inputs.  What all sources bring alike stays, notes say what does not. */
MUST_CHECK enum err dataset_own_add(struct dataset *ds, size_t i,
                                    const struct source *s,
                                    const struct dataset_request *q,
                                    const struct notes *notes, struct errbuf *eb);

/* Whether s, which was opened again, is still what r is of, as far as that can be told: by
 * its number of cells, and the checksums of a packed store.  ERR_FORMAT. */
MUST_CHECK enum err dataset_own_check(const struct file_report *r,
                                      const struct source *s, struct errbuf *eb);

/* Put the hierarchy of the sources, where they have one, in place of the ontology's. */
void dataset_own_classes(const struct dataset *ds, struct class_set *cs,
                         const struct notes *notes);

/* The column whose levels are the parts, if the sources have one and the spec asks for no
 * split of its own; else NULL. */
const char *dataset_own_split(const struct dataset *ds, const struct spec *spec,
                              const struct notes *notes);

/* Say where the weights of the sources are not those that the run trains with. */
void dataset_own_weights(const struct run_data *rd, const struct spec *spec,
                         const struct notes *notes);

#endif
