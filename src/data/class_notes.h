/* class_notes.h - what people should know about the classes of a run.
 *
 * Threads: one thread per object.
 * Errors:  none.
 * Tests:   tests/test_run_data.c */
#ifndef DATA_CLASS_NOTES_H
#define DATA_CLASS_NOTES_H

#include "data/notes.h"
#include "data/run_data.h"
#include "spec/spec.h"

/* Warn of classes with too few cells, of labels that the ontology does not know, of a
 * label set in which HCE equals CE, and of a column that looks like no label. */
void class_notes(const struct run_data *rd, const struct spec *spec,
                 const struct notes *notes);

#endif
