/* test_changing.c - files that others replace while they are read: between two passes,
 * which open them anew. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

/* Puts `next` in the place of trial_path when a line with `mark` is said. */
struct swap {
    const char *mark;
    char *next; /* owned */
    bool done;
};

static void
hear(void *ctx, enum log_level level, const char *line)
{
    struct swap *s = ctx;

    (void)level;
    if (s->done || !strstr(line, s->mark))
        return;
    assert_int_equal(rename(s->next, trial_path), 0);
    s->done = true;
}

/* Loading fails if the file becomes one of n x g when `mark` is said. */
static void
must_see(const char *mark, size_t n, size_t g, bool in_windows)
{
    struct swap s = {mark, xasprintf("%s/next.h5ad", trial_dir), false};
    const struct log log = {.write = hear, .ctx = &s};
    struct notes notes = {.log = &log};
    struct trial t;

    h5b_atlas(trial_path, &(struct h5b_atlas){TRIAL_N, TRIAL_G, 3, NULL});
    h5b_atlas(s.next, &(struct h5b_atlas){n, g, 3, NULL});
    trial_init(&t);
    strlist_add(&t.path, trial_path);
    t.q.in_order = in_windows;
    t.q.memory_max = in_windows;
    assert_int_equal(dataset_load(&t.ds, &t.q, &notes, &t.eb), ERR_FORMAT);
    assert_true(s.done);
    trial_must_say(t.eb.text, trial_path);
    trial_must_say(t.eb.text, "has changed while it was read");
    trial_release(&t);
    free(s.next);
}

static const char after_obs[] = "cells used", after_genes[] = "counts";

static void
test_changing__number_of_cells(void **state)
{
    (void)state;
    must_see(after_obs, 5000, TRIAL_G, false);
    must_see(after_obs, 3, TRIAL_G, false);
    must_see(after_genes, 5000, TRIAL_G, false);
    must_see(after_genes, 3, TRIAL_G, false);
}

static void
test_changing__number_of_genes(void **state)
{
    (void)state;
    must_see(after_genes, TRIAL_N, 5000, false);
    must_see(after_genes, TRIAL_N, 2, false);
}

static void
test_changing__in_windows(void **state)
{
    (void)state;
    must_see(after_genes, 5000, TRIAL_G, true);
    must_see(after_genes, TRIAL_N, 5000, true);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, trial_set_up, trial_tear_down)
    const struct CMUnitTest tests[] = {CASE(test_changing__number_of_cells),
                                       CASE(test_changing__number_of_genes),
                                       CASE(test_changing__in_windows)};

    return cmocka_run_group_tests_name("changing", tests, NULL, NULL);
}
