/* reader_child.c - do a command's work in a process that may die. */
#include "cli/reader_child.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/clock.h"
#include "base/pool.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "run/signal_hold.h"

enum { POLL_MS = 10 };

static void
add_word(struct strlist *argv, const char *option, const char *value)
{
    char *word = xasprintf("--%s%s%s", option, value ? "=" : "", value ? value : "");

    strlist_add(argv, word);
    free(word);
}

/* The option as it was given, each value of a list; out stands in the place of --out. */
static void
add_option(struct strlist *argv, const struct opts *o, const struct opt *opt,
           const char *out)
{
    const char *item;

    if (!opts_has(o, opt->name))
        return;
    if (out && strcmp(opt->name, "out") == 0)
        add_word(argv, opt->name, out);
    else if (opt->kind == OPT_FLAG)
        add_word(argv, opt->name, NULL);
    else if (opt->kind == OPT_LIST)
        for (size_t i = 0; (item = opts_item(o, opt->name, i)); i++)
            add_word(argv, opt->name, item);
    else
        add_word(argv, opt->name, opts_text(o, opt->name));
}

/* threads: of the process, where the command line does not say; 0: all cores.  out: the
 * file of the process, NULL: as the command line says. */
static void
make_words(const struct cli *c, const char *command, const struct opt *table,
           int64_t run_id, const char *out, size_t threads, struct strlist *argv)
{
    char id[32];

    strlist_add(argv, c->self_path);
    strlist_add(argv, command);
    strlist_add(argv, "--store");
    strlist_add(argv, c->store_path);
    if (c->read_only)
        strlist_add(argv, "--read-only");
    if (c->cpu) {
        strlist_add(argv, "--cpu");
        strlist_add(argv, c->cpu);
    }
    for (const struct opt *opt = table; opt->name; opt++)
        add_option(argv, &c->opts, opt, out);
    if (threads && !opts_has(&c->opts, "threads")) {
        snprintf(id, sizeof id, "%zu", threads);
        add_word(argv, "threads", id);
    }
    snprintf(id, sizeof id, "%" PRId64, run_id);
    if (run_id >= 0)
        strlist_add(argv, id);
    else
        strlist_add(argv, "--");
    for (size_t i = 0; run_id < 0 && i < c->opts.n_args; i++)
        strlist_add(argv, c->opts.arg[i]);
    argv->item = grow(argv->item, &argv->cap, argv->n + 1, sizeof *argv->item);
    argv->item[argv->n] = NULL;
}

/* Pass on what the process said, line by line, but for what another one said before. */
static void
repeat_once(const char *text, struct strlist *said)
{
    struct strlist line = {0};

    strlist_split(&line, text, '\n');
    for (size_t i = 0; i < line.n; i++)
        if (*line.item[i] && !strlist_has(said, line.item[i])) {
            strlist_add(said, line.item[i]);
            fprintf(stderr, "%s\n", line.item[i]);
        }
    strlist_release(&line);
}

/* Remove what a process that was killed had begun beside out; NULL: nothing. */
static void
clean_up(const char *out, pid_t pid, int status)
{
    char *tmp = out && WIFSIGNALED(status) ? beside_path(out, pid) : NULL;

    if (tmp)
        unlink(tmp);
    free(tmp);
}

/* Wait for the end of the process, and clean up after it where it could not.  Signals
 * that came meanwhile take effect at the end. */
static int
wait_and_clean(struct spawn *sp, const char *out)
{
    struct signal_hold hold;
    pid_t pid = sp->pid;
    int status;

    signal_hold_stops(&hold);
    while (!spawn_reap(sp, &status)) {
        if (signal_hold_is_pending(&hold))
            kill(pid, SIGKILL);
        clock_sleep_ms(POLL_MS);
    }
    clean_up(out, pid, status);
    signal_hold_end(&hold);
    return status;
}

/* What the end of a process means for the command. */
static enum err
judge(struct cli *c, int status, const char *doing, struct errbuf *eb)
{
    if (WIFEXITED(status)) {
        c->status = WEXITSTATUS(status);
        return ERR_OK;
    }
    if (WTERMSIG(status) == SIGPIPE)
        return ERR_OK; /* whoever read our output had enough */
    char *what = spawn_status_text(status);
    enum err e = err_set(eb, ERR_CHILD, "%s: the reader was %s; the file may be broken",
                         doing, what);
    free(what);
    return e;
}

enum err
reader_child_run(struct cli *c, const char *command, const struct opt *table,
                 int64_t run_id, const char *doing, const char *out, struct errbuf *eb)
{
    struct strlist argv = {0};
    struct spawn sp;

    make_words(c, command, table, run_id, run_id < 0 ? NULL : out, 0, &argv);
    enum err e = spawn_start(&sp, argv.item, SPAWN_DIE_WITH_PARENT, eb);

    strlist_release(&argv);
    return e ? e : judge(c, wait_and_clean(&sp, out), doing, eb);
}

/* --- several at a time --- */

struct job {
    struct spawn sp;
    struct strbuf err; /* what it said */
    int64_t run_id;    /* that it works on */
    const char *out;   /* borrowed; the file that it writes, or NULL */
    bool is_running;
};

static enum err
start(struct cli *c, const char *command, const struct opt *table, int64_t run_id,
      const char *out, size_t threads, struct job *j, struct errbuf *eb)
{
    struct strlist argv = {0};
    enum err e;

    make_words(c, command, table, run_id, out, threads, &argv);
    e = spawn_start(&j->sp, argv.item, SPAWN_DIE_WITH_PARENT | SPAWN_CAPTURE, eb);
    j->is_running = !e;
    j->run_id = run_id;
    j->out = out;
    strlist_release(&argv);
    return e;
}

/* Whether the process has ended; then what it said is passed on. */
static bool
has_ended(struct job *j, struct strlist *said, int *status)
{
    spawn_read(&j->sp, NULL, &j->err, 0);
    pid_t pid = j->sp.pid;

    if (!spawn_reap(&j->sp, status))
        return false;
    clean_up(j->out, pid, *status);
    j->is_running = false;
    repeat_once(strbuf_str(&j->err), said);
    strbuf_reset(&j->err);
    return true;
}

/* As judge(), of a job; a failure is said with its run, since others may go on. */
static enum err
judge_job(struct cli *c, const struct job *j, int status, const char *doing,
          struct errbuf *eb)
{
    char *what = xasprintf("%s %" PRId64, doing, j->run_id);
    enum err e = judge(c, status, what, eb);

    if (!e && c->status)
        out_note("%s: failed", what);
    free(what);
    return e;
}

/* Look at each job once: *n_running of them go on, *n_done more have done their work.  The
 * first failure counts. */
static enum err
look_at_jobs(struct cli *c, struct job *job, size_t jobs,
             const struct signal_hold *hold, const char *doing, struct strlist *said,
             size_t *n_running, size_t *n_done, struct errbuf *eb)
{
    enum err e = ERR_OK;

    *n_running = 0;
    for (struct job *j = job; j < job + jobs; j++) {
        int status, before = c->status;

        if (!j->is_running)
            continue;
        if (signal_hold_is_pending(hold))
            kill(j->sp.pid, SIGKILL);
        if (!has_ended(j, said, &status)) {
            ++*n_running;
            continue;
        }
        enum err own = judge_job(c, j, status, doing, e ? NULL : eb);

        *n_done += !own && !c->status;
        e = e ? e : own;
        c->status = before ? before : c->status;
    }
    return e;
}

enum err
reader_children_run(struct cli *c, const char *command, const struct opt *table,
                    const int64_t *run_id, const char *const *out, size_t n,
                    size_t jobs, const char *doing, struct errbuf *eb)
{
    struct job *job = xcalloc(jobs, sizeof *job);
    struct strlist said = {0};
    struct signal_hold hold;
    size_t next = 0, n_running = 0, n_done = 0, threads = pool_cores() / jobs;
    enum err e = ERR_OK;

    signal_hold_stops(&hold);
    do {
        for (size_t i = 0;
             i < jobs && next < n && !e && !c->status && !signal_hold_is_pending(&hold);
             i++)
            if (!job[i].is_running) {
                e = start(c, command, table, run_id[next], out ? out[next] : NULL,
                          threads ? threads : 1, &job[i], eb);
                next++;
            }
        enum err own = look_at_jobs(c, job, jobs, &hold, doing, &said, &n_running,
                                    &n_done, e ? NULL : eb);

        e = e ? e : own;
        if (n_running)
            clock_sleep_ms(POLL_MS);
    } while (n_running ||
             (next < n && !e && !c->status && !signal_hold_is_pending(&hold)));
    signal_hold_end(&hold);
    if (n_done < n)
        out_note("%s: %zu of %zu are done", doing, n_done, n);
    for (size_t i = 0; i < jobs; i++)
        strbuf_release(&job[i].err);
    strlist_release(&said);
    free(job);
    return e;
}
