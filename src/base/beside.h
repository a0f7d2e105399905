/* beside.h - the file that is written beside another and then takes its name.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

#include <sys/types.h>

/* Name of the file that process pid writes for path, in the same folder.  Caller
 * frees. */
char *beside_path(const char *path, pid_t pid);

#endif
