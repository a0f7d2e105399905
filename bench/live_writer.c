/* live_writer.c - runs that go on, without training: live_writer STORE RUNS POINTS_PER_S.
 *
 * Takes RUNS runs from the queue and writes their curves as the workers' children do:
 * each run in transactions of its own every half a second, its lease once a second, a
 * validation point every ten seconds.  On SIGTERM, or when its standard input ends, it
 * hands the runs back and says how many points it wrote, and how long the slowest write
 * took. */
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "run/takeover.h"
#include "store/store.h"

#define ROUND_S 0.5
enum { BEAT_ROUNDS = 2, EVALUATION_ROUNDS = 20, MAX_POINTS = 1000 };

static volatile sig_atomic_t over;

static void
on_signal(int number)
{
    (void)number;
    over = 1;
}

static void
check(enum err e, const struct errbuf *eb)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "live_writer: %s: %s\n", err_text(e), eb->text);
    exit(1);
}

struct live {
    struct store_attempt at;
    int64_t step;
};

struct writer {
    struct store *s;
    struct store_process me;
    struct live *run; /* (n) owned */
    size_t n, points; /* points of a run in a round */
    size_t round, written;
    double slowest_s;
};

static void
claim_runs(struct writer *w)
{
    struct store_runs runs;
    struct errbuf eb;

    for (size_t i = 0; i < w->n; i++) {
        struct store_claim c;
        check(store_claim_next(w->s, &w->me, 0, UINT64_MAX, &c, &eb), &eb);
        struct store_run_filter f = {.run_id = c.run_id};
        check(store_runs_list(w->s, &f, &runs, &eb), &eb);
        int64_t step = runs.run[0].step > 0 ? runs.run[0].step : 0;
        store_runs_release(&runs);
        w->run[i] = (struct live){{c.run_id, c.attempt}, step};
        check(store_attempt_begin(w->s, &w->run[i].at, step, "avx2", "Haswell", true,
                                  &eb),
              &eb);
    }
}

static void
write_run(struct writer *w, struct live *l)
{
    static struct store_metric m[MAX_POINTS + 2];
    struct rng r = rng_stream((uint64_t)l->at.run_id, RNG_SIMULATE, 1, 1);
    size_t n = 0;
    struct errbuf eb;

    for (size_t i = 0; i < w->points; i++) {
        int64_t step = ++l->step;
        double noise = rng_normal(&r, (uint64_t)step);
        m[n++] = (struct store_metric){"train_loss", step, step / 1200,
                                       .25 * (double)step, .8 + .04 * noise};
    }
    if (w->round % EVALUATION_ROUNDS == 0) {
        double noise = rng_normal(&r, (uint64_t)l->step + (1ull << 40));
        m[n++] = (struct store_metric){"val_f1_macro", l->step, l->step / 1200,
                                       .25 * (double)l->step, .6 + .01 * noise};
        m[n++] = (struct store_metric){"val_loss", l->step, l->step / 1200,
                                       .25 * (double)l->step, .9 - .01 * noise};
    }
    struct store_progress p = {l->step, l->step / 1200, 8000, 600};
    double start = clock_mono_s();
    check(store_metrics_add(w->s, &l->at, m, n, &p, &eb), &eb);
    w->slowest_s = fmax(w->slowest_s, clock_mono_s() - start);
    w->written += n;
}

static void
write_round(struct writer *w)
{
    enum store_request wish;
    struct errbuf eb;
    struct store_worker me = {
        .process = w->me, .jobs = (int64_t)w->n, .n_running = (int64_t)w->n};
    bool beat = w->round % BEAT_ROUNDS == 0, leaving;

    if (beat)
        check(store_worker_beat(w->s, &me, &leaving, &eb), &eb);
    for (size_t i = 0; i < w->n && !over; i++) {
        if (beat)
            check(store_lease_beat(w->s, w->run[i].at.run_id, w->run[i].at.attempt,
                                   &wish, &eb),
                  &eb);
        write_run(w, &w->run[i]);
        /* Workers do not write in step. */
        clock_sleep_ms((unsigned)(ROUND_S * 900 / (double)w->n));
    }
    w->round++;
}

/* True if whoever started this is gone or wants it to end. */
static bool
is_over(void)
{
    struct pollfd p = {STDIN_FILENO, POLLIN, 0};

    return over || poll(&p, 1, 0) > 0;
}

static void
hand_back(struct writer *w)
{
    struct store_finish f = {
        .state = "queued", .exit_code = 0, .best_epoch = -1, .best_score = (double)NAN};
    struct errbuf eb;

    for (size_t i = 0; i < w->n; i++)
        check(store_attempt_finish(w->s, &w->run[i].at, &f, &eb), &eb);
    check(store_worker_gone(w->s, &w->me, &eb), &eb);
    check(store_wal_care(w->s, true, &eb), &eb);
}

int
main(int argc, char **argv)
{
    struct writer w = {0};
    struct errbuf eb;
    double start = clock_mono_s();

    if (argc != 4) {
        fputs("usage: live_writer STORE RUNS POINTS_PER_S\n", stderr);
        return 2;
    }
    signal(SIGTERM, on_signal);
    w.n = strtoul(argv[2], NULL, 10);
    w.points = (size_t)(strtod(argv[3], NULL) * ROUND_S + .5);
    w.points = w.points < MAX_POINTS ? w.points : MAX_POINTS;
    w.run = xcalloc(w.n, sizeof *w.run);
    takeover_process(&w.me, getpid());
    check(store_open(&w.s, argv[1], STORE_WRITE, &eb), &eb);
    claim_runs(&w);
    puts("live");
    fflush(stdout);
    while (!is_over()) {
        double due = clock_mono_s() + ROUND_S;
        write_round(&w);
        double left = due - clock_mono_s();
        if (left > 0)
            clock_sleep_ms((unsigned)(left * 1000));
    }
    hand_back(&w);
    printf("%zu points in %.1f s, slowest write %.1f ms\n", w.written,
           clock_mono_s() - start, w.slowest_s * 1e3);
    store_close(w.s);
    free(w.run);
    return 0;
}
