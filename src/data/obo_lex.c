/* obo_lex.c - OBO text -> tags and values, in time linear in the text. */
#include "data/obo_lex.h"

#include <string.h>

/* A logical line is scanned once per physical line it is made of. */
enum { CONTINUED_LINES = 256 };

void
obo_reader_init(struct obo_reader *r, const char *text, size_t n)
{
    *r = (struct obo_reader){.text = text, .n = n, .next_line = 1};
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        r->pos = 3;
}

void
obo_reader_release(struct obo_reader *r)
{
    strbuf_release(&r->buf);
    *r = (struct obo_reader){0};
}

static bool
is_newline(char c)
{
    return c == '\n' || c == '\r' || c == '\f';
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* s[0..n) without trailing blanks: its length. */
static size_t
trimmed(const char *s, size_t n)
{
    while (n && is_space(s[n - 1]))
        n--;
    return n;
}

/* Append the next physical line to buf; false at the end of the text. */
static bool
read_physical(struct obo_reader *r)
{
    size_t start = r->pos;

    if (start >= r->n)
        return false;
    while (r->pos < r->n && !is_newline(r->text[r->pos]))
        r->pos++;
    strbuf_add(&r->buf, r->text + start, r->pos - start);
    if (r->pos + 1 < r->n && r->text[r->pos] == '\r' && r->text[r->pos + 1] == '\n')
        r->pos++;
    r->pos++;
    r->next_line++;
    return true;
}

/* Offset of the first unescaped c in s[0..n), or n. */
static size_t
find_unescaped(const char *s, size_t n, char c)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\')
            i++;
        else if (s[i] == c)
            return i;
    }
    return n;
}

/* Offset of the brace that closes the block opened at s[i], or n. */
static size_t
close_of_block(const char *s, size_t n, size_t i)
{
    bool quoted = false;

    for (i++; i < n; i++) {
        if (s[i] == '\\')
            i++;
        else if (s[i] == '"')
            quoted = !quoted;
        else if (s[i] == '}' && !quoted)
            return i;
    }
    return n;
}

static bool
ends_or_comments(const char *s, size_t n, size_t i)
{
    while (i < n && is_space(s[i]))
        i++;
    return i == n || s[i] == '!';
}

/* Length of the value in s[0..n) without trailing qualifier block and comment.
 * A comment starts at an unescaped '!' after a blank or a brace; a qualifier block at
 * an unescaped '{' after a blank, if nothing but a comment follows its end.  Where
 * quotes delimit strings neither is looked for inside. */
static size_t
value_length(const char *s, size_t n, bool quotes)
{
    bool quoted = false, blocks = true;

    for (size_t i = 0; i < n; i++) {
        bool apart = i == 0 || is_space(s[i - 1]);

        if (s[i] == '\\') {
            i++;
        } else if (s[i] == '"' && quotes) {
            quoted = !quoted;
        } else if (quoted) {
            continue;
        } else if (s[i] == '!' && (apart || s[i - 1] == '}')) {
            return trimmed(s, i);
        } else if (s[i] == '{' && apart && blocks) {
            size_t close = close_of_block(s, n, i);

            if (close == n)
                blocks = false; /* nor does any further on */
            else if (ends_or_comments(s, n, close + 1))
                return trimmed(s, i);
            else
                i = close; /* braces in the middle are text */
        }
    }
    return trimmed(s, n);
}

/* Do quotes delimit strings in the value of this tag? */
static bool
tag_has_quotes(const char *tag, size_t n)
{
    return !(n == 4 && memcmp(tag, "name", 4) == 0) &&
           !(n == 7 && memcmp(tag, "comment", 7) == 0);
}

/* Where the value of a tag line starts (n: it is none) and how long it is. */
static size_t
locate_value(const char *s, size_t n, size_t *length)
{
    size_t colon = find_unescaped(s, n, ':'), start = colon;

    *length = 0;
    if (colon >= n)
        return n;
    for (start++; start < n && is_space(s[start]); start++)
        ;
    *length = value_length(s + start, n - start, tag_has_quotes(s, trimmed(s, colon)));
    return start;
}

/* Does the line go on behind this newline?  It ends in an odd number of backslashes
 * that are no part of a comment. */
static bool
is_continued(const char *s, size_t n)
{
    size_t run = 0, length;

    while (run < n && s[n - 1 - run] == '\\')
        run++;
    if (run % 2 == 0 || s[0] == '!')
        return false;
    size_t start = locate_value(s, n, &length);
    return start + length >= n;
}

/* Read a logical line into buf; false at the end of the text. */
static bool
read_logical(struct obo_reader *r)
{
    strbuf_reset(&r->buf);
    r->line = r->next_line;
    if (!read_physical(r))
        return false;
    for (int i = 1; i < CONTINUED_LINES && is_continued(r->buf.buf, r->buf.len); i++) {
        r->buf.buf[--r->buf.len] = '\0';
        if (!read_physical(r))
            break;
    }
    return true;
}

/* "[Term]" -> Term; anything but blanks and a comment behind it -> "". */
static enum obo_kind
split_stanza(struct obo_reader *r, char *s, size_t n)
{
    char *close = memchr(s, ']', n);

    r->value = s + n;
    r->tag = s + n;
    if (close && ends_or_comments(s, n, (size_t)(close - s) + 1)) {
        *close = '\0';
        r->tag = s + 1;
    }
    return OBO_STANZA;
}

enum obo_kind
obo_reader_next(struct obo_reader *r)
{
    if (!read_logical(r))
        return OBO_END;

    char *s = r->buf.buf;
    size_t n = r->buf.len, length;

    if (n && memchr(s, '\0', n))
        return OBO_BAD;
    while (n && is_space(*s))
        s++, n--;
    if (!n || *s == '!')
        return OBO_BLANK;
    if (*s == '[')
        return split_stanza(r, s, n);
    size_t start = locate_value(s, n, &length);
    if (start == n && find_unescaped(s, n, ':') >= n)
        return OBO_BAD;
    r->value = s + start;
    r->value[length] = '\0';
    s[trimmed(s, find_unescaped(s, n, ':'))] = '\0';
    r->tag = s;
    return OBO_TAG;
}

void
obo_unescape(char *s)
{
    char *out = s;

    for (; *s; s++) {
        if (*s != '\\' || !s[1]) {
            *out++ = *s;
            continue;
        }
        s++;
        *out++ = *s == 'n' ? '\n' : *s == 't' ? '\t' : *s == 'W' ? ' ' : *s;
    }
    *out = '\0';
}

char *
obo_quoted(char *s, char **rest)
{
    size_t n = strlen(s), close;

    if (*s != '"' || (close = find_unescaped(s + 1, n - 1, '"')) >= n - 1)
        return NULL;
    s[1 + close] = '\0';
    *rest = s + close + 2;
    return s + 1;
}

char *
obo_word(char *s, char **rest)
{
    while (is_space(*s))
        s++;
    char *end = s;
    while (*end && !is_space(*end))
        end += end[0] == '\\' && end[1] ? 2 : 1;
    if (rest)
        *rest = *end ? end + 1 : end;
    *end = '\0';
    obo_unescape(s);
    return s;
}
