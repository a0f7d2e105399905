/* app.c - the event loop: keys, the store's clock, frames. */
#include "tui/app.h"

#include "base/clock.h"
#include "tui/term.h"
#include "tui/ui.h"

enum {
    REFRESH_MS = 250, /* between polls of the store */
    BUSY_MS = 30      /* between polls while a program runs or curves are unread */
};
#define FRAME_S 0.008 /* of a frame that may go into reading curves */

static void
draw_frame(struct ui *ui, struct canvas *cv)
{
    int rows, cols;

    term_size(&rows, &cols);
    if (rows != cv->rows || cols != cv->cols) {
        canvas_release(cv);
        canvas_init(cv, rows, cols, ui->ascii);
    }
    ui_draw(ui, cv, FRAME_S);
    term_show(cv, ui->redraw);
    ui->redraw = false;
}

/* Act on an event; false if the user, or the terminal, is gone. */
static bool
take_event(struct ui *ui, enum term_event event, int key)
{
    if (event == TERM_END)
        return false;
    if (event == TERM_RESIZE)
        ui->dirty = ui->redraw = true;
    if (event == TERM_KEY)
        ui_key(ui, key);
    return !ui->quit;
}

static void
loop(struct ui *ui, unsigned refresh_ms)
{
    struct canvas cv = {0};
    double tick_due = 0;
    enum term_event event = TERM_TIMEOUT;
    int key = 0;

    while (take_event(ui, event, key)) {
        double now = clock_mono_s();
        bool busy = jobs_busy(&ui->jobs) || ui->model.late;
        double period = (busy ? BUSY_MS : refresh_ms) / 1000.0;
        unsigned before = ui->model.generation;
        if (now >= tick_due || busy) {
            ui_tick(ui);
            tick_due = now + period;
        }
        /* Several keys that wait are one frame. */
        if (ui->dirty && event != TERM_KEY)
            draw_frame(ui, &cv);
        if (ui->model.generation != before)
            model_rest(&ui->model, clock_mono_s() - now);
        int wait_ms = (int)((tick_due - clock_mono_s()) * 1000);
        if (ui->dirty) {
            event = term_wait(0, &key);
            continue;
        }
        event = term_wait(wait_ms > 1 ? wait_ms : 1, &key);
    }
    canvas_release(&cv);
}

enum err
app_run(const struct app_options *opt, struct errbuf *eb)
{
    struct ui ui;
    enum err e = term_open(eb);

    if (e)
        return e;
    ui_init(&ui, opt, opt->ascii || !term_is_utf8());
    loop(&ui, opt->refresh_ms ? opt->refresh_ms : REFRESH_MS);
    term_close();
    ui_release(&ui);
    return ERR_OK;
}
