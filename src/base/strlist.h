/* strlist.h - lists of strings, and interning: text -> dense index.
 *
 * Threads: one thread per object.
 * Errors:  aborts when memory is exhausted. */
#ifndef BASE_STRLIST_H
#define BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

struct strlist {
    char **item; /* (n) owned strings */
    size_t n, cap;
};

/* Append a copy of s (of its first n bytes). */
void strlist_add(struct strlist *l, const char *s);
void strlist_addn(struct strlist *l, const char *s, size_t n);

/* Append the parts of s between separators; empty parts are kept, an empty s
 * adds nothing. */
void strlist_split(struct strlist *l, const char *s, char sep);

bool strlist_has(const struct strlist *l, const char *s);
void strlist_copy(struct strlist *dst, const struct strlist *src);

/* Order bytewise (strcmp). */
void strlist_sort(struct strlist *l);

/* The items with sep between them.  Caller frees. */
char *strlist_join(const struct strlist *l, const char *sep);
void strlist_release(struct strlist *l);

/* A set of strings in order of first sight, with the index of each. */
struct intern;

struct intern *intern_new(void);
void intern_free(struct intern *in);

/* Index of s, added if it is new. */
size_t intern_add(struct intern *in, const char *s);

/* Index of s, or SIZE_MAX. */
size_t intern_find(const struct intern *in, const char *s);

size_t intern_count(const struct intern *in);

/* Text of index i < count; borrowed until intern_free. */
const char *intern_text(const struct intern *in, size_t i);

#endif
