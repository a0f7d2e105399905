/* memory.h - how much memory there is, here and within the limits of the cgroups.
 *
 * Threads: any thread.
 * Errors:  none; what cannot be read does not limit. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

/* Bytes available now: MemAvailable, and the room below every cgroup v2 limit. */
uint64_t memory_available(void);

/* Resident bytes of a process; 0 if it is gone. */
uint64_t memory_resident(pid_t pid);

/* The room below the cgroup v2 limits of folder `path` below `root` and of its
 * parents; UINT64_MAX without a limit.  For memory_available and tests.
 * Tests: tests/test_run.c */
uint64_t memory_cgroup_room(const char *root, const char *path);

#endif
