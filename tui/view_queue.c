/* view_queue.c - what runs and what waits, why, until when, and who works on it. */
#include "tui/ui.h"

struct queue_state {
    bool has_question;
};

static void
queue_refresh(void *state, struct ui *ui)
{
    struct queue_state *st = state;

    choice_read(&ui->choice, ui->model.store);
    st->has_question = choice_group(&ui->choice) != NULL;
}

static void
queue_draw(void *state, struct ui *ui, struct canvas *cv)
{
    const struct queue_state *st = state;

    if (st->has_question)
        ui_draw_choice(ui, cv, 0);
    else
        ui_draw_empty(ui, cv);
}

static bool
queue_act(void *state, struct ui *ui, enum action a)
{
    (void)state;
    return ui_choose(ui, a);
}

const struct view view_queue = {
    .name = "queue",
    .title = "Queue",
    .help = "What runs and what waits, why, until when, and who works on it.",
    .command = "hcelab queue list",
    .context = {CTX_QUEUE},
    .state_size = sizeof(struct queue_state),
    .refresh = queue_refresh,
    .draw = queue_draw,
    .act = queue_act,
};
