/* test_tui_stores.c - stores that make trouble, seen from a terminal: locked, deleted,
 * replaced, not writable, with names that want to be more than text. */
#include "tests/support.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "store/store.h"
#include "tests/mirror.h"
#include "tests/store_support.h"
#include "tests/tui_lab.h"
#include "tui/keymap.h"

/* --- locked --- */

static int
hold_lock(const char *store_path)
{
    char *path = xasprintf("%s.lock", store_path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);

    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    free(path);
    return fd;
}

/* Another writer holds the lock: looking goes on, what writes waits its turn. */
static void
test_stores__a_writer_that_does_not_end(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    int fd = hold_lock(d.path);
    desk_type(&d, "j>"); /* raises the priority of what is queued */
    desk_type(&d, "2");
    desk_expect(&d, "[2 Curves]");
    desk_type(&d, "3");
    desk_expect(&d, "smallest sign-flip p");
    close(fd);
    desk_expect(&d, "run 11 moved");
    desk_type(&d, "1q");
    desk_expect(&d, "shell: ended 0");
    desk_close(&d);
}

static sqlite3 *
run_on(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

/* A foreign program that knows no lock of ours writes for long: looking goes on. */
static void
test_stores__one_that_a_foreign_program_writes(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    sqlite3 *db = run_on(d.path, "BEGIN EXCLUSIVE; UPDATE run SET epoch = 1");
    desk_type(&d, "2");
    desk_expect(&d, "train_loss");
    desk_type(&d, "3");
    desk_expect(&d, "smallest sign-flip p");
    sqlite3_close(db);
    desk_type(&d, "1q");
    desk_expect(&d, "shell: ended 0");
    desk_close(&d);
}

/* One that keeps the file to itself: this is said, and it is read afterwards. */
static void
test_stores__one_that_cannot_be_read_now(void **state)
{
    struct desk d;
    char *dir = support_tmpdir(), *path = xasprintf("%s/lab.db", dir);

    (void)state;
    tui_lab_fill(path);
    sqlite3 *db =
        run_on(path, "PRAGMA locking_mode = EXCLUSIVE; UPDATE run SET epoch = epoch");
    desk_open(&d, &(struct desk_setup){.store = path});
    desk_expect(&d, "cannot be read now");
    desk_expect(&d, "database is locked");
    desk_type(&d, "2");
    desk_expect(&d, "[2 Curves]");
    desk_type(&d, "1");
    sqlite3_close(db);
    desk_expect(&d, "toy linear");
    desk_type(&d, "q");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
    free(path);
    support_rmtree(dir);
}

/* --- deleted and replaced --- */

static void
remove_store(const char *path)
{
    static const char *const suffix[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
        char *name = xasprintf("%s%s", path, suffix[i]);
        unlink(name);
        free(name);
    }
}

static void
test_stores__one_that_is_deleted(void **state)
{
    struct desk d;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    remove_store(d.path);
    desk_expect(&d, "was removed");
    desk_type(&d, "2");
    desk_expect(&d, "[2 Curves]");
    desk_type(&d, "3");
    desk_expect(&d, "[3 Compare]");
    desk_type(&d, "a");
    desk_expect(&d, "[a Launch]");
    desk_type(&d, "1qq");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
}

/* Put another file where the store is, as `mv` does. */
static void
replace(const char *path, const char *by)
{
    remove_store(path);
    assert_int_equal(rename(by, path), 0);
}

static void
test_stores__one_that_is_replaced(void **state)
{
    struct desk d;
    char *other;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    other = xasprintf("%s/other.db", d.dir);
    tui_lab_fill(other);
    store_foreign(other, "UPDATE run SET experiment = 'second' WHERE "
                         "experiment = 'toy'; PRAGMA journal_mode = DELETE");
    replace(d.path, other);
    desk_expect(&d, "second linear");
    desk_expect_gone(&d, "toy linear");
    desk_type(&d, "2");
    desk_expect(&d, "second linear");
    desk_type(&d, "3");
    desk_expect(&d, "B cell");
    desk_type(&d, "1q");
    desk_expect(&d, "shell: ended 0");
    free(other);
    desk_close(&d);
}

static void
test_stores__one_that_is_replaced_by_no_store(void **state)
{
    struct desk d;
    char *other;

    (void)state;
    desk_open(&d, &(struct desk_setup){0});
    desk_expect(&d, "toy linear");
    desk_type(&d, "2");
    desk_expect(&d, "toy linear");
    other = xasprintf("%s/other.txt", d.dir);
    support_write(other, "no database, and long enough to be looked at: it is none\n");
    replace(d.path, other);
    desk_expect(&d, "is not a hcelab store");
    desk_type(&d, "3");
    desk_expect(&d, "[3 Compare]");
    desk_type(&d, "456a1q");
    desk_expect(&d, "shell: ended 0");
    free(other);
    desk_close(&d);
}

/* --- a folder that cannot be written --- */

static void
copy_file(const char *from, const char *to, mode_t mode)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    char block[65536];
    size_t n;

    assert_true(in && out);
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        assert_int_equal(fwrite(block, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(to, mode), 0);
}

static void
look_as_nobody(const char *option)
{
    enum { NOBODY = 65534 };
    struct desk d;
    char *dir = support_tmpdir(), *path = xasprintf("%s/lab.db", dir),
         *lock = xasprintf("%s/lab.db.lock", dir), *wal = xasprintf("%s-wal", path),
         *program = xasprintf("%s/hcelab", dir);

    copy_file(desk_program(), program, 0755);
    tui_lab_fill(path);
    unlink(lock);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(dir, 0555), 0);
    desk_open(&d, &(struct desk_setup){.store = path,
                                       .folder = "/",
                                       .uid = NOBODY,
                                       .program = program,
                                       .option = {option}});
    desk_expect(&d, "toy linear");
    desk_type(&d, "3");
    desk_expect(&d, "smallest sign-flip p");
    desk_type(&d, "2");
    desk_expect(&d, "train_loss");
    desk_type(&d, "1");
    desk_expect(&d, "[1 Runs]");
    desk_type(&d, "j>"); /* what cannot be written is said */
    desk_expect(&d, strcmp(option, "--read-only") == 0 ? "read-only" : "cannot");
    desk_type(&d, "q");
    desk_expect(&d, "shell: ended 0");
    desk_assert_sane(&d);
    desk_close(&d);
    assert_int_equal(access(lock, F_OK), -1); /* nothing is left behind */
    assert_int_equal(access(wal, F_OK), -1);
    free(path);
    free(lock);
    free(wal);
    free(program);
    support_rmtree(dir);
}

static void
test_stores__a_folder_that_cannot_be_written(void **state)
{
    (void)state;
    if (getuid() != 0) {
        print_message("only root can be somebody else\n");
        skip();
    }
    look_as_nobody("--read-only");
    look_as_nobody("--ascii");
}

/* --- names --- */

/* Escape sequences, controls, 300 characters of one and of two columns, marks that
 * combine, an order from right to left. */
static const char hard_names[] =
    "UPDATE run SET name = char(27) || '[2J' || char(27) || ']0;owned' || char(7) ||"
    " char(155) || '31m' || char(13, 10, 9) || 'end';"
    "UPDATE run SET experiment = replace(hex(zeroblob(150)), '0', 'w')"
    " WHERE experiment = 'toy' AND loss = 'ce';"
    "UPDATE run SET experiment = replace(hex(zeroblob(150)), '0', char(38263))"
    " WHERE experiment = 'live';"
    "UPDATE run SET reason = char(27) || 'c', blas_core = char(27) || '[?1049l';"
    "UPDATE word SET text = replace(hex(zeroblob(150)), '0', 'x')"
    " WHERE text = 'B cell';"
    "UPDATE word SET text = replace(hex(zeroblob(150)), '0', char(39640))"
    " WHERE text = 'T cell';"
    "UPDATE word SET text = 'lu' || char(769, 769, 769) || char(8238) || 'ng' || "
    " char(27) || '[8m' WHERE text = 'lung';"
    "UPDATE word SET text = char(0x200b, 0x202e, 0xfeff, 0xe000) WHERE text = 'blood';";

static void
look_around(struct mirror *m)
{
    static const char keys[] = "123t\r4\r5\r6a?q1gj\tj\rL1/w\r:zz\x1b"
                               "d1f";

    for (const char *k = keys; *k; k++) {
        mirror_key(m, (unsigned char)*k);
        mirror_meet(m, "hard names");
    }
    assert_false(m->desk.saw_title);
}

static void
test_stores__names_that_want_to_be_more_than_text(void **state)
{
    static const struct {
        int rows, cols;
        const char *option;
    } shape[] = {{24, 80, NULL},      {12, 40, NULL},       {60, 200, NULL},
                 {24, 80, "--ascii"}, {40, 120, "--ascii"}, {12, 40, "--ascii"}};
    char *dir = support_tmpdir(), *path = xasprintf("%s/lab.db", dir);

    (void)state;
    mirror_fill(path);
    store_foreign(path, hard_names);
    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
        struct mirror m;
        mirror_open(&m,
                    &(struct desk_setup){.rows = shape[i].rows,
                                         .cols = shape[i].cols,
                                         .option = {shape[i].option}},
                    path);
        look_around(&m);
        desk_type(&m.desk, "\x03");
        desk_expect(&m.desk, "shell: ended 0");
        desk_assert_sane(&m.desk);
        mirror_close(&m);
    }
    free(path);
    support_rmtree(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores__a_writer_that_does_not_end),
        cmocka_unit_test(test_stores__one_that_a_foreign_program_writes),
        cmocka_unit_test(test_stores__one_that_cannot_be_read_now),
        cmocka_unit_test(test_stores__one_that_is_deleted),
        cmocka_unit_test(test_stores__one_that_is_replaced),
        cmocka_unit_test(test_stores__one_that_is_replaced_by_no_store),
        cmocka_unit_test(test_stores__a_folder_that_cannot_be_written),
        cmocka_unit_test(test_stores__names_that_want_to_be_more_than_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
