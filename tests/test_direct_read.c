/* test_direct_read.c - parts that were read past the cache are those of the file. */
#include "data/direct_read.h"

#include "tests/support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

enum { BYTES = 40 * DIRECT_ALIGN + 100, PARTS = 64, MOST = 24 };

struct lab {
    char *dir;
    uint8_t *bytes; /* of the file */
    int fd, direct;
    uint8_t *room;
    struct direct_part part[PARTS];
    struct direct_read *d;
};

static uint8_t
byte_at(size_t i)
{
    return (uint8_t)(i * 2654435761u >> 13);
}

static int
open_lab(void **state)
{
    struct lab *l = xcalloc(1, sizeof *l);

    l->dir = support_tmpdir();
    l->bytes = xcalloc(BYTES, 1);
    for (size_t i = 0; i < BYTES; i++)
        l->bytes[i] = byte_at(i);
    char *path = xasprintf("%s/file", l->dir);
    l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    assert_int_equal(write(l->fd, l->bytes, BYTES), BYTES);
    fsync(l->fd);
    l->direct = direct_read_fd(l->fd);
    l->room = aligned_alloc(DIRECT_ALIGN, (size_t)PARTS * 3 * DIRECT_ALIGN);
    l->d = direct_read_new(MOST);
    assert_non_null(l->room);
    assert_non_null(l->d);
    free(path);
    *state = l;
    return 0;
}

static int
close_lab(void **state)
{
    struct lab *l = *state;

    direct_read_free(l->d);
    if (l->direct >= 0)
        close(l->direct);
    close(l->fd);
    support_rmtree(l->dir);
    free(l->room);
    free(l->bytes);
    free(l);
    return 0;
}

/* n parts of up to three units anywhere in the file. */
static struct direct_batch
batch_of(struct lab *l, size_t n, size_t seed)
{
    for (size_t i = 0; i < n; i++) {
        size_t unit = (i * 7919 + seed * 31) % 41, size = (1 + (i + seed) % 3);
        size_t left = BYTES - unit * DIRECT_ALIGN, need = size * DIRECT_ALIGN - 17;

        l->part[i] = (struct direct_part){.fd = l->direct,
                                          .offset = unit * DIRECT_ALIGN,
                                          .to = l->room + 3 * i * DIRECT_ALIGN,
                                          .size = size * DIRECT_ALIGN,
                                          .need = need < left ? need : left};
    }
    return (struct direct_batch){.part = l->part, .n = n};
}

/* How many parts came; those that did are right. */
static size_t
check(const struct lab *l, const struct direct_batch *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++) {
        const struct direct_part *p = &b->part[i];

        if (!p->ok)
            continue;
        assert_memory_equal(p->to, l->bytes + p->offset, p->need);
        n++;
    }
    return n;
}

/* A folder in memory has no such reading: all is read in the ordinary way then. */
static bool
is_there(const struct lab *l)
{
    if (l->direct < 0)
        print_message("# this file system reads through the cache only\n");
    return l->direct >= 0;
}

static void
test_direct_read__gives_the_bytes_of_the_file(void **state)
{
    struct lab *l = *state;

    if (!is_there(l))
        return;
    for (size_t round = 0; round < 20; round++) {
        struct direct_batch b = batch_of(l, MOST, round);

        memset(l->room, 0, (size_t)PARTS * 3 * DIRECT_ALIGN);
        direct_read_begin(l->d, &b);
        (void)direct_read_wait(l->d, &b);
        assert_int_equal(b.left, 0);
        assert_int_equal(check(l, &b), MOST);
        assert_true(direct_read_wait(l->d, &b));
    }
}

static void
test_direct_read__several_batches_at_once(void **state)
{
    struct lab *l = *state;
    struct direct_batch all = batch_of(l, MOST, 5);
    struct direct_batch one = {.part = all.part, .n = MOST / 2};
    struct direct_batch two = {.part = all.part + MOST / 2, .n = MOST / 2};

    if (!is_there(l))
        return;
    direct_read_begin(l->d, &one);
    direct_read_begin(l->d, &two);
    (void)direct_read_wait(l->d, &two);
    assert_int_equal(check(l, &two), MOST / 2);
    (void)direct_read_wait(l->d, &one);
    assert_int_equal(check(l, &one), MOST / 2);
}

static void
test_direct_read__what_finds_no_room_is_not_ok(void **state)
{
    struct lab *l = *state;
    struct direct_batch b = batch_of(l, PARTS, 1);

    if (!is_there(l))
        return;
    direct_read_begin(l->d, &b);
    (void)direct_read_wait(l->d, &b);
    assert_int_equal(check(l, &b), MOST);
}

static void
test_direct_read__a_file_that_was_cut_is_not_ok(void **state)
{
    struct lab *l = *state;
    struct direct_batch b = batch_of(l, 2, 0);

    if (!is_there(l))
        return;
    assert_int_equal(ftruncate(l->fd, 3 * DIRECT_ALIGN), 0);
    b.part[0].offset = 0;
    b.part[0].need = b.part[0].size;
    b.part[1].offset = 2 * DIRECT_ALIGN;
    b.part[1].size = 2 * DIRECT_ALIGN;
    b.part[1].need = DIRECT_ALIGN + 1;
    direct_read_begin(l->d, &b);
    (void)direct_read_wait(l->d, &b);
    assert_true(b.part[0].ok);
    assert_false(b.part[1].ok);
    assert_int_equal(check(l, &b), 1);
}

static void
test_direct_read__a_file_that_cannot_be_read_so_is_not_ok(void **state)
{
    struct lab *l = *state;
    struct direct_batch b = batch_of(l, 3, 0);

    for (size_t i = 0; i < b.n; i++)
        b.part[i].fd = -1;
    direct_read_begin(l->d, &b);
    (void)direct_read_wait(l->d, &b);
    assert_int_equal(b.left, 0);
    assert_int_equal(check(l, &b), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_lab, close_lab)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_direct_read__gives_the_bytes_of_the_file),
        CASE(test_direct_read__several_batches_at_once),
        CASE(test_direct_read__what_finds_no_room_is_not_ok),
        CASE(test_direct_read__a_file_that_was_cut_is_not_ok),
        CASE(test_direct_read__a_file_that_cannot_be_read_so_is_not_ok),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
