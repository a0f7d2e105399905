/* manual.h - the manual pages, printed from the tables that the program uses.
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   test_manual.sh */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "base/arena.h"
#include "base/strbuf.h"

/* Append hcelab(1).  Rows of tables that are made go into the arena. */
void manual_program(struct arena *a, struct strbuf *out);

/* Append hcelab-store(5). */
void manual_store(struct strbuf *out);

/* Append hcelab-packed(5). */
void manual_packed(struct strbuf *out);

#endif
