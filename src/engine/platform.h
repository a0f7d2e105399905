/* platform.h - the kernel path of this process.
 *
 * Threads: set before any trainer exists, then any thread.
 * Errors:  none. */
#ifndef ENGINE_PLATFORM_H
#define ENGINE_PLATFORM_H

#include "num/kernels.h"

/* The path that train_set_cpu chose, else the fastest; gives OpenBLAS one thread. */
const struct kernels *platform_kernels(void);

#endif
