/* direct_read.c - many parts of files at once, past the system's cache. */
#include "data/direct_read.h"

#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

/* A part under way. */
struct job {
    struct iocb io; /* first: what the system gives back points here */
    struct direct_part *part;
    struct direct_batch *batch;
    struct job *next; /* of the free ones */
};

struct direct_read {
    io_context_t ctx;
    struct job *job;        /* (most) owned */
    struct iocb **list;     /* (most) owned; scratch */
    struct io_event *event; /* (most) owned; scratch */
    struct job *spare;
    size_t most, n_under_way;
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
    d->n_under_way += done;
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
        if (!d->spare)
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
    d->n_under_way--;
    put_back(d, j);
}

/* Take what is there, and at least `least` of it; false if that cannot be. */
static bool
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
    return k >= least;
}

bool
direct_read_wait(struct direct_read *d, struct direct_batch *b)
{
    bool was_there;

    if (b->left)
        (void)reap(d, 0);
    was_there = b->left == 0;
    while (b->left && reap(d, 1))
        ;
    return was_there;
}
