/* errors_out.h - where the cells of classes went under CE and HCE, as text or rows.
 *
 * One block per pair_key, as in compare_out.h.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND if there is nothing of the kind, with the reason; errors of the
 *          store. */
#ifndef CLI_ERRORS_OUT_H
#define CLI_ERRORS_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "stat/error_table.h"

struct errors_request {
    const char *rule;
    const char *evaluation; /* NULL: ood where it exists, else id, else the first */
    const char *experiment, *model; /* NULL: any */
    const char *pair_key;           /* its first characters; NULL: any */
    const char *class_name;         /* NULL, or the class whose confusions are wanted */
    const char *predicted;          /* NULL, or that of one confusion: its seeds */
    bool confusions;                /* those of all cells, where class_name is NULL */
    bool by_predicted, of_wrong;    /* error_table.h */
    enum error_kind kind;           /* in the columns for people */
    bool one_kind;                  /* and the only one for programs */
    const char *sort;               /* of classes: ce, hce, delta, cells, label, p */
    int64_t min_cells;              /* of classes */
    int64_t top;                    /* rows; 0: all, -1: what a screen holds */
};

/* Print to stdout in the format of the command line; what the numbers are stands above
 * the table, or on stderr where rows are printed. */
MUST_CHECK enum err errors_print(struct cli *c, const struct errors_request *q,
                                 struct errbuf *eb);

#endif
