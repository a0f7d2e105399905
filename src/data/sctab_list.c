/* sctab_list.c - which files an scTab store is made of. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/sctab.h"

static const char *const split_names[] =
    {[SCTAB_TRAIN] = "train", [SCTAB_VAL] = "val", [SCTAB_TEST] = "test"};

const char *
sctab_split_name(enum sctab_split split)
{
    return split < SCTAB_NO_SPLIT ? split_names[split] : "";
}

/* N of part.N.parquet. */
static bool
part_number(const char *name, uint64_t *n)
{
    static const char head[] = "part.";
    char *end;

    if (strncmp(name, head, sizeof head - 1) != 0 ||
        !isdigit((unsigned char)name[sizeof head - 1]))
        return false;
    *n = strtoull(name + sizeof head - 1, &end, 10);
    return strcmp(end, ".parquet") == 0;
}

/* --- what there is --- */

static bool
is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
has_parts(const char *folder)
{
    DIR *dir = opendir(folder);
    bool yes = false;
    uint64_t n;

    if (!dir)
        return false;
    for (struct dirent *d; !yes && (d = readdir(dir));)
        yes = part_number(d->d_name, &n);
    closedir(dir);
    return yes;
}

static char *
join(const char *folder, const char *name)
{
    size_t n = strlen(folder);

    return xasprintf("%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", name);
}

bool
sctab_is(const char *path)
{
    if (!is_folder(path))
        return parquet_is(path);
    bool yes = has_parts(path);

    for (size_t i = 0; i < SCTAB_NO_SPLIT && !yes; i++) {
        char *folder = join(path, split_names[i]);

        yes = has_parts(folder);
        free(folder);
    }
    return yes;
}

char *
sctab_file(const struct sctab *t, const char *a, const char *b)
{
    char *folder = a ? join(t->root, a) : xstrdup(t->root);
    char *file = join(folder, b);

    free(folder);
    return file;
}

bool
sctab_has_file(const struct sctab *t, const char *a, const char *b)
{
    struct stat st;
    char *path = sctab_file(t, a, b);
    bool yes = stat(path, &st) == 0;

    free(path);
    return yes;
}

/* --- parts --- */

static void
add_part(struct sctab *t, char *path, char *name, enum sctab_split split,
         uint64_t number)
{
    t->part = xrealloc(t->part, t->n_parts + 1, sizeof *t->part);
    t->part[t->n_parts++] = (struct sctab_part){
        .path = path, .name = name, .split = split, .number = number};
    if (split < SCTAB_NO_SPLIT)
        t->has_split[split] = true;
}

static int
compare_parts(const void *a, const void *b)
{
    const struct sctab_part *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* A hole is more often a copy that was broken off than a wish; who wants a subset says so
 * with the numbers. */
static enum err
check_numbers(const struct sctab_part *part, size_t n, struct errbuf *eb)
{
    for (size_t i = 0; i < n; i++) {
        if (part[i].number == i)
            continue;
        if (i && part[i].number == part[i - 1].number)
            return err_set(eb, ERR_FORMAT, "%s and %s have one number",
                           part[i - 1].name, part[i].name);
        return err_set(eb, ERR_FORMAT,
                       "part.%zu.parquet is missing before %s: copy it again, or "
                       "number the parts from 0 on if the others are meant to be "
                       "all",
                       i, part[i].name);
    }
    return ERR_OK;
}

static enum err
add_folder(struct sctab *t, const char *folder, const char *shown,
           enum sctab_split split, struct errbuf *eb)
{
    DIR *dir = opendir(folder);
    size_t before = t->n_parts;
    uint64_t n;

    if (!dir) /* a store may lack one */
        return ERR_OK;
    for (struct dirent *d; (d = readdir(dir));)
        if (part_number(d->d_name, &n))
            add_part(t, join(folder, d->d_name),
                     *shown ? join(shown, d->d_name) : xstrdup(d->d_name), split, n);
    closedir(dir);
    if (t->n_parts == before)
        return ERR_OK;
    qsort(t->part + before, t->n_parts - before, sizeof *t->part, compare_parts);
    return check_numbers(t->part + before, t->n_parts - before, eb);
}

/* --- the folder of the store --- */

/* The path without its last name.  Caller frees. */
static char *
parent(const char *path)
{
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        n--;
    while (n && path[n - 1] != '/')
        n--;
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n ? xstrndup(path, n) : xstrdup(".");
}

static enum sctab_split
split_of(const char *folder)
{
    size_t n = strlen(folder);

    while (n > 1 && folder[n - 1] == '/')
        n--;
    for (size_t i = 0; i < SCTAB_NO_SPLIT; i++) {
        size_t k = strlen(split_names[i]);

        if (n >= k && memcmp(folder + n - k, split_names[i], k) == 0 &&
            (n == k || folder[n - k - 1] == '/'))
            return (enum sctab_split)i;
    }
    return SCTAB_NO_SPLIT;
}

static bool
try_root(struct sctab *t, char *folder)
{
    free(t->root);
    t->root = folder;
    return sctab_has_file(t, NULL, "var.parquet");
}

/* Beside the parts, or one folder up. */
static enum err
find_root(struct sctab *t, const char *folder, struct errbuf *eb)
{
    if (try_root(t, xstrdup(folder)) || try_root(t, parent(folder)))
        return ERR_OK;
    return err_set(eb, ERR_NOTFOUND,
                   "there is no var.parquet, which names the genes, in %s or in the "
                   "folder above: copy it from the store",
                   folder);
}

static enum err
list_store(struct sctab *t, const char *path, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < SCTAB_NO_SPLIT && !e; i++) {
        char *folder = join(path, split_names[i]);

        e = add_folder(t, folder, split_names[i], (enum sctab_split)i, eb);
        free(folder);
    }
    return e;
}

enum err
sctab_list(struct sctab *t, const char *path, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (!is_folder(path)) {
        const char *slash = strrchr(path, '/');
        char *folder = parent(path);

        add_part(t, xstrdup(path), xstrdup(slash ? slash + 1 : path), split_of(folder),
                 0);
        e = find_root(t, folder, eb);
        free(folder);
    } else if (has_parts(path)) {
        e = add_folder(t, path, "", split_of(path), eb);
        if (!e)
            e = find_root(t, path, eb);
    } else {
        e = list_store(t, path, eb);
        if (!e)
            e = find_root(t, path, eb);
    }
    return e;
}
