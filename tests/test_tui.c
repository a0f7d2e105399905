/* test_tui.c - the dashboard on a real terminal: a pseudo-terminal, read by libvterm.
 *
 * A small shell stands between, as on a user's screen: it starts the dashboard in its
 * own process group, notices when it stops or ends, and says so on the main screen. */
#include "tests/support.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/store.h"
#include "tests/tui_lab.h"
#include "tui/app.h"

enum { DEADLINE_S = 20, MAX_REFRESH_BYTES = 4096 };

struct desk {
    char *dir, *path;
    int master;
    pid_t shell;
    VTerm *vt;
    VTermScreen *screen;
    bool alt_screen, cursor_visible;
    bool saw_colour, saw_high_byte;
    size_t n_bytes; /* that came from the dashboard */
};

/* --- the small shell --- */

static void
give_terminal(pid_t pid)
{
    tcsetpgrp(STDIN_FILENO, pid);
}

static pid_t
start(char *const argv[])
{
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        give_terminal(getpid());
        signal(SIGTTOU, SIG_DFL);
        execv(argv[0], argv);
        _exit(127);
    }
    setpgid(pid, pid);
    give_terminal(pid);
    return pid;
}

/* Start argv; after a stop, a line on the terminal continues it. */
static void
shell(char *const argv[])
{
    struct termios mode;
    char line[16];
    int status, n_stops = 0;

    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    tcgetattr(STDIN_FILENO, &mode);
    pid_t pid = start(argv);
    while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
        give_terminal(getpid());
        dprintf(STDOUT_FILENO, "shell: stop %d\r\n", ++n_stops);
        if (read(STDIN_FILENO, line, sizeof line) <= 0)
            break;
        give_terminal(pid);
        kill(-pid, SIGCONT);
    }
    give_terminal(getpid());
    dprintf(STDOUT_FILENO, "shell: ended %d\r\n",
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    (void)!read(STDIN_FILENO, line, sizeof line);
    _exit(0);
}

/* --- the terminal --- */

static int
set_property(VTermProp property, VTermValue *value, void *ctx)
{
    struct desk *d = ctx;

    if (property == VTERM_PROP_ALTSCREEN)
        d->alt_screen = value->boolean;
    if (property == VTERM_PROP_CURSORVISIBLE)
        d->cursor_visible = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = set_property};

/* The program to test: hcelab where it is built, else this one. */
static void
command(const struct desk *d, const char *option, char *argv[8])
{
    static char program[] = "./hcelab", word[] = "dashboard", store[] = "--store";
    static char self[4096], last[32];
    size_t n = 0;

    if (access(program, X_OK) == 0) {
        argv[n++] = program;
    } else {
        self[readlink("/proc/self/exe", self, sizeof self - 1)] = '\0';
        argv[n++] = self;
        argv[n++] = word;
    }
    argv[n++] = store;
    argv[n++] = d->path;
    snprintf(last, sizeof last, "%s", option ? option : "");
    if (option)
        argv[n++] = last;
    argv[n] = NULL;
}

static void
open_desk(struct desk *d, int rows, int cols, const char *option)
{
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)cols};
    char *argv[8];

    *d = (struct desk){.dir = support_tmpdir(), .cursor_visible = true};
    d->path = xasprintf("%s/lab.db", d->dir);
    setenv("XDG_CONFIG_HOME", d->dir, 1); /* nobody's choices but these */
    tui_lab_fill(d->path);
    d->vt = vterm_new(rows, cols);
    vterm_set_utf8(d->vt, 1);
    d->screen = vterm_obtain_screen(d->vt);
    vterm_screen_set_callbacks(d->screen, &callbacks, d);
    vterm_screen_enable_altscreen(d->screen, 1);
    vterm_screen_reset(d->screen, 1);
    command(d, option, argv);
    d->shell = forkpty(&d->master, NULL, NULL, &size);
    assert_true(d->shell >= 0);
    if (d->shell == 0) {
        setenv("TERM", "xterm-256color", 1);
        shell(argv);
    }
    fcntl(d->master, F_SETFD, FD_CLOEXEC);
}

/* Take what comes within wait_ms; false if nothing came. */
static bool
take(struct desk *d, int wait_ms)
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
        d->saw_high_byte = d->saw_high_byte || (bytes[i] & 0x80);
        d->saw_colour =
            d->saw_colour || (i + 3 < n && memcmp(bytes + i, "38;5", 4) == 0);
    }
    vterm_input_write(d->vt, bytes, (size_t)n);
    return true;
}

/* The foreground process group is the dashboard's, and its id is its pid. */
static pid_t
dashboard_of(struct desk *d)
{
    return tcgetpgrp(d->master);
}

/* The dashboard is let go first, and alone: a hang-up that comes while it is ending
 * brings a SIGCONT, which would take the stop away by which the leak checker stops it. */
static void
close_desk(struct desk *d)
{
    pid_t dashboard = dashboard_of(d);
    int status;

    kill(d->shell, SIGKILL);
    waitpid(d->shell, &status, 0);
    for (int i = 0; i < 1000 && dashboard > 0 && dashboard != d->shell; i++) {
        if (kill(dashboard, 0) != 0)
            break;
        if (!take(d, 10))
            clock_sleep_ms(10);
    }
    close(d->master);
    vterm_free(d->vt);
    support_rmtree(d->dir);
    free(d->path);
}

/* The screen as text.  Caller frees. */
static char *
text_of(struct desk *d)
{
    int rows, cols;

    vterm_get_size(d->vt, &rows, &cols);
    size_t room = (size_t)rows * ((size_t)cols * 8 + 1) + 1, n = 0;
    char *out = xmalloc(room, 1);
    for (int r = 0; r < rows; r++) {
        VTermRect rect = {r, r + 1, 0, cols};
        n += vterm_screen_get_text(d->screen, out + n, room - n - 2, rect);
        out[n++] = '\n';
    }
    out[n] = '\0';
    return out;
}

/* True once the screen holds the text. */
static bool
appears(struct desk *d, const char *text)
{
    double deadline = clock_mono_s() + DEADLINE_S;

    for (;;) {
        char *screen = text_of(d);
        bool found = strstr(screen, text) != NULL;
        free(screen);
        if (found || clock_mono_s() > deadline)
            return found;
        take(d, 50);
    }
}

static void
expect(struct desk *d, const char *text)
{
    if (appears(d, text))
        return;
    char *screen = text_of(d);
    print_message("%s", screen); /* longer than what fail_msg prints */
    free(screen);
    fail_msg("\"%s\" did not appear", text);
}

static void
type(struct desk *d, const char *keys)
{
    assert_int_equal(write(d->master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static void
resize(struct desk *d, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows,
                           .ws_col = (unsigned short)cols};

    vterm_set_size(d->vt, rows, cols);
    assert_int_equal(ioctl(d->master, TIOCSWINSZ, &size), 0);
}

/* As a shell user wants it: main screen, cursor, echo, line mode. */
static void
assert_sane(const struct desk *d)
{
    struct termios mode;

    assert_false(d->alt_screen);
    assert_true(d->cursor_visible);
    assert_int_equal(tcgetattr(d->master, &mode), 0);
    assert_true(mode.c_lflag & ECHO);
    assert_true(mode.c_lflag & ICANON);
    assert_true(mode.c_iflag & ICRNL);
}

/* --- tests --- */

static void
show_all_views(int rows, int cols)
{
    struct desk d;

    open_desk(&d, rows, cols, NULL);
    expect(&d, "[1 Runs]");
    expect(&d, "toy linear");
    assert_true(d.alt_screen);
    type(&d, "2");
    expect(&d, "[2 Curves]");
    expect(&d, "train_loss");
    type(&d, "m");
    expect(&d, "train_f1_macro_step");
    type(&d, "3");
    expect(&d, "[3 Compare]");
    expect(&d, "smallest sign-flip p");
    type(&d, "a");
    expect(&d, "Queue these runs");
    type(&d, "?");
    expect(&d, "[Help]");
    type(&d, "q1j\tj\r");
    expect(&d, "[Run]");
    expect(&d, "pair_key");
    type(&d, "qqq");
    expect(&d, "shell: ended 0");
    assert_sane(&d);
    close_desk(&d);
}

static void
test_tui__every_view_at_80x24(void **state)
{
    (void)state;
    show_all_views(24, 80);
}

static void
test_tui__every_view_at_200x60(void **state)
{
    (void)state;
    show_all_views(60, 200);
}

static void
test_tui__resizing_redraws_and_small_says_so(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    expect(&d, "toy linear");
    resize(&d, 40, 150);
    expect(&d, "CELLS/S"); /* a column that needs the room */
    resize(&d, 11, 60);
    expect(&d, "needs 40 x 12");
    expect(&d, "60 x 11");
    resize(&d, 24, 80);
    expect(&d, "toy linear");
    close_desk(&d);
}

static void
test_tui__stop_and_continue(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    expect(&d, "toy linear");
    for (int i = 1; i <= 2; i++) {
        char said[32];
        snprintf(said, sizeof said, "shell: stop %d", i);
        type(&d, "\x1a"); /* ctrl-z */
        expect(&d, said);
        assert_sane(&d);
        type(&d, "fg\r");
        expect(&d, "[1 Runs]");
        expect(&d, "toy linear");
        assert_true(d.alt_screen);
    }
    type(&d, "2");
    expect(&d, "[2 Curves]");
    close_desk(&d);
}

static void
end_by(int number)
{
    struct desk d;

    open_desk(&d, 24, 80, NULL);
    expect(&d, "toy linear");
    kill(dashboard_of(&d), number);
    expect(&d, "shell: ended 0");
    assert_sane(&d);
    close_desk(&d);
}

static void
test_tui__signals_leave_the_terminal_sane(void **state)
{
    (void)state;
    end_by(SIGTERM);
    end_by(SIGHUP);
    end_by(SIGINT);
}

static void
test_tui__ctrl_c_leaves(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    expect(&d, "toy linear");
    type(&d, "\x03");
    expect(&d, "shell: ended 0");
    assert_sane(&d);
    close_desk(&d);
}

static void
test_tui__arrow_and_escape_keys(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, NULL);
    expect(&d, "toy linear");
    type(&d, "\x1bOB\x1bOB\x1bOC"); /* down, down, right: expands */
    expect(&d, "seed 3 #7");
    type(&d, "/seed 1\r");
    expect(&d, "#3 linear-ce-s1");
    type(&d, "2\x1b");
    expect(&d, "[1 Runs]");
    close_desk(&d);
}

/* A change of the store shows by itself, and sends little. */
static void
test_tui__live_and_quiet(void **state)
{
    struct store *s = NULL;
    struct desk d;
    bool done;

    (void)state;
    open_desk(&d, 60, 200, NULL);
    expect(&d, "0/2, 1 queued");
    while (take(&d, 300))
        ;
    d.n_bytes = 0;
    take(&d, 1000); /* four polls of a store that does not change */
    assert_int_equal(d.n_bytes, 0);
    assert_int_equal(store_open(&s, d.path, STORE_WRITE, NULL), ERR_OK);
    assert_int_equal(store_cancel(s, 11, &done, NULL), ERR_OK);
    store_close(s);
    expect(&d, "0/2 cancelled");
    assert_true(d.n_bytes > 0 && d.n_bytes < MAX_REFRESH_BYTES);
    close_desk(&d);
}

static void
test_tui__ascii_sends_ascii_only(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d, 24, 80, "--ascii");
    expect(&d, "toy linear");
    type(&d, "2");
    expect(&d, "train_loss");
    type(&d, "3");
    expect(&d, "B cell");
    assert_false(d.saw_high_byte);
    assert_true(d.saw_colour);
    close_desk(&d);
}

static void
test_tui__no_color_sends_no_colour(void **state)
{
    struct desk d;

    (void)state;
    setenv("NO_COLOR", "1", 1);
    open_desk(&d, 24, 80, NULL);
    unsetenv("NO_COLOR");
    expect(&d, "toy linear");
    type(&d, "3");
    expect(&d, "B cell");
    assert_false(d.saw_colour);
    close_desk(&d);
}

static void
test_tui__other_locale_gets_ascii(void **state)
{
    struct desk d;

    (void)state;
    setenv("LC_ALL", "C", 1);
    open_desk(&d, 24, 80, NULL);
    setenv("LC_ALL", "C.UTF-8", 1);
    expect(&d, "toy linear");
    assert_false(d.saw_high_byte);
    close_desk(&d);
}

static void
test_app_run__without_a_terminal_is_an_error(void **state)
{
    struct app_options options = {.store_path = "none.db"};
    struct errbuf eb;
    int out = dup(STDOUT_FILENO), null = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)state;
    dup2(null, STDOUT_FILENO);
    enum err e = app_run(&options, &eb);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(null);
    assert_int_equal(e, ERR_IO);
    assert_non_null(strstr(eb.text, "needs a terminal"));
}

/* As the program under test: dashboard --store PATH [--ascii]. */
static int
dashboard(int argc, char **argv)
{
    struct app_options options = {
        .store_path = argv[3], .self_path = argv[0], .ascii = argc > 4};
    struct errbuf eb;

    if (app_run(&options, &eb) == ERR_OK)
        return 0;
    fprintf(stderr, "%s\n", eb.text);
    return 1;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tui__every_view_at_80x24),
        cmocka_unit_test(test_tui__every_view_at_200x60),
        cmocka_unit_test(test_tui__resizing_redraws_and_small_says_so),
        cmocka_unit_test(test_tui__stop_and_continue),
        cmocka_unit_test(test_tui__signals_leave_the_terminal_sane),
        cmocka_unit_test(test_tui__ctrl_c_leaves),
        cmocka_unit_test(test_tui__arrow_and_escape_keys),
        cmocka_unit_test(test_tui__live_and_quiet),
        cmocka_unit_test(test_tui__ascii_sends_ascii_only),
        cmocka_unit_test(test_tui__no_color_sends_no_colour),
        cmocka_unit_test(test_tui__other_locale_gets_ascii),
        cmocka_unit_test(test_app_run__without_a_terminal_is_an_error),
    };

    if (argc > 3 && strcmp(argv[1], "dashboard") == 0)
        return dashboard(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
