/* export_list.c - which run each folder of an exported tree holds. */
#include "transfer/export_list.h"

#include <fts.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/out_file.h"
#include "exchange/report_csv.h"
#include "transfer/published.h"

enum { LEVEL = 3 }; /* of version_N below tb_logs */

static const char *const columns[] = {"name", "experiment", "model",    "loss",
                                      "seed", "state",      "pair_key", "uuid"};
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

static void
add_value(struct strbuf *out, const json_t *value)
{
    strbuf_addc(out, ',');
    if (json_is_string(value))
        report_csv_text(out, json_string_value(value));
    else if (json_is_integer(value))
        strbuf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* The line of a folder, if export made it. */
static void
add_folder(struct strbuf *out, const char *path, const char *below)
{
    char *file = xasprintf("%s/parameters.json", path);
    json_t *root = json_load_file(file, 0, NULL);
    const json_t *own = json_object_get(root, "hcelab");

    if (json_object_get(own, "uuid")) {
        report_csv_text(out, below);
        for (size_t i = 0; i < N_COLUMNS; i++)
            add_value(out, json_object_get(own, columns[i]));
        strbuf_addc(out, '\n');
    }
    json_decref(root);
    free(file);
}

/* version_9 comes before version_10. */
static int
by_name(const FTSENT **a, const FTSENT **b)
{
    return strverscmp((*a)->fts_name, (*b)->fts_name);
}

static void
add_folders(struct strbuf *out, const char *dir)
{
    char *root = xasprintf("%s/tb_logs", dir);
    char *const roots[] = {root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    FTSENT *at;

    while (walk && (at = fts_read(walk))) {
        if (at->fts_info != FTS_D || at->fts_level < LEVEL)
            continue;
        if (published_version(at->fts_name) >= 0)
            add_folder(out, at->fts_path, at->fts_path + strlen(dir) + 1);
        fts_set(walk, at, FTS_SKIP);
    }
    if (walk)
        fts_close(walk);
    free(root);
}

enum err
export_list_write(const char *dir, struct errbuf *eb)
{
    char *path = xasprintf("%s/" EXPORT_LIST_FILE, dir);
    char *tmp = xasprintf("%s/." EXPORT_LIST_FILE ".%ld.tmp", dir, (long)getpid());
    struct strbuf text = {0};

    strbuf_adds(&text, "folder");
    for (size_t i = 0; i < N_COLUMNS; i++)
        strbuf_addf(&text, ",%s", columns[i]);
    strbuf_addc(&text, '\n');
    add_folders(&text, dir);
    unlink(tmp); /* of a process of that number that died */
    enum err e = out_file_text(tmp, &text, eb);
    if (!e && rename(tmp, path)) {
        e = err_errno(eb, "cannot rename %s to %s", tmp, path);
        unlink(tmp);
    }
    strbuf_release(&text);
    free(path);
    free(tmp);
    return e;
}
