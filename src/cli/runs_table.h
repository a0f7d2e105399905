/* runs_table.h - runs as rows, for `runs`, `queue add` and `export runs`.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef CLI_RUNS_TABLE_H
#define CLI_RUNS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "draw/table.h"
#include "store/store.h"

/* One row per run.  For people: the columns that matter; else every field.  Caller
 * frees with table_free. */
struct table *runs_table(const struct store_runs *r, enum table_format format);

/* One row per seed group (pair_key and loss): runs and their states, mean and sd of the
 * best validation F1 over the seeds that have one; people get the start of the key. */
struct table *runs_group_table(const struct store_runs *r, enum table_format format);

#endif
