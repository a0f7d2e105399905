/* probe_format.h - a probe's answer as lines of text, there and back.
 *
 * A line is KEY<tab>FIELD<tab>FIELD...; backslash, tab and newline in fields are
 * escaped.  The last line is "end"; without it the answer is not whole.  A failure is
 * one line "error<tab>CODE<tab>TEXT".
 *
 * Threads: any thread.
 * Errors:  ERR_CHILD for text that is no answer; the error that the answer carries. */
#ifndef RUN_PROBE_FORMAT_H
#define RUN_PROBE_FORMAT_H

#include "base/err.h"
#include "base/strbuf.h"
#include "run/probe.h"

void probe_format_write(const struct probe_result *r, struct strbuf *out);
void probe_format_error(enum err code, const char *text, struct strbuf *out);

/* r is zeroed by the caller; empty on error. */
MUST_CHECK enum err probe_format_read(const char *text, struct probe_result *r,
                                      struct errbuf *eb);

#endif
