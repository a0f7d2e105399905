/* opts.h - options from tables: parsing, checking, and reading them back.
 *
 * A command owns a table of rows; the options that every command has, those of the
 * run parameters and those of the simulator are further tables.  The parser and the
 * help read the same rows.
 *
 * Threads: one thread per object.
 * Errors:  ERR_ARG names the option, the value and what would do. */
#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum opt_kind {
    OPT_FLAG,
    OPT_TEXT, /* any value; given twice, the last counts */
    OPT_LIST, /* any value, repeatable */
    OPT_INT,
    OPT_REAL,
    OPT_CHOICE
};

struct opt {          /* a table ends with a row whose name is NULL */
    const char *name; /* without dashes; '-' and '_' are alike */
    char letter;      /* -x for it, or 0 */
    enum opt_kind kind;
    const char *value;   /* stands for the value in help: "N", "PATH"; NULL for flags */
    const char *def;     /* value if it is not given, or NULL */
    double min, max;     /* INT, REAL */
    const char *choices; /* CHOICE: "a|b" */
    const char *help;
};

struct opts_value {
    const struct opt *opt; /* borrowed from its table */
    const char *text;      /* borrowed from argv; "" for flags */
};

struct opts {
    const struct opt **row; /* (n_rows) owned array of borrowed rows */
    size_t n_rows, rows_cap;
    struct opts_value *value; /* (n_values) owned; in the order given */
    size_t n_values, values_cap;
    char **arg; /* (n_args) owned array; words that are no options, from argv */
    size_t n_args, args_cap;
    /* What to do instead of an unknown option of that name, or NULL.  May be NULL. */
    const char *(*hint)(const char *name);
};

/* Allow the rows of a table (NULL: none), which outlives o. */
void opts_allow(struct opts *o, const struct opt *table);

/* The row of that name, or of that letter; NULL if there is none. */
const struct opt *opts_row(const struct opts *o, const char *name);
const struct opt *opts_letter_row(const struct opts *o, char letter);

/* Read argv[*i], ..., until argv[*i] is NULL; *i moves past what was read.  With
 * stop_at_word the first word that is no option is left unread.  `command` stands in
 * messages ("hcelab train"). */
MUST_CHECK enum err opts_parse(struct opts *o, char *const *argv, size_t *i,
                               bool stop_at_word, const char *command,
                               struct errbuf *eb);

/* Take every word of argv as an argument, whatever it looks like. */
void opts_words(struct opts *o, char *const *argv);

void opts_release(struct opts *o);

/* True if the option was given. */
bool opts_has(const struct opts *o, const char *name);

/* The last value given, else the default of the row (may be NULL).  The name must be
 * in a table.  Borrowed from argv or the table. */
const char *opts_text(const struct opts *o, const char *name);

/* The same as a number; the row's kind must be INT or REAL and have a default or have
 * been given. */
int64_t opts_int(const struct opts *o, const char *name);
double opts_real(const struct opts *o, const char *name);

/* Values given for a LIST, in order; NULL past the end. */
const char *opts_item(const struct opts *o, const char *name, size_t i);

/* True if a and b are the same option name. */
bool opts_same_name(const char *a, const char *b);

#endif
