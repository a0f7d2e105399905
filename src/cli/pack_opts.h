/* pack_opts.h - the options of data pack and unpack, shared with the process that does
 * the work.
 *
 * Threads: any thread (const).
 * Errors:  none. */
#ifndef CLI_PACK_OPTS_H
#define CLI_PACK_OPTS_H

#include "cli/opts.h"

extern const struct opt pack_opts[], unpack_opts[];

#endif
