/* layer.h - which matrix of a file is used, and what is done to its values.
 *
 * The rules are those of DESIGN.md section 2.  They are applied to a sample of the
 * cells that are used; whoever reads it whole checks what was assumed and asks again with the
 * matrix in `not_counts` if it does not hold.
 *
 * Threads: owner thread only.
 * Errors:  ERR_ARG and ERR_FORMAT name the matrices there are and what they hold.
 * Tests:   tests/test_layer.c */
#ifndef DATA_LAYER_H
#define DATA_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "data/notes.h"
#include "data/source.h"

/* What some values look like. */
struct value_stats {
    uint64_t n_nonzero;
    uint64_t n_words; /* that the rows of a sample take in a struct csr */
    size_t n_sampled; /* rows, with values or not */
    bool negative, fractional, nonfinite;
    size_t n_rows, n_rows_off; /* rows with values; those where expm1 does not sum to
                                  10,000 within 1 % */
    double sum_off;            /* the first such sum */
    size_t bad_row, bad_gene;  /* of the first value that is not finite; SIZE_MAX: not
                                  known */
};

/* Add the stored values of a row. */
void value_stats_add(struct value_stats *st, const float *value, size_t n);

/* Bytes of genes and values of a matrix with nnz values, if its rows are like those of
 * the sample. */
uint64_t value_stats_bytes(const struct value_stats *st, uint64_t nnz);

/* Non-negative integers, and not all 0. */
bool value_stats_is_counts(const struct value_stats *st);

/* The finding in words: "counts", "no negative values", ...; static storage. */
const char *value_stats_text(const struct value_stats *st);

struct layer_request {
    const char *layer;                /* "auto" or a name */
    int normalize;                    /* enum normalize_id */
    const struct strlist *not_counts; /* matrices known to hold other than counts */
    const bool *keep;                 /* (cells) those that are used; NULL: all */
};

struct layer_choice {
    char *layer;         /* owned; name of the matrix */
    char *decision;      /* owned; one sentence */
    bool scale;          /* to 10,000 per cell, then log1p */
    bool must_be_counts; /* the decision rests on it */
    bool may_be_negative;
    struct value_stats sample;
    bool whole_rows; /* the sample's row sums mean something */
};

MUST_CHECK enum err layer_choose(const struct source *f, const struct layer_request *q,
                                 struct layer_choice *out, const struct notes *notes,
                                 struct errbuf *eb);
void layer_choice_release(struct layer_choice *c);

/* Warn where values that are used as they are do not look log-normalised. */
void layer_warn_sums(const struct layer_choice *c, const struct value_stats *st,
                     const char *path, const struct notes *notes);

#endif
