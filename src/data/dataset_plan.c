/* dataset_plan.c - loading files, second pass: layers and genes. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_loader.h"
#include "data/row_reader.h"
#include "data/source.h"

enum { MIN_OVERLAP_PCT = 50 };

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
        ld->ds->report[i].nnz_is_estimate = true;
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

enum err
dataset_check_file(const struct loader *ld, size_t i, const struct source *file,
                   struct errbuf *eb)
{
    if (file->n_cells == ld->ds->report[i].n_cells)
        return ERR_OK;
    return err_set(
        eb, ERR_FORMAT,
        "%s: has changed while it was read: it has %zu cells now and had %zu",
        file->path, file->n_cells, ld->ds->report[i].n_cells);
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
    e = dataset_check_file(ld, i, &f, eb);
    if (!e)
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

enum err
dataset_plan_files(struct loader *ld, struct errbuf *eb)
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

void
dataset_plan_release(struct loader *ld)
{
    for (size_t i = 0; ld->plan && i < ld->file.n; i++) {
        plan_release(&ld->plan[i]);
        strlist_release(&ld->plan[i].not_counts);
    }
    free(ld->plan);
    ld->plan = NULL;
}
