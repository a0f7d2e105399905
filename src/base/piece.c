/* piece.c - lists of pieces. */
#include "base/piece.h"

#include <assert.h>
#include <string.h>

size_t
pieces_size(const struct piece *p, size_t n)
{
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += p[i].size;
    return size;
}

const void *
pieces_at(const struct piece *p, size_t n, size_t at, void *scratch, size_t size)
{
    size_t i = 0, done = 0;

    for (; i < n && at >= p[i].size; i++)
        at -= p[i].size;
    if (i < n && size <= p[i].size - at)
        return (const char *)p[i].data + at;
    for (; done < size; i++, at = 0) {
        assert(i < n);
        size_t here = p[i].size - at;

        here = here < size - done ? here : size - done;
        memcpy((char *)scratch + done, (const char *)p[i].data + at, here);
        done += here;
    }
    return scratch;
}
