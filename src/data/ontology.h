/* ontology.h - the Cell Ontology as a DAG of is_a edges.
 *
 * Threads: any thread once loaded (const).
 * Errors:  ERR_FORMAT names the file, or the terms of a cycle; what a file says oddly
 *          but clearly is warned about with its line.
 * Tests:   tests/test_ontology.c, tests/test_closure.c */
#ifndef DATA_ONTOLOGY_H
#define DATA_ONTOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/strlist.h"

struct ontology_term {
    char *id;    /* owned; "CL:0000084" */
    size_t line; /* of the stanza in the file; 0: built-in or not described */
    char *name;  /* owned; "" if the file gives none */
    struct strlist synonym; /* EXACT synonyms */
    struct strlist alt_id;
    struct strlist replaced_by;
    struct strlist consider;
    bool obsolete;
    uint32_t *parent; /* (n_parents) owned; indices of direct is_a parents */
    size_t n_parents;
};

struct ontology {
    char *source;               /* owned; path, or "built-in" */
    char *version;              /* owned; data-version of the file, "" if none */
    char digest[DIGEST_HEX];    /* of terms, names and edges */
    struct ontology_term *term; /* (n_terms) owned, in order of the file */
    size_t n_terms;
    uint32_t *topo;            /* (n_terms) owned; parents before children */
    struct intern *by_id;      /* owned; id and alt_id; index -> id_term */
    uint32_t *id_term;         /* owned; interned id -> term */
    struct intern *by_name;    /* owned; names of live terms; index -> name_term */
    uint32_t *name_term;       /* owned; term, or ONTOLOGY_AMBIGUOUS */
    struct intern *by_synonym; /* owned; EXACT synonyms of live terms */
    uint32_t *synonym_term;    /* owned; term, or ONTOLOGY_AMBIGUOUS */
};

/* A name or synonym that more than one live term claims. */
#define ONTOLOGY_AMBIGUOUS UINT32_MAX

enum resolve {
    RESOLVE_ID,      /* CL id, alternative id or obsolete id with one replacement */
    RESOLVE_NAME,    /* the name of a live term */
    RESOLVE_SYNONYM, /* an EXACT synonym of exactly one live term */
    RESOLVE_NONE
};

/* Read an OBO file.  Self-loops and dangling parents are warned about through log
 * (may be NULL); a cycle is ERR_FORMAT with its terms named. */
MUST_CHECK enum err ontology_load_obo(struct ontology *o, const char *path,
                                      const struct log *log, struct errbuf *eb);

/* The same on text in memory (for tests and fuzzing); name stands in messages. */
MUST_CHECK enum err ontology_parse_obo(struct ontology *o, const char *text, size_t n,
                                       const char *name, const struct log *log,
                                       struct errbuf *eb);

/* The built-in 164 cell types, each an ontology term, edges to nearest ancestors. */
void ontology_load_builtin(struct ontology *o);

void ontology_release(struct ontology *o);

/* The live term that a label (id, name or unique exact synonym) stands for; *term is
 * set unless RESOLVE_NONE. */
enum resolve ontology_resolve(const struct ontology *o, const char *label,
                              uint32_t *term);

/* Why a label resolves to nothing, and what could be meant: "obsolete; consider
 * CL:1 'a'", "not in the ontology", ...  Caller frees. */
char *ontology_explain(const struct ontology *o, const char *label);

/* mark[t] = true for term and all its descendants; mark is (n_terms), overwritten. */
void ontology_mark_descendants(const struct ontology *o, uint32_t term, bool *mark);

/* The same for term and all its ancestors. */
void ontology_mark_ancestors(const struct ontology *o, uint32_t term, bool *mark);

/* The built-in table of tissues: how many donors have a type in a tissue.  Row i <
 * builtin_tissue_count; names in static storage; type indexes the built-in terms. */
struct builtin_tissue {
    uint16_t type;
    const char *tissue;
    uint16_t n_donors;
};
size_t builtin_tissue_count(void);
const struct builtin_tissue *builtin_tissue(size_t i);

#endif
