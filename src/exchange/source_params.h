/* source_params.h - what hparams.yaml and parameters.json say: names and values.
 *
 * Nested names are joined by dots, entries of lists are numbered from 0
 * ("lr_scheduler_kwargs.gamma", "betas.0").  Values are what PyYAML's safe loader and
 * Python's json make of the file, as words: of a name that stands twice the last counts,
 * unquoted "on" is "true" and "0200" 128, merge keys ("<<") and aliases under a name are
 * carried out (an alias within a list stays "*x").  What Python would make an object of
 * (!!python/name:..., !!python/tuple, any other tag) is a word or a list of words, and
 * nothing is made.  NaN, Infinity and numbers beyond 64 bits in JSON are their words.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT with line and column: what is no YAML or JSON, more than
 *          SOURCE_PARAMS_MAX values, more than SOURCE_PARAMS_DEPTH levels.
 * Tests:   tests/test_source_params.c, tests/fuzz/fuzz_yaml.c */
#ifndef EXCHANGE_SOURCE_PARAMS_H
#define EXCHANGE_SOURCE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { SOURCE_PARAMS_MAX = 10000, SOURCE_PARAMS_DEPTH = 32 };

struct source_params_row {
    char *name;  /* owned */
    char *value; /* owned; NULL: null */
};

struct source_params {
    struct source_params_row *row; /* (n) owned; each name once in YAML */
    size_t n, cap;
    struct source_params_row *said; /* (n_said) owned; words as they stand in the file,
                                       in its order: what tells files apart */
    size_t n_said, said_cap;
};

/* A YAML document in memory; `file` stands in messages.  On error out is empty. */
MUST_CHECK enum err source_params_yaml(struct source_params *out, const char *text,
                                       size_t n, const char *file, struct errbuf *eb);

/* The same of JSON. */
MUST_CHECK enum err source_params_json(struct source_params *out, const char *text,
                                       size_t n, const char *file, struct errbuf *eb);

/* A file of at most 4 MiB; ending in .json: JSON, else YAML. */
MUST_CHECK enum err source_params_read(struct source_params *out, const char *path,
                                       struct errbuf *eb);

/* The value of that name, or NULL: there is none, or it is null.  Borrowed. */
const char *source_params_find(const struct source_params *p, const char *name);

void source_params_release(struct source_params *p);

#endif
