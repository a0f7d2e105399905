/* kernels.c - the table of paths and which of them this machine can run. */
#include "num/kernels.h"

#include <string.h>

#include "num/kernels_paths.h"

static const struct {
    const struct kernels *kernels;
    bool (*supported)(void);
} paths[] = {
#if KERNELS_AMX
    {&kernels_amx, kernels_has_amx},
#endif
#if KERNELS_X86
    {&kernels_avx512, kernels_has_avx512},
    {&kernels_avx2, kernels_has_avx2},
#endif
    {&kernels_generic, NULL},
};

const struct kernels *
kernels_path(size_t i)
{
    return i < sizeof paths / sizeof paths[0] ? paths[i].kernels : NULL;
}

bool
kernels_supported(const struct kernels *k)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i].kernels == k)
            return !paths[i].supported || paths[i].supported();
    return false;
}

const struct kernels *
kernels_best(void)
{
    size_t i = 0;

    while (!kernels_supported(paths[i].kernels))
        i++;
    return paths[i].kernels;
}
