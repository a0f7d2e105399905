/* builtin.h - facts of the published atlas that are compiled in: genes.
 *
 * Cell types and tissues are reached through ontology.h.
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   tests/test_ontology.c */
#ifndef DATA_BUILTIN_H
#define DATA_BUILTIN_H

#include <stddef.h>
#include <stdint.h>

struct builtin_gene {
    uint32_t number;  /* Ensembl id ENSG%011u */
    const char *name; /* symbol; static storage */
};

size_t builtin_gene_count(void);

/* i < builtin_gene_count(), ascending by number. */
const struct builtin_gene *builtin_gene(size_t i);

#endif
