/* view_ontology.c - cE against HCE over the Cell Ontology: every node stands for the classes below it. */
#include "tui/ui.h"

struct ontology_state {
    bool has_question;
};

static void
ontology_refresh(void *state, struct ui *ui)
{
    struct ontology_state *st = state;

    choice_read(&ui->choice, ui->model.store);
    st->has_question = choice_group(&ui->choice) != NULL;
}

static void
ontology_draw(void *state, struct ui *ui, struct canvas *cv)
{
    const struct ontology_state *st = state;

    if (st->has_question)
        ui_draw_choice(ui, cv, 0);
    else
        ui_draw_empty(ui, cv);
}

static bool
ontology_act(void *state, struct ui *ui, enum action a)
{
    (void)state;
    return ui_choose(ui, a);
}

const struct view view_ontology = {
    .name = "ontology",
    .title = "Ontology",
    .help =
        "CE against HCE over the Cell Ontology: every node stands for the classes below it.",
    .command = "hcelab ontology --eval NAME --rule RULE",
    .context = {CTX_ONTOLOGY},
    .state_size = sizeof(struct ontology_state),
    .refresh = ontology_refresh,
    .draw = ontology_draw,
    .act = ontology_act,
};
