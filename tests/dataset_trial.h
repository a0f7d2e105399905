/* dataset_trial.h - loading a small file, for the tests of datasets.
 *
 * Threads: owner thread only.
 * Errors:  the test fails. */
#ifndef TESTS_DATASET_TRIAL_H
#define TESTS_DATASET_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "data/dataset_load.h"

enum { TRIAL_N = 12, TRIAL_G = 6 }; /* cells and genes of the file */

/* A fresh folder and study.h5ad in it, which trial_set_up makes anew for each test. */
extern char *trial_dir, *trial_path;

/* A request on one file that a test may change before it loads. */
struct trial {
    struct strlist path, where, need, warnings;
    struct dataset_request q;
    struct dataset ds;
    struct errbuf eb;
};

int trial_set_up(void **state);
int trial_tear_down(void **state);

void trial_init(struct trial *t);
void trial_release(struct trial *t);

/* Load trial_path, or what the test put into t->path. */
enum err trial_load(struct trial *t);
void trial_must_load(struct trial *t);

/* Loading fails with a message that holds `part`; releases t. */
void trial_must_fail(struct trial *t, const char *part);
void trial_must_say(const char *text, const char *part);
bool trial_is_warned(const struct trial *t, const char *part);

/* Value of a gene in a cell, and what it should be for counts of the atlas. */
double trial_value(const struct dataset *ds, size_t cell, size_t gene);
double trial_log_norm(size_t cell, size_t gene, size_t n_genes);

/* The invariants of struct csr hold. */
void trial_expect_sound(const struct dataset *ds);

/* x = counts of the atlas * scale + shift; and such values as matrix group/name of the
 * file (kind "dense" or a sparse one), in place of what was there. */
void trial_fill(double *x, double scale, double shift);
void trial_put_matrix(const char *group, const char *name, const double *x,
                      const char *kind);

#endif
