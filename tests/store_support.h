/* store_support.h - a store in a fresh folder, and runs to put into it. */
#ifndef TESTS_STORE_SUPPORT_H
#define TESTS_STORE_SUPPORT_H

#include "store/store.h"
#include "tests/support.h"

struct store_box {
    char *dir;  /* owned */
    char *path; /* owned; of the store */
    struct store *s;
    struct errbuf eb;
};

/* A new store, open for writing; removed with its folder by store_box_close. */
void store_box_open(struct store_box *b);
void store_box_close(struct store_box *b);

/* The same for cmocka: *state is the box. */
int store_box_setup(void **state);
int store_box_teardown(void **state);

/* Close the box's store and open it again. */
enum err store_reopen(struct store_box *b, enum store_mode mode);

/* True if there is a file of the store's name with this suffix. */
bool store_file_exists(const struct store_box *b, const char *suffix);

/* Fail unless the box's last error has this part. */
void store_says(const struct store_box *b, const char *part);

/* Fail with the error text unless e is ERR_OK. */
void store_ok(enum err e, const struct errbuf *eb);

/* A run of a model `linear` in experiment `toy`; every field set. */
struct store_new_run store_a_run(const char *loss, int64_t seed);

/* Queue one run: its run_id. */
int64_t store_queued(struct store_box *b, const char *loss, int64_t seed);

/* This process, as a worker. */
struct store_process store_me(void);

/* Queue and claim a run. */
struct store_attempt store_running(struct store_box *b, const char *loss, int64_t seed);

/* Claim the next run, which must be there. */
struct store_attempt store_claimed(struct store_box *b);

/* End an attempt in this state. */
void store_finished(struct store_box *b, struct store_attempt a, const char *state);

/* The one cell of a query on the box, "NULL" for NULL; borrowed until the next call. */
const char *store_cell(struct store_box *b, const char *sql);

/* Run statements past the store, as a foreign program would. */
void store_foreign(const char *path, const char *sql);

#endif
