/* export_run.h - a run as the store knows it, for writing it as files.
 *
 * Threads: owner thread only.
 * Errors:  ERR_NOTFOUND (no such run), ERR_CONFLICT (it goes on); those of the store. */
#ifndef TRANSFER_EXPORT_RUN_H
#define TRANSFER_EXPORT_RUN_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/strlist.h"
#include "store/store.h"

/* Names with values; of type 'i', 'f' or 't' where that is known. */
struct export_pairs {
    struct strlist name, value;
    struct strbuf type;
};

struct export_run {
    struct store *store; /* borrowed */
    int64_t run_id;
    struct export_pairs fact; /* columns of tree_run that have a value */
    struct export_pairs
        param; /* of the run; a list's name stands once for each value */
    struct strlist label, term_id;     /* classes in the order of the model's outputs */
    struct strlist gene_id, gene_name; /* in the order of its inputs */
    struct strlist facet;              /* obs columns that results are grouped by */
    struct intern *class_index;        /* owned; of label */
};

/* Read what the run is (fact), or all.  On error too the caller ends with
 * export_run_release. */
MUST_CHECK enum err export_run_open(struct export_run *r, struct store *s,
                                    int64_t run_id, struct errbuf *eb);
MUST_CHECK enum err export_run_load(struct export_run *r, struct store *s,
                                    int64_t run_id, struct errbuf *eb);
void export_run_release(struct export_run *r);

/* The value of that name, borrowed; NULL if there is none. */
const char *export_pairs_find(const struct export_pairs *p, const char *name);

/* A fact of the run as text ("" if it has none) and as a number (NaN). */
const char *export_run_text(const struct export_run *r, const char *fact);
double export_run_number(const struct export_run *r, const char *fact);

/* A name as it can stand in the name of a file, other bytes as %XX; appended. */
void export_safe_name(struct strbuf *out, const char *name);

#endif
