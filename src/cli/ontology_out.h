/* ontology_out.h - CE against HCE over the nodes of the ontology, as a tree or as rows.
 *
 * One block per pair_key, as in compare_out.h.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND if nothing can be compared or no node is called so;
 *          ERR_AMBIGUOUS with the nodes that are meant; errors of the store. */
#ifndef CLI_ONTOLOGY_OUT_H
#define CLI_ONTOLOGY_OUT_H

#include "base/err.h"
#include "cli/compare_out.h"

struct ontology_request {
    struct compare_request compare; /* facet "class" */
    const char *node;               /* only what is at or below it; NULL: everything */
    int64_t depth;                  /* levels that are shown; 0: all */
    double min_delta; /* only nodes with a |delta| so large, and those above */
    bool by_seed;     /* a row for each seed instead of their statistics */
    bool all_terms;   /* with terms that add nothing to one of their children */
};

/* Print the tree to stdout in the format of the command line.  CSV and JSON have one row
 * for each node, wherever it hangs, with the nodes above named. */
MUST_CHECK enum err ontology_print(struct cli *c, const struct ontology_request *q,
                                   struct errbuf *eb);

#endif
