/* ontology_rows.h - the tree of classes as rows of a list.
 *
 * A node stands wherever it has a parent; what is below it is filled in at the first
 * place, and elsewhere when it is opened there.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef TUI_ONTOLOGY_ROWS_H
#define TUI_ONTOLOGY_ROWS_H

#include "stat/class_tree.h"
#include "tui/list.h"

struct ontology_rows {
    struct list list;
    const struct class_tree *tree; /* borrowed; of the last filling */
    size_t *node;                  /* (list.n) owned; node of each row */
    size_t node_cap;
    double min_delta; /* only nodes with a |delta| so large, and those above; 0: all */
    double limit;     /* largest |delta|: the length of a bar */
    size_t n_large;   /* nodes that min_delta leaves */
    char *term;       /* owned; what the cursor was on: a term id, or a name */
    unsigned opened;  /* the tree whose first levels were opened */
    bool ascii;
};

void ontology_rows_init(struct ontology_rows *r);
void ontology_rows_release(struct ontology_rows *r);

/* Remember the term under the cursor, before its tree may go. */
void ontology_rows_remember(struct ontology_rows *r);

/* Fill the list again.  made tells trees apart: of a new one the first levels are open,
 * and the cursor goes to the term that was remembered. */
void ontology_rows_fill(struct ontology_rows *r, const struct class_tree *tree,
                        unsigned made);

/* list_act, and filling where a row was opened that has no rows below it yet. */
bool ontology_rows_act(struct ontology_rows *r, enum action a);

/* Open every row that has rows below it; if all are open: close all but the roots. */
void ontology_rows_open_all(struct ontology_rows *r);

/* The node of the row with this key, or under the cursor; CLASS_TREE_NONE: none. */
size_t ontology_rows_find(const struct ontology_rows *r, uint64_t key);
size_t ontology_rows_current(const struct ontology_rows *r);

#endif
