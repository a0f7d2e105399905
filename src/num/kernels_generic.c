/* kernels_generic.c - the path of any processor. */
#include "num/kernels_paths.h"

#define KERNEL_TARGET
#define KERNEL_BYTES 16
#define KERNEL_TABLE kernels_generic
#define KERNEL_NAME  "generic"
#include "num/kernels_body.inc"
