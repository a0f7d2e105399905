/* test_beside.c - what is written beside a file goes when nobody writes it any more. */
#include "tests/support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/xalloc.h"

/* A process that is gone made the file beside path; its pid. */
static pid_t
leave_one(const char *path)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(beside_create(path) < 0);
    int status = 0;

    assert_true(waitpid(pid, &status, 0) == pid && status == 0);
    return pid;
}

static bool
is_there(const char *path, pid_t pid)
{
    char *tmp = beside_path(path, pid);
    bool there = access(tmp, F_OK) == 0;

    free(tmp);
    return there;
}

static void
test_sweep__takes_what_is_dead_and_ours(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/x.hcp", dir);
    char *other = xasprintf("%s/x.hcp2", dir), *odd = xasprintf("%s.tmp-1x", path);

    (void)state;
    pid_t dead = leave_one(path), foreign = leave_one(other);
    int fd = beside_create(path);

    assert_true(fd >= 0);
    support_write(odd, "not ours");
    assert_true(is_there(path, dead) && is_there(path, getpid()));
    beside_sweep(path);
    assert_false(is_there(path, dead));
    assert_true(is_there(path, getpid()));
    assert_true(is_there(other, foreign));
    assert_int_equal(access(odd, F_OK), 0);
    close(fd);
    free(path);
    free(other);
    free(odd);
    support_rmtree(dir);
}

/* The process has no such number here: it may be on another host. */
static void
test_sweep__leaves_what_is_held(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/x.hcp", dir);

    (void)state;
    pid_t dead = leave_one(path);
    char *tmp = beside_path(path, dead);
    int fd = open(tmp, O_RDONLY);

    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    beside_sweep(path);
    assert_true(is_there(path, dead));
    close(fd);
    beside_sweep(path);
    assert_false(is_there(path, dead));
    free(tmp);
    free(path);
    support_rmtree(dir);
}

static void
test_unnamed__is_a_file_without_a_name(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/x.hcp", dir), got[3] = "";
    int fd = beside_unnamed(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "ab", 2, 5), 2);
    assert_int_equal(pread(fd, got, 2, 5), 2);
    assert_string_equal(got, "ab");
    assert_int_equal(rmdir(dir), 0); /* the folder is empty */
    close(fd);
    errno = 0;
    assert_int_equal(beside_unnamed(path), -1);
    assert_int_equal(errno, ENOENT);
    free(path);
    free(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sweep__takes_what_is_dead_and_ours),
        cmocka_unit_test(test_sweep__leaves_what_is_held),
        cmocka_unit_test(test_unnamed__is_a_file_without_a_name),
    };
    return cmocka_run_group_tests_name("beside", tests, NULL, NULL);
}
