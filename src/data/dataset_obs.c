/* dataset_obs.c - loading files, first pass: obs columns, and which cells are used. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/cell_select.h"
#include "data/dataset_loader.h"
#include "data/dataset_own.h"
#include "data/filter.h"
#include "data/obs_column.h"
#include "data/obs_table.h"
#include "data/source.h"

static void
list_needs(struct loader *ld)
{
    if (ld->q->need)
        strlist_copy(&ld->need, ld->q->need);
    if (ld->q->label)
        strlist_add(&ld->need, ld->q->label);
    strlist_add(&ld->need, "is_primary_data");
    for (size_t i = 0; facet_name(i); i++)
        strlist_add(&ld->need, facet_name(i));
    for (size_t i = 0; i < ld->q->where->n; i++) {
        struct filter f = {0};

        if (filter_parse(&f, "", ld->q->where->item[i], NULL) == ERR_OK)
            strlist_add(&ld->need, f.column);
        filter_release(&f);
    }
}

static void
remember_names(struct loader *ld, const struct source *f)
{
    for (size_t i = 0; i < f->column.n; i++)
        if (!strlist_has(&ld->ds->column, f->column.item[i]))
            strlist_add(&ld->ds->column, f->column.item[i]);
    if (!strlist_has(&ld->ds->column, "dataset_id"))
        strlist_add(&ld->ds->column, "dataset_id");
}

static enum err
read_obs(struct loader *ld, size_t i, struct obs_table *t, struct errbuf *eb)
{
    struct source f;
    enum err e = source_open(&f, ld->file.item[i], eb);

    if (e)
        return e;
    remember_names(ld, &f);
    e = dataset_own_add(ld->ds, i, &f, ld->q, ld->notes, eb);
    if (!e && ld->ds->own->split_column)
        strlist_add(&ld->need, ld->ds->own->split_column);
    if (!e)
        e = obs_table_append(t, &f, &ld->need, ld->notes, eb);
    if (!e && !ld->q->lean && (e = source_cell_ids(&f, &ld->cell_id, eb)))
        e = err_wrap(eb, e, "%s", f.path);
    ld->ds->report[i].path = xstrdup(f.path);
    ld->ds->report[i].layer = xstrdup("");
    ld->ds->report[i].normalize = xstrdup("");
    ld->ds->report[i].decision = xstrdup("no cell of this file is used");
    ld->ds->report[i].n_cells = f.n_cells;
    ld->first[i + 1] = ld->first[i] + f.n_cells;
    source_close(&f);
    return e;
}

static void
move_cell_ids(struct loader *ld)
{
    struct strlist *out = &ld->ds->cell_id;

    if (ld->q->lean)
        return;
    out->item = xcalloc(ld->ds->n_cells, sizeof *out->item);
    out->cap = ld->ds->n_cells;
    for (size_t i = 0; i < ld->n_all; i++)
        if (ld->keep[i]) {
            out->item[out->n++] = ld->cell_id.item[i];
            ld->cell_id.item[i] = NULL;
        }
    strlist_release(&ld->cell_id);
}

/* Do without what says no more than the number of a cell. */
static void
drop_places(struct loader *ld)
{
    struct dataset *ds = ld->ds;

    if (ld->file.n > 1)
        return;
    free(ds->file);
    ds->file = NULL;
    if (ds->n_cells == ld->n_all) {
        free(ds->row);
        ds->row = NULL;
    }
}

/* Leave only the kept cells in the columns, the ids and the files. */
static enum err
cut_cells(struct loader *ld, uint32_t *file, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint32_t *cell = NULL;

    for (size_t i = 0; i < ld->n_all; i++)
        ds->n_cells += ld->keep[i];
    enum err e = big_calloc(&cell, ds->n_cells, sizeof *cell, "cells", eb);

    if (e)
        return e;
    for (size_t i = 0, k = 0; i < ld->n_all; i++)
        if (ld->keep[i])
            cell[k++] = (uint32_t)i;
    for (size_t i = 0; i < ds->n_cols; i++)
        obs_column_cut(&ds->col[i], cell, ds->n_cells);
    for (size_t i = 0; i < ds->n_cells; i++) {
        file[i] = file[cell[i]];
        cell[i] -= (uint32_t)ld->first[file[i]];
    }
    ds->file = file;
    ds->row = cell;
    if (ld->q->lean)
        drop_places(ld);
    move_cell_ids(ld);
    return ERR_OK;
}

/* Add the part that is wanted to the filters. */
static enum err
add_part(struct loader *ld, struct strlist *where, struct errbuf *eb)
{
    static const char *const part[] = {"train", "val", "test"};
    const char *want = ld->q->part, *column = ld->ds->own->split_column;

    if (!want || strcmp(want, "all") == 0 || (!*want && !column))
        return ERR_OK;
    if (!column)
        return err_set(
            eb, ERR_ARG,
            "--part %s: %s has no split of its own; --where picks cells by an "
            "obs column",
            want, ld->file.item[0]);
    want = *want ? want : "test";
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (strcmp(want, part[i]) == 0)
            ld->ds->part = part[i];
    if (!ld->ds->part)
        return err_set(eb, ERR_ARG, "--part %s: must be train, val, test or all", want);
    char *text = xasprintf("%s=%s", column, want);

    strlist_add(where, text);
    free(text);
    return ERR_OK;
}

static enum err
select_cells(struct loader *ld, struct errbuf *eb)
{
    uint32_t *file = NULL;
    struct strlist where = {0};
    enum err e = big_calloc(&file, ld->n_all, sizeof *file, "cells", eb);

    strlist_copy(&where, ld->q->where);
    if (!e)
        e = add_part(ld, &where, eb);

    if (!e)
        e = big_calloc(&ld->keep, ld->n_all, sizeof *ld->keep, "cells", eb);
    for (size_t i = 0; !e && i < ld->file.n; i++)
        for (size_t k = ld->first[i]; k < ld->first[i + 1]; k++)
            file[k] = (uint32_t)i;
    struct cell_select s = {.col = ld->ds->col,
                            .n_cols = ld->ds->n_cols,
                            .n = ld->n_all,
                            .names = &ld->ds->column,
                            .file = file,
                            .report = ld->ds->report,
                            .n_files = ld->file.n,
                            .where = &where,
                            .label = ld->q->label};

    if (!e)
        e = cell_select_run(&s, ld->keep, ld->notes, eb);
    if (!e)
        e = cut_cells(ld, file, eb);
    if (e)
        free(file);
    strlist_release(&where);
    return e;
}

static void
tell_selection(const struct loader *ld)
{
    for (size_t i = 0; i < ld->file.n; i++) {
        const struct file_report *r = &ld->ds->report[i];

        note_info(ld->notes,
                  "%s: %zu of %zu cells used (left out: %zu not primary data, %zu by "
                  "--where, %zu without label)",
                  r->path, r->n_kept, r->n_cells, r->n_not_primary, r->n_filtered,
                  r->n_no_label);
        if (!r->n_kept && r->n_no_label)
            note_warn(ld->notes,
                      "%s: none of its cells has a label (obs/%s): it is not used",
                      r->path, ld->q->label);
    }
}

enum err
dataset_obs_read(struct loader *ld, struct errbuf *eb)
{
    struct obs_table t = {.only_needed = ld->q->lean};
    enum err e = ERR_OK;

    list_needs(ld);
    ld->ds->n_files = ld->file.n;
    ld->ds->report = xcalloc(ld->file.n, sizeof *ld->ds->report);
    ld->first = xcalloc(ld->file.n + 1, sizeof *ld->first);
    ld->plan = xcalloc(ld->file.n, sizeof *ld->plan);
    for (size_t i = 0; i < ld->file.n && !e; i++)
        e = read_obs(ld, i, &t, eb);
    ld->n_all = t.n;
    if (!e && t.n > UINT32_MAX)
        e = err_set(eb, ERR_UNSUPPORTED, "%zu cells are more than %u", t.n, UINT32_MAX);
    if (!e && !t.n)
        e = err_set(eb, ERR_FORMAT, "%s has no cells", ld->file.item[0]);
    if (!e)
        obs_table_finish(&t, &ld->ds->col, &ld->ds->n_cols, &ld->ds->unread);
    obs_table_release(&t);
    if (!e)
        e = select_cells(ld, eb);
    if (!e)
        tell_selection(ld);
    return e;
}
