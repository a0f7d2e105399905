/* source_sctab.c - an scTab store, or a part of one, as a source of cells. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/obs_column.h"
#include "data/parquet_flat.h"
#include "data/parquet_lists.h"
#include "data/parquet_table.h"
#include "data/sctab.h"

static const char split_column[] = "split", id_column[] = "soma_joinid",
                  lookups[] = "categorical_lookup";

/* --- columns: what they are --- */

/* X, row numbers that writers add, and what would hide the split. */
static bool
is_hidden(const struct sctab *t, const struct parquet_column *c)
{
    static const char *const hidden[] = {"idx", "__null_dask_index__",
                                         "__index_level_0__"};

    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (strcmp(c->name, hidden[i]) == 0)
            return true;
    return c->max_rep ||
           (t->part[0].split != SCTAB_NO_SPLIT && strcmp(c->name, split_column) == 0);
}

static bool
has_lookup(const struct sctab *t, const char *column)
{
    char *file = xasprintf("%s.parquet", column);
    bool yes = !strchr(column, '/') && sctab_has_file(t, lookups, file);

    free(file);
    return yes;
}

static bool
is_split(const struct sctab *t, const char *column)
{
    return t->part[0].split != SCTAB_NO_SPLIT && strcmp(column, split_column) == 0;
}

static enum column_kind
column_kind(const struct source *s, const char *column)
{
    const struct sctab *t = s->impl;
    const struct parquet *f = &t->part[0].f;
    size_t c = parquet_find(f, column);

    if (is_split(t, column))
        return COLUMN_TEXT;
    if (c == SIZE_MAX || is_hidden(t, &f->column[c]))
        return COLUMN_UNKNOWN;
    switch (parquet_flat_kind(&f->column[c])) {
    case FLAT_TEXTS: return COLUMN_TEXT;
    case FLAT_REALS: return COLUMN_NUMBER;
    case FLAT_INTS:
        return f->column[c].type == PARQUET_BOOLEAN ? COLUMN_BOOL
               : has_lookup(t, column)              ? COLUMN_TEXT
                                                    : COLUMN_NUMBER;
    case FLAT_NONE: break;
    }
    return COLUMN_UNKNOWN;
}

/* --- columns: what they hold --- */

struct column_reader {
    const struct sctab *t;
    const char *name;
    struct strlist lookup; /* names by code; empty: there is none */
    struct intern *text;   /* owned */
    size_t *text_of;       /* (lookup) owned; code -> text */
    int32_t *code;         /* (cells) owned */
    struct parquet_pages pages;
    struct parquet_flat v;
};

static enum err
open_lookup(struct column_reader *r, size_t *n_merged, struct errbuf *eb)
{
    char *file = xasprintf("%s.parquet", r->name);
    char *shown = xasprintf("%s/%s", lookups, file);
    char *path = sctab_file(r->t, lookups, file);
    enum err e = parquet_table_lookup(path, shown, &r->lookup, eb);

    r->text_of = xcalloc(r->lookup.n, sizeof *r->text_of);
    for (size_t i = 0; i < r->lookup.n && !e; i++)
        r->text_of[i] = intern_add(r->text, r->lookup.item[i]);
    if (!e)
        *n_merged = r->lookup.n - intern_count(r->text);
    free(path);
    free(shown);
    free(file);
    return e;
}

static enum err
unknown_code(const struct column_reader *r, const struct sctab_part *part, size_t cell,
             int64_t code, struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT,
                   "%s: column %s has the code %lld in cell %zu; %s/%s.parquet has %zu "
                   "names, from 0 on",
                   part->name, r->name, (long long)code, cell, lookups, r->name,
                   r->lookup.n);
}

/* The text of a number that has no other name. */
static size_t
number_text(struct column_reader *r, const struct sctab_part *part, size_t i)
{
    struct strbuf sb = {0};
    size_t c = parquet_find(&part->f, r->name);

    if (part->f.column[c].type == PARQUET_BOOLEAN)
        strbuf_adds(&sb, r->v.i[i] ? "True" : "False");
    else if (r->v.kind == FLAT_INTS)
        strbuf_addf(&sb, "%lld", (long long)r->v.i[i]);
    else
        strbuf_add_double(&sb, r->v.d[i]);
    size_t text = intern_add(r->text, strbuf_str(&sb));

    strbuf_release(&sb);
    return text;
}

/* Code of row i of the row group that was read; -1: missing, as a code of -1 is. */
static enum err
code_of(struct column_reader *r, const struct sctab_part *part, size_t i, size_t cell,
        struct errbuf *eb)
{
    const struct parquet_flat *v = &r->v;

    r->code[cell] = -1;
    if (v->is_missing[i] || (v->kind == FLAT_REALS && isnan(v->d[i])))
        return ERR_OK;
    if (v->kind == FLAT_TEXTS) {
        r->code[cell] = v->t[i];
    } else if (r->text_of && v->kind == FLAT_INTS) {
        if (v->i[i] < -1 || (v->i[i] >= 0 && (uint64_t)v->i[i] >= r->lookup.n))
            return unknown_code(r, part, cell, v->i[i], eb);
        if (v->i[i] >= 0)
            r->code[cell] = (int32_t)r->text_of[v->i[i]];
    } else {
        r->code[cell] = (int32_t)number_text(r, part, i);
    }
    return ERR_OK;
}

static enum err
read_part(struct column_reader *r, struct sctab_part *part, struct errbuf *eb)
{
    size_t c = parquet_find(&part->f, r->name);
    enum err e = c == SIZE_MAX
                     ? err_set(eb, ERR_FORMAT, "%s: has no column %s, which %s has",
                               part->name, r->name, r->t->part[0].name)
                     : parquet_unpark(&part->f, eb);

    for (size_t g = 0; g < part->f.n_groups && !e; g++) {
        size_t first = part->first + part->f.first[g];

        e = parquet_flat_read(&r->v, &r->pages, &part->f, g, c, r->text, eb);
        for (size_t i = 0; i < r->v.n && !e; i++)
            e = code_of(r, part, i, first + i, eb);
    }
    parquet_park(&part->f);
    return e;
}

static void
fill_split(struct column_reader *r)
{
    for (size_t p = 0; p < r->t->n_parts; p++) {
        const struct sctab_part *part = &r->t->part[p];
        size_t text = intern_add(r->text, sctab_split_name(part->split));

        for (size_t i = 0; i < part->f.n_rows; i++)
            r->code[part->first + i] = (int32_t)text;
    }
}

static enum err
read_all(struct column_reader *r, enum column_kind kind, size_t *n_merged,
         struct errbuf *eb)
{
    enum err e = ERR_OK;

    if (is_split(r->t, r->name)) {
        fill_split(r);
        return ERR_OK;
    }
    if (kind == COLUMN_UNKNOWN)
        return err_set(eb, ERR_NOTFOUND, "there is no column %s that can be read",
                       r->name);
    if (kind == COLUMN_TEXT && has_lookup(r->t, r->name))
        e = open_lookup(r, n_merged, eb);
    for (size_t p = 0; p < r->t->n_parts && !e; p++)
        e = read_part(r, &r->t->part[p], eb);
    return e;
}

static enum err
column(const struct source *s, const char *name, struct obs_column *out,
       size_t *n_merged, struct errbuf *eb)
{
    struct column_reader r = {.t = s->impl, .name = name, .text = intern_new()};
    size_t merged = 0;
    enum err e = big_calloc(&r.code, s->n_cells, sizeof *r.code, "cells", eb);

    *out = (struct obs_column){0};
    if (!e)
        e = read_all(&r, column_kind(s, name), &merged, eb);
    if (!e)
        obs_column_init(out, name, r.code, s->n_cells, r.text);
    else
        free(r.code);
    if (n_merged)
        *n_merged = merged;
    strlist_release(&r.lookup);
    free(r.text_of);
    parquet_pages_release(&r.pages);
    parquet_flat_release(&r.v);
    intern_free(r.text);
    return e;
}

/* --- ids of cells --- */

/* The ids that more than one cell has. */
struct repeats {
    int64_t *id;     /* (n) owned; ascending */
    uint32_t *times; /* (n) owned; cells so far that have it */
    size_t n;
};

static int
by_id(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* What is done with the ids of a row group; cell: its first one. */
typedef void (*joinids_fn)(void *ctx, size_t cell, const struct parquet_flat *v);

/* The ids of all cells, row group after row group; v->n = 0: there are none. */
static enum err
walk_joinids(const struct sctab *t, joinids_fn fn, void *ctx, struct errbuf *eb)
{
    struct parquet_pages pages = {0};
    struct parquet_flat v = {0};
    enum err e = ERR_OK;

    for (size_t p = 0; p < t->n_parts && !e; p++) {
        struct sctab_part *part = &t->part[p];
        bool has = parquet_table_has(&part->f, id_column, FLAT_INTS);
        size_t column = parquet_find(&part->f, id_column);

        e = parquet_unpark(&part->f, eb);
        for (size_t g = 0; has && g < part->f.n_groups && !e; g++) {
            e = parquet_flat_read(&v, &pages, &part->f, g, column, NULL, eb);
            if (!e)
                fn(ctx, part->first + part->f.first[g], &v);
        }
        parquet_park(&part->f);
    }
    parquet_pages_release(&pages);
    parquet_flat_release(&v);
    return e;
}

struct id_list {
    int64_t *id;
    size_t n;
};

static void
list_joinids(void *ctx, size_t cell, const struct parquet_flat *v)
{
    struct id_list *l = ctx;

    (void)cell;
    for (size_t i = 0; i < v->n; i++)
        if (!v->is_missing[i])
            l->id[l->n++] = v->i[i];
}

static enum err
find_repeats(const struct sctab *t, struct repeats *r, struct errbuf *eb)
{
    struct id_list l = {0};
    size_t cap = 0;
    enum err e = big_calloc(&l.id, t->n_cells, sizeof *l.id, "ids of cells", eb);

    if (!e)
        e = walk_joinids(t, list_joinids, &l, eb);
    if (l.n)
        qsort(l.id, l.n, sizeof *l.id, by_id);
    for (size_t i = 1; i < l.n && !e; i++)
        if (l.id[i] == l.id[i - 1] && (!r->n || r->id[r->n - 1] != l.id[i])) {
            r->id = grow(r->id, &cap, r->n + 1, sizeof *r->id);
            r->id[r->n++] = l.id[i];
        }
    free(l.id);
    r->times = xcalloc(r->n, sizeof *r->times);
    return e;
}

struct naming {
    struct repeats rep;
    source_id_fn fn;
    void *ctx;
    size_t next; /* cell */
};

/* Cells before `to` that have no id. */
static void
name_by_number(struct naming *nm, size_t to)
{
    char text[32];

    for (; nm->next < to; nm->next++) {
        snprintf(text, sizeof text, "cell-%zu", nm->next);
        nm->fn(nm->ctx, nm->next, text);
    }
}

static void
name_joinids(void *ctx, size_t cell, const struct parquet_flat *v)
{
    struct naming *nm = ctx;
    struct repeats *r = &nm->rep;
    char text[64];

    for (size_t i = 0; i < v->n; i++) {
        int64_t *at = NULL;
        uint32_t times = 0;

        if (v->is_missing[i])
            continue;
        name_by_number(nm, cell + i);
        if (r->n)
            at = bsearch(&v->i[i], r->id, r->n, sizeof *r->id, by_id);
        if (at)
            times = r->times[at - r->id]++;
        if (times)
            snprintf(text, sizeof text, "%lld-%u", (long long)v->i[i], times);
        else
            snprintf(text, sizeof text, "%lld", (long long)v->i[i]);
        nm->fn(nm->ctx, nm->next++, text);
    }
}

static enum err
each_id(const struct source *s, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    struct naming nm = {.fn = fn, .ctx = ctx};
    enum err e = find_repeats(s->impl, &nm.rep, eb);

    if (!e)
        e = walk_joinids(s->impl, name_joinids, &nm, eb);
    if (!e)
        name_by_number(&nm, s->n_cells);
    free(nm.rep.id);
    free(nm.rep.times);
    return e;
}

/* --- genes --- */

static bool
var_has_text(const void *table, const char *name)
{
    return parquet_table_has(table, name, FLAT_TEXTS);
}

static enum err
var_texts(const void *table, const char *name, struct strlist *out, struct errbuf *eb)
{
    static const char index[] = "__index_level_0__";
    const struct parquet *f = table;

    if (!name && parquet_table_has(f, index, FLAT_TEXTS))
        name = index;
    if (name)
        return parquet_table_texts(f, name, out, eb);
    for (size_t i = 0; i < f->n_rows; i++) {
        char text[32];

        snprintf(text, sizeof text, "%zu", i);
        strlist_add(out, text);
    }
    return ERR_OK;
}

static void
tell_missing(const struct source *s, const struct notes *notes)
{
    const struct sctab *t = s->impl;

    if (t->part[0].split == SCTAB_NO_SPLIT ||
        (t->has_split[SCTAB_TRAIN] && t->has_split[SCTAB_VAL] &&
         t->has_split[SCTAB_TEST]))
        return;
    struct strlist missing = {0};

    for (size_t i = 0; i < SCTAB_NO_SPLIT; i++)
        if (!t->has_split[i])
            strlist_add(&missing, sctab_split_name((enum sctab_split)i));
    char *list = note_list(&missing, SCTAB_NO_SPLIT);

    note_warn(notes, "%s: is not the whole store: %s missing", s->path, list);
    free(list);
    strlist_release(&missing);
}

static enum err
genes(const struct source *s, const struct source_matrix *m, struct gene_axis *g,
      const struct notes *notes, struct errbuf *eb)
{
    const struct sctab *t = s->impl;
    struct gene_table var = {.table = &t->var,
                             .name = "var.parquet",
                             .n = t->var.n_rows,
                             .has_text = var_has_text,
                             .texts = var_texts};

    (void)m;
    tell_missing(s, notes);
    enum err e = gene_axis_read(g, &var, s->path, notes, eb);

    return e ? err_wrap(eb, e, "%s", s->path) : ERR_OK;
}

/* --- the store --- */

static enum err
matrix(const struct source *s, const char *name, struct source_matrix *m,
       struct errbuf *eb)
{
    if (strcmp(name, "X") != 0)
        return err_set(eb, ERR_NOTFOUND, "there is no matrix %s; an scTab store has X",
                       name);
    sctab_matrix(s, m);
    return ERR_OK;
}

static enum err
check_x(const struct sctab *t, struct sctab_part *part, struct errbuf *eb)
{
    part->x = parquet_lists_find(&part->f, "X");
    if (part->x == SIZE_MAX)
        return err_set(eb, ERR_FORMAT,
                       "%s: has no column X of lists of numbers: is it of an scTab "
                       "store?",
                       part->name);
    for (size_t g = 0; g < part->f.n_groups; g++) {
        uint64_t n = parquet_chunk(&part->f, g, part->x)->n_values;
        size_t n_rows = parquet_group_rows(&part->f, g);

        if (n != (uint64_t)n_rows * t->n_genes)
            return err_set(eb, ERR_FORMAT,
                           "%s: column X, row group %zu: has %llu numbers, which are "
                           "not %zu cells x %zu genes (var.parquet)",
                           part->name, g, (unsigned long long)n, n_rows, t->n_genes);
    }
    return ERR_OK;
}

static enum err
open_part(struct sctab *t, struct sctab_part *part, struct errbuf *eb)
{
    enum err e = parquet_open(&part->f, part->path, part->name, eb);

    if (e)
        return e;
    parquet_park(&part->f);
    part->first = t->n_cells;
    t->n_cells += part->f.n_rows;
    if (t->n_cells > UINT32_MAX)
        return err_set(eb, ERR_UNSUPPORTED, "has more than %u cells", UINT32_MAX);
    return check_x(t, part, eb);
}

static enum err
open_store(struct sctab *t, const char *path, struct errbuf *eb)
{
    enum err e = sctab_list(t, path, eb);

    if (!e && !t->n_parts)
        e = err_set(eb, ERR_NOTFOUND, "has no part.N.parquet");
    if (e)
        return e;
    char *var = sctab_file(t, NULL, "var.parquet");

    e = parquet_open(&t->var, var, "var.parquet", eb);
    free(var);
    t->n_genes = t->var.n_rows;
    for (size_t i = 0; i < t->n_parts && !e; i++)
        e = open_part(t, &t->part[i], eb);
    return e;
}

static enum err
open_source(struct source *s, struct errbuf *eb)
{
    struct sctab *t = s->impl;
    enum err e = open_store(t, s->path, eb);

    if (e)
        return err_wrap(eb, e, "%s", s->path);
    const struct parquet *f = &t->part[0].f;

    for (size_t i = 0; i < f->n_columns; i++)
        if (!is_hidden(t, &f->column[i]) && !strlist_has(&s->column, f->column[i].name))
            strlist_add(&s->column, f->column[i].name);
    if (t->part[0].split != SCTAB_NO_SPLIT)
        strlist_add(&s->column, split_column);
    strlist_add(&s->matrix, "X");
    s->n_cells = t->n_cells;
    return ERR_OK;
}

static void
close_source(struct source *s)
{
    struct sctab *t = s->impl;

    for (size_t i = 0; i < t->n_parts; i++) {
        parquet_close(&t->part[i].f);
        free(t->part[i].path);
        free(t->part[i].name);
    }
    parquet_close(&t->var);
    free(t->part);
    free(t->root);
}

static enum err
own(const struct source *s, struct source_own *o, bool with_digest, struct errbuf *eb)
{
    return sctab_own(s->impl, o, with_digest, eb);
}

const struct source_ops source_sctab = {.kind = "scTab store",
                                        .is_kind = sctab_is,
                                        .impl_bytes = sizeof(struct sctab),
                                        .open = open_source,
                                        .close = close_source,
                                        .column_kind = column_kind,
                                        .column = column,
                                        .each_id = each_id,
                                        .matrix = matrix,
                                        .genes = genes,
                                        .own = own};
