/* test_packed_damage.c - a packed store with one bit turned over, through all that reads
 * one: loading it whole, reading its rows while they are needed, unpacking it.  Each says
 * where the damage is, or gives what the whole store gives.  PACKED_FLIPS: how many. */
#include "tests/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc64.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "data/pack.h"
#include "data/row_feed.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

enum { CELLS = 70, GENES = 150, FLIPS = 150, BATCH = 32 };

static char *store; /* that is damaged */

/* --- ways to read --- */

static void
add_text(struct crc64 *sum, const char *text)
{
    crc64_add(sum, text, strlen(text) + 1);
}

static void
add_column(struct crc64 *sum, const struct obs_column *c, size_t n)
{
    add_text(sum, c->name);
    for (size_t i = 0; i < n; i++) {
        int32_t code = codes_get(&c->code, i);

        add_text(sum, code < 0 ? "" : c->levels.item[code]);
    }
}

static void
add_row(struct crc64 *sum, const struct csr_row *r)
{
    crc64_add(sum, r->index, r->n * sizeof *r->index);
    for (size_t k = 0; k < r->n; k++) {
        float value = csr_value(r, k);

        crc64_add(sum, &value, sizeof value);
    }
}

/* The rows of all cells in their order. */
static enum err
add_rows(struct crc64 *sum, const struct dataset *ds, struct errbuf *eb)
{
    uint32_t cell[CELLS];
    struct row_list list = {.cell = cell, .n = ds->n_cells};
    struct row_feed feed;
    struct row_batch b;

    assert_int_equal(ds->n_cells, CELLS);
    for (uint32_t i = 0; i < CELLS; i++)
        cell[i] = i;
    enum err e = row_feed_open(&feed, ds, &list, BATCH, NULL, eb);

    if (e)
        return e;
    while (!(e = row_feed_next(&feed, &b, eb)) && b.n)
        for (size_t i = 0; i < b.n; i++) {
            struct csr_row r = row_batch_at(&b, i);

            add_row(sum, &r);
        }
    row_feed_close(&feed);
    return e;
}

/* A damaged column that nobody asked for is left out with a warning, which then is the
 * error here. */
static enum err
first_warning(const struct strlist *warning, struct errbuf *eb)
{
    return warning->n ? err_set(eb, ERR_FORMAT, "%s", warning->item[0]) : ERR_OK;
}

/* memory_max as in dataset_load.h: 0 loads all, 1 nothing. */
static enum err
load(uint64_t memory_max, uint64_t *found, struct errbuf *eb)
{
    struct trial t;
    struct crc64 sum;

    trial_init(&t);
    strlist_add(&t.path, store);
    t.q.label = NULL;
    t.q.memory_max = memory_max;
    t.q.threads = 1;
    crc64_init(&sum);
    const struct notes notes = {.warnings = &t.warnings};
    enum err e = dataset_load(&t.ds, &t.q, &notes, eb);

    if (!e)
        e = first_warning(&t.warnings, eb);
    for (size_t i = 0; !e && i < t.ds.n_cols; i++)
        add_column(&sum, &t.ds.col[i], CELLS);
    for (size_t i = 0; !e && i < t.ds.cell_id.n; i++)
        add_text(&sum, t.ds.cell_id.item[i]);
    for (size_t g = 0; !e && g < t.ds.gene_id.n; g++)
        add_text(&sum, t.ds.gene_id.item[g]);
    if (!e)
        e = add_rows(&sum, &t.ds, eb);
    *found = crc64_final(&sum);
    trial_release(&t);
    return e;
}

static enum err
load_whole(uint64_t *found, struct errbuf *eb)
{
    return load(0, found, eb);
}

static enum err
load_stream(uint64_t *found, struct errbuf *eb)
{
    return load(1, found, eb);
}

/* What a damaged store is unpacked to is none of our business here: it must be refused. */
static enum err
unpack(uint64_t *found, struct errbuf *eb)
{
    char *out = xasprintf("%s/out.h5ad", trial_dir);
    enum err e = unpack_write(out, store, eb);

    if (e)
        assert_int_not_equal(access(out, F_OK), 0);
    else
        assert_int_equal(unlink(out), 0);
    *found = 0;
    free(out);
    return e;
}

static enum err (*const way[])(uint64_t *found,
                               struct errbuf *eb) = {load_whole, load_stream, unpack};

enum { WAYS = sizeof way / sizeof *way, UNPACK = 2 };

/* --- damage --- */

static void
make_store(void)
{
    struct strlist path = {0}, where = {0};
    const struct pack_request q = {.path = &path, .where = &where, .layer = "auto"};
    const struct notes silent = {0};
    struct errbuf eb = {""};

    h5b_atlas(trial_path, &(struct h5b_atlas){CELLS, GENES, 3, NULL});
    strlist_add(&path, trial_path);
    store = xasprintf("%s/x.hcp", trial_dir);
    if (pack_write(store, &q, &silent, &eb))
        fail_msg("%s", eb.text);
    strlist_release(&path);
}

/* Turn a bit of the file over. */
static void
flip(int fd, uint64_t bit)
{
    unsigned char byte;

    assert_int_equal(pread(fd, &byte, 1, (off_t)(bit / 8)), 1);
    byte ^= (unsigned char)(1u << bit % 8);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
}

static void
expect_told_or_same(uint64_t bit, size_t w, uint64_t want)
{
    struct errbuf eb = {""};
    uint64_t found;
    enum err e = way[w](&found, &eb);

    if (e && e != ERR_FORMAT && e != ERR_UNSUPPORTED)
        fail_msg("bit %llu, way %zu: error %d: %s", (unsigned long long)bit, w, (int)e,
                 eb.text);
    if (e && (!strstr(eb.text, store) || !strstr(eb.text, "byte")))
        fail_msg("bit %llu, way %zu: \"%s\" does not say where",
                 (unsigned long long)bit, w, eb.text);
    if (!e && (w == UNPACK || found != want))
        fail_msg("bit %llu, way %zu: not seen", (unsigned long long)bit, w);
}

static void
test_damage__is_told_whoever_reads(void **state)
{
    (void)state;
    const char *asked = getenv("PACKED_FLIPS");
    size_t n_flips = asked ? (size_t)atol(asked) : FLIPS;
    struct rng r = rng_stream(5, RNG_SIMULATE, 1, 0);
    uint64_t want[WAYS];
    struct errbuf eb = {""};

    make_store();
    for (size_t w = 0; w < WAYS; w++)
        if (way[w](&want[w], &eb))
            fail_msg("%s", eb.text);
    assert_true(want[0] == want[1]);
    int fd = open(store, O_RDWR | O_CLOEXEC);
    uint64_t bits = 8 * (uint64_t)lseek(fd, 0, SEEK_END);

    for (size_t i = 0; i < n_flips; i++) {
        uint64_t bit = rng_below(&r, i, i % 8 ? bits : 8 * 64);

        flip(fd, bit);
        for (size_t w = 0; w < WAYS; w++)
            expect_told_or_same(bit, w, want[w]);
        flip(fd, bit);
    }
    close(fd);
    free(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        test_damage__is_told_whoever_reads, trial_set_up, trial_tear_down)};

    return cmocka_run_group_tests_name("packed_damage", tests, NULL, NULL);
}
