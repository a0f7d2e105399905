/* run_inputs.h - what a run was trained on, as the store keeps it.
 *
 * Threads: one thread per object.
 * Errors:  none; memory aborts. */
#ifndef RUN_RUN_INPUTS_H
#define RUN_RUN_INPUTS_H

#include "base/arena.h"
#include "data/run_data.h"
#include "store/store.h"

struct run_inputs {
    struct store_inputs in; /* for store_inputs_add; all in arena or borrowed from rd */
    struct store_labels labels;
    struct store_ontology ontology;
    struct store_genes genes;
    char gene_digest[DIGEST_HEX];
    struct arena arena;
};

/* Describe rd, which is borrowed until run_inputs_release.  ri must not move. */
void run_inputs_init(struct run_inputs *ri, const struct run_data *rd);
void run_inputs_release(struct run_inputs *ri);

/* What a run of the spec needs in memory, its model among it. */
void run_memory_need(struct memory_need *need, const struct run_data *rd,
                     const struct spec *spec);

#endif
