/* ui_choice.c - the question that several views answer: its keys and its line. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/ui.h"

/* Another configuration; says in which parameters it differs from the one before. */
static void
step_group(struct ui *ui, int by)
{
    struct choice *c = &ui->choice;
    const struct store_group *g = choice_group(c);
    char *before = g ? xstrdup(g->pair_key) : NULL, *diff = NULL;

    choice_step_group(c, by);
    g = choice_group(c);
    if (g && before && strcmp(before, g->pair_key) != 0 && ui->model.store &&
        store_pair_diff(ui->model.store, before, g->pair_key, &diff, NULL) == ERR_OK)
        ui_say(ui, STYLE_DIM, "differs from the one before: %s", diff);
    free(diff);
    free(before);
}

void
ui_read_choice(struct ui *ui)
{
    bool is_new = ui->choice.groups.n == 0 || ui->choice_seen != ui->model.results;

    if (is_new && choice_read(&ui->choice, ui->model.store))
        ui->choice_seen = ui->model.results;
}

bool
ui_choose(struct ui *ui, enum action a)
{
    if (a == ACT_EVALUATION)
        choice_step_evaluation(&ui->choice);
    else if (a == ACT_RULE)
        choice_step_rule(&ui->choice);
    else if (a == ACT_GROUP_NEXT || a == ACT_GROUP_PREV)
        step_group(ui, a == ACT_GROUP_NEXT ? 1 : -1);
    else
        return false;
    return true;
}

void
ui_draw_choice(const struct ui *ui, struct canvas *cv, int row)
{
    const struct choice *c = &ui->choice;
    const struct store_group *g = choice_group(c);
    int col = 1;

    col += canvas_textf(cv, row, col, -1, STYLE_BOLD, "%s %s", g->experiment, g->model);
    col += 1 + canvas_textf(cv, row, col + 1, -1, STYLE_DIM, "%.8s (%zu of %zu)",
                            g->pair_key, c->group + 1, c->groups.n);
    col += 2 + canvas_textf(cv, row, col + 2, -1, STYLE_DIM, "evaluation ");
    col += canvas_textf(cv, row, col, -1, STYLE_ACCENT, "%s",
                        c->evaluation ? c->evaluation : "none yet");
    col += 2 + canvas_text(cv, row, col + 2, -1, STYLE_DIM, "rule ");
    canvas_text(cv, row, col, -1, STYLE_ACCENT, c->rule);
}
