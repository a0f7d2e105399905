/* ontology_build.h - making an ontology term by term: used by the OBO parser and the
 * built-in table.
 *
 * Add terms and parents in any order, then finish: parents become indices, the
 * look-up tables, the topological order and the digest are made.
 *
 * Threads: one thread per object.
 * Errors:  a cycle is ERR_FORMAT; everything else that is odd is warned about.
 * Tests:   tests/test_ontology.c */
#ifndef DATA_ONTOLOGY_BUILD_H
#define DATA_ONTOLOGY_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "data/ontology.h"

struct parent_ref; /* an is_a edge whose parent is still text */

struct ontology_builder {
    struct ontology *o;     /* borrowed */
    const struct log *log;  /* borrowed, may be NULL */
    struct parent_ref *ref; /* (n_refs) owned */
    size_t n_refs, cap_refs;
    size_t cap_terms, cap_ids;
    size_t n_warnings; /* also those that were not logged any more */
};

/* Start an empty ontology; source is copied. */
void ontology_builder_init(struct ontology_builder *b, struct ontology *o,
                           const char *source, const struct log *log);

/* Index of the term with that id, added if it is new. */
uint32_t ontology_builder_term(struct ontology_builder *b, const char *id);

/* child is_a parent_id, said in that line (0: no file). */
void ontology_builder_parent(struct ontology_builder *b, uint32_t child,
                             const char *parent_id, size_t line);

/* Log a warning; only the first WARNINGS_SHOWN are logged. */
void ontology_builder_warn(struct ontology_builder *b, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

/* Complete the ontology and release the builder; on error the ontology is released
 * too. */
MUST_CHECK enum err ontology_builder_finish(struct ontology_builder *b,
                                            struct errbuf *eb);

/* Give up: release builder and ontology. */
void ontology_builder_abandon(struct ontology_builder *b);

#endif
