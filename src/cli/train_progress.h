/* train_progress.h - a line about runs that train in this process's workers.
 *
 * Threads: owner thread only.
 * Errors:  none: what cannot be read now is shown at the next tick. */
#ifndef CLI_TRAIN_PROGRESS_H
#define CLI_TRAIN_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct train_progress_line {
    struct store *store; /* borrowed; a reading connection */
    const int64_t *id;   /* (n) borrowed: the runs that are watched */
    size_t n;
};

/* For worker_options.on_tick: one run - step, epoch, loss, validation F1, rate, time
 * left and a bar; several - how many are done and what the others do. */
void train_progress_tick(void *ctx);

#endif
