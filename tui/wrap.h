/* wrap.h - a text on lines of a width.
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   test_wrap.c */
#ifndef TUI_WRAP_H
#define TUI_WRAP_H

#include <stddef.h>

/* The bytes of text that go on a line of cols columns: whole words where there is a
 * blank to break at, else as many characters as fit, at least one.  *skip = blanks
 * after them that stand on no line. */
size_t wrap_bytes(const char *text, int cols, size_t *skip);

/* Lines that the text takes; at least 1. */
size_t wrap_lines(const char *text, int cols);

#endif
