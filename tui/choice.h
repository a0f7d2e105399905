/* choice.h - the question that Compare, Ontology and Errors answer: which configuration,
 * evaluation and scoring rule.  One choice for all of them.
 *
 * Threads: owner thread only.
 * Errors:  none; what cannot be read stays as it was. */
#ifndef TUI_CHOICE_H
#define TUI_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strlist.h"
#include "store/store.h"
#include "store/store_who.h"

struct choice {
    struct store_groups groups;         /* that can be compared */
    size_t group;                       /* the one that is shown; groups.n: none */
    char *pair_key, *evaluation, *rule; /* what is asked for; owned */
    struct strlist evaluations, facets; /* of the group */
    struct store_who ce, hce;           /* the runs that this pairs */
};

void choice_init(struct choice *c);
void choice_release(struct choice *c);

/* Read the configurations again.  Chooses what was not chosen, or is no more: the one
 * with pairs that ended last, evaluation ood, rule hierarchy.  False if they cannot be
 * read now. */
bool choice_read(struct choice *c, struct store *s);

/* Read whose runs are compared now: after anything else was chosen. */
void choice_read_who(struct choice *c, struct store *s);

/* Choose the next (by = 1) or the one before (-1). */
void choice_step_group(struct choice *c, int by);
void choice_step_evaluation(struct choice *c);
void choice_step_rule(struct choice *c);

/* The group that is shown, or NULL. */
const struct store_group *choice_group(const struct choice *c);

/* The name after (by = 1) or before (-1) `now` in a list, around its ends. */
const char *choice_neighbour(const struct strlist *l, const char *now, int by);

#endif
