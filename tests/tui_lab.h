/* tui_lab.h - a store with known runs, and a dashboard without a terminal on it. */
#ifndef TESTS_TUI_LAB_H
#define TESTS_TUI_LAB_H

#include "base/strbuf.h"
#include "tests/support.h"
#include "tui/ui.h"

struct tui_lab {
    char *dir, *path; /* owned */
    struct app_options options;
    struct ui ui;
};

/* Fill a new store at path: experiment `toy` with four seeds of CE and HCE, one HCE run
 * failed; experiment `live` with running, queued and cancelled runs. */
void tui_lab_fill(const char *path);

/* A dashboard on a filled store, or on none; times and uuids are fixed. */
void tui_lab_open(struct tui_lab *lab, bool filled);
void tui_lab_close(struct tui_lab *lab);

/* Press keys: each character of the text. */
void tui_lab_keys(struct tui_lab *lab, const char *keys);

/* The screen as text; times of day become hh:mm:ss, the folder DIR.  Caller releases. */
void tui_lab_screen(struct tui_lab *lab, int rows, int cols, struct strbuf *out);

/* The same must hold the text somewhere. */
void tui_lab_expect(struct tui_lab *lab, const char *text);

/* Poll until the screen holds the text; fails after ten seconds. */
void tui_lab_wait(struct tui_lab *lab, const char *text);

#endif
