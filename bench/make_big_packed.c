/* make_big_packed.c - a packed store of any number of made-up cells.
 *
 *   make_big_packed FILE CELLS [GENES [CLASSES]]
 *
 * Cells as bench_cells.h makes them, BLOCK at a time, whose rows are used again with other
 * ids and other donors until there are enough: for speed and memory, not for learning. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "bench/bench_cells.h"
#include "bench/bench_options.h"
#include "data/packed_write.h"

enum { BLOCK = 16384, DONORS = 40, STUDIES = 8 };

struct maker {
    struct bench_cells cells;
    struct strlist gene, no_name, label, donor, study, cell_type;
    struct gene_order order;
    struct packed_writer *w;
    int32_t *y, *donor_of, *study_of; /* (n) owned */
    size_t n, D, C;
};

static void
name_all(struct strlist *l, const char *what, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *text = xasprintf("%s%05zu", what, i);

        strlist_add(l, text);
        free(text);
    }
}

/* The values of a row become the counts 1, 2, ... in their order. */
static void
make_counts(struct csr *x)
{
    for (size_t i = 0; i < x->n_rows; i++) {
        struct csr_row r = csr_row(x, i);
        float *value = x->word + x->piece[i];

        for (size_t k = 0; k < (r.n_dict ? r.n_dict : r.n); k++)
            value[k] = (float)(r.n_dict ? k + 1 : k % 7 + 1);
    }
}

/* The rows of the block, as pieces; caller frees. */
static struct csr_piece *
pieces_of(const struct csr *x)
{
    struct csr_piece *piece = xcalloc(x->n_rows, sizeof *piece);

    for (size_t i = 0; i < x->n_rows; i++) {
        struct csr_row r = csr_row(x, i);

        piece[i] = (struct csr_piece){r.index, r.value, r.n, r.n_dict};
    }
    return piece;
}

static enum err
put_block(struct maker *m, const struct csr_piece *piece, size_t first, size_t n,
          struct pool *pool, struct errbuf *eb)
{
    char(*name)[24] = xcalloc(n, sizeof *name);
    const char **id = xcalloc(n, sizeof *id);

    for (size_t i = 0; i < n; i++) {
        size_t unit = (first + i) / 2048;

        snprintf(name[i], sizeof name[i], "cell%09zu", first + i);
        id[i] = name[i];
        m->y[first + i] = m->cells.y[i];
        m->donor_of[first + i] = (int32_t)(unit % DONORS);
        m->study_of[first + i] = (int32_t)(unit % DONORS / (DONORS / STUDIES));
    }
    enum err e = packed_writer_put(m->w, piece, id, n, pool, eb);

    free(id);
    free(name);
    return e;
}

static enum err
write_cells(struct maker *m, const char *path, struct pool *pool, struct errbuf *eb)
{
    struct packed_genes genes = {&m->gene, &m->no_name, &m->order};
    struct strlist fact = {0};
    struct packed_obs obs[] = {
        {"cell_type", COLUMN_TEXT, m->y, &m->label},
        {"dataset_id", COLUMN_TEXT, m->study_of, &m->study},
        {"donor_id", COLUMN_TEXT, m->donor_of, &m->donor},
    };
    struct csr_piece *piece = pieces_of(&m->cells.x);
    enum err e = packed_writer_open(&m->w, path, &genes, eb);

    for (size_t at = 0; !e && at < m->n; at += BLOCK) {
        size_t n = m->n - at < BLOCK ? m->n - at : BLOCK;

        if ((e = put_block(m, piece, at, n, pool, eb)))
            packed_writer_abandon(m->w);
    }
    if (!e)
        e = packed_writer_finish(m->w, obs, 3, NULL, &fact, eb);
    free(piece);
    return e;
}

static size_t
number(char **argv, int argc, int i, size_t or_else)
{
    long long n = argc > i ? atoll(argv[i]) : 0;

    return n > 0 ? (size_t)n : or_else;
}

int
main(int argc, char **argv)
{
    struct maker m = {.n = number(argv, argc, 2, 0),
                      .D = number(argv, argc, 3, 19331),
                      .C = number(argv, argc, 4, 164)};
    struct errbuf eb;

    if (argc < 3 || !m.n) {
        fprintf(stderr, "make_big_packed FILE CELLS [GENES [CLASSES]]\n");
        return 2;
    }
    double begin = clock_mono_s();
    struct pool *pool = pool_new(pool_cores());

    bench_cells_make(&m.cells, BLOCK, m.D, m.C, 1);
    make_counts(&m.cells.x);
    gene_order_count(&m.order, &m.cells.x, NULL, BLOCK);
    name_all(&m.gene, "ENSG000001", m.D);
    name_all(&m.no_name, "G", m.D);
    name_all(&m.label, "type", m.C);
    name_all(&m.donor, "donor", DONORS);
    name_all(&m.study, "study", STUDIES);
    m.y = xcalloc(m.n + BLOCK, sizeof *m.y);
    m.donor_of = xcalloc(m.n + BLOCK, sizeof *m.donor_of);
    m.study_of = xcalloc(m.n + BLOCK, sizeof *m.study_of);
    bench_check(write_cells(&m, argv[1], pool, &eb), &eb);
    printf("%zu cells in %.1f s\n", m.n, clock_mono_s() - begin);
    pool_free(pool);
    return 0;
}
