/* obo_lex.h - the lines of an OBO file: comments, qualifiers, escapes.
 *
 * A logical line is a physical one, or several joined by backslash-newline.  Line ends
 * are LF, CR LF, CR and form feed.
 *
 * Threads: one thread per object.
 * Errors:  none; a line that is no OBO comes out as OBO_BAD.
 * Source:  OBO 1.4 syntax and guide.
 * Tests:   tests/test_ontology.c */
#ifndef DATA_OBO_LEX_H
#define DATA_OBO_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

enum obo_kind {
    OBO_END,
    OBO_BLANK,  /* empty, or a comment only */
    OBO_STANZA, /* [tag]; a broken header has an empty tag */
    OBO_TAG,    /* tag: value */
    OBO_BAD     /* no colon, or a NUL in the line */
};

struct obo_reader {
    const char *text;  /* borrowed */
    size_t n, pos;     /* bytes of text, read so far */
    size_t next_line;  /* number of the next physical line, from 1 */
    struct strbuf buf; /* owned; the logical line */
    size_t line;       /* number of its first physical line */
    char *tag, *value; /* borrowed until the next call; the value ends before
                            qualifiers and comment, escapes are still in it */
};

/* Read text[0..n); a byte order mark is skipped. */
void obo_reader_init(struct obo_reader *r, const char *text, size_t n);
void obo_reader_release(struct obo_reader *r);

/* The next logical line. */
enum obo_kind obo_reader_next(struct obo_reader *r);

/* Resolve the escapes of s in place. */
void obo_unescape(char *s);

/* Cut the quoted string at the start of s (in place): returns its text, still with
 * escapes, and sets *rest behind the closing quote; NULL if s is no quoted string. */
char *obo_quoted(char *s, char **rest);

/* Cut the first word of s (in place) and resolve its escapes; *rest, if not NULL, is
 * the text behind it. */
char *obo_word(char *s, char **rest);

#endif
