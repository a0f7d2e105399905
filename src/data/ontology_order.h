/* ontology_order.h - topological order and cycles of the is_a graph.
 *
 * Threads: any thread.
 * Errors:  ERR_FORMAT names the terms of the first cycle; every cycle is logged.
 * Tests:   tests/test_ontology.c */
#ifndef DATA_ONTOLOGY_ORDER_H
#define DATA_ONTOLOGY_ORDER_H

#include "base/err.h"
#include "base/log.h"
#include "data/ontology.h"

/* Set o->topo (o->term is complete, o->topo NULL): parents before children. */
MUST_CHECK enum err ontology_order(struct ontology *o, const struct log *log,
                                   struct errbuf *eb);

#endif
