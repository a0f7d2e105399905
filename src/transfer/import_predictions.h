/* import_predictions.h - predictions of single cells, scored, beside the tables.
 *
 * Threads: one thread per object.
 * Errors:  none; what cannot be read is a row of the report.
 * Tests:   tests/test_import_tree.c */
#ifndef TRANSFER_IMPORT_PREDICTIONS_H
#define TRANSFER_IMPORT_PREDICTIONS_H

#include "transfer/import_details.h"
#include "transfer/import_gather.h"

/* Read the predictions among g->file, if there are some of the cells of the tables, which
 * are read already.  Released by the caller in any case. */
void import_predictions_read(struct import_gather *g, struct import_details *d);

/* The rule of the tables in g: as wished, else the one under which the predictions give
 * their scores, else hierarchy.  Static. */
const char *import_predictions_rule(const struct import_gather *g,
                                    const struct import_details *d);

/* Add the scores of the predictions that the tables lack. */
void import_predictions_add(struct import_gather *g, const struct import_details *d);

/* (d->n_confusions); caller frees. */
struct store_confusion *import_predictions_confusions(struct import_gather *g,
                                                      const struct import_details *d);

#endif
