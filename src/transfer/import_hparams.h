/* import_hparams.h - which run a published folder is: model, loss, seed, parameters.
 *
 * What export wrote about a run of ours (parameters.json, "hcelab") comes first, then
 * parameters.json, then hparams.yaml, then the names of folders.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT names the file's parameter, its value and what would do.
 * Tests:   tests/test_import_tree.c */
#ifndef TRANSFER_IMPORT_HPARAMS_H
#define TRANSFER_IMPORT_HPARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "exchange/source_params.h"
#include "spec/spec.h"
#include "store/store.h"
#include "transfer/import_classes.h"

struct import_origin {
    const struct source_params *hparams, *parameters; /* may be empty */
    const char *model_folder; /* "linear_hierarchical_loss"; "" if there is none */
    int64_t version;          /* of the folder */
};

struct import_facts {
    int64_t n_genes, n_classes, n_train, n_val; /* 0: not known */
    bool seed_is_version; /* no file has a seed: it is the number of the folder */
    const char *uuid, *pair_key, *data_digest, *class_digest, *rule; /* borrowed; NULL:
                            not a run that export wrote */
    struct store_import_facts own; /* texts borrowed; origin NULL: export did not say */
    int64_t started_us, ended_us;  /* INT64_MIN: export did not say */
    int64_t n_test, n_ood;         /* 0: not known */
    struct import_ontology ontology; /* borrowed */
};

/* Append the facets of a run that export wrote; nothing where it does not say them. */
void import_hparams_facets(const struct source_params *parameters, struct strlist *out);

/* spec (initialised) gets all that is known, and the defaults of the model elsewhere;
 * experiment and name only where export wrote them. */
MUST_CHECK enum err import_hparams(const struct import_origin *o, struct spec *spec,
                                   struct import_facts *facts, struct errbuf *eb);

#endif
