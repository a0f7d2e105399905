/* suggest.h - the known word that an unknown one was probably meant to be.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap neighbours) that turn a into b; '-' and '_'
 * are alike.  Tests: test_opts. */
size_t suggest_distance(const char *a, const char *b);

/* Keep `word` in *best if it is nearer to `typed` than *best_distance; a word that is
 * no likely meaning (more than a third of its letters differ, but one may) is passed
 * over.  Start with *best = NULL and *best_distance = SIZE_MAX.  *best borrows word. */
void suggest_try(const char *typed, const char *word, const char **best,
                 size_t *best_distance);

#endif
