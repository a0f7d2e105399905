/* list.h - a table on the screen: rows of typed columns with a cursor, marks, groups
 * that expand, sorting, searching and filtering.  Views fill rows and inherit the rest.
 *
 * Refilling keeps cursor, sort, marks, filter and what is expanded: rows are known by
 * their key.  A row with a parent is shown only while its parent is expanded.
 *
 * Threads: one thread per object.
 * Errors:  ERR_ARG from list_filter and list_sort_by, with what would do. */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "draw/canvas.h"
#include "draw/table.h"
#include "tui/action.h"
#include "tui/keyset.h"
#include "tui/row_filter.h"

enum list_type { LIST_TEXT, LIST_INT, LIST_REAL };

struct list_column {
    const char *name;  /* in the export and in filters */
    const char *title; /* heading */
    enum list_type type;
    int width;    /* columns, at least; 0: shown only when it is asked for */
    int grow;     /* share of the room that is left over */
    int max;      /* width that it grows to; 0: any */
    bool hugs;    /* grows no wider than its widest text */
    int rank;     /* columns of the highest rank go first when there is no room; those
                     of rank 0 grow narrower instead */
    int digits;   /* LIST_REAL: decimals; 0: four significant digits */
    bool drawn;   /* drawn by draw_cell */
    bool repeats; /* the number of another column: nothing to filter by */
    bool is_left; /* text next to text: aligned left whatever the type */
};

struct list_cell {
    const char *text; /* shown; NULL: the number */
    double num;       /* for sorting and export; NaN: none */
    enum style style;
};

#define LIST_ROOT SIZE_MAX
enum { LIST_MAX_COLS = 48 };

struct list_row {
    uint64_t key;
    size_t parent; /* row, or LIST_ROOT */
    size_t n_children;
    bool first;             /* stands before the others in any order */
    struct list_cell *cell; /* (n_cols) in the arena */
    size_t depth;           /* 0: no parent */
    bool can_expand;        /* a row of a tree whose children may come on demand */
    bool is_aside;          /* of a tree: there for rows below it only, drawn dim */
    bool passes, is_in;     /* the filter; is_in: or a row below it does */
};

struct list {
    const struct list_column *column; /* borrowed */
    size_t n_cols;
    size_t chosen[LIST_MAX_COLS]; /* (n_chosen) columns that the user wants, in order */
    size_t n_chosen;              /* 0: those with a width, as declared */
    struct list_row *row;         /* (n) owned */
    size_t n, cap;
    struct arena arena; /* texts and cells */
    size_t n_waste;     /* bytes of texts that were replaced since list_begin */

    size_t *shown; /* (n_shown) owned; rows in the order of the screen */
    size_t n_shown, shown_cap;
    size_t cursor; /* in shown */
    size_t top;    /* first row on the screen, in shown */
    size_t page;   /* rows of the last drawing */
    uint64_t cursor_key;
    bool is_filling, was_lost; /* the row under the cursor went in the last refill */

    int sort; /* column, or -1: the order in which rows came */
    bool reverse;
    struct keyset marked, expanded;
    char *find, *filter;       /* owned; NULL: none */
    bool any_case;             /* no row holds a text of the filter as it was typed */
    struct row_filter *parsed; /* owned; of filter */
    bool is_tree;  /* rows of any depth, each with values of its own: a filter opens the
                      tree, finding opens the way to a row */
    bool all_open; /* of a tree: as if every row were expanded */
    struct keyset found_open; /* what finding has opened while the text was typed */
    const char *example;      /* a filter that makes sense here; borrowed, or NULL */

    /* Draws the cells of `drawn` columns. */
    void (*draw_cell)(void *ctx, const struct list_row *row, size_t col,
                      struct canvas *cv, int r, int c, int width, bool selected);
    void *ctx;
};

void list_init(struct list *l, const struct list_column *column, size_t n_cols);
void list_release(struct list *l);

/* Where only some cells are others now it does to fill these again and end: the texts that
 * they had stay in memory until the next list_begin (n_waste).
 *
 * Refill: begin, then rows with their cells, then end.  list_row returns the index of
 * the new row; a parent comes before its children. */
void list_begin(struct list *l);
size_t list_row(struct list *l, uint64_t key, size_t parent);
void list_text(struct list *l, size_t row, size_t col, enum style style,
               const char *fmt, ...) PRINTF_LIKE(5, 6);
void list_num(struct list *l, size_t row, size_t col, double x);

/* A number that is shown as the text. */
void list_num_text(struct list *l, size_t row, size_t col, double x, enum style style,
                   const char *fmt, ...) PRINTF_LIKE(6, 7);
void list_end(struct list *l);

/* The row of a tree has children, although none may be filled in yet. */
void list_may_expand(struct list *l, size_t row);

/* True if the children of a row are shown. */
bool list_is_open(const struct list *l, const struct list_row *r);

/* True if a row is shown for those below it only. */
bool list_is_context(const struct list *l, const struct list_row *r);

/* The row under the cursor, or NULL. */
const struct list_row *list_current(const struct list *l);

/* True, once, if the row under the cursor went while rows were filled again and no key has
 * moved the cursor since: whoever acts on it would act on another than was seen. */
bool list_take_lost(struct list *l);

/* Put the cursor on a row, if it is shown. */
void list_goto(struct list *l, uint64_t key);

/* The same for any row of a tree: opens the way to it. */
void list_reveal(struct list *l, uint64_t key);

/* True if the action was one of a list's: moving, marking, expanding, sorting,
 * next match. */
bool list_act(struct list *l, enum action action);

/* Remember a text and go to the next row that holds it (in any case
 * if it has no capital, or no row holds it as it stands), from the row under
 * the cursor on; step +1 or -1 goes past it.  False if no row does. */
bool list_find(struct list *l, const char *text);
bool list_find_again(struct list *l, int step);

/* Show only rows that pass a filter (row_filter.h); "" shows all.  Names are those of
 * the columns and their headings.  A group shows if one of its members passes.  On an
 * error the rows stay, and *at (may be NULL) is the byte where it is.  typing: more of
 * the text may follow. */
MUST_CHECK enum err list_filter(struct list *l, const char *text, bool typing,
                                size_t *at, struct errbuf *eb);

/* "label, cells, ce, ...": what a filter and an order may name. */
void list_names(const struct list *l, struct strbuf *out);

/* Rows shown and all rows; members of groups do not count. */
void list_count(const struct list *l, size_t *shown, size_t *all);

MUST_CHECK enum err list_sort_by(struct list *l, const char *column, struct errbuf *eb);

/* Heading and rows into a rectangle. */
void list_draw(struct list *l, struct canvas *cv, int row, int rows, int cols);

/* "rows 1-13 of 40  [40/55] filter: x  by f1, largest first", what the frame says about
 * the list as it was last drawn; "" if there is nothing to say. */
void list_status(const struct list *l, char *out, size_t size);

/* Show the columns that a text names, in that order: "label, delta, p"; "" shows what
 * is shown by default.  On an error nothing changes, and *at (may be NULL) is the byte
 * where it is.  typing: more of the text may follow. */
MUST_CHECK enum err list_choose(struct list *l, const char *text, bool typing,
                                size_t *at, struct errbuf *eb);

/* "label, delta, p": the columns that are shown, as list_choose takes them. */
void list_chosen_text(const struct list *l, struct strbuf *out);

/* The rows that are shown, in their order.  CSV and JSON: the chosen columns, or where
 * none were chosen every column there is, numbers in full, texts as they are.  Markdown
 * and text: what the screen says. */
void list_export(const struct list *l, enum table_format format, struct strbuf *out);

#endif
