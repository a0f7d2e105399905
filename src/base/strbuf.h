/* strbuf.h - a growing byte string, always terminated.
 *
 * Threads: one thread per object.
 * Errors:  aborts when memory is exhausted. */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stddef.h>

#include "base/err.h"

struct strbuf {
    char *buf;  /* owned; NULL until the first append */
    size_t len; /* bytes before the terminator */
    size_t cap; /* bytes allocated */
};

void strbuf_add(struct strbuf *sb, const void *data, size_t n);
void strbuf_adds(struct strbuf *sb, const char *s);
void strbuf_addc(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Append s as a JSON string with its quotes, or null for s = NULL.  Bytes that
 * are not UTF-8 become U+FFFD. */
void strbuf_add_json(struct strbuf *sb, const char *s);

/* Append x as the shortest decimal that reads back as the same double; NaN and
 * infinities as null. */
void strbuf_add_double(struct strbuf *sb, double x);

/* The text, "" when empty; borrowed until the next call on sb. */
const char *strbuf_str(const struct strbuf *sb);

/* Hand the text (never NULL) to the caller, who frees it; sb is empty then. */
char *strbuf_detach(struct strbuf *sb);

void strbuf_reset(struct strbuf *sb);
void strbuf_release(struct strbuf *sb);

#endif
