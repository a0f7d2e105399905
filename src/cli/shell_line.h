/* shell_line.h - a command line as bash has it: words with quotes in them.
 *
 * Threads: one thread per object.
 * Errors:  none: what is not closed is open until the end.
 * Tests:   test_completion.sh */
#ifndef CLI_SHELL_LINE_H
#define CLI_SHELL_LINE_H

#include "base/strbuf.h"
#include "base/strlist.h"

struct shell_line {
    struct strlist word; /* owned; without quotes; the last ends where the line ends */
    char quote;          /* ' or " if the last word is inside of one, else 0 */
    size_t kept; /* bytes of the last word that bash does not replace: up to the last of
                    the characters that break words for it */
};

/* Read a line; breaks: the characters that break words when bash completes. */
void shell_line_read(struct shell_line *l, const char *line, const char *breaks);
void shell_line_release(struct shell_line *l);

/* Append text so that bash reads it as it is, inside of `quote`.  False where that
 * cannot be. */
bool shell_line_quote(struct strbuf *out, const char *text, char quote);

#endif
