/* published.c - how the published tree of results is laid out. */
#include "transfer/published.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"

static const struct published_table tables[] = {
    {"_overall_metrics.csv", "all", NULL},
    {"_per_class_metrics.csv", "class", NULL},
    {"_subset_metrics.csv", PUBLISHED_SUBSET, NULL},
    {"_per_assay_metrics.csv", "assay", "assay"},
    {"_per_dataset_metrics.csv", "dataset_id", "dataset_id"},
    {"_per_donor_id_metrics.csv", "donor_id", "donor_id"},
    {"_per_disease_metrics.csv", "disease", "disease"},
    {"_per_tissue_metrics.csv", "tissue", "tissue"},
    {"_per_tissue_general_metrics.csv", "tissue_general", "tissue_general"},
};

const struct published_table *
published_table(size_t i)
{
    return i < sizeof tables / sizeof tables[0] ? &tables[i] : NULL;
}

const char *
published_evaluation(size_t i, const char **folder)
{
    static const char *const name[] = {"ood", "id"}, *const where[] = {"",
                                                                       "sctab_test"};

    if (i >= sizeof name / sizeof name[0])
        return NULL;
    *folder = where[i];
    return name[i];
}

/* The value of a hexadecimal digit, -1: it is none. */
static int
hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *
published_name(const char *safe)
{
    char *out = xstrdup(safe), *to = out;

    for (const char *p = safe; *p; p++) {
        int high = *p == '%' ? hex_value(p[1]) : -1;
        int low = high < 0 ? -1 : hex_value(p[2]);

        if (low < 0 || high + low == 0) {
            *to++ = *p;
            continue;
        }
        *to++ = (char)(high << 4 | low);
        p += 2;
    }
    *to = '\0';
    return out;
}

int64_t
published_version(const char *name)
{
    static const char prefix[] = "version_";
    char *end;

    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return -1;
    name += sizeof prefix - 1;
    if (*name < '0' || *name > '9')
        return -1;
    errno = 0;
    long long n = strtoll(name, &end, 10);
    return errno || *end ? -1 : n;
}

const char *
published_model(const char *name, bool *hierarchical)
{
    *hierarchical = strstr(name, "hierarchical") != NULL;
    for (enum model_id m = 0; m < MODEL_COUNT; m++)
        if (strcasestr(name, model_name(m)))
            return model_name(m);
    return NULL;
}

/* What stands behind the last "key=", or NULL. */
static const char *
last_value(const char *name, const char *key)
{
    const char *found = NULL;

    for (const char *p = name; (p = strstr(p, key)); p += strlen(key))
        found = p + strlen(key);
    return found;
}

void
published_checkpoint(const char *name, int64_t *epoch, double *score)
{
    const char *e = last_value(name, "epoch="), *s = last_value(name, "val_f1_macro=");

    *epoch = INT64_MIN;
    *score = (double)NAN;
    if (e && *e >= '0' && *e <= '9') {
        long long n = strtoll(e, NULL, 10);

        if (n <= INT32_MAX)
            *epoch = n;
    }
    if (s && *s >= '0' && *s <= '9') {
        double x = strtod(s, NULL);

        if (x >= 0 && x <= 1)
            *score = x;
    }
}
