/* reference.h - a file of the layout of golden/reference.h5, and what is said about it.
 *
 * The file holds cells, classes and hierarchy in its root, and groups with numbers of
 * the published implementation.  check_reference walks over the groups and gives each
 * to the function that knows its kind; these compare, and print one line per quantity.
 *
 * A data set that is missing or has another size is reported as a failure when it is
 * read, and read as NaN (integers: -1), so that whatever is compared with it fails too
 * and the check goes on.
 *
 * Letters: B cells of a batch, D genes, C classes.
 *
 * Threads: one thread per object.
 * Errors:  failures are counted in n_failed when their line is printed. */
#ifndef TESTS_REFERENCE_H
#define TESTS_REFERENCE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "num/kernels.h"

/* README of the file: losses relative, gradients and parameters relative in norm,
 * probabilities absolute. */
#define REFERENCE_LOSS 1e-5
#define REFERENCE_NORM 1e-4
#define REFERENCE_PROB 1e-5

/* What is said about a quantity. */
struct reference_line {
    char *text;              /* owned; the quantity, or what is wrong with it */
    double error, tolerance; /* NaN: the text says it all */
    double noise;            /* that float32 cannot avoid; 0: not asked */
    bool is_exact;           /* no matter of rounding */
};

struct reference {
    hid_t file;
    const char *group;       /* borrowed; the one being checked, "" before the first */
    const struct kernels *k; /* the path to check */
    struct pool *pool;       /* owned */
    size_t B, D, C, n_steps; /* of the root's attributes */
    size_t n_val;
    struct csr x_train, x_val;   /* (B n_steps, D), (n_val, D) */
    int32_t *y_train, *y_val;    /* owned */
    float *R, *weight;           /* (C, C), (C) owned */
    struct reference_line *line; /* (n_open) owned; of the group, not yet printed */
    size_t n_open, line_cap;
    size_t n_lines, n_failed, n_noisy; /* printed so far */
    size_t n_unknowable;               /* of the noisy: by more than .1 */
    size_t n_broken;                   /* reference_fail so far */
};

/* Open a file and read its root.  k is borrowed. */
MUST_CHECK enum err reference_open(struct reference *r, const char *path,
                                   const struct kernels *k, size_t threads,
                                   struct errbuf *eb);
void reference_close(struct reference *r);

/* --- reading: names are relative to the group, or absolute --- */

bool reference_has(const struct reference *r, const char *name);

/* Elements of a data set; 0 if there is none. */
size_t reference_count(const struct reference *r, const char *name);

/* The (n) elements of a data set, converted.  Caller frees. */
float *reference_floats(struct reference *r, const char *name, size_t n);
double *reference_doubles(struct reference *r, const char *name, size_t n);
int32_t *reference_ints(struct reference *r, const char *name, size_t n);

/* An attribute of the group; false if it has none of that name. */
bool reference_attribute(const struct reference *r, const char *name, double *x);

/* Names of a group's attributes, and of the members of one of its groups; *out is
 * empty before. */
void reference_attributes(const struct reference *r, struct strlist *out);
void reference_members(const struct reference *r, const char *name,
                       struct strlist *out);

/* (n, D) dense rows without their zeros. */
struct csr reference_csr(const float *dense, size_t n, size_t D);
void reference_csr_release(struct csr *x);

/* True if all of y (n) are classes. */
bool reference_classes(const struct reference *r, const int32_t *y, size_t n);

/* --- reporting --- */

/* One line: the quantity is ok if error <= tolerance. */
void reference_line(struct reference *r, const char *quantity, double error,
                    double tolerance);

/* The same for what is not computed: no noise excuses it. */
void reference_exact(struct reference *r, const char *quantity, double error,
                     double tolerance);

/* Print the lines of the group.  An error above its tolerance is no failure if it is
 * within the line's noise. */
void reference_flush(struct reference *r);

/* Forget the lines of the group. */
void reference_drop(struct reference *r);

/* A failure that is not a number. */
void reference_fail(struct reference *r, const char *quantity, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* |a - b| / |b| as vectors (n); |a| if b is 0. */
double reference_distance(const float *a, const float *b, size_t n);

/* |a - b| / |b| of two numbers. */
double reference_relative(double a, double b);

/* --- kinds of groups, one file each --- */

/* <model>_<loss>: training, final parameters, and outputs after it. */
void reference_model(struct reference *r);

/* After reference_model, if a line is out of tolerance: the noise of each line (see
 * reference_conditioning.c). */
void reference_condition(struct reference *r);

/* augment: cells with a vector added. */
void reference_augment(struct reference *r);

/* loss_<loss>_<none or weighted>: float64 loss and gradient. */
void reference_loss(struct reference *r);

#endif
