/* mirror.h - a dashboard on a terminal (tests/desk.h), and the same without one on a
 * copy of the store.  Both get the same keys; then the terminal must come to show what
 * the canvas holds, cell by cell: glyphs, colours, looks.  So no key needs an expected
 * screen of its own, and nothing waits for a time.
 *
 * Threads: one thread per object; one at a time, since it changes the current folder.
 * Errors:  fail the test. */
#ifndef TESTS_MIRROR_H
#define TESTS_MIRROR_H

#include "tests/desk.h"
#include "tui/ui.h"

struct mirror {
    struct desk desk;
    struct ui ui;
    struct app_options options;
    struct canvas cv;
    char *dir;      /* of both stores; owned */
    int home;       /* the folder before */
    bool mono;      /* no colours */
    bool was_ascii; /* at the last look, for whoever looks */
    int colours;
};

/* Fill a store for mirrors: everything in it began a day and some hours ago, so that
 * no time that is shown changes during a test. */
void mirror_fill(const char *path);

/* A dashboard on a copy of the store at `from`, and its twin on another.  setup: its
 * store and folder are ignored. */
void mirror_open(struct mirror *m, const struct desk_setup *setup, const char *from);
void mirror_close(struct mirror *m);

/* Press a key (key.h) on both. */
void mirror_key(struct mirror *m, int key);
void mirror_keys(struct mirror *m, const char *keys);

void mirror_resize(struct mirror *m, int rows, int cols);

/* Wait until no program runs and the terminal shows what the twin draws; `what` is said
 * if it never does. */
void mirror_meet(struct mirror *m, const char *what);

/* Cell of the terminal; its glyph as UTF-8, " " for a blank, "" for a right half. */
void mirror_cell(const struct mirror *m, int row, int col, VTermScreenCell *cell,
                 char glyph[32]);

/* What colours and looks there are now. */
enum theme mirror_theme(const struct mirror *m);

/* The view in front. */
size_t mirror_view(const struct mirror *m);

#endif
