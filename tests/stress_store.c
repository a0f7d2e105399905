/* stress_store.c - many writing and reading processes on one store.
 *
 *   stress_store [WRITERS READERS SECONDS [FOLDER]]
 *
 * Each writer queues, claims and trains runs through the store's own functions, with
 * metrics and checkpoints; each reader checks that what it sees is whole: a succeeded
 * run has all its points and its weights.  At the end the store must hold exactly what
 * the writers were told is stored, and pass the full integrity check.  Speaks TAP. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "store/store.h"

enum { POINTS = 60, BATCH = 12, CHECKPOINT_BYTES = 300000, MAX_PROCESSES = 64 };

static int
fail(const char *what, enum err e, const struct errbuf *eb)
{
    printf("# %s: %s: %s\n", what, err_text(e), eb->text);
    return 1;
}

/* --- writers --- */

static enum err
queue_one(struct store *s, int64_t writer, int64_t i, struct errbuf *eb)
{
    const struct store_param param = {"data", "stress", 0};
    struct store_new_run r = {.name = "stress",
                              .experiment = "stress",
                              .model = "linear",
                              .loss = i % 2 ? "ce" : "hce",
                              .pair_key = "stress",
                              .seed = writer * 1000000 + i,
                              .max_epochs = 1,
                              .param = &param,
                              .n_params = 1};
    int64_t id;

    return store_queue_add(s, &r, 1, false, &id, NULL, eb);
}

static enum err
add_points(struct store *s, const struct store_attempt *a, int64_t from,
           struct errbuf *eb)
{
    struct store_metric m[BATCH];

    for (int64_t i = 0; i < BATCH; i++)
        m[i] = (struct store_metric){"train_loss", from + i + 1, 0, 1.0, 0.5};
    return store_metrics_add(s, a, m, BATCH, NULL, eb);
}

static enum err
train_one(struct store *s, const struct store_attempt *a, struct errbuf *eb)
{
    static char data[CHECKPOINT_BYTES];
    struct store_checkpoint state = {.kind = "state",
                                     .score = (double)NAN,
                                     .piece = PIECE(data, sizeof data),
                                     .n_pieces = 1};
    struct store_checkpoint last = {.kind = "last",
                                    .score = (double)NAN,
                                    .piece = PIECE(data, 1000),
                                    .n_pieces = 1};
    struct store_finish f = {.state = "succeeded",
                             .end_reason = "stress",
                             .best_epoch = -1,
                             .best_score = (double)NAN};
    enum store_request wish;
    enum err e = store_attempt_begin(s, a, 0, "x", "y", false, eb);

    for (int64_t at = 0; at < POINTS && !e; at += BATCH) {
        e = add_points(s, a, at, eb);
        if (!e)
            e = store_lease_beat(s, a->run_id, a->attempt, &wish, eb);
    }
    if (e || (e = store_checkpoint_add(s, a, &state, eb)) ||
        (e = store_checkpoint_add(s, a, &last, eb)))
        return e;
    return store_attempt_finish(s, a, &f, eb);
}

/* Queue a run, then train one that is queued: it may be another writer's. */
static enum err
one_round(struct store *s, const struct store_process *me, int64_t writer, int64_t i,
          int64_t *trained, struct errbuf *eb)
{
    struct store_claim c;
    enum err e = queue_one(s, writer, i, eb);

    if (e || (e = store_claim_next(s, me, 0, UINT64_MAX, &c, eb)))
        return e == ERR_NOTFOUND ? ERR_OK : e;
    struct store_attempt a = {c.run_id, c.attempt};
    if (!(e = train_one(s, &a, eb)))
        ++*trained;
    return e;
}

/* Prints how many runs it queued and trained. */
static int
writer_main(const char *path, int64_t writer, double seconds)
{
    struct store_process me = {.host = "stress", .boot_id = "boot", .pid = getpid()};
    double end = clock_mono_s() + seconds;
    int64_t queued = 0, trained = 0;
    struct errbuf eb;
    struct store *s;
    enum err e = store_open(&s, path, STORE_CREATE, &eb);

    while (!e && clock_mono_s() < end) {
        e = one_round(s, &me, writer, queued, &trained, &eb);
        if (!e)
            queued++;
        if (!e && queued % 50 == 0) { /* come and go as commands do */
            store_close(s);
            e = store_open(&s, path, STORE_WRITE, &eb);
        }
    }
    if (e)
        return fail("writer", e, &eb);
    store_close(s);
    printf("%lld %lld\n", (long long)queued, (long long)trained);
    return 0;
}

/* --- readers --- */

static bool
count_point(void *ctx, int64_t step, int64_t epoch, double wall_s, double value,
            bool nonfinite)
{
    int64_t *n = ctx;

    (void)epoch;
    (void)wall_s;
    *n += step > 0 && value == 0.5 && !nonfinite;
    return true;
}

static int
check_run(struct store *s, const struct store_run *r, struct errbuf *eb)
{
    int64_t n = 0, epoch;
    void *data = NULL;
    size_t size = 0;
    enum err e = store_curve_each(s, r->run_id, "train_loss", 0, count_point, &n, eb);

    if (!e)
        e = store_checkpoint_load(s, r->run_id, "last", -1, &data, &size, &epoch, eb);
    free(data);
    if (e)
        return fail("reader", e, eb);
    if (n == POINTS && size == 1000)
        return 0;
    printf("# run %lld succeeded with %lld points and %zu bytes of weights\n",
           (long long)r->run_id, (long long)n, size);
    return 1;
}

static int
read_round(struct store *s, int64_t *checked, struct errbuf *eb)
{
    struct store_run_filter f = {.state = "succeeded"};
    struct store_runs runs;
    int bad = 0;
    enum err e = store_runs_list(s, &f, &runs, eb);

    if (e)
        return fail("reader", e, eb);
    for (size_t i = runs.n > 5 ? runs.n - 5 : 0; i < runs.n && !bad; i++, ++*checked)
        bad = check_run(s, &runs.run[i], eb);
    store_runs_release(&runs);
    return bad;
}

static int
reader_main(const char *path, double seconds)
{
    double end = clock_mono_s() + seconds;
    int64_t checked = 0;
    struct errbuf eb;
    struct store *s;
    int bad = 0;
    enum err e = store_open(&s, path, STORE_READ, &eb);

    if (e)
        return fail("reader", e, &eb);
    while (!bad && clock_mono_s() < end) {
        bad = read_round(s, &checked, &eb);
        if (!store_changed(s))
            clock_sleep_ms(20);
    }
    store_close(s);
    printf("0 %lld\n", (long long)checked);
    return bad;
}

/* --- the parent --- */

struct totals {
    long long queued, trained, checked;
    int bad;
};

static void
collect(struct spawn *child, bool writer, struct totals *t)
{
    struct strbuf out = {0};
    long long a = 0, b = 0;

    while (spawn_read(child, &out, NULL, 1000))
        continue;
    if (spawn_wait(child) != 0 || sscanf(strbuf_str(&out), "%lld %lld", &a, &b) != 2) {
        printf("# a %s ended badly: %s\n", writer ? "writer" : "reader",
               strbuf_str(&out));
        t->bad = 1;
    } else if (writer) {
        t->queued += a;
        t->trained += b;
    } else {
        t->checked += b;
    }
    strbuf_release(&out);
}

static int
run_children(const char *self, const char *path, size_t writers, size_t n,
             const char *seconds, struct totals *t)
{
    struct spawn child[MAX_PROCESSES];
    struct errbuf eb;
    enum err e = ERR_OK;
    size_t started = 0;

    for (; started < n && !e; started++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", started);
        char *argv[] = {(char *)(uintptr_t)self,
                        started < writers ? (char[]){"writer"} : (char[]){"reader"},
                        (char *)(uintptr_t)path,
                        (char *)(uintptr_t)seconds,
                        number,
                        NULL};
        e = spawn_start(&child[started], argv, SPAWN_CAPTURE, &eb);
    }
    for (size_t i = 0; i < started; i++)
        collect(&child[i], i < writers, t);
    return e ? fail("start", e, &eb) : t->bad;
}

static int
judge(const char *path, const struct totals *t)
{
    struct strlist problems = {0};
    struct store_info info;
    struct errbuf eb;
    struct store *s;
    enum err e = store_open(&s, path, STORE_WRITE, &eb);

    if (e || (e = store_check(s, &problems, &eb)) || (e = store_info(s, &info, &eb)))
        return fail("check", e, &eb);
    printf(
        "# %lld runs queued, %lld trained, %lld looks at whole runs, store %.1f MiB, "
        "SQLite %s\n",
        t->queued, t->trained, t->checked, (double)info.size_bytes / 1048576,
        info.sqlite_version);
    for (size_t i = 0; i < problems.n; i++)
        printf("# %s\n", problems.item[i]);
    bool whole = problems.n == 0 && info.n_runs == t->queued &&
                 info.n_metric_rows == t->trained * POINTS &&
                 info.n_checkpoints == t->trained;
    if (!whole)
        printf("# stored: %lld runs, %lld points, %lld checkpoints\n",
               (long long)info.n_runs, (long long)info.n_metric_rows,
               (long long)info.n_checkpoints);
    strlist_release(&problems);
    store_close(s);
    return !whole;
}

static int
parent_main(const char *self, size_t writers, size_t readers, const char *seconds,
            const char *folder)
{
    char *path = xasprintf("%s/stress-%ld.db", folder, (long)getpid());
    struct totals t = {0};
    struct errbuf eb;
    struct store *s;
    enum err e = store_open(&s, path, STORE_CREATE, &eb);

    if (e)
        return fail("open", e, &eb);
    store_close(s);
    int bad = run_children(self, path, writers, writers + readers, seconds, &t);
    bad |= judge(path, &t);
    printf("%s 1 - %zu writers and %zu readers for %s s leave the store whole\n",
           bad ? "not ok" : "ok", writers, readers, seconds);
    if (!bad) {
        char *lock = xasprintf("%s.lock", path);
        unlink(path);
        unlink(lock);
        free(lock);
    }
    free(path);
    return bad;
}

int
main(int argc, char **argv)
{
    char self[4096];
    struct errbuf eb;

    if (argc == 5 && strcmp(argv[1], "writer") == 0)
        return writer_main(argv[2], strtol(argv[4], NULL, 10), strtod(argv[3], NULL));
    if (argc == 5 && strcmp(argv[1], "reader") == 0)
        return reader_main(argv[2], strtod(argv[3], NULL));
    if (argc != 1 && argc != 4 && argc != 5) {
        fprintf(stderr, "usage: stress_store [WRITERS READERS SECONDS [FOLDER]]\n");
        return 2;
    }
    if (spawn_self_path(self, sizeof self, &eb) != ERR_OK)
        return fail("start", ERR_IO, &eb);
    printf("1..1\n");
    fflush(stdout);
    size_t writers = argc > 1 ? strtoul(argv[1], NULL, 10) : 2;
    size_t readers = argc > 1 ? strtoul(argv[2], NULL, 10) : 1;
    if (writers + readers > MAX_PROCESSES)
        writers = readers = MAX_PROCESSES / 2;
    return parent_main(self, writers, readers, argc > 1 ? argv[3] : "2",
                       argc > 4 ? argv[4] : "/tmp");
}
