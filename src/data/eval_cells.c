/* eval_cells.c - named sets of cells to score. */
#include "data/eval_cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_ids.h"
#include "data/dataset_load.h"
#include "data/file_digest.h"
#include "data/filter.h"

enum err
eval_files_digest(const struct dataset *ds, char hex[DIGEST_HEX], struct errbuf *eb)
{
    struct strlist path = {0}, known = {0};

    if (dataset_is_copy(ds)) { /* it is the digest of such a list */
        memcpy(hex, ds->report[0].digest, DIGEST_HEX);
        return ERR_OK;
    }
    for (size_t i = 0; i < ds->n_files; i++) {
        strlist_add(&path, ds->report[i].path);
        strlist_add(&known, ds->report[i].digest);
    }
    enum err e = file_digest_known(&path, &known, 0, hex, eb);

    strlist_release(&known);
    strlist_release(&path);
    return e;
}

void
eval_needed_columns(const struct spec *spec, struct strlist *need)
{
    strlist_copy(need, &spec->facet);
    strlist_split(need, spec->split_by, ',');
    for (size_t i = 0; i < spec->ood.n; i++) {
        struct filter f = {0};

        if (filter_parse(&f, "--ood", spec->ood.item[i], NULL) == ERR_OK)
            strlist_add(need, f.column);
        filter_release(&f);
    }
}

enum err
eval_cells_name(struct eval_cells *ec, const char *files,
                const struct class_set *classes, struct errbuf *eb)
{
    struct dataset_ids ids;
    struct digest d;
    enum err e = ERR_OK;

    dataset_ids_init(&ids, ec->ds);
    digest_init(&d);
    digest_adds(&d, files);
    digest_addu(&d, ec->n);
    for (size_t i = 0; i < ec->n && !e; i++) {
        const char *id;

        if ((e = dataset_ids_get(&ids, ec->cell[i], &id, eb)))
            break;
        digest_adds(&d, id);
        digest_adds(&d, classes->name.item[ec->y[i]]);
    }
    digest_final(&d, ec->digest);
    dataset_ids_release(&ids);
    return e;
}

void
eval_cells_of_part(struct eval_cells *ec, const char *name, const struct run_data *rd,
                   enum part part)
{
    size_t n = rd->n_part[part];

    *ec = (struct eval_cells){.name = xstrdup(name), .ds = &rd->ds};
    ec->cell = xcalloc(n, sizeof *ec->cell);
    ec->y = xcalloc(n, sizeof *ec->y);
    for (size_t i = 0; i < rd->ds.n_cells; i++) {
        if (rd->part[i] != part)
            continue;
        ec->cell[ec->n] = (uint32_t)i;
        ec->y[ec->n++] = rd->y[i];
    }
}

/* Keep the cells whose label is a class. */
static void
take_known(struct eval_cells *ec, const struct obs_column *label,
           const struct class_set *classes)
{
    int32_t *class_of = xcalloc(label->levels.n, sizeof *class_of);

    for (size_t i = 0; i < label->levels.n; i++) {
        class_of[i] = class_set_find(classes, label->levels.item[i]);
        if (class_of[i] < 0)
            strlist_add(&ec->unknown, label->levels.item[i]);
    }
    for (size_t i = 0; i < ec->ds->n_cells; i++) {
        int32_t y = class_of[codes_get(&label->code, i)];

        if (y < 0) {
            ec->n_unknown++;
            continue;
        }
        ec->cell[ec->n] = (uint32_t)i;
        ec->y[ec->n++] = y;
    }
    free(class_of);
}

static enum err
check_known(const struct eval_cells *ec, const char *path, const struct notes *notes,
            struct errbuf *eb)
{
    if (!ec->n_unknown)
        return ERR_OK;
    char *list = note_list(&ec->unknown, 10);
    enum err e = ERR_OK;

    if (ec->n)
        note_warn(notes,
                  "evaluation %s: %zu of %zu cells are left out, their labels are no "
                  "classes of the model: %s",
                  ec->name, ec->n_unknown, ec->ds->n_cells, list);
    else
        e = err_set(eb, ERR_ARG,
                    "evaluation %s: no label of %s is a class of the model: %s",
                    ec->name, path, list);
    free(list);
    return e;
}

enum err
eval_cells_read(struct eval_cells *ec, const struct eval_request *q,
                const struct notes *notes, struct errbuf *eb)
{
    struct strlist path = {0}, need = {0};
    char files[DIGEST_HEX];

    strlist_add(&path, q->path);
    eval_needed_columns(q->spec, &need);
    struct dataset_request dq = {.path = &path,
                                 .where = &q->spec->where,
                                 .need = &need,
                                 .label = q->spec->label,
                                 .part = q->part,
                                 .layer = q->spec->layer,
                                 .normalize = q->spec->normalize,
                                 .gene_id = q->gene_id,
                                 .gene_name = q->gene_name,
                                 .with_matrix = q->with_matrix,
                                 .lean = true,
                                 .in_order = true,
                                 .order = q->order,
                                 .memory_max = run_data_memory_max(q->spec),
                                 .threads = (size_t)q->spec->threads};

    *ec = (struct eval_cells){.name = xstrdup(q->name)};
    ec->ds_own = xcalloc(1, sizeof *ec->ds_own);
    ec->ds = ec->ds_own;
    enum err e = dataset_load(ec->ds_own, &dq, notes, eb);

    if (e)
        e = err_wrap(eb, e, "evaluation %s", q->name);
    if (!e)
        e = big_calloc(&ec->cell, ec->ds->n_cells, sizeof *ec->cell, "cells", eb);
    if (!e)
        e = big_calloc(&ec->y, ec->ds->n_cells, sizeof *ec->y, "cells", eb);
    if (!e) {
        take_known(ec, dataset_find_column(ec->ds, q->spec->label), q->classes);
        e = check_known(ec, q->path, notes, eb);
    }
    if (!e)
        e = eval_files_digest(ec->ds, files, eb);
    if (!e)
        e = eval_cells_name(ec, files, q->classes, eb);
    if (e)
        eval_cells_release(ec);
    strlist_release(&need);
    strlist_release(&path);
    return e;
}

enum err
eval_cells_load(struct eval_cells *ec, const char *name, const char *path,
                const char *part, const struct spec *spec,
                const struct strlist *gene_id, const struct strlist *gene_name,
                const struct class_set *classes, const struct log *log,
                struct errbuf *eb)
{
    struct notes notes = {.log = log};
    struct eval_request q = {.name = name,
                             .path = path,
                             .part = part,
                             .spec = spec,
                             .gene_id = gene_id,
                             .gene_name = gene_name,
                             .classes = classes,
                             .with_matrix = true};

    enum err e = eval_cells_read(ec, &q, &notes, eb);

    if (!e && !ec->ds_own->x.order.D &&
        (e = gene_order_own(&ec->ds_own->x, (size_t)spec->threads, eb)))
        eval_cells_release(ec);
    return e;
}

void
eval_cells_release(struct eval_cells *ec)
{
    free(ec->name);
    if (ec->ds_own)
        dataset_release(ec->ds_own);
    free(ec->ds_own);
    free(ec->cell);
    free(ec->y);
    strlist_release(&ec->unknown);
    *ec = (struct eval_cells){0};
}
