/* simulate.h - a simulated atlas in which studies annotate at their own granularity.
 *
 * Threads: owner thread only (libhdf5).
 * Errors:  ERR_ARG names the option; ERR_IO, ERR_FULL the path. */
#ifndef DATA_SIMULATE_H
#define DATA_SIMULATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

/* simulate.def rows: SIM(kind, id, "unit", min, max, "default", "help"), kinds INT,
 * REAL and TEXT; each is an option --id of `hcelab data simulate` and a field. */
struct sim_spec {
#define SIM_FIELD_INT  int64_t
#define SIM_FIELD_REAL double
#define SIM_FIELD_TEXT const char * /* borrowed */
#define SIM(kind, id, unit, min, max, def, help) SIM_FIELD_##kind id;
#include "data/simulate.def"
#undef SIM
};

struct sim_item {
    const char *name, *unit, *def, *help;
    double min, max;
    enum { SIM_INT, SIM_REAL, SIM_TEXT } kind;
};

/* Row i of the table, or NULL past the end. */
const struct sim_item *sim_item(size_t i);

void sim_spec_init(struct sim_spec *s);

/* Set option `name` from text; ERR_ARG names option, value and what would do. */
MUST_CHECK enum err sim_spec_set(struct sim_spec *s, const char *name, const char *value,
                                 struct errbuf *eb);

/* Write the atlas to path (.h5ad; written beside it and renamed when whole). */
MUST_CHECK enum err simulate_write(const struct sim_spec *s, const char *path,
                                   const struct log *log, struct errbuf *eb);

#endif
