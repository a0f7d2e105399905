/* beside.h - the file that is written beside another and then takes its name.
 *
 * A process that is killed leaves such a file.  Whoever makes one with beside_create holds
 * it by a lock until it is closed, so that beside_sweep knows those that nobody writes any
 * more.
 *
 * Threads: any thread.
 * Errors:  -1 with errno.
 * Tests:   tests/test_beside.c, tests/test_pack.sh */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

#include <sys/types.h>

/* Name of the file that process pid writes for path, in the same folder.  Caller
 * frees. */
char *beside_path(const char *path, pid_t pid);

/* Make and hold that file of this process, empty, for reading and writing. */
int beside_create(const char *path);

/* A new file without a name in the folder of path, for reading and writing: it goes when
 * it is closed, or with its process. */
int beside_unnamed(const char *path);

/* Remove what processes that are gone left beside path: files of their names that nobody
 * holds, on this host or on another. */
void beside_sweep(const char *path);

#endif
