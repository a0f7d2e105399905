/* import_details.c - predictions of another program, scored by our own code. */
#include "transfer/import_details.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/obs_column.h"
#include "data/parquet_flat.h"
#include "engine/train.h"
#include "spec/spec.h"

/* --- a column as codes --- */

struct coded {
    struct intern *text; /* owned */
    int32_t *code;       /* (n) owned; -1: missing */
};

static void
coded_release(struct coded *c)
{
    intern_free(c->text);
    free(c->code);
    *c = (struct coded){0};
}

/* Numbers become their texts. */
static void
take_codes(int32_t *out, const struct parquet_flat *v, struct intern *text)
{
    for (size_t i = 0; i < v->n; i++) {
        char number[24];

        if (v->is_missing[i]) {
            out[i] = -1;
        } else if (v->kind == FLAT_TEXTS) {
            out[i] = v->t[i];
        } else {
            snprintf(number, sizeof number, "%lld", (long long)v->i[i]);
            out[i] = (int32_t)intern_add(text, number);
        }
    }
}

static enum err
read_groups(struct coded *c, const struct parquet *f, size_t column, struct errbuf *eb)
{
    struct parquet_pages p = {0};
    struct parquet_flat v = {0};
    enum err e = ERR_OK;

    for (size_t g = 0, at = 0; g < f->n_groups && !e; g++) {
        e = parquet_flat_read(&v, &p, f, g, column, c->text, eb);
        if (!e)
            take_codes(c->code + at, &v, c->text);
        at += v.n;
    }
    parquet_flat_release(&v);
    parquet_pages_release(&p);
    return e;
}

static bool
can_be_coded(const struct parquet *f, size_t column)
{
    if (column == SIZE_MAX)
        return false;
    enum flat_kind kind = parquet_flat_kind(&f->column[column]);
    return kind == FLAT_TEXTS || kind == FLAT_INTS;
}

static enum err
coded_read(struct coded *c, const struct parquet *f, const char *name,
           struct errbuf *eb)
{
    size_t column = parquet_find(f, name);

    *c = (struct coded){0};
    if (!can_be_coded(f, column))
        return err_set(eb, ERR_FORMAT, "%s: no column %s of texts or integers", f->name,
                       name);
    enum err e = big_calloc(&c->code, f->n_rows + 1, sizeof *c->code, name, eb);
    if (e)
        return e;
    c->text = intern_new();
    if ((e = read_groups(c, f, column, eb)))
        coded_release(c);
    return e;
}

/* --- cells --- */

struct details {
    const struct import_classes *classes;
    struct dataset ds;
    struct eval_cells ec;
    int32_t *predicted; /* (ec.n) owned */
    struct import_details *out;
};

/* class of each text; -1: none.  Caller frees. */
static int32_t *
classes_of(const struct import_classes *classes, const struct intern *text)
{
    int32_t *out = xcalloc(intern_count(text) + 1, sizeof *out);

    for (size_t i = 0; i < intern_count(text); i++)
        out[i] = import_classes_find(classes, intern_text(text, i));
    return out;
}

static enum err
match_cells(struct details *d, const struct coded *y, const struct coded *p, size_t n,
            const char *name, struct errbuf *eb)
{
    int32_t *class_y = classes_of(d->classes, y->text),
            *class_p = classes_of(d->classes, p->text);
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++) {
        int32_t a = y->code[i] < 0 ? -1 : class_y[y->code[i]],
                b = p->code[i] < 0 ? -1 : class_p[p->code[i]];

        if (a < 0) {
            d->ec.n_unknown++;
        } else if (b < 0) {
            e = err_set(eb, ERR_FORMAT, "%s: row %zu: y_pred '%.60s' is no class", name,
                        i + 1,
                        p->code[i] < 0 ? "" : intern_text(p->text, (size_t)p->code[i]));
        } else {
            d->ec.cell[d->ec.n] = (uint32_t)i;
            d->ec.y[d->ec.n] = a;
            d->predicted[d->ec.n++] = b;
        }
    }
    free(class_y);
    free(class_p);
    if (!e && d->ec.n == 0)
        e = err_set(eb, ERR_FORMAT, "%s: no cell whose y_true is a class", name);
    return e;
}

static enum err
read_cells(struct details *d, const struct parquet *f, struct errbuf *eb)
{
    struct coded y = {0}, p = {0};
    enum err e;

    if (f->n_rows >= UINT32_MAX)
        return err_set(eb, ERR_UNSUPPORTED, "%s: too many cells", f->name);
    if ((e = big_calloc(&d->ec.cell, f->n_rows + 1, sizeof *d->ec.cell, "cells", eb)) ||
        (e = big_calloc(&d->ec.y, f->n_rows + 1, sizeof *d->ec.y, "labels", eb)) ||
        (e = big_calloc(&d->predicted, f->n_rows + 1, sizeof *d->predicted,
                        "predictions", eb)) ||
        (e = coded_read(&y, f, "y_true", eb)) || (e = coded_read(&p, f, "y_pred", eb)))
        goto out;
    e = match_cells(d, &y, &p, f->n_rows, f->name, eb);
out:
    coded_release(&y);
    coded_release(&p);
    return e;
}

/* The standard facets that the file has, as columns of the data set. */
static enum err
read_facets(struct details *d, const struct parquet *f, struct strlist *facets,
            struct errbuf *eb)
{
    const char *name;
    size_t cap = 0;
    enum err e = ERR_OK;

    d->ds.n_cells = f->n_rows;
    for (size_t i = 0; (name = facet_name(i)) && !e; i++) {
        struct coded c;

        if (!can_be_coded(f, parquet_find(f, name)))
            continue; /* all and class are no columns */
        if ((e = coded_read(&c, f, name, eb)))
            break;
        d->ds.col = grow(d->ds.col, &cap, d->ds.n_cols + 1, sizeof *d->ds.col);
        d->ds.col[d->ds.n_cols] = (struct obs_column){0};
        obs_column_init(&d->ds.col[d->ds.n_cols++], name, c.code, f->n_rows, c.text);
        c.code = NULL; /* the column's now */
        coded_release(&c);
        strlist_add(facets, name);
    }
    return e;
}

/* --- results --- */

static enum err
keep(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    struct import_details *out = ctx;

    (void)eb;
    out->f1 = xcalloc(r->n_rows, sizeof *out->f1);
    for (size_t i = 0; i < r->n_rows; i++) {
        const struct f1_row *x = &r->row[i];

        out->f1[out->n_f1++] =
            (struct store_f1){.rule = x->rule,
                              .facet = arena_strdup(&out->arena, x->facet),
                              .label = arena_strdup(&out->arena, x->label),
                              .class_name = arena_strdup(&out->arena, x->class_name),
                              .precision = x->precision,
                              .recall = x->recall,
                              .f1 = x->f1,
                              .f1_weighted = x->f1_weighted,
                              .f1_micro = x->f1_micro,
                              .accuracy = x->accuracy,
                              .support = x->support,
                              .n_classes = x->n_classes};
    }
    out->confusion = xcalloc(r->n_confusions, sizeof *out->confusion);
    for (size_t i = 0; i < r->n_confusions; i++)
        out->confusion[out->n_confusions++] = (struct store_confusion){
            .true_label = arena_strdup(&out->arena, r->confusion[i].true_label),
            .predicted_label =
                arena_strdup(&out->arena, r->confusion[i].predicted_label),
            .n = r->confusion[i].n,
            .relation = r->confusion[i].relation};
    out->n_cells = (int64_t)r->n_cells;
    out->n_unknown = (int64_t)r->n_unknown;
    return ERR_OK;
}

static enum err
score(struct details *d, const struct parquet *f, struct errbuf *eb)
{
    struct sink sink = {.ctx = d->out, .evaluation = keep};
    struct strlist facets = {0};
    enum err e = read_cells(d, f, eb);

    if (!e && !(e = read_facets(d, f, &facets, eb))) {
        d->ec.ds = &d->ds;
        e = evaluate_given(&d->ec, &d->classes->rd.classes, &facets, d->predicted,
                           "best", 1, &sink, eb);
    }
    strlist_release(&facets);
    return e;
}

static void
add_digest(struct digest *digest, const struct parquet *f)
{
    digest_addu(digest, f->size);
    digest_adds(digest, f->footer_digest);
}

enum err
import_details_read(struct import_details *out, const char *path,
                    const struct import_classes *classes, struct digest *digest,
                    struct errbuf *eb)
{
    struct details d = {.classes = classes, .out = out};
    struct parquet f = {0};

    *out = (struct import_details){0};
    d.ec.name = xstrdup("");
    enum err e = parquet_open(&f, path, NULL, eb);
    if (!e) {
        add_digest(digest, &f);
        e = score(&d, &f, eb);
        parquet_close(&f);
    }
    free(d.predicted);
    eval_cells_release(&d.ec);
    dataset_release(&d.ds);
    if (e)
        import_details_release(out);
    return e;
}

void
import_details_release(struct import_details *d)
{
    free(d->f1);
    free(d->confusion);
    arena_release(&d->arena);
    *d = (struct import_details){0};
}
