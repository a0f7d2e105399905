/* test_packed_chunks.c - datasets of packed stores: in memory and streamed, whatever the
 * order of their genes, the rows are those that were packed. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/packed_write.h"
#include "data/row_feed.h"

enum { N = 100, G = 300, FILES = 2, SHIFT = 40 };

/* Count of gene g (0 .. G + SHIFT - 1) in cell i of all; cell 7 is empty, cell 9 has so many
 * counts that no dictionary holds them. */
static float
count_of(size_t i, size_t g)
{
    struct rng r = rng_stream(21, RNG_SIMULATE, 0, 0);
    uint64_t u = rng_u64(&r, i * 1000 + g);

    if (i == 7)
        return 0;
    if (i == 9)
        return (float)(1 + g * 3);
    return u % 10 < 1 + g % 4 ? (float)(1 + u / 16 % 5) : 0;
}

/* The gene that stands at place k of file f: the second has others, and backwards. */
static size_t
gene_of(size_t f, size_t k)
{
    return f == 0 ? k : G + SHIFT - 1 - k;
}

static void
name_gene(struct strlist *l, size_t g)
{
    char text[32];

    snprintf(text, sizeof text, "ENSG%011zu", g);
    strlist_add(l, text);
}

static void
rows_of(size_t f, struct csr *coded)
{
    struct csr x;
    uint64_t at = 0;

    assert_int_equal(csr_init(&x, N, G, (uint64_t)N * G, NULL), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < G; k++) {
            float v = count_of(f * N + i, gene_of(f, k));

            x.index[at] = (uint16_t)k;
            x.value[at] = v;
            at += v > 0;
        }
        x.indptr[i + 1] = at;
    }
    assert_int_equal(csr_code(coded, &x, NULL), ERR_OK);
    csr_release(&x);
}

static void
write_file(size_t f, const char *path)
{
    struct strlist id = {0}, name = {0}, fact = {0}, level = {0};
    struct gene_order order;
    struct csr x;
    struct packed_writer *w;
    int32_t code[N];
    char text[N][16];
    const char *cell[N];
    struct csr_piece piece[N];

    rows_of(f, &x);
    gene_order_count(&order, &x, NULL, N);
    for (size_t k = 0; k < G; k++) {
        name_gene(&id, gene_of(f, k));
        strlist_add(&name, "");
    }
    strlist_split(&level, "A,B", ',');
    for (size_t i = 0; i < N; i++) {
        struct csr_row r = csr_row(&x, i);

        snprintf(text[i], sizeof text[i], "c%zu", f * N + i);
        cell[i] = text[i];
        code[i] = i % 11 == 5 ? -1 : (int32_t)(i % 2); /* those are left out */
        piece[i] = (struct csr_piece){r.index, r.value, r.n, r.n_dict};
    }
    struct packed_genes genes = {&id, &name, &order};
    struct packed_obs obs = {"cell_type", COLUMN_TEXT, {code, sizeof *code}, &level};

    assert_int_equal(packed_writer_open(&w, path, &genes, NULL), ERR_OK);
    assert_int_equal(packed_writer_put(w, piece, cell, N, NULL, NULL), ERR_OK);
    assert_int_equal(packed_writer_finish(w, &obs, 1, NULL, &fact, NULL), ERR_OK);
    gene_order_release(&order);
    csr_release(&x);
    strlist_release(&id);
    strlist_release(&name);
    strlist_release(&level);
}

/* The number of the gene with this id. */
static size_t
number_of(const char *id)
{
    return (size_t)strtoul(id + 4, NULL, 10);
}

/* What the loaded row must say: log1p of 10,000 per cell over the genes of ds. */
static void
check_row(const struct dataset *ds, const struct csr_row *r, size_t file, size_t row)
{
    double sum = 0;
    size_t n = 0, D = ds->gene_id.n;
    float *expected = xcalloc(D, sizeof *expected);

    for (size_t k = 0; k < G; k++) {
        size_t g = gene_of(file, k);

        for (size_t d = 0; d < D; d++)
            if (number_of(ds->gene_id.item[d]) == g) {
                expected[d] = count_of(file * N + row, g);
                sum += (double)expected[d];
                n += expected[d] > 0;
            }
    }
    assert_int_equal(r->n, n);
    for (size_t k = 0; k < r->n; k++) {
        size_t d = gene_at(&ds->x.order, r->index[k]);

        assert_true(k == 0 || r->index[k] > r->index[k - 1]);
        assert_true(csr_value(r, k) == (float)log1p((double)expected[d] * (1e4 / sum)));
    }
    free(expected);
}

static void
load(struct dataset *ds, const struct strlist *path, const struct strlist *gene_id,
     uint64_t memory_max)
{
    struct strlist none = {0}, names = {0};
    struct errbuf eb;
    struct dataset_request q = {.path = path,
                                .where = &none,
                                .label = "cell_type",
                                .layer = "auto",
                                .normalize = NORMALIZE_AUTO,
                                .gene_id = gene_id,
                                .gene_name = gene_id ? &names : NULL,
                                .with_matrix = true,
                                .threads = 2,
                                .memory_max = memory_max};
    struct notes notes = {0};

    for (size_t i = 0; gene_id && i < gene_id->n; i++)
        strlist_add(&names, "");
    enum err e = dataset_load(ds, &q, &notes, &eb);

    if (e)
        fail_msg("%s", eb.text);
    strlist_release(&names);
    assert_true(ds->is_packed);
    assert_true((ds->stream != NULL) == (memory_max == 1));
}

static void
check_cells(const struct dataset *ds)
{
    uint32_t *cell = xcalloc(ds->n_cells, sizeof *cell);
    struct row_list list = {.cell = cell, .n = ds->n_cells};
    struct row_feed feed;
    struct row_batch b;

    for (size_t i = 0; i < ds->n_cells; i++)
        cell[i] = (uint32_t)(ds->n_cells - 1 - i);
    assert_int_equal(row_feed_open(&feed, ds, &list, 33, NULL, NULL), ERR_OK);
    while (row_feed_next(&feed, &b, NULL) == ERR_OK && b.n)
        for (size_t i = 0; i < b.n; i++) {
            struct csr_row r = row_batch_at(&b, i);

            check_row(ds, &r, ds->file[b.cell[i]], ds->row[b.cell[i]]);
        }
    assert_int_equal(feed.list.from, ds->n_cells);
    row_feed_close(&feed);
    free(cell);
}

/* One file, both, and both with the genes of a model, which are some of theirs. */
static void
test_packed_chunks__rows_are_those_that_were_packed(void **state)
{
    char *dir = support_tmpdir();
    struct strlist one = {0}, two = {0}, model = {0};

    (void)state;
    for (size_t f = 0; f < FILES; f++) {
        char *path = xasprintf("%s/%zu.hcp", dir, f);

        write_file(f, path);
        if (f == 0)
            strlist_add(&one, path);
        strlist_add(&two, path);
        free(path);
    }
    for (size_t g = 0; g < G + SHIFT; g += 3)
        name_gene(&model, (g * 7) % (G + SHIFT));
    for (uint64_t max = 0; max < 2; max++) { /* no limit; one byte */
        const struct strlist *path[] = {&one, &two, &two};
        const struct strlist *gene[] = {NULL, NULL, &model};

        for (size_t i = 0; i < 3; i++) {
            struct dataset ds;

            load(&ds, path[i], gene[i], max);
            assert_int_equal(ds.n_cells, (i ? 2 : 1) * (N - 9));
            assert_int_equal(ds.gene_id.n, i == 0 ? G : i == 1 ? G + SHIFT : model.n);
            check_cells(&ds);
            dataset_release(&ds);
        }
    }
    strlist_release(&one);
    strlist_release(&two);
    strlist_release(&model);
    support_rmtree(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_chunks__rows_are_those_that_were_packed),
    };

    return cmocka_run_group_tests_name("packed_chunks", tests, NULL, NULL);
}
