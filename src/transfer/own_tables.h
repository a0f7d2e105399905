/* own_tables.h - what export writes beside the published files, so that import gets the run
 * back as it was: the folder "hcelab" of a run.
 *
 *   evaluations.csv         a row for each evaluation: checkpoint, cells
 *   f1.csv                  every score of both rules, in numbers as the store has them
 *   f1_average.csv          averages of reports that were imported
 *   confusion.csv           how often which class was said for which
 *   curves.csv              curves in double precision (event files hold float32)
 *   importance.csv          the genes that count most for each class
 *   class_edges.csv         which class is below which, by their numbers in classes.csv
 *   ontology_terms.csv      the ontology that gave the hierarchy
 *   ontology_edges.csv      child and parent, by row of ontology_terms.csv from 0
 *   source_params.csv       what the files said that an imported run was read from
 *   source_checkpoints.csv  checkpoint files that were beside it
 *
 * Reading programs of others come by none of these names.  Where such a table is there it
 * counts, and not the published file that says the same.
 *
 * Threads: owner thread only.
 * Errors:  those of out_file.h and of the store.
 * Tests:   tests/test_export_back.sh */
#ifndef TRANSFER_OWN_TABLES_H
#define TRANSFER_OWN_TABLES_H

#include "base/err.h"
#include "transfer/export_place.h"
#include "transfer/export_run.h"

#define OWN_FOLDER "hcelab"

enum own_table {
    OWN_EVALUATIONS,
    OWN_F1,
    OWN_AVERAGES,
    OWN_CONFUSIONS,
    OWN_CURVES,
    OWN_IMPORTANCE,
    OWN_CLASS_EDGES,
    OWN_TERMS,
    OWN_TERM_EDGES,
    OWN_PARAMS,
    OWN_CHECKPOINTS,
    OWN_TABLES
};

/* Name of the file below the run's folder: "hcelab/f1.csv".  Static storage. */
const char *own_table_file(enum own_table t);

/* Write all that have rows, and the first of the hierarchy always. */
MUST_CHECK enum err own_tables_write(const struct export_run *r,
                                     const struct export_place *place,
                                     struct errbuf *eb);

#endif
