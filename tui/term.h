/* term.h - the terminal: the only module that knows curses.
 *
 * Puts a canvas on the screen, sending only what differs from the last one; reads keys;
 * turns signals into events.  The terminal is as it was before after term_close, while
 * the program is stopped, and when a signal ends it.
 *
 * Threads: owner thread only; one terminal per process.
 * Errors:  ERR_IO if there is no terminal, or its type is unknown. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>

#include "base/err.h"
#include "draw/canvas.h"
#include "draw/theme.h"

enum term_event {
    TERM_TIMEOUT,
    TERM_KEY,
    TERM_RESIZE, /* new size, or the screen was lost: draw again */
    TERM_END     /* SIGTERM, SIGHUP, SIGINT, SIGQUIT, or the terminal is gone */
};

MUST_CHECK enum err term_open(struct errbuf *eb);
void term_close(void);

/* True where glyphs beyond ASCII can be shown: the locale is UTF-8. */
bool term_is_utf8(void);

/* Colours and looks from now on; what is on the screen must be shown whole.  Begins as
 * auto, with NO_COLOR as mono. */
void term_set_theme(enum theme theme);

/* True if the environment has NO_COLOR. */
bool term_wants_no_colour(void);

void term_size(int *rows, int *cols);

/* Wait at most wait_ms for the next event; *key (key.h) for TERM_KEY. */
enum term_event term_wait(int wait_ms, int *key);

/* Show a canvas of the terminal's size.  whole: send every cell again. */
void term_show(const struct canvas *cv, bool whole);

#endif
