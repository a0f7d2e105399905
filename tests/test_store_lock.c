/* test_store_lock.c - writers side by side: locks, network stores, full disks, the WAL. */
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "store/store_lock.h"
#include "tests/store_support.h"

/* --- the writers' lock --- */

static void
test_lock__a_held_lock_is_busy_in_bounded_time(void **state)
{
    struct store_box *b = *state;
    char *path = xasprintf("%s.lock", b->path);
    struct writer_lock *l;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    store_ok(writer_lock_open(&l, b->path, &b->eb), &b->eb);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    double start = clock_mono_s();
    assert_int_equal(writer_lock_take(l, 50, &b->eb), ERR_BUSY);
    assert_true(clock_mono_s() - start < 5);
    store_says(b, path);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    store_ok(writer_lock_take(l, 50, &b->eb), &b->eb);
    assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    writer_lock_drop(l);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    writer_lock_close(l);
    close(fd);
    free(path);
}

/* --- readers that do not wait --- */

/* Hold the locks of the WAL's index that whoever builds it holds, and take what stands in
 * it away: others then need it built. */
static void
hold_index(const char *store_path, int tell, int wait)
{
    char *path = xasprintf("%s-shm", store_path), nothing[136] = {0}, byte = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1};

    if (fd < 0 || fcntl(fd, F_SETLK, &lock) != 0 ||
        pwrite(fd, nothing, sizeof nothing, 0) != sizeof nothing)
        _exit(1);
    if (write(tell, &byte, 1) != 1 || read(wait, &byte, 1) < 0)
        _exit(1);
    _exit(0);
}

/* Seconds that it takes to be told that a store cannot be read now. */
static double
time_to_refuse(struct store_box *b)
{
    struct store *s;
    double start = clock_mono_s();

    assert_int_equal(store_open_brisk(&s, b->path, 20, &b->eb), ERR_BUSY);
    return clock_mono_s() - start;
}

static void
test_brisk__an_index_that_is_not_built_is_not_waited_for(void **state)
{
    struct store_box *b = *state;
    struct store *s;
    int there[2], back[2], status;
    char byte;

    store_queued(b, "ce", 0);
    assert_int_equal(pipe2(there, O_CLOEXEC), 0);
    assert_int_equal(pipe2(back, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(back[1]);
        hold_index(b->path, there[1], back[0]);
    }
    assert_int_equal(read(there[0], &byte, 1), 1);
    assert_true(time_to_refuse(b) < 1); /* 10 s else */
    assert_int_equal(write(back[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    store_ok(store_open_brisk(&s, b->path, 20, &b->eb), &b->eb);
    store_close(s);
    for (int i = 0; i < 2; i++) {
        close(there[i]);
        close(back[i]);
    }
}

static void
test_brisk__a_file_that_another_keeps_is_refused_at_once(void **state)
{
    struct store_box *b = *state;
    sqlite3 *db;

    store_queued(b, "ce", 0);
    store_close(b->s);
    b->s = NULL;
    assert_int_equal(sqlite3_open(b->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA locking_mode = EXCLUSIVE; "
                                  "UPDATE run SET priority = 3",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(time_to_refuse(b) < 0.5); /* 1 s else */
    sqlite3_close(db);
}

static void
test_lock__a_removed_lock_file_is_made_again(void **state)
{
    struct store_box *b = *state;
    char *path = xasprintf("%s.lock", b->path);

    assert_int_equal(unlink(path), 0);
    store_queued(b, "ce", 0);
    assert_int_equal(access(path, F_OK), 0);
    free(path);
}

/* Every write and every checkpoint happens with the lock held: a stranger who holds it
 * sees a file and a WAL that do not move, even when the store is closed. */
static void
test_lock__nothing_is_written_without_it(void **state)
{
    struct store_box *b = *state;
    char *path = xasprintf("%s.lock", b->path), *wal = xasprintf("%s-wal", b->path);
    struct stat before, after;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    store_queued(b, "ce", 0);
    assert_int_equal(stat(wal, &before), 0);
    assert_true(before.st_size > 0);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    store_close(b->s);
    b->s = NULL;
    assert_int_equal(stat(wal, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    close(fd);
    store_ok(store_reopen(b, STORE_WRITE), &b->eb);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM run"), "1");
    free(wal);
    free(path);
}

struct adder {
    const char *path;
    int failed;
};

enum { ADD_EACH = 40, ADDERS = 4 };

static void *
add_many(void *arg)
{
    struct adder *a = arg;
    struct errbuf eb;
    struct store *s;

    if (store_open(&s, a->path, STORE_CREATE, &eb) != ERR_OK) {
        a->failed = 1;
        return NULL;
    }
    for (int64_t i = 0; i < ADD_EACH; i++) {
        struct store_new_run r = store_a_run("ce", i);
        int64_t id;

        a->failed |= store_queue_add(s, &r, 1, false, &id, NULL, &eb) != ERR_OK;
    }
    store_close(s);
    return NULL;
}

static void
test_lock__threads_share_a_store_that_none_of_them_made_alone(void **state)
{
    struct store_box *b = *state;
    struct store_box fresh = {.dir = b->dir};
    struct adder a[ADDERS];
    pthread_t thread[ADDERS];

    fresh.path = xasprintf("%s/fresh.db", b->dir);
    for (size_t i = 0; i < ADDERS; i++) {
        a[i] = (struct adder){fresh.path, 0};
        assert_int_equal(pthread_create(&thread[i], NULL, add_many, &a[i]), 0);
    }
    for (size_t i = 0; i < ADDERS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(a[i].failed, 0);
    }
    assert_string_equal(store_cell(&fresh, "SELECT COUNT(*) FROM run"), "160");
    assert_string_equal(store_cell(&fresh, "SELECT COUNT(DISTINCT uuid) FROM run"),
                        "160");
    assert_string_equal(store_cell(&fresh, "SELECT MAX(position) FROM queue"), "160");
    assert_string_equal(store_cell(&fresh, "PRAGMA integrity_check"), "ok");
    free(fresh.path);
}

/* The same with processes: this program again, as `test_store_lock add PATH`. */
static void
test_lock__processes_add_at_the_same_time(void **state)
{
    struct store_box *b = *state;
    char self[4096];
    struct spawn child[3];

    store_ok(spawn_self_path(self, sizeof self, &b->eb), &b->eb);
    char *argv[] = {self, (char[]){"add"}, b->path, NULL};
    for (size_t i = 0; i < 3; i++)
        store_ok(spawn_start(&child[i], argv, 0, &b->eb), &b->eb);
    for (int64_t i = 0; i < ADD_EACH; i++)
        store_queued(b, "hce", i);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(spawn_wait(&child[i]), 0);
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM run"), "160");
    assert_string_equal(store_cell(b, "PRAGMA integrity_check"), "ok");
}

/* --- network file systems --- */

static void
test_network__uses_a_rollback_journal_and_one_host(void **state)
{
    struct store_box *b = *state;
    struct store_info info;
    struct store_attempt a;
    struct store_new_run r = store_a_run("ce", 1);
    int64_t id;

    assert_null(store_notice(b->s));
    store_close(b->s);
    b->s = NULL;
    setenv("HCELAB_ASSUME_NETWORK_FS", "1", 1);
    store_ok(store_reopen(b, STORE_READ), &b->eb); /* a WAL store that nobody writes */
    assert_false(store_file_exists(b, "-wal") || store_file_exists(b, "-shm"));
    store_ok(store_reopen(b, STORE_WRITE), &b->eb);
    assert_non_null(strstr(store_notice(b->s), "network file system"));
    a = store_running(b, "ce", 0);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_string_equal(info.journal_mode, "delete");
    assert_false(store_file_exists(b, "-wal"));

    store_foreign(b->path, "UPDATE meta SET value = 'elsewhere' WHERE key = 'host';"
                           "UPDATE lease SET host = 'elsewhere'");
    assert_int_equal(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), ERR_BUSY);
    store_says(b, "elsewhere");
    assert_int_equal(store_reopen(b, STORE_WRITE), ERR_BUSY);
    store_says(b, "one host");
    store_ok(store_reopen(b, STORE_READ), &b->eb); /* looking is allowed */
    store_foreign(b->path, "UPDATE lease SET heartbeat_us = heartbeat_us - 61000000");
    store_ok(store_reopen(b, STORE_WRITE), &b->eb);
    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    assert_int_equal(a.attempt, 1);

    unsetenv("HCELAB_ASSUME_NETWORK_FS");
    store_ok(store_reopen(b, STORE_WRITE), &b->eb);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_string_equal(info.journal_mode, "wal");
    assert_string_equal(store_cell(b, "SELECT value FROM meta WHERE key = 'host'"),
                        "no row");
}

/* --- full disk --- */

/* A limit on the size of files is as good as a full disk, and needs no rights. */
static void
test_full__rolls_back_and_goes_on(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    struct rlimit was, small;
    size_t size = (size_t)24 << 20;
    char *data = xcalloc(size, 1);
    struct store_checkpoint cp = {.kind = "state",
                                  .step = 1,
                                  .score = (double)NAN,
                                  .piece = PIECE(data, size),
                                  .n_pieces = 1};

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small = was;
    small.rlim_cur = (rlim_t)12 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err e = store_checkpoint_add(b->s, &a, &cp, &b->eb);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(e, ERR_FULL);
    store_says(b, "make room");
    assert_string_equal(store_cell(b, "SELECT COUNT(*) FROM checkpoint"), "0");
    store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    assert_string_equal(store_cell(b, "PRAGMA integrity_check"), "ok");
    free(data);
}

/* --- the WAL --- */

static void
test_wal__is_emptied_when_drained(void **state)
{
    struct store_box *b = *state;
    struct store_info info;

    store_queued(b, "ce", 0);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_true(info.wal_bytes > 0);
    store_ok(store_wal_care(b->s, false, &b->eb), &b->eb);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_true(info.wal_bytes > 0);
    store_ok(store_wal_care(b->s, true, &b->eb), &b->eb);
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_int_equal(info.wal_bytes, 0);
}

/* Commits move the WAL into the file once it holds 16 MiB, and start it anew. */
static void
test_wal__does_not_grow_without_end(void **state)
{
    struct store_box *b = *state;
    struct store_attempt a = store_running(b, "ce", 0);
    size_t size = (size_t)4 << 20;
    char *data = xcalloc(size, 1);
    struct store_info info;

    for (int64_t i = 0; i < 20; i++) {
        struct store_checkpoint cp = {.kind = "state",
                                      .step = i,
                                      .score = (double)NAN,
                                      .piece = PIECE(data, size),
                                      .n_pieces = 1};
        store_ok(store_checkpoint_add(b->s, &a, &cp, &b->eb), &b->eb);
    }
    store_ok(store_info(b->s, &info, &b->eb), &b->eb);
    assert_true(info.wal_bytes < (64 << 20));
    assert_true(info.size_bytes > 4 << 20);
    free(data);
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "add") == 0) {
        struct adder a = {argv[2], 0};

        add_many(&a);
        return a.failed;
    }
#define CASE(f) cmocka_unit_test_setup_teardown(f, store_box_setup, store_box_teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_lock__a_held_lock_is_busy_in_bounded_time),
        CASE(test_brisk__an_index_that_is_not_built_is_not_waited_for),
        CASE(test_brisk__a_file_that_another_keeps_is_refused_at_once),
        CASE(test_lock__a_removed_lock_file_is_made_again),
        CASE(test_lock__nothing_is_written_without_it),
        CASE(test_lock__threads_share_a_store_that_none_of_them_made_alone),
        CASE(test_lock__processes_add_at_the_same_time),
        CASE(test_network__uses_a_rollback_journal_and_one_host),
        CASE(test_full__rolls_back_and_goes_on),
        CASE(test_wal__is_emptied_when_drained),
        CASE(test_wal__does_not_grow_without_end),
    };

    return cmocka_run_group_tests_name("store_lock", tests, NULL, NULL);
}
