/* split.c - which part each cell belongs to. */
#include "data/split.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/dataset_ids.h"
#include "data/dataset_load.h"
#include "data/filter.h"
#include "data/obs_column.h"
#include "data/run_data.h"

static enum err
no_column(const struct dataset *ds, const char *option, const char *column,
          const char *hint, struct errbuf *eb)
{
    return dataset_no_column(&ds->column, option, column, hint, eb);
}

/* --- held-out cells --- */

static enum err
hold_out(const struct dataset *ds, const char *text, uint8_t *part, struct errbuf *eb)
{
    struct filter f = {0};
    struct strlist unknown = {0};
    enum err e = filter_parse(&f, "--ood", text, eb);

    if (e)
        return e;
    const struct obs_column *c = dataset_find_column(ds, f.column);

    if (!c) {
        e = no_column(ds, "--ood", f.column, NULL, eb);
    } else {
        bool *hit = xcalloc(c->levels.n, sizeof *hit);

        filter_levels(&f, c, hit, &unknown);
        for (size_t i = 0; i < ds->n_cells; i++)
            if (filter_passes(&f, c, hit, i))
                part[i] = PART_OOD;
        free(hit);
    }
    if (!e && unknown.n) {
        char *levels = note_list(&c->levels, 20);

        e = err_set(eb, ERR_ARG, "--ood %s: no cell has %s \"%s\"; there are: %s", text,
                    f.column, unknown.item[0], levels);
        free(levels);
    }
    strlist_release(&unknown);
    filter_release(&f);
    return e;
}

/* --- units --- */

enum { HASH_DIGITS = 16 };

struct unit {
    uint64_t hash;   /* the first 16 digits */
    uint32_t first;  /* its first cell */
    uint32_t number; /* among units by first cell */
};

struct unit_set {
    struct unit *unit; /* (n) owned */
    uint32_t n;
    size_t cap;
    uint32_t *of; /* (n_cells) owned; unit of each cell that is not held out */
};

static int
compare_units(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;

    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : (x->first > y->first) - (x->first < y->first);
}

static void
add_unit(struct unit_set *u, struct digest *d, size_t cell)
{
    char hex[DIGEST_HEX];

    digest_final(d, hex);
    hex[HASH_DIGITS] = '\0';
    u->unit = grow(u->unit, &u->cap, u->n + 1, sizeof *u->unit);
    u->unit[u->n] = (struct unit){strtoull(hex, NULL, 16), (uint32_t)cell, u->n};
    u->n++;
}

static void
start_key(struct digest *d, uint64_t seed)
{
    digest_init(d);
    digest_adds(d, "split");
    digest_addu(d, seed);
}

/* Every cell is a unit, named by its dataset and its id. */
static enum err
cell_units(const struct dataset *ds, const uint8_t *part, uint64_t seed,
           struct unit_set *u, struct errbuf *eb)
{
    const struct obs_column *study = dataset_find_column(ds, "dataset_id");
    struct dataset_ids ids;
    enum err e = ERR_OK;

    dataset_ids_init(&ids, ds);
    for (size_t i = 0; i < ds->n_cells && !e; i++) {
        const char *text = study ? obs_column_text(study, i) : NULL, *id;
        struct digest d;

        if (part[i] == PART_OOD || (e = dataset_ids_get(&ids, (uint32_t)i, &id, eb)))
            continue;
        start_key(&d, seed);
        digest_adds(&d, text ? text : "");
        digest_adds(&d, id);
        u->of[i] = u->n;
        add_unit(u, &d, i);
    }
    dataset_ids_release(&ids);
    return e;
}

/* Cells whose values in the columns are the same are a unit. */
static void
column_units(const struct dataset *ds, const struct obs_column *const *col,
             size_t n_col, const uint8_t *part, uint64_t seed, struct unit_set *u)
{
    struct intern *seen = intern_new();
    struct strbuf key = {0};

    for (size_t i = 0; i < ds->n_cells; i++) {
        struct digest d;

        if (part[i] == PART_OOD)
            continue;
        strbuf_reset(&key);
        for (size_t k = 0; k < n_col; k++)
            strbuf_addf(&key, "%d,", (int)codes_get(&col[k]->code, i));
        u->of[i] = (uint32_t)intern_add(seen, strbuf_str(&key));
        if (u->of[i] < u->n)
            continue;
        start_key(&d, seed);
        for (size_t k = 0; k < n_col; k++) {
            const char *text = obs_column_text(col[k], i);

            digest_adds(&d, col[k]->name);
            digest_adds(&d, text ? text : "");
        }
        add_unit(u, &d, i);
    }
    strbuf_release(&key);
    intern_free(seen);
}

static bool
is_no_donor(const char *text)
{
    return !text || strcmp(text, "pooled") == 0 || dataset_is_missing_label(text);
}

/* Pooled or unknown donors may be many people, some of whom may be in other units. */
static void
warn_no_donor(const struct dataset *ds, const struct obs_column *c,
              const struct notes *notes)
{
    size_t n = 0;

    for (size_t i = 0; i < ds->n_cells; i++)
        n += is_no_donor(obs_column_text(c, i));
    if (n)
        note_warn(
            notes,
            "%zu cells have no single %s (pooled, unknown or missing): they stay "
            "together as one unit per study, but may share donors with other units",
            n, c->name);
}

static enum err
find_units(const struct dataset *ds, const struct split_request *q, const uint8_t *part,
           struct unit_set *u, const struct notes *notes, struct errbuf *eb)
{
    struct strlist name = {0};
    enum err e = big_calloc(&u->of, ds->n_cells, sizeof *u->of, "cells", eb);

    if (e)
        return e;
    if (strcmp(q->by, "cell") == 0)
        return cell_units(ds, part, q->seed, u, eb);
    strlist_split(&name, q->by, ',');
    const struct obs_column **col = xcalloc(name.n, sizeof *col);

    for (size_t k = 0; k < name.n && !e; k++) {
        col[k] = dataset_find_column(ds, name.item[k]);
        if (!col[k])
            e = no_column(ds, "--split-by", name.item[k],
                          "--split-by cell splits cell by cell", eb);
        else if (strcmp(name.item[k], "dataset_id") != 0)
            warn_no_donor(ds, col[k], notes);
    }
    if (!e && name.n)
        column_units(ds, col, name.n, part, q->seed, u);
    else if (!e)
        e = err_set(eb, ERR_ARG, "--split-by is empty: name obs columns, or cell");
    free(col);
    strlist_release(&name);
    return e;
}

/* --- parts --- */

static size_t
share(double fraction, size_t n)
{
    size_t k = (size_t)llround(fraction * (double)n);

    return fraction > 0 && k == 0 ? 1 : k;
}

/* Columns that were asked for must be there even if nothing is split; those of the
 * default may be absent then. */
static enum err
check_columns(const struct dataset *ds, const struct split_request *q,
              struct errbuf *eb)
{
    struct strlist name = {0};
    enum err e = ERR_OK;

    if (strcmp(q->by, "cell") == 0 || q->by_is_default)
        return ERR_OK;
    strlist_split(&name, q->by, ',');
    for (size_t i = 0; i < name.n && !e; i++)
        if (!dataset_find_column(ds, name.item[i]))
            e = no_column(ds, "--split-by", name.item[i],
                          "--split-by cell splits cell by cell", eb);
    strlist_release(&name);
    return e;
}

static enum err
check_enough(const struct split_request *q, size_t n, struct errbuf *eb)
{
    size_t parts = 1u + (q->val_fraction > 0) + (q->test_fraction > 0);

    if (n >= parts)
        return ERR_OK;
    return err_set(eb, ERR_ARG,
                   "%zu unit%s of %s cannot fill %zu parts (train%s%s): use --split-by "
                   "cell, other columns, or a share of 0 (--val-fraction, "
                   "--test-fraction)",
                   n, n == 1 ? "" : "s", q->by, parts,
                   q->val_fraction > 0 ? ", val" : "",
                   q->test_fraction > 0 ? ", test" : "");
}

static void
assign(const struct dataset *ds, const struct split_request *q, struct unit_set *u,
       uint8_t *part)
{
    uint8_t *of_unit = xcalloc(u->n, sizeof *of_unit);
    size_t n_test = share(q->test_fraction, u->n), n_val = share(q->val_fraction, u->n);

    /* Rounding up may use all units: the larger share gives one to training. */
    while (n_test + n_val >= u->n && n_test + n_val)
        *(n_test > n_val ? &n_test : &n_val) -= 1;
    qsort(u->unit, u->n, sizeof *u->unit, compare_units);
    for (size_t i = 0; i < u->n; i++)
        of_unit[u->unit[i].number] = i < n_test           ? PART_TEST
                                     : i < n_test + n_val ? PART_VAL
                                                          : PART_TRAIN;
    for (size_t i = 0; i < ds->n_cells; i++)
        if (part[i] != PART_OOD)
            part[i] = of_unit[u->of[i]];
    free(of_unit);
}

/* The part that a level names, PART_COUNT: none. */
static enum part
part_of(const char *level)
{
    return strcmp(level, "train") == 0  ? PART_TRAIN
           : strcmp(level, "val") == 0  ? PART_VAL
           : strcmp(level, "test") == 0 ? PART_TEST
                                        : PART_COUNT;
}

static enum err
odd_level(const struct dataset *ds, const char *column, uint32_t cell,
          const char *level, struct errbuf *eb)
{
    struct dataset_ids ids;
    const char *id;

    dataset_ids_init(&ids, ds);
    enum err e = dataset_ids_get(&ids, cell, &id, eb);

    if (!e)
        e = err_set(eb, ERR_FORMAT,
                    "obs/%s of cell %s is \"%s\" instead of train, val or test: "
                    "--split-by makes another split",
                    column, id, level);
    dataset_ids_release(&ids);
    return e;
}

/* Parts as a column says them. */
static enum err
take_column(const struct dataset *ds, const struct split_request *q, uint8_t *part,
            struct errbuf *eb)
{
    const struct obs_column *c = dataset_find_column(ds, q->column);

    if (!c)
        return no_column(ds, "the data's own split", q->column,
                         "--split-by makes another", eb);
    for (size_t i = 0; i < ds->n_cells; i++) {
        const char *level = obs_column_text(c, i);
        enum part p = part_of(level ? level : "");

        if (part[i] == PART_OOD)
            continue;
        if (p == PART_COUNT)
            return odd_level(ds, q->column, (uint32_t)i, level ? level : "", eb);
        part[i] = (uint8_t)p;
    }
    return ERR_OK;
}

enum err
split_cells(const struct dataset *ds, const struct split_request *q, uint8_t *part,
            const struct notes *notes, struct errbuf *eb)
{
    struct unit_set u = {0};
    enum err e = ERR_OK;
    size_t n_left = 0;

    memset(part, PART_TRAIN, ds->n_cells);
    for (size_t i = 0; i < q->ood->n && !e; i++)
        e = hold_out(ds, q->ood->item[i], part, eb);
    for (size_t i = 0; i < ds->n_cells; i++)
        n_left += part[i] != PART_OOD;
    if (!e && !n_left)
        e = err_set(eb, ERR_ARG,
                    "--ood holds out all %zu cells: none are left to train on",
                    ds->n_cells);
    if (!e)
        e = check_columns(ds, q, eb);
    if (!e && q->column)
        return take_column(ds, q, part, eb);
    if (e || (q->val_fraction <= 0 && q->test_fraction <= 0))
        return e;
    e = find_units(ds, q, part, &u, notes, eb);
    if (!e)
        e = check_enough(q, u.n, eb);
    if (!e)
        assign(ds, q, &u, part);
    free(u.of);
    free(u.unit);
    return e;
}
