/* import_places.c - where below a run's folder the tables of an evaluation lie. */
#include "transfer/import_places.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "transfer/published.h"

static bool
has_tables(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *d;
    bool found = false;

    while (dir && !found && (d = readdir(dir)))
        found = strstr(d->d_name, "_metrics.csv") ||
                strstr(d->d_name, "_detailed_results.parquet");
    if (dir)
        closedir(dir);
    return found;
}

/* Folders in `path` that have tables, by name. */
static struct strlist
list_deeper(const char *path)
{
    struct strlist out = {0};
    DIR *dir = opendir(path);
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        char *deeper = xasprintf("%s/%s", path, d->d_name);

        if (*d->d_name != '.' && has_tables(deeper))
            strlist_add(&out, deeper);
        free(deeper);
    }
    if (dir)
        closedir(dir);
    strlist_sort(&out);
    return out;
}

/* -1 where the name of the folder does not say it. */
static double
score_of(const char *path)
{
    int64_t epoch;
    double score;

    published_checkpoint(strrchr(path, '/') + 1, &epoch, &score);
    return isnan(score) ? -1 : score;
}

char *
import_places_find(const char *folder, const char *below, struct import_report *report)
{
    char *path = xasprintf("%s%s%s", folder, *below ? "/" : "", below);
    char *above = xasprintf("%s/%s", folder, *below ? below : "checkpoints");
    struct strlist deeper = {0};
    size_t best = 0;

    if (!has_tables(path))
        deeper = list_deeper(above);
    for (size_t i = 1; i < deeper.n; i++)
        if (score_of(deeper.item[i]) > score_of(deeper.item[best]))
            best = i;
    for (size_t i = 0; i < deeper.n; i++)
        if (i != best)
            import_report_add(report, IMPORT_NOT_TAKEN, "folder", deeper.item[i], NULL,
                              "tables of another checkpoint; those of the best are "
                              "taken");
    if (deeper.n) {
        free(path);
        path = xstrdup(deeper.item[best]);
    }
    free(above);
    strlist_release(&deeper);
    return path;
}
