/* import_classes.h - classes by number or name.
 *
 * Published tables number the classes of the 164 built-in types in bytewise order of
 * their labels; export of ours may say other labels.
 *
 * Threads: one thread per object.
 * Errors:  those of csv_table.h.
 * Tests:   tests/test_import_tree.c, tests/test_export_back.sh */
#ifndef TRANSFER_IMPORT_CLASSES_H
#define TRANSFER_IMPORT_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "data/run_data.h"
#include "run/run_inputs.h"
#include "transfer/import_report.h"

struct import_classes {
    struct run_data rd; /* ontology, classes and genes only */
    struct run_inputs
        inputs; /* of rd; the ontology is that of the export, if it says */
    bool has_genes, has_ontology;
};

/* What parameters.json of an export says of the ontology; NULL: nothing. */
struct import_ontology {
    const char *digest, *source, *version;
};

/* The built-in types. */
void import_classes_init(struct import_classes *c);

/* Those of classes.csv in a run's folder, which export writes, with genes.csv and its
 * tables of the hierarchy (own_tables.h); without these it is what the built-in ontology
 * says about the labels.  What was read goes into digest.  ERR_NOTFOUND: there is no
 * classes.csv.  On error c is empty; what cannot be read besides is a row of the
 * report. */
MUST_CHECK enum err import_classes_read(struct import_classes *c, const char *folder,
                                        const struct import_ontology *ontology,
                                        struct digest *digest,
                                        struct import_report *report,
                                        struct errbuf *eb);
void import_classes_release(struct import_classes *c);

/* Whether a class is called by its number: digits without a 0 before them. */
bool import_classes_is_number(const char *name);

/* The label of a class that a table calls by its number or its name; NULL: there is no
 * such class.  Borrowed from c. */
const char *import_classes_label(const struct import_classes *c, const char *name);

/* The class likewise, -1: there is none. */
int32_t import_classes_find(const struct import_classes *c, const char *name);

#endif
