/* eval_opts.h - the options of eval, shared with the process that does the work.
 *
 * Threads: any thread (const).
 * Errors:  none. */
#ifndef CLI_EVAL_OPTS_H
#define CLI_EVAL_OPTS_H

#include "cli/opts.h"

extern const struct opt eval_opts[];

#endif
