/* curve_panels.h - the lines of several metrics, for charts beside each other.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef TUI_CURVE_PANELS_H
#define TUI_CURVE_PANELS_H

#include "tui/curve_set.h"

enum { PANEL_ROWS = 10, PANEL_COLS = 56 }; /* of a chart, at least */

struct curve_panels {
    struct curve_set set[METRIC_COUNT]; /* (n) owned */
    enum metric_id metric[METRIC_COUNT];
    size_t n;
    size_t at; /* sets that are as the store is; those after them are older */
    int next;  /* metrics after the chosen one that were looked at for them */
};

/* How many charts have room, at most METRIC_COUNT. */
size_t curve_panels_room(int rows, int cols);

/* The store changed: curve_panels_make looks at every set again. */
void curve_panels_rewind(struct curve_panels *p);

/* Make the lines of at most `most` metrics that have values: those after the chosen one
 * in the table, around its end, without it.  Where the time of the frame runs out
 * (m->late) what was there stays, and the next call goes on. */
void curve_panels_make(struct curve_panels *p, struct model *m,
                       const struct keyset *marked, const struct curve_choice *choice,
                       size_t most);
void curve_panels_release(struct curve_panels *p);

/* The rectangle of chart i of n: a grid without holes but at its end. */
struct panel_place {
    int row, col, rows, cols;
};
struct panel_place curve_panels_place(size_t i, size_t n, int rows, int cols);

#endif
