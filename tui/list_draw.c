/* list_draw.c - a list on a canvas: headings, rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "tui/list.h"
#include "tui/list_columns.h"
#include "tui/shorten.h"

enum { GUTTER = 2, NARROW = 36 }; /* mark and expander; of a tree */
enum { MAX_NAMES = 1000 };        /* rows from which a cut name is told apart */

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
             const struct list_layout *lay)
{
    int at = GUTTER;

    canvas_fill(cv, row, 0, 1, cols, ' ', STYLE_HEADER);
    for (size_t i = 0; i < lay->n; i++) {
        size_t c = lay->col[i];
        const int *width = lay->width;
        const char *name = list_title(&l->column[c]);
        char title[256];
        int room = (int)c == l->sort ? width[c] - 1 : width[c];
        const char *arrow = (int)c != l->sort ? ""
                            : cv->ascii       ? (l->reverse ? "v" : "^")
                                              : (l->reverse ? "▼" : "▲");
        snprintf(title, sizeof title, "%.*s%s", (int)utf8_fit(name, room), name, arrow);
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
    else if (col->type == LIST_REAL && col->digits == 0)
        snprintf(text, sizeof text, "%.4g", cell->num);
    else
        snprintf(text, sizeof text, "%.*f", col->digits, cell->num);
    put(cv, row, at, width, is_right(col), isnan(cell->num) ? STYLE_DIM : cell->style,
        text);
}

/* How far the first column of a row stands to the right; less where it is narrow. */
static int
indent_of(const struct list *l, const struct list_row *r, int width)
{
    int step = l->is_tree && width < NARROW ? 1 : LIST_INDENT;
    int indent = step * (int)r->depth;

    return indent < width / 2 ? indent : width / 2;
}

/* The mark, and whether the row is open: in a tree right before its text. */
static void
draw_gutter(const struct list *l, const struct list_row *r, struct canvas *cv, int row,
            int indent)
{
    int col = 1 + (l->is_tree ? indent : 0);

    if (keyset_has(&l->marked, r->key))
        canvas_glyph(cv, row, 0, STYLE_ACCENT, "●", '*');
    if (!r->n_children && !r->can_expand)
        return;
    if (list_is_open(l, r) && r->n_children)
        canvas_glyph(cv, row, col, STYLE_DIM, "▾", '-');
    else
        canvas_glyph(cv, row, col, STYLE_DIM, "▸", '+');
}

static void
draw_row(const struct list *l, size_t i, struct canvas *cv, int row, int cols,
         const struct list_layout *lay)
{
    const struct list_row *r = &l->row[l->shown[i]];
    int at = GUTTER, first = lay->n ? indent_of(l, r, lay->width[lay->col[0]]) : 0;
    bool selected = i == l->cursor;

    for (size_t k = 0; k < lay->n; k++) {
        size_t c = lay->col[k];
        const int *width = lay->width;
        int indent = k == 0 ? first : 0;
        if (l->column[c].drawn && l->draw_cell)
            l->draw_cell(l->ctx, r, c, cv, row, at, width[c], selected);
        else
            draw_value(l, r, c, cv, row, at + indent, width[c] - indent);
        at += width[c] + 1;
    }
    draw_gutter(l, r, cv, row, first);
    if (selected)
        canvas_restyle(cv, row, 0, cols, STYLE_SELECTED, false);
    else if (list_is_context(l, r))
        canvas_restyle(cv, row, 0, cols, STYLE_DIM, false);
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
    struct list_layout lay;

    l->page = rows > 1 ? (size_t)rows - 1 : 1;
    scroll_to_cursor(l);
    list_lay_out(l, cols - GUTTER, &lay);
    draw_heading(l, cv, row, cols, &lay);
    for (size_t i = 0; i < l->page && l->top + i < l->n_shown; i++)
        draw_row(l, l->top + i, cv, row + 1 + (int)i, cols, &lay);
    if (l->n_shown == 0 && l->filter)
        canvas_textf(cv, row + 1, GUTTER, -1, STYLE_DIM, "no row matches %s",
                     l->filter);
}
