/* kernels_amx.c - the path of x86-64 processors with AVX-512 and AMX matrix units. */
#include "num/kernels_paths.h"

#if KERNELS_AMX
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux gives a process the registers of the units when it asks for them. */
static bool
may_use_tiles(void)
{
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

/* CPUID leaf 7: bits 22 (bfloat16) and 24 (tiles) of edx. */
static bool
has_tiles(void)
{
    unsigned a, b, c, d;

    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    return (d >> 22 & 1) && (d >> 24 & 1);
}

bool
kernels_has_amx(void)
{
    return kernels_has_avx512() && has_tiles() && may_use_tiles();
}

#define KERNEL_TARGET                                                                  \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi,bmi2,"      \
                          "amx-tile,amx-bf16")))
#define KERNEL_BYTES 64
#define KERNEL_AVX2
#define KERNEL_AVX512
#define KERNEL_AMX
#define KERNEL_TABLE kernels_amx
#define KERNEL_NAME  "amx"
#include "num/kernels_body.inc"

#endif
