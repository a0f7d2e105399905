/* predict_opts.h - the options of predict, shared with the process that does the work.
 *
 * Threads: any thread (const).
 * Errors:  none. */
#ifndef CLI_PREDICT_OPTS_H
#define CLI_PREDICT_OPTS_H

#include "cli/opts.h"

extern const struct opt predict_opts[];

#endif
