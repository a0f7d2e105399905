/* store_provenance.h - whether the two sides of a comparison can fairly be compared: what
 * they share, in what they differ, and what is not known of them.
 *
 * Facts are taken from the runs that are paired, seed by seed.  Nothing is refused here.
 *
 * Threads: one thread per object.
 * Errors:  those of the store. */
#ifndef STORE_STORE_PROVENANCE_H
#define STORE_STORE_PROVENANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "store/store.h"

enum provenance_id {
#define PROVENANCE(id, weight, by, name, meaning) PROVENANCE_##id,
#include "store/provenance.def"
#undef PROVENANCE
    PROVENANCE_COUNT
};

enum provenance_state {
    PROVENANCE_SAME,    /* or of no matter for what is compared */
    PROVENANCE_UNKNOWN, /* of one side at least */
    PROVENANCE_DIFFERS  /* in one pair at least */
};

struct store_provenance_fact {
    enum provenance_state state;
    char *base,
        *side; /* owned; values of the first pair that tells the state, short and
                          fit for a terminal; "unknown" */
};

struct store_provenance {
    struct store_provenance_fact fact[PROVENANCE_COUNT];
    size_t n_pairs;      /* of seeds that are scored on both sides */
    size_t n_same_cells; /* of these, on the same cells; if there are any, the facts are
                            of these only, as the pairs of store_compare_each */
};

/* Read what is known of the sides of q (any_cells is not looked at).  Release in any case.
 * Tests: test_store_provenance.c */
MUST_CHECK enum err store_provenance_read(struct store *s,
                                          const struct store_compare_query *q,
                                          struct store_provenance *out,
                                          struct errbuf *eb);
void store_provenance_release(struct store_provenance *p);

/* "cells", "parts", ...; static storage. */
const char *store_provenance_name(enum provenance_id id);

/* What a difference means; "" where it is only told; static storage. */
const char *store_provenance_meaning(enum provenance_id id);

/* True if it differs and that speaks against the comparison. */
bool store_provenance_is_unfair(const struct store_provenance *p,
                                enum provenance_id id);

/* Facts of one kind as one line; nothing if there is none.  UNFAIR and TOLD:
 * "cells 3fa2c1d0 / 77ab0192; parts ...", baseline first; UNKNOWN: "genes, parts". */
enum provenance_list { PROVENANCE_UNFAIR, PROVENANCE_TOLD, PROVENANCE_NOT_KNOWN };
void store_provenance_list(const struct store_provenance *p, enum provenance_list what,
                           struct strbuf *out);

#endif
