/* decode.c - the ways from probabilities to classes. */
#include "spec/decode.h"

#include <string.h>

#include "base/xalloc.h"

static const struct {
    const char *name, *suffix, *help;
} decodes[DECODE_COUNT] = {
#define DECODE(id, suffix, help) [DECODE_##id] = {#id, suffix, help},
#include "spec/decodes.def"
#undef DECODE
};

const char *
decode_name(enum decode_id d)
{
    return decodes[d].name;
}

const char *
decode_help(enum decode_id d)
{
    return decodes[d].help;
}

const char *
decode_suffix(enum decode_id d)
{
    return decodes[d].suffix;
}

bool
decode_find(const char *name, enum decode_id *d)
{
    for (*d = 0; *d < DECODE_COUNT; ++*d)
        if (strcmp(name, decodes[*d].name) == 0)
            return true;
    return false;
}

char *
decode_evaluation(enum decode_id d, const char *name)
{
    return xasprintf("%s%s", name, decodes[d].suffix);
}

enum decode_id
decode_of_evaluation(const char *evaluation, size_t *len)
{
    size_t n = strlen(evaluation);

    for (enum decode_id d = 0; d < DECODE_COUNT; d++) {
        size_t tail = strlen(decodes[d].suffix);

        *len = n - tail;
        if (tail && n > tail && strcmp(evaluation + n - tail, decodes[d].suffix) == 0)
            return d;
    }
    *len = n;
    return DECODE_argmax;
}
