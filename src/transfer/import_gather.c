/* import_gather.c - rows and files of one evaluation. */
#include "transfer/import_gather.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

#include "base/xalloc.h"

struct store_f1 *
import_gather_row(struct import_gather *g, const char *facet, const char *label)
{
    g->f1 = grow(g->f1, &g->f1_cap, g->n_f1 + 1, sizeof *g->f1);
    g->f1[g->n_f1] = (struct store_f1){.facet = facet,
                                       .label = label,
                                       .precision = (double)NAN,
                                       .recall = (double)NAN,
                                       .f1 = (double)NAN,
                                       .f1_weighted = (double)NAN,
                                       .f1_micro = (double)NAN,
                                       .accuracy = (double)NAN};
    return &g->f1[g->n_f1++];
}

const struct store_f1 *
import_gather_all(const struct store_f1 *f, size_t n, const char *rule)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(f[i].facet, "all") == 0 && (!rule || strcmp(f[i].rule, rule) == 0))
            return &f[i];
    return NULL;
}

void
import_gather_list(struct strlist *out, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *d;

    while (dir && (d = readdir(dir)))
        strlist_add(out, d->d_name);
    if (dir)
        closedir(dir);
    strlist_sort(out);
}

bool
import_gather_ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), k = strlen(suffix);

    return n > k && strcmp(name + n - k, suffix) == 0;
}

const char *
import_gather_file(const struct import_gather *g, const char *suffix)
{
    const char *found = NULL;
    size_t n = strlen(g->wish->model);

    for (size_t i = 0; i < g->file.n; i++) {
        const char *name = g->file.item[i];
        bool by_model = strncmp(name, g->wish->model, n) == 0;

        if (!import_gather_ends_in(name, suffix))
            continue;
        if (found && (strncmp(found, g->wish->model, n) == 0 || !by_model)) {
            import_report_add(g->report, IMPORT_NOT_TAKEN, "file", name, NULL,
                              "%s in %s is taken", found, g->folder);
            continue;
        }
        found = name;
    }
    return found;
}
