/* import_tree.c - the published tree of results into the store. */
#include "transfer/import_tree.h"

#include <fts.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "transfer/import_run.h"
#include "transfer/published.h"

enum { LEVELS_MAX = 12 }; /* of folders below the one that is given */

/* version_9 comes before version_10. */
static int
by_name(const FTSENT **a, const FTSENT **b)
{
    return strverscmp((*a)->fts_name, (*b)->fts_name);
}

/* The name of the nearest folder above that is called after a model; "": none is. */
static char *
model_folder(const char *path)
{
    char *copy = xstrdup(path), *slash, *found = NULL;
    bool unused;

    while (!found && (slash = strrchr(copy, '/'))) {
        *slash = '\0';
        const char *last = strrchr(copy, '/');
        last = last ? last + 1 : copy;
        if (published_model(last, &unused))
            found = xstrdup(last);
    }
    free(copy);
    return found ? found : xstrdup("");
}

/* Name of the folder that was given, for the experiment.  Caller frees. */
static char *
name_of(const char *path)
{
    char *copy = xstrdup(path), *name = xstrdup(basename(copy));

    free(copy);
    return name;
}

struct tree {
    struct store *s;
    const struct import_wish *wish;
    struct import_report *report;
    struct import_classes classes;
    char *experiment; /* owned */
    size_t n_found;
};

static enum err
take_folder(struct tree *t, const char *path, int64_t version, struct errbuf *eb)
{
    char *model = model_folder(path);
    struct import_folder folder = {.path = path,
                                   .model_folder = model,
                                   .version = version,
                                   .experiment = t->experiment};
    enum err e = import_run(t->s, &folder, &t->classes, t->wish, t->report, eb);

    t->n_found++;
    free(model);
    return e;
}

/* Links are not followed, since they may lead around in circles. */
static void
report_link(struct tree *t, const FTSENT *at)
{
    struct stat st;

    if (at->fts_info == FTS_SL && stat(at->fts_path, &st) == 0 && S_ISDIR(st.st_mode))
        import_report_add(t->report, IMPORT_NOT_TAKEN, "folder", at->fts_path, NULL,
                          "a link to a folder is not followed: import it by its name");
}

static void
report_blocked(struct tree *t, const FTSENT *at)
{
    report_link(t, at);
    if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS)
        import_report_add(t->report, IMPORT_UNREADABLE, "folder", at->fts_path, NULL,
                          "%s", strerror(at->fts_errno));
}

static enum err
walk(struct tree *t, FTS *fts, struct errbuf *eb)
{
    enum err e = ERR_OK;
    FTSENT *at;

    while (!e && (at = fts_read(fts))) {
        report_blocked(t, at);
        if (at->fts_info != FTS_D)
            continue;
        int64_t version = published_version(at->fts_name);

        if (version >= 0 && import_run_is(at->fts_path)) {
            fts_set(fts, at, FTS_SKIP);
            e = take_folder(t, at->fts_path, version, eb);
        } else if (at->fts_level > LEVELS_MAX ||
                   (at->fts_level > 0 && *at->fts_name == '.')) {
            fts_set(fts, at, FTS_SKIP);
        }
    }
    return e;
}

/* Said before anything is written, not for each checkpoint. */
static enum err
check_like(struct store *s, const struct import_wish *wish, struct errbuf *eb)
{
    int64_t id;
    enum err e = wish->like ? store_run_find(s, wish->like, &id, eb) : ERR_OK;

    return e ? err_wrap(eb, e, "--like %s", wish->like) : ERR_OK;
}

enum err
import_tree(struct store *s, const char *path, const struct import_wish *wish,
            struct import_report *report, struct errbuf *eb)
{
    struct tree t = {.s = s, .wish = wish, .report = report};
    enum err e = check_like(s, wish, eb);

    if (e)
        return e;
    char *root = realpath(path, NULL);
    if (!root)
        return err_errno(eb, "cannot import %s", path);
    char *const roots[] = {root, NULL};
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    e = fts ? ERR_OK : err_errno(eb, "cannot read the folder %s", path);
    if (fts) {
        t.experiment = name_of(root);
        import_classes_init(&t.classes);
        e = walk(&t, fts, eb);
        import_classes_release(&t.classes);
        fts_close(fts);
    }
    if (!e && t.n_found == 0)
        e = err_set(eb, ERR_NOTFOUND,
                    "%s: no folder MODEL/default/version_N with results in it", path);
    free(t.experiment);
    free(root);
    return e;
}
