/* kernels_avx2.c - the path of x86-64 processors with AVX2 and FMA. */
#include "num/kernels_paths.h"

#if KERNELS_X86

bool
kernels_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#define KERNEL_AVX2
#define KERNEL_TARGET __attribute__((target("avx2,fma")))
#define KERNEL_BYTES  32
#define KERNEL_TABLE  kernels_avx2
#define KERNEL_NAME   "avx2"
#include "num/kernels_body.inc"

#endif
