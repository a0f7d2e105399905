/* source_run.c - which run a file that was imported belongs to. */
#include "transfer/source_run.h"

#include <stdlib.h>
#include <string.h>

struct lookup {
    const char *path; /* as realpath gives it */
    bool only_beside;
    int64_t run_id; /* 0: not found */
};

static bool
compare(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
        const char *type)
{
    struct lookup *l = ctx;
    bool counts = n_cols == 3 && value[1] && (!l->only_beside || value[2][0] == '1');
    char *path = counts ? realpath(value[1], NULL) : NULL;

    (void)name;
    (void)type;
    if (path && strcmp(path, l->path) == 0)
        l->run_id = strtoll(value[0], NULL, 10);
    free(path);
    return l->run_id == 0;
}

enum err
source_run_find(struct store *s, const char *path, bool only_beside, int64_t *run_id,
                struct errbuf *eb)
{
    char *real = realpath(path, NULL);
    struct lookup l = {.path = real, .only_beside = only_beside};
    enum err e = real ? store_query(s, store_named_query("run_sources"), NULL, 0,
                                    compare, &l, eb)
                      : ERR_OK;

    free(real);
    *run_id = e ? 0 : l.run_id;
    return e;
}
