/* app.c - the event loop: keys, the store's clock, frames. */
#include "tui/app.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tui/term.h"
#include "tui/ui.h"
#include "tui/ui_config.h"

enum { BUSY_MS = 16 }; /* between polls while a program runs or curves are unread */
#define FRAME_S 0.008  /* of a frame that may go into reading curves */

/* NO_COLOR counts more than what was kept, and less than what is wished now. */
static enum theme
theme_of(const struct ui *ui)
{
    return term_wants_no_colour() && !ui->theme_is_wish ? THEME_MONO : ui->theme;
}

static void
draw_frame(struct ui *ui, struct canvas *cv, enum theme *theme)
{
    int rows, cols;

    term_size(&rows, &cols);
    if (theme_of(ui) != *theme) {
        *theme = theme_of(ui);
        term_set_theme(*theme);
        ui->redraw = true;
    }
    if (rows != cv->rows || cols != cv->cols || ui->ascii != cv->ascii) {
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
loop(struct ui *ui)
{
    struct canvas cv = {0};
    enum theme theme = THEME_COUNT; /* none yet */
    double tick_due = 0;
    enum term_event event = TERM_TIMEOUT;
    int key = 0;

    while (take_event(ui, event, key)) {
        double now = clock_mono_s();
        bool busy = jobs_busy(&ui->jobs) || ui->model.late;
        double period = (busy ? BUSY_MS : ui->refresh_ms) / 1000.0;
        unsigned before = ui->model.generation;
        if (now >= tick_due || busy) {
            ui_tick(ui);
            tick_due = now + period;
        }
        /* Several keys that wait are one frame. */
        if (ui->dirty && event != TERM_KEY)
            draw_frame(ui, &cv, &theme);
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
    struct app_options mine = *opt;
    char *config = opt->config_path ? NULL : config_default_path();
    struct errbuf unkept;
    struct ui ui;
    enum err e = term_open(eb);

    if (e) {
        free(config);
        return e;
    }
    if (config)
        mine.config_path = config;
    ui_init(&ui, &mine, !term_is_utf8());
    loop(&ui);
    term_close();
    if (ui_config_save(&ui, &unkept))
        fprintf(stderr, "hcelab: what you chose is not kept: %s\n", unkept.text);
    ui_release(&ui);
    free(config);
    return ERR_OK;
}
