/* store_place.c - from the path that people gave to a file that can be a store. */
#include "store/db.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

/* Where a link leads, or NULL if the path is none.  Caller frees. */
static char *
link_target(const char *path)
{
    char to[PATH_MAX];
    ssize_t n = readlink(path, to, sizeof to - 1);

    if (n < 0)
        return NULL;
    to[n] = '\0';
    if (*to == '/')
        return xstrdup(to);
    char *copy = xstrdup(path);
    char *full = xasprintf("%s/%s", dirname(copy), to);
    free(copy);
    return full;
}

/* *out = the path without links, for a file that need not exist.  Caller frees. */
static enum err
canonical(const char *path, char **out, struct errbuf *eb)
{
    char *full = realpath(path, NULL);

    *out = full;
    if (full)
        return ERR_OK;
    if (errno != ENOENT)
        return err_errno(eb, "cannot open store %s", path);
    if ((full = link_target(path))) { /* to no file yet; circles are ELOOP */
        enum err e = canonical(full, out, eb);

        free(full);
        return e;
    }

    char *dir_copy = xstrdup(path), *base_copy = xstrdup(path);
    char *dir = realpath(dirname(dir_copy), NULL);
    if (dir)
        *out =
            xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, basename(base_copy));
    enum err e = dir ? ERR_OK
                     : err_errno(eb,
                                 "the folder of store %s cannot be opened (make it "
                                 "first, or choose another with --store)",
                                 path);
    free(dir);
    free(dir_copy);
    free(base_copy);
    return e;
}

/* A writer makes files beside the store: a WAL and a lock. */
static enum err
check_writable(const struct store *s, bool is_new, struct errbuf *eb)
{
    char *copy = xstrdup(s->path);
    const char *dir = dirname(copy);
    const char *what = access(dir, W_OK) != 0                  ? "the folder of"
                       : !is_new && access(s->path, W_OK) != 0 ? "the file of"
                                                               : NULL;
    enum err e = ERR_OK;

    if (what && is_new)
        e = err_errno(
            eb,
            "cannot make store %s: its folder is not writable (choose another "
            "place with --store PATH)",
            s->path);
    else if (what)
        e = err_errno(eb,
                      "cannot write: %s store %s is not writable (to look only, use "
                      "--read-only; for runs of your own, --store PATH)",
                      what, s->path);
    free(copy);
    return e;
}

enum err
place_locate(struct store *s, const char *path, struct errbuf *eb)
{
    struct stat st;
    enum err e = canonical(path, &s->path, eb);

    if (e)
        return e;
    if (stat(s->path, &st) != 0) {
        if (s->is_source)
            return err_set(eb, ERR_NOTFOUND, "there is no store at %s", path);
        if (s->mode != STORE_CREATE)
            return err_set(eb, ERR_NOTFOUND,
                           "there is no store at %s (queue or train a run to make one, "
                           "or choose another with --store)",
                           path);
        s->is_new = true;
        return check_writable(s, true, eb);
    }
    if (!S_ISREG(st.st_mode))
        return err_set(eb, ERR_FORMAT, "%s is not a hcelab store: it is %s", path,
                       S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
    if (access(s->path, R_OK) != 0)
        return err_errno(eb, "cannot read store %s", path);
    return s->mode == STORE_READ ? ERR_OK : check_writable(s, false, eb);
}
