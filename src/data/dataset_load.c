/* dataset_load.c - files become one dataset.
 *
 * Three passes over the files, each of which opens one file at a time: obs (columns
 * are joined, cells selected), genes and layers (a sample of each matrix is looked
 * at, the genes are joined), values.  If the last pass finds that a matrix which was
 * taken for counts holds others, the second is done again without it. */
#include "data/dataset_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/cell_order.h"
#include "data/cell_select.h"
#include "data/dataset_own.h"
#include "data/filter.h"
#include "data/layer.h"
#include "data/obs_column.h"
#include "data/obs_table.h"
#include "data/row_feed.h"
#include "data/row_place.h"
#include "data/row_reader.h"
#include "data/source.h"

enum { MIN_OVERLAP_PCT = 50 };

/* What the second pass finds out about a file. */
struct file_plan {
    struct gene_axis genes;
    int32_t *to; /* (genes) owned; gene of the dataset */
    struct layer_choice choice;
    struct strlist not_counts; /* matrices that turned out to hold no counts */
    uint64_t nnz;              /* estimate for the kept cells */
    uint64_t
        *detected; /* (genes) owned; cells of the file that detect each; NULL: it is no
                           packed store */
    struct gene_order order; /* of a packed store: of its genes */
    size_t n_cells;
};

struct loader {
    const struct dataset_request *q;
    const struct notes *notes;
    struct dataset *ds;
    struct strlist file; /* paths */
    struct strlist need;
    struct strlist cell_id; /* of all cells */
    size_t n_all;           /* cells in the files */
    bool *keep;             /* (n_all) owned */
    size_t *first;          /* (files + 1) owned; first cell of each file among all */
    struct file_plan *plan; /* (files) owned */
    struct pool *pool;      /* owned */
};

/* --- first pass: obs --- */

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
    e = dataset_own_add(ld->ds, i, &f, ld->notes, eb);
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

static enum err
load_obs(struct loader *ld, struct errbuf *eb)
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

/* --- second pass: layers and genes --- */

static void
plan_release(struct file_plan *p)
{
    gene_axis_release(&p->genes);
    free(p->to);
    free(p->detected);
    gene_order_release(&p->order);
    p->to = NULL;
    p->detected = NULL;
    layer_choice_release(&p->choice);
}

static enum err
too_few_genes(const struct loader *ld, size_t i, const struct gene_space *space,
              size_t n, struct errbuf *eb)
{
    const char *path = ld->ds->report[i].path;
    const struct gene_axis *g = &ld->plan[i].genes;
    size_t n_model = space->id->n;

    if (n == 0)
        return err_set(eb, ERR_ARG,
                       "%s: none of its %zu genes (%s, ...) is one of the model's %zu "
                       "(%s, ...): other ids, or another species? Written in capitals, "
                       "%zu are",
                       path, g->id.n, g->id.n ? g->id.item[0] : "none", n_model,
                       n_model ? space->id->item[0] : "none",
                       gene_space_match_upper(space, g));
    if (n * 100 < n_model * MIN_OVERLAP_PCT)
        note_warn(ld->notes, "%s has only %zu of the model's %zu genes", path, n,
                  n_model);
    return ERR_OK;
}

static enum err
plan_genes(struct loader *ld, size_t i, const struct source *f,
           const struct source_matrix *m, struct gene_space *space, struct errbuf *eb)
{
    struct file_plan *p = &ld->plan[i];
    enum err e = f->ops->genes(f, m, &p->genes, ld->notes, eb);

    if (e)
        return err_wrap(eb, e, "%s", f->path);
    size_t n_before = ld->ds->gene_id.n, n_file = p->genes.id.n;

    p->to = xcalloc(n_file, sizeof *p->to);
    size_t n = gene_space_match(space, &p->genes, !ld->q->gene_id, p->to);

    ld->ds->report[i].n_genes = n_file;
    ld->ds->report[i].n_genes_dropped = n_file - n;
    ld->ds->report[i].n_genes_missing = n; /* until all genes are known */
    if (ld->q->gene_id)
        return too_few_genes(ld, i, space, n, eb);
    if (n_before && n == ld->ds->gene_id.n - n_before)
        note_warn(ld->notes, "%s has no gene of the files before it: other ids?",
                  f->path);
    return ERR_OK;
}

static void
estimate_nnz(struct loader *ld, size_t i, const struct source_matrix *m)
{
    struct file_plan *p = &ld->plan[i];
    const struct value_stats *st = &p->choice.sample;
    uint64_t n = m->ops->count(m, ld->keep + ld->first[i]);

    if (m->is_dense && m->n_cols && m->n_rows) {
        /* st has the non-zeros of some rows only */
        double per_row =
            st->n_sampled ? (double)st->n_nonzero / (double)st->n_sampled : 0;

        n = (uint64_t)((double)n / (double)m->n_cols * per_row);
    }
    p->nnz = n;
    ld->ds->report[i].nnz = n;
    ld->ds->report[i].matrix_bytes = value_stats_bytes(st, n);
}

/* What a packed store knows of its genes. */
static void
take_detected(struct loader *ld, size_t i, const struct source *f,
              const struct source_matrix *m)
{
    struct file_plan *p = &ld->plan[i];
    const struct gene_order *order;
    const uint64_t *detected;

    if (!f->ops->chunks)
        return;
    f->ops->places(f, m, &order, &detected);
    p->n_cells = f->n_cells;
    gene_order_copy(&p->order, order);
    p->detected = xcalloc(p->genes.id.n, sizeof *p->detected);
    memcpy(p->detected, detected, p->genes.id.n * sizeof *p->detected);
}

static void
report_layer(struct loader *ld, size_t i)
{
    struct file_report *r = &ld->ds->report[i];
    const struct layer_choice *c = &ld->plan[i].choice;

    free(r->layer);
    free(r->normalize);
    free(r->decision);
    r->layer = xstrdup(c->layer);
    r->normalize = xstrdup(c->scale ? "sf-log1p" : "none");
    r->decision = xstrdup(c->decision);
    note_info(ld->notes, "%s: %s", r->path, r->decision);
}

static enum err
plan_file(struct loader *ld, size_t i, struct gene_space *space, struct errbuf *eb)
{
    struct file_plan *p = &ld->plan[i];
    struct layer_request lq = {ld->q->layer, ld->q->normalize, &p->not_counts,
                               ld->keep + ld->first[i]};
    struct source f;
    struct source_matrix m = {0};
    enum err e = source_open(&f, ld->file.item[i], eb);

    if (e)
        return e;
    e = layer_choose(&f, &lq, &p->choice, ld->notes, eb);
    if (!e) {
        report_layer(ld, i);
        e = source_matrix_open(&f, p->choice.layer, &m, eb);
    }
    if (!e) {
        e = plan_genes(ld, i, &f, &m, space, eb);
        estimate_nnz(ld, i, &m);
    }
    if (!e)
        take_detected(ld, i, &f, &m);
    if (!e && p->choice.sample.nonfinite && !ld->q->with_matrix)
        e = row_reader_not_finite(&f, p->choice.layer, &p->genes, &p->choice.sample,
                                  eb);
    if (!e && !ld->q->with_matrix && p->choice.whole_rows)
        layer_warn_sums(&p->choice, &p->choice.sample, f.path, ld->notes);
    source_matrix_close(&m);
    source_close(&f);
    return e;
}

static enum err
check_genes(const struct dataset *ds, struct errbuf *eb)
{
    if (ds->gene_id.n > GENES_MAX)
        return err_set(eb, ERR_UNSUPPORTED,
                       "the files have %zu genes together; at most %d can be used",
                       ds->gene_id.n, GENES_MAX);
    if (!ds->gene_id.n)
        return err_set(eb, ERR_FORMAT, "%s has no genes", ds->report[0].path);
    return ERR_OK;
}

static void
count_missing(struct loader *ld)
{
    for (size_t i = 0; i < ld->file.n; i++) {
        struct file_report *r = &ld->ds->report[i];

        if (!r->n_kept)
            continue;
        r->n_genes_missing = ld->ds->gene_id.n - r->n_genes_missing;
        if (r->n_genes_missing || r->n_genes_dropped)
            note_info(
                ld->notes,
                "%s: %zu of %zu genes are missing and read as 0, %zu genes of the "
                "file are not used",
                r->path, r->n_genes_missing, ld->ds->gene_id.n, r->n_genes_dropped);
    }
}

static enum err
plan_files(struct loader *ld, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    struct gene_space space;
    enum err e = ERR_OK;

    strlist_release(&ds->gene_id);
    strlist_release(&ds->gene_name);
    if (ld->q->gene_id) {
        strlist_copy(&ds->gene_id, ld->q->gene_id);
        strlist_copy(&ds->gene_name, ld->q->gene_name);
    }
    gene_space_init(&space, &ds->gene_id, &ds->gene_name);
    for (size_t i = 0; i < ld->file.n && !e; i++) {
        plan_release(&ld->plan[i]);
        if (ds->report[i].n_kept)
            e = plan_file(ld, i, &space, eb);
    }
    gene_space_release(&space);
    if (!e)
        e = check_genes(ds, eb);
    if (!e)
        count_missing(ld);
    ds->is_packed = !e;
    for (size_t i = 0; i < ld->file.n; i++)
        ds->is_packed &= !ds->report[i].n_kept || ld->plan[i].detected;
    return e;
}

/* --- third pass: values --- */

static void
report_matrix(struct file_report *r, const struct csr *x, size_t from, size_t to)
{
    r->nnz = x->indptr[to] - x->indptr[from];
    r->matrix_bytes = csr_bytes(x, from, to);
}

static enum err
read_file(struct loader *ld, size_t i, size_t *row, struct errbuf *eb)
{
    struct file_plan *p = &ld->plan[i];
    struct value_stats st = {0};
    struct source f;
    size_t before = *row;
    enum err e = source_open(&f, ld->file.item[i], eb);

    if (e)
        return e;
    struct row_source src = {
        &f, &p->choice, &p->genes, p->to, ld->keep + ld->first[i], ld->pool};

    e = row_reader_append(&ld->ds->x, row, &src, &st, eb);
    if (!e)
        layer_warn_sums(&p->choice, &st, f.path, ld->notes);
    if (!e)
        report_matrix(&ld->ds->report[i], &ld->ds->x, before, *row);
    source_close(&f);
    return e;
}

/* The sample of file i looked like counts, but the matrix is none. */
static void
demote_layer(struct loader *ld, size_t i)
{
    const char *layer = ld->plan[i].choice.layer;

    note_info(ld->notes, "%s: %s holds other values than counts further on",
              ld->file.item[i], layer);
    strlist_add(&ld->plan[i].not_counts, layer);
}

static enum err
read_files(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint64_t nnz = 0;
    size_t row = 0;

    for (size_t i = 0; i < ld->file.n; i++)
        nnz += ld->plan[i].nnz;
    enum err e = csr_init_coded(&ds->x, ds->n_cells, ds->gene_id.n, nnz, eb);

    for (size_t i = 0; i < ld->file.n && !e; i++) {
        *bad = i;
        if (ds->report[i].n_kept)
            e = read_file(ld, i, &row, eb);
    }
    if (!e)
        csr_trim(&ds->x);
    return e;
}

/* --- the same from packed stores --- */

/* By detection in all files together. */
static void
join_orders(const struct loader *ld, struct gene_order *o)
{
    size_t G = ld->ds->gene_id.n;
    uint64_t *detected = xcalloc(G, sizeof *detected), n = 0;

    for (size_t i = 0; i < ld->file.n; i++) {
        const struct file_plan *p = &ld->plan[i];

        n += p->n_cells;
        for (size_t g = 0; p->detected && g < p->genes.id.n; g++)
            if (p->to[g] >= 0)
                detected[p->to[g]] += p->detected[g];
    }
    gene_order_rank(o, G, detected, n);
    free(detected);
}

/* Whether the file has all genes of the dataset, in this order (NULL: in any). */
static bool
has_order(const struct loader *ld, const struct file_plan *p, const uint16_t *gene)
{
    bool same = p->order.D == ld->ds->gene_id.n;

    for (size_t k = 0; same && k < p->order.D; k++) {
        int32_t g = p->to[p->order.gene[k]];

        same = g >= 0 && (!gene || g == gene[k]);
    }
    return same;
}

/* That of the files if they have the same one, so that their rows can be taken as they
 * are; else a common one. */
static void
order_packed(const struct loader *ld, struct gene_order *o)
{
    size_t G = ld->ds->gene_id.n;
    uint16_t *gene = xcalloc(G, sizeof *gene);
    const struct file_plan *first = NULL;
    bool same = true;

    for (size_t i = 0; i < ld->file.n && same; i++) {
        const struct file_plan *p = &ld->plan[i];

        if (!p->detected)
            continue;
        same = has_order(ld, p, first ? gene : NULL);
        for (size_t k = 0; same && !first && k < G; k++)
            gene[k] = (uint16_t)p->to[p->order.gene[k]];
        first = first ? first : p;
    }
    if (same && first)
        gene_order_set(o, G, gene, first->order.rate);
    else
        join_orders(ld, o);
    free(gene);
}

/* Bring rows whose genes are by place in a file to the order of the dataset; nothing is to
 * be done where it is the same. */
static void
place_rows(const struct loader *ld, const struct file_plan *p,
           const struct gene_order *file, bool drops, struct row_chunks *c)
{
    const struct gene_order *o = &ld->ds->x.order;
    int32_t *to = xcalloc(file->D, sizeof *to);
    bool same = !drops;

    for (size_t k = 0; k < file->D; k++) {
        int32_t g = p->to[file->gene[k]];

        to[k] = g < 0 ? -1 : o->place[g];
        same &= to[k] == (int32_t)k;
    }
    if (!same)
        row_place(c, to, file->D, drops && p->choice.scale);
    free(to);
}

static enum err
open_chunks(struct loader *ld, size_t i, struct row_chunks *c, struct errbuf *eb)
{
    const struct file_plan *p = &ld->plan[i];
    bool drops = ld->ds->report[i].n_genes_dropped > 0;
    const struct gene_order *order;
    const uint64_t *detected;
    struct source f;
    struct source_matrix m = {0};
    enum err e = source_open(&f, ld->file.item[i], eb);

    if (e)
        return e;
    if (f.n_cells != ld->ds->report[i].n_cells)
        e = err_set(eb, ERR_FORMAT, "%s: has changed while it was read", f.path);
    /* The sum of a cell is that of the genes that are used. */
    if (!e && !(e = source_matrix_open(&f, p->choice.layer, &m, eb)) &&
        !(e = f.ops->chunks(&f, &m, p->choice.scale && !drops, p->choice.must_be_counts,
                            c, eb))) {
        f.ops->places(&f, &m, &order, &detected);
        place_rows(ld, p, order, drops, c);
    }
    if (!e && p->choice.whole_rows)
        layer_warn_sums(&p->choice, &p->choice.sample, f.path, ld->notes);
    source_matrix_close(&m);
    source_close(&f);
    return e;
}

static enum err
open_stream(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    struct row_chunks *c = xcalloc(ld->file.n, sizeof *c);
    enum err e = ERR_OK;

    ds->stream = row_stream_new(c, ld->file.n, ds->file, ds->row);
    for (size_t i = 0; i < ld->file.n && !e; i++) {
        *bad = i;
        if (ds->report[i].n_kept)
            e = open_chunks(ld, i, &c[i], eb);
    }
    return e;
}

/* Rows from `at` on become rows of x. */
static enum err
put_batch(struct loader *ld, const struct row_batch *b, size_t at,
          struct csr_piece *piece, struct errbuf *eb)
{
    for (size_t i = 0; i < b->n; i++) {
        struct csr_row r = b->rows[i];

        piece[i] = (struct csr_piece){r.index, r.value, r.n, r.n_dict};
    }
    return csr_put(&ld->ds->x, at, piece, b->n, ld->pool, eb);
}

static enum err
put_rows(struct loader *ld, struct row_feed *feed, size_t *bad, struct errbuf *eb)
{
    struct csr_piece *piece = xcalloc(feed->B, sizeof *piece);
    struct row_batch b;
    size_t at = 0;
    enum err e;

    while (!(e = row_feed_next(feed, &b, eb)) && b.n &&
           !(e = put_batch(ld, &b, at, piece, eb)))
        at += b.n;
    if (e && at < ld->ds->n_cells)
        *bad = dataset_file(ld->ds, (uint32_t)at);
    free(piece);
    return e;
}

/* From the stream, which is not needed any more then, to x. */
static enum err
fill_from_stream(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint32_t *cell;
    struct row_feed feed;
    enum err e = big_calloc(&cell, ds->n_cells, sizeof *cell, "cells", eb);

    for (size_t i = 0; !e && i < ds->n_cells; i++)
        cell[i] = (uint32_t)i;
    if (e)
        return e;
    struct row_list list = {.cell = cell, .n = ds->n_cells};

    if (!(e = row_feed_open(&feed, ds, &list, POOL_CELLS, ld->pool, eb))) {
        e = put_rows(ld, &feed, bad, eb);
        row_feed_close(&feed);
    }
    free(cell);
    row_stream_free(ds->stream);
    ds->stream = NULL;
    if (!e)
        csr_trim(&ds->x);
    return e;
}

static void
report_packed(struct loader *ld)
{
    const struct dataset *ds = ld->ds;

    for (size_t i = 0, from = 0; i < ld->file.n; i++) {
        size_t to = from + ds->report[i].n_kept;

        report_matrix(&ds->report[i], &ds->x, from, to);
        from = to;
    }
}

static enum err
read_packed(struct loader *ld, size_t *bad, struct errbuf *eb)
{
    struct dataset *ds = ld->ds;
    uint64_t bytes = 0, nnz = 0;
    struct gene_order order;

    for (size_t i = 0; i < ld->file.n; i++) {
        bytes += ds->report[i].matrix_bytes;
        nnz += ld->plan[i].nnz;
    }
    bool stays = ld->q->memory_max && bytes > ld->q->memory_max;
    enum err e =
        stays ? ERR_OK : csr_init_coded(&ds->x, ds->n_cells, ds->gene_id.n, nnz, eb);

    if (e)
        return e;
    if (ld->q->order)
        gene_order_copy(&order, ld->q->order);
    else
        order_packed(ld, &order);
    ds->x.n_cols = ds->gene_id.n;
    ds->x.order = order;
    if ((e = open_stream(ld, bad, eb)))
        return e;
    if (stays) {
        note_info(
            ld->notes,
            "the cells would take %.1f GB, more than half of the memory: they are "
            "read while they are needed",
            (double)bytes / 1e9);
        return ERR_OK;
    }
    if (!(e = fill_from_stream(ld, bad, eb)))
        report_packed(ld);
    return e;
}

static void
drop_values(struct dataset *ds)
{
    row_stream_free(ds->stream);
    ds->stream = NULL;
    csr_release(&ds->x);
}

static enum err
load_values(struct loader *ld, struct errbuf *eb)
{
    size_t bad = 0;
    enum err e;

    while ((e = plan_files(ld, eb)) == ERR_OK && ld->q->with_matrix) {
        e = ld->ds->is_packed ? read_packed(ld, &bad, eb) : read_files(ld, &bad, eb);
        if (e != ERR_CONFLICT)
            return e;
        demote_layer(ld, bad);
        drop_values(ld->ds);
    }
    return e;
}

static void
loader_release(struct loader *ld)
{
    for (size_t i = 0; ld->plan && i < ld->file.n; i++) {
        plan_release(&ld->plan[i]);
        strlist_release(&ld->plan[i].not_counts);
    }
    pool_free(ld->pool);
    free(ld->plan);
    free(ld->first);
    free(ld->keep);
    strlist_release(&ld->file);
    strlist_release(&ld->need);
    strlist_release(&ld->cell_id);
}

enum err
dataset_load(struct dataset *ds, const struct dataset_request *q,
             const struct notes *notes, struct errbuf *eb)
{
    struct loader ld = {.q = q, .notes = notes, .ds = ds};

    *ds = (struct dataset){0};
    enum err e = dataset_expand(q->path, &ld.file, notes, eb);

    if (!e)
        e = load_obs(&ld, eb);
    if (!e && q->with_matrix)
        ld.pool = pool_new(q->threads ? q->threads : pool_cores());
    if (!e)
        e = load_values(&ld, eb);
    loader_release(&ld);
    if (e)
        dataset_release(ds);
    return e;
}
