/* eval_list.c - a text that names what is to be scored. */
#include "cli/eval_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/whole_file.h"
#include "store/store.h"

enum { LIST_BYTES_MAX = 16 << 20 };

struct list {
    struct cli *c;
    const char *path;
    int64_t **ids;
    size_t *n;
};

/* --- runs by the files that they are from --- */

struct lookup {
    const char *path; /* as realpath gives it */
    int64_t run_id;   /* 0: not found */
};

static bool
compare_source(void *ctx, size_t n_cols, const char *const *name,
               const char *const *value, const char *type)
{
    struct lookup *l = ctx;
    char *path = n_cols == 2 && value[1] ? realpath(value[1], NULL) : NULL;

    (void)name;
    (void)type;
    if (path && strcmp(path, l->path) == 0)
        l->run_id = strtoll(value[0], NULL, 10);
    free(path);
    return l->run_id == 0;
}

/* The run of a checkpoint file: its own, or the one that was imported beside it. */
static enum err
find_source(const struct list *l, const char *line, int64_t *id, struct errbuf *eb)
{
    const char *slash = strrchr(l->path, '/');
    char *beside = xasprintf("%.*s/%s", slash ? (int)(slash - l->path) : 1,
                             slash ? l->path : ".", line);
    char *real = realpath(line, NULL), *other = real ? NULL : realpath(beside, NULL);
    struct lookup found = {.path = real ? real : other};
    enum err e = ERR_OK;

    if (found.path)
        e = store_query(l->c->store, store_named_query("run_sources"), NULL, 0,
                        compare_source, &found, eb);
    if (!e && !found.path)
        e = err_set(eb, ERR_NOTFOUND, "%s is no run, and no file", line);
    else if (!e && !found.run_id)
        e = err_set(eb, ERR_NOTFOUND,
                    "%s was not imported: hcelab import %s --genes FILE", line, line);
    *id = found.run_id;
    free(beside);
    free(real);
    free(other);
    return e;
}

/* --- lines --- */

static void
add(struct list *l, int64_t id)
{
    for (size_t i = 0; i < *l->n; i++)
        if ((*l->ids)[i] == id)
            return;
    *l->ids = xrealloc(*l->ids, *l->n + 1, sizeof **l->ids);
    (*l->ids)[(*l->n)++] = id;
}

static enum err
take_line(struct list *l, size_t number, const char *line, struct errbuf *eb)
{
    struct errbuf why = {""};
    int64_t id = 0;
    enum err e = store_run_find(l->c->store, line, &id, &why);

    if (e == ERR_NOTFOUND)
        e = find_source(l, line, &id, &why);
    if (e)
        return err_set(eb, e, "%s, line %zu: %s", l->path, number, why.text);
    add(l, id);
    return ERR_OK;
}

/* Without spaces at its ends. */
static char *
trim(char *line)
{
    size_t n;

    line += strspn(line, " \t\r");
    n = strlen(line);
    while (n && strchr(" \t\r", line[n - 1]))
        line[--n] = '\0';
    return line;
}

enum err
eval_list_read(struct cli *c, const char *path, int64_t **ids, size_t *n,
               struct errbuf *eb)
{
    struct list l = {.c = c, .path = path, .ids = ids, .n = n};
    char *text = NULL;
    size_t size, number = 0;
    enum err e = whole_file_read(path, LIST_BYTES_MAX, &text, &size, eb);

    for (char *at = text, *next; !e && at && *at; at = next) {
        char *end = strchr(at, '\n');

        next = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        at = trim(at);
        number++;
        if (*at && *at != '#')
            e = take_line(&l, number, at, eb);
    }
    if (!e && *n == 0)
        e = err_set(eb, ERR_ARG, "--checkpoint-list %s: it names nothing", path);
    free(text);
    return e;
}
