/* job.c - programs that run beside the screen. */
#include "tui/job.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "base/xalloc.h"

struct job {
    struct spawn process;
    struct strbuf out, err;
    bool is_query;
    job_fn fn; /* NULL: forgotten */
    void *ctx;
    struct job *next;
};

static void
job_free(struct job *job)
{
    strbuf_release(&job->out);
    strbuf_release(&job->err);
    free(job);
}

enum err
jobs_start(struct jobs *j, const struct strlist *argv, bool is_query, job_fn fn,
           void *ctx, struct errbuf *eb)
{
    char **args = xcalloc(argv->n + 1, sizeof *args);
    struct job *job = xcalloc(1, sizeof *job);

    for (size_t i = 0; i < argv->n; i++)
        args[i] = argv->item[i];
    *job = (struct job){.is_query = is_query, .fn = fn, .ctx = ctx, .next = j->first};
    enum err e = spawn_start(&job->process, args, SPAWN_CAPTURE | SPAWN_NEW_GROUP, eb);
    free(args);
    if (e)
        job_free(job);
    else
        j->first = job;
    return e;
}

/* True if all that the program wrote is read and it has ended: in this order, since
 * spawn_reap closes the pipes. */
static bool
job_ended(struct job *job, int *status)
{
    return !spawn_read(&job->process, &job->out, &job->err, 0) &&
           spawn_reap(&job->process, status);
}

bool
jobs_poll(struct jobs *j)
{
    bool any = false;

    for (struct job **at = &j->first, *job; (job = *at);) {
        int status;
        if (!job_ended(job, &status)) {
            at = &job->next;
            continue;
        }
        *at = job->next;
        if (job->fn)
            job->fn(job->ctx, status, strbuf_str(&job->out), strbuf_str(&job->err));
        job_free(job);
        any = true;
    }
    return any;
}

void
jobs_forget(struct jobs *j, const void *ctx)
{
    for (struct job *job = j->first; job; job = job->next) {
        if (job->ctx != ctx || !job->is_query)
            continue;
        job->fn = NULL;
        kill(job->process.pid, SIGTERM);
    }
}

bool
jobs_busy(const struct jobs *j)
{
    return j->first != NULL;
}

void
jobs_release(struct jobs *j)
{
    double deadline = clock_mono_s() + 3;

    for (struct job *job = j->first; job; job = job->next) {
        job->fn = NULL;
        if (job->is_query)
            kill(job->process.pid, SIGTERM);
    }
    while (j->first && clock_mono_s() < deadline)
        if (!jobs_poll(j))
            clock_sleep_ms(5);
    while (j->first) {
        struct job *job = j->first;
        j->first = job->next;
        job_free(job);
    }
}
