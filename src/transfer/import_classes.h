/* import_classes.h - classes by number or name.
 *
 * Published tables number the classes of the 164 built-in types in bytewise order of
 * their labels; export of ours may say other labels.
 *
 * Threads: one thread per object.
 * Errors:  those of csv_table.h. */
#ifndef TRANSFER_IMPORT_CLASSES_H
#define TRANSFER_IMPORT_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/run_data.h"
#include "run/run_inputs.h"

struct import_classes {
    struct run_data rd;       /* ontology and classes only */
    struct run_inputs inputs; /* of rd */
};

/* The built-in types. */
void import_classes_init(struct import_classes *c);

/* Those of classes.csv, which export writes: label by label, what the built-in ontology
 * says about them.  ERR_NOTFOUND: there is no such file.  On error c is empty. */
MUST_CHECK enum err import_classes_read(struct import_classes *c, const char *path,
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
