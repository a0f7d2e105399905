/* catalog.c - the public views and their columns, from catalog.def. */
#include "store/catalog.h"

#include <assert.h>
#include <string.h>

enum row_kind { ROW_VIEW, ROW_COLUMN, ROW_SAME, ROW_INTERNAL };

/* A line of catalog.def.  Columns belong to the view before them. */
struct row {
    enum row_kind kind;
    struct catalog_view view;
    struct catalog_column column; /* SAME: its name only */
    const char *of;               /* SAME: the view that has it */
};

static const struct row rows[] = {
#define VIEW(id, what, key)    {ROW_VIEW, {#id, what, key, NULL}, {0}, NULL},
#define ALIKE(id, other, what) {ROW_VIEW, {#id, what, "", #other}, {0}, NULL},
#define COLUMN(id, type, unit, null_when, meaning)                                     \
    {ROW_COLUMN, {0}, {#id, #type, unit, null_when, meaning}, NULL},
#define SAME(view, id) {ROW_SAME, {0}, {.name = #id}, #view},
#define INTERNAL(id)   {ROW_INTERNAL, {.name = #id}, {0}, NULL},
#include "store/catalog.def"
#undef VIEW
#undef ALIKE
#undef COLUMN
#undef SAME
#undef INTERNAL
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* View i of a kind, or NULL. */
static const struct catalog_view *
nth_view(enum row_kind kind, size_t i)
{
    for (size_t k = 0; k < ROW_COUNT; k++)
        if (rows[k].kind == kind && i-- == 0)
            return &rows[k].view;
    return NULL;
}

static const struct row *
find_view(const char *name)
{
    for (size_t k = 0; k < ROW_COUNT; k++)
        if (rows[k].kind == ROW_VIEW && strcmp(rows[k].view.name, name) == 0)
            return &rows[k];
    return NULL;
}

/* The COLUMN row of that name in a view above: what SAME names. */
static const struct catalog_column *
find_column(const char *view, const char *name)
{
    const struct row *r = find_view(view);

    assert(r);
    do {
        r++;
        assert(r < rows + ROW_COUNT && r->kind != ROW_VIEW);
    } while (r->kind != ROW_COLUMN || strcmp(r->column.name, name) != 0);
    return &r->column;
}

const struct catalog_view *
catalog_view(size_t i)
{
    return nth_view(ROW_VIEW, i);
}

const char *
catalog_internal(size_t i)
{
    const struct catalog_view *v = nth_view(ROW_INTERNAL, i);

    return v ? v->name : NULL;
}

const struct catalog_view *
catalog_find(const char *name)
{
    const struct row *r = find_view(name);

    return r ? &r->view : NULL;
}

const struct catalog_column *
catalog_column(const struct catalog_view *view, size_t i)
{
    const struct row *r = find_view(view->alike ? view->alike : view->name);

    assert(r);
    for (r++; r < rows + ROW_COUNT && r->kind != ROW_VIEW; r++) {
        if (r->kind == ROW_INTERNAL || i-- > 0)
            continue;
        return r->kind == ROW_SAME ? find_column(r->of, r->column.name) : &r->column;
    }
    return NULL;
}
