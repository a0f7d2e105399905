/* catalog.h - the public views of the store, and what their columns mean.
 *
 * Printed as hcelab-store(5) and by `hcelab sql --columns`.  To document a view, add its
 * rows to catalog.def.
 *
 * Threads: any thread (const).
 * Errors:  none.
 * Tests:   test_catalog.c, test_manual.sh */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include <stddef.h>

struct catalog_view {
    const char *name;
    const char *row;   /* what a row is */
    const char *key;   /* columns that tell rows apart, "a, b"; "" with alike */
    const char *alike; /* the view whose columns it has, or NULL */
};

struct catalog_column {
    const char *name;
    const char *type;      /* "INTEGER", "REAL", "TEXT" */
    const char *unit;      /* "" for none */
    const char *null_when; /* "": never NULL */
    const char *meaning;
};

/* Public view i, or NULL past the end. */
const struct catalog_view *catalog_view(size_t i);

/* The public view of that name, or NULL. */
const struct catalog_view *catalog_find(const char *name);

/* Column i of a view in the view's order, or NULL past the end.  Static storage. */
const struct catalog_column *catalog_column(const struct catalog_view *view, size_t i);

/* Name of view i that is not public, or NULL past the end. */
const char *catalog_internal(size_t i);

#endif
