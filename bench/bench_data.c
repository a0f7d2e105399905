/* bench_data.c - made-up cells as the data of a run, without files. */
#include "bench/bench_data.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "bench/bench_cells.h"

/* The classes whose reachability bench_cells has: threes under their first. */
static void
make_classes(struct class_set *cs, size_t C)
{
    struct strlist name = {0}, term = {0};
    uint32_t *up = xcalloc(C, sizeof *up), *down = xcalloc(C, sizeof *down);
    size_t n = 0;

    for (size_t c = 0; c < C; c++) {
        char label[32];

        snprintf(label, sizeof label, "class %05zu", c);
        strlist_add(&name, label);
        strlist_add(&term, "");
        if (c % 3 == 0)
            continue;
        up[n] = (uint32_t)(c / 3 * 3);
        down[n++] = (uint32_t)c;
    }
    class_set_restore(cs, &name, &term, up, down, n);
    strlist_release(&name);
    strlist_release(&term);
    free(up);
    free(down);
}

void
bench_data_init(struct run_data *rd, const struct bench_options *o, bool augmented)
{
    struct bench_cells b;
    size_t n = o->cells + o->val;

    *rd = (struct run_data){0};
    bench_cells_make(&b, n, o->D, o->C, 1);
    make_classes(&rd->classes, o->C);
    rd->ds.x = b.x;
    rd->ds.n_cells = n;
    rd->y = b.y;
    b.x = (struct csr){0};
    b.y = NULL;
    if (augmented) {
        rd->augment = xcalloc(1, sizeof *rd->augment);
        *rd->augment = b.augment;
        b.augment = (struct augment){0};
    }
    bench_cells_release(&b);
    rd->part = xcalloc(n, sizeof *rd->part);
    for (size_t i = 0; i < n; i++)
        rd->part[i] = i < o->cells ? PART_TRAIN : PART_VAL;
    rd->n_part[PART_TRAIN] = o->cells;
    rd->n_part[PART_VAL] = o->val;
    rd->nnz = bench_csr_values(&rd->ds.x);
    snprintf(rd->data_digest, sizeof rd->data_digest, "%064d", 1);
    snprintf(rd->split_digest, sizeof rd->split_digest, "%064d", 2);
}

uint64_t
bench_data_cell_bytes(const struct run_data *rd)
{
    return bench_csr_bytes(&rd->ds.x) +
           rd->ds.n_cells * (sizeof *rd->y + sizeof *rd->part);
}

uint64_t
bench_data_vector_bytes(const struct run_data *rd)
{
    return rd->augment ? bench_csr_bytes(&rd->augment->a) : 0;
}
