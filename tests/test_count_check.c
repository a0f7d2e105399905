/* test_count_check.c - a store whose cells look like counts, but for one further on, is
 * taken alike whether it is in memory or on disk. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/packed_write.h"

enum {
    N = 3200,
    G = 8,
    ODD = 21
}; /* ODD is of chunk 1, which no sample of 64 looks at */

static char *dir, *path;

static int
set_up(void **state)
{
    (void)state;
    dir = support_tmpdir();
    path = xasprintf("%s/cells.hcp", dir);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    free(path);
    support_rmtree(dir);
    return 0;
}

/* Cell i has the counts 1, 2, ... of its genes; ODD times x.  fact may be NULL. */
static void
write_store(float x, const char *fact, bool odd_has_label)
{
    struct strlist id = {0}, level = {0}, facts = {0};
    struct gene_order order;
    struct packed_writer *w;
    uint64_t detected[G];
    int32_t *code = calloc(N, sizeof *code);

    for (size_t g = 0; g < G; g++) {
        char text[16];

        snprintf(text, sizeof text, "g%zu", g);
        strlist_add(&id, text);
        detected[g] = N;
    }
    strlist_split(&level, "A,B", ',');
    if (fact)
        strlist_add(&facts, fact);
    gene_order_rank(&order, G, detected, N);
    struct packed_genes genes = {&id, &id, &order};

    assert_int_equal(packed_writer_open(&w, path, &genes, NULL), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        uint16_t index[G];
        float value[G];
        char text[16];
        const char *cell = text;
        struct csr_piece piece = {index, value, 0, 0};

        snprintf(text, sizeof text, "c%zu", i);
        code[i] = i == ODD && !odd_has_label ? -1 : (int32_t)(i % 2);
        for (size_t g = 0; g < G; g++)
            if ((i + g) % 3) {
                index[piece.n] = (uint16_t)g;
                value[piece.n++] = (float)(1 + (i + g) % 5) * (i == ODD ? x : 1);
            }
        assert_int_equal(packed_writer_put(w, &piece, &cell, 1, NULL, NULL), ERR_OK);
    }
    struct packed_obs obs = {"cell_type", COLUMN_TEXT, {code, sizeof *code}, &level};

    assert_int_equal(packed_writer_finish(w, &obs, 1, NULL, &facts, NULL), ERR_OK);
    gene_order_release(&order);
    strlist_release(&id);
    strlist_release(&level);
    strlist_release(&facts);
    free(code);
}

/* Load; *normalize (static) = what was decided. */
static enum err
load(uint64_t memory_max, const char **normalize, struct errbuf *eb)
{
    struct strlist none = {0}, paths = {0};
    struct notes notes = {0};
    struct dataset ds;
    struct dataset_request q = {.path = &paths,
                                .where = &none,
                                .label = "cell_type",
                                .layer = "auto",
                                .normalize = NORMALIZE_AUTO,
                                .with_matrix = true,
                                .lean = true,
                                .threads = 2,
                                .memory_max = memory_max};

    strlist_add(&paths, path);
    enum err e = dataset_load(&ds, &q, &notes, eb);

    if (!e) {
        assert_true((ds.stream != NULL) == (memory_max == 1));
        *normalize = strcmp(ds.report[0].normalize, "none") == 0 ? "none" : "sf-log1p";
    }
    dataset_release(&ds);
    strlist_release(&paths);
    return e;
}

static void
expect_both(const char *normalize)
{
    for (uint64_t max = 0; max < 2; max++) {
        struct errbuf eb = {""};
        const char *got = "";

        if (load(max, &got, &eb))
            fail_msg("%s", eb.text);
        assert_string_equal(got, normalize);
    }
}

static void
test_counts__all_of_them(void **state)
{
    (void)state;
    write_store(1, NULL, true);
    expect_both("sf-log1p");
    write_store(1, "values=as they were", true);
    expect_both("sf-log1p");
    write_store(100000, NULL, true); /* counts that no byte holds */
    expect_both("sf-log1p");
}

static void
test_counts__one_cell_has_none(void **state)
{
    (void)state;
    write_store(0.3f, NULL, true);
    expect_both("none");
    write_store(0.3f, NULL, false); /* it is not used */
    expect_both("sf-log1p");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts__all_of_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counts__one_cell_has_none, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
