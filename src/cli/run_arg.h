/* run_arg.h - RUN on the command line, and wishes about several of them.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND, ERR_AMBIGUOUS with the candidates; errors of the store. */
#ifndef CLI_RUN_ARG_H
#define CLI_RUN_ARG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "store/store.h"

/* The runs that the arguments from `first` on name, in order; c->store is open.
 * Caller frees *ids. */
MUST_CHECK enum err run_arg_ids(struct cli *c, size_t first, int64_t **ids, size_t *n,
                                struct errbuf *eb);

/* The one run of an id: a list that holds it.  Caller releases with
 * store_runs_release. */
MUST_CHECK enum err run_arg_get(struct cli *c, int64_t run_id, struct store_runs *out,
                                struct errbuf *eb);

/* True for a state from which a run does not go on by itself. */
bool run_arg_has_ended(const char *state);

typedef enum err (*run_arg_wish_fn)(struct cli *c, int64_t run_id, bool *done,
                                    struct errbuf *eb);

/* Open the store for writing and apply a wish to every run named from argument `first`
 * on; all are looked up before the first is touched.  What cannot be done is said, and
 * is ERR_CONFLICT at the end: of one run with the reason, else with how many.  `said` is
 * "cancelled", "paused", ... */
MUST_CHECK enum err run_arg_wish(struct cli *c, size_t first, run_arg_wish_fn wish,
                                 const char *said, struct errbuf *eb);

#endif
