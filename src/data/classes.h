/* classes.h - the label set of a run and what the ontology says about it.
 *
 * Letters: C classes.
 *
 * Threads: any thread once made (const).
 * Errors:  none. */
#ifndef DATA_CLASSES_H
#define DATA_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/strlist.h"
#include "data/ontology.h"

enum { CLASSES_MAX = 16384 }; /* R takes 1 GiB then */

struct class_set {
    size_t C;               /* of a run: at most CLASSES_MAX */
    struct strlist name;    /* (C) labels as given, bytewise order */
    struct strlist term_id; /* (C) ontology id, "" for an isolated class */
    float *R;               /* (C, C) owned, row-major; R[i][j] = 1 iff class j is class
                               i or a descendant of it, else 0 */
    size_t n_edges;         /* off-diagonal 1s of R: strict ancestor pairs */
    struct strlist unknown; /* labels the ontology does not know: isolated classes */
    char digest[DIGEST_HEX]; /* of names and R */
};

/* Relation of a predicted to a true class, first match. */
enum relation {
    RELATION_SAME,
    RELATION_DESCENDANT, /* predicted is a descendant of true */
    RELATION_ANCESTOR,
    RELATION_SIBLING, /* the two share a nearest class ancestor */
    RELATION_OTHER,
    RELATION_COUNT
};

/* Make the set from labels (any order, repeats allowed).  Two labels that stand for
 * the same term reach each other, so that either counts as the other. */
void class_set_init(struct class_set *cs, const struct strlist *labels,
                    const struct ontology *o);
void class_set_release(struct class_set *cs);

/* Replace what R says of two classes that are both among name[0..k) by reach (k, k), in
 * which reach[i][j] = 1: name j is name i or below it; the diagonal counts as 1.  Classes
 * that are not among them keep what they had, what follows from both is added, and
 * they are appended to other.  Those that are, are no longer unknown. */
void class_set_take(struct class_set *cs, const struct strlist *name,
                    const uint8_t *reach, struct strlist *other);

/* Make the set again from what was stored: names and term ids in order of class,
 * strict pairs (ancestor, descendant) of class indices. */
void class_set_restore(struct class_set *cs, const struct strlist *name,
                       const struct strlist *term_id, const uint32_t *ancestor,
                       const uint32_t *descendant, size_t n_edges);

/* Class of a label, or -1. */
int32_t class_set_find(const struct class_set *cs, const char *label);

/* R[i][j] as a truth value. */
bool class_set_reaches(const struct class_set *cs, size_t i, size_t j);

/* out (C, C) row-major: relation of predicted j to true i, as enum relation. */
void class_set_relations(const struct class_set *cs, uint8_t *out);

/* "same", "descendant", "ancestor", "sibling", "other". */
const char *relation_name(enum relation r);

#endif
