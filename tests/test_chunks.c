/* test_chunks.c - folders of .h5ad chunks and files with 60,664 genes, as CELLxGENE has
 * them, beside the genes of a model. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/obs_column.h"
#include "data/run_data.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

enum {
    CENSUS = 60664, /* genes of a CELLxGENE file */
    M = 40,         /* genes of the model */
    CELLS = 12      /* of a chunk */
};

/* A chunk: its genes are number[0..n) of CENSUS. */
struct chunk {
    const char *name;
    const size_t *number;
    size_t n;
    size_t first;              /* number of its first cell */
    bool versions;             /* "ENSG00000000007.3" */
    bool as_categories;        /* cell_type */
    const char *const *type;   /* (3) labels of its cells in turn */
    const int64_t *is_primary; /* (CELLS) NULL: no such column */
};

static const char *const types[3] = {"T cell", "B cell", "monocyte"};

/* Number of the model's gene k: spread over CENSUS, in no order. */
static size_t
model_gene(size_t k)
{
    return (k * 15013 + 7) % CENSUS;
}

static void
gene_id(char id[32], size_t number, bool version)
{
    snprintf(id, 32, "ENSG%011zu%s", number + 1, version ? ".3" : "");
}

static double
count_of(size_t cell, size_t number)
{
    size_t h = (cell * 2654435761u + number * 40503u) >> 3;

    return h % 3 ? 0 : (double)(h % 7 + 1);
}

/* --- writing chunks --- */

static void
add_var(hid_t at, const struct chunk *c)
{
    static const char *const column[] = {"feature_name", "feature_biotype"};
    char(*id)[32] = calloc(c->n, sizeof *id),
    (*symbol)[32] = calloc(c->n, sizeof *symbol);
    const char **text = calloc(c->n, sizeof *text), **name = calloc(c->n, sizeof *name);
    const char **gene = calloc(c->n, sizeof *gene);

    for (size_t i = 0; i < c->n; i++) {
        gene_id(id[i], c->number[i], c->versions);
        snprintf(symbol[i], sizeof symbol[i], "G%zu", c->number[i]);
        text[i] = id[i];
        name[i] = symbol[i];
        gene[i] = "gene";
    }
    hid_t var = h5b_frame(at, "var", text, c->n);

    h5b_texts(var, column[0], 0, name, c->n);
    h5b_texts(var, column[1], 0, gene, c->n);
    h5b_frame_end(var, column, 2);
    free(gene);
    free(name);
    free(text);
    free(symbol);
    free(id);
}

static void
add_obs(hid_t file, const struct chunk *c)
{
    static const char *const column[] = {"cell_type", "donor_id", "is_primary_data"};
    char name[CELLS][32];
    const char *index[CELLS], *label[CELLS], *donor[CELLS];
    int64_t code[CELLS];

    for (size_t i = 0; i < CELLS; i++) {
        snprintf(name[i], sizeof name[i], "cell%zu", c->first + i);
        index[i] = name[i];
        label[i] = c->type[i % 3];
        code[i] = (int64_t)(i % 3);
        donor[i] = i % 2 ? "d1" : "d0";
    }
    hid_t obs = h5b_frame(file, "obs", index, CELLS), bool_type = h5b_bool_type();

    if (c->as_categories)
        h5b_categorical(obs, "cell_type", H5T_STD_I8LE, code, CELLS, c->type, 3);
    else
        h5b_texts(obs, "cell_type", 0, label, CELLS);
    h5b_texts(obs, "donor_id", 0, donor, CELLS);
    if (c->is_primary)
        h5b_ints(obs, "is_primary_data", bool_type, c->is_primary, CELLS);
    H5Tclose(bool_type);
    h5b_frame_end(obs, column, c->is_primary ? 3 : 2);
}

/* trial_dir/NAME: counts in raw/X, and in X what nobody is to take.  Caller frees the
 * path. */
static char *
write_chunk(const struct chunk *c)
{
    char *path = xasprintf("%s/%s", trial_dir, c->name);
    hid_t file = h5b_create(path), raw = h5b_group(file, "raw");
    double *x = calloc(CELLS * c->n, sizeof *x),
           *odd = calloc(CELLS * c->n, sizeof *odd);

    assert_non_null(x);
    assert_non_null(odd);
    for (size_t i = 0; i < CELLS; i++)
        for (size_t g = 0; g < c->n; g++) {
            x[i * c->n + g] = count_of(c->first + i, c->number[g]);
            odd[i * c->n + g] = x[i * c->n + g] / 3;
        }
    h5b_sparse_of(raw, "X", "csr_matrix", x, CELLS, c->n);
    h5b_sparse_of(file, "X", "csr_matrix", odd, CELLS, c->n);
    add_var(raw, c);
    add_var(file, c);
    add_obs(file, c);
    free(odd);
    free(x);
    H5Gclose(raw);
    H5Fclose(file);
    return path;
}

/* All genes of a CELLxGENE file: in order, or from the last.  Caller frees. */
static size_t *
all_genes(bool backwards)
{
    size_t *number = xmalloc(CENSUS, sizeof *number);

    for (size_t i = 0; i < CENSUS; i++)
        number[i] = backwards ? CENSUS - 1 - i : i;
    return number;
}

static int
set_up(void **state)
{
    int bad = trial_set_up(state);

    return bad ? bad : unlink(trial_path); /* the folder is to have our chunks alone */
}

/* A request on the folder with the genes of the model. */
static void
begin(struct trial *t, struct strlist *id, struct strlist *name)
{
    trial_init(t);
    strlist_add(&t->path, trial_dir);
    for (size_t k = 0; id && k < M; k++) {
        char text[32];

        gene_id(text, model_gene(k), false);
        strlist_add(id, text);
        strlist_add(name, "");
    }
    t->q.gene_id = id;
    t->q.gene_name = name;
}

/* Row `row` is cell `cell`: its counts of the model's genes that the chunk has, scaled. */
static void
expect_cell(const struct dataset *ds, size_t row, size_t cell, const struct chunk *c)
{
    double want[M] = {0}, sum = 0;

    for (size_t k = 0; k < M; k++)
        for (size_t g = 0; g < c->n; g++)
            if (c->number[g] == model_gene(k))
                sum += want[k] = count_of(cell, c->number[g]);
    assert_true(sum > 0);
    for (size_t k = 0; k < M; k++) {
        double got = trial_value(ds, row, k), w = log1p(want[k] * 1e4 / sum);

        if (!(fabs(got - w) <= 1e-6 * w))
            fail_msg("cell %zu, gene %zu: %g instead of %g", cell, k, got, w);
    }
}

/* --- tests --- */

/* Chunks with all genes in order, all but two backwards and with versions, and a few:
 * each cell has the values of its own chunk at the places of the model's genes. */
static void
test_chunks__are_aligned_to_the_genes_of_the_model(void **state)
{
    (void)state;
    enum { FEW = 500 };
    static const char *const other[3] = {"monocyte", "natural killer cell", "T cell"};
    size_t *forth = all_genes(false), *back = all_genes(true), few[FEW], n = 0,
           n_back = 0;
    struct strlist id = {0}, name = {0};
    struct trial t;

    for (size_t i = 0; i < CENSUS; i++)
        if (back[i] != model_gene(3) && back[i] != model_gene(17))
            back[n_back++] = back[i];
    for (size_t k = 0; k < M; k += 2)
        few[n++] = model_gene(k);
    for (size_t i = 0; n < FEW; i++)
        few[n++] = CENSUS - 1 - i; /* genes that no model has: none of these is one */
    for (size_t k = 0; k < M; k++)
        assert_true(model_gene(k) < CENSUS - FEW);
    const struct chunk chunk[3] = {
        {"chunk_0.h5ad", forth, CENSUS, 0, false, true, types, NULL},
        {"chunk_1.h5ad", back, n_back, 100, true, true, other, NULL},
        {"chunk_2.h5ad", few, FEW, 200, false, false, types, NULL}};

    for (size_t i = 0; i < 3; i++)
        free(write_chunk(&chunk[i]));
    begin(&t, &id, &name);
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_int_equal(t.ds.n_cells, 3 * CELLS);
    assert_int_equal(t.ds.gene_id.n, M);
    for (size_t row = 0; row < 3 * CELLS; row++) {
        const struct chunk *c = &chunk[row / CELLS];
        char cell[32];

        snprintf(cell, sizeof cell, "cell%zu", c->first + row % CELLS);
        assert_string_equal(t.ds.cell_id.item[row], cell);
        assert_string_equal(
            obs_column_text(dataset_find_column(&t.ds, "cell_type"), row),
            c->type[row % CELLS % 3]);
        expect_cell(&t.ds, row, c->first + row % CELLS, c);
    }
    for (size_t i = 0; i < 3; i++) {
        static const size_t missing[3] = {0, 2, M / 2};

        assert_string_equal(t.ds.report[i].layer, "raw/X");
        assert_int_equal(t.ds.report[i].n_genes, chunk[i].n);
        assert_int_equal(t.ds.report[i].n_genes_missing, missing[i]);
        assert_int_equal(t.ds.report[i].n_genes_dropped, chunk[i].n - M + missing[i]);
    }
    trial_release(&t);
    strlist_release(&id);
    strlist_release(&name);
    free(forth);
    free(back);
}

/* Rows that are copies of other studies' are left out; a chunk that does not say is taken
 * whole. */
static void
test_chunks__leave_out_what_is_not_primary(void **state)
{
    (void)state;
    static const int64_t some[CELLS] = {1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0};
    size_t few[M];
    struct strlist id = {0}, name = {0};
    struct trial t;

    for (size_t k = 0; k < M; k++)
        few[k] = model_gene(M - 1 - k);
    const struct chunk a = {"a.h5ad", few, M, 0, false, true, types, some},
                       b = {"b.h5ad", few, M, 50, false, true, types, NULL};

    free(write_chunk(&a));
    free(write_chunk(&b));
    begin(&t, &id, &name);
    trial_must_load(&t);
    assert_int_equal(t.ds.n_cells, 2 * CELLS - 3);
    assert_int_equal(t.ds.report[0].n_not_primary, 3);
    assert_int_equal(t.ds.report[1].n_not_primary, 0);
    assert_string_equal(t.ds.cell_id.item[2], "cell3");
    expect_cell(&t.ds, 2, 3, &a);
    expect_cell(&t.ds, CELLS - 3, 50, &b);
    trial_release(&t);
    strlist_release(&id);
    strlist_release(&name);
}

/* As a training set they have their own genes, those of all chunks joined. */
static void
test_chunks__train_on_the_genes_of_all(void **state)
{
    (void)state;
    size_t *forth = all_genes(false), *back = all_genes(true);
    struct trial t;
    const struct chunk chunk[2] = {
        {"a.h5ad", forth, CENSUS, 0, false, true, types, NULL},
        {"b.h5ad", back, CENSUS - 100, 50, true, true, types, NULL}};

    free(write_chunk(&chunk[0]));
    free(write_chunk(&chunk[1]));
    begin(&t, NULL, NULL);
    trial_must_load(&t);
    trial_expect_sound(&t.ds);
    assert_int_equal(t.ds.gene_id.n, CENSUS);
    assert_int_equal(t.ds.report[1].n_genes_missing, 100);
    double sum = 0;

    for (size_t g = 100; g < CENSUS; g++)
        sum += count_of(51, g);
    for (size_t g = 0; g < CENSUS; g += 97) {
        double want = g < 100 ? 0 : log1p(count_of(51, g) * 1e4 / sum);

        assert_true(fabs(trial_value(&t.ds, CELLS + 1, g) - want) <= 1e-6 * want);
    }
    trial_release(&t);
    free(forth);
    free(back);
}

/* A fault of one chunk among many names that chunk. */
static void
expect_fault(const char *name, const char *part)
{
    struct strlist id = {0}, gene = {0};
    struct trial t;

    begin(&t, &id, &gene);
    assert_int_not_equal(trial_load(&t), ERR_OK);
    trial_must_say(t.eb.text, name);
    trial_must_say(t.eb.text, part);
    trial_release(&t);
    strlist_release(&id);
    strlist_release(&gene);
}

static void
test_chunks__name_the_one_that_is_at_fault(void **state)
{
    (void)state;
    size_t few[M], others[M];
    static const char *const column[] = {"donor_id"};
    const char *index[CELLS];

    for (size_t k = 0; k < M; k++) {
        few[k] = model_gene(k);
        others[k] = CENSUS + k;
    }
    for (size_t i = 0; i < CELLS; i++)
        index[i] = "c";
    const struct chunk good = {"a.h5ad", few, M, 0, false, true, types, NULL},
                       alien = {"b.h5ad", others, M, 50, false, true, types, NULL},
                       same = {"b.h5ad", few, M, 50, false, true, types, NULL};

    free(write_chunk(&good));
    free(write_chunk(&alien));
    expect_fault("b.h5ad", "none of its 40 genes");
    char *b = write_chunk(&same);

    assert_int_equal(truncate(b, 5000), 0);
    expect_fault("b.h5ad", "shorter than its superblock says");
    free(write_chunk(&same));
    hid_t file = h5b_edit(b);

    h5b_delete(file, "obs");
    hid_t obs = h5b_frame(file, "obs", index, CELLS);

    h5b_texts(obs, "donor_id", 0, index, CELLS);
    h5b_frame_end(obs, column, 1);
    H5Fclose(file);
    struct strlist id = {0}, name = {0};
    struct trial t;

    begin(&t, &id, &name);
    trial_must_load(&t); /* the label is in the other chunk: these cells have none */
    assert_int_equal(t.ds.n_cells, CELLS);
    assert_int_equal(t.ds.report[1].n_no_label, CELLS);
    assert_true(trial_is_warned(&t, "b.h5ad: none of its cells has a label"));
    trial_release(&t);
    strlist_release(&id);
    strlist_release(&name);
    free(b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, trial_tear_down)
    const struct CMUnitTest tests[] = {
        T(test_chunks__are_aligned_to_the_genes_of_the_model),
        T(test_chunks__leave_out_what_is_not_primary),
        T(test_chunks__train_on_the_genes_of_all),
        T(test_chunks__name_the_one_that_is_at_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
