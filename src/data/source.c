/* source.c - finding out of which kind a dataset is, and opening it. */
#include "data/source.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* --- kinds --- */

/* A file or a folder: what else there may be is not opened, since that can wait for ever. */
static bool
may_be_opened(const struct stat *st)
{
    return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
}

const struct source_ops *
source_kind(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || !may_be_opened(&st))
        return NULL;
    for (size_t i = 0; source_kinds[i]; i++)
        if (source_kinds[i]->is_kind(path))
            return source_kinds[i];
    return NULL;
}

static size_t
ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);

    return n > k && strcmp(name + n - k, suffix) == 0 ? k : 0;
}

/* The kind that files of such a name usually are. */
static const struct source_ops *
kind_by_name(const char *name)
{
    for (size_t i = 0; source_kinds[i]; i++)
        if (source_kinds[i]->suffix && ends_with(name, source_kinds[i]->suffix))
            return source_kinds[i];
    return NULL;
}

size_t
source_suffix(const char *name)
{
    const struct source_ops *ops = kind_by_name(name);

    return ops ? strlen(ops->suffix) : 0;
}

char *
source_kind_list(void)
{
    struct strbuf sb = {0};

    for (size_t i = 0; source_kinds[i]; i++) {
        strbuf_addf(&sb, "%s%s", i ? ", " : "", source_kinds[i]->kind);
        if (source_kinds[i]->suffix)
            strbuf_addf(&sb, " (%s)", source_kinds[i]->suffix);
    }
    return strbuf_detach(&sb);
}

/* --- size --- */

enum { FOLDERS_DEEP = 4 };

static uint64_t
bytes_of(const char *path, int depth)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return 0;
    uint64_t bytes = (uint64_t)st.st_size;
    DIR *dir = S_ISDIR(st.st_mode) && depth ? opendir(path) : NULL;

    for (struct dirent *d; dir && (d = readdir(dir));) {
        if (*d->d_name == '.')
            continue;
        char *inner = xasprintf("%s/%s", path, d->d_name);

        bytes += bytes_of(inner, depth - 1);
        free(inner);
    }
    if (dir)
        closedir(dir);
    return bytes;
}

uint64_t
source_bytes(const char *path)
{
    return path && *path ? bytes_of(path, FOLDERS_DEEP) : 0;
}

/* --- opening --- */

static enum err
open_as(struct source *s, const struct source_ops *ops, const char *path,
        struct errbuf *eb)
{
    *s = (struct source){
        .ops = ops, .path = xstrdup(path), .impl = xcalloc(1, ops->impl_bytes)};
    enum err e = ops->open(s, eb);

    if (e)
        source_close(s);
    return e;
}

/* What is at path is of no kind.  A reader of its likely kind knows best what is wrong
 * with a file. */
static enum err
foreign(const char *path, bool is_folder, struct errbuf *eb)
{
    const struct source_ops *ops = kind_by_name(path);
    struct errbuf why = {""};
    struct source s;
    char *list = source_kind_list();
    enum err e = ERR_FORMAT;

    if (!is_folder && !(e = open_as(&s, ops ? ops : source_kinds[0], path, &why))) {
        source_close(&s);
        e = ERR_FORMAT;
    }
    if (e != ERR_FORMAT)
        err_set(eb, e, "%s", why.text);
    else
        err_set(eb, e, "%s%s; what can be read: %s", *why.text ? why.text : path,
                *why.text   ? ""
                : is_folder ? " is a folder, but no dataset"
                            : " is no dataset",
                list);
    free(list);
    return e;
}

enum err
source_open(struct source *s, const char *path, struct errbuf *eb)
{
    struct stat st;

    *s = (struct source){0};
    if (stat(path, &st) != 0)
        return err_errno(eb, "cannot open %s", path);
    if (!may_be_opened(&st))
        return err_set(eb, ERR_FORMAT,
                       "%s is a pipe or a device: copy what it gives to a file first",
                       path);
    const struct source_ops *ops = source_kind(path);

    return ops ? open_as(s, ops, path, eb) : foreign(path, S_ISDIR(st.st_mode), eb);
}

void
source_close(struct source *s)
{
    if (s->ops)
        s->ops->close(s);
    free(s->impl);
    free(s->path);
    strlist_release(&s->column);
    strlist_release(&s->matrix);
    *s = (struct source){0};
}

enum err
source_matrix_open(const struct source *s, const char *name, struct source_matrix *m,
                   struct errbuf *eb)
{
    *m = (struct source_matrix){0};
    enum err e = s->ops->matrix(s, name, m, eb);

    return e ? err_wrap(eb, e, "%s", s->path) : ERR_OK;
}

static void
append_id(void *ctx, size_t cell, const char *id)
{
    (void)cell;
    strlist_add(ctx, id);
}

enum err
source_cell_ids(const struct source *s, struct strlist *out, struct errbuf *eb)
{
    return s->ops->each_id(s, append_id, out, eb);
}

void
source_matrix_close(struct source_matrix *m)
{
    if (m->ops)
        m->ops->close(m);
    free(m->name);
    *m = (struct source_matrix){0};
}

void
source_own_release(struct source_own *own)
{
    free(own->split_column);
    strlist_release(&own->classes);
    free(own->reachable);
    free(own->class_weight);
    *own = (struct source_own){0};
}
