/* dataset_files.c - which sources a dataset is made of. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/source.h"

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* A file that stands in a folder of chunks: others than hidden ones. */
static bool
is_chunk(const char *name)
{
    return source_suffix(name) && *name != '_' && *name != '.';
}

static enum err
no_chunk(const char *path, struct errbuf *eb)
{
    char *list = source_kind_list();

    err_set(eb, ERR_NOTFOUND,
            "the folder %s has no file of a dataset and is no dataset itself; what can "
            "be read: %s",
            path, list);
    free(list);
    return ERR_NOTFOUND;
}

static enum err
add_folder(const char *path, struct strlist *out, struct errbuf *eb)
{
    DIR *dir = opendir(path);
    size_t before = out->n;

    if (!dir)
        return err_errno(eb, "cannot open the folder %s", path);
    for (struct dirent *d; (d = readdir(dir));) {
        if (!is_chunk(d->d_name))
            continue;
        bool slash = path[strlen(path) - 1] == '/';
        char *file = xasprintf("%s%s%s", path, slash ? "" : "/", d->d_name);

        strlist_add(out, file);
        free(file);
    }
    closedir(dir);
    return out->n == before ? no_chunk(path, eb) : ERR_OK;
}

/* "a/" is "a": files are ordered by name. */
static void
add_source(const char *path, struct strlist *out)
{
    size_t end = strlen(path);

    while (end > 1 && path[end - 1] == '/')
        end--;
    char *plain = xstrndup(path, end);

    strlist_add(out, plain);
    free(plain);
}

static int
compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int c = strcmp(base_name(x), base_name(y));

    return c ? c : strcmp(x, y);
}

static bool
same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

static bool
already_there(const struct strlist *l, const char *path)
{
    for (size_t i = 0; i < l->n; i++)
        if (same_file(l->item[i], path))
            return true;
    return false;
}

enum err
dataset_expand(const struct strlist *path, struct strlist *file,
               const struct notes *notes, struct errbuf *eb)
{
    struct strlist all = {0};
    enum err e = ERR_OK;

    if (!path->n)
        return err_set(eb, ERR_ARG, "no data: give --data " SPEC_DATA_KINDS);
    for (size_t i = 0; i < path->n && !e; i++) {
        struct stat st;

        if (!*path->item[i])
            e = err_set(eb, ERR_ARG, "--data is empty: give " SPEC_DATA_KINDS);
        else if (stat(path->item[i], &st) != 0)
            e = err_errno(eb, "cannot open %s", path->item[i]);
        else if (S_ISDIR(st.st_mode) && !source_kind(path->item[i]))
            e = add_folder(path->item[i], &all, eb);
        else
            add_source(path->item[i], &all);
    }
    if (all.n)
        qsort(all.item, all.n, sizeof *all.item, compare_names);
    for (size_t i = 0; i < all.n && !e; i++) {
        if (already_there(file, all.item[i]))
            note_warn(notes, "%s is given twice and counts once", all.item[i]);
        else
            strlist_add(file, all.item[i]);
    }
    strlist_release(&all);
    return e;
}

char *
dataset_stem(const char *path)
{
    size_t end = strlen(path);

    while (end > 1 && path[end - 1] == '/')
        end--;
    char *whole = xstrndup(path, end);
    const char *name = base_name(whole);
    char *stem = xstrndup(name, strlen(name) - source_suffix(name));

    free(whole);
    return stem;
}
