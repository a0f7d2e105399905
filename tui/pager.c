/* pager.c - lines of text that scroll. */
#include "tui/pager.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

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
pager_field(struct pager *p, const char *name, const char *fmt, ...)
{
    struct pager_line *l = new_line(p);
    va_list ap;

    l->name = xstrdup(name);
    va_start(ap, fmt);
    l->text = print(fmt, ap);
    va_end(ap);
}

void
pager_drop(struct pager *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(p->line[i].text);
        free(p->line[i].name);
    }
    p->n -= n;
    p->top = p->top > n ? p->top - n : 0;
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
    return p->n > p->page ? p->n - p->page : 0;
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

void
pager_draw(struct pager *p, struct canvas *cv, int row, int rows, int cols,
           int name_cols)
{
    p->page = rows > 0 ? (size_t)rows : 0;
    if (p->follow || p->top > last_top(p))
        p->top = last_top(p);
    for (size_t i = 0; i < p->page && p->top + i < p->n; i++) {
        const struct pager_line *l = &p->line[p->top + i];
        int r = row + (int)i, at = 1;
        if (l->name) {
            canvas_text(cv, r, 2, name_cols - 1, STYLE_DIM, l->name);
            at = 2 + name_cols;
        }
        canvas_text(cv, r, at, cols - at, l->style, l->text);
    }
}

void
pager_place(const struct pager *p, char *out, size_t size)
{
    out[0] = '\0';
    if (p->n > p->page)
        snprintf(out, size, "%s%zu%%", p->follow ? "follows  " : "",
                 100 * (p->top + p->page) / p->n);
}
