/* view_errors.c - where the cells of a class went under CE and under HCE. */
#include "tui/ui.h"

struct errors_state {
    bool has_question;
};

static void
errors_refresh(void *state, struct ui *ui)
{
    struct errors_state *st = state;

    choice_read(&ui->choice, ui->model.store);
    st->has_question = choice_group(&ui->choice) != NULL;
}

static void
errors_draw(void *state, struct ui *ui, struct canvas *cv)
{
    const struct errors_state *st = state;

    if (st->has_question)
        ui_draw_choice(ui, cv, 0);
    else
        ui_draw_empty(ui, cv);
}

static bool
errors_act(void *state, struct ui *ui, enum action a)
{
    (void)state;
    return ui_choose(ui, a);
}

const struct view view_errors = {
    .name = "errors",
    .title = "Errors",
    .help = "Where the cells of a class went under CE and under HCE.",
    .command = "hcelab errors --eval NAME",
    .context = {CTX_ERRORS},
    .state_size = sizeof(struct errors_state),
    .refresh = errors_refresh,
    .draw = errors_draw,
    .act = errors_act,
};
