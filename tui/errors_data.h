/* errors_data.h - what the errors view shows: the confusions of the chosen configuration
 * and evaluation, read a run at a time, and the shares computed from them.
 *
 * Threads: owner thread only.
 * Errors:  none; what cannot be read stays as it was. */
#ifndef TUI_ERRORS_DATA_H
#define TUI_ERRORS_DATA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "stat/error_table.h"
#include "tui/choice.h"

struct errors_data {
    struct choice *choice;          /* borrowed; read before */
    struct error_question question; /* exact follows the choice */

    char *pair_key, *evaluation; /* owned; of `pair` */
    struct store_pair *pair;     /* (n_pairs) owned */
    size_t n_pairs;
    struct errors fresh; /* being read */
    size_t n_read;       /* runs of it, two per pair */
    double run_s;        /* what the last one took */
    bool reading;

    struct errors errors;     /* read last */
    struct error_table table; /* of it */
    bool current;             /* it is what is chosen */
    struct strbuf unscored;   /* seeds not scored in the evaluation, or "" */
    struct strbuf none;       /* why there is nothing to compare, or "" */
    struct strbuf unconfused; /* seeds whose confusions are not known, or "" */
};

void errors_data_init(struct errors_data *d, struct choice *choice);
void errors_data_release(struct errors_data *d);

/* Look at what is chosen: begin to read where the pairs are not those that were read. */
void errors_data_look(struct errors_data *d, struct store *s);

/* Read on as long as a run is likely to end before the deadline (clock_mono_s), but at
 * least one unless there is no time at all.  True if the table is new. */
bool errors_data_read(struct errors_data *d, struct store *s, double deadline_s);

/* Compute the table again, for another question. */
void errors_data_compute(struct errors_data *d);

#endif
