/* test_train.c - the training loop: same bits for threads and resumes, stopping. */
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/toy_run.h"

enum { CELLS = 700, VAL = 120, TEST = 100 };

static const char *const usual[] = {"batch_size=64",
                                    "max_epochs=6",
                                    "learning_rate=0.01",
                                    "log_every_n_steps=3",
                                    "save_top_k=2",
                                    "early_stopping_patience=0",
                                    NULL};

static void
train(const struct spec *s, const struct run_data *rd, size_t threads,
      struct toy_sink *ts, struct train_result *r)
{
    struct trainer *t;
    struct errbuf eb;

    toy_sink_init(ts);
    assert_int_equal(trainer_new(&t, s, rd, threads, &eb), ERR_OK);
    assert_int_equal(trainer_run(t, &ts->sink, r, &eb), ERR_OK);
    trainer_free(t);
}

static void
test_train__learns_the_toy(void **state)
{
    static const char *const losses[] = {"ce", "hce"};
    struct run_data rd;
    struct spec s;
    struct toy_sink ts;
    struct train_result r;

    (void)state;
    toy_run_init(&rd, CELLS, VAL, TEST);
    for (size_t i = 0; i < 2; i++) {
        toy_spec_init(&s, losses[i], usual);
        train(&s, &rd, 1, &ts, &r);
        assert_int_equal(r.epochs, 6);
        assert_int_equal(r.steps, 6 * 7); /* 480 training cells: 7 whole batches */
        assert_string_equal(r.end_reason, "max_epochs");
        assert_true(r.best_score > 0.7);
        assert_true(ts.last && ts.best && ts.state_step == r.steps);
        toy_sink_release(&ts);
        spec_release(&s);
    }
    toy_run_release(&rd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train__learns_the_toy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
