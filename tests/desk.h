/* desk.h - the dashboard on a real terminal: a pseudo-terminal, read by libvterm.
 *
 * A small shell stands between, as on a user's screen: it starts the dashboard in its
 * own process group, notices when it stops or ends, and says so on the main screen:
 * "shell: stop N", "shell: ended N".  A line typed at a stop continues it; one typed after
 * the end has it said again.
 *
 * Nothing waits for a time: what is expected is waited for, up to a deadline.
 *
 * Threads: one thread per object.
 * Errors:  fail the test. */
#ifndef TESTS_DESK_H
#define TESTS_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <vterm.h>

#include "tests/support.h"

enum { DESK_DEADLINE_S = 20, DESK_OPTIONS = 4 };

/* Zeros and NULLs mean: 80 x 24, xterm-256color, the locale of the test, colours. */
struct desk_setup {
    int rows, cols;
    const char *term, *locale;
    bool no_color;
    const char *store;                /* path in `folder`; NULL: a new one, filled */
    const char *folder;               /* where it starts; NULL: a fresh one */
    const char *option[DESK_OPTIONS]; /* of the command line */
    uid_t uid;                        /* who starts it; 0: the user of the test */
    const char *program;              /* NULL: desk_program() */
};

struct desk {
    char *dir;  /* throwaway: configuration, and the store if it is new; owned */
    char *path; /* of the store; owned */
    int master; /* of the pseudo-terminal */
    pid_t shell;
    VTerm *vt;
    VTermScreen *screen;
    bool alt_screen, cursor_visible;
    char tail[6]; /* the last bytes that came */
    bool saw_colour, saw_high_byte, saw_title;
    size_t n_bytes; /* that came from the dashboard */
};

void desk_open(struct desk *d, const struct desk_setup *setup);

/* End the dashboard, if it still lives, and its shell. */
void desk_close(struct desk *d);

/* The absolute path of the program under test: ./hcelab.  Borrowed. */
const char *desk_program(void);

/* Take what comes within wait_ms; false if nothing came. */
bool desk_take(struct desk *d, int wait_ms);

/* The screen as text.  Caller frees. */
char *desk_text(const struct desk *d);

/* True if the screen holds the text, now or before the deadline. */
bool desk_shows(const struct desk *d, const char *text);
bool desk_appears(struct desk *d, const char *text);

/* The same, or the test fails and prints the screen. */
void desk_expect(struct desk *d, const char *text);

/* The screen stops holding the text, or the test fails.  A frame arrives in pieces: that
 * its first line is new does not mean that what it replaces has gone. */
void desk_expect_gone(struct desk *d, const char *text);

void desk_type(struct desk *d, const char *keys);
void desk_resize(struct desk *d, int rows, int cols);

/* The dashboard's pid: its process group is in the foreground. */
pid_t desk_dashboard(const struct desk *d);

/* As a shell user wants it: main screen, cursor, echo, line mode. */
void desk_assert_sane(const struct desk *d);

/* What a terminal sends for a key (key.h); "" where none does.  Up to 7 bytes. */
void desk_key_bytes(int key, char out[8]);

#endif
