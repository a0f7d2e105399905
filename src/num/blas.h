/* blas.h - the one place that knows OpenBLAS.
 *
 * OpenBLAS's bits depend on its thread count: it runs with one thread, called by our
 * threads on blocks whose size depends on shapes only.
 *
 * Threads: any thread after blas_start.
 * Errors:  none. */
#ifndef NUM_BLAS_H
#define NUM_BLAS_H

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <stddef.h>

/* n as a BLAS integer; n must fit. */
static inline blasint
blas_int(size_t n)
{
    assert(n <= INT_MAX);
    return (blasint)n;
}

/* Give OpenBLAS one thread.  Cheap; any number of calls. */
static inline void
blas_start(void)
{
    openblas_set_num_threads(1);
}

/* OpenBLAS's name of the core it was built for or has detected; static storage. */
static inline const char *
blas_core_name(void)
{
    return openblas_get_corename();
}

#endif
