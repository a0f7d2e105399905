/* errors.h - which classes the cells of each class were called, by CE and HCE, seed by
 * seed: the counts that error_table.h computes with.
 *
 * A confusion is a (true label, predicted label) that occurred in some run; one that did
 * not occur in a run has the count 0 there.  errors_add has the signature of the store's
 * callback, so that neither knows the other.
 *
 * Letters: S pairs of runs (a seed's CE and HCE run on the same cells), C classes.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef STAT_ERRORS_H
#define STAT_ERRORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a prediction is to the true label.  WRONG is no relation but their sum: whatever
 * does not count as right. */
enum error_kind {
    ERROR_SAME,
    ERROR_DESCENDANT,
    ERROR_ANCESTOR,
    ERROR_SIBLING,
    ERROR_OTHER,
    ERROR_WRONG,
    ERROR_KINDS
};

enum error_side { ERROR_CE, ERROR_HCE, ERROR_SIDES };

struct confusion {
    uint32_t from, to;    /* classes: true, predicted */
    enum error_kind kind; /* a relation */
};

struct errors {
    size_t S;
    int64_t *seed;        /* (S) owned */
    struct intern *label; /* owned; names of the classes, in order of first sight */
    struct confusion *confusion; /* (n) owned; in order of first sight */
    int64_t *count;              /* (n, 2, S) owned; cells */
    size_t n, cap;
    struct errors_index *index; /* (cap_classes) owned; by true class */
    size_t cap_classes;
    size_t pair;          /* that errors_add adds to */
    enum error_side side; /* likewise */
    uint32_t last_from;   /* of the row before: rows come by true label */
};

void errors_init(struct errors *e, const int64_t *seed, size_t S);
void errors_release(struct errors *e);

/* Rows that follow are of this run: pair < S. */
void errors_begin_run(struct errors *e, size_t pair, enum error_side side);

/* ctx is a struct errors; n cells of one label that were called another.  A relation that
 * is none of ours counts as `other`. */
void errors_add(void *ctx, const char *true_label, const char *predicted_label,
                const char *relation, int64_t n);

/* True if some row was added of this run: its confusions are known. */
bool errors_has_run(const struct errors *e, size_t pair, enum error_side side);

size_t errors_classes(const struct errors *e); /* C */

/* Name of class c < C; borrowed until errors_release. */
const char *errors_label(const struct errors *e, size_t c);

/* Class of that name, or SIZE_MAX. */
size_t errors_find(const struct errors *e, const char *label);

/* Cells of confusion i by pair: (S), borrowed. */
const int64_t *errors_counts(const struct errors *e, size_t i, enum error_side side);

/* "same", "descendant", ..., "wrong"; ERROR_KINDS for a name that is none. */
const char *error_kind_name(enum error_kind kind);
enum error_kind error_kind_find(const char *name);

#endif
