/* list.c - rows, their order, the cursor and the actions of a list; list_draw.c draws,
 * list_filter.c says which rows there are. */
#include "tui/list.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/list_columns.h"
#include "tui/list_filter.h"

void
list_init(struct list *l, const struct list_column *column, size_t n_cols)
{
    assert(n_cols <= LIST_MAX_COLS);
    *l = (struct list){.column = column, .n_cols = n_cols, .sort = -1};
}

void
list_release(struct list *l)
{
    free(l->row);
    free(l->shown);
    free(l->find);
    free(l->filter);
    row_filter_free(l->parsed);
    arena_release(&l->arena);
    keyset_release(&l->marked);
    keyset_release(&l->expanded);
    keyset_release(&l->found_open);
    *l = (struct list){0};
}

void
list_begin(struct list *l)
{
    arena_release(&l->arena);
    l->n = 0;
    l->n_shown = 0;
    l->n_waste = 0;
    l->is_filling = true;
}

size_t
list_row(struct list *l, uint64_t key, size_t parent)
{
    l->row = grow(l->row, &l->cap, l->n + 1, sizeof *l->row);
    struct list_row *r = &l->row[l->n];
    *r = (struct list_row){.key = key, .parent = parent};
    r->depth = parent == LIST_ROOT ? 0 : l->row[parent].depth + 1;
    r->cell = arena_alloc(&l->arena, l->n_cols, sizeof *r->cell);
    for (size_t c = 0; c < l->n_cols; c++)
        r->cell[c].num = NAN;
    if (parent != LIST_ROOT)
        l->row[parent].n_children++;
    return l->n++;
}

/* A cell that is filled again keeps its text where that is the same. */
static PRINTF_LIKE(3, 0) void set_text(struct list *l, struct list_cell *cell,
                                       const char *fmt, va_list ap)
{
    char small[128];
    va_list again;

    va_copy(again, ap);
    size_t n = (size_t)vsnprintf(small, sizeof small, fmt, ap) + 1;
    if (!cell->text || n > sizeof small || strcmp(cell->text, small) != 0) {
        char *text = arena_alloc(&l->arena, n, 1);
        if (n > sizeof small)
            vsnprintf(text, n, fmt, again);
        else
            memcpy(text, small, n);
        l->n_waste += cell->text ? strlen(cell->text) + 1 : 0;
        cell->text = text;
    }
    va_end(again);
}

void
list_text(struct list *l, size_t row, size_t col, enum style style, const char *fmt,
          ...)
{
    struct list_cell *cell = &l->row[row].cell[col];
    va_list ap;

    va_start(ap, fmt);
    set_text(l, cell, fmt, ap);
    va_end(ap);
    cell->style = style;
}

void
list_num(struct list *l, size_t row, size_t col, double x)
{
    l->row[row].cell[col].num = x;
}

void
list_num_text(struct list *l, size_t row, size_t col, double x, enum style style,
              const char *fmt, ...)
{
    struct list_cell *cell = &l->row[row].cell[col];
    va_list ap;

    va_start(ap, fmt);
    set_text(l, cell, fmt, ap);
    va_end(ap);
    cell->num = x;
    cell->style = style;
}

/* --- order --- */

static int
compare_cells(const struct list *l, const struct list_cell *a,
              const struct list_cell *b)
{
    if (l->column[l->sort].type == LIST_TEXT)
        return strcasecmp(a->text ? a->text : "", b->text ? b->text : "");
    return (a->num > b->num) - (a->num < b->num);
}

static int
compare_siblings(const struct list *l, size_t i, size_t j)
{
    int k = 0;

    if (l->row[i].first != l->row[j].first)
        return l->row[i].first ? -1 : 1;
    if (l->sort >= 0) {
        const struct list_cell *a = &l->row[i].cell[l->sort];
        const struct list_cell *b = &l->row[j].cell[l->sort];

        if (l->column[l->sort].type != LIST_TEXT && isnan(a->num) != isnan(b->num))
            return isnan(a->num) ? 1 : -1; /* nothing comes last either way */
        k = compare_cells(l, a, b);
    }
    if (k == 0 && l->sort >= 0)
        return (i > j) - (i < j); /* equals stay in the order in which they came */
    k = k ? k : (i > j) - (i < j);
    return l->reverse ? -k : k;
}

/* Rows below one parent stand together, behind it: what counts is the order of the two
 * that have a parent in common. */
static int
compare_shown(const void *a, const void *b, void *ctx)
{
    const struct list *l = ctx;
    const struct list_row *row = l->row;
    size_t i = *(const size_t *)a, j = *(const size_t *)b, p = i, q = j;

    while (row[p].depth > row[q].depth)
        p = row[p].parent;
    while (row[q].depth > row[p].depth)
        q = row[q].parent;
    if (p == q)
        return (row[i].depth > row[j].depth) - (row[i].depth < row[j].depth);
    while (row[p].parent != row[q].parent) {
        p = row[p].parent;
        q = row[q].parent;
    }
    return compare_siblings(l, p, q);
}

static void
restore_cursor(struct list *l)
{
    size_t i = 0;

    while (i < l->n_shown && l->row[l->shown[i]].key != l->cursor_key)
        i++;
    if (i < l->n_shown)
        l->cursor = i;
    else if (l->cursor >= l->n_shown)
        l->cursor = l->n_shown ? l->n_shown - 1 : 0;
}

static void
keep_cursor(struct list *l)
{
    if (l->cursor < l->n_shown)
        l->cursor_key = l->row[l->shown[l->cursor]].key;
}

void
list_may_expand(struct list *l, size_t row)
{
    l->row[row].can_expand = true;
}

bool
list_is_open(const struct list *l, const struct list_row *r)
{
    return keyset_has(&l->expanded, r->key) ||
           (l->is_tree && (l->all_open || l->parsed));
}

bool
list_is_context(const struct list *l, const struct list_row *r)
{
    return l->is_tree && (r->is_aside || !r->passes);
}

/* Rows whose parents are all open, and that pass. */
static void
collect_shown(struct list *l)
{
    bool *open = xmalloc(l->n, sizeof *open);

    l->n_shown = 0;
    l->shown = grow(l->shown, &l->shown_cap, l->n + 1, sizeof *l->shown);
    for (size_t i = 0; i < l->n; i++) {
        const struct list_row *r = &l->row[i];
        bool there = r->parent == LIST_ROOT || open[r->parent];
        open[i] = there && r->n_children && list_is_open(l, r);
        if (there && r->is_in)
            l->shown[l->n_shown++] = i;
    }
    free(open);
}

void
list_end(struct list *l)
{
    list_mark_passing(l);
    collect_shown(l);
    if (l->n_shown)
        qsort_r(l->shown, l->n_shown, sizeof *l->shown, compare_shown, l);
    uint64_t before = l->cursor_key;
    restore_cursor(l);
    keep_cursor(l);
    if (l->is_filling && before && l->n_shown && l->cursor_key != before)
        l->was_lost = true;
    l->is_filling = false;
}

/* --- cursor --- */

bool
list_take_lost(struct list *l)
{
    bool was_lost = l->was_lost;

    l->was_lost = false;
    return was_lost;
}

const struct list_row *
list_current(const struct list *l)
{
    return l->cursor < l->n_shown ? &l->row[l->shown[l->cursor]] : NULL;
}

void
list_goto(struct list *l, uint64_t key)
{
    l->cursor_key = key;
    restore_cursor(l);
    keep_cursor(l);
}

static void
move(struct list *l, ptrdiff_t by)
{
    ptrdiff_t last = (ptrdiff_t)l->n_shown - 1, to = (ptrdiff_t)l->cursor + by;

    l->cursor = to < 0 || last < 0 ? 0 : (size_t)(to > last ? last : to);
    keep_cursor(l);
}

static bool
is_group(const struct list_row *r)
{
    return r->n_children || r->can_expand;
}

static void
go_to_parent(struct list *l, const struct list_row *r)
{
    l->cursor_key = l->row[r->parent].key;
    list_goto(l, l->cursor_key);
}

static void
expand(struct list *l)
{
    const struct list_row *r = list_current(l);

    if (!r)
        return;
    if (is_group(r)) {
        keyset_set(&l->expanded, r->key, !keyset_has(&l->expanded, r->key));
    } else if (r->parent != LIST_ROOT) { /* on a member: close its group, go to it */
        go_to_parent(l, r);
        keyset_set(&l->expanded, l->cursor_key, false);
    }
    list_end(l);
}

/* Left closes a row, or goes to its parent. */
static void
step_out(struct list *l)
{
    const struct list_row *r = list_current(l);

    if (r && is_group(r) && keyset_has(&l->expanded, r->key) && !l->all_open &&
        !l->parsed) {
        keyset_set(&l->expanded, r->key, false);
        list_end(l);
    } else if (r && r->parent != LIST_ROOT) {
        go_to_parent(l, r);
    }
}

/* Right opens a row, or goes to its first child. */
static void
step_in(struct list *l)
{
    const struct list_row *r = list_current(l);

    if (r && is_group(r) && (!list_is_open(l, r) || !r->n_children)) {
        keyset_set(&l->expanded, r->key, true);
        list_end(l);
    } else if (r && r->n_children) {
        move(l, 1);
    }
}

static void
mark(struct list *l)
{
    const struct list_row *r = list_current(l);

    if (r)
        keyset_set(&l->marked, r->key, !keyset_has(&l->marked, r->key));
    move(l, 1);
}

/* Sort by the column beside that of the order, as they stand on the screen; beyond the
 * ends lies the order in which rows came. */
static void
sort_step(struct list *l, int step)
{
    size_t shape[LIST_MAX_COLS];
    int n = (int)list_shape(l, shape), at = -1;

    for (int i = 0; i < n; i++)
        if ((int)shape[i] == l->sort)
            at = i;
    at = (at + 1 + step + n + 1) % (n + 1) - 1;
    l->sort = at < 0 ? -1 : (int)shape[at];
    l->reverse = l->sort >= 0 && l->column[l->sort].type != LIST_TEXT;
    list_end(l);
}

static void
reverse_order(struct list *l)
{
    l->reverse = !l->reverse;
    list_end(l);
}

bool
list_act(struct list *l, enum action action)
{
    ptrdiff_t page = l->page > 1 ? (ptrdiff_t)l->page - 1 : 1;
    ptrdiff_t all = (ptrdiff_t)l->n_shown;

    keyset_reset(&l->found_open); /* whoever moves stays where finding led */

    /* The actions of a list; whatever else there is belongs to its view. */
    if (action == ACT_DOWN || action == ACT_UP)
        move(l, action == ACT_DOWN ? 1 : -1);
    else if (action == ACT_PAGE_DOWN || action == ACT_PAGE_UP)
        move(l, action == ACT_PAGE_DOWN ? page : -page);
    else if (action == ACT_TOP || action == ACT_BOTTOM)
        move(l, action == ACT_BOTTOM ? all : -all);
    else if (action == ACT_EXPAND)
        expand(l);
    else if (l->is_tree && action == ACT_LEFT)
        step_out(l);
    else if (l->is_tree && action == ACT_RIGHT)
        step_in(l);
    else if (action == ACT_MARK)
        mark(l);
    else if (action == ACT_UNMARK)
        keyset_reset(&l->marked);
    else if (action == ACT_SORT_NEXT || action == ACT_SORT_PREV)
        sort_step(l, action == ACT_SORT_NEXT ? 1 : -1);
    else if (action == ACT_REVERSE)
        reverse_order(l);
    else
        return false;
    l->was_lost = false;
    return true;
}

/* --- find, filter, sort by name --- */

/* The row that holds the text next among n in their order: from `at` on, or past it. */
static size_t
next_match(const struct list *l, const size_t *row, size_t n, size_t at, int step,
           bool any_case)
{
    for (size_t k = 0; k < n; k++) {
        size_t i = step < 0 ? (at + n - 1 - k) % n : (at + (step ? 1 : 0) + k) % n;
        if (list_row_holds(&l->row[row[i]], l->n_cols, l->find, any_case))
            return i;
    }
    return any_case ? n : next_match(l, row, n, at, step, true);
}

/* Open the way to a row, and close what the text typed so far has opened. */
static void
open_way(struct list *l, size_t row, bool typing)
{
    for (size_t i = 0; typing && i < l->found_open.n; i++)
        keyset_set(&l->expanded, l->found_open.key[i], false);
    keyset_reset(&l->found_open);
    for (size_t p = l->row[row].parent; p != LIST_ROOT; p = l->row[p].parent) {
        if (keyset_has(&l->expanded, l->row[p].key))
            continue;
        keyset_set(&l->expanded, l->row[p].key, true);
        keyset_set(&l->found_open, l->row[p].key, true);
    }
    list_end(l);
    list_goto(l, l->row[row].key);
}

void
list_reveal(struct list *l, uint64_t key)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->row[i].key == key) {
            open_way(l, i, false);
            return;
        }
}

/* list_find_again in a tree: among all rows that pass, shown or not. */
static bool
find_in_tree(struct list *l, int step)
{
    size_t *row = xmalloc(l->n, sizeof *row), n = 0, at = 0;
    const struct list_row *cur = list_current(l);

    for (size_t i = 0; i < l->n; i++)
        if (l->row[i].is_in)
            row[n++] = i;
    if (n)
        qsort_r(row, n, sizeof *row, compare_shown, l);
    for (size_t i = 0; i < n && cur; i++)
        if (&l->row[row[i]] == cur)
            at = i;
    size_t i = next_match(l, row, n, at, step, !list_has_capital(l->find));
    if (i < n)
        open_way(l, row[i], step == 0);
    free(row);
    return i < n;
}

bool
list_find_again(struct list *l, int step)
{
    if (!l->find || l->n_shown == 0)
        return false;
    if (l->is_tree)
        return find_in_tree(l, step);
    size_t i = next_match(l, l->shown, l->n_shown, l->cursor, step,
                          !list_has_capital(l->find));
    if (i < l->n_shown) {
        l->cursor = i;
        keep_cursor(l);
    }
    return i < l->n_shown;
}

bool
list_find(struct list *l, const char *text)
{
    free(l->find);
    l->find = *text ? xstrdup(text) : NULL;
    return !l->find || list_find_again(l, 0);
}

enum err
list_sort_by(struct list *l, const char *column, struct errbuf *eb)
{
    size_t c = list_find_column(l, column, strlen(column));

    if (c != SIZE_MAX) {
        l->sort = (int)c;
        l->reverse = l->column[c].type != LIST_TEXT;
        list_end(l);
        return ERR_OK;
    }
    struct strbuf names = {0};
    list_names(l, &names);
    enum err e = err_set(eb, ERR_ARG, "sort: no column %s; there are %s", column,
                         strbuf_str(&names));
    strbuf_release(&names);
    return e;
}

void
list_count(const struct list *l, size_t *shown, size_t *all)
{
    *shown = *all = 0;
    for (size_t i = 0; i < l->n; i++)
        *all += l->is_tree ? !l->row[i].is_aside : l->row[i].parent == LIST_ROOT;
    for (size_t i = 0; i < l->n && l->is_tree; i++)
        *shown += l->row[i].passes && !l->row[i].is_aside;
    for (size_t i = 0; i < l->n_shown && !l->is_tree; i++)
        *shown += l->row[l->shown[i]].parent == LIST_ROOT;
}

void
list_status(const struct list *l, char *out, size_t size)
{
    size_t roots, shown, n = 0;

    out[0] = '\0';
    list_count(l, &shown, &roots);
    if (l->page && l->n_shown > l->page)
        n += (size_t)snprintf(out, size, "rows %zu-%zu of %zu  ", l->top + 1,
                              l->top + l->page, l->n_shown);
    if (l->filter && n < size)
        n += (size_t)snprintf(out + n, size - n, "[%zu/%zu] filter: %s  ", shown, roots,
                              l->filter);
    if (l->sort >= 0 && roots && n < size)
        n += (size_t)snprintf(
            out + n, size - n, "sorted by %s%s  ", list_title(&l->column[l->sort]),
            !l->reverse                            ? ""
            : l->column[l->sort].type == LIST_TEXT ? ", backwards"
                                                   : ", largest first");
    if (l->marked.n && n < size)
        snprintf(out + n, size - n, "%zu marked", l->marked.n);
}
