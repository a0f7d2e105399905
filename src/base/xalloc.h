/* xalloc.h - memory: small allocations abort, big ones report.
 *
 * Threads: any thread.
 * Errors:  the x functions abort the process when memory is exhausted. */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

#include "base/err.h"

/* n elements of size bytes each; never NULL, also for n = 0.  xcalloc zeroes.
 * Overflow of n * size aborts.  Caller frees with free. */
void *xmalloc(size_t n, size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

/* A printed string.  Caller frees with free. */
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* *out = n zeroed elements of size bytes, 64-byte aligned, for sizes that a
 * user's data decide; 2 MiB and more in huge pages where the system has them.  On
 * failure *out = NULL and ERR_NOMEM names `what` and the size.  Caller frees with free. */
MUST_CHECK enum err big_calloc(void *out, size_t n, size_t size, const char *what,
                               struct errbuf *eb);

/* Room for need elements in an array that grows by doubling: returns p or the
 * moved p and updates *cap (elements). */
void *grow(void *p, size_t *cap, size_t need, size_t size);

#endif
