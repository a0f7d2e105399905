/* simulate_plan.h - who is in a simulated atlas: types, tissues, studies, donors,
 * cells and their labels.  Everything but expression.
 *
 * Threads: any thread once made (const).
 * Errors:  ERR_ARG names the option; ERR_NOMEM.
 * Tests:   tests/test_simulate.c */
#ifndef DATA_SIMULATE_PLAN_H
#define DATA_SIMULATE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"
#include "base/strlist.h"
#include "data/ontology.h"
#include "data/simulate.h"

/* Sub-purposes of RNG_SIMULATE.  They decide every byte of a file: never reorder. */
enum sim_stream {
    SIM_STREAM_TYPES, /* i = term */
    SIM_STREAM_RANKS,
    SIM_STREAM_STUDY,       /* b = study */
    SIM_STREAM_COMPOSITION, /* b = study, i = type */
    SIM_STREAM_GRANULARITY, /* b = study x types + type */
    SIM_STREAM_DONOR,       /* b = donor */
    SIM_STREAM_CELL,        /* b = cell */
    SIM_STREAM_BASE,        /* i = gene; so are the rest */
    SIM_STREAM_MEMBER,      /* b = term: is the gene in its program? */
    SIM_STREAM_PROGRAM,     /* b = term */
    SIM_STREAM_STUDY_SHIFT, /* b = study */
    SIM_STREAM_ASSAY_SHIFT,
    SIM_STREAM_DONOR_SHIFT,
    SIM_STREAM_TISSUE_SHIFT,
    SIM_STREAM_DISEASE_SHIFT,
    SIM_STREAM_COUNT /* b = cell */
};

/* Stream of a sub-purpose. */
struct rng sim_stream(const struct sim_spec *s, enum sim_stream sub, uint64_t b);

/* dataset_id of study i, the held-out ones last.  Caller frees. */
char *sim_study_name(const struct sim_spec *s, size_t i);

/* Values of obs columns: the rows of simulate_obs.def of one kind. */
struct sim_value {
    const char *label, *id;
};
struct sim_values {
    const struct sim_value *value;
    size_t n;
};
struct sim_values sim_assays(void);
struct sim_values sim_diseases(void);
struct sim_values sim_sexes(void);

struct sim_type {
    uint32_t term;      /* in the built-in ontology */
    uint32_t *ancestor; /* (n_ancestors) owned; terms above it */
    size_t n_ancestors;
    double share;          /* of all cells; sums to 1 */
    double *tissue_weight; /* (n_tissues) owned; donors of the type in the tissue */
};

struct sim_study {
    char *name; /* owned; dataset_id */
    bool heldout;
    uint16_t disease;
    uint16_t assay[2]; /* most donors have the first */
    size_t first_cell, n_cells;
};

struct sim_donor {
    char *name; /* owned; donor_id */
    uint32_t study;
    uint16_t assay, disease, sex;
};

struct sim_cell {
    uint32_t donor;
    uint16_t type; /* finest type */
    uint16_t tissue;
    uint32_t label; /* term the study names it by: of the type, or above */
};

struct sim_plan {
    const struct sim_spec *spec; /* borrowed */
    struct ontology onto;        /* the built-in table */
    struct sim_type *type;       /* (n_types) owned */
    struct strlist tissue;       /* (n_tissues) in order of their donors */
    struct sim_study *study;     /* (n_studies) owned; held-out ones last */
    struct sim_donor *donor; /* (n_donors) owned; study s has donors s * D + 0..D-1 */
    struct sim_cell *cell;   /* (n_cells) owned; in order of studies */
    size_t n_types, n_studies, n_donors, n_cells;
};

MUST_CHECK enum err sim_plan_init(struct sim_plan *p, const struct sim_spec *s,
                                  struct errbuf *eb);
void sim_plan_release(struct sim_plan *p);

#endif
