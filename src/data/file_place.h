/* file_place.h - room for a file, and a file in the place of another.
 *
 * Threads: any thread.
 * Errors:  ERR_IO, ERR_FULL, ERR_NOTFOUND name the path.
 * Tests:   tests/test_h5ad_write.c, tests/test_simulate.c */
#ifndef DATA_FILE_PLACE_H
#define DATA_FILE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Take the room of a file of `bytes` on the disk, open as fd and called path in errors,
 * whose size stays: libhdf5 copes badly with a disk that is found full while it writes.
 * A file system that cannot reserve is left to that. */
MUST_CHECK enum err file_reserve(int fd, const char *path, uint64_t bytes,
                                 struct errbuf *eb);

/* Put data (n) beside path and rename it there; a device, a pipe or a link is written
 * through: only a plain file, or none, may be replaced. */
MUST_CHECK enum err file_put(const char *path, const char *data, size_t n,
                                 struct errbuf *eb);

#endif
