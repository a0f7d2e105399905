/* group_pick.c - which pair_keys a command is about, and what tells them apart. */
#include "cli/group_pick.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli_out.h"

bool
group_is_wanted(const struct store_group *g, const char *model, const char *pair_key)
{
    return (!model || strcmp(model, g->model) == 0) &&
           (!pair_key || strncmp(pair_key, g->pair_key, strlen(pair_key)) == 0);
}

const char *
group_evaluation(const char *wanted, const struct strlist *names)
{
    if (wanted)
        return wanted;
    if (strlist_has(names, "ood"))
        return "ood";
    if (strlist_has(names, "id"))
        return "id";
    return names->n ? names->item[0] : "id";
}

void
group_tell_apart(struct cli *c, const struct store_group *last,
                 const struct store_group *g)
{
    char *diff = NULL;

    if (store_pair_diff(c->store, last->pair_key, g->pair_key, &diff, NULL))
        return;
    if (group_for_people(c))
        out_textf(c, "\nnot averaged with the one above: %s\n", diff);
    else
        out_note("%.*s and %.*s are not averaged: %s", GROUP_KEY_SHOWN, last->pair_key,
                 GROUP_KEY_SHOWN, g->pair_key, diff);
    free(diff);
}

bool
group_for_people(const struct cli *c)
{
    return c->format == TABLE_PLAIN || c->format == TABLE_MARKDOWN;
}
