/* run_inputs.c - run_data as rows for the store. */
#include "run/run_inputs.h"

#include "engine/train.h"

static const char *const *
items(const struct strlist *l)
{
    return (const char *const *)l->item;
}

static void
describe_labels(struct run_inputs *ri, const struct class_set *cs)
{
    uint32_t *up = arena_alloc(&ri->arena, cs->n_edges + 1, sizeof *up);
    uint32_t *down = arena_alloc(&ri->arena, cs->n_edges + 1, sizeof *down);
    size_t n = 0;

    for (size_t i = 0; i < cs->C; i++)
        for (size_t j = 0; j < cs->C; j++)
            if (i != j && class_set_reaches(cs, i, j) && n < cs->n_edges) {
                up[n] = (uint32_t)i;
                down[n++] = (uint32_t)j;
            }
    ri->labels = (struct store_labels){.digest = cs->digest,
                                       .label = items(&cs->name),
                                       .term_id = items(&cs->term_id),
                                       .n = cs->C,
                                       .ancestor = up,
                                       .descendant = down,
                                       .n_edges = n};
}

static size_t
count_edges(const struct ontology *o)
{
    size_t n = 0;

    for (size_t t = 0; t < o->n_terms; t++)
        n += o->term[t].n_parents;
    return n;
}

static void
describe_ontology(struct run_inputs *ri, const struct ontology *o)
{
    size_t n_edges = count_edges(o), e = 0;
    const char **id = arena_alloc(&ri->arena, o->n_terms + 1, sizeof *id);
    const char **name = arena_alloc(&ri->arena, o->n_terms + 1, sizeof *name);
    uint32_t *child = arena_alloc(&ri->arena, n_edges + 1, sizeof *child);
    uint32_t *parent = arena_alloc(&ri->arena, n_edges + 1, sizeof *parent);

    for (size_t t = 0; t < o->n_terms; t++) {
        id[t] = o->term[t].id;
        name[t] = o->term[t].name;
        for (size_t p = 0; p < o->term[t].n_parents; p++) {
            child[e] = (uint32_t)t;
            parent[e++] = o->term[t].parent[p];
        }
    }
    ri->ontology = (struct store_ontology){.digest = o->digest,
                                           .source = o->source,
                                           .version = o->version,
                                           .term_id = id,
                                           .name = name,
                                           .n = o->n_terms,
                                           .child = child,
                                           .parent = parent,
                                           .n_edges = n_edges};
}

static void
describe_genes(struct run_inputs *ri, const struct dataset *ds)
{
    struct digest d;

    digest_init(&d);
    digest_addu(&d, ds->gene_id.n);
    for (size_t g = 0; g < ds->gene_id.n; g++) {
        digest_adds(&d, ds->gene_id.item[g]);
        digest_adds(&d, ds->gene_name.item[g]);
    }
    digest_final(&d, ri->gene_digest);
    ri->genes = (struct store_genes){.digest = ri->gene_digest,
                                     .gene_id = items(&ds->gene_id),
                                     .gene_name = items(&ds->gene_name),
                                     .n = ds->gene_id.n};
}

static const struct store_input_file *
describe_files(struct run_inputs *ri, const struct dataset *ds)
{
    struct store_input_file *f = arena_alloc(&ri->arena, ds->n_files + 1, sizeof *f);

    for (size_t i = 0; i < ds->n_files; i++) {
        const struct file_report *r = &ds->report[i];

        f[i] =
            (struct store_input_file){.path = r->path,
                                      .layer = r->layer,
                                      .normalize = r->normalize,
                                      .decision = r->decision,
                                      .n_cells = (int64_t)r->n_cells,
                                      .n_kept = (int64_t)r->n_kept,
                                      .n_genes = (int64_t)r->n_genes,
                                      .n_genes_missing = (int64_t)r->n_genes_missing,
                                      .n_genes_dropped = (int64_t)r->n_genes_dropped};
    }
    return f;
}

void
run_inputs_init(struct run_inputs *ri, const struct run_data *rd)
{
    *ri = (struct run_inputs){0};
    describe_labels(ri, &rd->classes);
    describe_ontology(ri, &rd->onto);
    describe_genes(ri, &rd->ds);
    ri->in = (struct store_inputs){.labels = &ri->labels,
                                   .ontology = &ri->ontology,
                                   .genes = &ri->genes,
                                   .file = describe_files(ri, &rd->ds),
                                   .n_files = rd->ds.n_files,
                                   .facet = items(&rd->facets),
                                   .n_facets = rd->facets.n,
                                   .n_train = (int64_t)rd->n_part[PART_TRAIN],
                                   .n_val = (int64_t)rd->n_part[PART_VAL],
                                   .n_test = (int64_t)rd->n_part[PART_TEST],
                                   .n_ood = (int64_t)rd->n_part[PART_OOD]};
}

void
run_inputs_release(struct run_inputs *ri)
{
    arena_release(&ri->arena);
    *ri = (struct run_inputs){0};
}

void
run_memory_need(struct memory_need *need, const struct run_data *rd,
                const struct spec *spec)
{
    *need = rd->memory;
    need->bytes[MEMORY_MODEL] = trainer_memory_bytes(
        spec, rd->n_part[PART_TRAIN], rd->ds.gene_id.n, rd->classes.C, rd->nnz);
}
