/* ontology_data.h - what the ontology view shows: the tree of the chosen configuration
 * and what CE and HCE reach on the set of classes below each node.
 *
 * Threads: owner thread only.
 * Errors:  none; what cannot be read stays as it was. */
#ifndef TUI_ONTOLOGY_DATA_H
#define TUI_ONTOLOGY_DATA_H

#include <stdbool.h>

#include "stat/class_tree.h"
#include "tui/compare_data.h"

struct ontology_data {
    struct compare_data pairs; /* by class; its choice is borrowed */
    struct store_hierarchy h;  /* as it was last read */
    struct class_tree tree;
    bool all_terms; /* the tree has every term at or above a class */
    bool is_stale;  /* the tree must be made again */
    unsigned made;  /* counts the trees */
};

void ontology_data_init(struct ontology_data *d, struct choice *choice);
void ontology_data_release(struct ontology_data *d);

/* Read the pairs of what is chosen, and test the sets. */
void ontology_data_read(struct ontology_data *d, struct store *s);

/* Show every term, or only those that tell something; then read again. */
void ontology_data_set_all(struct ontology_data *d, bool all_terms);

#endif
