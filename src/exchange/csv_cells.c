/* csv_cells.c - a CSV table whose columns are known: its cells as texts and numbers. */
#include "exchange/csv_cells.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum err
find_column(struct csv_cells *c, size_t k, struct errbuf *eb)
{
    const struct strlist *has = &c->table.column;

    for (size_t i = 0; i < has->n; i++)
        if (strcmp(has->item[i], c->name[k]) == 0) {
            c->column[k] = i;
            return ERR_OK;
        }
    return err_set(eb, ERR_FORMAT, "%s: no column '%s'", c->path, c->name[k]);
}

enum err
csv_cells_read(struct csv_cells *c, const char *path, const char *const *name, size_t n,
               struct errbuf *eb)
{
    assert(n <= CSV_CELLS_COLUMNS);
    *c = (struct csv_cells){.path = path, .name = name};
    enum err e = csv_table_read(&c->table, path, eb);

    for (size_t k = 0; k < n && !e; k++)
        e = find_column(c, k, eb);
    if (e)
        csv_cells_release(c);
    return e;
}

void
csv_cells_release(struct csv_cells *c)
{
    csv_table_release(&c->table);
    *c = (struct csv_cells){0};
}

const char *
csv_cells_text(const struct csv_cells *c, size_t row, size_t k)
{
    return csv_table_get(&c->table, row, c->column[k]);
}

enum err
csv_cells_wrong(const struct csv_cells *c, size_t row, size_t k, const char *what,
                struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: row %zu, column '%s': '%.60s' is %s", c->path,
                   row + 2, c->name[k], csv_cells_text(c, row, k), what);
}

enum err
csv_cells_int(const struct csv_cells *c, size_t row, size_t k, int64_t min, int64_t max,
              int64_t *x, struct errbuf *eb)
{
    const char *text = csv_cells_text(c, row, k);
    char *end, what[80];

    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (!errno && end > text && !*end && !isspace((unsigned char)*text) && n >= min &&
        n <= max) {
        *x = n;
        return ERR_OK;
    }
    snprintf(what, sizeof what, "no whole number from %lld to %lld", (long long)min,
             (long long)max);
    return csv_cells_wrong(c, row, k, what, eb);
}

enum err
csv_cells_real(const struct csv_cells *c, size_t row, size_t k, double min, double max,
               double *x, struct errbuf *eb)
{
    const char *text = csv_cells_text(c, row, k);
    char *end, what[80];

    *x = (double)NAN;
    if (!*text)
        return ERR_OK;
    double value = strtod(text, &end);
    if (strchr("0123456789.-", *text) && !*end && isfinite(value) && value >= min &&
        value <= max) {
        *x = value;
        return ERR_OK;
    }
    snprintf(what, sizeof what, "no number from %g to %g", min, max);
    return csv_cells_wrong(c, row, k, what, eb);
}
