/* list_draw.c - a list on a canvas: which columns fit, headings, rows. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "tui/list.h"
#include "tui/shorten.h"

enum { GUTTER = 2, INDENT = 2, MAX_COLS = 48 }; /* mark and expander; of members */
enum { MAX_NAMES = 1000 }; /* rows from which a cut name is told apart */

/* The width that a column grows to; at least its own. */
static int
widest(const struct list *l, size_t c)
{
    const struct list_column *col = &l->column[c];
    int max = col->max ? col->max : INT_MAX, most = col->width;

    if (!col->hugs)
        return max;
    for (size_t i = 0; i < l->n; i++) {
        const char *text = l->row[i].cell[c].text;
        int indent = l->row[i].parent == LIST_ROOT ? 0 : INDENT;
        int cols = text ? (int)utf8_width(text) + indent : 0;
        most = cols > most ? cols : most;
    }
    return most < max ? most : max;
}

/* Give what is left over to the columns that grow, by their shares. */
static void
share_out(const struct list *l, int spare, int width[MAX_COLS])
{
    int max[MAX_COLS], given = 1;

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

/* width[c] = columns of the screen for column c, 0: left out.  Columns of the highest
 * rank go until the others fit; what is left over is shared by `grow`. */
static void
lay_out(const struct list *l, int cols, int width[MAX_COLS])
{
    int room = cols - GUTTER, total = 0;

    for (size_t c = 0; c < l->n_cols; c++) {
        width[c] = l->column[c].width;
        total += width[c] ? width[c] + 1 : 0;
    }
    while (total - 1 > room) {
        size_t drop = l->n_cols;
        for (size_t c = 0; c < l->n_cols; c++)
            if (width[c] && l->column[c].rank > 0 &&
                (drop == l->n_cols || l->column[c].rank >= l->column[drop].rank))
                drop = c;
        if (drop == l->n_cols)
            break;
        total -= width[drop] + 1;
        width[drop] = 0;
    }
    share_out(l, room - (total - 1), width);
}

static bool
is_right(const struct list_column *c)
{
    return c->type != LIST_TEXT && !c->is_left;
}

static void
put(struct canvas *cv, int r, int c, int width, bool right, enum style style,
    const char *text)
{
    if (right)
        canvas_text_right(cv, r, c, width, style, text);
    else
        canvas_text(cv, r, c, width, style, text);
}

static void
draw_heading(const struct list *l, struct canvas *cv, int row, int cols,
             const int *width)
{
    int at = GUTTER;

    canvas_fill(cv, row, 0, 1, cols, ' ', STYLE_HEADER);
    for (size_t c = 0; c < l->n_cols; c++) {
        if (!width[c])
            continue;
        char title[64];
        int room = (int)c == l->sort ? width[c] - 1 : width[c];
        const char *arrow = (int)c != l->sort ? ""
                            : cv->ascii       ? (l->reverse ? "v" : "^")
                                              : (l->reverse ? "▼" : "▲");
        snprintf(title, sizeof title, "%.*s%s", room, l->column[c].title, arrow);
        put(cv, row, at, width[c], is_right(&l->column[c]), STYLE_HEADER, title);
        at += width[c] + 1;
    }
}

/* A text in its column; one that is too wide is cut so that it stays apart from the
 * others of the column. */
static void
draw_text(const struct list *l, const struct list_row *r, size_t c, struct canvas *cv,
          int row, int at, int width)
{
    const struct list_cell *cell = &r->cell[c];
    const char *text = cell->text ? cell->text : "", **other = NULL;
    size_t n = 0;
    char shown[1024];

    if ((int)utf8_width(text) > width) {
        other = xcalloc(MAX_NAMES, sizeof *other);
        for (; n < l->n && n < MAX_NAMES; n++)
            other[n] = l->row[n].cell[c].text;
    }
    shorten_among(text, other, n, width, cv->ascii, shown, sizeof shown);
    put(cv, row, at, width, is_right(&l->column[c]), cell->style, shown);
    free(other);
}

static void
draw_value(const struct list *l, const struct list_row *r, size_t c, struct canvas *cv,
           int row, int at, int width)
{
    const struct list_column *col = &l->column[c];
    const struct list_cell *cell = &r->cell[c];
    char text[64];

    if (cell->text || col->type == LIST_TEXT) {
        draw_text(l, r, c, cv, row, at, width);
        return;
    }
    if (isnan(cell->num))
        snprintf(text, sizeof text, "-");
    else
        snprintf(text, sizeof text, "%.*f", col->type == LIST_INT ? 0 : col->digits,
                 cell->num);
    put(cv, row, at, width, is_right(col), isnan(cell->num) ? STYLE_DIM : cell->style,
        text);
}

static void
draw_gutter(const struct list *l, const struct list_row *r, struct canvas *cv, int row)
{
    if (keyset_has(&l->marked, r->key))
        canvas_glyph(cv, row, 0, STYLE_ACCENT, "●", '*');
    if (!r->n_children)
        return;
    if (keyset_has(&l->expanded, r->key))
        canvas_glyph(cv, row, 1, STYLE_DIM, "▾", '-');
    else
        canvas_glyph(cv, row, 1, STYLE_DIM, "▸", '+');
}

static void
draw_row(const struct list *l, size_t i, struct canvas *cv, int row, int cols,
         const int *width)
{
    const struct list_row *r = &l->row[l->shown[i]];
    int at = GUTTER;
    bool selected = i == l->cursor, first = true;

    draw_gutter(l, r, cv, row);
    for (size_t c = 0; c < l->n_cols; c++) {
        if (!width[c])
            continue;
        int indent = first && r->parent != LIST_ROOT ? INDENT : 0;
        if (l->column[c].drawn && l->draw_cell)
            l->draw_cell(l->ctx, r, c, cv, row, at, width[c], selected);
        else
            draw_value(l, r, c, cv, row, at + indent, width[c] - indent);
        at += width[c] + 1;
        first = false;
    }
    if (selected)
        canvas_restyle(cv, row, 0, cols, STYLE_SELECTED, false);
}

static void
scroll_to_cursor(struct list *l)
{
    if (l->cursor < l->top)
        l->top = l->cursor;
    if (l->cursor >= l->top + l->page)
        l->top = l->cursor - l->page + 1;
    if (l->top + l->page > l->n_shown)
        l->top = l->n_shown > l->page ? l->n_shown - l->page : 0;
}

void
list_draw(struct list *l, struct canvas *cv, int row, int rows, int cols)
{
    int width[MAX_COLS];

    l->page = rows > 1 ? (size_t)rows - 1 : 1;
    scroll_to_cursor(l);
    lay_out(l, cols, width);
    draw_heading(l, cv, row, cols, width);
    for (size_t i = 0; i < l->page && l->top + i < l->n_shown; i++)
        draw_row(l, l->top + i, cv, row + 1 + (int)i, cols, width);
    if (l->n_shown == 0 && l->filter)
        canvas_textf(cv, row + 1, GUTTER, -1, STYLE_DIM, "no row matches %s",
                     l->filter);
}
