/* eval_list.c - a text that names what is to be scored. */
#include "cli/eval_list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "exchange/whole_file.h"
#include "store/store.h"
#include "transfer/source_run.h"

enum { LIST_BYTES_MAX = 16 << 20 };

struct list {
    struct cli *c;
    const char *path;
    int64_t **ids;
    size_t *n;
};

/* The run of a checkpoint file, which may be named from the folder of the list on. */
static enum err
find_source(const struct list *l, const char *line, int64_t *id, struct errbuf *eb)
{
    const char *slash = strrchr(l->path, '/');
    char *beside = xasprintf("%.*s/%s", slash ? (int)(slash - l->path) : 1,
                             slash ? l->path : ".", line);
    bool is_file = access(line, F_OK) == 0 || access(beside, F_OK) == 0;
    enum err e = source_run_find(l->c->store, line, false, id, eb);

    if (!e && !*id)
        e = source_run_find(l->c->store, beside, false, id, eb);
    free(beside);
    if (e || *id)
        return e;
    return is_file ? err_set(eb, ERR_NOTFOUND,
                             "%s was not imported: hcelab import %s --genes FILE", line,
                             line)
                   : err_set(eb, ERR_NOTFOUND, "%s is no run, and no file", line);
}

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
    static const char bom[] = "\xef\xbb\xbf";
    struct list l = {.c = c, .path = path, .ids = ids, .n = n};
    char *text = NULL;
    size_t size, number = 0;
    enum err e = whole_file_read(path, LIST_BYTES_MAX, &text, &size, eb);

    if (!e && memchr(text, 0, size))
        e = err_set(eb, ERR_FORMAT, "%s is no text: it has a byte of 0", path);
    char *first = !e && strncmp(text, bom, 3) == 0 ? text + 3 : text;
    for (char *at = first, *next; !e && at && *at; at = next) {
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
