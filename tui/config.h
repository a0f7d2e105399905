/* config.h - the file in which the dashboard keeps what its user chose: lines
 * "key = value", comments after '#'.
 *
 * A value may hold any text: a control character, a backslash and a blank at an end are
 * written as \n, \\ or \x20.  What is not understood is never an error: the lines are
 * counted and the first is named.  Keys that nobody asks for stay as they are.
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO, ERR_FULL of files; a file that does not exist is an empty one. */
#ifndef TUI_CONFIG_H
#define TUI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

enum {
    CONFIG_MAX_BYTES = 65536, /* of the file; a longer one is not understood */
    CONFIG_MAX_LINE = 4096,   /* bytes */
    CONFIG_MAX_LINES = 1000
};

struct config_line {
    char *key;  /* owned; NULL: a comment or an empty line */
    char *text; /* owned; the value, or the line */
};

struct config {
    struct config_line *line; /* (n) owned */
    size_t n, cap;
    size_t n_bad;          /* lines and values that are not understood */
    struct errbuf problem; /* the first of them; "": none */
    bool changed;          /* since it was read */
    bool unread;           /* there is something at its place that cannot be read */
};

/* Read a text of n bytes: replaces what c held. */
void config_parse(struct config *c, const char *text, size_t n);

/* Read a file.  On an error c is empty, and writing it is refused: what could not be read
 * may be good. */
MUST_CHECK enum err config_read(struct config *c, const char *path, struct errbuf *eb);
void config_release(struct config *c);

/* The value of a key (the last one counts); NULL: none.  Borrowed until the next set. */
const char *config_get(const struct config *c, const char *key);

/* Set the value of a key; NULL or "" removes it.  What would make the file too long is
 * left out. */
void config_set(struct config *c, const char *key, const char *value);

/* Count a value that is not understood; the first is kept as the problem. */
void config_bad(struct config *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Append the file's text: lines that were not understood are left out. */
void config_print(const struct config *c, struct strbuf *out);

/* Replace the file as a whole: mode 0600, missing folders 0700.  A file in which
 * something was not understood is kept as <path>.bad.  Tests: test_config.c */
MUST_CHECK enum err config_write(const struct config *c, const char *path,
                                 struct errbuf *eb);

/* $XDG_CONFIG_HOME/hcelab/dashboard.conf, else below ~/.config; NULL: there is no such
 * place.  Caller frees. */
char *config_default_path(void);

#endif
