/* gene_axis.h - the genes of a file, and matching them to those of a dataset.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT: too many genes, an Ensembl id twice.
 * Tests:   tests/test_h5frame.c, tests/test_dataset.c */
#ifndef DATA_GENE_AXIS_H
#define DATA_GENE_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/notes.h"

struct gene_axis {
    struct strlist id;   /* (n) Ensembl id without version where known, else symbol */
    struct strlist name; /* (n) symbol, "" where unknown */
    bool *skip;          /* (n) owned; second of two, or no gene */
};

/* A table with a row for each gene, of whatever kind of file. */
struct gene_table {
    const void *table; /* borrowed; handed to the functions */
    const char *name;  /* borrowed; "var", for messages */
    size_t n;          /* rows */

    /* There is a column of that name, and it holds text. */
    bool (*has_text)(const void *table, const char *column);

    /* Append the text of each row of a column, or of the row names for NULL; missing
     * values are "". */
    enum err (*texts)(const void *table, const char *column, struct strlist *out,
                      struct errbuf *eb);
};

/* Read the genes of a var table.  Ids come from the column feature_id, else the row
 * names if they are Ensembl ids, else gene_ids, ensembl_id, gene_id, gene, else the
 * row names.  An Ensembl id that is there twice is an error; of two equal symbols the
 * first counts.  file stands in warnings. */
MUST_CHECK enum err gene_axis_read(struct gene_axis *g, const struct gene_table *var,
                                   const char *file, const struct notes *notes,
                                   struct errbuf *eb);
void gene_axis_release(struct gene_axis *g);

/* "ENSG00000141510": an id of Ensembl, with or without version. */
bool gene_is_ensembl(const char *id);

/* The genes of a dataset or model, findable by id and name. */
struct gene_space {
    struct strlist *id, *name; /* borrowed; grow in step */
    struct intern *by_id, *by_name;
    size_t *name_gene; /* owned; interned name -> first gene of that name */
    size_t cap;
};

/* Index id (no repeats) and name, which may be empty and outlive the space. */
void gene_space_init(struct gene_space *s, struct strlist *id, struct strlist *name);
void gene_space_release(struct gene_space *s);

/* to[i] = gene of the space for gene i of g, by id, else by name (two different
 * Ensembl ids are never one gene), -1 for none; with grow, genes that are new are
 * added.  Returns how many of g have a gene. */
size_t gene_space_match(struct gene_space *s, const struct gene_axis *g, bool grow,
                        int32_t *to);

/* How many genes of g would match by their symbols or ids in capitals (mouse "Cd3e", human
 * "CD3E"; "ensg..."): for advice, not for use. */
size_t gene_space_match_upper(const struct gene_space *s, const struct gene_axis *g);

#endif
