/* compare_base.c - one row per seed group, in the order of the configurations. */
#include "tui/compare_base.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EXPERIMENT, MODEL, LOSS, KEY, SEEDS, WHY, DIFFERS, N_COLS };

static const struct list_column columns[N_COLS] = {
    [EXPERIMENT] = {.name = "experiment",
                    .title = "EXPERIMENT",
                    .width = 10,
                    .grow = 1,
                    .max = 24,
                    .hugs = true,
                    .rank = 2},
    [MODEL] = {.name = "model", .title = "MODEL", .width = 6},
    [LOSS] = {.name = "loss", .title = "LOSS", .width = 4},
    [KEY] = {.name = "pair_key", .title = "PAIR KEY", .width = 8, .rank = 1},
    [SEEDS] =
        {.name = "seeds", .title = "SEEDS", .type = LIST_INT, .width = 5, .rank = 3},
    [WHY] = {.name = "why", .title = "BASELINE?", .width = 30, .grow = 2, .max = 80},
    [DIFFERS] = {.name = "differs",
                 .title = "DIFFERS IN",
                 .width = 12,
                 .grow = 2,
                 .max = 80,
                 .rank = 4},
};

void
compare_base_init(struct list *l)
{
    list_init(l, columns, N_COLS);
    l->example = "such as: loss = hce and model = linear; why = yes";
}

static void
add_group(struct list *l, const struct compare_data *d, struct store *s,
          const struct store_group *g, const char *loss, int64_t n)
{
    struct store_compare_query q = compare_data_query(d, g->pair_key, loss);
    bool is_now = strcmp(q.base_key, d->base_key ? d->base_key : q.pair_key) == 0 &&
                  strcmp(loss, d->base_loss ? d->base_loss : "ce") == 0;
    char *why, *differs = NULL;

    if (n == 0 || store_side_check(s, &q, &why, NULL))
        return;
    size_t row = list_row(l, keyset_hash(keyset_hash(0, g->pair_key), loss), LIST_ROOT);
    list_text(l, row, EXPERIMENT, STYLE_TEXT, "%s", g->experiment);
    list_text(l, row, MODEL, STYLE_TEXT, "%s", g->model);
    list_text(l, row, LOSS, STYLE_TEXT, "%s", loss);
    list_text(l, row, KEY, STYLE_DIM, "%s", g->pair_key);
    list_num(l, row, SEEDS, (double)n);
    list_text(l, row, WHY,
              why      ? STYLE_DIM
              : is_now ? STYLE_ACCENT
                       : STYLE_GOOD,
              "%s",
              why      ? why
              : is_now ? "yes, now"
                       : "yes");
    if (!why && store_pair_diff(s, g->pair_key, q.pair_key, &differs, NULL) == ERR_OK)
        list_text(l, row, DIFFERS, STYLE_DIM, "%s", differs);
    free(differs);
    free(why);
}

void
compare_base_fill(struct list *l, const struct compare_data *d, struct store *s)
{
    const struct choice *c = d->choice;

    list_begin(l);
    for (size_t i = 0; s && c->evaluation && i < c->groups.n; i++) {
        const struct store_group *g = &c->groups.group[i];

        add_group(l, d, s, g, "ce", g->n_ce);
        add_group(l, d, s, g, "hce", g->n_hce);
    }
    list_end(l);
}

bool
compare_base_take(const struct list *l, struct compare_data *d, const char **why)
{
    const struct list_row *row = list_current(l);

    if (!row)
        return true;
    *why = row->cell[WHY].text;
    if (strncmp(*why, "yes", 3) != 0)
        return false;
    const char *key = row->cell[KEY].text, *loss = row->cell[LOSS].text;
    bool is_default = strcmp(key, d->choice->pair_key) == 0 && strcmp(loss, "ce") == 0;
    compare_data_set_base(d, is_default ? NULL : key, loss);
    return true;
}
