/* run_data.c - everything a run needs from its files. */
#include "data/run_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/xalloc.h"
#include "data/augment_source.h"
#include "data/class_notes.h"
#include "data/dataset_load.h"
#include "data/dataset_own.h"
#include "data/eval_cells.h"
#include "data/gene_look.h"
#include "data/notes.h"
#include "data/split.h"

uint64_t
run_data_memory_max(const struct spec *spec)
{
    uint64_t bytes;

    if (!spec_size(spec->memory, &bytes) || !bytes)
        bytes = memory_available();
    return bytes / 2;
}

static enum err
load_dataset(struct run_data *rd, const struct spec *spec, enum run_data_depth depth,
             const struct notes *notes, struct errbuf *eb)
{
    struct strlist need = {0};

    eval_needed_columns(spec, &need);
    struct dataset_request q = {.path = &spec->data,
                                .where = &spec->where,
                                .need = &need,
                                .label = spec->label,
                                .layer = spec->layer,
                                .normalize = spec->normalize,
                                .with_matrix = depth == RUN_DATA_FULL,
                                .lean = true,
                                .threads = (size_t)spec->threads,
                                .memory_max = run_data_memory_max(spec)};
    enum err e = dataset_load(&rd->ds, &q, notes, eb);

    strlist_release(&need);
    for (size_t i = 0; !e && i < rd->ds.n_files; i++)
        rd->nnz += rd->ds.report[i].nnz;
    return e;
}

/* --- classes --- */

static enum err
check_labels(const struct obs_column *label, struct errbuf *eb)
{
    if (label->levels.n <= CLASSES_MAX)
        return ERR_OK;
    return err_set(eb, ERR_UNSUPPORTED,
                   "--label %s: %zu labels (\"%s\", ...) are more than the %d that can "
                   "be classes: does the column name cells?",
                   label->name, label->levels.n, label->levels.item[0], CLASSES_MAX);
}

static enum err
load_classes(struct run_data *rd, const struct spec *spec, const struct notes *notes,
             struct errbuf *eb)
{
    const struct obs_column *label = dataset_find_column(&rd->ds, spec->label);
    enum err e = check_labels(label, eb);

    if (e)
        return e;
    if (*spec->ontology)
        e = ontology_load_obo(&rd->onto, spec->ontology, notes->log, eb);
    else
        ontology_load_builtin(&rd->onto);
    if (e)
        return e;
    class_set_init(&rd->classes, &label->levels, &rd->onto);
    if (!*spec->ontology)
        dataset_own_classes(&rd->ds, &rd->classes, notes);
    e = big_calloc(&rd->y, rd->ds.n_cells, sizeof *rd->y, "cells", eb);
    if (e)
        return e;
    int32_t *class_of = xcalloc(label->levels.n, sizeof *class_of);

    for (size_t i = 0; i < label->levels.n; i++)
        class_of[i] = class_set_find(&rd->classes, label->levels.item[i]);
    for (size_t i = 0; i < rd->ds.n_cells; i++)
        rd->y[i] = class_of[codes_get(&label->code, i)];
    free(class_of);
    return ERR_OK;
}

/* --- parts --- */

static enum err
split(struct run_data *rd, const struct spec *spec, const struct notes *notes,
      struct errbuf *eb)
{
    struct split_request q = {
        .ood = &spec->ood,
        .column = dataset_own_split(&rd->ds, spec, notes),
        .by = spec->split_by,
        .by_is_default =
            strcmp(spec->split_by, spec_item(SPEC_ID_split_by)->defaults) == 0,
        .val_fraction = spec->val_fraction,
        .test_fraction = spec->test_fraction,
        .seed = (uint64_t)spec->split_seed};
    enum err e = big_calloc(&rd->part, rd->ds.n_cells, sizeof *rd->part, "cells", eb);

    if (!e)
        e = split_cells(&rd->ds, &q, rd->part, notes, eb);
    if (e)
        return e;
    struct digest d;

    digest_init(&d);
    digest_addu(&d, rd->ds.n_cells);
    digest_add(&d, rd->part, rd->ds.n_cells);
    digest_final(&d, rd->split_digest);
    for (size_t i = 0; i < rd->ds.n_cells; i++)
        rd->n_part[rd->part[i]]++;
    note_info(notes,
              "%zu cells to train on, %zu val, %zu test (id), %zu held out (ood)",
              rd->n_part[PART_TRAIN], rd->n_part[PART_VAL], rd->n_part[PART_TEST],
              rd->n_part[PART_OOD]);
    return ERR_OK;
}

static enum err
list_facets(struct run_data *rd, const struct spec *spec, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; facet_name(i); i++)
        if (strcmp(facet_name(i), "all") != 0 && strcmp(facet_name(i), "class") != 0 &&
            dataset_find_column(&rd->ds, facet_name(i)))
            strlist_add(&rd->facets, facet_name(i));
    for (size_t i = 0; i < spec->facet.n && !e; i++) {
        const char *name = spec->facet.item[i];

        if (!dataset_find_column(&rd->ds, name))
            e = dataset_no_column(&rd->ds.column, "--facet", name, NULL, eb);
        else if (!strlist_has(&rd->facets, name))
            strlist_add(&rd->facets, name);
    }
    return e;
}

/* --- evaluations --- */

static enum err
other_eval(struct run_data *rd, const struct spec *spec, const char *text,
           enum run_data_depth depth, const struct gene_order *order,
           const struct notes *notes, struct errbuf *eb)
{
    const char *eq = strchr(text, '=');

    if (!eq || eq == text || !eq[1])
        return err_set(eb, ERR_ARG, "--eval %s: write NAME=PATH", text);
    char *name = xstrndup(text, (size_t)(eq - text));
    struct eval_request q = {.name = name,
                             .path = eq + 1,
                             .spec = spec,
                             .gene_id = &rd->ds.gene_id,
                             .gene_name = &rd->ds.gene_name,
                             .classes = &rd->classes,
                             .order = order,
                             .with_matrix = depth == RUN_DATA_FULL};
    enum err e = eval_cells_read(&rd->eval[rd->n_evals], &q, notes, eb);

    rd->n_evals += !e;
    free(name);
    return e;
}

static enum err
load_evals(struct run_data *rd, const struct spec *spec, enum run_data_depth depth,
           const struct gene_order *order, const struct notes *notes, struct errbuf *eb)
{
    enum err e = ERR_OK;

    rd->eval = xcalloc(2 + spec->eval.n, sizeof *rd->eval);
    if (rd->n_part[PART_TEST])
        eval_cells_of_part(&rd->eval[rd->n_evals++], "id", rd, PART_TEST);
    if (rd->n_part[PART_OOD])
        eval_cells_of_part(&rd->eval[rd->n_evals++], "ood", rd, PART_OOD);
    for (size_t i = 0; i < rd->n_evals && !e; i++)
        e = eval_cells_name(&rd->eval[i], rd->data_digest, &rd->classes, eb);
    for (size_t i = 0; i < spec->eval.n && !e; i++)
        e = other_eval(rd, spec, spec->eval.item[i], depth, order, notes, eb);
    return e;
}

/* --- memory --- */

/* The process without cells and model takes 20 to 25 MiB at its peak with two threads; the
 * rest is room for the stacks and arenas of more. */
enum { PROCESS_BYTES = 48 << 20 };

static void
estimate_memory(struct run_data *rd, const struct spec *spec)
{
    struct memory_need *need = &rd->memory;
    uint64_t C = rd->classes.C;

    memory_need_dataset(need, &rd->ds, spec);
    for (size_t i = 0; i < rd->n_evals; i++)
        if (rd->eval[i].ds_own)
            need->bytes[MEMORY_EVALS] += memory_need_of_eval(rd->eval[i].ds_own, spec);
    need->bytes[MEMORY_AUGMENT] = rd->augment_bytes;
    need->bytes[MEMORY_CLASSES] = 4 * C * C;
    need->bytes[MEMORY_PROCESS] = PROCESS_BYTES;
}

/* --- order of genes --- */

/* *o = what the genes of all cells will have: that of the data where these have one, else
 * the one that packing would give them. */
static void
find_order(const struct run_data *rd, struct gene_order *o)
{
    if (rd->ds.x.order.D)
        gene_order_copy(o, &rd->ds.x.order);
    else
        gene_look_order(o, &rd->ds);
}

static enum err
apply_order(const struct gene_order *o, struct csr *x, struct pool *pool,
            struct errbuf *eb)
{
    return x->order.D ? ERR_OK : gene_order_apply(o, x, pool, eb);
}

/* Put the genes of all cells and of the augmentation vectors into that order. */
static enum err
order_genes(struct run_data *rd, const struct gene_order *o, size_t n_threads,
            struct errbuf *eb)
{
    struct pool *pool = pool_new(n_threads ? n_threads : pool_cores());
    enum err e = apply_order(o, &rd->ds.x, pool, eb);

    for (size_t i = 0; !e && i < rd->n_evals; i++)
        if (rd->eval[i].ds_own)
            e = apply_order(o, &rd->eval[i].ds_own->x, pool, eb);
    if (!e && rd->augment)
        e = apply_order(o, &rd->augment->a, pool, eb);
    pool_free(pool);
    return e;
}

enum err
run_data_load(struct run_data *rd, const struct spec *spec, enum run_data_depth depth,
              const struct log *log, struct errbuf *eb)
{
    struct notes notes = {.log = log, .warnings = &rd->warnings};
    struct gene_order order = {0};

    *rd = (struct run_data){0};
    enum err e = load_dataset(rd, spec, depth, &notes, eb);

    if (!e)
        e = load_classes(rd, spec, &notes, eb);
    if (!e)
        e = split(rd, spec, &notes, eb);
    if (!e)
        e = list_facets(rd, spec, eb);
    if (!e)
        e = eval_files_digest(&rd->ds, rd->data_digest, eb);
    if (!e && depth == RUN_DATA_FULL)
        find_order(rd, &order);
    /* The vectors enter data_digest, but say nothing of the cells that are scored. */
    if (!e)
        e = load_evals(rd, spec, depth, order.D ? &order : NULL, &notes, eb);
    if (!e)
        e = augment_source_load(rd, spec, depth, &notes, eb);
    if (!e && depth == RUN_DATA_FULL)
        e = order_genes(rd, &order, (size_t)spec->threads, eb);
    gene_order_release(&order);
    if (e) {
        run_data_release(rd);
        return e;
    }
    class_notes(rd, spec, &notes);
    dataset_own_weights(rd, spec, &notes);
    estimate_memory(rd, spec);
    return ERR_OK;
}

void
run_data_release(struct run_data *rd)
{
    for (size_t i = 0; i < rd->n_evals; i++)
        eval_cells_release(&rd->eval[i]);
    free(rd->eval);
    if (rd->augment)
        augment_release(rd->augment);
    free(rd->augment);
    free(rd->y);
    free(rd->part);
    class_set_release(&rd->classes);
    ontology_release(&rd->onto);
    strlist_release(&rd->facets);
    strlist_release(&rd->warnings);
    dataset_release(&rd->ds);
    *rd = (struct run_data){0};
}
