/* diff_what.h - the runs and seed groups whose specs are put side by side.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef TUI_DIFF_WHAT_H
#define TUI_DIFF_WHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/keyset.h"
#include "tui/screen_model.h"

enum { DIFF_MAX = 8 };

struct diff_item {
    int64_t run_id;  /* the run, or one of the group */
    size_t n_seeds;  /* 1: a run */
    char seeds[64];  /* "0, 1, 2", of a group */
    char title[256]; /* "#3 linear-ce-s0", "toy linear ce" */
};

struct diff_what {
    struct diff_item item[DIFF_MAX]; /* (n) */
    size_t n;
};

/* What is marked (run ids and group keys), and where that is one, `current` too.  False
 * if that are not at least two that exist, or more than DIFF_MAX. */
bool diff_what_choose(struct diff_what *w, const struct model *m,
                      const struct keyset *marked, uint64_t current);

/* The heading of a column. */
void diff_what_title(const struct diff_item *item, char *out, size_t size);

#endif
