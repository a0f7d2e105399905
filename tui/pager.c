/* pager.c - lines of text that scroll. */
#include "tui/pager.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "tui/wrap.h"

static struct pager_line *
new_line(struct pager *p)
{
    p->line = grow(p->line, &p->cap, p->n + 1, sizeof *p->line);
    p->line[p->n] = (struct pager_line){0};
    return &p->line[p->n++];
}

static PRINTF_LIKE(1, 0) char *print(const char *fmt, va_list ap)
{
    char text[2048];

    vsnprintf(text, sizeof text, fmt, ap);
    return xstrdup(text);
}

void
pager_add(struct pager *p, enum style style, const char *fmt, ...)
{
    struct pager_line *l = new_line(p);
    va_list ap;

    l->style = style;
    va_start(ap, fmt);
    l->text = print(fmt, ap);
    va_end(ap);
}

void
pager_field(struct pager *p, enum style style, const char *name, const char *fmt, ...)
{
    struct pager_line *l = new_line(p);
    va_list ap;

    l->style = style;
    l->name = xstrdup(name);
    va_start(ap, fmt);
    l->text = print(fmt, ap);
    va_end(ap);
}

void
pager_drop(struct pager *p, size_t n)
{
    size_t rows = 0, known = n < p->n_measured ? n : p->n_measured;

    for (size_t i = 0; i < n; i++) {
        rows += i < known ? p->line[i].rows : 1;
        free(p->line[i].text);
        free(p->line[i].name);
    }
    p->n -= n;
    p->n_measured -= known;
    p->top = p->top > rows ? p->top - rows : 0;
    if (p->n)
        memmove(p->line, p->line + n, p->n * sizeof *p->line);
}

void
pager_reset(struct pager *p)
{
    size_t top = p->top;

    pager_drop(p, p->n);
    p->top = top;
}

void
pager_release(struct pager *p)
{
    pager_reset(p);
    free(p->line);
    *p = (struct pager){0};
}

static size_t
last_top(const struct pager *p)
{
    return p->n_rows > p->page ? p->n_rows - p->page : 0;
}

bool
pager_act(struct pager *p, enum action action)
{
    size_t page = p->page > 1 ? p->page - 1 : 1, last = last_top(p);
    size_t by = action == ACT_DOWN || action == ACT_UP ? 1 : page;

    if (action == ACT_FOLLOW)
        p->follow = !p->follow;
    else if (action == ACT_DOWN || action == ACT_PAGE_DOWN)
        p->top = p->top + by < last ? p->top + by : last;
    else if (action == ACT_UP || action == ACT_PAGE_UP)
        p->top = p->top > by ? p->top - by : 0;
    else if (action == ACT_TOP)
        p->top = 0;
    else if (action == ACT_BOTTOM)
        p->top = last;
    else
        return false;
    if (action != ACT_FOLLOW)
        p->follow = p->follow && p->top == last;
    return true;
}

/* Column of the text of a line. */
static int
text_at(const struct pager_line *l, int name_cols)
{
    return l->name ? 2 + name_cols : 1;
}

/* Count the rows of every line; only new lines are looked at while the width stays. */
static void
measure(struct pager *p, int cols, int name_cols)
{
    if (p->text_cols != cols)
        p->n_measured = 0;
    p->text_cols = cols;
    p->n_rows = 0;
    for (size_t i = 0; i < p->n; i++) {
        struct pager_line *l = &p->line[i];
        if (i >= p->n_measured)
            l->rows = wrap_lines(l->text, cols - text_at(l, name_cols));
        p->n_rows += l->rows;
    }
    p->n_measured = p->n;
}

/* The rows of a line from row `first` on; `end`: past the last row.  Returns the
 * row after. */
static int
draw_line(const struct pager_line *l, struct canvas *cv, int row, int end, int cols,
          int name_cols, size_t first)
{
    const char *text = l->text;
    int at = text_at(l, name_cols);

    if (l->name && first == 0)
        canvas_text(cv, row, 2, name_cols - 1, STYLE_DIM, l->name);
    for (size_t i = 0; i < l->rows && row < end; i++) {
        size_t skip, n = wrap_bytes(text, cols - at, &skip);
        if (i >= first)
            canvas_textf(cv, row++, at, cols - at, l->style, "%.*s", (int)n, text);
        text += n + skip;
    }
    return row;
}

void
pager_draw(struct pager *p, struct canvas *cv, int row, int rows, int cols,
           int name_cols)
{
    size_t i = 0, above;

    p->page = rows > 0 ? (size_t)rows : 0;
    measure(p, cols, name_cols);
    if (p->follow || p->top > last_top(p))
        p->top = last_top(p);
    for (above = p->top; i < p->n && above >= p->line[i].rows; i++)
        above -= p->line[i].rows;
    for (int r = row; i < p->n && r < row + rows; i++, above = 0)
        r = draw_line(&p->line[i], cv, r, row + rows, cols, name_cols, above);
}

void
pager_place(const struct pager *p, char *out, size_t size)
{
    out[0] = '\0';
    if (p->n_rows > p->page)
        snprintf(out, size, "%s%zu%%", p->follow ? "follows  " : "",
                 100 * (p->top + p->page) / p->n_rows);
}
