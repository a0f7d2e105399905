/* ui.h - the dashboard without a terminal: views, keys, prompts, messages, programs
 * started.  Keys go in, a canvas comes out; app.c puts a terminal around it.
 *
 * Threads: owner thread only.
 * Errors:  none; what goes wrong is said in the message line. */
#ifndef TUI_UI_H
#define TUI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "draw/canvas.h"
#include "draw/chart.h"
#include "draw/theme.h"
#include "tui/app.h"
#include "tui/choice.h"
#include "tui/config.h"
#include "tui/diff_what.h"
#include "tui/edit.h"
#include "tui/job.h"
#include "tui/screen_model.h"
#include "tui/view.h"

enum { UI_MIN_ROWS = 12, UI_MIN_COLS = 40, UI_DEPTH = 8 };

struct ui_prompt {
    bool open;
    enum action what;
    char label[64];
    struct edit edit;
    char before[EDIT_MAX]; /* what it began with */
    struct errbuf error;   /* what is wrong with the text; "": nothing */
    size_t error_at;       /* byte of the text */
};

struct ui_confirm {
    bool open;
    char text[256];      /* names the target */
    struct strlist argv; /* run on yes */
    unsigned n_opened;   /* of the model: its run ids are of that store */
};

struct ui {
    const struct app_options *opt; /* borrowed */
    struct model model;
    struct choice choice;          /* of Compare, Ontology and Errors */
    unsigned choice_seen;          /* model.results when its groups were read */
    void *state[VIEW_COUNT];       /* owned; NULL: never opened */
    size_t stack[UI_DEPTH], depth; /* view indices; the last is in front */
    struct ui_prompt prompt;
    struct ui_confirm confirm;
    struct jobs jobs;
    char message[512];
    enum style message_style;
    bool quit, dirty, frozen, redraw;
    enum chart_glyphs glyphs; /* as chosen */
    bool ascii_only;          /* whatever was chosen: the locale has no more */
    bool ascii;               /* so much for both */
    enum theme theme;
    bool theme_is_wish; /* of this session: counts more than NO_COLOR */
    int refresh_ms;     /* between polls of the store */
    struct config config;
    int first_view; /* of the bar: the one that was in front when it closed */
    unsigned given; /* settings of the frame that options gave: not kept */
    int cols;       /* of the last drawing */

    int64_t run_id;        /* that the run view shows */
    bool want_log;         /* the run view starts at the log */
    struct diff_what diff; /* that the diff view shows */
    struct keyset *marked; /* of the runs view: run ids and group keys; borrowed */
};

void ui_init(struct ui *ui, const struct app_options *opt, bool ascii);
void ui_release(struct ui *ui);

/* Look at the store and at the programs running; sets dirty where the screen changed. */
void ui_tick(struct ui *ui);

/* Act on a key (key.h). */
void ui_key(struct ui *ui, int key);

/* The whole screen.  frame_s: time that may go into reading curves (INFINITY: all). */
void ui_draw(struct ui *ui, struct canvas *cv, double frame_s);

/* --- for views --- */

/* Bring a view to the front; back from it comes what is in front now.  A view of the
 * bar starts a new pile. */
void ui_open(struct ui *ui, size_t view);

/* True if ACT_BACK leaves the dashboard now. */
bool ui_back_quits(const struct ui *ui);

/* Let the view in front read again. */
void ui_refresh(struct ui *ui);

/* A message in the line above the footer, until the next key. */
void ui_say(struct ui *ui, enum style style, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Let the user type a line; the view in front gets it through view.input. */
void ui_prompt(struct ui *ui, enum action what, const char *initial, const char *fmt,
               ...) PRINTF_LIKE(4, 5);

/* "hcelab --store PATH" and the words of a command line; words end with NULL. */
void ui_argv(const struct ui *ui, struct strlist *argv, const char *const *words);

/* Run a command that changes something; says what came of it.  Refused, with a message,
 * when read-only.  With a question (may be NULL) the user confirms first.  Takes the
 * contents of argv. */
void ui_run(struct ui *ui, struct strlist *argv, const char *question);

/* Start a worker that outlives the dashboard; says: tell when it runs, not only when it
 * could not be started. */
void ui_start_worker(struct ui *ui, bool says);

/* Cancel, pause or resume, retry or move the runs (n) called `what`: ACT_CANCEL, PAUSE,
 * RETRY, RAISE, LOWER, FIRST. */
void ui_run_action(struct ui *ui, enum action action,
                   const struct store_run *const *run, size_t n, const char *what);

/* True, with a message, if the row under the cursor of a list is another by now than the
 * one that was seen: nothing is to be done to it then.  Asked again, it may. */
bool ui_misses(struct ui *ui, struct list *l, enum action action);

/* Write a text to a new file and say where it is; an error (ERR_CONFLICT: the file
 * exists) is left to the caller. */
MUST_CHECK enum err ui_write_file(struct ui *ui, const char *path, const char *text,
                                  struct errbuf *eb);

/* Read the configurations of ui.choice again if they may be others by now. */
void ui_read_choice(struct ui *ui);

/* Another evaluation, rule or configuration for the views that share ui.choice; false if
 * the action is none of these.  The view then reads its rows again. */
bool ui_choose(struct ui *ui, enum action action);

/* "experiment model 9029f7c8 (1 of 2)  evaluation ood  rule hierarchy", where
 * choice_group is not NULL: the experiments are those of the runs that are paired, and it
 * is said which of them were imported. */
void ui_draw_choice(const struct ui *ui, struct canvas *cv, int row);

/* A calm screen for where there is nothing to show yet: what to do next. */
void ui_draw_empty(const struct ui *ui, struct canvas *cv);

/* True when nothing may be written; says so. */
bool ui_refuses(struct ui *ui, const char *what);

#endif
