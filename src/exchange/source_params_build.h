/* source_params_build.h - for the readers of YAML and JSON: adding names and values, and
 * the names of nested ones.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT: more than SOURCE_PARAMS_MAX values, a name that is too long.
 * Tests:   tests/test_source_params.c */
#ifndef EXCHANGE_SOURCE_PARAMS_BUILD_H
#define EXCHANGE_SOURCE_PARAMS_BUILD_H

#include "base/strbuf.h"
#include "exchange/source_params.h"

enum { SOURCE_NAME_BYTES = 4096 };

/* Append a value (NULL: null); texts are copied, `file` stands in messages. */
MUST_CHECK enum err source_params_add(struct source_params *p, const char *name,
                                      const char *value, const char *file,
                                      struct errbuf *eb);

/* The same to what stands in the file. */
MUST_CHECK enum err source_params_add_said(struct source_params *p, const char *name,
                                           const char *value, const char *file,
                                           struct errbuf *eb);

/* The name of what is being read. */
struct source_path {
    struct strbuf text;
    size_t start[SOURCE_PARAMS_DEPTH + 1]; /* bytes of the name above each level */
};

/* Make the last part of the name at a level: a word, or the number of an entry. */
MUST_CHECK enum err source_path_set(struct source_path *p, size_t level,
                                    const char *part, const char *file,
                                    struct errbuf *eb);
MUST_CHECK enum err source_path_number(struct source_path *p, size_t level, size_t i,
                                       const char *file, struct errbuf *eb);

#endif
