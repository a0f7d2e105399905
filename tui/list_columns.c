/* list_columns.c - the columns of a list: chosen by name, fitted into the screen, and
 * written to a file. */
#include "tui/list_columns.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "tui/list_filter.h"

enum { LEAST = 4, ASKED_TEXT = 12, ASKED_NUMBER = 9 }; /* widths */

/* --- which --- */

const char *
list_title(const struct list_column *c)
{
    return c->width && c->title ? c->title : c->name;
}

size_t
list_shape(const struct list *l, size_t *out)
{
    size_t n = 0;

    for (; n < l->n_chosen; n++)
        out[n] = l->chosen[n];
    for (size_t c = 0; c < l->n_cols && !l->n_chosen; c++)
        if (l->column[c].width)
            out[n++] = c;
    return n;
}

static bool
has(const size_t *col, size_t n, size_t c)
{
    size_t i = 0;

    while (i < n && col[i] != c)
        i++;
    return i < n;
}

/* The column that the len bytes at `name` mean, to the n that are known. */
static enum err
add_choice(const struct list *l, const char *name, size_t len, size_t *col, size_t *n,
           struct errbuf *eb)
{
    size_t c = list_find_column(l, name, len);

    if (c == SIZE_MAX)
        return err_set(eb, ERR_NOTFOUND, "no column %.*s", (int)len, name);
    if (has(col, *n, c))
        return err_set(eb, ERR_ARG, "%.*s stands there twice", (int)len, name);
    col[(*n)++] = c;
    return ERR_OK;
}

enum err
list_choose(struct list *l, const char *text, bool typing, size_t *at,
            struct errbuf *eb)
{
    size_t col[LIST_MAX_COLS], n = 0;

    for (const char *p = text; *p;) {
        p += strspn(p, ", ");
        size_t len = strcspn(p, ","), name = len;
        while (name && p[name - 1] == ' ')
            name--;
        bool on_its_way = typing && !p[len] && list_begins_column(l, p, name);
        if (name && !on_its_way && add_choice(l, p, name, col, &n, eb)) {
            if (at)
                *at = (size_t)(p - text);
            return ERR_NOTFOUND;
        }
        p += len;
    }
    memcpy(l->chosen, col, n * sizeof *col);
    l->n_chosen = n;
    return ERR_OK;
}

void
list_chosen_text(const struct list *l, struct strbuf *out)
{
    size_t col[LIST_MAX_COLS], n = list_shape(l, col);

    for (size_t i = 0; i < n; i++) {
        strbuf_adds(out, i ? ", " : "");
        list_add_name(&l->column[col[i]], out);
    }
}

/* --- how wide --- */

/* The width of a column before anything is shared out. */
static int
least_width(const struct list_column *c)
{
    return c->width ? c->width : c->type == LIST_TEXT ? ASKED_TEXT : ASKED_NUMBER;
}

/* The width that a column grows to; at least its own. */
static int
widest(const struct list *l, size_t c)
{
    const struct list_column *col = &l->column[c];
    int max = col->max ? col->max : INT_MAX, most = least_width(col);

    if (!col->hugs)
        return max;
    for (size_t i = 0; i < l->n; i++) {
        const char *text = l->row[i].cell[c].text;
        int indent = LIST_INDENT * (int)l->row[i].depth;
        int cols = text ? (int)utf8_width(text) + indent : 0;
        most = cols > most ? cols : most;
    }
    return most < max ? most : max;
}

/* Give what is left over to the columns that grow, by their shares. */
static void
share_out(const struct list *l, int spare, int width[LIST_MAX_COLS])
{
    int max[LIST_MAX_COLS], given = 1;

    for (size_t c = 0; c < l->n_cols; c++)
        max[c] = width[c] && l->column[c].grow ? widest(l, c) : 0;
    while (spare > 0 && given) {
        given = 0;
        for (size_t c = 0; c < l->n_cols; c++) {
            int room = max[c] - width[c], by = l->column[c].grow;
            by = by > room ? room : by;
            by = by > spare ? spare : by;
            if (by <= 0)
                continue;
            width[c] += by;
            spare -= by;
            given = 1;
        }
    }
}

static int
total_width(const struct list_layout *lay)
{
    int total = -1;

    for (size_t i = 0; i < lay->n; i++)
        total += lay->width[lay->col[i]] + 1;
    return total;
}

static void
leave_out(struct list_layout *lay, size_t i)
{
    lay->width[lay->col[i]] = 0;
    memmove(lay->col + i, lay->col + i + 1, (lay->n - i - 1) * sizeof *lay->col);
    lay->n--;
}

/* Leave out the last column of the highest rank; false if all have rank 0. */
static bool
leave_out_ranked(const struct list *l, struct list_layout *lay)
{
    size_t drop = lay->n;
    int most = 1;

    for (size_t i = 0; i < lay->n; i++) {
        int rank = l->column[lay->col[i]].rank;
        drop = rank >= most ? i : drop;
        most = rank >= most ? rank : most;
    }
    if (drop == lay->n)
        return false;
    leave_out(lay, drop);
    return true;
}

/* Take a column off the widest one; false if all are as narrow as may be. */
static bool
narrow_widest(struct list_layout *lay)
{
    size_t widest_col = lay->col[0];

    for (size_t i = 1; i < lay->n; i++)
        if (lay->width[lay->col[i]] > lay->width[widest_col])
            widest_col = lay->col[i];
    if (lay->width[widest_col] <= LEAST)
        return false;
    lay->width[widest_col]--;
    return true;
}

void
list_lay_out(const struct list *l, int room, struct list_layout *out)
{
    *out = (struct list_layout){0};
    out->n = list_shape(l, out->col);
    for (size_t i = 0; i < out->n; i++)
        out->width[out->col[i]] = least_width(&l->column[out->col[i]]);
    while (total_width(out) > room && leave_out_ranked(l, out))
        ;
    while (out->n && total_width(out) > room && narrow_widest(out))
        ;
    while (out->n > 1 && total_width(out) > room)
        leave_out(out, out->n - 1);
    share_out(l, room - total_width(out), out->width);
}

/* --- as a file --- */

static const enum table_type table_types[] = {
    [LIST_TEXT] = TABLE_TEXT,
    [LIST_INT] = TABLE_INT,
    [LIST_REAL] = TABLE_REAL,
};

static void
add_value(struct table *t, const struct list_column *c, const struct list_cell *cell)
{
    if (c->type == LIST_TEXT)
        table_text(t, cell->text);
    else if (isnan(cell->num))
        table_null(t);
    else if (c->type == LIST_INT)
        table_int(t, (int64_t)cell->num);
    else
        table_real(t, cell->num);
}

/* What the screen says. */
static void
add_saying(struct table *t, const struct list_column *c, const struct list_cell *cell)
{
    char *text = NULL;

    if (!cell->text && c->type != LIST_TEXT && !isnan(cell->num))
        text = xasprintf(c->type == LIST_INT ? "%.0f" : "%.4g", cell->num);
    table_text(t, text ? text : cell->text);
    free(text);
}

void
list_export(const struct list *l, enum table_format format, struct strbuf *out)
{
    bool for_people = format == TABLE_MARKDOWN || format == TABLE_PLAIN;
    struct table_column column[LIST_MAX_COLS] = {{0}};
    size_t col[LIST_MAX_COLS], n = list_shape(l, col);

    if (!for_people && !l->n_chosen)
        for (n = 0; n < l->n_cols; n++)
            col[n] = n;
    for (size_t i = 0; i < n; i++) {
        const struct list_column *c = &l->column[col[i]];
        column[i] = (struct table_column){
            .name = c->name, .title = list_title(c), .type = table_types[c->type]};
    }
    struct table *t = table_new(column, n);
    for (size_t r = 0; r < l->n_shown; r++)
        for (size_t i = 0; i < n; i++) {
            const struct list_column *c = &l->column[col[i]];
            const struct list_cell *cell = &l->row[l->shown[r]].cell[col[i]];
            if (for_people)
                add_saying(t, c, cell);
            else
                add_value(t, c, cell);
        }
    table_print(t, format, out);
    table_free(t);
}
