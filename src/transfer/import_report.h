/* import_report.h - what an import did with each thing that it found.
 *
 * Every importer adds a row for each run, evaluation, checkpoint and file that it took,
 * found to be there already, or could not read; the command line prints them.
 *
 * Threads: one thread per object.
 * Errors:  none.
 * Tests:   tests/test_import_tree.c, tests/test_import.sh */
#ifndef TRANSFER_IMPORT_REPORT_H
#define TRANSFER_IMPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* What became of a thing; the names are those that people and scripts read. */
enum import_outcome {
    IMPORT_ADDED,      /* new in the store */
    IMPORT_UPDATED,    /* was there, and its source has more or other content now */
    IMPORT_UNCHANGED,  /* was there already, nothing was written */
    IMPORT_NOT_TAKEN,  /* readable, but has no place in the store: detail says why */
    IMPORT_UNREADABLE, /* nothing of it was taken: detail says why */
    IMPORT_OUTCOMES
};

struct import_row {
    enum import_outcome outcome;
    const char *kind; /* "run", "evaluation", "checkpoint", "file", "column"; static */
    char *path;       /* owned; where it was found, "" if nowhere in particular */
    char *run;        /* owned; name of the run that it belongs to, "" if none */
    char *detail;     /* owned; numbers or the reason, in words; may be "" */
};

struct import_report {
    struct import_row *row; /* (n) owned, in the order of the work */
    size_t n, cap;
};

/* What people wish of an import.  Zeros: nothing. */
struct import_wish {
    const char *experiment; /* to put runs into; NULL: what the source says */
    const char *rule;       /* scoring rule of tables; NULL: find out */
    bool no_checkpoints;    /* leave those of a store or an export out */

    /* Take the weights of a checkpoint file beside a run; NULL: they are noted, not
     * stored.  Errors are of the store; a file that cannot be read is a row of the
     * report. */
    enum err (*take_checkpoint)(struct store *s, int64_t run_id, const char *path,
                                const struct import_wish *wish,
                                struct import_report *report, struct errbuf *eb);

    /* Of checkpoint files (import_weights.h). */
    const char *genes, *labels, *data; /* paths: what inputs and outputs stand for */
    const char *like;                  /* RUN whose genes and classes they are */
    const char *run;                   /* RUN that gets the weights; NULL: a new one */
    const char *name;                  /* of the new run */
    const char *loss;                  /* NULL: what the file says */
    bool has_seed;
    int64_t seed;
};

/* "added", "updated", "unchanged", "not taken", "unreadable". */
const char *import_outcome_name(enum import_outcome o);

/* Append a row; texts are copied, path and run may be NULL. */
void import_report_add(struct import_report *r, enum import_outcome outcome,
                       const char *kind, const char *path, const char *run,
                       const char *fmt, ...) PRINTF_LIKE(6, 7);

/* Rows with that outcome, of that kind (NULL: any). */
size_t import_report_count(const struct import_report *r, enum import_outcome outcome,
                           const char *kind);

/* Rows from `first` on belong to that run. */
void import_report_name_run(struct import_report *r, size_t first, const char *run);

/* Rows from `first` on that say added say that instead. */
void import_report_instead(struct import_report *r, size_t first,
                           enum import_outcome outcome);

void import_report_release(struct import_report *r);

#endif
