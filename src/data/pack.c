/* pack.c - datasets of any kind to a packed store.
 *
 * What the cells, genes and matrices are is found out as for training (dataset_load.h,
 * without values).  Then some thousand cells of each file are looked at, to know which
 * genes are detected most, and all are read once, group by group.  Where the store is to
 * have another order, the writer lays their rows aside, made smaller already. */
#include "data/pack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "data/dataset.h"
#include "data/dataset_load.h"
#include "data/gene_look.h"
#include "data/pack_facts.h"
#include "data/packed_write.h"
#include "data/rounded.h"
#include "data/row_pack.h"
#include "data/source.h"

enum { TASK_ROWS = 16 };

struct packing {
    const struct pack_request *q;
    const struct notes *notes;
    struct dataset ds; /* without values */
    struct pool *pool;
    struct gene_order order;
    struct packed_writer *w;
    enum column_kind *kind; /* (ds.n_cols) owned */
    struct strlist left;    /* what the files hold that is not packed */
    size_t done;            /* cells written */
    uint32_t *place; /* (ds.n_cells) owned; where each lies, NULL: as they come */
    /* of the file that is being read: */
    size_t file;
    struct source source;
    struct source_matrix matrix;
    struct gene_axis genes;
    int32_t *to;
    bool *keep;
    struct layer_choice choice;
    /* a group of rows: */
    const struct source_rows *rows;
    struct row_packer *packer; /* (threads) owned */
    struct csr_piece *piece;
    size_t *kept, n_kept, cap_rows;
    uint16_t *index;
    float *word;
    size_t cap;
    const char **id;
    uint64_t *detected; /* while it is found out how often genes are detected */
    size_t n_looked;
    struct rounded rounded; /* numbers of the file */
};

/* --- what there is --- */

static enum err
list_columns(const struct pack_request *q, struct strlist *need,
             const struct notes *notes, struct errbuf *eb)
{
    struct strlist file = {0};
    enum err e = dataset_expand(q->path, &file, notes, eb);

    for (size_t i = 0; !e && i < file.n; i++) {
        struct source s;

        if ((e = source_open(&s, file.item[i], eb)))
            break;
        for (size_t k = 0; k < s.column.n; k++)
            if (!strlist_has(need, s.column.item[k]) &&
                s.ops->column_kind(&s, s.column.item[k]) != COLUMN_UNKNOWN)
                strlist_add(need, s.column.item[k]);
        source_close(&s);
    }
    strlist_release(&file);
    return e;
}

static enum err
load_cells(struct packing *p, struct errbuf *eb)
{
    struct strlist need = {0};
    enum err e = list_columns(p->q, &need, p->notes, eb);
    struct dataset_request dq = {.path = p->q->path,
                                 .where = p->q->where,
                                 .need = &need,
                                 .layer = p->q->layer,
                                 .normalize = NORMALIZE_AUTO,
                                 .no_digest = !pack_is_copy(p->q),
                                 .threads = p->q->threads};

    if (!e)
        e = dataset_load(&p->ds, &dq, p->notes, eb);
    if (e == ERR_ARG && strcmp(p->q->layer, "auto") != 0) {
        dq.normalize = NORMALIZE_NONE; /* which takes negative values too */
        e = dataset_load(&p->ds, &dq, p->notes, eb);
    }
    strlist_release(&need);
    return e;
}

/* All files hold counts, or none does. */
static enum err
check_alike(const struct packing *p, struct errbuf *eb)
{
    const struct file_report *first = NULL;

    for (size_t i = 0; i < p->ds.n_files; i++) {
        const struct file_report *r = &p->ds.report[i];

        if (!r->n_kept)
            continue;
        if (first && strcmp(first->normalize, r->normalize) != 0)
            return err_set(eb, ERR_ARG,
                           "%s (%s) and %s (%s) do not go together: counts and other "
                           "values; pack them apart, or choose with --layer",
                           first->path, first->decision, r->path, r->decision);
        first = first ? first : r;
    }
    return first ? ERR_OK : err_set(eb, ERR_ARG, "no cell is left to pack");
}

/* --- a file --- */

static void
file_close(struct packing *p)
{
    source_matrix_close(&p->matrix);
    gene_axis_release(&p->genes);
    source_close(&p->source);
    free(p->to);
    free(p->keep);
    p->to = NULL;
    p->keep = NULL;
    p->matrix = (struct source_matrix){0};
    p->source = (struct source){0};
}

/* Which of the file's cells are packed, or looked at: every step-th band of them. */
static void
mark_cells(struct packing *p, size_t step)
{
    const struct dataset *ds = &p->ds;

    memset(p->keep, 0, p->source.n_cells * sizeof *p->keep);
    for (size_t i = 0, k = 0; i < ds->n_cells; i++)
        if (ds->file[i] == p->file)
            p->keep[dataset_row(ds, (uint32_t)i)] = gene_look_takes(k++, step);
}

static enum err
file_open(struct packing *p, size_t file, size_t step, struct errbuf *eb)
{
    struct dataset *ds = &p->ds;
    const struct file_report *r = &ds->report[file];
    struct gene_space space;
    struct notes silent = {0};

    p->file = file;
    p->choice =
        (struct layer_choice){.layer = r->layer,
                              .must_be_counts = strcmp(r->normalize, "sf-log1p") == 0,
                              .may_be_negative = strcmp(p->q->layer, "auto") != 0};
    enum err e = source_open(&p->source, r->path, eb);

    if (e)
        return e;
    if ((e = source_matrix_open(&p->source, r->layer, &p->matrix, eb)) ||
        (e = p->source.ops->genes(&p->source, &p->matrix, &p->genes, &silent, eb)) ||
        (e = big_calloc(&p->keep, p->source.n_cells, sizeof *p->keep, "cells", eb)))
        return e;
    p->to = xcalloc(p->genes.id.n, sizeof *p->to);
    gene_space_init(&space, &ds->gene_id, &ds->gene_name);
    gene_space_match(&space, &p->genes, false, p->to);
    gene_space_release(&space);
    p->matrix.pool = p->pool;
    mark_cells(p, p->matrix.is_blocked ? 1 : step);
    return ERR_OK;
}

/* --- rows --- */

static enum err
reserve(struct packing *p, size_t n_rows, size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (n_rows > p->cap_rows) {
        p->piece = grow(p->piece, &p->cap_rows, n_rows, sizeof *p->piece);
        p->kept = xrealloc(p->kept, p->cap_rows, sizeof *p->kept);
        p->id = xrealloc(p->id, p->cap_rows, sizeof *p->id);
    }
    if (n <= p->cap && p->index)
        return e;
    free(p->index);
    free(p->word);
    p->index = NULL;
    p->word = NULL;
    if (!(e = big_calloc(&p->index, n, sizeof *p->index, "rows", eb)))
        e = big_calloc(&p->word, n + 1, sizeof *p->word, "rows", eb);
    p->cap = e ? 0 : n;
    return e;
}

static void
pack_rows(void *ctx, size_t task, size_t thread)
{
    struct packing *p = ctx;
    size_t end = (task + 1) * TASK_ROWS;

    for (size_t k = task * TASK_ROWS; k < end && k < p->n_kept; k++) {
        const uint64_t *start = p->rows->start + p->kept[k];
        size_t at = (size_t)(start[0] - p->rows->start[0]);

        p->piece[k] =
            row_pack(&p->packer[thread], &p->choice, p->to, p->rows->gene + at,
                     p->rows->value + at, (size_t)(start[1] - start[0]), p->index + at,
                     p->word + at);
    }
}

static enum err
refused(const struct packing *p, size_t k, struct errbuf *eb)
{
    return err_set(
        eb, ERR_FORMAT,
        "%s: %s has a value in cell %zu (%s) that is not finite, negative%s; "
        "choose another --layer, or leave the cell out with --where",
        p->source.path, p->choice.layer, p->rows->first + p->kept[k],
        p->ds.cell_id.item[p->done + k],
        p->choice.must_be_counts ? ", or no count as those before it" : "");
}

static void
count_genes(struct packing *p)
{
    for (size_t k = 0; k < p->n_kept; k++)
        for (size_t i = 0; i < p->piece[k].n; i++)
            p->detected[p->piece[k].index[i]]++;
    p->n_looked += p->n_kept;
}

static enum err
take_rows(void *ctx, const struct source_rows *rows, struct errbuf *eb)
{
    struct packing *p = ctx;
    enum err e =
        reserve(p, rows->n, (size_t)(rows->start[rows->n] - rows->start[0]), eb);

    if (e)
        return e;
    p->rows = rows;
    p->n_kept = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (rows->keep[i])
            p->kept[p->n_kept++] = i;
    pool_run(p->pool, (p->n_kept + TASK_ROWS - 1) / TASK_ROWS, pack_rows, p);
    if (p->detected) {
        count_genes(p);
        return ERR_OK;
    }
    for (size_t k = 0; k < p->n_kept; k++) {
        if (!p->piece[k].index)
            return refused(p, k, eb);
        p->id[k] = p->ds.cell_id.item[p->done + k];
    }
    e = packed_writer_put(p->w, p->piece, p->id, p->n_kept, p->pool, eb);
    p->done += p->n_kept;
    if (p->q->progress)
        p->q->progress(p->q->ctx, p->done, p->ds.n_cells);
    return e;
}

static enum err
pack_file(struct packing *p, size_t step, struct errbuf *eb)
{
    (void)step;
    pack_list_left(&p->source, p->choice.layer, &p->left);
    p->rounded = (struct rounded){0};
    p->matrix.rounded = &p->rounded;
    enum err e = p->matrix.ops->groups(&p->matrix, p->keep, take_rows, p, eb);
    uint64_t n = atomic_load(&p->rounded.n);

    if (!e && n)
        note_warn(p->notes,
                  "%s: %s has %" PRIu64 " numbers that 32-bit floating point does not "
                  "hold: the nearest ones are packed, those that training uses too",
                  p->source.path, p->choice.layer, n);
    return e;
}

/* Do that with each file, of which every step-th band of cells is marked. */
static enum err
read_files(struct packing *p, size_t step,
           enum err (*use)(struct packing *p, size_t step, struct errbuf *eb),
           struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; !e && i < p->ds.n_files; i++) {
        if (!p->ds.report[i].n_kept)
            continue;
        e = file_open(p, i, step, eb);
        if (!e && (e = use(p, step, eb)) && !strstr(eb ? eb->text : "", p->source.path))
            e = err_wrap(eb, e, "%s", p->source.path);
        file_close(p);
    }
    return e;
}

/* --- how often genes are detected --- */

static enum err
look_at_row(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
            struct errbuf *eb)
{
    struct packing *p = ctx;
    enum err e = reserve(p, 1, n, eb);

    (void)row;
    if (e)
        return e;
    p->piece[0] =
        row_pack(&p->packer[0], &p->choice, p->to, gene, value, n, p->index, p->word);
    p->n_kept = 1;
    count_genes(p);
    return ERR_OK;
}

/* Of the file that is open, the cells that are marked, or as many as come easily. */
static enum err
look_at_file(struct packing *p, size_t step, struct errbuf *eb)
{
    bool whole_rows;

    if (step > 1 && p->matrix.is_blocked)
        return p->matrix.ops->sample(&p->matrix, p->keep, look_at_row, p, &whole_rows,
                                     eb);
    return p->matrix.ops->groups(&p->matrix, p->keep, take_rows, p, eb);
}

static enum err
look_at_genes(struct packing *p, struct errbuf *eb)
{
    p->detected = xcalloc(p->ds.gene_id.n, sizeof *p->detected);
    enum err e = read_files(p, gene_look_step(p->ds.n_cells), look_at_file, eb);

    if (!e)
        gene_order_rank(&p->order, p->ds.gene_id.n, p->detected, p->n_looked);
    free(p->detected);
    p->detected = NULL;
    return e;
}

/* --- the store --- */

/* Of the first file that has the column. */
static enum err
find_kinds(struct packing *p, struct errbuf *eb)
{
    enum err e = ERR_OK;

    p->kind = xcalloc(p->ds.n_cols, sizeof *p->kind);
    for (size_t c = 0; c < p->ds.n_cols; c++)
        p->kind[c] = COLUMN_UNKNOWN;
    for (size_t i = 0; !e && i < p->ds.n_files; i++) {
        struct source s;

        if ((e = source_open(&s, p->ds.report[i].path, eb)))
            break;
        for (size_t c = 0; c < p->ds.n_cols; c++)
            if (p->kind[c] == COLUMN_UNKNOWN &&
                strlist_has(&s.column, p->ds.col[c].name))
                p->kind[c] = s.ops->column_kind(&s, p->ds.col[c].name);
        source_close(&s);
    }
    return e;
}

/* What all sources bring alike (ds.own) stays with their cells. */
static enum err
finish(struct packing *p, struct errbuf *eb)
{
    struct packed_obs *obs = xcalloc(p->ds.n_cols, sizeof *obs);
    struct strlist fact = {0};
    enum err e = find_kinds(p, eb);

    for (size_t i = 0; !e && i < p->ds.n_cols; i++) {
        const struct obs_column *c = &p->ds.col[i];

        obs[i] = (struct packed_obs){
            c->name, p->kind[i] == COLUMN_UNKNOWN ? COLUMN_TEXT : p->kind[i], c->code,
            &c->levels};
    }
    if (!e)
        e = pack_facts(&p->ds, p->q, &fact, eb);
    if (!e) {
        e = packed_writer_finish(p->w, obs, p->ds.n_cols, p->ds.own, &fact, eb);
        p->w = NULL;
    }
    strlist_release(&fact);
    free(obs);
    return e;
}

static void
packing_release(struct packing *p)
{
    packed_writer_abandon(p->w);
    for (size_t i = 0; p->packer && i < pool_threads(p->pool); i++)
        row_packer_release(&p->packer[i]);
    free(p->packer);
    free(p->piece);
    free(p->kept);
    free(p->index);
    free(p->word);
    free(p->id);
    free(p->detected);
    free(p->kind);
    strlist_release(&p->left);
    free(p->place);
    gene_order_release(&p->order);
    dataset_release(&p->ds);
    pool_free(p->pool);
}

/* Every order of all cells is as likely as any other. */
static enum err
shuffle_cells(struct packing *p, struct errbuf *eb)
{
    struct rng r = rng_stream(p->q->seed, RNG_PACK, 0, 0);
    enum err e = big_calloc(&p->place, p->ds.n_cells, sizeof *p->place, "cells", eb);

    if (e)
        return e;
    rng_permutation(&r, p->place, p->ds.n_cells);
    return packed_writer_shuffle(p->w, p->place, p->ds.n_cells, eb);
}

enum err
pack_write(const char *out, const struct pack_request *q, const struct notes *notes,
           struct errbuf *eb)
{
    struct packing p = {.q = q, .notes = notes};
    enum err e;

    p.pool = pool_new(q->threads ? q->threads : pool_cores());
    p.packer = xcalloc(pool_threads(p.pool), sizeof *p.packer);
    if ((e = load_cells(&p, eb)) || (e = check_alike(&p, eb)) ||
        (e = look_at_genes(&p, eb)))
        goto out;
    struct packed_genes genes = {&p.ds.gene_id, &p.ds.gene_name, &p.order};

    if ((e = packed_writer_open(&p.w, out, &genes, eb)) ||
        (q->shuffle && (e = shuffle_cells(&p, eb))) ||
        (e = read_files(&p, 1, pack_file, eb)))
        goto out;
    if (!(e = finish(&p, eb)))
        pack_tell_left(&p.left, p.notes);
out:
    packing_release(&p);
    return e;
}
