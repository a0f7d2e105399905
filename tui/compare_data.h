/* compare_data.h - what the compare view shows: the statistics of the chosen configuration
 * over the labels of a facet.
 *
 * Threads: owner thread only.
 * Errors:  none; what cannot be read stays as it was. */
#ifndef TUI_COMPARE_DATA_H
#define TUI_COMPARE_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "stat/compare.h"
#include "tui/choice.h"

struct compare_data {
    struct choice *choice; /* borrowed; read before */

    char *facet;    /* owned */
    char *label;    /* owned; NULL: the labels of the facet; else the classes within */
    char *pair_key; /* owned; of the rows */

    struct comparison rows;    /* of the facet or the label */
    struct comparison overall; /* facet "all": one row, or none */
    struct strbuf unscored;    /* seeds not scored in the evaluation, or "" */
};

void compare_data_init(struct compare_data *d, struct choice *choice);
void compare_data_release(struct compare_data *d);

/* Read the pairs of what is chosen, and test them. */
void compare_data_read(struct compare_data *d, struct store *s);

/* Choose the next (by = 1) or the one before (-1); then read again. */
void compare_data_step_facet(struct compare_data *d, int by);

/* Look into a label (NULL: out again). */
void compare_data_set_label(struct compare_data *d, const char *label);

/* True if labels of the facet are groups of cells that hold classes. */
bool compare_data_has_classes(const struct compare_data *d);

#endif
