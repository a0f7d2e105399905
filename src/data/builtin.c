/* builtin.c - the tables of share/ontology, as C (see tables.awk there). */
#include "data/builtin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "data/ontology.h"
#include "data/ontology_build.h"

struct builtin_type {
    const char *id, *name;
    const char *parents; /* names separated by '|' */
};

static const struct builtin_type types[] = {
#include "data/builtin_types.inc"
};

static const struct builtin_tissue tissues[] = {
#include "data/builtin_tissues.inc"
};

static const struct builtin_gene genes[] = {
#include "data/builtin_genes.inc"
};

enum { N_TYPES = sizeof types / sizeof *types };

/* Id of the type of that name; every parent in the table is a type of the table. */
static const char *
id_of_name(const char *name)
{
    size_t i = 0;

    while (i < N_TYPES && strcmp(types[i].name, name) != 0)
        i++;
    assert(i < N_TYPES);
    return types[i].id;
}

static void
add_type(struct ontology_builder *b, const struct builtin_type *type)
{
    uint32_t t = ontology_builder_term(b, type->id);
    struct strlist parents = {0};

    free(b->o->term[t].name);
    b->o->term[t].name = xstrdup(type->name);
    strlist_split(&parents, type->parents, '|');
    for (size_t i = 0; i < parents.n; i++)
        ontology_builder_parent(b, t, id_of_name(parents.item[i]), 0);
    strlist_release(&parents);
}

void
ontology_load_builtin(struct ontology *o)
{
    struct ontology_builder b;

    ontology_builder_init(&b, o, "built-in", NULL);
    for (size_t i = 0; i < N_TYPES; i++) /* all types first: term i is type i */
        ontology_builder_term(&b, types[i].id);
    for (size_t i = 0; i < N_TYPES; i++)
        add_type(&b, &types[i]);
    enum err e = ontology_builder_finish(&b, NULL);
    assert(e == ERR_OK);
    (void)e;
}

size_t
builtin_tissue_count(void)
{
    return sizeof tissues / sizeof *tissues;
}

const struct builtin_tissue *
builtin_tissue(size_t i)
{
    assert(i < builtin_tissue_count());
    return &tissues[i];
}

size_t
builtin_gene_count(void)
{
    return sizeof genes / sizeof *genes;
}

const struct builtin_gene *
builtin_gene(size_t i)
{
    assert(i < builtin_gene_count());
    return &genes[i];
}
