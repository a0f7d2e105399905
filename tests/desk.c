/* desk.c - the dashboard on a real terminal: a pseudo-terminal, read by libvterm. */
#include "tests/desk.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tests/tui_lab.h"
#include "tui/key.h"

enum { MAX_WORDS = 4 + DESK_OPTIONS };

/* --- the small shell --- */

static void
give_terminal(pid_t pid)
{
    tcsetpgrp(STDIN_FILENO, pid);
}

static pid_t
start(char *const argv[], uid_t uid)
{
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        give_terminal(getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        if (uid && (setgid(uid) != 0 || setuid(uid) != 0))
            _exit(126);
        execv(argv[0], argv);
        _exit(127);
    }
    setpgid(pid, pid);
    give_terminal(pid);
    return pid;
}

/* Start argv; after a stop, a line on the terminal continues it. */
static void
shell(char *const argv[], uid_t uid)
{
    char line[16];
    int status, n_stops = 0;

    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    pid_t pid = start(argv, uid);
    while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
        give_terminal(getpid());
        tcflush(STDIN_FILENO, TCIFLUSH); /* keys that were not read are no command */
        dprintf(STDOUT_FILENO, "shell: stop %d\r\n", ++n_stops);
        if (read(STDIN_FILENO, line, sizeof line) <= 0)
            break;
        give_terminal(pid);
        kill(-pid, SIGCONT);
    }
    give_terminal(getpid());
    do
        dprintf(STDOUT_FILENO, "shell: ended %d\r\n",
                WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    while (read(STDIN_FILENO, line, sizeof line) > 0);
    _exit(0);
}

/* --- opening --- */

const char *
desk_program(void)
{
    static char path[4096];

    if (!path[0] && !realpath("./hcelab", path))
        fail_msg("there is no ./hcelab to test");
    return path;
}

static int
set_property(VTermProp property, VTermValue *value, void *ctx)
{
    struct desk *d = ctx;

    if (property == VTERM_PROP_ALTSCREEN)
        d->alt_screen = value->boolean;
    if (property == VTERM_PROP_TITLE || property == VTERM_PROP_ICONNAME)
        d->saw_title = true;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = set_property};

static void
open_terminal(struct desk *d, int rows, int cols)
{
    d->vt = vterm_new(rows, cols);
    vterm_set_utf8(d->vt, 1);
    d->screen = vterm_obtain_screen(d->vt);
    vterm_screen_set_callbacks(d->screen, &callbacks, d);
    vterm_screen_enable_altscreen(d->screen, 1);
    vterm_screen_reset(d->screen, 1);
}

/* In the child: no file of the user is read or written. */
static void
set_environment(const struct desk *d, const struct desk_setup *setup)
{
    setenv("TERM", setup->term ? setup->term : "xterm-256color", 1);
    setenv("HOME", d->dir, 1);
    setenv("XDG_CONFIG_HOME", d->dir, 1);
    setenv("XDG_STATE_HOME", d->dir, 1);
    setenv("XDG_DATA_HOME", d->dir, 1);
    unsetenv("COLORTERM");
    if (setup->locale)
        setenv("LC_ALL", setup->locale, 1);
    if (setup->no_color)
        setenv("NO_COLOR", "1", 1);
    else
        unsetenv("NO_COLOR");
    if (chdir(setup->folder ? setup->folder : d->dir) != 0)
        _exit(125);
}

static void
command(const struct desk *d, const struct desk_setup *setup, char *argv[MAX_WORDS])
{
    size_t n = 0;

    argv[n++] = xstrdup(setup->program ? setup->program : desk_program());
    argv[n++] = xstrdup("--store");
    argv[n++] = xstrdup(d->path);
    for (size_t i = 0; i < DESK_OPTIONS && setup->option[i]; i++)
        argv[n++] = xstrdup(setup->option[i]);
    argv[n] = NULL;
}

void
desk_open(struct desk *d, const struct desk_setup *setup)
{
    int rows = setup->rows ? setup->rows : 24, cols = setup->cols ? setup->cols : 80;
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)cols};
    char *argv[MAX_WORDS + 1];

    *d = (struct desk){.dir = support_tmpdir(), .cursor_visible = true};
    d->path = setup->store ? xstrdup(setup->store) : xasprintf("%s/lab.db", d->dir);
    if (!setup->store)
        tui_lab_fill(d->path);
    open_terminal(d, rows, cols);
    command(d, setup, argv);
    d->shell = forkpty(&d->master, NULL, NULL, &size);
    assert_true(d->shell >= 0);
    if (d->shell == 0) {
        set_environment(d, setup);
        shell(argv, setup->uid);
    }
    for (size_t i = 0; argv[i]; i++)
        free(argv[i]);
    fcntl(d->master, F_SETFD, FD_CLOEXEC);
}

/* The dashboard is let go first, and alone: a hang-up that comes while it is ending
 * brings a SIGCONT, which would take the stop away by which the leak checker stops it. */
void
desk_close(struct desk *d)
{
    pid_t dashboard = desk_dashboard(d);
    int status;

    kill(d->shell, SIGKILL);
    waitpid(d->shell, &status, 0);
    for (int i = 0; i < 1000 && dashboard > 0 && dashboard != d->shell; i++) {
        if (kill(dashboard, 0) != 0)
            break;
        if (!desk_take(d, 10))
            clock_sleep_ms(10);
    }
    close(d->master);
    vterm_free(d->vt);
    support_rmtree(d->dir);
    free(d->path);
}

/* --- what comes from it --- */

/* Whether the cursor is seen, from the bytes: libvterm would bring back what it was at
 * the last DECSC, which curses sends as it scrolls; terminals do not. */
static void
watch_cursor(struct desk *d, char byte)
{
    static const char shown[] = "\x1b[?25h", hidden[] = "\x1b[?25l";

    memmove(d->tail, d->tail + 1, sizeof d->tail - 1);
    d->tail[sizeof d->tail - 1] = byte;
    if (memcmp(d->tail, shown, sizeof d->tail) == 0)
        d->cursor_visible = true;
    if (memcmp(d->tail, hidden, sizeof d->tail) == 0)
        d->cursor_visible = false;
}

bool
desk_take(struct desk *d, int wait_ms)
{
    struct pollfd pf = {d->master, POLLIN, 0};
    char bytes[4096];

    if (poll(&pf, 1, wait_ms) <= 0)
        return false;
    ssize_t n = read(d->master, bytes, sizeof bytes);
    if (n <= 0)
        return false;
    d->n_bytes += (size_t)n;
    for (ssize_t i = 0; i < n; i++) {
        watch_cursor(d, bytes[i]);
        d->saw_high_byte = d->saw_high_byte || (bytes[i] & 0x80);
        d->saw_colour =
            d->saw_colour || (i + 3 < n && memcmp(bytes + i, "38;5", 4) == 0);
    }
    vterm_input_write(d->vt, bytes, (size_t)n);
    return true;
}

pid_t
desk_dashboard(const struct desk *d)
{
    return tcgetpgrp(d->master);
}

char *
desk_text(const struct desk *d)
{
    int rows, cols;

    vterm_get_size(d->vt, &rows, &cols);
    size_t room = (size_t)rows * ((size_t)cols * 24 + 1) + 1, n = 0;
    char *out = xmalloc(room, 1);
    for (int r = 0; r < rows; r++) {
        VTermRect rect = {r, r + 1, 0, cols};
        n += vterm_screen_get_text(d->screen, out + n, room - n - 2, rect);
        out[n++] = '\n';
    }
    out[n] = '\0';
    return out;
}

bool
desk_shows(const struct desk *d, const char *text)
{
    char *screen = desk_text(d);
    bool found = strstr(screen, text) != NULL;

    free(screen);
    return found;
}

bool
desk_appears(struct desk *d, const char *text)
{
    double deadline = clock_mono_s() + DESK_DEADLINE_S;

    while (!desk_shows(d, text)) {
        if (clock_mono_s() > deadline)
            return false;
        desk_take(d, 50);
    }
    return true;
}

static void
print_screen(const struct desk *d)
{
    char *screen = desk_text(d);

    fprintf(stderr, "%s", screen); /* longer than what print_message takes */
    free(screen);
}

void
desk_expect(struct desk *d, const char *text)
{
    if (desk_appears(d, text))
        return;
    print_screen(d);
    fail_msg("\"%s\" did not appear", text);
}

void
desk_expect_gone(struct desk *d, const char *text)
{
    double deadline = clock_mono_s() + DESK_DEADLINE_S;

    while (desk_shows(d, text) && clock_mono_s() <= deadline)
        desk_take(d, 50);
    if (!desk_shows(d, text))
        return;
    print_screen(d);
    fail_msg("\"%s\" did not go", text);
}

/* --- what goes to it --- */

void
desk_type(struct desk *d, const char *keys)
{
    assert_int_equal(write(d->master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

void
desk_resize(struct desk *d, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)cols};

    vterm_set_size(d->vt, rows, cols);
    assert_int_equal(ioctl(d->master, TIOCSWINSZ, &size), 0);
}

/* UTF-8 of a code point, terminated. */
static void
encode(int cp, char out[8])
{
    int n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    int lead = n == 1 ? 0 : 0xf00 >> n & 0xff;

    for (int i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)(lead | cp);
    out[n] = '\0';
}

void
desk_key_bytes(int key, char out[8])
{
    static const struct {
        int key;
        const char *bytes;
    } sent[] = {
        {KEY_ARROW_UP, "\x1bOA"},    {KEY_ARROW_DOWN, "\x1bOB"},
        {KEY_ARROW_RIGHT, "\x1bOC"}, {KEY_ARROW_LEFT, "\x1bOD"},
        {KEY_FIRST, "\x1bOH"},       {KEY_LAST, "\x1bOF"},
        {KEY_PAGE_UP, "\x1b[5~"},    {KEY_PAGE_DOWN, "\x1b[6~"},
        {KEY_BACK_TAB, "\x1b[Z"},
    };

    out[0] = '\0';
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
        if (sent[i].key == key)
            snprintf(out, 8, "%s", sent[i].bytes);
    if (!out[0] && key > 0 && key < KEY_ARROW_UP)
        encode(key, out);
}

void
desk_assert_sane(const struct desk *d)
{
    struct termios mode;

    assert_false(d->alt_screen);
    assert_true(d->cursor_visible);
    assert_int_equal(tcgetattr(d->master, &mode), 0);
    assert_true(mode.c_lflag & ECHO);
    assert_true(mode.c_lflag & ICANON);
    assert_true(mode.c_lflag & ISIG);
    assert_true(mode.c_iflag & ICRNL);
    assert_true(mode.c_oflag & OPOST);
}
