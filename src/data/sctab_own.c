/* sctab_own.c - what an scTab store brings with it: classes, hierarchy, weights, digest.
 *
 * The digest.  A store of up to DIGEST_WHOLE bytes is digested whole.  Of a larger one go
 * in: names and sizes of all files, every footer (offsets, sizes, and statistics of each
 * column of each row group), all bytes of the obs columns, the first and last DIGEST_EDGE
 * bytes of X in each row group, and the small files whole.  What this can miss: numbers of
 * X that were changed in place in the middle of a row group, so that neither its packed
 * size nor its minimum and maximum moved.  Parquet's pages carry no check sums that would
 * tell (those that do are checked when they are read). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/file_digest.h"
#include "data/npy.h"
#include "data/parquet_table.h"
#include "data/sctab.h"

enum {
    CLASSES_LIMIT = 16384,
    DIGEST_EDGE = 4096, /* bytes */
    DIGEST_BLOCK = 1 << 16,
    OBS_BYTES_MAX = 64 << 20 /* of a chunk that is digested whole */
};
static const uint64_t DIGEST_WHOLE = UINT64_C(2) << 30;

static const char lookups[] = "categorical_lookup", label[] = "cell_type.parquet",
                  hierarchy[] = "cell_type_hierarchy", matrix[] = "child_matrix.npy",
                  weights[] = "class_weights.npy";

/* --- hierarchy --- */

static enum err
bad_matrix(const char *what, size_t i, size_t j, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s/%s: row %zu, column %zu: %s", hierarchy, matrix,
                   i, j, what);
}

/* Every class is one of its own, none is above and below another, and what is below a
 * class that is below is below. */
static enum err
check_reachable(const uint8_t *R, size_t k, struct errbuf *eb)
{
    for (size_t i = 0; i < k; i++) {
        if (!R[i * k + i])
            return bad_matrix("is 0; each class counts as itself", i, i, eb);
        for (size_t j = 0; j < k; j++) {
            if (i == j || !R[i * k + j])
                continue;
            if (R[j * k + i])
                return bad_matrix("each of the two classes is below the other", i, j,
                                  eb);
            for (size_t l = 0; l < k; l++)
                if (R[j * k + l] && !R[i * k + l])
                    return bad_matrix("is 0, but a class between the two says 1", i, l,
                                      eb);
        }
    }
    return ERR_OK;
}

static enum err
take_reachable(struct npy *f, struct source_own *own, struct errbuf *eb)
{
    size_t k = own->classes.n;
    float *row = NULL;

    if (f->n_rows != k || f->n_cols != k)
        return err_set(eb, ERR_FORMAT,
                       "%s/%s: has %zu x %zu numbers; %s/%s has %zu classes", hierarchy,
                       matrix, f->n_rows, f->n_cols, lookups, label, k);
    enum err e = big_calloc(&own->reachable, k * k, 1, "a hierarchy", eb);

    row = xcalloc(k, sizeof *row);
    for (size_t i = 0; i < k && !e; i++) {
        e = npy_read(f, i, 1, row, eb);
        for (size_t j = 0; j < k && !e; j++) {
            if (row[j] != 0 && row[j] != 1)
                e = bad_matrix("is neither 0 nor 1", i, j, eb);
            own->reachable[i * k + j] = row[j] != 0;
        }
    }
    free(row);
    return e ? e : check_reachable(own->reachable, k, eb);
}

static enum err
read_reachable(const struct sctab *t, struct source_own *own, struct errbuf *eb)
{
    struct npy f;
    char *path = sctab_file(t, hierarchy, matrix);
    enum err e = npy_open(&f, path, eb);

    if (!e)
        e = take_reachable(&f, own, eb);
    npy_close(&f);
    free(path);
    return e;
}

/* --- weights --- */

static enum err
take_weights(struct npy *f, struct source_own *own, struct errbuf *eb)
{
    size_t k = own->classes.n;

    if (f->n_rows != k)
        return err_set(eb, ERR_FORMAT, "%s: has %zu numbers; %s/%s has %zu classes",
                       weights, f->n_rows, lookups, label, k);
    own->class_weight = xcalloc(k, sizeof *own->class_weight);
    enum err e = npy_read_doubles(f, 0, k, own->class_weight, eb);

    for (size_t i = 0; i < k && !e; i++)
        if (!isfinite(own->class_weight[i]) || own->class_weight[i] <= 0)
            e = err_set(eb, ERR_FORMAT, "%s: weight %zu (%s) is %g; it must be above 0",
                        weights, i, own->classes.item[i], own->class_weight[i]);
    return e;
}

static enum err
read_weights(const struct sctab *t, struct source_own *own, struct errbuf *eb)
{
    struct npy f;
    char *path = sctab_file(t, NULL, weights);
    enum err e = npy_open_list(&f, path, eb);

    if (!e)
        e = take_weights(&f, own, eb);
    npy_close(&f);
    free(path);
    return e;
}

static enum err
read_classes(const struct sctab *t, struct source_own *own, struct errbuf *eb)
{
    char *path = sctab_file(t, lookups, label);
    enum err e = parquet_table_lookup(path, "categorical_lookup/cell_type.parquet",
                                      &own->classes, eb);

    free(path);
    if (!e && own->classes.n > CLASSES_LIMIT)
        e = err_set(eb, ERR_UNSUPPORTED, "%s/%s: %zu classes are more than %d", lookups,
                    label, own->classes.n, CLASSES_LIMIT);
    return e;
}

/* --- digest --- */

/* Files that give cells, labels and genes their meaning, by name. */
static void
list_small(const struct sctab *t, struct strlist *name)
{
    strlist_add(name, "var.parquet");
    for (size_t i = 0; i < t->part[0].f.n_columns; i++) {
        const char *column = t->part[0].f.column[i].name;
        char *file = xasprintf("%s.parquet", column);
        char *shown = xasprintf("%s/%s", lookups, file);

        if (!strchr(column, '/') && sctab_has_file(t, lookups, file) &&
            !strlist_has(name, shown))
            strlist_add(name, shown);
        free(shown);
        free(file);
    }
    if (sctab_has_file(t, hierarchy, matrix))
        strlist_add(name, "cell_type_hierarchy/child_matrix.npy");
    if (sctab_has_file(t, NULL, weights))
        strlist_add(name, weights);
}

static enum err
add_bytes(struct digest *d, const struct parquet *f, uint64_t at, uint64_t n,
          struct errbuf *eb)
{
    unsigned char block[DIGEST_BLOCK];
    enum err e = ERR_OK;

    while (n && !e) {
        size_t now = n < sizeof block ? (size_t)n : sizeof block;

        e = parquet_read(f, at, block, now, eb);
        if (!e)
            digest_add(d, block, now);
        at += now;
        n -= now;
    }
    return e;
}

static enum err
add_chunk(struct digest *d, const struct parquet *f, const struct parquet_chunk *c,
          bool is_x, struct errbuf *eb)
{
    if (!c->n_values) /* where it is was never checked */
        return ERR_OK;
    if (!is_x && c->size <= OBS_BYTES_MAX)
        return add_bytes(d, f, c->begin, c->size, eb);
    uint64_t edge = c->size < DIGEST_EDGE ? c->size : DIGEST_EDGE;
    enum err e = add_bytes(d, f, c->begin, edge, eb);

    return e ? e : add_bytes(d, f, c->begin + c->size - edge, edge, eb);
}

static enum err
add_part(struct digest *d, struct sctab_part *part, struct errbuf *eb)
{
    struct parquet *f = &part->f;
    enum err e = parquet_unpark(f, eb);

    digest_addu(d, f->size);
    digest_adds(d, f->footer_digest);
    for (size_t i = 0; i < f->n_groups * f->n_columns && !e; i++)
        e = add_chunk(d, f, &f->chunk[i], i % f->n_columns == part->x, eb);
    parquet_park(f);
    return e;
}

/* Names of the parts and the small files, and the bytes of the latter. */
static enum err
add_small(const struct sctab *t, struct digest *d, struct errbuf *eb)
{
    struct strlist name = {0};
    enum err e = ERR_OK;

    list_small(t, &name);
    for (size_t i = 0; i < t->n_parts; i++) {
        digest_adds(d, t->part[i].name);
        digest_adds(d, sctab_split_name(t->part[i].split));
    }
    for (size_t i = 0; i < name.n && !e; i++) {
        char *path = sctab_file(t, NULL, name.item[i]);

        digest_adds(d, name.item[i]);
        e = digest_add_file(d, path, eb);
        free(path);
    }
    strlist_release(&name);
    return e;
}

static enum err
digest_whole(const struct sctab *t, struct digest *d, struct errbuf *eb)
{
    struct strlist path = {0};
    char hex[DIGEST_HEX];

    for (size_t i = 0; i < t->n_parts; i++)
        strlist_add(&path, t->part[i].path);
    enum err e = file_digest(&path, 0, hex, eb);

    if (!e)
        digest_adds(d, hex);
    strlist_release(&path);
    return e;
}

static enum err
make_digest(const struct sctab *t, char hex[DIGEST_HEX], struct errbuf *eb)
{
    struct digest d;
    uint64_t bytes = 0;

    digest_init(&d);
    digest_adds(&d, "scTab store");
    enum err e = add_small(t, &d, eb);

    for (size_t i = 0; i < t->n_parts; i++)
        bytes += t->part[i].f.size;
    if (!e && bytes <= DIGEST_WHOLE)
        e = digest_whole(t, &d, eb);
    for (size_t i = 0; i < t->n_parts && !e && bytes > DIGEST_WHOLE; i++)
        e = add_part(&d, &t->part[i], eb);
    digest_final(&d, hex);
    return e;
}

enum err
sctab_own(const struct sctab *t, struct source_own *own, bool with_digest,
          struct errbuf *eb)
{
    size_t n_splits = 0;
    enum err e = ERR_OK;

    *own = (struct source_own){0};
    for (size_t i = 0; i < SCTAB_NO_SPLIT; i++)
        n_splits += t->has_split[i];
    if (t->has_split[SCTAB_TRAIN] && n_splits > 1)
        own->split_column = xstrdup("split");
    bool has_matrix = sctab_has_file(t, hierarchy, matrix);
    bool has_weights = sctab_has_file(t, NULL, weights);

    /* Without names of classes neither says anything. */
    if ((has_matrix || has_weights) && sctab_has_file(t, lookups, label))
        e = read_classes(t, own, eb);
    if (!e && own->classes.n && has_matrix)
        e = read_reachable(t, own, eb);
    if (!e && own->classes.n && has_weights)
        e = read_weights(t, own, eb);
    if (!e && with_digest)
        e = make_digest(t, own->digest, eb);
    if (e)
        source_own_release(own);
    return e;
}
