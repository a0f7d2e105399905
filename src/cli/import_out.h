/* import_out.h - what an import did, in the format of the command line.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef CLI_IMPORT_OUT_H
#define CLI_IMPORT_OUT_H

#include <stdbool.h>

#include "cli/cli.h"
#include "transfer/import_report.h"

/* Print the rows.  As text only counts and what was not taken or could not be read,
 * unless all. */
void import_print(const struct cli *c, const struct import_report *r, bool all);

#endif
