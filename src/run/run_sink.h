/* run_sink.h - what the engine reports, into the store: buffered, fenced, patient.
 *
 * Metric rows and log lines wait in memory and go to the store about twice a second.
 * While the disk is full or the store is locked they stay there and the training goes
 * on until the buffer is full; then it pauses.  Rows always reach the store before a
 * checkpoint does, so that none is lost between the two.
 *
 * A wait is told to the worker on stdout, one line each: "wait REASON", or "call REASON"
 * where people should know: at once if the disk is full, else if it lasts (run_wait.h);
 * then "go".
 *
 * Threads: owner thread only.
 * Errors:  ERR_FENCED at once; ERR_STOPPED when a stop is wished while the store
 *          cannot be written, at once if its disk is full; ERR_FULL when that was waited
 *          for long enough; ERR_DB and the like set store_failed. */
#ifndef RUN_RUN_SINK_H
#define RUN_RUN_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/sink.h"
#include "run/run_wait.h"
#include "store/store.h"

struct run_sink_line {
    enum log_level level;
    char *text; /* owned */
};

struct run_sink {
    struct store *store; /* borrowed */
    struct store_attempt at;
    struct sink sink;         /* give this one to the engine; ctx is this struct */
    struct store_metric *row; /* (n_rows) owned; not yet stored */
    size_t n_rows, cap_rows;
    struct run_sink_line *line; /* (n_lines) owned; not yet stored */
    size_t n_lines, cap_lines;
    struct store_progress progress;
    bool has_progress; /* progress is newer than what is stored */
    struct run_wait wait;
    bool store_failed;   /* the store gave an error that no wait cures */
    double next_flush_s; /* clock_mono_s */
};

/* rs must not move while sink is in use. */
void run_sink_init(struct run_sink *rs, struct store *store, struct store_attempt at);
void run_sink_release(struct run_sink *rs);

/* Store all that waits, as patiently as run_sink_patient. */
MUST_CHECK enum err run_sink_flush(struct run_sink *rs, struct errbuf *eb);

/* True once SIGTERM or SIGINT is pending (signal_hold.h). */
bool run_sink_stop_wished(void);

/* Repeat op until the store can be written; see the file comment for errors. */
typedef enum err (*run_sink_fn)(struct run_sink *rs, const void *arg,
                                struct errbuf *eb);
MUST_CHECK enum err run_sink_patient(struct run_sink *rs, run_sink_fn op,
                                     const void *arg, struct errbuf *eb);

/* Store an evaluation as the engine reports it; tried once.  at->attempt = 0: of a run
 * that has ended. */
MUST_CHECK enum err run_sink_put_evaluation(struct store *s,
                                            const struct store_attempt *at,
                                            const struct evaluation_result *r,
                                            struct errbuf *eb);

#endif
