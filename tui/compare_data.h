/* compare_data.h - what the compare view shows: the statistics of the chosen configuration
 * over the labels of a facet.
 *
 * Threads: owner thread only.
 * Errors:  none; what cannot be read stays as it was. */
#ifndef TUI_COMPARE_DATA_H
#define TUI_COMPARE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "spec/decode.h"
#include "stat/compare.h"
#include "store/store_provenance.h"
#include "tui/choice.h"

struct compare_data {
    struct choice *choice; /* borrowed; read before */

    char *facet;    /* owned */
    char *label;    /* owned; NULL: the labels of the facet; else the classes within */
    char *pair_key; /* owned; of the rows */

    /* The baseline: a seed group; NULL: the CE runs of the configuration. */
    char *base_key, *base_loss;                   /* owned */
    enum decode_id base_decode;                   /* how its cells were decoded */
    char *base_evaluation;                        /* owned; by that, of the choice's */
    char base_name[STORE_SIDE], name[STORE_SIDE]; /* "CE", "HCE" */
    struct store_who base_who;                    /* its runs, where it was chosen */
    char *why; /* owned; why it cannot be compared with; NULL: it is */
    struct store_provenance provenance; /* what speaks against the comparison */
    int64_t min_support;                /* cells of a label, at least */

    struct comparison rows;            /* of the facet or the label */
    struct comparison overall;         /* facet "all": one row, or none */
    struct strbuf unmatched, unscored; /* seeds that are in no pair, or "" */
    struct strbuf repeated;            /* seeds with several runs; the newest counts */
    struct strbuf none;                /* why there are no rows; "": there are */
};

void compare_data_init(struct compare_data *d, struct choice *choice);
void compare_data_release(struct compare_data *d);

/* Read the pairs of what is chosen, and test them. */
void compare_data_read(struct compare_data *d, struct store *s);

/* Choose the next (by = 1) or the one before (-1); then read again. */
void compare_data_step_facet(struct compare_data *d, int by);

/* Compare with the runs of a pair_key and loss, their cells decoded so; NULL: CE with HCE
 * of one pair_key.  Of another pair_key the runs of the same loss are compared with it, of
 * the own one those of the other loss; HCE, where they were decoded otherwise. */
void compare_data_set_base(struct compare_data *d, const char *pair_key,
                           const char *loss, enum decode_id decode);

/* What is asked of the store when pair_key, loss and evaluation are the baseline (NULL:
 * the default one); texts are borrowed from d, its choice and the arguments. */
struct store_compare_query compare_data_query(const struct compare_data *d,
                                              const char *base_key,
                                              const char *base_loss,
                                              const char *base_evaluation);

/* What the evaluation of the choice is called when its cells are decoded so.  Caller
 * frees. */
char *compare_data_evaluation(const struct compare_data *d, enum decode_id decode);

/* Another least number of cells: 10, 30, 100, ... or back to 0. */
void compare_data_step_support(struct compare_data *d, int by);

/* Rows by a key that stays when they are read again. */
uint64_t compare_data_key(const struct compare_row *r);
const struct compare_row *compare_data_find(const struct compare_data *d, uint64_t key);

/* The class of a row, or its label. */
const char *compare_data_row_name(const struct compare_row *r);

/* Look into a label (NULL: out again). */
void compare_data_set_label(struct compare_data *d, const char *label);

/* True if labels of the facet are groups of cells that hold classes. */
bool compare_data_has_classes(const struct compare_data *d);

/* True if the rows are classes: F1 is theirs, not a mean over classes. */
bool compare_data_is_by_class(const struct compare_data *d);

#endif
