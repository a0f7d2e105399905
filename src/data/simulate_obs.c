/* simulate_obs.c - a table of obs columns, each a text of a cell. */
#include "data/simulate_obs.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const struct sim_donor *
donor_of(const struct sim_plan *p, const struct sim_cell *c)
{
    return &p->donor[c->donor];
}

static const char *
cell_type(const struct sim_plan *p, const struct sim_cell *c)
{
    return p->onto.term[c->label].name;
}

static const char *
cell_type_id(const struct sim_plan *p, const struct sim_cell *c)
{
    return p->onto.term[c->label].id;
}

static const char *
cell_type_original(const struct sim_plan *p, const struct sim_cell *c)
{
    return p->onto.term[p->type[c->type].term].name;
}

static const char *
assay(const struct sim_plan *p, const struct sim_cell *c)
{
    return sim_assays().value[donor_of(p, c)->assay].label;
}

static const char *
assay_id(const struct sim_plan *p, const struct sim_cell *c)
{
    return sim_assays().value[donor_of(p, c)->assay].id;
}

static const char *
disease(const struct sim_plan *p, const struct sim_cell *c)
{
    return sim_diseases().value[donor_of(p, c)->disease].label;
}

static const char *
disease_id(const struct sim_plan *p, const struct sim_cell *c)
{
    return sim_diseases().value[donor_of(p, c)->disease].id;
}

static const char *
sex(const struct sim_plan *p, const struct sim_cell *c)
{
    return sim_sexes().value[donor_of(p, c)->sex].label;
}

static const char *
sex_id(const struct sim_plan *p, const struct sim_cell *c)
{
    return sim_sexes().value[donor_of(p, c)->sex].id;
}

static const char *
dataset_id(const struct sim_plan *p, const struct sim_cell *c)
{
    return p->study[donor_of(p, c)->study].name;
}

static const char *
donor_id(const struct sim_plan *p, const struct sim_cell *c)
{
    return donor_of(p, c)->name;
}

static const char *
tissue(const struct sim_plan *p, const struct sim_cell *c)
{
    return p->tissue.item[c->tissue];
}

static const char *
suspension_type(const struct sim_plan *p, const struct sim_cell *c)
{
    (void)p;
    (void)c;
    return "cell";
}

static const struct obs_source {
    const char *name;
    const char *(*text)(const struct sim_plan *p, const struct sim_cell *c);
} sources[] = {
    {"cell_type", cell_type},
    {"cell_type_ontology_term_id", cell_type_id},
    {"cell_type_original", cell_type_original},
    {"dataset_id", dataset_id},
    {"donor_id", donor_id},
    {"tissue", tissue},
    {"tissue_general", tissue}, /* the built-in table knows general tissues only */
    {"disease", disease},
    {"disease_ontology_term_id", disease_id},
    {"assay", assay},
    {"assay_ontology_term_id", assay_id},
    {"sex", sex},
    {"sex_ontology_term_id", sex_id},
    {"suspension_type", suspension_type},
};

enum { N_SOURCES = sizeof sources / sizeof *sources };

/* Number the texts of a column; levels are sorted at the end. */
static void
code_column(const struct sim_plan *p, const struct obs_source *source,
            struct sim_obs_column *out)
{
    struct intern *seen = intern_new();

    out->name = source->name;
    out->code = xcalloc(p->n_cells, sizeof *out->code);
    for (size_t i = 0; i < p->n_cells; i++)
        out->code[i] = (int32_t)intern_add(seen, source->text(p, &p->cell[i]));
    for (size_t k = 0; k < intern_count(seen); k++)
        strlist_add(&out->levels, intern_text(seen, k));
    strlist_sort(&out->levels);

    int32_t *sorted = xcalloc(out->levels.n, sizeof *sorted);
    for (size_t k = 0; k < out->levels.n; k++)
        sorted[intern_find(seen, out->levels.item[k])] = (int32_t)k;
    for (size_t i = 0; i < p->n_cells; i++)
        out->code[i] = sorted[out->code[i]];
    free(sorted);
    intern_free(seen);
}

void
sim_obs_init(struct sim_obs *o, const struct sim_plan *p)
{
    *o = (struct sim_obs){.n_cols = N_SOURCES};
    o->col = xcalloc(N_SOURCES, sizeof *o->col);
    for (size_t k = 0; k < N_SOURCES; k++)
        code_column(p, &sources[k], &o->col[k]);
}

void
sim_obs_release(struct sim_obs *o)
{
    for (size_t k = 0; k < o->n_cols; k++) {
        free(o->col[k].code);
        strlist_release(&o->col[k].levels);
    }
    free(o->col);
    *o = (struct sim_obs){0};
}

void
sim_cell_ids(size_t first, size_t n, struct strlist *out)
{
    for (size_t i = first; i < first + n; i++) {
        char *name = xasprintf("cell_%zu", i + 1);

        strlist_add(out, name);
        free(name);
    }
}

enum err
sim_obs_write(const struct sim_plan *p, struct h5ad_writer *w, struct errbuf *eb)
{
    struct h5ad_column col[N_SOURCES + 1];
    struct sim_obs obs;
    struct strlist index = {0};
    uint8_t *primary = xmalloc(p->n_cells, sizeof *primary);

    sim_obs_init(&obs, p);
    for (size_t k = 0; k < N_SOURCES; k++)
        col[k] = (struct h5ad_column){.name = obs.col[k].name,
                                      .kind = H5AD_CATEGORICAL,
                                      .code = obs.col[k].code,
                                      .levels = &obs.col[k].levels};
    memset(primary, 1, p->n_cells);
    col[N_SOURCES] = (struct h5ad_column){
        .name = "is_primary_data", .kind = H5AD_BOOL, .flag = primary};
    sim_cell_ids(0, p->n_cells, &index);
    enum err e = h5ad_write_frame(w, "obs", &index, col, N_SOURCES + 1, eb);

    sim_obs_release(&obs);
    strlist_release(&index);
    free(primary);
    return e;
}
