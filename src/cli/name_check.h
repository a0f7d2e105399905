/* name_check.h - a name of something in the store that was mistyped is wrong usage, and
 * not a result without rows.
 *
 * Threads: owner thread only.
 * Errors:  ERR_ARG names the option, the value and what there is; errors of the store. */
#ifndef CLI_NAME_CHECK_H
#define CLI_NAME_CHECK_H

#include "base/err.h"
#include "cli/cli.h"

/* Check the value of --experiment, --by, --eval and --metric, as far as the command has
 * these options and they were given, against the names in c->store.
 * Tests: test_cli_wrong.sh */
MUST_CHECK enum err name_check(struct cli *c, struct errbuf *eb);

#endif
