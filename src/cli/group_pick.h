/* group_pick.h - which pair_keys a command is about, and what tells them apart.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef CLI_GROUP_PICK_H
#define CLI_GROUP_PICK_H

#include <stdbool.h>

#include "base/strlist.h"
#include "cli/cli.h"

enum { GROUP_KEY_SHOWN = 12 }; /* characters of a pair_key that people see */

/* True if the group is of this model and its key begins so; NULL: any. */
bool group_is_wanted(const struct store_group *g, const char *model,
                     const char *pair_key);

/* `wanted`, or where that is NULL: ood of the names, else id, else the first. */
const char *group_evaluation(const char *wanted, const struct strlist *names);

/* Say what tells this block from the one before: they are not averaged. */
void group_tell_apart(struct cli *c, const struct store_group *last,
                      const struct store_group *g);

/* True if the format is for people: blocks with headings, not rows. */
bool group_for_people(const struct cli *c);

#endif
