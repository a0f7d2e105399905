/* compare_out.h - CE against HCE over the labels of a facet, as text or rows.
 *
 * One block per pair_key: runs that differ in more than loss and seed are never
 * averaged; what tells the blocks apart is named.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND if nothing can be compared, with the reason; errors of the
 *          store. */
#ifndef CLI_COMPARE_OUT_H
#define CLI_COMPARE_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/cli.h"

struct compare_request {
    const char *facet, *rule;
    const char *evaluation; /* NULL: ood where it exists, else id, else the first */
    const char *experiment, *model; /* NULL: any */
    const char *pair_key;           /* its first characters; NULL: any */
    const char *label;              /* NULL, or the group whose classes are wanted */
    const char *sort;               /* delta, label, support, ce, hce, p */
    int64_t min_support;            /* cells */
    const char *baseline;           /* "MODEL/LOSS", "PAIRKEY"; NULL: CE of the pair */
    const char *base_evaluation;    /* of the baseline; NULL: the same */
    const char *loss; /* that is compared with it; NULL: hce, or that of the baseline */
    bool plot;        /* pairs and differences drawn, instead of the table */
    const char *svg;  /* write them to this file; "-": stdout; NULL: print */
};

/* Print the comparison to stdout in the format of the command line; what the numbers
 * are stands above the table, or on stderr where rows are printed. */
MUST_CHECK enum err compare_print(struct cli *c, const struct compare_request *q,
                                  struct errbuf *eb);

/* Append the rows of every evaluation, rule and facet of every pair_key as CSV. */
MUST_CHECK enum err compare_export(struct cli *c, const char *experiment,
                                   struct strbuf *out, struct errbuf *eb);

/* --- for other commands that compare --- */

/* "better", "worse" or "". */
const char *compare_verdict(char verdict);

/* What stands above a table, to stderr line by line. */
void compare_note_lines(const char *text);

#endif
