/* decode.h - the ways from probabilities to classes, and what their evaluations are
 * called.
 *
 * Threads: any thread (const).
 * Errors:  none. */
#ifndef SPEC_DECODE_H
#define SPEC_DECODE_H

#include <stdbool.h>
#include <stddef.h>

enum decode_id {
#define DECODE(id, suffix, help) DECODE_##id,
#include "spec/decodes.def"
#undef DECODE
    DECODE_COUNT
};

const char *decode_name(enum decode_id d); /* "argmax", "propagated" */
const char *decode_help(enum decode_id d);

/* "" of argmax, "+propagated". */
const char *decode_suffix(enum decode_id d);

/* False if there is no such way. */
bool decode_find(const char *name, enum decode_id *d);

/* What the evaluation of the cells `name` is called when they are decoded so: "ood",
 * "ood+propagated".  Caller frees. */
char *decode_evaluation(enum decode_id d, const char *name);

/* How an evaluation of that name was decoded; *len = bytes of the name of its cells. */
enum decode_id decode_of_evaluation(const char *evaluation, size_t *len);

#endif
