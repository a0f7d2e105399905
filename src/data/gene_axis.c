/* gene_axis.c - the genes of a file, and matching them to those of a dataset. */
#include "data/gene_axis.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset.h"

bool
gene_is_ensembl(const char *id)
{
    if (strncmp(id, "ENS", 3) != 0)
        return false;
    const char *p = id + 3;

    while (isupper((unsigned char)*p))
        p++;
    return isdigit((unsigned char)*p);
}

/* Cut ".12" off an Ensembl id. */
static void
cut_version(char *id)
{
    char *dot = strrchr(id, '.');

    if (!dot || !gene_is_ensembl(id) || !dot[1])
        return;
    if (strspn(dot + 1, "0123456789") == strlen(dot + 1))
        *dot = '\0';
}

static bool
mostly_ensembl(const struct strlist *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += gene_is_ensembl(l->item[i]);
    return l->n && 2 * n > l->n;
}

/* Read the first of the columns that is there and names every gene. */
static enum err
read_first(const struct gene_table *var, const char *const *column, size_t n,
           struct strlist *out, struct errbuf *eb)
{
    for (size_t i = 0; i < n; i++) {
        if (!var->has_text(var->table, column[i]))
            continue;
        enum err e = var->texts(var->table, column[i], out, eb);

        if (e || (out->n && !strlist_has(out, "")))
            return e;
        strlist_release(out);
    }
    return ERR_OK;
}

static enum err
read_ids(struct gene_axis *g, const struct gene_table *var, const struct strlist *index,
         struct errbuf *eb)
{
    static const char *const first[] = {"feature_id"};
    static const char *const later[] = {"gene_ids", "ensembl_id", "gene_id", "gene"};
    enum err e = read_first(var, first, 1, &g->id, eb);

    if (!e && !g->id.n && !mostly_ensembl(index))
        e = read_first(var, later, sizeof later / sizeof *later, &g->id, eb);
    if (!e && !g->id.n)
        strlist_copy(&g->id, index);
    for (size_t i = 0; i < g->id.n; i++)
        cut_version(g->id.item[i]);
    return e;
}

/* Row names may be symbols, ids, or the numbers 0, 1, ... */
static bool
is_symbol(const char *s)
{
    return !gene_is_ensembl(s) && s[strspn(s, "0123456789")] != '\0';
}

static enum err
read_names(struct gene_axis *g, const struct gene_table *var,
           const struct strlist *index, struct errbuf *eb)
{
    static const char *const column[] = {"feature_name", "gene_symbols", "gene_symbol",
                                         "gene_name",    "gene_names",   "symbol",
                                         "hgnc_symbol",  "name"};
    struct strlist found = {0};
    enum err e = read_first(var, column, sizeof column / sizeof *column, &found, eb);
    const struct strlist *from = found.n ? &found : index;

    for (size_t i = 0; !e && i < g->id.n; i++) {
        bool known = found.n || is_symbol(index->item[i]);

        strlist_add(&g->name, known                            ? from->item[i]
                              : gene_is_ensembl(g->id.item[i]) ? ""
                                                               : g->id.item[i]);
    }
    strlist_release(&found);
    return e;
}

/* Proteins and other features that 10x files mix in. */
static enum err
skip_other_features(struct gene_axis *g, const struct gene_table *var, const char *file,
                    const struct notes *notes, struct errbuf *eb)
{
    struct strlist type = {0};
    size_t n = 0;

    if (!var->has_text(var->table, "feature_types"))
        return ERR_OK;
    enum err e = var->texts(var->table, "feature_types", &type, eb);

    if (!e && strlist_has(&type, "Gene Expression"))
        for (size_t i = 0; i < type.n; i++)
            if (strcmp(type.item[i], "Gene Expression") != 0) {
                g->skip[i] = true;
                n++;
            }
    if (n)
        note_warn(notes, "%s: %zu features are no genes (feature_types): left out",
                  file, n);
    strlist_release(&type);
    return e;
}

static enum err
skip_repeats(struct gene_axis *g, const char *file, const struct notes *notes,
             struct errbuf *eb)
{
    struct intern *seen = intern_new();
    struct strlist twice = {0};
    enum err e = ERR_OK;

    for (size_t i = 0; i < g->id.n && !e; i++) {
        const char *id = g->id.item[i];

        if (g->skip[i])
            continue;
        g->skip[i] = intern_find(seen, id) != SIZE_MAX;
        if (g->skip[i] && gene_is_ensembl(id))
            e = err_set(eb, ERR_FORMAT, "the gene id %s is there twice", id);
        if (g->skip[i])
            strlist_add(&twice, id);
        intern_add(seen, id);
    }
    if (!e && twice.n) {
        char *list = note_list(&twice, 5);

        note_warn(notes, "%s: %zu gene names are there twice, the first counts: %s",
                  file, twice.n, list);
        free(list);
    }
    strlist_release(&twice);
    intern_free(seen);
    return e;
}

enum err
gene_axis_read(struct gene_axis *g, const struct gene_table *var, const char *file,
               const struct notes *notes, struct errbuf *eb)
{
    struct strlist index = {0};

    *g = (struct gene_axis){0};
    if (var->n > GENES_MAX)
        return err_set(eb, ERR_UNSUPPORTED, "%s has %zu genes; at most %d can be used",
                       var->name, var->n, GENES_MAX);
    enum err e = var->texts(var->table, NULL, &index, eb);

    if (!e)
        e = read_ids(g, var, &index, eb);
    if (!e)
        e = read_names(g, var, &index, eb);
    g->skip = xcalloc(var->n, sizeof *g->skip);
    if (!e)
        e = skip_other_features(g, var, file, notes, eb);
    if (!e)
        e = skip_repeats(g, file, notes, eb);
    strlist_release(&index);
    if (e)
        gene_axis_release(g);
    return e;
}

void
gene_axis_release(struct gene_axis *g)
{
    strlist_release(&g->id);
    strlist_release(&g->name);
    free(g->skip);
    *g = (struct gene_axis){0};
}

/* --- matching --- */

static void
space_index(struct gene_space *s, size_t gene)
{
    const char *name = s->name->item[gene];
    size_t known = intern_count(s->by_name);

    size_t at = intern_add(s->by_id, s->id->item[gene]);

    assert(at == gene); /* ids are unique: a repeat is skipped when it is read */
    if (!*name || intern_add(s->by_name, name) < known)
        return;
    s->name_gene = grow(s->name_gene, &s->cap, known + 1, sizeof *s->name_gene);
    s->name_gene[known] = gene;
}

void
gene_space_init(struct gene_space *s, struct strlist *id, struct strlist *name)
{
    *s = (struct gene_space){
        .id = id, .name = name, .by_id = intern_new(), .by_name = intern_new()};
    for (size_t i = 0; i < id->n; i++)
        space_index(s, i);
}

void
gene_space_release(struct gene_space *s)
{
    intern_free(s->by_id);
    intern_free(s->by_name);
    free(s->name_gene);
    *s = (struct gene_space){0};
}

static size_t
find_by_name(const struct gene_space *s, const char *id, const char *name)
{
    size_t at = *name ? intern_find(s->by_name, name) : SIZE_MAX;

    if (at == SIZE_MAX && !gene_is_ensembl(id))
        at = intern_find(s->by_name, id);
    if (at == SIZE_MAX)
        return SIZE_MAX;
    size_t gene = s->name_gene[at];

    return gene_is_ensembl(id) && gene_is_ensembl(s->id->item[gene]) ? SIZE_MAX : gene;
}

static int32_t
space_add(struct gene_space *s, const char *id, const char *name)
{
    strlist_add(s->id, id);
    strlist_add(s->name, name);
    space_index(s, s->id->n - 1);
    return (int32_t)(s->id->n - 1);
}

size_t
gene_space_match(struct gene_space *s, const struct gene_axis *g, bool grow,
                 int32_t *to)
{
    size_t n = 0, n_before = s->id->n;
    bool *taken = xcalloc(n_before, sizeof *taken);

    for (size_t i = 0; i < g->id.n; i++) {
        size_t at = g->skip[i] ? SIZE_MAX : intern_find(s->by_id, g->id.item[i]);

        to[i] = at == SIZE_MAX ? -1 : (int32_t)at;
        if (to[i] >= 0)
            taken[at] = true;
    }
    for (size_t i = 0; i < g->id.n; i++) {
        if (to[i] < 0 && !g->skip[i]) {
            size_t at = find_by_name(s, g->id.item[i], g->name.item[i]);

            if (at < n_before && !taken[at]) {
                to[i] = (int32_t)at;
                taken[at] = true;
            } else if (grow) {
                to[i] = space_add(s, g->id.item[i], g->name.item[i]);
            }
        }
        n += to[i] >= 0;
    }
    free(taken);
    return n;
}

static bool
is_known_upper(const struct intern *known, const char *text)
{
    char *upper = xstrdup(text);

    for (char *p = upper; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    bool is = *upper && intern_find(known, upper) != SIZE_MAX;

    free(upper);
    return is;
}

size_t
gene_space_match_upper(const struct gene_space *s, const struct gene_axis *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->id.n; i++)
        n += is_known_upper(s->by_name, g->name.item[i]) ||
             is_known_upper(s->by_id, g->id.item[i]);
    return n;
}
