/* out_path.h - the file that a command writes, before anything is read: what stands in its
 * place is not replaced unasked, and never if it is an input.
 *
 * Threads: any thread.
 * Errors:  ERR_CONFLICT names the file and what would do.
 * Tests:   tests/test_pack.sh, tests/test_cli.sh */
#ifndef CLI_OUT_PATH_H
#define CLI_OUT_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/opts.h"

#define OUT_PATH_FORCE                                                                 \
    {                                                                                  \
        .name = "force", .kind = OPT_FLAG, .help = "replace OUT if it exists"          \
    }

struct out_path {
    const char *option; /* "--out", stands in messages before the path; NULL: nothing */
    const char *path;
    char *const *input; /* (n_inputs) paths that are read */
    size_t n_inputs;
    bool force;           /* replace what is there */
    bool is_written_into; /* a pipe or a device takes what is written, and stays */
};

/* Whether the file may be written. */
MUST_CHECK enum err out_path_check(const struct out_path *f, struct errbuf *eb);

#endif
