/* err.h - the error type every fallible function returns.
 *
 * The code is for control flow, the buffer is for people.  A function that can
 * fail returns enum err and takes a struct errbuf * (may be NULL) last.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
#define ERR(id, text) ERR_##id,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

struct errbuf {
    char text[1024]; /* one line, no newline, always terminated */
};

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Write a message into eb (if not NULL) and return code, so that a failing
 * function can end with `return err_set(...)`.  Newlines in the result become
 * spaces.  The arguments may refer to eb->text itself. */
enum err err_set(struct errbuf *eb, enum err code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Put "<formatted prefix>: " in front of the text in eb and return code. */
enum err err_wrap(struct errbuf *eb, enum err code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* err_set with ": <strerror(errno)>" at the end; ENOSPC and EDQUOT give
 * ERR_FULL, ENOENT gives ERR_NOTFOUND, ENOMEM ERR_NOMEM, everything else
 * ERR_IO. */
enum err err_errno(struct errbuf *eb, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Fixed English text for a code; never NULL. */
const char *err_text(enum err code);

#endif
