/* utf8.h - UTF-8 from files: decoding, display width, making it harmless.
 *
 * Threads: any thread.
 * Errors:  none; malformed bytes decode as UTF8_INVALID. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct strbuf;

#define UTF8_INVALID UINT32_MAX

/* Decode the first code point of s (n > 0 bytes): returns the bytes consumed
 * (at least 1) and the code point or UTF8_INVALID in *cp. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);

/* Terminal columns of one code point: 0 (combining), 1 or 2.  Controls and
 * UTF8_INVALID are shown as one replacement character, so 1. */
int utf8_width_of(uint32_t cp);

/* Bytes of the longest start of a text with at most cols terminal columns. */
size_t utf8_fit(const char *s, int cols);

/* Terminal columns of a text as utf8_clean would show it. */
size_t utf8_width(const char *s);

/* Append s to sb fit for a terminal, a line or a table cell: control characters
 * (C0, DEL, C1), bidirectional overrides, U+FFFE and its like, which XML lacks, and
 * malformed bytes become U+FFFD, or '?' when ascii; when ascii every non-ASCII character becomes '?' too. */
void utf8_clean(struct strbuf *sb, const char *s, int ascii);

/* True if s is well-formed UTF-8. */
int utf8_valid(const char *s, size_t n);

#endif
