/* export_place.c - the folder of a run in the tree. */
#include "transfer/export_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "transfer/export_run.h"

enum { FOLDER_MODE = 0777 };

/* --- folders --- */

/* Through a link in the tree one would write to somewhere else. */
static enum err
check_no_link(const char *path, struct errbuf *eb)
{
    struct stat st;

    if (lstat(path, &st) || !S_ISLNK(st.st_mode))
        return ERR_OK;
    return err_set(eb, ERR_CONFLICT,
                   "%s is a link, and export does not write to where it leads: remove "
                   "it, or choose another folder",
                   path);
}

/* Make the folders of a path, from byte `from` on; *n_made counts the new ones.  Beyond
 * byte `no_links` none may be a link. */
static enum err
make_folders(const char *path, size_t from, size_t no_links, size_t *n_made,
             struct errbuf *eb)
{
    char *part = xstrdup(path);
    enum err e = ERR_OK;

    for (size_t i = from + 1; e == ERR_OK; i++) {
        if (path[i] && path[i] != '/')
            continue;
        part[i] = 0;
        if (mkdir(part, FOLDER_MODE) == 0)
            ++*n_made;
        else if (errno != EEXIST)
            e = err_errno(eb, "cannot make the folder %s", part);
        else if (i > no_links)
            e = check_no_link(part, eb);
        part[i] = path[i];
        if (!path[i])
            break;
    }
    free(part);
    return e;
}

/* Remove n empty folders, the last of the path first. */
static void
unmake_folders(const char *path, size_t n)
{
    char *part = xstrdup(path), *slash;

    for (; n > 0 && rmdir(part) == 0; n--) {
        if (!(slash = strrchr(part, '/')))
            break;
        *slash = 0;
    }
    free(part);
}

/* Remove a folder with all that is in it. */
static void
remove_tree(const char *path)
{
    char *root = xstrdup(path);
    char *const paths[] = {root, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *at;

    while (walk && (at = fts_read(walk)))
        if (at->fts_info != FTS_D)
            remove(at->fts_accpath);
    if (walk)
        fts_close(walk);
    free(root);
}

/* Append the names of the files below a folder. */
static void
list_files(const char *path, struct strlist *out)
{
    char *root = xstrdup(path);
    char *const paths[] = {root, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *at;

    while (walk && (at = fts_read(walk)))
        if (at->fts_info != FTS_D && at->fts_info != FTS_DP)
            strlist_add(out, at->fts_path + strlen(path) + 1);
    if (walk)
        fts_close(walk);
    free(root);
    strlist_sort(out);
}

/* --- which folder --- */

/* What export noted about a folder; NULL: it did not make it.  Borrowed from
 * *root, which the caller ends with json_decref. */
static const json_t *
read_note(const char *folder, json_t **root)
{
    char *path = xasprintf("%s/parameters.json", folder);

    *root = json_load_file(path, 0, NULL);
    free(path);
    return json_object_get(*root, "hcelab");
}

/* Whether export made the folder; uuid: for that run. */
static bool
is_made_by_us(const char *folder, const char *uuid)
{
    json_t *root;
    const char *found =
        json_string_value(json_object_get(read_note(folder, &root), "uuid"));
    bool ours = found && (!uuid || strcmp(found, uuid) == 0);

    json_decref(root);
    return ours;
}

/* The first file in a folder that export did not note there, or NULL.  Caller frees. */
static char *
find_stranger(const char *folder)
{
    struct strlist there = {0}, ours = {0};
    char *found = NULL;
    json_t *root;
    const json_t *list = json_object_get(read_note(folder, &root), "files");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (name)
            strlist_add(&ours, name);
    }
    json_decref(root);
    list_files(folder, &there);
    for (size_t i = 0; i < there.n && !found; i++)
        if (!strlist_has(&ours, there.item[i]))
            found = xasprintf("%s/%s", folder, there.item[i]);
    strlist_release(&there);
    strlist_release(&ours);
    return found;
}

/* The number of "version_12", else -1. */
static int64_t
version_of(const char *name)
{
    static const char prefix[] = "version_";
    char *end;

    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    name += sizeof prefix - 1;
    if (*name < '0' || *name > '9')
        return -1;
    errno = 0;
    int64_t n = strtoll(name, &end, 10);
    return errno || *end ? -1 : n;
}

/* The process whose folder ".version_3.4711.tmp" it is, or 0. */
static pid_t
owner_of(const char *name)
{
    char end[8] = "";
    long long version;
    long pid;

    if (sscanf(name, ".version_%lld.%ld%7s", &version, &pid, end) != 3 || pid <= 0 ||
        strcmp(end, ".tmp") != 0)
        return 0;
    return (pid_t)pid;
}

/* Remove what processes left that were killed. */
static void
remove_leftovers(const char *parent)
{
    DIR *dir = opendir(parent);
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        pid_t pid = owner_of(d->d_name);
        char *path = xasprintf("%s/%s", parent, d->d_name);

        if (pid && kill(pid, 0) && errno == ESRCH)
            remove_tree(path);
        free(path);
    }
    if (dir)
        closedir(dir);
}

/* Look through the versions: *own = that of the run, or -1; *highest likewise. */
static void
look_through(const char *parent, const char *uuid, int64_t *own, int64_t *highest)
{
    DIR *dir = opendir(parent);
    struct dirent *d;

    *own = *highest = -1;
    while (dir && (d = readdir(dir))) {
        int64_t n = version_of(d->d_name);
        char *path = xasprintf("%s/%s", parent, d->d_name);

        if (n > *highest)
            *highest = n;
        if (n >= 0 && is_made_by_us(path, uuid) && (*own < 0 || n < *own))
            *own = n;
        free(path);
    }
    if (dir)
        closedir(dir);
}

static bool
exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* p->path = where the run belongs. */
static enum err
choose(struct export_place *p, int64_t seed, const char *uuid, struct errbuf *eb)
{
    int64_t own, highest;

    look_through(p->parent, uuid, &own, &highest);
    if (own >= 0) {
        p->path = xasprintf("%s/version_%" PRId64, p->parent, own);
        return ERR_OK;
    }
    p->path = xasprintf("%s/version_%" PRId64, p->parent, seed);
    if (!exists(p->path) || p->force)
        return ERR_OK;
    if (!is_made_by_us(p->path, NULL))
        return err_set(
            eb, ERR_CONFLICT,
            "%s is there and was not made by export: --force replaces it; or "
            "choose another folder",
            p->path);
    free(p->path);
    p->path = xasprintf("%s/version_%" PRId64, p->parent, highest + 1);
    return ERR_OK;
}

enum err
export_place_open(struct export_place *p, const char *dir, const char *model,
                  const char *loss, int64_t seed, const char *uuid, bool force,
                  struct errbuf *eb)
{
    const char *suffix = strcmp(loss, "hce") == 0 ? "_hierarchical_loss" : "";
    struct strbuf parent = {0};
    enum err e;

    strbuf_addf(&parent, "%s/tb_logs/", dir);
    export_safe_name(&parent, model); /* stores come from elsewhere too */
    strbuf_addf(&parent, "%s/default", suffix);
    *p = (struct export_place){.parent = strbuf_detach(&parent), .force = force};
    if ((e = make_folders(p->parent, 0, strlen(dir), &p->n_made, eb)) ||
        (e = choose(p, seed, uuid, eb)) || (e = check_no_link(p->path, eb)))
        goto out;
    remove_leftovers(p->parent);
    p->tmp = xasprintf("%s/.%s.%ld.tmp", p->parent, strrchr(p->path, '/') + 1,
                       (long)getpid());
    remove_tree(p->tmp); /* of a process of that number that died */
    if (mkdir(p->tmp, FOLDER_MODE))
        e = err_errno(eb, "cannot make the folder %s", p->tmp);
out:
    if (e) {
        free(p->tmp);
        p->tmp = NULL;
        enum err closed = export_place_close(p, false, NULL);
        (void)closed;
    }
    return e;
}

enum err
export_place_file(const struct export_place *p, const char *name, char **path,
                  struct errbuf *eb)
{
    size_t n_made = 0, from = strlen(p->tmp);
    enum err e = ERR_OK;

    *path = xasprintf("%s/%s", p->tmp, name);
    char *slash = strrchr(*path, '/');
    *slash = 0;
    if (strlen(*path) > from)
        e = make_folders(*path, from, from, &n_made, eb);
    *slash = '/';
    if (e) {
        free(*path);
        *path = NULL;
    }
    return e;
}

void
export_place_list(const struct export_place *p, struct strlist *out)
{
    list_files(p->tmp, out);
}

/* --- the name --- */

/* Errors of the device that came after a file was closed come out here. */
static enum err
sync_folder(const char *path, struct errbuf *eb)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = ERR_OK;

    if (fd < 0 || syncfs(fd))
        e = err_errno(eb, "cannot write %s", path);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err
cannot_rename(const struct export_place *p, struct errbuf *eb)
{
    return err_errno(eb, "cannot rename %s to %s", p->tmp, p->path);
}

/* Change places with what stands there, where the file system can; else step by step. */
static enum err
replace(struct export_place *p, struct errbuf *eb)
{
    char *old = xasprintf("%s.old", p->tmp);
    enum err e = ERR_OK;

    if (renameat2(AT_FDCWD, p->tmp, AT_FDCWD, p->path, RENAME_EXCHANGE) == 0) {
        remove_tree(p->tmp);
    } else if (rename(p->path, old) || rename(p->tmp, p->path)) {
        e = cannot_rename(p, eb);
        if (exists(old) && !exists(p->path) && rename(old, p->path))
            err_wrap(eb, e, "what was there is %s now", old);
    } else {
        remove_tree(old);
    }
    free(old);
    return e;
}

static enum err
give_name(struct export_place *p, struct errbuf *eb)
{
    enum err e = sync_folder(p->tmp, eb);

    if (e)
        return e;
    if (!exists(p->path))
        return rename(p->tmp, p->path) ? cannot_rename(p, eb) : ERR_OK;
    char *stranger = p->force ? NULL : find_stranger(p->path);
    if (stranger)
        e = err_set(eb, ERR_CONFLICT,
                    "%s was not made by export: --force replaces the folder with all "
                    "that is in it",
                    stranger);
    free(stranger);
    return e ? e : replace(p, eb);
}

enum err
export_place_close(struct export_place *p, bool keep, struct errbuf *eb)
{
    enum err e = keep ? give_name(p, eb) : ERR_OK;

    if (!keep || e) {
        if (p->tmp)
            remove_tree(p->tmp);
        unmake_folders(p->parent, p->n_made);
    }
    free(p->parent);
    free(p->tmp);
    free(p->path);
    *p = (struct export_place){0};
    return e;
}
