/* calm_range.h - a range of values that stays where it is while data go on, so that a
 * refresh adds points and leaves the others in their places.
 *
 * Threads: one thread per object.
 * Errors:  none.
 * Tests:   test_calm_range.c */
#ifndef TUI_CALM_RANGE_H
#define TUI_CALM_RANGE_H

/* Zeros: nothing kept.  In the units of the axis: decimal logarithms where it is one. */
struct calm_range {
    double lo, hi; /* lo < hi, or both 0 */
};

/* The range to show where lo..hi (lo < hi) is needed: the one that was shown before as
 * long as that holds what is needed and less than three times as much; else the needed
 * one with room at both ends. */
struct calm_range calm_range_fit(struct calm_range before, double lo, double hi);

#endif
