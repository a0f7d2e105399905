/* simulate.h - a simulated atlas in which studies annotate at their own granularity.
 *
 * Gene programs sit on terms of the built-in table and are inherited by descendants;
 * counts are negative binomial with log-normal library sizes; studies, assays, donors,
 * tissues and diseases shift expression.  Per study and finest type a share of the
 * cells carries the name of an ancestor: that, and nothing else, is what the hierarchy
 * can help with.  cell_type holds these labels, cell_type_original the finest ones.
 *
 * Studies are called study_01, study_02, ... and the held-out ones heldout_1, ...
 *
 * Threads: owner thread only (libhdf5); counts are drawn on all cores, the file does
 *          not depend on how many.
 * Errors:  ERR_ARG names the option; ERR_IO, ERR_FULL the path; ERR_NOMEM.
 * Tests:   tests/test_simulate.c */
#ifndef DATA_SIMULATE_H
#define DATA_SIMULATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

/* simulate.def rows: SIM(kind, id, "unit", min, max, "default", "choices", "help"),
 * kinds INT, REAL and TEXT; each is an option --id of `hcelab data simulate` and a
 * field. */
struct sim_spec {
#define SIM_FIELD_INT                                     int64_t
#define SIM_FIELD_REAL                                    double
#define SIM_FIELD_TEXT                                    const char * /* borrowed from sim_spec_set */
#define SIM(kind, id, unit, min, max, def, choices, help) SIM_FIELD_##kind id;
#include "data/simulate.def"
#undef SIM
};

struct sim_item {
    const char *name, *unit, *def, *help;
    double min, max;
    enum { SIM_INT, SIM_REAL, SIM_TEXT } kind;
    const char *choices; /* of a TEXT, separated by '|' */
};

/* Row i of the table, or NULL past the end. */
const struct sim_item *sim_item(size_t i);

void sim_spec_init(struct sim_spec *s);

/* Set option `name` ('-' and '_' are alike) from text, which must live as long as s;
 * ERR_ARG names option, value and what would do. */
MUST_CHECK enum err sim_spec_set(struct sim_spec *s, const char *name,
                                 const char *value, struct errbuf *eb);

/* Names of the held-out studies joined by commas, "" if there are none: what --ood
 * dataset_id= takes.  Caller frees. */
char *sim_heldout_names(const struct sim_spec *s);

/* Write the atlas to path, written beside it and renamed when whole: a packed store where
 * it ends in .hcp, in bounded memory; else an .h5ad file.  log (may be NULL) hears what is
 * in it. */
MUST_CHECK enum err simulate_write(const struct sim_spec *s, const char *path,
                                   const struct log *log, struct errbuf *eb);

#endif
