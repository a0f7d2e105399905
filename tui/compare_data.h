/* compare_data.h - what the compare view shows: the configurations that can be compared,
 * and the statistics of one of them over the labels of a facet.
 *
 * Threads: owner thread only.
 * Errors:  none; what cannot be read stays as it was. */
#ifndef TUI_COMPARE_DATA_H
#define TUI_COMPARE_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "stat/compare.h"
#include "store/store.h"

struct compare_data {
    struct store_groups groups;
    size_t group; /* the one that is shown; groups.n: none */

    /* What is asked for; owned. */
    char *pair_key, *evaluation, *rule, *facet;
    char *label; /* NULL: the labels of the facet; else the classes within this one */

    struct strlist evaluations, facets; /* of the group */
    struct comparison rows;             /* of the facet or the label */
    struct comparison overall;          /* facet "all": one row, or none */
    struct strbuf unscored;             /* seeds not scored in the evaluation, or "" */
};

void compare_data_init(struct compare_data *d);
void compare_data_release(struct compare_data *d);

/* Read the configurations again.  Chooses what was not chosen, or is no more: the one
 * with pairs that ended last, evaluation ood, rule hierarchy, facet class. */
void compare_data_read_groups(struct compare_data *d, struct store *s);

/* Read the pairs of what is chosen, and test them. */
void compare_data_read(struct compare_data *d, struct store *s);

/* Choose the next (by = 1) or the one before (-1); then read again. */
void compare_data_step_group(struct compare_data *d, int by);
void compare_data_step_facet(struct compare_data *d, int by);
void compare_data_step_evaluation(struct compare_data *d);
void compare_data_step_rule(struct compare_data *d);

/* Look into a label (NULL: out again). */
void compare_data_set_label(struct compare_data *d, const char *label);

/* The group that is shown, or NULL. */
const struct store_group *compare_data_group(const struct compare_data *d);

/* True if labels of the facet are groups of cells that hold classes. */
bool compare_data_has_classes(const struct compare_data *d);

#endif
