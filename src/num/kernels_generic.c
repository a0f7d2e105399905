/* kernels_generic.c - the path of any processor. */
#include "num/kernels_paths.h"

#define KERNEL_TARGET
#define KERNEL_VECS  3 /* 12 of SSE's 16 registers */
#define KERNEL_TABLE kernels_generic
#define KERNEL_NAME  "generic"
#include "num/kernels_body.inc"
