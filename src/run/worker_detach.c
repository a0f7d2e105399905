/* worker_detach.c - a worker without a terminal that outlives whoever started it.
 *
 * The starter keeps two pipes to it until it has said "ready" (its first heartbeat is
 * in the store) or has ended with the reason on stderr. */
#include "run/worker.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/strlist.h"
#include "base/xalloc.h"

static const double ready_s = 20; /* a store that is locked for long */

/* --- the starter --- */

/* Output of a helper program; "" if it cannot be had. */
static char *
ask(const char *const *words)
{
    struct strbuf out = {0};
    size_t n = 0;
    int status;

    while (words[n])
        n++;
    char **argv = xcalloc(n + 1, sizeof *argv);
    for (size_t i = 0; i < n; i++)
        argv[i] = xstrdup(words[i]);
    if (access(argv[0], X_OK) || spawn_run(argv, NULL, &out, NULL, &status, NULL) ||
        status != 0)
        strbuf_reset(&out);
    for (size_t i = 0; i < n; i++)
        free(argv[i]);
    free(argv);
    return strbuf_detach(&out);
}

/* True if logind ends all processes of a user at logout. */
static bool
logind_kills(void)
{
    static const char *const words[] = {"/usr/bin/busctl",
                                        "get-property",
                                        "org.freedesktop.login1",
                                        "/org/freedesktop/login1",
                                        "org.freedesktop.login1.Manager",
                                        "KillUserProcesses",
                                        NULL};
    if (access("/run/systemd/system", F_OK))
        return false;
    char *answer = ask(words);
    bool kills = strncmp(answer, "b true", 6) == 0;

    free(answer);
    return kills;
}

/* True if the user's own service manager stays after logout. */
static bool
lingers(void)
{
    char path[128];
    char *user = NULL;
    static const char *const words[] = {"/usr/bin/id", "-un", NULL};

    user = ask(words);
    user[strcspn(user, "\n")] = '\0';
    snprintf(path, sizeof path, "/var/lib/systemd/linger/%.64s", user);
    bool yes = *user && access(path, F_OK) == 0;
    free(user);
    return yes;
}

static void
add_size(struct strlist *l, size_t x)
{
    char *text = xasprintf("%zu", x);

    strlist_add(l, text);
    free(text);
}

static void
worker_words(struct strlist *l, const char *self, const char *store_path,
             const struct worker_options *opt)
{
    strlist_add(l, self);
    strlist_add(l, "internal-worker");
    strlist_add(l, store_path);
    add_size(l, opt->jobs);
    add_size(l, opt->threads);
    add_size(l, opt->drain);
    strlist_add(l, opt->cpu ? opt->cpu : "auto");
    add_size(l, opt->allow_other_cpu);
    add_size(l, (size_t)opt->idle_exit_s);
}

static void
scope_words(struct strlist *l, struct errbuf *notice)
{
    static const char *const scope[] = {
        "/usr/bin/systemd-run", "--user", "--scope", "--quiet", "--collect", "--"};

    if (!logind_kills())
        return;
    if (access(scope[0], X_OK)) {
        err_set(
            notice, ERR_OK,
            "logind ends this worker at logout (KillUserProcesses), and there is no "
            "systemd-run to prevent it");
        return;
    }
    for (size_t i = 0; i < sizeof scope / sizeof scope[0]; i++)
        strlist_add(l, scope[i]);
    if (!lingers())
        err_set(
            notice, ERR_OK,
            "this machine ends user processes at logout: run `loginctl enable-linger` "
            "once so that the worker stays");
}

static enum err
await_ready(struct spawn *sp, struct errbuf *eb)
{
    struct strbuf out = {0}, err = {0};
    double end_s = clock_mono_s() + ready_s;
    enum err e = ERR_OK;
    int status = 0;

    while (!strstr(strbuf_str(&out), "ready\n")) {
        bool open = spawn_read(sp, &out, &err, 100);

        if (strstr(strbuf_str(&out), "ready\n"))
            break;
        if (!open) {
            status = spawn_wait(sp);
            char *how = spawn_status_text(status);
            e = err_set(eb, ERR_CHILD, "the detached worker ended at once: %s",
                        err.len ? strbuf_str(&err) : how);
            free(how);
            break;
        }
        if (clock_mono_s() > end_s) {
            e = err_set(eb, ERR_CHILD,
                        "the detached worker %ld has not reached the store yet",
                        (long)sp->pid);
            break;
        }
    }
    strbuf_release(&out);
    strbuf_release(&err);
    return e;
}

static void
close_pipes(struct spawn *sp)
{
    if (sp->out_fd >= 0)
        close(sp->out_fd);
    if (sp->err_fd >= 0)
        close(sp->err_fd);
}

static enum err
start_words(const struct strlist *words, struct errbuf *eb)
{
    struct spawn sp;
    char **argv = xcalloc(words->n + 1, sizeof *argv);

    memcpy(argv, words->item, words->n * sizeof *argv);
    enum err e = spawn_start(&sp, argv, SPAWN_DETACH | SPAWN_CAPTURE, eb);
    free(argv);
    if (e)
        return e;
    e = await_ready(&sp, eb);
    close_pipes(&sp);
    return e;
}

enum err
worker_start_detached(const struct worker_options *opt, struct errbuf *notice,
                      struct errbuf *eb)
{
    char self[PATH_MAX], store_path[PATH_MAX];
    struct strlist words = {0}, plain = {0};

    err_set(notice, ERR_OK, "%s", "");
    if (opt->self_path)
        snprintf(self, sizeof self, "%s", opt->self_path);
    else if (spawn_self_path(self, sizeof self, eb))
        return ERR_IO;
    if (!realpath(opt->store_path, store_path))
        return err_errno(eb, "%s", opt->store_path);
    scope_words(&words, notice);
    worker_words(&words, self, store_path, opt);
    worker_words(&plain, self, store_path, opt);

    enum err e = start_words(&words, eb);
    if (e == ERR_CHILD && words.n != plain.n) {
        err_set(
            notice, ERR_OK,
            "systemd-run did not work (%s): the worker was started without it and may "
            "end at logout",
            eb ? eb->text : "no reason");
        e = start_words(&plain, eb);
    }
    strlist_release(&words);
    strlist_release(&plain);
    return e;
}

/* --- the worker --- */

struct detached {
    struct store *store; /* for the log */
    bool is_ready;
};

static void
log_to_store(void *ctx, enum log_level level, const char *text)
{
    struct detached *d = ctx;

    (void)!store_log_add(d->store, 0, 0, log_level_name(level), text, NULL);
}

/* The first round is over: the worker is known.  Let go of the starter's pipes. */
static void
say_ready(void *ctx)
{
    struct detached *d = ctx;

    if (d->is_ready)
        return;
    d->is_ready = true;
    (void)!write(STDOUT_FILENO, "ready\n", 6);
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

static bool
parse_size(const char *s, size_t *out)
{
    char *end;
    unsigned long long x = strtoull(s, &end, 10);

    *out = (size_t)x;
    return end != s && *end == '\0' && *s != '-';
}

int
worker_command(size_t n, char *const word[], struct errbuf *eb)
{
    struct detached d = {0};
    struct worker_options opt = {
        .detached = true, .on_tick = say_ready, .tick_ctx = &d};
    size_t drain = 0, allow = 0, idle_exit_s = 0;

    if (n != 7 || !parse_size(word[1], &opt.jobs) ||
        !parse_size(word[2], &opt.threads) || !parse_size(word[3], &drain) ||
        !parse_size(word[5], &allow) || !parse_size(word[6], &idle_exit_s)) {
        err_set(
            eb, ERR_ARG,
            "internal-worker: STORE JOBS THREADS DRAIN CPU ALLOW_OTHER_CPU IDLE_EXIT");
        return 2;
    }
    opt.store_path = word[0];
    opt.drain = drain != 0;
    opt.cpu = word[4];
    opt.allow_other_cpu = allow != 0;
    opt.idle_exit_s = (double)idle_exit_s;
    opt.log = (struct log){log_to_store, &d};
    if (store_open(&d.store, opt.store_path, STORE_WRITE, eb))
        return 1;
    (void)!chdir("/"); /* keep no folder busy */
    enum err e = worker_run(&opt, eb);

    store_close(d.store);
    return e == ERR_OK || e == ERR_STOPPED ? 0 : 1;
}
