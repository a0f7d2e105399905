/* h5frame.c - a dataframe of an .h5ad file in any of its layouts. */
#include "data/h5frame.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/h5lib.h"
#include "data/h5texts.h"
#include "data/obs_column.h"

/* --- values of a member of a compound dataset --- */

static hid_t
member_type(const struct h5frame *f, const char *column)
{
    hid_t type = H5Dget_type(f->id);
    int i = type < 0 ? -1 : H5Tget_member_index(type, column);
    hid_t member = i < 0 ? -1 : H5Tget_member_type(type, (unsigned)i);

    h5_close(type);
    return member;
}

/* The member of every row as memory type `type`; caller frees *out. */
static enum err
member_read(const struct h5frame *f, const char *column, hid_t type, void **out,
            struct errbuf *eb)
{
    size_t size = H5Tget_size(type);
    hid_t mem = H5Tcreate(H5T_COMPOUND, size);
    enum err e = big_calloc(out, f->n, size, column, eb);

    if (!e && (H5Tinsert(mem, column, 0, type) < 0 ||
               H5Dread(f->id, mem, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out) < 0)) {
        char *why = h5_error();

        e = err_set(eb, ERR_FORMAT, "cannot read %s/%s: %s", f->name, column, why);
        free(why);
        free(*out);
        *out = NULL;
    }
    h5_close(mem);
    return e;
}

static hid_t
native_type(hid_t member, enum h5_class class)
{
    switch (class) {
    case H5_TEXT: return H5Tcopy(member);
    case H5_FLOAT: return H5Tcopy(H5T_NATIVE_DOUBLE);
    case H5_INTEGER:
        return H5Tcopy(h5_is_unsigned(member) ? H5T_NATIVE_ULLONG : H5T_NATIVE_LLONG);
    case H5_BOOL: return H5Tcopy(H5T_NATIVE_SCHAR);
    case H5_OTHER: break;
    }
    return -1;
}

static void
emit_member(const struct h5frame *f, const void *buf, hid_t type, enum h5_class class,
            size_t width, h5_cell_fn fn, void *ctx)
{
    if (class == H5_FLOAT)
        h5_emit_floats(buf, f->n, width, 0, fn, ctx);
    else if (class == H5_INTEGER && h5_is_unsigned(type))
        h5_emit_uints(buf, f->n, 0, fn, ctx);
    else if (class == H5_INTEGER)
        h5_emit_ints(buf, f->n, false, 0, fn, ctx);
    for (size_t i = 0; class == H5_BOOL && i < f->n; i++)
        fn(ctx, i, ((const signed char *)buf)[i] ? "True" : "False");
    for (size_t i = 0; class == H5_TEXT && i < f->n; i++)
        h5_text_at(type, buf, i, fn, ctx, i);
}

/* Free what libhdf5 allocated for strings of variable length. */
static void
reclaim_texts(const struct h5frame *f, hid_t type, void *buf)
{
    hid_t space = H5Dget_space(f->id);

    if (H5Tis_variable_str(type) > 0)
        (void)H5Dvlen_reclaim(type, space, H5P_DEFAULT, buf);
    h5_close(space);
}

static enum err
member_texts(const struct h5frame *f, const char *column, h5_cell_fn fn, void *ctx,
             struct errbuf *eb)
{
    hid_t member = member_type(f, column);
    enum h5_class class = member < 0 ? H5_OTHER : h5_class_of_type(member);
    hid_t type = native_type(member, class);
    void *buf = NULL;
    enum err e = type < 0
                     ? err_set(eb, ERR_UNSUPPORTED,
                               "%s/%s holds neither text nor numbers", f->name, column)
                     : member_read(f, column, type, &buf, eb);

    if (!e)
        emit_member(f, buf, type, class, H5Tget_size(member), fn, ctx);
    if (buf && class == H5_TEXT)
        reclaim_texts(f, type, buf);
    free(buf);
    h5_close(type);
    h5_close(member);
    return e;
}

/* --- columns --- */

/* Where the categories of a column are, if it has any. */
enum category_place {
    CATEGORY_NONE,
    CATEGORY_GROUP,     /* <column>/codes and <column>/categories */
    CATEGORY_REFERENCE, /* attribute `categories` of the codes */
    CATEGORY_SIBLING,   /* __categories/<column> */
    CATEGORY_UNS        /* uns/<column>_categories */
};

static bool
uns_has_categories(const struct h5frame *f, const char *column)
{
    char *path = xasprintf("uns/%s_categories", column);
    bool yes = h5_is_dataset(f->file, path);

    free(path);
    return yes;
}

static bool
has_child(hid_t loc, const char *column, const char *child)
{
    char *path = xasprintf("%s/%s", column, child);
    bool yes = h5_is_dataset(loc, path);

    free(path);
    return yes;
}

static bool
has_category_attr(const struct h5frame *f, const char *column)
{
    return h5_is_dataset(f->id, column) &&
           H5Aexists_by_name(f->id, column, "categories", H5P_DEFAULT) > 0;
}

static bool
member_is_int(const struct h5frame *f, const char *column)
{
    hid_t type = member_type(f, column);
    bool yes = type >= 0 && h5_class_of_type(type) == H5_INTEGER;

    h5_close(type);
    return yes;
}

static enum category_place
category_place(const struct h5frame *f, const char *column)
{
    if (f->is_compound)
        return member_is_int(f, column) && uns_has_categories(f, column)
                   ? CATEGORY_UNS
                   : CATEGORY_NONE;
    if (has_child(f->id, column, "codes") && has_child(f->id, column, "categories"))
        return CATEGORY_GROUP;
    if (has_category_attr(f, column))
        return CATEGORY_REFERENCE;
    if (h5_is_dataset(f->id, column) && has_child(f->id, "__categories", column))
        return CATEGORY_SIBLING;
    return CATEGORY_NONE;
}

static bool
is_nullable(const struct h5frame *f, const char *column)
{
    return !f->is_compound && has_child(f->id, column, "values") &&
           has_child(f->id, column, "mask");
}

struct coder {
    struct intern *text;
    int32_t *code; /* per row; NULL while categories are read */
    size_t n;      /* rows that code has room for */
    size_t *of;    /* (n_cat) category -> text; NULL while rows are read */
    size_t n_cat, cap_cat;
};

static void
code_row(void *ctx, size_t i, const char *s)
{
    struct coder *c = ctx;

    if (i < c->n)
        c->code[i] = s ? (int32_t)intern_add(c->text, s) : -1;
}

static void
code_category(void *ctx, size_t i, const char *s)
{
    struct coder *c = ctx;

    (void)i;
    c->of = grow(c->of, &c->cap_cat, c->n_cat + 1, sizeof *c->of);
    c->of[c->n_cat++] = intern_add(c->text, s ? s : "nan");
}

/* The dataset that the attribute `categories` of a column refers to, or -1. */
static hid_t
referred_categories(const struct h5frame *f, const char *column)
{
    hid_t attr = H5Aopen_by_name(f->id, column, "categories", H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = attr < 0 ? -1 : H5Aget_type(attr);
    hobj_ref_t ref = 0;
    hid_t dset = -1;

    if (type >= 0 && H5Tget_class(type) == H5T_REFERENCE &&
        H5Tequal(type, H5T_STD_REF_OBJ) > 0 &&
        H5Aread(attr, H5T_STD_REF_OBJ, &ref) >= 0)
        dset = H5Rdereference2(attr, H5P_DEFAULT, H5R_OBJECT, &ref);
    if (dset >= 0 && H5Iget_type(dset) != H5I_DATASET) {
        h5_close(dset);
        dset = -1;
    }
    h5_close(type);
    h5_close(attr);
    return dset;
}

static enum err
read_categories(const struct h5frame *f, const char *column, enum category_place place,
                struct coder *c, struct errbuf *eb)
{
    char *what = xasprintf("categories of %s/%s", f->name, column);
    char *path = place == CATEGORY_GROUP     ? xasprintf("%s/categories", column)
                 : place == CATEGORY_SIBLING ? xasprintf("__categories/%s", column)
                 : place == CATEGORY_UNS     ? xasprintf("uns/%s_categories", column)
                                             : xstrdup(".");
    hid_t dset = -1;
    size_t n = 0;
    enum err e;

    if (place == CATEGORY_REFERENCE) {
        dset = referred_categories(f, column);
        char name[1024] = "";

        if (dset >= 0 && H5Iget_name(dset, name, sizeof name) > 0 && name[0] == '/')
            e = h5_dataset_texts(f->file, name + 1, what, code_category, c, &n, eb);
        else
            e = err_set(eb, ERR_FORMAT, "%s: the reference leads nowhere", what);
        h5_close(dset);
    } else {
        e = h5_dataset_texts(place == CATEGORY_UNS ? f->file : f->id, path, what,
                             code_category, c, &n, eb);
    }
    free(path);
    free(what);
    return e;
}

static enum err
read_codes(const struct h5frame *f, const char *column, enum category_place place,
           int64_t **out, size_t *n, struct errbuf *eb)
{
    char *path =
        place == CATEGORY_GROUP ? xasprintf("%s/codes", column) : xstrdup(column);
    char *what = xasprintf("%s/%s", f->name, path);
    enum err e;

    *n = f->n;
    if (place == CATEGORY_UNS) {
        void *buf = NULL;

        e = member_read(f, column, H5T_NATIVE_LLONG, &buf, eb);
        *out = buf;
    } else {
        e = h5_dataset_ints(f->id, path, what, out, n, eb);
    }
    free(what);
    free(path);
    return e;
}

static enum err
wrong_length(const struct h5frame *f, const char *column, size_t n, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s/%s has %zu values, but %s has %zu rows", f->name,
                   column, n, f->name, f->n);
}

static enum err
read_categorical(const struct h5frame *f, const char *column, enum category_place place,
                 struct coder *c, struct errbuf *eb)
{
    int64_t *code = NULL;
    size_t n = 0;
    enum err e = read_categories(f, column, place, c, eb);

    if (!e)
        e = read_codes(f, column, place, &code, &n, eb);
    if (!e && n != f->n)
        e = wrong_length(f, column, n, eb);
    for (size_t i = 0; !e && i < n; i++) {
        if (code[i] < -1 || code[i] >= (int64_t)c->n_cat)
            e = err_set(eb, ERR_FORMAT,
                        "%s/%s: row %zu has code %lld, but there are %zu categories",
                        f->name, column, i, (long long)code[i], c->n_cat);
        else
            c->code[i] = code[i] < 0 ? -1 : (int32_t)c->of[code[i]];
    }
    free(code);
    return e;
}

static enum err
read_nullable(const struct h5frame *f, const char *column, struct coder *c,
              struct errbuf *eb)
{
    char *values = xasprintf("%s/values", column), *mask = xasprintf("%s/mask", column);
    char *what = xasprintf("%s/%s", f->name, column);
    int64_t *missing = NULL;
    size_t n = 0, n_mask = 0;
    enum err e = h5_dataset_texts(f->id, values, what, code_row, c, &n, eb);

    if (!e)
        e = h5_dataset_ints(f->id, mask, what, &missing, &n_mask, eb);
    if (!e && (n != f->n || n_mask != f->n))
        e = wrong_length(f, column, n != f->n ? n : n_mask, eb);
    for (size_t i = 0; !e && i < f->n; i++)
        if (missing[i])
            c->code[i] = -1;
    free(missing);
    free(what);
    free(mask);
    free(values);
    return e;
}

static enum err
read_plain(const struct h5frame *f, const char *column, struct coder *c,
           struct errbuf *eb)
{
    if (f->is_compound)
        return member_texts(f, column, code_row, c, eb);
    char *what = xasprintf("%s/%s", f->name, column);
    size_t n = 0;
    enum err e = h5_dataset_texts(f->id, column, what, code_row, c, &n, eb);

    if (!e && n != f->n)
        e = wrong_length(f, column, n, eb);
    free(what);
    return e;
}

enum err
h5frame_read(const struct h5frame *f, const char *column, struct obs_column *out,
             size_t *n_merged, struct errbuf *eb)
{
    struct coder c = {.text = intern_new(), .n = f->n};
    enum category_place place = category_place(f, column);
    enum err e = big_calloc(&c.code, f->n, sizeof *c.code, column, eb);

    *out = (struct obs_column){0};
    if (!e && place != CATEGORY_NONE)
        e = read_categorical(f, column, place, &c, eb);
    else if (!e && is_nullable(f, column))
        e = read_nullable(f, column, &c, eb);
    else if (!e)
        e = read_plain(f, column, &c, eb);
    if (n_merged)
        *n_merged = c.n_cat > intern_count(c.text) ? c.n_cat - intern_count(c.text) : 0;
    if (!e) {
        obs_column_init(out, column, c.code, f->n, c.text);
        c.code = NULL;
    }
    free(c.code);
    free(c.of);
    intern_free(c.text);
    return e;
}

static void
append_text(void *ctx, size_t i, const char *s)
{
    (void)i;
    strlist_add(ctx, s);
}

struct each {
    h5_cell_fn fn;
    void *ctx;
};

static void
hand_text(void *ctx, size_t i, const char *s)
{
    const struct each *each = ctx;

    each->fn(each->ctx, i, s ? s : "");
}

static enum err
coded_texts(const struct h5frame *f, const char *column, struct each *each,
            struct errbuf *eb)
{
    struct obs_column c = {0};
    enum err e = h5frame_read(f, column, &c, NULL, eb);

    for (size_t i = 0; !e && i < f->n; i++)
        hand_text(each, i, obs_column_text(&c, i));
    obs_column_release(&c);
    return e;
}

static enum err
numbered_rows(const struct h5frame *f, struct each *each)
{
    for (size_t i = 0; i < f->n; i++) {
        char text[24];

        snprintf(text, sizeof text, "%zu", i);
        hand_text(each, i, text);
    }
    return ERR_OK;
}

enum err
h5frame_each(const struct h5frame *f, const char *column, h5_cell_fn fn, void *ctx,
             struct errbuf *eb)
{
    struct each each = {fn, ctx};
    const char *from = column ? column : f->index;

    if (!from)
        return numbered_rows(f, &each);
    if (f->is_compound || !h5_is_dataset(f->id, from) ||
        category_place(f, from) != CATEGORY_NONE)
        return coded_texts(f, from, &each, eb);
    char *what = xasprintf("%s/%s", f->name, from);
    size_t n = 0;
    enum err e = h5_dataset_texts(f->id, from, what, hand_text, &each, &n, eb);

    if (!e && n != f->n)
        e = wrong_length(f, from, n, eb);
    free(what);
    return e;
}

enum err
h5frame_texts(const struct h5frame *f, const char *column, struct strlist *out,
              struct errbuf *eb)
{
    return h5frame_each(f, column, append_text, out, eb);
}

/* --- opening --- */

static void
open_compound(struct h5frame *f)
{
    hid_t type = H5Dget_type(f->id);
    int n = H5Tget_class(type) == H5T_COMPOUND ? H5Tget_nmembers(type) : 0;

    for (int i = 0; i < n; i++) {
        char *name = H5Tget_member_name(type, (unsigned)i);

        if (!name)
            continue;
        if (i == 0)
            f->index = xstrdup(name);
        else
            strlist_add(&f->column, name);
        H5free_memory(name);
    }
    h5_close(type);
}

/* Elements of a column of a group, in whatever form. */
static enum err
rows_of(const struct h5frame *f, const char *column, size_t *n, struct errbuf *eb)
{
    static const char *const child[] = {"", "/values", "/codes"};
    hid_t dset = -1;

    for (size_t i = 0; i < sizeof child / sizeof *child; i++) {
        char *path = xasprintf("%s%s", column, child[i]);
        bool here = h5_is_dataset(f->id, path);
        enum err e = here ? h5_dataset_open(&dset, f->id, path, eb) : ERR_OK;

        if (here && !e)
            e = h5_length(n, dset, path, eb);
        free(path);
        h5_close(dset);
        if (e)
            return err_wrap(eb, e, "%s", f->name);
        if (here)
            return ERR_OK;
    }
    return err_set(eb, ERR_FORMAT, "%s/%s is missing", f->name, column);
}

static char *
find_index(const struct h5frame *f)
{
    static const char *const usual[] = {"_index", "index"};
    char *name = h5_attr_text(f->id, "_index");

    if (name)
        return name;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (h5_exists(f->id, usual[i]))
            return xstrdup(usual[i]);
    return NULL;
}

static void
list_columns(struct h5frame *f)
{
    struct strlist all = {0};

    h5_attr_strings(f->id, "column-order", &all);
    if (!all.n)
        h5_links(f->id, &all);
    for (size_t i = 0; i < all.n; i++)
        if (strcmp(all.item[i], "__categories") != 0 &&
            (!f->index || strcmp(all.item[i], f->index) != 0))
            strlist_add(&f->column, all.item[i]);
    strlist_release(&all);
}

static enum err
open_group(struct h5frame *f, struct errbuf *eb)
{
    f->index = find_index(f);
    list_columns(f);
    if (f->index)
        return rows_of(f, f->index, &f->n, eb);
    if (f->column.n)
        return rows_of(f, f->column.item[0], &f->n, eb);
    return ERR_OK;
}

enum err
h5frame_open(struct h5frame *f, hid_t file, const char *name, struct errbuf *eb)
{
    enum err e = ERR_OK;

    *f = (struct h5frame){.file = file, .id = -1, .name = xstrdup(name)};
    f->is_compound = h5_is_dataset(file, name);
    if (!h5_exists(file, name)) {
        e = err_set(eb, ERR_FORMAT, "there is no %s: is this an .h5ad file?", name);
    } else if (f->is_compound) {
        e = h5_dataset_open(&f->id, file, name, eb);
        if (!e)
            e = h5_length(&f->n, f->id, name, eb);
        if (!e)
            open_compound(f);
        if (!e && !f->index)
            e = err_set(eb, ERR_FORMAT, "%s is no table", name);
    } else {
        f->id = H5Gopen2(file, name, H5P_DEFAULT);
        e = f->id < 0 ? err_set(eb, ERR_FORMAT, "cannot open %s", name)
                      : open_group(f, eb);
    }
    if (e)
        h5frame_close(f);
    return e;
}

void
h5frame_close(struct h5frame *f)
{
    h5_close(f->id);
    free(f->name);
    free(f->index);
    strlist_release(&f->column);
    *f = (struct h5frame){.id = -1};
}

bool
h5frame_has(const struct h5frame *f, const char *column)
{
    return strlist_has(&f->column, column);
}

static enum column_kind kind_of_class(enum h5_class class)
{
    switch (class) {
    case H5_TEXT: return COLUMN_TEXT;
    case H5_BOOL: return COLUMN_BOOL;
    case H5_INTEGER:
    case H5_FLOAT: return COLUMN_NUMBER;
    case H5_OTHER: break;
    }
    return COLUMN_UNKNOWN;
}

static enum column_kind
dataset_kind(hid_t loc, const char *path)
{
    hid_t dset = h5_is_dataset(loc, path) ? H5Dopen2(loc, path, H5P_DEFAULT) : -1;
    enum column_kind kind =
        dset < 0 ? COLUMN_UNKNOWN : kind_of_class(h5_class_of(dset));

    h5_close(dset);
    return kind;
}

enum column_kind
h5frame_kind(const struct h5frame *f, const char *column)
{
    if (category_place(f, column) != CATEGORY_NONE)
        return COLUMN_TEXT;
    if (f->is_compound) {
        hid_t type = member_type(f, column);
        enum column_kind kind =
            type < 0 ? COLUMN_UNKNOWN : kind_of_class(h5_class_of_type(type));

        h5_close(type);
        return kind;
    }
    if (!is_nullable(f, column))
        return dataset_kind(f->id, column);
    char *values = xasprintf("%s/values", column);
    enum column_kind kind = dataset_kind(f->id, values);

    free(values);
    return kind;
}

/* --- genes --- */

static bool
has_text(const void *table, const char *column)
{
    return h5frame_has(table, column) && h5frame_kind(table, column) == COLUMN_TEXT;
}

static enum err
texts_of(const void *table, const char *column, struct strlist *out, struct errbuf *eb)
{
    return h5frame_texts(table, column, out, eb);
}

struct gene_table
h5frame_genes(const struct h5frame *f)
{
    return (struct gene_table){.table = f,
                               .name = f->name,
                               .n = f->n,
                               .has_text = has_text,
                               .texts = texts_of};
}
