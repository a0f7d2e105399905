/* fuzz.h - what a fuzz target defines: libFuzzer calls it (make fuzz), and so does
 * replay.c on the inputs that are kept in corpus/ (make check).
 *
 * Threads: owner thread only.
 * Errors:  a crash, a leak or an assertion is one; a refused input is none. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* Read n bytes as the target's kind of file; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#endif
