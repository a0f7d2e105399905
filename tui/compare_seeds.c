/* compare_seeds.c - the seeds of one row of the comparison, as a list. */
#include "tui/compare_seeds.h"

#include <assert.h>
#include <string.h>

enum { S_SEED, S_CE, S_HCE, S_DELTA, S_BAR, S_COLS };
static_assert((int)S_COLS == (int)COMPARE_SEEDS_COLS, "columns of the list");

static const struct list_column seed_columns[S_COLS] = {
    [S_SEED] = {.name = "seed", .title = "SEED", .type = LIST_INT, .width = 10},
    [S_CE] = {.name = "ce", .title = "CE", .type = LIST_REAL, .width = 8, .digits = 4},
    [S_HCE] =
        {.name = "hce", .title = "HCE", .type = LIST_REAL, .width = 8, .digits = 4},
    [S_DELTA] =
        {.name = "delta", .title = "DELTA", .type = LIST_REAL, .width = 8, .digits = 4},
    [S_BAR] = {.name = "delta_bar",
               .title = "- 0 +",
               .type = LIST_REAL,
               .width = 21,
               .drawn = true,
               .is_left = true,
               .repeats = true},
};

void
compare_seeds_init(struct list *l, struct list_column column[COMPARE_SEEDS_COLS])
{
    memcpy(column, seed_columns, sizeof seed_columns);
    list_init(l, column, S_COLS);
    l->example = "such as: delta < 0; seed in (0, 2, 3)";
}

void
compare_seeds_name(struct list_column column[COMPARE_SEEDS_COLS], const char *base_name,
                   const char *name)
{
    column[S_CE].title = base_name;
    column[S_HCE].title = name;
}

static enum style
sign_style(double delta)
{
    return delta > 0 ? STYLE_GOOD : delta < 0 ? STYLE_BAD : STYLE_TEXT;
}

void
compare_seeds_fill(struct list *l, const struct compare_row *r)
{
    list_begin(l);
    for (size_t i = 0; r && i < r->n; i++) {
        double delta = r->hce[i] - r->ce[i];
        size_t row = list_row(l, (uint64_t)r->seed[i], LIST_ROOT);
        list_num(l, row, S_SEED, (double)r->seed[i]);
        list_num(l, row, S_CE, r->ce[i]);
        list_num(l, row, S_HCE, r->hce[i]);
        list_num_text(l, row, S_DELTA, delta, sign_style(delta), "%+.4f", delta);
        list_num(l, row, S_BAR, delta);
    }
    list_end(l);
}
