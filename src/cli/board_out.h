/* board_out.h - the queue and its workers as rows (store/board.h).
 *
 * Threads: owner thread only.
 * Errors:  those of the store. */
#ifndef CLI_BOARD_OUT_H
#define CLI_BOARD_OUT_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/cli.h"

/* Print what runs and what waits, from c->store; ended: and what failed or was cancelled. */
MUST_CHECK enum err board_out_runs(struct cli *c, bool ended, struct errbuf *eb);

/* Print the workers. */
MUST_CHECK enum err board_out_workers(struct cli *c, struct errbuf *eb);

#endif
