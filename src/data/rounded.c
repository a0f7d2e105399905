/* rounded.c - counting the numbers that become other ones as float32. */
#include "data/rounded.h"

#include <float.h>
#include <string.h>

bool
rounded_can(struct rounded_type type)
{
    return type.size == sizeof(double) || (type.size == 4 && type.kind != 'f');
}

/* NaN stays NaN. */
static bool
is_rounded_real(double x)
{
    return x == x && (double)(float)x != x;
}

/* It has more digits than the 24 of float32 between its highest and its lowest bit. */
static bool
is_rounded_whole(uint64_t magnitude)
{
    return magnitude && magnitude >> __builtin_ctzll(magnitude) >> FLT_MANT_DIG;
}

static bool
is_rounded(struct rounded_type type, const unsigned char *at)
{
    uint64_t bits = 0;
    uint32_t half;
    double x;

    if (type.kind == 'f') {
        memcpy(&x, at, sizeof x);
        return is_rounded_real(x);
    }
    if (type.size == sizeof bits) {
        memcpy(&bits, at, sizeof bits);
    } else {
        memcpy(&half, at, sizeof half);
        bits = half;
        if (type.kind == 'i' && half >> 31)
            bits |= UINT64_MAX << 32;
    }
    return is_rounded_whole(type.kind == 'i' && bits >> 63 ? -bits : bits);
}

void
rounded_count(struct rounded *r, struct rounded_type type, const void *data, size_t n)
{
    const unsigned char *at = data;
    uint64_t found = 0;

    if (!r || !rounded_can(type))
        return;
    for (size_t i = 0; i < n; i++)
        found += is_rounded(type, at + i * type.size);
    if (found)
        atomic_fetch_add(&r->n, found);
}
