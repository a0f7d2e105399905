/* dag.h - a directed acyclic graph of nodes with parents and children.
 *
 * Letters: n nodes, e edges (child, parent), m members (things that sit on nodes),
 * W = dag_words(m) words of a set of members.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef STAT_DAG_H
#define STAT_DAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dag_links { /* of node i: to[at[i]] .. to[at[i + 1] - 1] */
    uint32_t *at;  /* (n + 1) owned */
    uint32_t *to;  /* (e) owned; ascending */
};

struct dag {
    size_t n;
    struct dag_links up, down; /* to parents, to children */
    uint32_t *order;           /* (n) owned; parents before children */
};

#define DAG_NONE UINT32_MAX

/* Make the graph from edges child[k] -> parent[k], k < e.  Edges that name no node,
 * loops and repeats are left out, and where edges run in a circle those that close it. */
void dag_init(struct dag *g, size_t n, const uint32_t *child, const uint32_t *parent,
              size_t e);
void dag_release(struct dag *g);

/* Neighbours of node i in *to; returns how many. */
size_t dag_parents(const struct dag *g, size_t i, const uint32_t **to);
size_t dag_children(const struct dag *g, size_t i, const uint32_t **to);

/* Words of a set of m members; a set has one bit for each, at least one word. */
size_t dag_words(size_t m);
bool dag_set_has(const uint64_t *set, size_t member);
void dag_set_add(uint64_t *set, size_t member);
size_t dag_set_count(const uint64_t *set, size_t words);
bool dag_set_equal(const uint64_t *a, const uint64_t *b, size_t words);

/* Row i of the result (n, W) is the set of members at node i or below it, each once
 * however many ways lead there.  at[k], k < m: node of member k, or DAG_NONE.  Caller
 * frees. */
uint64_t *dag_below(const struct dag *g, const uint32_t *at, size_t m);

/* Row i of the result (n, dag_words(n)) is the set of nodes above node i, without it.
 * Caller frees. */
uint64_t *dag_above(const struct dag *g);

#endif
