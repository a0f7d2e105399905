/* roff.h - manual pages with the macros of man(7).
 *
 * Texts are plain: what roff would read as a command is escaped, lines are broken.
 *
 * Threads: one thread per object.
 * Errors:  none.
 * Tests:   test_manual.sh */
#ifndef CLI_ROFF_H
#define CLI_ROFF_H

#include <stdbool.h>

#include "base/strbuf.h"

struct roff {
    struct strbuf *out; /* borrowed */
    bool headed;        /* the last thing was a heading: no paragraph is to be begun */
};

/* Title line: "hcelab", "1", "User Commands". */
void roff_title(struct roff *r, const char *name, const char *section,
                const char *group);

void roff_section(struct roff *r, const char *title);
void roff_subsection(struct roff *r, const char *title);

/* A paragraph; line breaks in text are blanks. */
void roff_text(struct roff *r, const char *text);

/* A paragraph that hangs below a tag: `word` in bold, `value` (may be NULL) in italics. */
void roff_item(struct roff *r, const char *word, const char *value, const char *text);

/* Lines as they are. */
void roff_example(struct roff *r, const char *text);

/* "name - what": the section NAME, read by apropos(1). */
void roff_name(struct roff *r, const char *name, const char *what);

#endif
