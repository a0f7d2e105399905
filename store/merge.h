/* merge.h - another store's runs into this one: how results come home from other machines.
 *
 * Vocabulary: "here" is the store that is written, "there" the one that is read.  A run
 * is known by its uuid on both sides; its number (run_id) is the store's own.
 *
 * What comes:
 *   a run that is new here   with everything that hangs on it: parameters, facets,
 *                            inputs, attempts, curves, log, evaluations with scores and
 *                            confusions, important genes, checkpoints.  Numbers are given
 *                            anew, sets of labels, genes and terms are shared by digest,
 *                            words and metrics by text.
 *   a run that is in both    from the side where it is further.  First of these that
 *                            differs decides: it succeeded; more attempts; it ended; more
 *                            steps; more epochs; a later end; a last attempt that began,
 *                            then one that ended, later; the greater weights_sha256.
 *                            Further there: everything of the run is replaced, and it
 *                            keeps its number here.  Further here: nothing happens.
 *                            The same on both: evaluations and checkpoints are united; of
 *                            two evaluations of one name and checkpoint the newer stays,
 *                            and of two of a name that count (is_primary) the newer does.
 *   a run begun there that   paused, whatever it does there: nothing that comes is ever
 *   has not ended            started by itself, or it would be trained twice.  `queue
 *                            resume` goes on with it from its state checkpoint.
 *   a run never begun there  not at all: it is no result, and trained here as well it
 *                            would be trained twice.
 *   a run that somebody      not now, where it would be replaced: it is told as busy, and
 *   trains here              comes when the stores are merged again.
 *   a run that was imported  from the same files on both sides: the one that has weights is
 *                            further, else they are the same, whenever that was; from
 *                            others: as above.  What was scored with its weights, and its
 *                            checkpoints, stay on either side.
 * Leases, workers, the queue's hold, log lines of workers and numbers of changes are
 * facts of a machine and stay there.  A run that was deleted here is unknown here, since
 * its number is all that is kept of it: it comes again.  What an evaluation's name is
 * bound to comes too, and may be other cells than here: whoever compares looks at the
 * cells.  The source (a file name) of an
 * ontology that both have stays the one that was seen first.
 *
 * The result does not depend on the order in which stores are merged, and merging again
 * changes nothing.  Each run is a transaction, and so is each whole checkpoint: whatever
 * interrupts a merge, the runs here are whole, and merging again completes it.
 *
 * The store there is read only and never changed; its folder need not be writable.  One
 * of an older schema is migrated in an unnamed copy in $TMPDIR, one of a newer schema
 * refused.  It is checked as by `store check` before anything is written here.
 *
 * Threads: one thread per object; others may work with both stores meanwhile.
 * Errors:  ERR_NOTFOUND, ERR_NEWER, ERR_BUSY (held for long), ERR_FULL; ERR_FORMAT: it is
 *          no store, or rows in it break the rules of one; ERR_DB: it is damaged.
 * Tests:   test_store_merge.c, test_merge_order.c, test_merge_refuse.c */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/store.h"

enum merge_verdict {
    MERGE_RUN_NEW,     /* it came */
    MERGE_RUN_FURTHER, /* further there: it came in place of what was here */
    MERGE_RUN_SAME,    /* the same in both */
    MERGE_RUN_BEHIND,  /* further here */
    MERGE_RUN_BUSY,    /* further there, but somebody trains it here */
    MERGE_VERDICTS
};

struct merge_run {           /* what became of a run of the other store */
    const char *uuid, *name; /* borrowed for the call */
    enum merge_verdict verdict;
    size_t n_evaluations;  /* that came for a run that was here already */
    size_t n_checkpoints;  /* that came */
    size_t n_other_cells;  /* evaluations of other cells under a name of here: the newer
                              ones are here now */
    size_t number, n_runs; /* from 1, of so many */
};

struct merge_options {
    bool no_checkpoints; /* leave those out; merging again without this adds them */

    /* Called after each run, outside of transactions.  May be NULL. */
    void (*told)(void *ctx, const struct merge_run *run);
    void *ctx;
};

struct merge_report {
    size_t n[MERGE_VERDICTS]; /* runs of the other store by what became of them */
    size_t n_waiting;         /* never begun there: left out */
    size_t n_evaluations, n_checkpoints; /* sums over runs */
    bool is_itself; /* the other store is this one: nothing was done */
};

/* Merge the store at path into s, which is open for writing.  options may be NULL.  On
 * an error the report says what was done until then. */
MUST_CHECK enum err store_merge(struct store *s, const char *path,
                                const struct merge_options *options,
                                struct merge_report *report, struct errbuf *eb);

/* What merging does with a table of the schema, as part of a sentence ("copied with its
 * run", "stays: ..."), or NULL for one that it does not know. */
const char *merge_fate(const char *table);

#endif
