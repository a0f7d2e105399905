/* cli_out.h - data to stdout, messages to stderr.
 *
 * Whatever goes to a terminal is made harmless first (base/utf8.h); newlines stay.
 *
 * Threads: owner thread only.
 * Errors:  out_finish reports what could not be written. */
#ifndef CLI_CLI_OUT_H
#define CLI_CLI_OUT_H

#include "base/err.h"
#include "cli/cli.h"
#include "draw/canvas.h"
#include "draw/table.h"

/* Print text that may hold several lines. */
void out_text(const struct cli *c, const char *text);
void out_textf(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Print one line with texts from files or the store in it: whatever would break the line
 * is made harmless, also where it does not go to a terminal. */
void out_line(const struct cli *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Print a table in the format of the command line; text fits into the terminal. */
void out_table(const struct cli *c, const struct table *t);

/* Print a canvas, with colours where stdout is a terminal that has them and NO_COLOR is
 * not set (draw/ansi.h). */
void out_canvas(const struct canvas *cv);

/* Rows and columns of the terminal behind stdout; left as they are where there is none
 * or it does not know. */
void out_terminal_size(int *rows, int *cols);

/* One line on stderr, after "hcelab: ". */
void out_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* One line about what is going on: replaces the last one on a terminal, and is not
 * printed elsewhere.  out_progress_end() clears it. */
void out_progress(const char *text);
void out_progress_end(void);

/* True if stdout and stdin are a terminal that a dashboard can use. */
bool out_has_terminal(void);

/* A sink for messages of libraries: warnings and errors to stderr. */
struct log out_log(void);

/* The same with messages of level info too. */
struct log out_log_all(void);

/* Flush stdout.  ERR_FULL or ERR_IO if something did not arrive; a closed pipe is no
 * error: the reader had enough. */
MUST_CHECK enum err out_finish(struct errbuf *eb);

#endif
