/* parquet_meta.c - the footer of a Parquet file. */
#include "data/parquet_meta.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/thrift.h"

enum {
    SCHEMA_DEPTH_MAX = 32,
    NAME_MAX_BYTES = 1024,
    HEAD_BYTES = 4, /* before the first chunk */
    REQUIRED = 0,
    REPEATED = 2
};

/* One element of the schema, which is a tree in depth-first order. */
struct element {
    const char *name; /* borrowed from the footer; name_len bytes */
    size_t name_len;
    int64_t type, repetition; /* -1: not given */
    int64_t n_children;
};

struct meta {
    struct parquet *f;
    struct thrift t;
    struct element *element; /* owned */
    size_t n_elements, at;   /* next one, while the tree is walked */
    int64_t n_rows;
    size_t n_chunks, cap_chunks, cap_groups, cap_columns;
    bool is_elsewhere, has_no_meta; /* of some chunk */
};

static enum err
bad_footer(const struct meta *m, const char *what, struct errbuf *eb)
{
    return err_set(
        eb, ERR_FORMAT,
        "%s: its footer (from byte %llu on) has %s: the file is damaged, copy "
        "it again",
        m->f->name, (unsigned long long)m->f->footer_begin, what);
}

/* --- what the footer holds --- */

static void
read_element(struct meta *m, struct element *el)
{
    struct thrift_field f = {0};

    *el = (struct element){.name = "", .type = -1, .repetition = -1};
    while (thrift_field(&m->t, &f)) {
        if (f.id == 1)
            el->type = thrift_int(&m->t, &f);
        else if (f.id == 3)
            el->repetition = thrift_int(&m->t, &f);
        else if (f.id == 4)
            el->name = thrift_binary(&m->t, &f, &el->name_len);
        else if (f.id == 5)
            el->n_children = thrift_int(&m->t, &f);
        else
            thrift_skip(&m->t, &f);
    }
}

static void
read_schema(struct meta *m, const struct thrift_field *field)
{
    struct thrift_field item;
    size_t n = thrift_list(&m->t, field, &item);

    free(m->element);
    m->element = xcalloc(n, sizeof *m->element);
    for (m->n_elements = 0; m->n_elements < n; m->n_elements++)
        if (thrift_is_struct(&m->t, &item))
            read_element(m, &m->element[m->n_elements]);
}

/* Where a chunk is, and what its columns must agree with. */
struct chunk_meta {
    int64_t type, codec, n_values, size, data, dictionary;
};

static void
read_chunk_meta(struct meta *m, struct chunk_meta *c)
{
    struct thrift_field f = {0};

    while (thrift_field(&m->t, &f))
        switch (f.id) {
        case 1: c->type = thrift_int(&m->t, &f); break;
        case 4: c->codec = thrift_int(&m->t, &f); break;
        case 5: c->n_values = thrift_int(&m->t, &f); break;
        case 7: c->size = thrift_int(&m->t, &f); break;
        case 9: c->data = thrift_int(&m->t, &f); break;
        case 11: c->dictionary = thrift_int(&m->t, &f); break;
        default: thrift_skip(&m->t, &f);
        }
}

static void
read_chunk(struct meta *m, struct chunk_meta *c)
{
    struct thrift_field f = {0};
    bool has_meta = false;

    *c = (struct chunk_meta){.type = -1, .codec = -1, .n_values = -1, .size = -1};
    while (thrift_field(&m->t, &f)) {
        m->is_elsewhere |= f.id == 1;
        if (f.id == 3 && thrift_is_struct(&m->t, &f)) {
            has_meta = true;
            read_chunk_meta(m, c);
        } else {
            thrift_skip(&m->t, &f);
        }
    }
    m->has_no_meta |= !has_meta;
}

/* Keep what was read as numbers of the file; they are checked when the schema is known. */
static void
add_chunk(struct meta *m, const struct chunk_meta *c)
{
    struct parquet *f = m->f;
    int64_t begin =
        c->dictionary > 0 && c->dictionary < c->data ? c->dictionary : c->data;

    f->chunk = grow(f->chunk, &m->cap_chunks, m->n_chunks + 1, sizeof *f->chunk);
    f->chunk[m->n_chunks++] = (struct parquet_chunk){.begin = (uint64_t)begin,
                                                     .size = (uint64_t)c->size,
                                                     .n_values = (uint64_t)c->n_values,
                                                     .codec = c->codec};
}

static enum err
check_chunk_type(const struct meta *m, size_t column, int64_t type, struct errbuf *eb)
{
    const struct parquet_column *c = &m->f->column[column];

    if (type == (int64_t)c->type)
        return ERR_OK;
    return err_set(eb, ERR_FORMAT,
                   "%s: column %s, row group %zu: is of another type than the schema "
                   "says (%s): the file is damaged, copy it again",
                   m->f->name, c->path, m->f->n_groups, parquet_type_name(c->type));
}

static enum err
read_chunks(struct meta *m, const struct thrift_field *field, struct errbuf *eb)
{
    struct thrift_field item;
    size_t n = thrift_list(&m->t, field, &item);
    enum err e = ERR_OK;

    if (!m->t.fault && n != m->f->n_columns)
        return bad_footer(m, "a row group without some of the columns", eb);
    for (size_t i = 0; i < n && !m->t.fault && !e; i++) {
        struct chunk_meta c;

        if (!thrift_is_struct(&m->t, &item))
            break;
        read_chunk(m, &c);
        add_chunk(m, &c);
        if (!m->t.fault && !m->is_elsewhere && !m->has_no_meta)
            e = check_chunk_type(m, i, c.type, eb);
    }
    return e;
}

static enum err
read_group(struct meta *m, struct errbuf *eb)
{
    struct parquet *f = m->f;
    struct thrift_field field = {0};
    int64_t n_rows = -1;
    size_t n_before = m->n_chunks;
    enum err e = ERR_OK;

    while (!e && thrift_field(&m->t, &field)) {
        if (field.id == 1)
            e = read_chunks(m, &field, eb);
        else if (field.id == 3)
            n_rows = thrift_int(&m->t, &field);
        else
            thrift_skip(&m->t, &field);
    }
    if (e || m->t.fault)
        return e;
    if (m->n_chunks - n_before != f->n_columns)
        return bad_footer(m, "a row group without columns, or with them twice", eb);
    if (n_rows < 0 || n_rows > INT32_MAX)
        return bad_footer(m, "a row group of more or fewer rows than there can be", eb);
    f->first = grow(f->first, &m->cap_groups, f->n_groups + 2, sizeof *f->first);
    f->first[f->n_groups + 1] = f->first[f->n_groups] + (size_t)n_rows;
    f->n_groups++;
    return ERR_OK;
}

/* --- the schema as a list of leaves --- */

static char *
join(const char *path, const struct element *el)
{
    struct strbuf sb = {0};

    if (*path) {
        strbuf_adds(&sb, path);
        strbuf_addc(&sb, '.');
    }
    for (size_t i = 0; i < el->name_len; i++) /* names are data: a 0 would end them */
        strbuf_addc(&sb, el->name[i] ? el->name[i] : '?');
    return strbuf_detach(&sb);
}

static enum err
add_column(struct meta *m, const struct element *el, const char *path, const char *top,
           unsigned def, unsigned rep, struct errbuf *eb)
{
    struct parquet *f = m->f;

    if (el->type < 0 || el->type >= PARQUET_TYPES)
        return bad_footer(m, "a column of a type that there is not", eb);
    f->column = grow(f->column, &m->cap_columns, f->n_columns + 1, sizeof *f->column);
    f->column[f->n_columns++] =
        (struct parquet_column){.name = xstrdup(top),
                                .path = xstrdup(path),
                                .type = (enum parquet_type)el->type,
                                .max_def = def,
                                .max_rep = rep};
    return ERR_OK;
}

/* Walk the next element and what is below it. */
static enum err
walk(struct meta *m, const char *path, const char *top, unsigned def, unsigned rep,
     unsigned depth, struct errbuf *eb)
{
    if (m->at == m->n_elements)
        return bad_footer(m, "a schema with fewer elements than it speaks of", eb);
    if (depth == SCHEMA_DEPTH_MAX)
        return bad_footer(m, "a schema more than 32 deep", eb);
    const struct element *el = &m->element[m->at++];
    enum err e = ERR_OK;

    if (el->name_len > NAME_MAX_BYTES)
        return bad_footer(m, "a column name of more than 1024 bytes", eb);
    char *here = join(path, el);

    def += el->repetition != REQUIRED;
    rep += el->repetition == REPEATED;
    top = *top ? top : here;
    if (el->n_children <= 0)
        e = add_column(m, el, here, top, def, rep, eb);
    for (int64_t i = 0; i < el->n_children && !e; i++)
        e = walk(m, here, top, def, rep, depth + 1, eb);
    free(here);
    return e;
}

static enum err
flatten_schema(struct meta *m, struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (m->t.fault)
        return ERR_OK;
    if (!m->n_elements || m->element[0].n_children <= 0)
        return bad_footer(m, "no columns", eb);
    m->at = 1;
    for (int64_t i = 0; i < m->element[0].n_children && !e; i++)
        e = walk(m, "", "", 0, 0, 0, eb);
    if (!e && m->at != m->n_elements)
        e = bad_footer(m, "a schema with more elements than it speaks of", eb);
    return e;
}

static enum err
read_groups(struct meta *m, const struct thrift_field *field, struct errbuf *eb)
{
    struct thrift_field item;
    size_t n = thrift_list(&m->t, field, &item);
    enum err e = ERR_OK;

    if (!m->t.fault && (!m->f->n_columns || m->f->n_groups))
        return bad_footer(m, "row groups before the schema, or twice", eb);
    for (size_t i = 0; i < n && !m->t.fault && !e; i++)
        if (thrift_is_struct(&m->t, &item))
            e = read_group(m, eb);
    return e;
}

static enum err
read_fields(struct meta *m, struct errbuf *eb)
{
    struct thrift_field f = {0};
    enum err e = ERR_OK;

    while (!e && thrift_field(&m->t, &f)) {
        if (f.id == 2 && !m->f->n_columns) {
            read_schema(m, &f);
            e = flatten_schema(m, eb);
        } else if (f.id == 3) {
            m->n_rows = thrift_int(&m->t, &f);
        } else if (f.id == 4) {
            e = read_groups(m, &f, eb);
        } else {
            thrift_skip(&m->t, &f);
        }
    }
    return e;
}

/* --- what it says against the file --- */

static enum err
check_chunks(const struct meta *m, struct errbuf *eb)
{
    const struct parquet *f = m->f;

    if (m->is_elsewhere)
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: its columns are in other files: name those instead",
                       f->name);
    if (m->has_no_meta)
        return err_set(eb, ERR_UNSUPPORTED, "%s: has columns that are encrypted",
                       f->name);
    for (size_t i = 0; i < m->n_chunks; i++) {
        const struct parquet_chunk *c = &f->chunk[i];
        const struct parquet_column *col = &f->column[i % f->n_columns];
        size_t group = i / f->n_columns;
        size_t n_rows = f->first[group + 1] - f->first[group];

        if (c->n_values && c->size &&
            (c->begin < HEAD_BYTES || c->begin > f->footer_begin ||
             c->size > f->footer_begin - c->begin))
            return err_set(eb, ERR_FORMAT,
                           "%s: column %s, row group %zu, offset %llu: %lld bytes are "
                           "not all in the file: it is damaged, copy it again",
                           f->name, col->path, group, (unsigned long long)c->begin,
                           (long long)c->size);
        if (c->n_values > INT64_MAX || (!col->max_rep && c->n_values != n_rows))
            return err_set(eb, ERR_FORMAT,
                           "%s: column %s, row group %zu: has %lld values for %zu "
                           "rows: the file is damaged, copy it again",
                           f->name, col->path, group, (long long)c->n_values, n_rows);
    }
    return ERR_OK;
}

static enum err
finish(struct meta *m, struct errbuf *eb)
{
    struct parquet *f = m->f;
    char *what;

    if (m->t.fault) {
        what = xasprintf("%s, at byte %zu of it", m->t.fault, thrift_offset(&m->t));
        enum err e = bad_footer(m, what, eb);

        free(what);
        return e;
    }
    if (!f->n_columns)
        return bad_footer(m, "no schema", eb);
    f->n_rows = f->first[f->n_groups];
    if (m->n_rows < 0 || (uint64_t)m->n_rows != f->n_rows)
        return bad_footer(m, "row groups that do not have its rows together", eb);
    return check_chunks(m, eb);
}

enum err
parquet_meta_read(struct parquet *f, const uint8_t *data, size_t n, struct errbuf *eb)
{
    struct meta m = {.f = f, .n_rows = -1};

    thrift_init(&m.t, data, n);
    f->first = grow(f->first, &m.cap_groups, 1, sizeof *f->first);
    f->first[0] = 0;
    enum err e = read_fields(&m, eb);

    if (!e)
        e = finish(&m, eb);
    free(m.element);
    return e;
}
