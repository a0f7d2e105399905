/* cli_out.c - data to stdout, messages to stderr. */
#include "cli/cli_out.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "draw/ansi.h"

/* Write lines fit for a terminal; what separates them stays as it is. */
static void
write_clean(FILE *fp, const char *text, bool ascii)
{
    struct strbuf sb = {0};

    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = xstrndup(text, n);

        strbuf_reset(&sb);
        utf8_clean(&sb, line, ascii);
        free(line);
        fwrite(strbuf_str(&sb), 1, sb.len, fp);
        if (text[n] == '\n')
            putc('\n', fp);
        text += n + (text[n] == '\n');
    }
    strbuf_release(&sb);
}

void
out_text(const struct cli *c, const char *text)
{
    if (isatty(STDOUT_FILENO) || c->ascii)
        write_clean(stdout, text, c->ascii);
    else
        fputs(text, stdout);
}

/* The printed text.  Caller frees. */
static PRINTF_LIKE(1, 0) char *printed(const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *text = xcalloc((size_t)(n < 0 ? 0 : n) + 1, 1);
    if (n > 0)
        vsnprintf(text, (size_t)n + 1, fmt, ap);
    return text;
}

void
out_textf(const struct cli *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = printed(fmt, ap);
    va_end(ap);
    out_text(c, text);
    free(text);
}

void
out_line(const struct cli *c, const char *fmt, ...)
{
    struct strbuf sb = {0};
    va_list ap;

    va_start(ap, fmt);
    char *text = printed(fmt, ap);
    va_end(ap);
    utf8_clean(&sb, text, c->ascii);
    strbuf_addc(&sb, '\n');
    fputs(strbuf_str(&sb), stdout);
    strbuf_release(&sb);
    free(text);
}

/* As wide as the terminal is; what had no room is named. */
static void
table_on_terminal(const struct cli *c, const struct table *t)
{
    struct strbuf sb = {0};
    struct strlist dropped = {0};
    int rows = 24, cols = 80;

    out_terminal_size(&rows, &cols);
    table_print_fitting(t, (size_t)cols, &sb, &dropped);
    out_text(c, strbuf_str(&sb));
    if (dropped.n) {
        char *list = strlist_join(&dropped, ", ");

        out_note("no room for the columns %s: a pipe, --csv and --json have all", list);
        free(list);
    }
    strlist_release(&dropped);
    strbuf_release(&sb);
}

void
out_table(const struct cli *c, const struct table *t)
{
    struct strbuf sb = {0};

    if (c->format == TABLE_PLAIN && isatty(STDOUT_FILENO)) {
        table_on_terminal(c, t);
        return;
    }
    table_print(t, c->format, &sb);
    out_text(c, strbuf_str(&sb));
    strbuf_release(&sb);
}

void
out_canvas(const struct canvas *cv)
{
    bool terminal = isatty(STDOUT_FILENO);
    struct strbuf sb = {0};

    ansi_dump(
        cv,
        terminal ? ansi_colours(getenv("TERM"), getenv("COLORTERM"), getenv("NO_COLOR"))
                 : 0,
        &sb);
    fputs(strbuf_str(&sb), stdout);
    strbuf_release(&sb);
}

void
out_terminal_size(int *rows, int *cols)
{
    struct winsize ws = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) != 0 || ws.ws_col == 0 || ws.ws_row == 0)
        return;
    *rows = ws.ws_row;
    *cols = ws.ws_col;
}

/* "hcelab: <prefix><text>" on stderr as one line, over a progress line if there is
 * one. */
static void
write_note(const char *prefix, const char *text)
{
    struct strbuf sb = {0};

    fflush(stdout);
    out_progress_end();
    utf8_clean(&sb, text, false);
    fprintf(stderr, "hcelab: %s%s\n", prefix, strbuf_str(&sb));
    strbuf_release(&sb);
}

void
out_note(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *text = printed(fmt, ap);
    va_end(ap);
    write_note("", text);
    free(text);
}

/* Bytes of a clean text that fit into so many columns. */
static size_t
fitting(const char *text, size_t cols)
{
    size_t n = strlen(text), i = 0, used = 0;

    while (i < n) {
        uint32_t cp;
        size_t step = utf8_decode(text + i, n - i, &cp);

        used += (size_t)utf8_width_of(cp);
        if (used > cols)
            break;
        i += step;
    }
    return i;
}

void
out_progress(const char *text)
{
    struct winsize ws = {0};
    struct strbuf sb = {0};

    if (!isatty(STDERR_FILENO))
        return;
    size_t cols =
        ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 1 ? ws.ws_col : 80;
    utf8_clean(&sb, text, false);
    fprintf(stderr, "\r%.*s\033[K", (int)fitting(strbuf_str(&sb), cols - 1),
            strbuf_str(&sb));
    fflush(stderr);
    strbuf_release(&sb);
}

void
out_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

bool
out_has_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
           strcmp(term, "dumb") != 0;
}

static void
log_important(void *ctx, enum log_level level, const char *text)
{
    (void)ctx;
    if (level != LOG_INFO)
        write_note(level == LOG_WARN ? "warning: " : "error: ", text);
}

static void
log_all(void *ctx, enum log_level level, const char *text)
{
    if (level == LOG_INFO)
        write_note("", text);
    else
        log_important(ctx, level, text);
}

struct log
out_log(void)
{
    return (struct log){.write = log_important};
}

struct log
out_log_all(void)
{
    return (struct log){.write = log_all};
}

/* True if nobody reads our output any more. */
static bool
reader_is_gone(void)
{
    struct pollfd pf = {STDOUT_FILENO, POLLOUT, 0};

    return poll(&pf, 1, 0) == 1 && (pf.revents & POLLERR);
}

enum err
out_finish(struct errbuf *eb)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_is_gone())
        return ERR_OK;
    /* An earlier write failed and took its reason with it: ask again.  If it succeeds
     * now, a line break ends what is cut off anyway. */
    if (errno == 0 && write(STDOUT_FILENO, "\n", 1) == 1)
        return err_set(eb, ERR_IO, "a part of the output could not be written");
    return err_errno(eb, "cannot write the output");
}
