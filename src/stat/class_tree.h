/* class_tree.h - the part of an ontology that lies at or above the classes of a run, and
 * what CE and HCE reach on the set of classes at or below each of its nodes.
 *
 * A node's value is the mean F1 over the classes at or below it that have cells, per
 * seed: a set, so that a class counts once however many ways lead to it.  Nodes with the
 * same set share one row and are one test: the family of Holm's adjustment is the number
 * of distinct sets.
 *
 * Letters: C classes, T terms.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef STAT_CLASS_TREE_H
#define STAT_CLASS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "stat/compare.h"
#include "stat/dag.h"

#define CLASS_TREE_NONE SIZE_MAX

/* Where the hierarchy comes from: terms and is_a edges of an ontology; without terms,
 * which classes lie below which.  All borrowed. */
struct class_tree_source {
    const char *const *label, *const *label_term; /* (C) label_term: its term, or "" */
    size_t n_classes;
    const char *const *term, *const *term_name; /* (T) "CL:0000084"; name or "" */
    size_t n_terms;
    const uint32_t *child, *parent; /* (n_edges) terms: is_a */
    size_t n_edges;
    const uint32_t *ancestor, *descendant; /* (n_pairs) classes; read if T = 0 */
    size_t n_pairs;
    const struct comparison *classes; /* its labels are the classes if C = 0; or NULL */
};

struct class_node {
    const char *name;    /* of the term, or the label of the class */
    const char *term_id; /* "" where the ontology does not know the class */
    const char *label;   /* of its class (of several: the first), NULL: no class */
    size_t n_classes;    /* at or below */
    size_t n_scored;     /* of these, with cells; after class_tree_test, as the rest */
    double cells;        /* of the set: mean over seeds */
    size_t row;          /* in stat.row, or CLASS_TREE_NONE: the set has no cells */
    const uint32_t *parent, *child; /* nodes; children by name */
    size_t n_parents, n_children;
};

struct class_tree {
    struct class_node *node; /* (n) parents before children */
    size_t n;
    uint32_t *root; /* (n_roots) nodes without parents, by name */
    size_t n_roots;
    size_t n_hidden;        /* terms left out because they tell nothing new */
    size_t n_classes;       /* C */
    struct comparison stat; /* a row for each distinct set of classes with cells */

    struct dag graph;      /* of the nodes */
    uint64_t *below;       /* (n, dag_words(C)) classes at or below; owned */
    struct intern *labels; /* label -> class; owned */
    struct arena arena;    /* owns texts and arrays of the nodes */
};

/* Make the tree.  all_terms: with every term at or above a class; else those are left
 * out that are no class and have the same classes below them as one of their children,
 * and what was below them hangs where they hung.  Two labels of one term share a node. */
void class_tree_init(struct class_tree *t, const struct class_tree_source *source,
                     bool all_terms);
void class_tree_release(struct class_tree *t);

/* Test every set: classes holds the pairs of the facet "class", label = the class.  Rows
 * without cells are no part of any set.  May be called again. */
void class_tree_test(struct class_tree *t, const struct comparison *classes);

/* The row of a node, or NULL. */
const struct compare_row *class_tree_row(const struct class_tree *t, size_t node);

/* True if the node holds the text (any case) in its name, label or term id. */
bool class_tree_holds(const struct class_node *node, const char *text);

/* The node that a text names: a term id, label or name (any case), else the only one
 * that holds it.  CLASS_TREE_NONE if none does or several do: *n_found (may be NULL) is
 * how many, and the first names are appended to names (may be NULL). */
size_t class_tree_find(const struct class_tree *t, const char *text, size_t *n_found,
                       struct strbuf *names);

/* Append the names of the parents but `except` (CLASS_TREE_NONE: all), "; " between. */
void class_tree_parents_text(const struct class_tree *t, size_t node, size_t except,
                             struct strbuf *out);

/* keep[i] (n) = |delta| of node i is at least min_delta, or that of a node below it. */
void class_tree_mark(const struct class_tree *t, double min_delta, bool *keep);

#endif
