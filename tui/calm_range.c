/* calm_range.c - when to leave a range, and for which. */
#include "tui/calm_range.h"

#define MOST 3.0 /* times what is needed */
#define ROOM 0.1 /* of what is needed, at each end */

struct calm_range
calm_range_fit(struct calm_range before, double lo, double hi)
{
    double span = hi - lo;

    if (before.lo < before.hi && before.lo <= lo && hi <= before.hi &&
        before.hi - before.lo < MOST * span)
        return before;
    return (struct calm_range){lo - ROOM * span, hi + ROOM * span};
}
