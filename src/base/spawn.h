/* spawn.h - child processes: started with exec, spoken to through pipes.
 *
 * Nothing of ours survives a fork: between fork and exec only system calls run,
 * and every other descriptor is O_CLOEXEC.
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO and ERR_CHILD with the reason in words. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/strbuf.h"

enum spawn_flags {
    SPAWN_DIE_WITH_PARENT = 1, /* SIGKILL when the starting thread's process dies */
    SPAWN_DETACH = 2,          /* new session, stdin/out/err on /dev/null */
    SPAWN_NEW_GROUP = 4,       /* own process group, so that the terminal's signals
                                  do not reach it */
    SPAWN_CAPTURE = 8,         /* stdout and stderr into out_fd and err_fd */
    SPAWN_INPUT = 16           /* stdin from in_fd */
};

struct spawn {
    pid_t pid;
    int in_fd;  /* write end, or -1 */
    int out_fd; /* read end, non-blocking, or -1 */
    int err_fd; /* read end, non-blocking, or -1 */
};

/* Start argv[0] (a path) with argv (NULL-terminated).  The caller ends with
 * spawn_wait or spawn_reap. */
MUST_CHECK enum err spawn_start(struct spawn *sp, char *const argv[], unsigned flags,
                                struct errbuf *eb);

/* Move what is readable now into out and err (either may be NULL).  Waits up to
 * wait_ms (0: not at all) for something to come.  False when both streams have
 * ended. */
bool spawn_read(struct spawn *sp, struct strbuf *out, struct strbuf *err, int wait_ms);

/* True if the process has ended: *status as of waitpid; descriptors closed. */
bool spawn_reap(struct spawn *sp, int *status);

/* Wait for the end. */
int spawn_wait(struct spawn *sp);

/* Run argv to its end with `input` (may be NULL) on stdin, at most out_max bytes
 * of output kept.  *status as of waitpid. */
MUST_CHECK enum err spawn_run(char *const argv[], const char *input, struct strbuf *out,
                              struct strbuf *err, int *status, struct errbuf *eb);

/* "exit status 3", "killed by signal 9 (Killed)".  Caller frees. */
char *spawn_status_text(int status);

/* Give this process the descriptors 0 to 2 where it was started without them, open in
 * the direction that fails: a pipe or a store that took their place would be lost in a
 * child, or written over by a message. */
void spawn_keep_standard(void);

/* Path of this program, for starting itself. */
MUST_CHECK enum err spawn_self_path(char *path, size_t size, struct errbuf *eb);

/* Start time of a process in clock ticks since boot (field 22 of its stat
 * file), or 0 if there is no such process or it is a zombie: a pid together
 * with this number names one process for ever. */
unsigned long long spawn_start_ticks(pid_t pid);

/* The boot id of this machine, 36 characters; "" where it is unknown. */
void spawn_boot_id(char out[40]);

#endif
