/* error_table.h - shares of right and wrong predictions per class under CE and HCE, how
 * the wrong ones divide by relation, and the confusions of one class.
 *
 * The share of a kind is its cells divided by those of the class (or, if the question is
 * of_wrong, by the wrong ones of the class).  A class is a true label, and its cells those
 * that bear it; by_predicted, it is a predicted label, and its cells those that were
 * called so.  Under the rule `hierarchy` a descendant counts as right.
 *
 * Seeds are the replicates: a share is computed per run, then compared between CE and HCE
 * of one seed.  A pair in which a side has no share (no cells, or none wrong) does not
 * enter; n of the statistics says how many did.
 *
 * Letters: S pairs of runs.
 *
 * Threads: any thread, one per object.
 * Errors:  none; what cannot be tested is NaN with `why` set (paired.h). */
#ifndef STAT_ERROR_TABLE_H
#define STAT_ERROR_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "stat/errors.h"
#include "stat/paired.h"

struct error_question {
    bool by_predicted; /* classes are predicted labels */
    bool exact;        /* rule: only the label itself is right; else `hierarchy` */
    bool of_wrong;     /* shares of relations are of the wrong predictions */
};

/* d = HCE - CE of shares; p_flip is not computed. */
struct error_stat {
    struct paired s;
    double p_holm; /* over the classes with a p for this kind; NaN likewise.  Of the row
                      of all classes: p itself */
};

#define ERRORS_ALL SIZE_MAX /* the class of the row of all classes */

struct error_row {
    size_t class_index;                 /* or ERRORS_ALL */
    const char *label;                  /* borrowed from the errors; "all cells" */
    double cells;                       /* mean over the runs */
    double n[ERROR_SIDES][ERROR_KINDS]; /* cells by kind, likewise, per loss */
    struct error_stat stat[ERROR_KINDS];
};

struct error_table {
    struct error_question question;
    const struct errors *errors; /* borrowed */
    struct error_row *row;       /* (n) owned: all classes, then the classes by name */
    size_t n; /* 0 without pairs; classes without cells are left out */
    size_t family[ERROR_KINDS]; /* classes tested */
    double *tally;              /* owned; cells by (class + 1, side, pair, kind) */
};

/* Compute everything.  e outlives t.  Tests: test_errors.c */
void error_table_init(struct error_table *t, const struct errors *e,
                      struct error_question q);
void error_table_release(struct error_table *t);

/* The row of a class, or of ERRORS_ALL; NULL if it has none. */
const struct error_row *error_table_find(const struct error_table *t,
                                         size_t class_index);

/* True if a kind counts as right under the rule of the question. */
bool error_is_right(const struct error_question *q, enum error_kind kind);

/* What Holm's p below .05 says about HCE: "better" or "worse" for right and wrong
 * predictions, "fewer" or "more" for relations; "" otherwise. */
const char *error_verdict(enum error_kind kind, const struct error_stat *x);

/* --- the confusions of a class --- */

struct confusion_row {
    struct confusion c;
    const char *from, *to;     /* labels; borrowed from the errors */
    double cells[ERROR_SIDES]; /* mean over the seeds */
    struct paired share;       /* of the class's cells or wrong ones; see of_wrong */
    const int64_t *n[ERROR_SIDES]; /* (S) cells by pair; borrowed from the errors */
};

struct confusion_list {
    struct confusion_row *row; /* (n) owned; most cells under either loss first */
    size_t n, n_all;           /* n_all: before `top` cut it */
};

/* Where the cells of a class went, the right ones included; by_predicted: what was called
 * it.  Of ERRORS_ALL: every confusion of two classes.  At most `top` rows (0: all).  They
 * are picked by size, so nothing is adjusted and p is not for reading. */
void confusion_list_init(struct confusion_list *l, const struct error_table *t,
                         size_t class_index, size_t top);
void confusion_list_release(struct confusion_list *l);

/* The share of a confusion, or of any cells, of a class in one run: NaN where the class
 * has no cells or, under of_wrong, where none is wrong or the kind is right. */
double error_share(const struct error_table *t, size_t class_index,
                   enum error_side side, size_t pair, double cells,
                   enum error_kind kind);

#endif
