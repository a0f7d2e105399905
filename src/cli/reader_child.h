/* reader_child.h - do a command's work in a process that may die: foreign files are
 * never opened in ours.
 *
 * Threads: owner thread only.
 * Errors:  ERR_CHILD if the process was killed; what it says itself is its own. */
#ifndef CLI_READER_CHILD_H
#define CLI_READER_CHILD_H

#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "cli/opts.h"

/* Run the hidden command `command` on a run (negative: on the arguments that c has), in a
 * process that shares our output, with the options of `table` as they were given to c;
 * c->status = its exit status.  `doing` ("scoring run 3 on x.h5ad") stands in the error.
 * out is the file that it writes, or NULL: what stands beside it is removed when the
 * process is killed or we are stopped by SIGINT, SIGTERM or SIGHUP. */
MUST_CHECK enum err reader_child_run(struct cli *c, const char *command,
                                     const struct opt *table, int64_t run_id,
                                     const char *doing, const char *out,
                                     struct errbuf *eb);

/* The same for n runs, `jobs` processes at a time; while several run, each gets an equal
 * share of the cores unless --threads was given.  What several say is said once.  After one
 * that failed none is started; those that run are waited for, and how many are done is
 * told.  `doing` ("scoring run") is followed by the run.  out (n), or NULL: the file that
 * each writes, in the place of --out. */
MUST_CHECK enum err reader_children_run(struct cli *c, const char *command,
                                        const struct opt *table, const int64_t *run_id,
                                        const char *const *out, size_t n, size_t jobs,
                                        const char *doing, struct errbuf *eb);

#endif
