/* store_lock.h - the writers' lock of a store: one flock on <store>.lock.
 *
 * SQLite 3.7.0 to 3.51.2 can lose committed pages of a WAL store when one connection
 * checkpoints while another commits.  Every write transaction and every checkpoint of
 * this program therefore runs under this lock.  Inside a process a mutex comes first:
 * network file systems turn flock into a lock that belongs to the process.
 *
 * Threads: locked inside.
 * Errors:  ERR_BUSY (held by others for long), ERR_IO with the path. */
#ifndef STORE_STORE_LOCK_H
#define STORE_STORE_LOCK_H

#include <stdbool.h>

#include "base/err.h"

struct writer_lock;

/* The lock of the store at this (canonical) path; the file is made if it is absent.
 * Opens of one path in a process share one lock. */
MUST_CHECK enum err writer_lock_open(struct writer_lock **out, const char *store_path,
                                     struct errbuf *eb);
void writer_lock_close(struct writer_lock *l);

/* Take it, waiting up to wait_ms.  Not recursive. */
MUST_CHECK enum err writer_lock_take(struct writer_lock *l, unsigned wait_ms,
                                     struct errbuf *eb);
void writer_lock_drop(struct writer_lock *l);

/* A shared lock for a reader that SQLite's own locks do not protect (immutable=1).
 * *fd = -1 where there is no lock file; false if a writer holds the lock. */
bool writer_lock_share(const char *store_path, int *fd);
void writer_lock_unshare(int *fd);

#endif
