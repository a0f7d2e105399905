/* reference.c - reading a reference file, and printing what was found. */
#include "tests/reference.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* --- reading --- */

/* Caller frees. */
static char *
path_of(const struct reference *r, const char *name)
{
    return name[0] == '/' ? xstrdup(name) : xasprintf("/%s/%s", r->group, name);
}

/* Every link on the way must exist: H5Lexists asks about the last one only. */
bool
reference_has(const struct reference *r, const char *name)
{
    char *path = path_of(r, name);
    bool found = true;

    for (char *slash = strchr(path + 1, '/'); found && slash;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        found = H5Lexists(r->file, path, H5P_DEFAULT) > 0;
        *slash = '/';
    }
    found = found && H5Lexists(r->file, path, H5P_DEFAULT) > 0;
    free(path);
    return found;
}

static hid_t
open_dataset(const struct reference *r, const char *name)
{
    char *path = path_of(r, name);
    hid_t ds = reference_has(r, name) ? H5Dopen2(r->file, path, H5P_DEFAULT) : -1;

    free(path);
    return ds;
}

static size_t
elements(hid_t ds)
{
    hid_t space = H5Dget_space(ds);
    hssize_t n = H5Sget_simple_extent_npoints(space);

    H5Sclose(space);
    return n > 0 ? (size_t)n : 0;
}

size_t
reference_count(const struct reference *r, const char *name)
{
    hid_t ds = open_dataset(r, name);
    size_t n = ds < 0 ? 0 : elements(ds);

    if (ds >= 0)
        H5Dclose(ds);
    return n;
}

/* False, and a line, if there are no n elements to read. */
static bool
read_any(struct reference *r, const char *name, hid_t type, size_t n, void *out)
{
    hid_t ds = open_dataset(r, name);
    bool whole = false;

    if (ds < 0)
        reference_fail(r, name, "is missing");
    else if (elements(ds) != n)
        reference_fail(r, name, "has %zu elements, expected %zu", elements(ds), n);
    else if (H5Dread(ds, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        reference_fail(r, name, "cannot be read as numbers");
    else
        whole = true;
    if (ds >= 0)
        H5Dclose(ds);
    return whole;
}

float *
reference_floats(struct reference *r, const char *name, size_t n)
{
    float *out = xcalloc(n, sizeof *out);

    if (!read_any(r, name, H5T_NATIVE_FLOAT, n, out))
        for (size_t i = 0; i < n; i++)
            out[i] = NAN;
    return out;
}

double *
reference_doubles(struct reference *r, const char *name, size_t n)
{
    double *out = xcalloc(n, sizeof *out);

    if (!read_any(r, name, H5T_NATIVE_DOUBLE, n, out))
        for (size_t i = 0; i < n; i++)
            out[i] = (double)NAN;
    return out;
}

int32_t *
reference_ints(struct reference *r, const char *name, size_t n)
{
    int32_t *out = xcalloc(n, sizeof *out);

    if (!read_any(r, name, H5T_NATIVE_INT32, n, out))
        for (size_t i = 0; i < n; i++)
            out[i] = -1;
    return out;
}

bool
reference_attribute(const struct reference *r, const char *name, double *x)
{
    char *group = xasprintf("/%s", r->group);
    bool found = H5Aexists_by_name(r->file, group, name, H5P_DEFAULT) > 0;

    if (found) {
        hid_t a = H5Aopen_by_name(r->file, group, name, H5P_DEFAULT, H5P_DEFAULT);
        hid_t space = H5Aget_space(a);

        found = H5Sget_simple_extent_npoints(space) == 1 &&
                H5Aread(a, H5T_NATIVE_DOUBLE, x) >= 0;
        H5Sclose(space);
        H5Aclose(a);
    }
    free(group);
    return found;
}

static herr_t
add_attribute(hid_t at, const char *name, const H5A_info_t *info, void *list)
{
    (void)at;
    (void)info;
    strlist_add(list, name);
    return 0;
}

void
reference_attributes(const struct reference *r, struct strlist *out)
{
    char *group = xasprintf("/%s", r->group);

    H5Aiterate_by_name(r->file, group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_attribute,
                       out, H5P_DEFAULT);
    free(group);
}

static herr_t
add_member(hid_t at, const char *name, const H5L_info_t *info, void *list)
{
    (void)at;
    (void)info;
    strlist_add(list, name);
    return 0;
}

void
reference_members(const struct reference *r, const char *name, struct strlist *out)
{
    char *path = path_of(r, name);

    if (strcmp(name, "/") == 0 || reference_has(r, name))
        H5Literate_by_name(r->file, path, H5_INDEX_NAME, H5_ITER_INC, NULL, add_member,
                           out, H5P_DEFAULT);
    free(path);
}

struct csr
reference_csr(const float *dense, size_t n, size_t D)
{
    struct csr x = {.n_rows = n, .n_cols = D};
    size_t at = 0;

    x.indptr = xcalloc(n + 1, sizeof *x.indptr);
    x.index = xcalloc(n * D, sizeof *x.index);
    x.value = xcalloc(n * D, sizeof *x.value);
    for (size_t i = 0; i < n; i++) {
        for (size_t g = 0; g < D; g++) {
            if (dense[i * D + g] == 0)
                continue;
            x.index[at] = (uint16_t)g;
            x.value[at++] = dense[i * D + g];
        }
        x.indptr[i + 1] = at;
    }
    return x;
}

void
reference_csr_release(struct csr *x)
{
    free(x->indptr);
    free(x->index);
    free(x->value);
    *x = (struct csr){0};
}

bool
reference_classes(const struct reference *r, const int32_t *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (y[i] < 0 || (size_t)y[i] >= r->C)
            return false;
    return true;
}

/* --- the root --- */

static bool
read_size(struct reference *r, const char *name, size_t max, size_t *out)
{
    double x = 0;

    if (!reference_attribute(r, name, &x) || !(x >= 1 && x <= (double)max)) {
        reference_fail(r, name, "is no attribute from 1 to %zu", max);
        return false;
    }
    *out = (size_t)x;
    return true;
}

/* (n, D) of name; x_train may have more rows than the steps use. */
static void
read_cells(struct reference *r, const char *name, size_t n, struct csr *x)
{
    size_t stored = reference_count(r, name);
    float *dense = reference_floats(r, name, stored > n * r->D ? stored : n * r->D);

    *x = reference_csr(dense, n, r->D);
    free(dense);
}

static void
read_root(struct reference *r)
{
    if (!read_size(r, "batch_size", 1 << 20, &r->B) ||
        !read_size(r, "n_steps", 1 << 20, &r->n_steps) ||
        !read_size(r, "n_genes", GENES_MAX, &r->D) ||
        !read_size(r, "n_classes", 1 << 16, &r->C))
        return;
    size_t n = r->B * r->n_steps, n_y = reference_count(r, "/y_train");

    r->n_val = reference_count(r, "/y_val");
    read_cells(r, "/x_train", n, &r->x_train);
    read_cells(r, "/x_val", r->n_val, &r->x_val);
    r->y_train = reference_ints(r, "/y_train", n_y > n ? n_y : n);
    r->y_val = reference_ints(r, "/y_val", r->n_val);
    r->R = reference_floats(r, "/child_matrix", r->C * r->C);
    r->weight = reference_floats(r, "/class_weights", r->C);
    if (!reference_classes(r, r->y_train, n) ||
        !reference_classes(r, r->y_val, r->n_val))
        reference_fail(r, "y_train, y_val", "hold something that is no class");
}

enum err
reference_open(struct reference *r, const char *path, const struct kernels *k,
               size_t threads, struct errbuf *eb)
{
    *r = (struct reference){.group = "", .k = k};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    r->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (r->file < 0)
        return err_set(eb, ERR_FORMAT, "%s: is no HDF5 file that can be read", path);
    read_root(r);
    if (r->n_broken) {
        reference_flush(r);
        reference_close(r);
        return err_set(eb, ERR_FORMAT, "%s: has not the layout of reference.h5", path);
    }
    r->pool = pool_new(threads);
    return ERR_OK;
}

void
reference_close(struct reference *r)
{
    if (r->pool)
        pool_free(r->pool);
    reference_csr_release(&r->x_train);
    reference_csr_release(&r->x_val);
    free(r->y_train);
    free(r->y_val);
    free(r->R);
    free(r->weight);
    reference_drop(r);
    free(r->line);
    H5Fclose(r->file);
    *r = (struct reference){0};
}

/* --- reporting --- */

static bool
is_met(const struct reference_line *l)
{
    return l->error <= l->tolerance; /* false for NaN */
}

static void
add_line(struct reference *r, char *owned, double error, double tolerance)
{
    r->line = grow(r->line, &r->line_cap, r->n_open + 1, sizeof *r->line);
    r->line[r->n_open++] =
        (struct reference_line){.text = owned, .error = error, .tolerance = tolerance};
}

void
reference_line(struct reference *r, const char *quantity, double error,
               double tolerance)
{
    add_line(r, xstrdup(quantity), error, tolerance);
}

void
reference_exact(struct reference *r, const char *quantity, double error,
                double tolerance)
{
    add_line(r, xstrdup(quantity), error, tolerance);
    r->line[r->n_open - 1].is_exact = true;
}

void
reference_fail(struct reference *r, const char *quantity, const char *fmt, ...)
{
    char what[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    add_line(r, xasprintf("%-68s %s", quantity, what), (double)NAN, (double)NAN);
    r->n_broken++;
}

void
reference_flush(struct reference *r)
{
    for (const struct reference_line *l = r->line; l < r->line + r->n_open; l++) {
        bool met = is_met(l), noisy = !met && l->error <= l->noise;

        printf("%-24s %-68s", r->group[0] ? r->group : "/", l->text);
        if (!isnan(l->tolerance))
            printf(" %10.3g %8.3g", l->error, l->tolerance);
        if (l->noise > 0 && !met)
            printf(" noise %.3g", l->noise);
        printf(" %s\n", met || noisy ? "ok" : "FAIL");
        r->n_failed += !met && !noisy;
        r->n_noisy += noisy;
        r->n_unknowable += noisy && l->noise > 0.1;
    }
    r->n_lines += r->n_open;
    reference_drop(r);
}

void
reference_drop(struct reference *r)
{
    for (size_t i = 0; i < r->n_open; i++)
        free(r->line[i].text);
    r->n_open = 0;
}

double
reference_distance(const float *a, const float *b, size_t n)
{
    double diff = 0, norm = 0;

    for (size_t i = 0; i < n; i++) {
        diff += pow((double)a[i] - (double)b[i], 2);
        norm += pow((double)b[i], 2);
    }
    return norm > 0 ? sqrt(diff / norm) : sqrt(diff);
}

double
reference_relative(double a, double b)
{
    return a == b ? 0 : fabs(a - b) / fabs(b);
}
