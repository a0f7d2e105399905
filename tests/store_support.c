/* store_support.c - a store in a fresh folder, and runs to put into it. */
#include "tests/store_support.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

int
store_box_setup(void **state)
{
    static struct store_box box;

    store_box_open(&box);
    *state = &box;
    return 0;
}

int
store_box_teardown(void **state)
{
    store_box_close(*state);
    return 0;
}

enum err
store_reopen(struct store_box *b, enum store_mode mode)
{
    store_close(b->s);
    b->s = NULL;
    return store_open(&b->s, b->path, mode, &b->eb);
}

bool
store_file_exists(const struct store_box *b, const char *suffix)
{
    char *path = xasprintf("%s%s", b->path, suffix);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

void
store_says(const struct store_box *b, const char *part)
{
    if (!strstr(b->eb.text, part))
        fail_msg("'%s' does not say '%s'", b->eb.text, part);
}

void
store_ok(enum err e, const struct errbuf *eb)
{
    if (e)
        fail_msg("%s: %s", err_text(e), eb->text);
}

void
store_box_open(struct store_box *b)
{
    *b = (struct store_box){.dir = support_tmpdir()};
    b->path = xasprintf("%s/hcelab.db", b->dir);
    store_ok(store_open(&b->s, b->path, STORE_CREATE, &b->eb), &b->eb);
}

void
store_box_close(struct store_box *b)
{
    store_close(b->s);
    free(b->path);
    support_rmtree(b->dir);
}

struct store_new_run
store_a_run(const char *loss, int64_t seed)
{
    static const struct store_param param[] = {
        {"data", "atlas.h5ad", 0},
        {"data", "more.h5ad", 1},
        {"batch_size", "64", 0},
        {"threads", "3", 0},
    };
    static const struct store_eval_binding eval[] = {{"id", "cells-id"},
                                                     {"ood", "cells-ood"}};

    return (struct store_new_run){
        .name = "linear",
        .experiment = "toy",
        .model = "linear",
        .loss = loss,
        .pair_key = "pair-a",
        .seed = seed,
        .max_epochs = 5,
        .data_digest = "data",
        .split_digest = "split",
        .class_digest = "classes",
        .memory_bytes = 1000,
        .param = param,
        .n_params = 4,
        .eval = eval,
        .n_evals = 2,
    };
}

int64_t
store_queued(struct store_box *b, const char *loss, int64_t seed)
{
    struct store_new_run r = store_a_run(loss, seed);
    int64_t id;

    store_ok(store_queue_add(b->s, &r, 1, false, &id, NULL, &b->eb), &b->eb);
    assert_true(id > 0);
    return id;
}

struct store_process
store_me(void)
{
    struct store_process p = {.boot_id = "boot", .pid = getpid(), .start_ticks = 77};

    gethostname(p.host, sizeof p.host - 1);
    return p;
}

struct store_attempt
store_claimed(struct store_box *b)
{
    struct store_process me = store_me();
    struct store_claim c;

    store_ok(store_claim_next(b->s, &me, 0, UINT64_MAX, &c, &b->eb), &b->eb);
    return (struct store_attempt){c.run_id, c.attempt};
}

struct store_attempt
store_running(struct store_box *b, const char *loss, int64_t seed)
{
    struct store_process me = store_me();
    struct store_claim c;
    int64_t id = store_queued(b, loss, seed);

    store_ok(store_claim_next(b->s, &me, id, UINT64_MAX, &c, &b->eb), &b->eb);
    assert_int_equal(c.run_id, id);
    return (struct store_attempt){c.run_id, c.attempt};
}

void
store_finished(struct store_box *b, struct store_attempt a, const char *state)
{
    struct store_finish f = {.state = state,
                             .end_reason = "test",
                             .exit_code = 0,
                             .epochs = 5,
                             .best_epoch = -1,
                             .best_score = (double)NAN};

    store_ok(store_attempt_finish(b->s, &a, &f, &b->eb), &b->eb);
}

static int
keep_cell(void *ctx, int n, char **value, char **name)
{
    char **cell = ctx;

    (void)n;
    (void)name;
    free(*cell);
    *cell = xstrdup(value[0] ? value[0] : "NULL");
    return 0;
}

const char *
store_cell(struct store_box *b, const char *sql)
{
    static char text[4096];
    char *cell = NULL, *message = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(b->path, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (sqlite3_exec(db, sql, keep_cell, &cell, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    snprintf(text, sizeof text, "%s", cell ? cell : "no row");
    free(cell);
    sqlite3_close(db);
    return text;
}

void
store_foreign(const char *path, const char *sql)
{
    char *message = NULL;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}
