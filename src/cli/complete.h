/* complete.h - what may stand where the cursor is: the commands, options and values that
 * begin like the last word of a command line.
 *
 * Everything comes from the tables that the parser and the help read, and from the store
 * that the line names, which is opened for reading, and only if it is there.
 *
 * Threads: owner thread only.
 * Errors:  none: what cannot be found out is not offered.
 * Tests:   test_completion.sh */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include <stdbool.h>

#include "base/strlist.h"
#include "cli/cli.h"

struct completion {
    struct strlist word; /* whole words; a terminal shows each as it is */
    struct strlist help; /* what each is, or "" */
    bool files;          /* a path may stand there */
    size_t files_at;     /* bytes of the last word before the path */
    bool goes_on;        /* the words are the start of a word */
    bool no_dash;        /* what begins with - would be read as an option */
};

/* The words (n, the last is the one to complete, maybe empty) after the program's name.
 * Release with complete_release. */
void complete_words(struct cli *c, const struct strlist *words, struct completion *out);
void complete_release(struct completion *out);

/* Offer prefix followed by text, if it begins like the word. */
void complete_offer(struct completion *out, const char *word, const char *prefix,
                    const char *text, const char *help);

/* --- values (complete_values.c) --- */

struct complete_line { /* what is known of the line */
    struct cli *c;
    const char *store_path;     /* borrowed */
    struct strlist name, value; /* owned; options given so far */
    const char *word;           /* borrowed; to be completed */
};

/* Offer values of an option, or for an argument whose placeholder is given (opt NULL).
 * at: where the value starts within the word. */
void complete_value(const struct complete_line *l, const struct opt *opt,
                    const char *placeholder, size_t at, struct completion *out);

#endif
