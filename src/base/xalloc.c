/* xalloc.c - memory helpers. */
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
die_nomem(size_t n, size_t size)
{
    fprintf(stderr, "hcelab: out of memory (%zu x %zu bytes)\n", n, size);
    abort();
}

static size_t
checked_size(size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        die_nomem(n, size);
    return n > 0 && size > 0 ? n * size : 1;
}

void *
xmalloc(size_t n, size_t size)
{
    void *p = malloc(checked_size(n, size));

    if (!p)
        die_nomem(n, size);
    return p;
}

void *
xcalloc(size_t n, size_t size)
{
    void *p = calloc(1, checked_size(n, size));

    if (!p)
        die_nomem(n, size);
    return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
    p = realloc(p, checked_size(n, size));
    if (!p)
        die_nomem(n, size);
    return p;
}

char *
xstrndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *p = xmalloc(len + 1, 1);

    memcpy(p, s, len);
    p[len] = '\0';
    return p;
}

char *
xstrdup(const char *s)
{
    return xstrndup(s, strlen(s));
}

char *
xasprintf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = xmalloc((size_t)(n < 0 ? 0 : n) + 1, 1);

    va_start(ap, fmt);
    vsnprintf(p, (size_t)(n < 0 ? 0 : n) + 1, fmt, ap);
    va_end(ap);
    return p;
}

enum {
    LINE_BYTES = 64,             /* of a cache line */
    HUGE_BYTES = 2 * 1024 * 1024 /* of a huge page where there are some */
};

/* Ask for huge pages, which spare the look-ups of addresses in large arrays.  Where there
 * are none, nothing is lost.  Blocks are not aligned to huge pages: what lies between two
 * such blocks, a word of the allocator, would be a huge page as well.  Pages that are
 * shared with a neighbour count, so that blocks side by side share huge pages too. */
static void
advise_huge(void *p, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)p / page * page;
    uintptr_t end = ((uintptr_t)p + bytes + page - 1) / page * page;

    if (bytes >= HUGE_BYTES)
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#else
    (void)p;
    (void)bytes;
#endif
}

/* bytes, aligned to lines, not zeroed; NULL if there is no memory. */
static void *
big_alloc(size_t bytes)
{
    void *p =
        aligned_alloc(LINE_BYTES, (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);

    if (p)
        advise_huge(p, bytes);
    return p;
}

enum err
big_calloc(void *out, size_t n, size_t size, const char *what, struct errbuf *eb)
{
    void *p = NULL;
    size_t bytes = 0;

    memcpy(out, &p, sizeof p);
    if (size == 0 || n <= (SIZE_MAX - LINE_BYTES) / size) {
        bytes = n * size;
        p = big_alloc(bytes ? bytes : 1);
    }
    if (!p)
        return err_set(eb, ERR_NOMEM, "not enough memory for %s (%.1f MB)", what,
                       (double)n * (double)size / 1e6);
    memset(p, 0, bytes);
    memcpy(out, &p, sizeof p);
    return ERR_OK;
}

void *
grow(void *p, size_t *cap, size_t need, size_t size)
{
    size_t n = *cap;

    if (need <= n)
        return p;
    n = n > SIZE_MAX / 2 ? need : n * 2;
    if (n < need)
        n = need;
    if (n < 8)
        n = 8;
    *cap = n;
    return xrealloc(p, n, size);
}
