/* seed_matrix.h - which runs of an experiment are done and which are missing: rows are
 * configurations x losses, columns are seeds.
 *
 * A seed is expected in a row if any run of the same experiment and model has it, with
 * whatever parameters and loss: so the losses of a pair, and the configurations of a
 * model, are asked for the same seeds.  Of several runs in one place the one that counts
 * is running, else queued, paused, succeeded, failed, cancelled; the newest of equals.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef STORE_SEED_MATRIX_H
#define STORE_SEED_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "store/store.h"

enum seed_state {             /* of a place, the less there is to do the further down */
                  SEED_EMPTY, /* not expected */
                  SEED_MISSING, /* expected, and there is no run */
                  SEED_CANCELLED,
                  SEED_FAILED,
                  SEED_SUCCEEDED,
                  SEED_PAUSED,
                  SEED_QUEUED,
                  SEED_RUNNING,
                  SEED_STATE_COUNT
};

struct seed_place {
    enum seed_state state;
    int64_t run_id; /* 0: none */
};

struct seed_row {
    const char *experiment, *model, *pair_key, *loss; /* borrowed */
    bool is_ambiguous;        /* another pair_key has the same experiment and model */
    int64_t like_run_id;      /* newest run of the pair_key here, whatever its loss */
    struct seed_place *place; /* (n_seeds) owned by the matrix */
    size_t count[SEED_STATE_COUNT]; /* places by state */
};

struct seed_matrix {
    int64_t *seed; /* (n_seeds) owned; ascending */
    size_t n_seeds;
    struct seed_row *row; /* (n_rows) owned */
    size_t n_rows;
    struct seed_place *place; /* (n_rows, n_seeds) owned */
};

/* From the runs of a store, whose texts are borrowed, and the losses (n_losses) that every
 * configuration is expected to have.  Rows follow the order of the runs. */
void seed_matrix_make(struct seed_matrix *m, const struct store_runs *runs,
                      const char *const *loss, size_t n_losses);
void seed_matrix_release(struct seed_matrix *m);

/* "missing", "succeeded", ...; "" for SEED_EMPTY.  The sign of one column: UTF-8, and
 * ASCII.  Static storage. */
const char *seed_state_name(enum seed_state s);
const char *seed_state_glyph(enum seed_state s);
char seed_state_sign(enum seed_state s);

/* Append the seeds of a row in this state: "2,4". */
void seed_row_seeds(const struct seed_matrix *m, const struct seed_row *r,
                    enum seed_state state, struct strbuf *out);

#endif
