/* eval_list.h - a text that names what is to be scored: checkpoint_list.txt.
 *
 * A line is a RUN, or the path of a checkpoint file that was imported (as it is, or from
 * the folder of the list on).  Empty lines and those that begin with # are passed over; a
 * run that stands twice counts once.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND, ERR_AMBIGUOUS name the line and what would do; ERR_IO.
 * Tests:   tests/test_import_weights.sh */
#ifndef CLI_EVAL_LIST_H
#define CLI_EVAL_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"

/* Append the runs that the lines of a file name to *ids (n in-out); c->store is open.
 * Caller frees *ids. */
MUST_CHECK enum err eval_list_read(struct cli *c, const char *path, int64_t **ids,
                                   size_t *n, struct errbuf *eb);

#endif
