/* key_storm.h - random keys for the dashboard, weighted so that every view, every
 * binding, prompts and questions are reached.  The same seed gives the same keys, as long
 * as the dashboard answers them alike.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TESTS_KEY_STORM_H
#define TESTS_KEY_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "tui/ui.h"

struct key_storm {
    struct rng rng;
    uint64_t i;       /* numbers drawn */
    int last;         /* key */
    bool at_terminal; /* only keys that a terminal passes on, and none that ends */
    const char *text; /* rest of a text that is being typed */
};

void key_storm_init(struct key_storm *s, uint64_t seed, bool at_terminal);

/* 0 <= x < n. */
size_t key_storm_below(struct key_storm *s, size_t n);

/* The next key (key.h) for the dashboard as it stands; never one that quits. */
int key_storm_next(struct key_storm *s, const struct ui *ui);

/* A size of the screen: mostly of the four usual ones. */
void key_storm_size(struct key_storm *s, int *rows, int *cols);

#endif
