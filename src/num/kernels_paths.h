/* kernels_paths.h - the paths themselves; only kernels.c and their own files need it.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef NUM_KERNELS_PATHS_H
#define NUM_KERNELS_PATHS_H

#include <stdbool.h>

#include "num/kernels.h"

#ifdef __x86_64__
#define KERNELS_X86 1
#else
#define KERNELS_X86 0
#endif

#if KERNELS_X86 && defined __linux__
#define KERNELS_AMX 1
#else
#define KERNELS_AMX 0
#endif

extern const struct kernels kernels_generic;

#if KERNELS_X86
extern const struct kernels kernels_avx2;
extern const struct kernels kernels_avx512;

bool kernels_has_avx2(void);
bool kernels_has_avx512(void);
#endif

#if KERNELS_AMX
extern const struct kernels kernels_amx;

bool kernels_has_amx(void);
#endif

#endif
