/* test_run.c - parts of src/run that need no process: memory, answers, leases. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "run/probe_format.h"
#include "base/memory.h"
#include "run/signal_hold.h"
#include "run/takeover.h"
#include "run/worker_slot.h"
#include "tests/support.h"

/* --- probe_format --- */

static struct probe_result
sample(void)
{
    struct probe_result r = {.n_cells = 12, .n_genes = 7, .n_classes = 3, .n_edges = 2};

    memset(r.data_digest, 'a', DIGEST_HEX - 1);
    memset(r.split_digest, 'b', DIGEST_HEX - 1);
    r.n_part[PART_OOD] = 4;
    r.nnz = 1ull << 40;
    r.memory_bytes = 99;
    r.ontology = xstrdup("a\tb\\c\nd");
    strlist_add(&r.unknown, "T\tcell");
    strlist_add(&r.warnings, "line 1\nline 2");
    strlist_add(&r.warnings, "");
    r.eval = xcalloc(2, sizeof *r.eval);
    r.n_evals = 2;
    for (int i = 0; i < 2; i++) {
        r.eval[i].name = xstrdup(i ? "ood" : "id");
        r.eval[i].digest = xstrdup("0f");
        r.eval[i].n = 5;
    }
    strlist_add(&r.eval[1].unknown, "\\");
    r.file = xcalloc(1, sizeof *r.file);
    r.n_files = 1;
    r.file[0] = (struct file_report){.path = xstrdup("/x y/z.h5ad"),
                                     .layer = xstrdup("raw/X"),
                                     .normalize = xstrdup("none"),
                                     .decision = xstrdup(""),
                                     .n_cells = 20,
                                     .n_no_label = 8,
                                     .nnz = 77};
    r.facet = xcalloc(2, sizeof *r.facet);
    r.n_facets = 2;
    r.facet[0] = (struct probe_facet){.name = xstrdup("tissue"), .n_missing = 3};
    r.facet[1] = (struct probe_facet){.name = xstrdup("disease")};
    r.facet[1].level = xcalloc(1, sizeof *r.facet[1].level);
    r.facet[1].n_levels = 1;
    r.facet[1].level[0] = (struct probe_count){xstrdup("flu"), xstrdup(""), 12};
    return r;
}

static void
test_probe_format__reads_back_what_it_wrote(void **state)
{
    struct probe_result a = sample(), b = {0};
    struct strbuf text = {0}, again = {0};

    (void)state;
    probe_format_write(&a, &text);
    assert_int_equal(probe_format_read(strbuf_str(&text), &b, NULL), ERR_OK);
    probe_format_write(&b, &again);
    assert_string_equal(strbuf_str(&text), strbuf_str(&again));
    assert_string_equal(b.ontology, "a\tb\\c\nd");
    assert_string_equal(b.warnings.item[0], "line 1\nline 2");
    assert_int_equal(b.warnings.n, 2);
    assert_int_equal(b.n_part[PART_OOD], 4);
    assert_true(b.nnz == 1ull << 40);
    assert_string_equal(b.eval[1].unknown.item[0], "\\");
    assert_int_equal(b.file[0].n_no_label, 8);
    assert_int_equal(b.facet[1].level[0].n, 12);
    assert_int_equal(b.facet[0].n_missing, 3);
    probe_result_release(&a);
    probe_result_release(&b);
    strbuf_release(&text);
    strbuf_release(&again);
}

static void
test_probe_format__a_cut_answer_is_an_error(void **state)
{
    struct probe_result a = sample(), b = {0};
    struct strbuf text = {0};

    (void)state;
    probe_format_write(&a, &text);
    for (size_t n = 0; n + 1 < text.len; n++) {
        char *cut = xstrndup(text.buf, n);

        if (strcmp(cut + (n >= 3 ? n - 3 : 0), "end") != 0)
            assert_int_equal(probe_format_read(cut, &b, NULL), ERR_CHILD);
        assert_int_equal(b.n_evals, 0);
        probe_result_release(&b);
        free(cut);
    }
    probe_result_release(&a);
    strbuf_release(&text);
}

static void
test_probe_format__errors_pass_through(void **state)
{
    struct probe_result r = {0};
    struct strbuf text = {0};
    struct errbuf eb;

    (void)state;
    probe_format_error(ERR_FORMAT, "x.h5ad: broken\tindptr", &text);
    assert_int_equal(probe_format_read(strbuf_str(&text), &r, &eb), ERR_FORMAT);
    assert_string_equal(eb.text, "x.h5ad: broken\tindptr");
    strbuf_release(&text);
    assert_int_equal(probe_format_read("error\t0\tx\n", &r, &eb), ERR_CHILD);
    assert_int_equal(probe_format_read("error\t999\tx\n", &r, &eb), ERR_CHILD);
    assert_int_equal(probe_format_read("level\tx\t\t1\nend\n", &r, &eb), ERR_CHILD);
    assert_int_equal(probe_format_read("n_cells\t-\nend\n", &r, &eb), ERR_CHILD);
}

/* --- memory --- */

static void
write_in(const char *dir, const char *file, const char *text)
{
    char path[4352];

    snprintf(path, sizeof path, "%s/%s", dir, file);
    support_write(path, text);
}

static void
test_memory__cgroup_room_is_the_tightest_of_all_parents(void **state)
{
    char *root = support_tmpdir(), inner[4200], outer[4150];

    (void)state;
    snprintf(outer, sizeof outer, "%s/a", root);
    snprintf(inner, sizeof inner, "%s/b", outer);
    assert_int_equal(mkdir(outer, 0700), 0);
    assert_int_equal(mkdir(inner, 0700), 0);
    write_in(inner, "memory.max", "max\n");
    write_in(inner, "memory.current", "10\n");
    assert_true(memory_cgroup_room(root, "/a/b") == UINT64_MAX);
    write_in(outer, "memory.max", "1000\n");
    write_in(outer, "memory.current", "700\n");
    assert_true(memory_cgroup_room(root, "/a/b") == 300);
    write_in(outer, "memory.stat", "anon 5\ninactive_file 200\n");
    assert_true(memory_cgroup_room(root, "/a/b") == 500);
    write_in(inner, "memory.max", "50\n");
    assert_true(memory_cgroup_room(root, "/a/b") == 40);
    write_in(inner, "memory.max", "5\n");
    assert_true(memory_cgroup_room(root, "/a/b") == 0);
    assert_true(memory_cgroup_room(root, "/") == UINT64_MAX);
    support_rmtree(root);
}

static void
test_memory__this_process_has_some(void **state)
{
    (void)state;
    assert_true(memory_available() > 1 << 20);
    assert_true(memory_resident(getpid()) > 1 << 16);
    assert_true(memory_resident(-1) == 0);
}

/* --- takeover --- */

/* A process that has ended and was not waited for. */
static pid_t
make_zombie(struct store_process *p)
{
    int fd[2];
    char c;

    assert_int_equal(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[1]);
        _exit(read(fd[0], &c, 1) < 0);
    }
    takeover_process(p, pid);
    close(fd[0]);
    close(fd[1]);

    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    return pid;
}

static void
test_takeover__a_zombie_and_a_reused_pid_are_dead(void **state)
{
    struct store_process me;
    struct takeover t;
    struct store_lease l = {.run_id = 1, .attempt = 1};

    (void)state;
    takeover_process(&me, getpid());
    takeover_init(&t, &me, 60);
    pid_t pid = make_zombie(&l.worker);
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_DEAD);
    waitpid(pid, NULL, 0);
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_DEAD);

    l.worker = me;
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_ALIVE);
    l.worker.start_ticks++;
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_DEAD);
    takeover_release(&t);
}

static void
test_takeover__other_hosts_count_by_heartbeat(void **state)
{
    struct store_process me;
    struct takeover t;
    struct store_lease l = {.run_id = 1, .attempt = 1, .heartbeat_age_s = 59};

    (void)state;
    takeover_process(&me, getpid());
    takeover_init(&t, &me, 60);
    snprintf(l.worker.host, sizeof l.worker.host, "elsewhere");
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_ALIVE);
    l.heartbeat_age_s = 61;
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_SILENT);
    l.heartbeat_age_s = -61; /* the clock was set back */
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_SILENT);

    /* An earlier boot of this host, unless its heart still beats. */
    l.worker = me;
    snprintf(l.worker.boot_id, sizeof l.worker.boot_id, "another");
    l.heartbeat_age_s = 30;
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_DEAD);
    l.heartbeat_age_s = 2;
    assert_int_equal(takeover_judge(&t, &l), TAKEOVER_ALIVE);
    takeover_release(&t);
}

/* --- signal_hold --- */

static void *
careless(void *arg)
{
    sigset_t none;

    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL); /* as threads of libraries do */
    for (;;) {
        (void)arg;
        pause();
    }
    return NULL;
}

static void
test_signal_hold__other_threads_pass_signals_on(void **state)
{
    static const int sig[] = {SIGTERM, SIGINT};
    struct signal_hold h;
    pthread_t t[2];
    sigset_t pending;

    (void)state;
    signal_hold_begin(&h, sig, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, careless, NULL), 0);
    clock_sleep_ms(20);
    kill(getpid(), SIGTERM);
    for (int i = 0; i < 500; i++) {
        sigpending(&pending);
        if (sigismember(&pending, SIGTERM))
            break;
        clock_sleep_ms(2);
    }
    assert_false(sigismember(&pending, SIGINT));
    sigemptyset(&pending);
    sigaddset(&pending, SIGTERM);
    /* It may be in the hands of the second thread once more: then it comes back. */
    assert_int_equal(sigtimedwait(&pending, NULL, &(struct timespec){5, 0}), SIGTERM);
    for (int i = 0; i < 2; i++) {
        pthread_cancel(t[i]);
        pthread_join(t[i], NULL);
    }
    signal_hold_end(&h);
}

/* A store with one run, claimed by `owner`. */
static struct store *
claimed(const char *dir, const struct store_process *owner)
{
    struct store_new_run run = {.name = "a",
                                .experiment = "e",
                                .model = "linear",
                                .loss = "ce",
                                .pair_key = "k",
                                .max_epochs = 1};
    struct store_claim claim;
    struct store *s;
    int64_t id;
    char path[4200];
    struct errbuf eb = {""};

    snprintf(path, sizeof path, "%s/x.db", dir);
    if (store_open(&s, path, STORE_CREATE, &eb) ||
        store_queue_add(s, &run, 1, false, &id, NULL, &eb) ||
        store_claim_next(s, owner, 0, UINT64_MAX, &claim, &eb))
        fail_msg("%s", eb.text);
    return s;
}

static size_t
round_of(struct takeover *t, struct store *s)
{
    size_t n = 0;
    struct errbuf eb = {""};

    if (takeover_round(t, s, NULL, &n, &eb))
        fail_msg("%s", eb.text);
    return n;
}

static void
test_takeover__breaks_leases_of_the_dead_at_once(void **state)
{
    char *dir = support_tmpdir();
    struct store_process me, dead;
    struct store_claim claim;
    struct takeover t;

    (void)state;
    takeover_process(&me, getpid());
    dead = me;
    dead.start_ticks++;
    struct store *s = claimed(dir, &dead);
    takeover_init(&t, &me, 60);
    assert_int_equal(round_of(&t, s), 1);
    assert_int_equal(round_of(&t, s), 0);
    assert_int_equal(store_claim_next(s, &me, 0, UINT64_MAX, &claim, NULL), ERR_OK);
    assert_int_equal(claim.attempt, 2);
    assert_int_equal(round_of(&t, s), 0); /* mine */
    takeover_release(&t);
    store_close(s);
    support_rmtree(dir);
}

static void
test_takeover__breaks_silent_leases_after_some_rounds(void **state)
{
    char *dir = support_tmpdir();
    struct store_process me, other = {.host = "elsewhere", .boot_id = "b", .pid = 5};
    struct takeover t;

    (void)state;
    takeover_process(&me, getpid());
    struct store *s = claimed(dir, &other);
    takeover_init(&t, &me, 60);
    for (int i = 0; i < 5; i++)
        assert_int_equal(round_of(&t, s), 0);
    t.timeout_s = -1; /* every heartbeat is too old */
    assert_int_equal(round_of(&t, s), 0);
    assert_int_equal(round_of(&t, s), 0);
    t.timeout_s = 60; /* it beats again: counting starts anew */
    assert_int_equal(round_of(&t, s), 0);
    t.timeout_s = -1;
    assert_int_equal(round_of(&t, s), 0);
    assert_int_equal(round_of(&t, s), 0);
    assert_int_equal(round_of(&t, s), 1);
    takeover_release(&t);
    store_close(s);
    support_rmtree(dir);
}

/* --- slots --- */

static void
test_slot__that_cannot_start_is_settled_like_a_death(void **state)
{
    char *dir = support_tmpdir();
    struct store_process me;
    struct store_claim claim = {.run_id = 1, .attempt = 1};
    struct run_child_options opt = {
        .store_path = "x", .run_id = 1, .attempt = 1, .threads = 1};
    struct worker_slot slot;
    struct store_runs runs;
    struct rlimit was, none;

    (void)state;
    takeover_process(&me, getpid());
    struct store *s = claimed(dir, &me);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    none = was;
    none.rlim_cur = 3; /* no pipe can be made */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    worker_slot_start(&slot, "/bin/true", &opt, &claim, s);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_true(slot.ended);
    assert_int_equal(worker_slot_settle(&slot, s, NULL, NULL), ERR_OK);
    worker_slot_release(&slot);
    assert_int_equal(store_runs_list(s, NULL, &runs, NULL), ERR_OK);
    assert_string_equal(runs.run[0].state, "queued");
    assert_non_null(strstr(runs.run[0].reason, "cannot make a pipe"));
    store_runs_release(&runs);
    store_close(s);
    support_rmtree(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_format__reads_back_what_it_wrote),
        cmocka_unit_test(test_probe_format__a_cut_answer_is_an_error),
        cmocka_unit_test(test_probe_format__errors_pass_through),
        cmocka_unit_test(test_memory__cgroup_room_is_the_tightest_of_all_parents),
        cmocka_unit_test(test_memory__this_process_has_some),
        cmocka_unit_test(test_signal_hold__other_threads_pass_signals_on),
        cmocka_unit_test(test_takeover__a_zombie_and_a_reused_pid_are_dead),
        cmocka_unit_test(test_takeover__other_hosts_count_by_heartbeat),
        cmocka_unit_test(test_takeover__breaks_leases_of_the_dead_at_once),
        cmocka_unit_test(test_takeover__breaks_silent_leases_after_some_rounds),
        cmocka_unit_test(test_slot__that_cannot_start_is_settled_like_a_death),
    };

    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
