/* test_cell_order.c - the order in which an epoch uses the training cells. */
#include "data/cell_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "tests/support.h"

enum { CELLS = 40000, FILES = 2, CUT = 17003, SKIPPED = 5 };

/* Cells of two files, of which every fifth is missing and every third is no training
 * cell. */
struct lab {
    struct dataset ds;
    uint32_t *cell; /* (n) */
    size_t n;
};

static void
lab_init(struct lab *lab)
{
    *lab = (struct lab){.ds = {.n_cells = CELLS, .n_files = FILES}};
    lab->ds.file = xcalloc(CELLS, sizeof *lab->ds.file);
    lab->ds.row = xcalloc(CELLS, sizeof *lab->ds.row);
    lab->cell = xcalloc(CELLS, sizeof *lab->cell);
    for (uint32_t i = 0; i < CELLS; i++) {
        lab->ds.file[i] = i >= CUT;
        lab->ds.row[i] = (i < CUT ? i : i - CUT) * SKIPPED / (SKIPPED - 1);
        if (i % 3)
            lab->cell[lab->n++] = i;
    }
}

static void
lab_release(struct lab *lab)
{
    free(lab->ds.file);
    free(lab->ds.row);
    free(lab->cell);
}

static void
order_of(const struct lab *lab, bool in_blocks, uint64_t seed, uint64_t epoch,
         uint32_t *out)
{
    struct cell_order o;

    assert_int_equal(cell_order_init(&o, &lab->ds, lab->cell, lab->n, in_blocks, NULL),
                     ERR_OK);
    memset(out, 0xff, lab->n * sizeof *out);
    cell_order_epoch(&o, seed, epoch, out);
    cell_order_release(&o);
}

static int
compare(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void
test_cell_order__every_cell_comes_once(void **state)
{
    struct lab lab;

    (void)state;
    lab_init(&lab);
    uint32_t *out = xcalloc(lab.n, sizeof *out);
    for (int in_blocks = 0; in_blocks < 2; in_blocks++) {
        order_of(&lab, in_blocks != 0, 7, 3, out);
        assert_memory_not_equal(out, lab.cell, lab.n * sizeof *out);
        qsort(out, lab.n, sizeof *out, compare);
        assert_memory_equal(out, lab.cell, lab.n * sizeof *out);
    }
    free(out);
    lab_release(&lab);
}

/* What runs of before had, and their resumes need. */
static void
test_cell_order__cells_at_random_are_one_permutation(void **state)
{
    struct lab lab;

    (void)state;
    lab_init(&lab);
    uint32_t *out = xcalloc(lab.n, sizeof *out), *p = xcalloc(lab.n, sizeof *p);
    struct rng r = rng_stream(11, RNG_ORDER, 2, 0);

    order_of(&lab, false, 11, 2, out);
    rng_permutation(&r, p, lab.n);
    for (size_t i = 0; i < lab.n; i++)
        assert_int_equal(out[i], lab.cell[p[i]]);
    free(out);
    free(p);
    lab_release(&lab);
}

static void
test_cell_order__epoch_and_seed_alone_decide(void **state)
{
    struct lab lab;
    uint32_t *out[2];

    (void)state;
    lab_init(&lab);
    size_t size = lab.n * sizeof *out[0];
    for (size_t i = 0; i < 2; i++)
        out[i] = xcalloc(lab.n, sizeof *out[i]);
    order_of(&lab, true, 7, 3, out[0]);
    order_of(&lab, true, 7, 3, out[1]);
    assert_memory_equal(out[0], out[1], size);
    order_of(&lab, true, 7, 4, out[1]);
    assert_memory_not_equal(out[0], out[1], size);
    order_of(&lab, true, 8, 3, out[1]);
    assert_memory_not_equal(out[0], out[1], size);
    free(out[0]);
    free(out[1]);
    lab_release(&lab);
}

/* Chunk of a cell: number among all chunks of 16 rows. */
static size_t
chunk_of(const struct lab *lab, uint32_t cell)
{
    return lab->ds.file[cell] * (size_t)CELLS + lab->ds.row[cell] / 16;
}

/* Pools hold 4,096 cells, a chunk is in one of them only, and all of its cells are. */
static void
test_cell_order__pools_hold_whole_chunks(void **state)
{
    enum { NONE = 255 };
    struct lab lab;

    (void)state;
    lab_init(&lab);
    uint32_t *out = xcalloc(lab.n, sizeof *out);
    uint8_t *pool_of = xmalloc(2 * CELLS, 1);
    size_t at = 0;

    memset(pool_of, NONE, 2 * CELLS);
    order_of(&lab, true, 1, 0, out);
    for (uint8_t pool = 0; at < lab.n; pool++) {
        size_t n = 0, begin = at, chunks = 0;

        /* A pool ends with the chunk that fills it: count until it is full and no chunk
         * of it comes again. */
        while (at < lab.n &&
               (n < POOL_CELLS || pool_of[chunk_of(&lab, out[at])] == pool)) {
            size_t c = chunk_of(&lab, out[at]);

            assert_true(pool_of[c] == NONE || pool_of[c] == pool);
            chunks += pool_of[c] == NONE;
            pool_of[c] = pool;
            at++;
            n++;
        }
        assert_true(at == lab.n || (n >= POOL_CELLS && n < POOL_CELLS + BLOCK_CELLS));
        assert_true(n / chunks <= BLOCK_CELLS);
        assert_true(begin < at);
    }
    free(pool_of);
    free(out);
    lab_release(&lab);
}

/* Within a pool neighbours are far apart, and pools are drawn from everywhere. */
static void
test_cell_order__neighbours_are_mixed(void **state)
{
    struct lab lab;
    size_t together = 0, first_file = 0;

    (void)state;
    lab_init(&lab);
    uint32_t *out = xcalloc(lab.n, sizeof *out);

    order_of(&lab, true, 1, 0, out);
    for (size_t i = 0; i + 1 < POOL_CELLS; i++) {
        together += chunk_of(&lab, out[i]) == chunk_of(&lab, out[i + 1]);
        first_file += lab.ds.file[out[i]] == 0;
    }
    /* About 4096 x 8 / 4096 = 8 such pairs by chance; 425 of 1,000 cells are of the
     * first file. */
    assert_true(together < 30);
    assert_true(first_file > POOL_CELLS * 3 / 10 && first_file < POOL_CELLS * 55 / 100);
    free(out);
    lab_release(&lab);
}

/* Cells made by hand have no file and no rows; few cells make one pool. */
static void
test_cell_order__few_cells_without_files(void **state)
{
    uint32_t cell[] = {0, 1, 15, 16, 33}, out[5];
    struct dataset ds = {.n_cells = 40};
    struct cell_order o;

    (void)state;
    assert_int_equal(cell_order_init(&o, &ds, cell, 5, true, NULL), ERR_OK);
    assert_int_equal(o.n_blocks, 3);
    cell_order_epoch(&o, 0, 0, out);
    cell_order_release(&o);
    qsort(out, 5, sizeof *out, compare);
    assert_memory_equal(out, cell, sizeof cell);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cell_order__every_cell_comes_once),
        cmocka_unit_test(test_cell_order__cells_at_random_are_one_permutation),
        cmocka_unit_test(test_cell_order__epoch_and_seed_alone_decide),
        cmocka_unit_test(test_cell_order__pools_hold_whole_chunks),
        cmocka_unit_test(test_cell_order__neighbours_are_mixed),
        cmocka_unit_test(test_cell_order__few_cells_without_files),
    };

    return cmocka_run_group_tests_name("cell_order", tests, NULL, NULL);
}
