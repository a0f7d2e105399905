/* spec_seeds.c - lists of seeds from text. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "spec/spec.h"

enum { SEEDS_MAX = 10000 };

static bool
parse_seed(const char **p, unsigned long long *out)
{
    char *end;

    if (!isdigit((unsigned char)**p))
        return false;
    errno = 0;
    *out = strtoull(*p, &end, 10);
    *p = end;
    return errno == 0 && *out <= UINT32_MAX;
}

static void
add_seed(uint32_t **seeds, size_t *n, size_t *cap, uint32_t seed)
{
    for (size_t i = 0; i < *n; i++)
        if ((*seeds)[i] == seed)
            return;
    *seeds = grow(*seeds, cap, *n + 1, sizeof **seeds);
    (*seeds)[(*n)++] = seed;
}

enum err
spec_parse_seeds(const char *text, uint32_t **seeds, size_t *n, struct errbuf *eb)
{
    const char *p = text;
    size_t cap = 0;

    *seeds = NULL;
    *n = 0;
    for (;;) {
        unsigned long long lo, hi;

        if (!parse_seed(&p, &lo))
            break;
        hi = lo;
        if (*p == '-' && (p++, !parse_seed(&p, &hi)))
            break;
        if (hi < lo || hi - lo >= SEEDS_MAX || *n >= SEEDS_MAX)
            break;
        for (unsigned long long x = lo; x <= hi; x++)
            add_seed(seeds, n, &cap, (uint32_t)x);
        if (*p == '\0')
            return ERR_OK;
        if (*p++ != ',')
            break;
    }
    free(*seeds);
    *seeds = NULL;
    *n = 0;
    return err_set(eb, ERR_ARG,
                   "--seeds %s: write whole numbers and ranges like 0-3,7 (at most %d "
                   "seeds, each up to 4294967295)",
                   text, SEEDS_MAX);
}
