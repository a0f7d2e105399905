/* term.c - curses: colours by meaning, differences only, signals as events. */
#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tui/key.h"

/* The one mutable global besides main's: signal handlers have no other way in. */
static struct {
    SCREEN *screen;
    pid_t owner;               /* whose signals count */
    int wake[2];               /* the handlers write a signal's number into [1] */
    struct canvas_cell *shown; /* (rows, cols) owned: what the terminal shows */
    int rows, cols;
    attr_t attr[STYLE_COUNT];
    short pair[STYLE_COUNT];
    bool has_colours; /* curses has begun with them */
    struct sigaction before[NSIG];
} term = {.wake = {-1, -1}};

/* --- signals --- */

static const int signals[] = {SIGTERM,  SIGHUP,  SIGINT, SIGQUIT,
                              SIGWINCH, SIGTSTP, SIGCONT};
enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

static void
on_signal(int number)
{
    int saved = errno;
    unsigned char byte = (unsigned char)number;

    /* A child between fork and exec has this handler and this pipe too: what is meant
     * for it must not end us. */
    if (getpid() != term.owner) {
        if (number == SIGTERM)
            _exit(128 + number);
        return;
    }

    while (write(term.wake[1], &byte, 1) < 0 && errno == EINTR)
        ;
    errno = saved;
}

static void
catch_signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    term.owner = getpid();
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &sa, &term.before[signals[i]]);
}

static void
release_signals(void)
{
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &term.before[signals[i]], NULL);
}

/* Give the terminal back, stop, and take it again when continued. */
static void
stop_here(void)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL}, ours;
    sigset_t stop, before;

    endwin();
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &by_default, &ours);
    kill(getpid(), SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, &before); /* stops here, if it was blocked */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

/* --- colours --- */

static const attr_t looks[LOOK_COUNT] = {
    [LOOK_NORMAL] = A_NORMAL,
    [LOOK_DIM] = A_DIM,
    [LOOK_BOLD] = A_BOLD,
    [LOOK_REVERSE] = A_REVERSE,
    [LOOK_HEADING] = A_BOLD | A_UNDERLINE,
};

void
term_set_theme(enum theme theme)
{
    bool mono = theme == THEME_MONO || !has_colors();

    if (!mono && !term.has_colours) {
        start_color();
        use_default_colors();
        term.has_colours = true;
    }
    for (short i = 0; i < STYLE_COUNT; i++) {
        const struct theme_style *s = theme_style(theme, (enum style)i);
        int colour = mono ? -1 : theme_colour(theme, (enum style)i, COLORS);
        term.attr[i] = looks[mono ? s->look_mono : s->look];
        term.pair[i] = 0;
        if (colour >= 0 && init_pair((short)(i + 1), (short)colour, -1) == OK)
            term.pair[i] = (short)(i + 1);
        if (!mono && i == STYLE_DIM && term.pair[i] == 0)
            term.attr[i] = A_DIM;
    }
}

bool
term_wants_no_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");

    return no_colour && *no_colour;
}

/* --- open and close --- */

static enum err
open_wake(struct errbuf *eb)
{
    if (pipe2(term.wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_errno(eb, "cannot make a pipe");
    return ERR_OK;
}

static void
close_wake(void)
{
    for (int i = 0; i < 2; i++) {
        if (term.wake[i] >= 0)
            close(term.wake[i]);
        term.wake[i] = -1;
    }
}

static void
forget_shown(void)
{
    free(term.shown);
    term.shown = NULL;
    getmaxyx(stdscr, term.rows, term.cols);
}

enum err
term_open(struct errbuf *eb)
{
    const char *type = getenv("TERM");

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(eb, ERR_IO,
                       "the dashboard needs a terminal; without one use "
                       "hcelab runs, curve, compare");
    setlocale(LC_CTYPE, "");
    enum err e = open_wake(eb);
    if (e)
        return e;
    /* Before newterm: curses leaves alone what has a handler, and else would drop a
     * SIGTSTP that comes while it writes. */
    catch_signals();
    term.screen = newterm(NULL, stdout, stdin);
    if (!term.screen) {
        release_signals();
        close_wake();
        return err_set(eb, ERR_IO,
                       "terminal type TERM=%s is not known; try "
                       "TERM=xterm hcelab",
                       type ? type : "");
    }
    set_escdelay(10);
    cbreak();
    noecho();
    nonl(); /* enter is 13, not 10 */
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    term.has_colours = false;
    term_set_theme(term_wants_no_colour() ? THEME_MONO : THEME_AUTO);
    forget_shown();
    return ERR_OK;
}

void
term_close(void)
{
    if (!term.screen)
        return;
    endwin();
    release_signals();
    delscreen(term.screen);
    term.screen = NULL;
    free(term.shown);
    term.shown = NULL;
    close_wake();
}

bool
term_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void
term_size(int *rows, int *cols)
{
    getmaxyx(stdscr, *rows, *cols);
}

/* --- events --- */

static void
take_new_size(void)
{
    struct winsize ws;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_row && ws.ws_col)
        resizeterm(ws.ws_row, ws.ws_col);
    clearok(curscr, TRUE);
    forget_shown();
}

/* The event that a signal stands for. */
static enum term_event
take_signal(int number)
{
    if (number == SIGWINCH || number == SIGCONT) {
        take_new_size();
        return TERM_RESIZE;
    }
    if (number != SIGTSTP)
        return TERM_END;
    stop_here();
    take_new_size();
    return TERM_RESIZE;
}

static int
key_of_curses(int c)
{
    static const struct {
        int curses, key;
    } map[] = {
        {KEY_UP, KEY_ARROW_UP},     {KEY_DOWN, KEY_ARROW_DOWN},
        {KEY_LEFT, KEY_ARROW_LEFT}, {KEY_RIGHT, KEY_ARROW_RIGHT},
        {KEY_PPAGE, KEY_PAGE_UP},   {KEY_NPAGE, KEY_PAGE_DOWN},
        {KEY_HOME, KEY_FIRST},      {KEY_END, KEY_LAST},
        {KEY_BTAB, KEY_BACK_TAB},   {KEY_BACKSPACE, KEY_ERASE},
        {KEY_DC, KEY_ERASE},        {KEY_ENTER, KEY_RETURN},
    };

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].curses == c)
            return map[i].key;
    return KEY_NONE;
}

/* The next key that is waiting, or KEY_NONE. */
static int
read_key(void)
{
    wint_t c;
    int r = get_wch(&c);

    if (r == KEY_CODE_YES)
        return key_of_curses((int)c);
    if (r != OK)
        return KEY_NONE;
    return c == '\n' ? KEY_RETURN : c == 8 ? KEY_ERASE : (int)c;
}

enum term_event
term_wait(int wait_ms, int *key)
{
    struct pollfd pf[2] = {{STDIN_FILENO, POLLIN, 0}, {term.wake[0], POLLIN, 0}};
    unsigned char number;

    *key = read_key();
    if (*key != KEY_NONE)
        return TERM_KEY;
    if (poll(pf, 2, wait_ms) < 0 && errno != EINTR)
        return TERM_END;
    if (read(term.wake[0], &number, 1) == 1)
        return take_signal(number);
    *key = read_key();
    if (*key != KEY_NONE)
        return TERM_KEY;
    return pf[0].revents & (POLLHUP | POLLERR | POLLNVAL) ? TERM_END : TERM_TIMEOUT;
}

/* --- showing --- */

static void
put_cell(int row, int col, const struct canvas_cell *cell)
{
    attr_t attr = term.attr[cell->style];

    if (cell->reverse)
        attr ^= A_REVERSE;
    attr_set(attr, term.pair[cell->style], NULL);
    mvaddstr(row, col, cell->glyph);
}

void
term_show(const struct canvas *cv, bool whole)
{
    size_t n = (size_t)cv->rows * (size_t)cv->cols;

    if (whole)
        clearok(curscr, TRUE);
    if (!term.shown || cv->rows != term.rows || cv->cols != term.cols) {
        free(term.shown);
        term.shown = xcalloc(n, sizeof *term.shown);
        term.rows = cv->rows;
        term.cols = cv->cols;
        erase();
    }
    for (size_t i = 0; i < n; i++) {
        const struct canvas_cell *cell = &cv->cell[i];
        if (!whole && cell->style == term.shown[i].style &&
            cell->reverse == term.shown[i].reverse &&
            strcmp(cell->glyph, term.shown[i].glyph) == 0)
            continue;
        if (cell->glyph[0]) /* "" is the right half of what stands before it */
            put_cell((int)(i / (size_t)cv->cols), (int)(i % (size_t)cv->cols), cell);
        term.shown[i] = *cell;
    }
    refresh();
}
