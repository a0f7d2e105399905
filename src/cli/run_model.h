/* run_model.h - the model of a run with all that it was trained on: spec, genes, classes.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND (no checkpoint, never started), ERR_FORMAT; those of the store. */
#ifndef CLI_RUN_MODEL_H
#define CLI_RUN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "cli/cli.h"
#include "data/classes.h"
#include "engine/train.h"
#include "spec/spec.h"
#include "store/store.h"

struct run_model {
    int64_t run_id;
    struct store_runs row; /* the run's, and no other */
    struct spec spec;
    struct strlist gene_id, gene_name;
    struct class_set classes;
    struct classifier *classifier; /* owned */
    char checkpoint[32];           /* "best", "last", "epoch N" */
    bool is_primary;               /* the checkpoint is the one that counts */
};

/* Load a checkpoint ("best", "last", "3" or "epoch 3"; NULL: the best, or the last where
 * nothing was validated) of a run of c->store, which is open.  On error too the caller
 * ends with run_model_release. */
MUST_CHECK enum err run_model_load(struct run_model *m, struct cli *c, int64_t run_id,
                                   const char *checkpoint, struct errbuf *eb);

/* Let its predictions be made as decode says, a name of decodes.def; once.  ERR_ARG if
 * there is none of that name; a hierarchy without relations is warned about on stderr,
 * since it changes nothing. */
MUST_CHECK enum err run_model_decode(struct run_model *m, const char *decode,
                                     struct errbuf *eb);
void run_model_release(struct run_model *m);

/* Say on stderr which files of ds lack genes of the model. */
void run_model_note_genes(const struct dataset *ds);

#endif
