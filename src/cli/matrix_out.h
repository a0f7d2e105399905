/* matrix_out.h - the completeness matrix (store/seed_matrix.h) as rows.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef CLI_MATRIX_OUT_H
#define CLI_MATRIX_OUT_H

#include "cli/cli.h"
#include "store/seed_matrix.h"

/* The matrix of runs with every loss there is.  Release with seed_matrix_release. */
void matrix_of_runs(struct seed_matrix *m, const struct store_runs *runs);

/* Print the rows of a loss (NULL: all): a column per seed and totals.  People get signs,
 * programs the words. */
void matrix_print(const struct cli *c, const struct seed_matrix *m, const char *loss);

#endif
