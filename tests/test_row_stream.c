/* test_row_stream.c - rows that are read while they are needed are those in memory, and so
 * is what is trained on them. */
#include "data/row_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/xalloc.h"
#include "data/cell_order.h"
#include "data/direct_read.h"
#include "data/row_feed.h"
#include "tests/support.h"
#include "tests/toy_run.h"

/* --- a file that is a matrix --- */

enum { NOWHERE = INT32_MAX, MARK_BYTES = 24, FIRST = 13, DISTANCE = 100 };

struct shelf {
    const struct csr *x;
    size_t first, n;                      /* rows of x that are this file's */
    size_t bad_read, bad_bytes, bad_rows; /* chunks that fail, or NOWHERE */
    atomic_size_t n_read, n_decoded, n_expected;
    int direct; /* a file of the chunks, DISTANCE apart from FIRST on */
};

static size_t
shelf_bytes(const struct row_chunks *c, size_t chunk)
{
    (void)c;
    return MARK_BYTES - chunk % 5;
}

static enum err
shelf_read(const struct row_chunks *c, size_t chunk, uint8_t *out, struct errbuf *eb)
{
    struct shelf *s = c->impl;
    size_t mark[2] = {chunk, s->first};

    s->n_read++;
    if (chunk == s->bad_read)
        return err_set(eb, ERR_IO, "shelf: chunk %zu cannot be read", chunk);
    memset(out, 0xee, shelf_bytes(c, chunk));
    memcpy(out, mark, sizeof mark);
    return ERR_OK;
}

static enum err
shelf_measure(const struct row_chunks *c, const struct chunk_want *w, size_t *values,
              size_t *words, struct errbuf *eb)
{
    const struct shelf *s = c->impl;
    size_t mark[2];

    memcpy(mark, w->bytes, sizeof mark);
    assert_int_equal(mark[0], w->chunk);
    assert_int_equal(mark[1], s->first);
    *values = *words = 0;
    if (w->chunk == s->bad_bytes)
        return err_set(eb, ERR_FORMAT, "shelf: chunk %zu is damaged", w->chunk);
    for (size_t k = 0; k < CHUNK_ROWS; k++) {
        if (!(w->rows >> k & 1))
            continue;
        assert_true(w->chunk * CHUNK_ROWS + k < s->n);
        struct csr_row r = csr_row(s->x, s->first + w->chunk * CHUNK_ROWS + k);

        *values += r.n;
        *words += csr_words(r.n, r.n_dict);
    }
    return ERR_OK;
}

static enum err
shelf_decode(const struct row_chunks *c, const struct chunk_want *w, uint16_t *index,
             float *word, struct csr_row *row, struct errbuf *eb)
{
    struct shelf *s = c->impl;

    s->n_decoded++;
    if (w->chunk == s->bad_rows)
        return err_set(eb, ERR_FORMAT, "shelf: rows of chunk %zu", w->chunk);
    for (size_t k = 0; k < CHUNK_ROWS; k++) {
        if (!(w->rows >> k & 1))
            continue;
        struct csr_row r = csr_row(s->x, s->first + w->chunk * CHUNK_ROWS + k);
        size_t words = csr_words(r.n, r.n_dict);

        row[k] = r;
        row[k].index = index;
        row[k].value = word;
        row[k].code = r.code ? (const uint8_t *)(word + r.n_dict) : NULL;
        if (r.n) {
            memcpy(index, r.index, r.n * sizeof *index);
            memcpy(word, r.value, words * sizeof *word);
        }
        index += r.n;
        word += words;
    }
    return ERR_OK;
}

static int
shelf_direct(const struct row_chunks *c, size_t chunk, uint64_t *offset)
{
    const struct shelf *s = c->impl;

    *offset = FIRST + chunk * DISTANCE;
    return s->direct;
}

static void
shelf_expect(const struct row_chunks *c, size_t chunk)
{
    struct shelf *s = c->impl;

    (void)chunk;
    s->n_expected++;
}

static void
shelf_close(struct row_chunks *c)
{
    struct shelf *s = c->impl;

    if (s->direct >= 0)
        close(s->direct);
    free(s);
}

static const struct row_chunks_ops shelf_ops = {.bytes = shelf_bytes,
                                                .read = shelf_read,
                                                .measure = shelf_measure,
                                                .decode = shelf_decode,
                                                .direct = shelf_direct,
                                                .expect = shelf_expect,
                                                .close = shelf_close};

static struct shelf *
shelf_new(struct row_chunks *c, const struct csr *x, size_t first, size_t n)
{
    struct shelf *s = xcalloc(1, sizeof *s);

    s->x = x;
    s->first = first;
    s->n = n;
    s->direct = -1;
    s->bad_read = s->bad_bytes = s->bad_rows = NOWHERE;
    *c = (struct row_chunks){&shelf_ops, s};
    return s;
}

/* --- rows --- */

enum { CELLS = 20000, GENES = 40, CUT = 7003, FILES = 2 };

/* Cells of two files, in memory and not. */
struct lab {
    struct csr x;
    struct dataset ds;
    struct shelf *shelf[FILES];
    uint32_t cell[CELLS];
};

static void
fill(struct csr *x)
{
    struct rng r = rng_stream(3, RNG_SIMULATE, 9, 0);
    uint64_t at = 0;

    assert_int_equal(csr_init(x, CELLS, GENES, (uint64_t)CELLS * GENES, NULL), ERR_OK);
    for (size_t i = 0; i < CELLS; i++) {
        for (size_t g = 0; g < GENES; g++) {
            if (rng_below(&r, 2 * (i * GENES + g), 3) != 0)
                continue;
            x->index[at] = (uint16_t)g;
            x->value[at++] = (float)(1 + rng_below(&r, 2 * (i * GENES + g) + 1, 4));
        }
        x->indptr[i + 1] = at;
    }
}

static void
lab_init(struct lab *lab)
{
    struct csr plain;
    struct row_chunks *c = xcalloc(FILES, sizeof *c);

    memset(lab, 0, sizeof *lab);
    fill(&plain);
    assert_int_equal(csr_code(&lab->x, &plain, NULL), ERR_OK);
    csr_release(&plain);
    lab->ds = (struct dataset){.n_cells = CELLS};
    lab->ds.file = xcalloc(CELLS, sizeof *lab->ds.file);
    lab->ds.row = xcalloc(CELLS, sizeof *lab->ds.row);
    for (uint32_t i = 0; i < CELLS; i++) {
        lab->cell[i] = i;
        lab->ds.file[i] = i >= CUT;
        lab->ds.row[i] = i < CUT ? i : i - CUT;
    }
    lab->shelf[0] = shelf_new(&c[0], &lab->x, 0, CUT);
    lab->shelf[1] = shelf_new(&c[1], &lab->x, CUT, CELLS - CUT);
    lab->ds.stream = row_stream_new(c, FILES, lab->ds.file, lab->ds.row);
}

static void
lab_release(struct lab *lab)
{
    csr_release(&lab->x);
    dataset_release(&lab->ds);
}

static void
same_row(const struct csr_row *a, const struct csr_row *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t k = 0; k < a->n; k++)
        assert_true(a->index[k] == b->index[k] && csr_value(a, k) == csr_value(b, k));
}

/* Take the list in batches of B; stop after `most` cells.  What the feed says then. */
static enum err
take(const struct lab *lab, const struct row_list *list, size_t B, size_t most,
     struct pool *pool, struct errbuf *eb)
{
    struct row_feed f;
    struct row_batch b;
    size_t at = list->from;
    enum err e = row_feed_open(&f, &lab->ds, list, B, pool, eb);

    assert_int_equal(e, ERR_OK);
    while (at < most && !(e = row_feed_next(&f, &b, eb)) && b.n) {
        assert_int_equal(b.n, list->n - at < B ? list->n - at : B);
        for (size_t i = 0; i < b.n; i++) {
            struct csr_row got = row_batch_at(&b, i);
            struct csr_row there = csr_row(&lab->x, list->cell[at + i]);

            assert_int_equal(b.cell[i], list->cell[at + i]);
            same_row(&got, &there);
        }
        at += b.n;
    }
    assert_true(e || at >= most || at == list->n);
    row_feed_close(&f);
    return e;
}

static void
test_row_stream__every_order_gives_the_rows(void **state)
{
    static const size_t size[] = {1, 7, 1000, 2048, 4096, 4097, 9000, CELLS};
    struct lab lab;
    struct cell_order o;
    uint32_t *order[3];
    struct rng r = rng_stream(4, RNG_SIMULATE, 0, 0);

    (void)state;
    lab_init(&lab);
    order[0] = lab.cell;
    order[1] = xcalloc(CELLS, sizeof *order[1]);
    order[2] = xcalloc(CELLS, sizeof *order[2]);
    rng_permutation(&r, order[1], CELLS);
    assert_int_equal(cell_order_init(&o, &lab.ds, lab.cell, CELLS, true, NULL), ERR_OK);
    cell_order_epoch(&o, 1, 1, order[2]);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
            struct pool *pool = k % 2 ? pool_new(1 + k / 2) : NULL;
            struct row_list list = {.cell = order[i], .from = k * 1111, .n = CELLS - k};

            if (i == 2) {
                list.cut = o.cut;
                list.n_cuts = o.n_cuts;
            }
            assert_int_equal(take(&lab, &list, size[k], SIZE_MAX, pool, NULL), ERR_OK);
            pool_free(pool);
        }
    cell_order_release(&o);
    free(order[1]);
    free(order[2]);
    lab_release(&lab);
}

/* Cells of the same chunks many times, some of them more than once. */
static void
test_row_stream__a_cell_may_come_again(void **state)
{
    struct lab lab;
    struct rng r = rng_stream(5, RNG_SIMULATE, 0, 0);

    (void)state;
    lab_init(&lab);
    for (size_t i = 0; i < CELLS; i++)
        lab.cell[i] = (uint32_t)rng_below(&r, i, 300);
    struct row_list list = {.cell = lab.cell, .n = CELLS};

    assert_int_equal(take(&lab, &list, 300, SIZE_MAX, NULL, NULL), ERR_OK);
    lab_release(&lab);
}

/* An epoch in blocks reads each chunk once, also from its middle on. */
static void
test_row_stream__blocks_read_a_chunk_once(void **state)
{
    struct lab lab;
    struct cell_order o;
    uint32_t *order = xcalloc(CELLS, sizeof *order);
    size_t chunks = (CUT + 15) / 16 + (CELLS - CUT + 15) / 16;

    (void)state;
    lab_init(&lab);
    assert_int_equal(cell_order_init(&o, &lab.ds, lab.cell, CELLS, true, NULL), ERR_OK);
    cell_order_epoch(&o, 1, 1, order);
    struct row_list list = {order, 0, CELLS, o.cut, o.n_cuts};

    assert_int_equal(take(&lab, &list, 2048, SIZE_MAX, NULL, NULL), ERR_OK);
    assert_int_equal(lab.shelf[0]->n_read + lab.shelf[1]->n_read, chunks);
    assert_int_equal(lab.shelf[0]->n_decoded + lab.shelf[1]->n_decoded, chunks);
    list.from = 2 * 2048;
    lab.shelf[0]->n_read = lab.shelf[1]->n_read = 0;
    assert_int_equal(take(&lab, &list, 2048, SIZE_MAX, NULL, NULL), ERR_OK);
    assert_true(lab.shelf[0]->n_read + lab.shelf[1]->n_read < chunks);
    cell_order_release(&o);
    free(order);
    lab_release(&lab);
}

/* Whoever stops early leaves no thread and nothing in the way of the next list. */
static void
test_row_stream__a_list_may_end_early(void **state)
{
    struct lab lab;
    struct pool *pool = pool_new(2);

    (void)state;
    lab_init(&lab);
    for (size_t most = 0; most < 40; most++) {
        struct row_list list = {.cell = lab.cell, .from = most, .n = CELLS};

        assert_int_equal(take(&lab, &list, 257, most * 300, pool, NULL), ERR_OK);
    }
    pool_free(pool);
    lab_release(&lab);
}

/* What goes wrong with a chunk is heard when its cells are to be used, not before. */
static void
test_row_stream__errors_come_with_their_cells(void **state)
{
    static const char *const text[] = {"shelf: chunk 300 cannot be read",
                                       "shelf: chunk 300 is damaged",
                                       "shelf: rows of chunk 300"};
    struct lab lab;
    struct errbuf eb;
    struct pool *pool = pool_new(2);

    (void)state;
    lab_init(&lab);
    for (size_t i = 0; i < 3; i++) {
        struct row_list list = {.cell = lab.cell, .n = CELLS};
        struct shelf *s = lab.shelf[1];

        s->bad_read = i == 0 ? 300 : NOWHERE;
        s->bad_bytes = i == 1 ? 300 : NOWHERE;
        s->bad_rows = i == 2 ? 300 : NOWHERE;
        assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, &eb),
                         i == 0 ? ERR_IO : ERR_FORMAT);
        assert_string_equal(eb.text, text[i]);
        assert_int_equal(take(&lab, &list, 500, CUT, pool, &eb), ERR_OK);
        s->bad_read = s->bad_bytes = s->bad_rows = NOWHERE;
        assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, &eb), ERR_OK);
    }
    pool_free(pool);
    lab_release(&lab);
}

/* --- past the system's cache --- */

/* The file of a shelf, of `most` chunks. */
static int
write_shelf(const struct shelf *s, const char *path, size_t most)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    assert_true(fd >= 0);
    for (size_t chunk = 0; chunk < most; chunk++) {
        size_t mark[MARK_BYTES / sizeof(size_t)] = {chunk, s->first};

        assert_int_equal(
            pwrite(fd, mark, sizeof mark, (off_t)(FIRST + chunk * DISTANCE)),
            sizeof mark);
    }
    assert_int_equal(fsync(fd), 0);
    return fd;
}

static void
set_direct(struct shelf *s, int fd)
{
    if (s->direct >= 0)
        close(s->direct);
    s->direct = fd;
    s->n_read = s->n_expected = 0;
}

/* Files that are whole, cut in the middle of a list, and of a kind that opens and then
 * refuses: the rows are the same, and what is not under way is expected. */
static void
test_row_stream__reads_past_the_cache(void **state)
{
    struct lab lab;
    struct row_list list = {.cell = lab.cell, .n = CELLS};
    char *dir = support_tmpdir(), *path = xasprintf("%s/shelf", dir);
    struct pool *pool = pool_new(2);

    (void)state;
    lab_init(&lab);
    for (size_t f = 0; f < FILES; f++) {
        struct shelf *s = lab.shelf[f];
        int fd = write_shelf(s, path, (s->n + CHUNK_ROWS - 1) / CHUNK_ROWS);

        set_direct(s, direct_read_fd(fd));
        close(fd);
        unlink(path);
    }
    bool can = lab.shelf[0]->direct >= 0; /* not on each file system */

    assert_int_equal(take(&lab, &list, 500, 3000, pool, NULL), ERR_OK);
    assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, NULL), ERR_OK);
    if (can)
        assert_int_equal(lab.shelf[0]->n_read + lab.shelf[1]->n_read, 0);
    int fd = write_shelf(lab.shelf[1], path, 200);

    set_direct(lab.shelf[1], direct_read_fd(fd));
    close(fd);
    assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, NULL), ERR_OK);
    if (can)
        assert_in_range(lab.shelf[1]->n_read, 1, (CELLS - CUT) / CHUNK_ROWS);
    for (size_t i = 0; i < 5; i++) {
        set_direct(lab.shelf[1], open(path, O_WRONLY | O_CLOEXEC));
        assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, NULL), ERR_OK);
        assert_in_range(lab.shelf[1]->n_expected, lab.shelf[1]->n_read, CELLS);
        assert_true(lab.shelf[1]->n_read >= (CELLS - CUT) / CHUNK_ROWS);
    }
    pool_free(pool);
    lab_release(&lab);
    support_rmtree(dir);
    free(path);
}

/* The library's own, unless a test says that nothing comes back. */
int __real_io_getevents(io_context_t ctx, long least, long most, struct io_event *event,
                        struct timespec *timeout);
int __wrap_io_getevents(io_context_t ctx, long least, long most, struct io_event *event,
                        struct timespec *timeout);
static bool nothing_back;

int
__wrap_io_getevents(io_context_t ctx, long least, long most, struct io_event *event,
                    struct timespec *timeout)
{
    return nothing_back ? -EINVAL
                        : __real_io_getevents(ctx, least, most, event, timeout);
}

/* The list ends with an error that names the file; the next one is read as usual. */
static void
test_row_stream__reading_that_never_ends_is_an_error(void **state)
{
    struct lab lab;
    struct row_list list = {.cell = lab.cell, .n = CELLS};
    char *dir = support_tmpdir(), *path = xasprintf("%s/shelf", dir);
    struct pool *pool = pool_new(2);
    struct errbuf eb;

    (void)state;
    lab_init(&lab);
    for (size_t f = 0; f < FILES; f++) {
        struct shelf *s = lab.shelf[f];
        int fd = write_shelf(s, path, (s->n + CHUNK_ROWS - 1) / CHUNK_ROWS);

        set_direct(s, direct_read_fd(fd));
        close(fd);
        unlink(path);
    }
    if (lab.shelf[0]->direct >= 0) { /* not on each file system */
        nothing_back = true;
        assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, &eb), ERR_IO);
        nothing_back = false;
        assert_non_null(strstr(eb.text, path));
    }
    assert_int_equal(take(&lab, &list, 500, SIZE_MAX, pool, NULL), ERR_OK);
    pool_free(pool);
    lab_release(&lab);
    support_rmtree(dir);
    free(path);
}

/* --- training --- */

enum { TOY = 1400, TOY_VAL = 300, TOY_TEST = 200 };

/* The cells of rd are not in memory until stream_end. */
static struct csr
stream_begin(struct run_data *rd)
{
    struct csr x = rd->ds.x;

    rd->ds.x = (struct csr){.n_cols = x.n_cols};
    gene_order_copy(&rd->ds.x.order, &x.order);
    return x;
}

static void
add_stream(struct run_data *rd, const struct csr *x)
{
    struct row_chunks *c = xcalloc(1, sizeof *c);

    shelf_new(&c[0], x, 0, x->n_rows);
    rd->ds.stream = row_stream_new(c, 1, NULL, NULL);
}

static void
stream_end(struct run_data *rd, struct csr *x)
{
    row_stream_free(rd->ds.stream);
    rd->ds.stream = NULL;
    csr_release(&rd->ds.x);
    rd->ds.x = *x;
}

static void
spec_of(struct spec *s, const char *model)
{
    static const char *const hyper[] = {"batch_size=128", "max_epochs=3",
                                        "save_top_k=2", NULL};

    toy_spec_init(s, "hce", hyper);
    assert_int_equal(spec_set(s, SPEC_ID_model, model, NULL), ERR_OK);
    assert_int_equal(spec_resolve(s, NULL), ERR_OK);
}

static void
check_training(struct run_data *rd, const char *model, bool in_blocks)
{
    struct spec s;
    struct toy_sink memory, streamed, resumed;
    struct train_result r, r_streamed, r_resumed;

    spec_of(&s, model);
    rd->ds.is_packed = in_blocks;
    toy_train(&s, rd, 1, &memory, &r);
    struct csr x = stream_begin(rd);

    add_stream(rd, &x);
    for (size_t threads = 1; threads < 3; threads++) {
        toy_train(&s, rd, threads, &streamed, &r_streamed);
        assert_string_equal(r_streamed.weights_sha256, r.weights_sha256);
        assert_string_equal(r_streamed.best_weights_sha256, r.best_weights_sha256);
        toy_sink_same_rows(&streamed, &memory);
        toy_sink_release(&streamed);
    }
    for (int64_t stop = 1; stop < r.steps; stop += 6) {
        toy_train_interrupted(&s, rd, stop, 2, &resumed, &r_resumed);
        assert_string_equal(r_resumed.weights_sha256, r.weights_sha256);
        toy_sink_same_rows(&resumed, &memory);
        toy_sink_release(&resumed);
    }
    stream_end(rd, &x);
    toy_sink_release(&memory);
    spec_release(&s);
}

static void
test_row_stream__training_has_the_bits_of_memory(void **state)
{
    static const char *const model[] = {"linear", "mlp", "tabnet"};
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, TOY, TOY_VAL, TOY_TEST);
    for (size_t i = 0; i < 3; i++) {
        check_training(&rd, model[i], false);
        check_training(&rd, model[i], true);
    }
    toy_run_release(&rd);
}

/* The same with cells of few values, which are coded. */
static void
test_row_stream__training_on_coded_cells(void **state)
{
    static const char *const model[] = {"linear", "mlp", "tabnet"};
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, TOY, TOY_VAL, TOY_TEST);
    struct csr coded, plain = rd.ds.x;

    for (uint64_t k = 0; k < plain.indptr[TOY]; k++)
        plain.value[k] = (float)(1 + (int)plain.value[k]);
    assert_int_equal(csr_code(&coded, &plain, NULL), ERR_OK);
    csr_release(&plain);
    rd.ds.x = coded;
    assert_int_equal(gene_order_own(&rd.ds.x, 1, NULL), ERR_OK);
    for (size_t i = 0; i < 3; i++)
        check_training(&rd, model[i], true);
    toy_run_release(&rd);
}

/* n vectors, as sparse as those of an atlas. */
static void
add_vectors(struct run_data *rd, size_t n)
{
    size_t D = rd->ds.x.n_cols;
    float *dense = xcalloc(D, sizeof *dense);
    struct rng r = rng_stream(6, RNG_SIMULATE, 0, 0);
    struct csr a;

    assert_int_equal(csr_init(&a, n, D, D, NULL), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; g < D; g++)
            dense[g] = (i + g) % 8 ? 0 : (float)(rng_uniform(&r, i * D + g) - .5);
        assert_int_equal(augment_append(&a, i, dense, NULL), ERR_OK);
    }
    rd->augment = xcalloc(1, sizeof *rd->augment);
    augment_init(rd->augment, &a);
    free(dense);
}

static void
test_row_stream__augmented_cells_have_the_bits_of_memory(void **state)
{
    static const char *const model[] = {"mlp", "tabnet"};
    struct run_data rd;

    (void)state;
    toy_run_init(&rd, TOY, TOY_VAL, TOY_TEST);
    add_vectors(&rd, 9);
    for (size_t i = 0; i < 2; i++)
        check_training(&rd, model[i], true);
    augment_release(rd.augment);
    free(rd.augment);
    rd.augment = NULL;
    toy_run_release(&rd);
}

static void
test_row_stream__predictions_are_those_of_memory(void **state)
{
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;
    struct classifier *c;
    uint32_t cell[TOY_TEST];
    int32_t said[2][TOY_TEST];
    float prob[2][TOY_TEST * 7];

    (void)state;
    toy_run_init(&rd, TOY, TOY_VAL, TOY_TEST);
    spec_of(&s, "tabnet");
    toy_train(&s, &rd, 2, &ts, &r);
    assert_int_equal(classifier_load(&c, ts.last, ts.last_size, NULL), ERR_OK);
    assert_int_equal(rd.classes.C, 7);
    for (uint32_t i = 0; i < TOY_TEST; i++)
        cell[i] = TOY - 3 * i - 1;
    assert_int_equal(
        classifier_predict(c, &rd.ds, cell, TOY_TEST, 2, said[0], prob[0], NULL),
        ERR_OK);
    struct csr x = stream_begin(&rd);

    add_stream(&rd, &x);
    assert_int_equal(
        classifier_predict(c, &rd.ds, cell, TOY_TEST, 2, said[1], prob[1], NULL),
        ERR_OK);
    assert_memory_equal(said[0], said[1], sizeof said[0]);
    assert_memory_equal(prob[0], prob[1], sizeof prob[0]);
    stream_end(&rd, &x);
    classifier_free(c);
    toy_sink_release(&ts);
    spec_release(&s);
    toy_run_release(&rd);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_stream__every_order_gives_the_rows),
        cmocka_unit_test(test_row_stream__a_cell_may_come_again),
        cmocka_unit_test(test_row_stream__blocks_read_a_chunk_once),
        cmocka_unit_test(test_row_stream__a_list_may_end_early),
        cmocka_unit_test(test_row_stream__errors_come_with_their_cells),
        cmocka_unit_test(test_row_stream__reads_past_the_cache),
        cmocka_unit_test(test_row_stream__reading_that_never_ends_is_an_error),
        cmocka_unit_test(test_row_stream__training_has_the_bits_of_memory),
        cmocka_unit_test(test_row_stream__training_on_coded_cells),
        cmocka_unit_test(test_row_stream__augmented_cells_have_the_bits_of_memory),
        cmocka_unit_test(test_row_stream__predictions_are_those_of_memory),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("row_stream", tests, NULL, NULL);
}
