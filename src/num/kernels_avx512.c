/* kernels_avx512.c - the path of x86-64 processors with AVX-512. */
#include "num/kernels_paths.h"

#if KERNELS_X86
#include <immintrin.h>

bool
kernels_has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#define KERNEL_AVX2
#define KERNEL_TARGET                                                                  \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi,bmi2")))
#define KERNEL_BYTES  64
#define KERNEL_AVX512 /* its intrinsics may be used */
#define KERNEL_TABLE  kernels_avx512
#define KERNEL_NAME   "avx512"
#include "num/kernels_body.inc"

#endif
