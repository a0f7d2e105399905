/* job.h - programs that run beside the screen: started, polled, never waited for.
 *
 * Threads: owner thread only.
 * Errors:  those of spawn_start. */
#ifndef TUI_JOB_H
#define TUI_JOB_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strlist.h"

/* Called once when the program has ended; texts are borrowed for the call. */
typedef void (*job_fn)(void *ctx, int status, const char *out, const char *err);

struct job;

struct jobs {
    struct job *first; /* owned */
};

/* Start argv (copied).  is_query: it changes nothing and may be killed. */
MUST_CHECK enum err jobs_start(struct jobs *j, const struct strlist *argv,
                               bool is_query, job_fn fn, void *ctx, struct errbuf *eb);

/* Read what has come; call fn of those that ended.  True if any did. */
bool jobs_poll(struct jobs *j);

/* Forget a query before it ends: fn is not called. */
void jobs_forget(struct jobs *j, const void *ctx);

bool jobs_busy(const struct jobs *j);

/* Give those that change something up to three seconds to end; kill queries. */
void jobs_release(struct jobs *j);

#endif
