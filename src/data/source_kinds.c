/* source_kinds.c - the table of the kinds of datasets; alone, so that a test can have
 * another. */
#include "data/source.h"

#define SOURCE(name) extern const struct source_ops name;
#include "data/source.def"
#undef SOURCE

const struct source_ops *const source_kinds[] = {
#define SOURCE(name) &name,
#include "data/source.def"
#undef SOURCE
    NULL};
