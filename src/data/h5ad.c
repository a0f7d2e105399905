/* h5ad.c - an AnnData file: its cells, its genes, its matrices, of any version. */
#include "data/h5ad.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5lib.h"

static void
add_layers(struct h5ad *f)
{
    static const char *const counts[] = {"counts", "raw_counts", "raw"};
    struct strlist all = {0};

    if (!h5_is_group(f->file, "layers"))
        return;
    hid_t group = H5Gopen2(f->file, "layers", H5P_DEFAULT);

    h5_links(group, &all);
    h5_close(group);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < all.n; i++) {
            bool is_counts = false;

            for (size_t k = 0; k < 3; k++)
                is_counts |= strcmp(all.item[i], counts[k]) == 0;
            if (is_counts != (pass == 0))
                continue;
            char *name = xasprintf("layers/%s", all.item[i]);

            strlist_add(&f->matrix, name);
            free(name);
        }
    strlist_release(&all);
}

/* raw/X since AnnData 0.7, raw.X before. */
static const char *
raw_prefix(const struct h5ad *f)
{
    return h5_exists(f->file, "raw.X") ? "raw." : "raw/";
}

static enum err
list_matrices(struct h5ad *f, struct errbuf *eb)
{
    bool old = h5_exists(f->file, "raw.X"), new = h5_exists(f->file, "raw/X");

    if (old && new)
        return err_set(eb, ERR_FORMAT, "the file has both raw.X and raw/X: remove one");
    if (old || new)
        strlist_add(&f->matrix, "raw/X");
    add_layers(f);
    if (h5_exists(f->file, "X"))
        strlist_add(&f->matrix, "X");
    return ERR_OK;
}

enum err
h5ad_open(struct h5ad *f, const char *path, struct errbuf *eb)
{
    *f = (struct h5ad){.path = xstrdup(path), .file = -1, .obs = {.id = -1}};
    enum err e = h5_open(&f->file, path, eb);

    if (!e) {
        e = h5frame_open(&f->obs, f->file, "obs", eb);
        if (!e)
            e = list_matrices(f, eb);
        if (e)
            e = err_wrap(eb, e, "%s", path);
    }
    if (e)
        h5ad_close(f);
    return e;
}

void
h5ad_close(struct h5ad *f)
{
    h5frame_close(&f->obs);
    h5_close(f->file);
    free(f->path);
    strlist_release(&f->matrix);
    *f = (struct h5ad){.file = -1, .obs = {.id = -1}};
}

static enum err
check_rows(const struct h5ad *f, const struct h5matrix *m, struct errbuf *eb)
{
    if (m->n_rows == f->obs.n)
        return ERR_OK;
    return err_set(eb, ERR_FORMAT, "%s has %zu rows, but obs has %zu%s", m->name,
                   m->n_rows, f->obs.n,
                   m->n_cols == f->obs.n ? ": are cells and genes swapped?" : "");
}

enum err
h5ad_matrix(const struct h5ad *f, const char *name, struct h5matrix *m,
            struct errbuf *eb)
{
    bool is_raw = strcmp(name, "raw/X") == 0;
    char *at = is_raw ? xasprintf("%sX", raw_prefix(f)) : xstrdup(name);
    enum err e = h5matrix_open(m, f->file, at, eb);

    free(at);
    if (!e) {
        free(m->name);
        m->name = xstrdup(name);
        e = check_rows(f, m, eb);
        if (e)
            h5matrix_close(m);
    }
    return e;
}

enum err
h5ad_genes(const struct h5ad *f, const struct h5matrix *m, struct gene_axis *g,
           const struct notes *notes, struct errbuf *eb)
{
    bool is_raw = strcmp(m->name, "raw/X") == 0;
    char *at = is_raw ? xasprintf("%svar", raw_prefix(f)) : xstrdup("var");
    struct h5frame var = {.id = -1};
    enum err e = h5frame_open(&var, f->file, at, eb);

    *g = (struct gene_axis){0};
    if (!e && var.n != m->n_cols)
        e = err_set(eb, ERR_FORMAT, "%s has %zu columns, but %s has %zu genes", m->name,
                    m->n_cols, at, var.n);
    if (!e) {
        struct gene_table t = h5frame_genes(&var);

        e = gene_axis_read(g, &t, f->path, notes, eb);
    }
    h5frame_close(&var);
    free(at);
    return e;
}

void
h5ad_others(const struct h5ad *f, struct strlist *out)
{
    static const char *const group[] = {"obsm", "obsp", "uns", "varm", "varp"};

    for (size_t i = 0; i < sizeof group / sizeof *group; i++) {
        struct strlist link = {0};

        if (!h5_is_group(f->file, group[i]))
            continue;
        hid_t g = H5Gopen2(f->file, group[i], H5P_DEFAULT);

        h5_links(g, &link);
        h5_close(g);
        if (link.n)
            strlist_add(out, group[i]);
        strlist_release(&link);
    }
}
