/* import_tables.h - the tables *_metrics.csv of a folder as rows of scores.
 *
 * Threads: one thread per object.
 * Errors:  none; what cannot be read is a row of the report.
 * Tests:   tests/test_import_tree.c */
#ifndef TRANSFER_IMPORT_TABLES_H
#define TRANSFER_IMPORT_TABLES_H

#include "transfer/import_gather.h"

/* Read all tables among g->file: those that are published, then those by other columns. */
void import_tables_read(struct import_gather *g);

#endif
