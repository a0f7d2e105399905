/* shorten.h - names cut to a width without becoming alike.
 *
 * A name that is too wide loses a part inside: "CD8-positive,…memory T cell".  The cut
 * is moved until what is left fits no other name.
 *
 * Threads: any thread.
 * Errors:  none.
 * Tests:   test_shorten.c */
#ifndef TUI_SHORTEN_H
#define TUI_SHORTEN_H

#include <stdbool.h>
#include <stddef.h>

/* Write text into out, in at most cols columns; ".." stands for what is left out where
 * ascii, else an ellipsis.  Of the cuts that no other (n, entries may be NULL or equal
 * to text) fits, one near the middle, with a whole word after it if that is near too;
 * the middle if none is clear.  A text of more than size bytes, or a width below five
 * columns: copied as far as it goes. */
void shorten_among(const char *text, const char *const *other, size_t n, int cols,
                   bool ascii, char *out, size_t size);

#endif
