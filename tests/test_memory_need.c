/* test_memory_need.c - what a run must have in memory, and who is told. */
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/memory_need.h"
#include "data/run_data.h"

enum { N = 22000000 }; /* cells of the published atlas; no memory is taken here */

static struct file_report report;
static struct obs_column column[2];

static void
atlas_init(struct dataset *ds)
{
    report = (struct file_report){
        .n_cells = N, .n_kept = N, .nnz = 1952ull * N, .matrix_bytes = 6000ull * N};
    column[0].code.width = 1;
    column[1].code.width = 2;
    *ds = (struct dataset){.n_cells = N,
                           .col = column,
                           .n_cols = 2,
                           .report = &report,
                           .n_files = 1,
                           .is_packed = true};
}

static void
spec_with_memory(struct spec *s, const char *memory)
{
    spec_init(s);
    assert_int_equal(spec_set(s, SPEC_ID_memory, memory, NULL), ERR_OK);
    assert_int_equal(spec_resolve(s, NULL), ERR_OK);
}

/* Columns by their width; rows on disk are not counted as if they were in memory. */
static void
test_need__of_an_atlas_on_disk(void **state)
{
    struct memory_need need = {{0}};
    struct dataset ds;
    struct spec s;

    (void)state;
    atlas_init(&ds);
    spec_with_memory(&s, "1G");
    memory_need_dataset(&need, &ds, &s);
    assert_int_equal(need.bytes[MEMORY_COLUMNS], 3ull * N);
    assert_true(need.bytes[MEMORY_CELLS] <= 28ull * N);
    assert_true(need.bytes[MEMORY_ROWS] < 500u << 20);
    assert_true(memory_need_total(&need) < 1u << 30);
    assert_int_equal(memory_need_of_eval(&ds, &s), memory_need_total(&need));
    spec_release(&s);
}

/* The same atlas in a format that cannot be streamed takes all of it. */
static void
test_need__of_what_cannot_stay_on_disk(void **state)
{
    struct memory_need need = {{0}};
    struct dataset ds;
    struct spec s;

    (void)state;
    atlas_init(&ds);
    ds.is_packed = false;
    spec_with_memory(&s, "1G");
    memory_need_dataset(&need, &ds, &s);
    assert_int_equal(need.bytes[MEMORY_ROWS], report.matrix_bytes);
    spec_release(&s);
}

/* The largest part is named first, and those that hardly count are not. */
static void
test_need__warning(void **state)
{
    struct memory_need need = {{0}};
    struct strbuf out = {0};
    struct spec s;

    (void)state;
    need.bytes[MEMORY_CELLS] = 500000000;
    need.bytes[MEMORY_MODEL] = 700000000;
    need.bytes[MEMORY_CLASSES] = 1000;
    spec_with_memory(&s, "1G");
    assert_true(memory_need_warning(&need, &s, &out));
    assert_string_equal(strbuf_str(&out),
                        "--memory 1G is less than what the run may need, up to 1200 MB: "
                        "the model and its training 700 MB, labels, parts and order of "
                        "cells 500 MB");
    strbuf_release(&out);
    spec_release(&s);
}

static void
test_need__no_warning_where_it_fits_or_nothing_is_said(void **state)
{
    struct memory_need need = {{0}};
    struct strbuf out = {0};
    struct spec s;

    (void)state;
    need.bytes[MEMORY_ROWS] = 1u << 30;
    spec_with_memory(&s, "1G");
    assert_false(memory_need_warning(&need, &s, &out));
    need.bytes[MEMORY_ROWS]++;
    assert_true(memory_need_warning(&need, &s, &out));
    spec_release(&s);
    spec_with_memory(&s, "");
    assert_false(memory_need_warning(&need, &s, &out));
    spec_release(&s);
    strbuf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_need__of_an_atlas_on_disk),
        cmocka_unit_test(test_need__of_what_cannot_stay_on_disk),
        cmocka_unit_test(test_need__warning),
        cmocka_unit_test(test_need__no_warning_where_it_fits_or_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
