/* test_packed_spool.c - records come back in the order of their places, and cells of a
 * packed store that are put in another order lie where they are to lie. */
#include "tests/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/packed.h"
#include "data/packed_spool.h"
#include "data/packed_write.h"

enum { G = 130 };

static size_t
count_files(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;

    for (struct dirent *e; (e = readdir(d));)
        n += *e->d_name != '.';
    closedir(d);
    return n;
}

/* Record of a place: its number, then as many letters as the number says. */
static size_t
make_record(size_t place, char *body)
{
    size_t n = place % 97;

    memset(body, 'a' + (int)(place % 26), n);
    return n;
}

static void
test_spool__gives_back_in_order(void **state)
{
    enum { N = 2 * SPOOL_BUCKET + 1000 };
    char *dir = support_tmpdir(), *path = xasprintf("%s/x", dir), body[97];
    uint32_t *place = xcalloc(N, sizeof *place);
    struct rng r = rng_stream(3, RNG_SIMULATE, 0, 0);
    struct packed_spool *s;
    size_t at = 0;

    (void)state;
    rng_permutation(&r, place, N);
    assert_int_equal(packed_spool_open(&s, path, N, NULL), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        uint64_t number = place[i];
        size_t n = make_record(place[i], body);

        assert_int_equal(
            packed_spool_put(s, place[i], &number, sizeof number, body, n, NULL),
            ERR_OK);
    }
    assert_int_equal(count_files(dir), 0); /* it has no name */
    assert_int_equal(packed_spool_buckets(s), 3);
    for (size_t b = 0; b < 3; b++) {
        const struct spool_record *record;
        size_t n;

        assert_int_equal(packed_spool_take(s, b, &record, &n, NULL), ERR_OK);
        for (size_t i = 0; i < n; i++, at++) {
            uint64_t number;
            size_t m = make_record(at, body);

            assert_int_equal(record[i].n, sizeof number + m);
            memcpy(&number, record[i].bytes, sizeof number);
            assert_int_equal(number, at);
            assert_memory_equal(record[i].bytes + sizeof number, body, m);
        }
    }
    assert_int_equal(at, N);
    packed_spool_free(s);
    free(place);
    free(path);
    support_rmtree(dir);
}

/* A place without a record is no record without bytes. */
static void
test_spool__misses_a_record(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/x", dir);
    const struct spool_record *record;
    struct packed_spool *s;
    size_t n;

    (void)state;
    assert_int_equal(packed_spool_open(&s, path, 3, NULL), ERR_OK);
    assert_int_equal(packed_spool_put(s, 0, "ab", 2, "c", 1, NULL), ERR_OK);
    assert_int_equal(packed_spool_put(s, 2, "", 0, "", 0, NULL), ERR_OK);
    assert_int_equal(packed_spool_take(s, 0, &record, &n, NULL), ERR_IO);
    packed_spool_free(s);
    free(path);
    support_rmtree(dir);
}

/* --- a store --- */

/* Cell i: the genes i and i + 1 (mod G) with counts, and its number as id and level. */
struct cells {
    size_t n;
    uint16_t (*gene)[2];
    float (*value)[2];
    struct csr_piece *row;
    struct strlist id;
    int32_t *code;
};

static void
make_cells(struct cells *c, size_t n)
{
    *c = (struct cells){.n = n};
    c->gene = xcalloc(n, sizeof *c->gene);
    c->value = xcalloc(n, sizeof *c->value);
    c->row = xcalloc(n, sizeof *c->row);
    c->code = xcalloc(n, sizeof *c->code);
    for (size_t i = 0; i < n; i++) {
        size_t g = i % (G - 1);
        char *text = xasprintf("cell %zu", i);

        c->gene[i][0] = (uint16_t)g;
        c->gene[i][1] = (uint16_t)(g + 1);
        c->value[i][0] = (float)(1 + i % 500);
        c->value[i][1] = (float)(1 + i / 500);
        c->row[i] = (struct csr_piece){c->gene[i], c->value[i], 2, 0};
        c->code[i] = (int32_t)i;
        strlist_add(&c->id, text);
        free(text);
    }
}

static void
cells_release(struct cells *c)
{
    free(c->gene);
    free(c->value);
    free(c->row);
    free(c->code);
    strlist_release(&c->id);
}

static void
write_cells(const struct cells *c, const char *path, const uint32_t *place)
{
    struct strlist gene = {0}, fact = {0};
    const struct packed_obs obs = {
        "number", COLUMN_TEXT, {c->code, sizeof *c->code}, &c->id};
    uint64_t *detected = xcalloc(G, sizeof *detected);
    struct gene_order order;
    struct packed_writer *w;

    for (size_t g = 0; g < G; g++) {
        char *text = xasprintf("G%zu", g);

        strlist_add(&gene, text);
        free(text);
    }
    gene_order_rank(&order, G, detected, 1);
    struct packed_genes genes = {&gene, &gene, &order};
    const char *const *id = (const char *const *)c->id.item;

    assert_int_equal(packed_writer_open(&w, path, &genes, NULL), ERR_OK);
    if (place)
        assert_int_equal(packed_writer_shuffle(w, place, c->n, NULL), ERR_OK);
    assert_int_equal(packed_writer_put(w, c->row, id, c->n, NULL, NULL), ERR_OK);
    assert_int_equal(packed_writer_finish(w, &obs, 1, NULL, &fact, NULL), ERR_OK);
    gene_order_release(&order);
    strlist_release(&gene);
    free(detected);
}

/* Row, id and level at each place are those of the cell that was to lie there. */
static void
check_cells(const struct cells *c, const char *path, const uint32_t *place)
{
    static uint16_t gene[G + PACKED_SLACK];
    static uint8_t code[G + PACKED_SLACK];
    static float dict[G + PACKED_SLACK];
    uint32_t *cell = xcalloc(c->n, sizeof *cell);
    struct strlist id = {0};
    struct obs_column number;
    struct packed_chunk chunk;
    struct packed p;

    for (size_t i = 0; i < c->n; i++)
        cell[place[i]] = (uint32_t)i;
    assert_int_equal(packed_open(&p, path, NULL), ERR_OK);
    assert_int_equal(packed_cell_ids(&p, &id, NULL), ERR_OK);
    assert_int_equal(packed_column(&p, 0, &number, NULL), ERR_OK);
    uint8_t *buf = xcalloc(p.longest_chunk + PACKED_SLACK, 1);

    for (size_t k = 0; k < p.n_chunks; k++) {
        assert_int_equal(packed_chunk_read(&p, k, buf, &chunk, NULL), ERR_OK);
        for (size_t i = 0; i < chunk.n; i++) {
            size_t j = chunk.first + i, was = cell[j];

            assert_int_equal(
                packed_chunk_row(&p, &chunk, i, false, gene, code, dict, NULL), ERR_OK);
            assert_int_equal(chunk.row[i].n, 2);
            for (size_t v = 0; v < 2; v++) {
                assert_int_equal(gene[v], c->gene[was][v]);
                assert_true(dict[packed_row_dict(&chunk.row[i]) ? code[v] : v] ==
                            c->value[was][v]);
            }
            assert_string_equal(id.item[j], c->id.item[was]);
            assert_string_equal(number.levels.item[codes_get(&number.code, j)],
                                id.item[j]);
        }
    }
    assert_int_equal(p.n_cells, c->n);
    assert_int_equal(p.n_values, 2 * c->n);
    free(buf);
    free(cell);
    free(number.name);
    codes_release(&number.code);
    strlist_release(&number.levels);
    strlist_release(&id);
    packed_close(&p);
}

static void
test_writer__shuffles_cells(void **state)
{
    enum { N = SPOOL_BUCKET + 777 };
    char *dir = support_tmpdir(), *path = xasprintf("%s/x.hcp", dir);
    uint32_t *place = xcalloc(N, sizeof *place);
    struct rng r = rng_stream(5, RNG_PACK, 0, 0);
    struct cells c;

    (void)state;
    make_cells(&c, N);
    rng_permutation(&r, place, N);
    write_cells(&c, path, place);
    check_cells(&c, path, place);
    for (size_t i = 0; i < N; i++)
        place[i] = (uint32_t)i;
    write_cells(&c, path, NULL);
    check_cells(&c, path, place);
    assert_int_equal(count_files(dir), 1);
    cells_release(&c);
    free(place);
    free(path);
    support_rmtree(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spool__gives_back_in_order),
        cmocka_unit_test(test_spool__misses_a_record),
        cmocka_unit_test(test_writer__shuffles_cells),
    };
    return cmocka_run_group_tests_name("packed_spool", tests, NULL, NULL);
}
