/* notes.h - what people should know about their data: to the log, and kept.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef DATA_NOTES_H
#define DATA_NOTES_H

#include "base/err.h"
#include "base/log.h"
#include "base/strlist.h"

struct notes {
    const struct log *log;    /* borrowed; may be NULL */
    struct strlist *warnings; /* borrowed; may be NULL: warnings are only logged */
};

/* A line that tells what was done. */
void note_info(const struct notes *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A line about what may be wrong; kept once however often it is said. */
void note_warn(const struct notes *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The first `max` items quoted and separated by commas, then how many more there are.
 * Caller frees. */
char *note_list(const struct strlist *l, size_t max);

#endif
