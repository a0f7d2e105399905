/* compare_block.h - one configuration, what it is compared with, and the statistics.
 *
 * Threads: owner thread only.
 * Errors:  ERR_ARG (no such baseline), ERR_AMBIGUOUS; errors of the store. */
#ifndef CLI_COMPARE_BLOCK_H
#define CLI_COMPARE_BLOCK_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "cli/cli.h"
#include "cli/compare_out.h"
#include "stat/compare.h"
#include "store/store_provenance.h"

struct compare_block {
    const struct store_group *group; /* borrowed; that is compared */
    const struct store_group *base;  /* borrowed; with this one */
    bool has_baseline;               /* that was chosen; else CE of the group */
    struct store_compare_query query;
    struct strlist evaluations; /* that the group has */
    char base_name[STORE_SIDE], name[STORE_SIDE];
    struct store_provenance provenance; /* what speaks against the comparison */
    struct comparison cmp;
    struct strbuf unmatched, unscored; /* seeds that are in no pair */
    struct strbuf repeated; /* seeds with several runs, of which the newest counts */
    char
        *differs; /* owned; parameters in which the two differ; NULL without baseline */
    char *refused; /* owned; why they cannot be compared; NULL: they were */
};

/* groups: to find a baseline in; may be NULL without one.  Release in any case. */
MUST_CHECK enum err compare_block_load(struct cli *c, struct compare_block *b,
                                       const struct compare_request *q,
                                       const struct store_groups *groups,
                                       const struct store_group *g, struct errbuf *eb);
void compare_block_release(struct compare_block *b);

#endif
