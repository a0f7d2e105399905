/* list_filter.c - rows of a list that pass its filter. */
#include "tui/list_filter.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/row_filter.h"

/* --- columns by name --- */

static bool
begins_name(const char *known, const char *name, size_t len)
{
    size_t i = 0;

    for (; i < len && known[i]; i++) {
        int a = known[i] == '_' ? ' ' : tolower((unsigned char)known[i]);
        int b = name[i] == '_' ? ' ' : tolower((unsigned char)name[i]);
        if (a != b)
            return false;
    }
    return i == len;
}

static bool
same_name(const char *known, const char *name, size_t len)
{
    return strlen(known) == len && begins_name(known, name, len);
}

size_t
list_find_column(const struct list *l, const char *name, size_t len)
{
    for (size_t c = 0; c < l->n_cols; c++)
        if (same_name(l->column[c].name, name, len))
            return c;
    for (size_t c = 0; c < l->n_cols; c++)
        if (l->column[c].width && same_name(l->column[c].title, name, len))
            return c;
    return SIZE_MAX;
}

bool
list_begins_column(const struct list *l, const char *start, size_t len)
{
    for (size_t c = 0; c < l->n_cols; c++)
        if (begins_name(l->column[c].name, start, len) ||
            (l->column[c].width && begins_name(l->column[c].title, start, len)))
            return true;
    return false;
}

void
list_add_name(const struct list_column *col, struct strbuf *out)
{
    const char *title = col->width ? col->title : "";
    bool is_plain = *title;

    for (const char *p = title; *p; p++)
        is_plain = is_plain && (isalnum((unsigned char)*p) || *p == ' ' || *p == '/');
    if (!is_plain)
        strbuf_adds(out, col->name);
    for (const char *p = title; is_plain && *p; p++)
        strbuf_addc(out, (char)tolower((unsigned char)*p));
}

void
list_names(const struct list *l, struct strbuf *out)
{
    size_t n = 0;

    for (size_t c = 0; c < l->n_cols; c++) {
        if (l->column[c].repeats)
            continue;
        if (n++)
            strbuf_adds(out, ", ");
        list_add_name(&l->column[c], out);
    }
}

/* --- the rows as a filter sees them --- */

static size_t
find(const void *ctx, const char *name, size_t len)
{
    return list_find_column(ctx, name, len);
}

static bool
begins(const void *ctx, const char *start, size_t len)
{
    return list_begins_column(ctx, start, len);
}

static bool
is_number(const void *ctx, size_t field)
{
    const struct list *l = ctx;

    return l->column[field].type != LIST_TEXT;
}

/* The row, or its group where the row has nothing there. */
static const struct list_cell *
cell_of(const struct list *l, size_t row, size_t field)
{
    const struct list_row *r = &l->row[row];
    const struct list_cell *cell = &r->cell[field];

    if (r->parent != LIST_ROOT && !l->is_tree && !cell->text && isnan(cell->num))
        return &l->row[r->parent].cell[field];
    return cell;
}

static const char *
text_of(const void *ctx, size_t row, size_t field)
{
    return cell_of(ctx, row, field)->text;
}

static double
number_of(const void *ctx, size_t row, size_t field)
{
    return cell_of(ctx, row, field)->num;
}

bool
list_has_capital(const char *text)
{
    while (*text && !isupper((unsigned char)*text))
        text++;
    return *text;
}

bool
list_row_holds(const struct list_row *r, size_t n_cols, const char *text, bool any_case)
{
    for (size_t c = 0; c < n_cols; c++) {
        const char *cell = r->cell[c].text;
        if (cell && (any_case ? strcasestr(cell, text) : strstr(cell, text)))
            return true;
    }
    return false;
}

static bool
holds(const void *ctx, size_t row, const char *text)
{
    const struct list *l = ctx;
    const struct list_row *r = &l->row[row];

    bool any_case = l->any_case || !list_has_capital(text);

    return list_row_holds(r, l->n_cols, text, any_case) ||
           (r->parent != LIST_ROOT && !l->is_tree &&
            list_row_holds(&l->row[r->parent], l->n_cols, text, any_case));
}

static struct filter_source
source_of(const struct list *l)
{
    return (struct filter_source){
        .ctx = l,
        .find = find,
        .begins = begins,
        .is_number = is_number,
        .text = text_of,
        .number = number_of,
        .holds = holds,
    };
}

/* --- filtering --- */

/* Returns whether any row passes. */
static bool
mark_passing(struct list *l)
{
    struct filter_source source = source_of(l);
    bool any = false;

    for (size_t i = 0; i < l->n; i++) {
        struct list_row *r = &l->row[i];
        r->passes = (l->is_tree || r->n_children == 0) &&
                    row_filter_passes(l->parsed, &source, i);
        r->is_in = r->passes;
        any = any || r->passes;
    }
    return any;
}

void
list_mark_passing(struct list *l)
{
    l->any_case = false;
    if (!mark_passing(l) && l->parsed) {
        l->any_case = true;
        mark_passing(l);
    }
    for (size_t i = l->n; i-- > 0;)
        if (l->row[i].parent != LIST_ROOT && l->row[i].is_in)
            l->row[l->row[i].parent].is_in = true;
}

enum err
list_filter(struct list *l, const char *text, bool typing, size_t *at,
            struct errbuf *eb)
{
    struct filter_source source = source_of(l);
    struct row_filter *parsed = NULL;
    enum err e = row_filter_parse(&parsed, text, &source, typing, at, eb);

    if (e)
        return e;
    row_filter_free(l->parsed);
    free(l->filter);
    l->parsed = parsed;
    l->filter = parsed ? xstrdup(text) : NULL;
    list_end(l);
    return ERR_OK;
}
