/* spec_opts.h - options made from the tables of run parameters and of the simulator.
 *
 * Threads: any thread.
 * Errors:  ERR_ARG names the option, the value and what would do. */
#ifndef CLI_SPEC_OPTS_H
#define CLI_SPEC_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/opts.h"
#include "data/simulate.h"
#include "spec/spec.h"

/* Rows for the parameters that have an option of their own, --set and --seeds; ends
 * with an empty row.  Texts and rows are in the arena. */
const struct opt *spec_opts_table(struct arena *a);

/* For struct opts: hyperparameters are set with --set. */
const char *spec_opts_hint(const char *name);

/* Rows for the knobs of the simulator. */
const struct opt *sim_opts_table(struct arena *a);

/* Set what was given in an initialised spec.  With axes, --model, --loss and --seed
 * are left alone: the command takes several (axes_from_opts).  Not resolved yet. */
MUST_CHECK enum err spec_from_opts(struct spec *s, const struct opts *o, bool axes,
                                   struct errbuf *eb);

/* The same for the simulator. */
MUST_CHECK enum err sim_from_opts(struct sim_spec *s, const struct opts *o,
                                  struct errbuf *eb);

/* Whether what was given for a parameter, to filter by, is a value that it can have. */
MUST_CHECK enum err spec_check_opt(const struct opts *o, enum spec_id id,
                                   struct errbuf *eb);

/* The lists of --model a,b --loss a,b --seeds LIST (or --seed N); what was not given
 * is one default.  Empty on error. */
struct spec_axes {
    enum model_id *model; /* (n_models) owned */
    enum loss_id *loss;   /* (n_losses) owned */
    uint32_t *seed;       /* (n_seeds) owned */
    size_t n_models, n_losses, n_seeds;
};
MUST_CHECK enum err axes_from_opts(struct spec_axes *axes, const struct opts *o,
                                   struct errbuf *eb);
void spec_axes_release(struct spec_axes *axes);

#endif
