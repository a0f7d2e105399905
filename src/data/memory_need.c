/* memory_need.c - what a run must have in memory. */
#include "data/memory_need.h"

#include <stdlib.h>

#include "data/row_stream.h"
#include "data/run_data.h"

enum {
    /* Of each cell: class, part, a place in the table of chunks, the orders of training
     * and validation, and of those that are scored what is said of them. */
    BYTES_PER_CELL = 20,
    BYTES_PER_PLACE = sizeof(uint32_t),
    PACKED_BYTES = 2 /* of a value in a packed store, at most */
};

static const char *const part_name[MEMORY_PARTS] = {
    [MEMORY_ROWS] = "values of cells",
    [MEMORY_CELLS] = "labels, parts and order of cells",
    [MEMORY_COLUMNS] = "obs columns",
    [MEMORY_EVALS] = "cells of --eval",
    [MEMORY_AUGMENT] = "augmentation",
    [MEMORY_CLASSES] = "the hierarchy of classes",
    [MEMORY_MODEL] = "the model and its training",
    [MEMORY_PROCESS] = "the program",
};

/* Of cells that can be read while they are needed, what is needed at once. */
static uint64_t
least_bytes(const struct dataset *ds, uint64_t matrix, size_t B)
{
    uint64_t nnz = 0;

    for (size_t i = 0; i < ds->n_files; i++)
        nnz += ds->report[i].nnz;
    double n = ds->n_cells ? (double)ds->n_cells : 1, mean = (double)nnz / n;
    uint64_t bytes = row_stream_bytes(B, mean, PACKED_BYTES * mean);

    return bytes < matrix ? bytes : matrix;
}

static uint64_t
bytes_of_rows(const struct dataset *ds, const struct spec *spec)
{
    uint64_t matrix = 0, max = run_data_memory_max(spec);

    for (size_t i = 0; i < ds->n_files; i++)
        matrix += ds->report[i].matrix_bytes;
    /* Where nobody said how much there is, they take what there is when the run begins. */
    if (ds->is_packed && (ds->stream || !*spec->memory || matrix > max))
        matrix = least_bytes(ds, matrix, (size_t)spec->batch_size);
    else if (ds->in_order && (ds->windows || matrix > max))
        matrix = max; /* some at a time */
    return matrix;
}

void
memory_need_dataset(struct memory_need *need, const struct dataset *ds,
                    const struct spec *spec)
{
    uint64_t per_cell = BYTES_PER_CELL;

    per_cell += ds->file ? BYTES_PER_PLACE : 0;
    per_cell += ds->row ? BYTES_PER_PLACE : 0;
    need->bytes[MEMORY_ROWS] += bytes_of_rows(ds, spec);
    need->bytes[MEMORY_CELLS] += per_cell * ds->n_cells;
    for (size_t i = 0; i < ds->n_cols; i++)
        need->bytes[MEMORY_COLUMNS] += (uint64_t)ds->col[i].code.width * ds->n_cells;
}

uint64_t
memory_need_of_eval(const struct dataset *ds, const struct spec *spec)
{
    struct memory_need need = {{0}};

    memory_need_dataset(&need, ds, spec);
    return memory_need_total(&need);
}

uint64_t
memory_need_total(const struct memory_need *need)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < MEMORY_PARTS; i++)
        bytes += need->bytes[i];
    return bytes;
}

struct share {
    const char *name;
    uint64_t bytes;
};

static int
most_first(const void *a, const void *b)
{
    uint64_t x = ((const struct share *)a)->bytes, y = ((const struct share *)b)->bytes;

    return (x < y) - (x > y);
}

bool
memory_need_warning(const struct memory_need *need, const struct spec *spec,
                    struct strbuf *out)
{
    struct share share[MEMORY_PARTS];
    uint64_t limit, total = memory_need_total(need);

    if (!spec_size(spec->memory, &limit) || !limit || total <= limit)
        return false;
    for (size_t i = 0; i < MEMORY_PARTS; i++)
        share[i] = (struct share){part_name[i], need->bytes[i]};
    qsort(share, MEMORY_PARTS, sizeof *share, most_first);
    strbuf_addf(out, "--memory %s is less than what the run may need, up to %.0f MB:",
                spec->memory, (double)total / 1e6);
    for (size_t i = 0; i < MEMORY_PARTS && share[i].bytes * 100 >= total; i++)
        strbuf_addf(out, "%s %s %.0f MB", i ? "," : "", share[i].name,
                    (double)share[i].bytes / 1e6);
    return true;
}
