/* launch.h - from options to queued runs: what queue add, train and demo share.
 *
 * Threads: owner thread only.
 * Errors:  those of queue_plan_make and of the store. */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/cli.h"
#include "run/queue_plan.h"
#include "spec/spec.h"

/* A spec (initialised) as a run of c->store was made, but for its name; what is the default
 * of its model counts as not given. */
MUST_CHECK enum err launch_like(struct cli *c, int64_t run_id, struct spec *spec,
                                struct errbuf *eb);

/* Plan the cross product that the SPEC options name, on top of the run
 * of --like where the command has that.  will_write: the plan is to be
 * queued, so that a store that cannot be written is refused before the data are read. */
MUST_CHECK enum err launch_plan(struct cli *c, int64_t priority, bool will_write,
                                struct queue_plan *plan, struct errbuf *eb);

/* Print what people should know about a plan, to stderr. */
void launch_warn(const struct queue_plan *plan);

/* The run_id of run i of a plan that was added: new or found. */
int64_t launch_run_id(const struct queue_plan *plan, size_t i);

#endif
