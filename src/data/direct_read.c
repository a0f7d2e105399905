/* direct_read.c - many parts of files at once, past the system's cache. */
#include "data/direct_read.h"

#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

/* A part under way. */
struct job {
    struct iocb io; /* first: what the system gives back points here */
    struct direct_part *part;
    struct direct_batch *batch; /* NULL: free */
    struct job *next;           /* of the free ones */
};

struct direct_read {
    io_context_t ctx;
    struct job *job;        /* (most) owned */
    struct iocb **list;     /* (most) owned; scratch */
    struct io_event *event; /* (most) owned; scratch */
    struct job *spare;
    size_t most;
    bool broken; /* ctx is no more */
};

struct direct_read *
direct_read_new(size_t most)
{
    struct direct_read *d = xcalloc(1, sizeof *d);

    if (io_setup((int)most, &d->ctx) != 0) {
        free(d);
        return NULL;
    }
    d->most = most;
    d->job = xcalloc(most, sizeof *d->job);
    d->list = xcalloc(most, sizeof(struct iocb *));
    d->event = xcalloc(most, sizeof *d->event);
    for (size_t i = 0; i < most; i++) {
        d->job[i].next = d->spare;
        d->spare = &d->job[i];
    }
    return d;
}

void
direct_read_free(struct direct_read *d)
{
    if (!d)
        return;
    if (!d->broken)
        io_destroy(d->ctx);
    free(d->job);
    free(d->list);
    free(d->event);
    free(d);
}

int
direct_read_fd(int fd)
{
    char name[32];

    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOCTTY);
}

static void
put_back(struct direct_read *d, struct job *j)
{
    j->batch = NULL;
    j->next = d->spare;
    d->spare = j;
}

static struct job *
prepare(struct direct_read *d, struct direct_batch *b, struct direct_part *p)
{
    struct job *j = d->spare;

    d->spare = j->next;
    j->part = p;
    j->batch = b;
    io_prep_pread(&j->io, p->fd, p->to, p->size, (long long)p->offset);
    return j;
}

/* Submits n; what the system refuses is put back. */
static void
submit(struct direct_read *d, size_t n)
{
    size_t done = 0;

    while (done < n) {
        int k = io_submit(d->ctx, (long)(n - done), d->list + done);

        if (k <= 0)
            break;
        done += (size_t)k;
    }
    for (size_t i = done; i < n; i++) {
        struct job *j = (struct job *)(void *)d->list[i];

        j->batch->left--;
        put_back(d, j);
    }
}

void
direct_read_begin(struct direct_read *d, struct direct_batch *b)
{
    size_t n = 0;

    b->left = 0;
    for (size_t i = 0; i < b->n; i++) {
        b->part[i].ok = false;
        if (!d->spare || d->broken)
            continue;
        d->list[n++] = &prepare(d, b, &b->part[i])->io;
        b->left++;
    }
    submit(d, n);
}

static void
take(struct direct_read *d, const struct io_event *event)
{
    struct job *j = (struct job *)(void *)event->obj;
    long got = (long)event->res; /* bytes, or an error below 0 */

    j->part->ok = got >= 0 && (size_t)got >= j->part->need;
    j->batch->left--;
    put_back(d, j);
}

/* Take what is there, and at least `least` of it; 0, or errno if that cannot be. */
static int
reap(struct direct_read *d, long least)
{
    struct timespec at_once = {0};
    int k;

    do
        k = io_getevents(d->ctx, least, (long)d->most, d->event,
                         least ? NULL : &at_once);
    while (k == -EINTR);
    for (int i = 0; i < k; i++)
        take(d, &d->event[i]);
    return k < 0 ? -k : k < least ? EIO : 0;
}

/* Name the file of the first part of b that is under way. */
static enum err
say_broken(const struct direct_read *d, const struct direct_batch *b, int why,
           struct errbuf *eb)
{
    const struct job *j = d->job;
    char name[32], path[PATH_MAX];

    while (j->batch != b)
        j++;
    snprintf(name, sizeof name, "/proc/self/fd/%d", j->part->fd);
    ssize_t n = readlink(name, path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    return err_set(eb, ERR_IO, "%s: reading from byte %llu on, past the cache: %s",
                   *path ? path : "a packed store", (unsigned long long)j->part->offset,
                   strerror(why));
}

/* Nothing comes back any more.  What is under way may still be written to where it was
 * asked for, until io_destroy has waited for it. */
static void
give_up(struct direct_read *d)
{
    io_destroy(d->ctx);
    d->broken = true;
    for (size_t i = 0; i < d->most; i++) {
        struct job *j = &d->job[i];

        if (!j->batch)
            continue;
        j->batch->left = 0;
        put_back(d, j);
    }
}

enum err
direct_read_wait(struct direct_read *d, struct direct_batch *b, bool *was_there,
                 struct errbuf *eb)
{
    int why = b->left ? reap(d, 0) : 0;

    *was_there = b->left == 0;
    while (b->left && !why)
        why = reap(d, 1);
    if (!b->left)
        return ERR_OK;
    enum err e = say_broken(d, b, why, eb);
    give_up(d);
    return e;
}
