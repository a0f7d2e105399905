/* test_direct_read.c - parts that were read past the cache are those of the file. */
#include "data/direct_read.h"

#include "tests/support.h"

#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

/* The library's own, unless a test says what it gives. */
int __real_io_getevents(io_context_t ctx, long least, long most, struct io_event *event,
                        struct timespec *timeout);
int __wrap_io_getevents(io_context_t ctx, long least, long most, struct io_event *event,
                        struct timespec *timeout);
static int broken;        /* 0, or what it gives from now on */
static int n_interrupted; /* so many times -EINTR first */

int
__wrap_io_getevents(io_context_t ctx, long least, long most, struct io_event *event,
                    struct timespec *timeout)
{
    if (n_interrupted > 0) {
        n_interrupted--;
        return -EINTR;
    }
    return broken ? broken : __real_io_getevents(ctx, least, most, event, timeout);
}

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

/* True if all was there already. */
static bool
wait_for(struct lab *l, struct direct_batch *b)
{
    bool was_there;

    assert_int_equal(direct_read_wait(l->d, b, &was_there, NULL), ERR_OK);
    return was_there;
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
        (void)wait_for(l, &b);
        assert_int_equal(b.left, 0);
        assert_int_equal(check(l, &b), MOST);
        assert_true(wait_for(l, &b));
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
    (void)wait_for(l, &two);
    assert_int_equal(check(l, &two), MOST / 2);
    (void)wait_for(l, &one);
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
    (void)wait_for(l, &b);
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
    (void)wait_for(l, &b);
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
    (void)wait_for(l, &b);
    assert_int_equal(b.left, 0);
    assert_int_equal(check(l, &b), 0);
}

static void
test_direct_read__what_is_interrupted_goes_on(void **state)
{
    struct lab *l = *state;
    struct direct_batch b = batch_of(l, MOST, 2);

    if (!is_there(l))
        return;
    direct_read_begin(l->d, &b);
    n_interrupted = 3;
    (void)wait_for(l, &b);
    assert_int_equal(n_interrupted, 0);
    assert_int_equal(check(l, &b), MOST);
}

/* Whatever the system answers: the error names the file and where, all that was under way
 * has ended, and the room may be freed. */
static void
test_direct_read__a_system_that_gives_nothing_back_is_an_error(void **state)
{
    static const int answer[] = {-EINVAL, -EIO, -EFAULT, -ENOSYS};
    struct lab *l = *state;

    if (!is_there(l))
        return;
    for (size_t i = 0; i < sizeof answer / sizeof *answer; i++) {
        struct direct_batch all = batch_of(l, MOST, i);
        struct direct_batch one = {.part = all.part, .n = MOST / 2};
        struct direct_batch two = {.part = all.part + MOST / 2, .n = MOST / 2};
        struct errbuf eb;
        bool was_there;

        direct_read_begin(l->d, &one);
        direct_read_begin(l->d, &two);
        broken = answer[i];
        assert_int_equal(direct_read_wait(l->d, &two, &was_there, &eb), ERR_IO);
        broken = 0;
        assert_non_null(strstr(eb.text, l->dir));
        assert_non_null(strstr(eb.text, strerror(-answer[i])));
        assert_non_null(strstr(eb.text, "from byte "));
        assert_int_equal(one.left, 0);
        assert_int_equal(two.left, 0);
        (void)wait_for(l, &one);
        (void)check(l, &one);
        all = batch_of(l, MOST, i);
        direct_read_begin(l->d, &all); /* finds no room */
        (void)wait_for(l, &all);
        assert_int_equal(check(l, &all), 0);
        direct_read_free(l->d);
        l->d = direct_read_new(MOST);
        assert_non_null(l->d);
    }
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
        CASE(test_direct_read__what_is_interrupted_goes_on),
        CASE(test_direct_read__a_system_that_gives_nothing_back_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
