/* canvas.c - cells, clipping, and how a text becomes cells. */
#include "draw/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* What stands for a character on a terminal that shows ASCII only. */
struct stand_in {
    uint32_t first, last; /* code points */
    char ascii;
};

static const struct stand_in stand_ins[] = {
    {0xa0, 0xa0, ' '},      /* no-break space */
    {0xb1, 0xb1, '~'},      /* plus-minus */
    {0xb7, 0xb7, '.'},      /* middle dot */
    {0xd7, 0xd7, 'x'},      /* times */
    {0x394, 0x394, 'D'},    /* Delta */
    {0x2010, 0x2015, '-'},  /* hyphens and dashes */
    {0x2018, 0x2019, '\''}, /* single quotes */
    {0x201c, 0x201d, '"'},  /* double quotes */
    {0x2022, 0x2022, '*'},  /* bullet */
    {0x2026, 0x2026, '~'},  /* ellipsis */
    {0x2190, 0x2190, '<'},  /* arrows */
    {0x2191, 0x2191, '^'},  {0x2192, 0x2192, '>'}, {0x2193, 0x2193, 'v'},
    {0x2206, 0x2206, 'D'}, /* increment */
    {0x2212, 0x2212, '-'}, /* minus */
    {0x2264, 0x2264, '<'}, /* at most */
    {0x2265, 0x2265, '>'}, /* at least */
    {0x2500, 0x2501, '-'}, /* box drawing */
    {0x2502, 0x2503, '|'},  {0x2504, 0x2505, '-'}, {0x2506, 0x2507, ':'},
    {0x2508, 0x2509, '-'},  {0x250a, 0x250b, ':'}, {0x250c, 0x254b, '+'},
    {0x254c, 0x254d, '-'},  {0x254e, 0x254f, ':'}, {0x2550, 0x2550, '='},
    {0x2551, 0x2551, '|'},  {0x2552, 0x257f, '+'}, {0x2580, 0x2580, '"'}, /* blocks */
    {0x2581, 0x2583, '_'},  {0x2584, 0x2585, '='}, {0x2586, 0x2590, '#'},
    {0x2591, 0x2592, ':'},  {0x2593, 0x259f, '#'}, {0x25a0, 0x25ff, '*'}, /* shapes */
    {0x25b2, 0x25b5, '^'},  {0x2713, 0x2714, 'v'}, /* check marks */
    {0x2715, 0x2718, 'x'},                         /* crosses */
    {0x2800, 0x2800, ' '},                         /* braille */
    {0x2801, 0x28ff, ':'},
};

static char
ascii_for(uint32_t cp)
{
    char c = '?';

    for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
        if (cp >= stand_ins[i].first && cp <= stand_ins[i].last)
            c = stand_ins[i].ascii;
    return c;
}

/* Characters without a column of their own that make terminals disagree about the
 * width of their neighbours: joiners, variation selectors, marks of direction. */
static bool
is_format_mark(uint32_t cp)
{
    return (cp >= 0x200b && cp <= 0x200d) || (cp >= 0x2060 && cp <= 0x2064) ||
           (cp >= 0xfe00 && cp <= 0xfe0f) || (cp >= 0xe0000 && cp <= 0xe0fff) ||
           cp == 0x61c;
}

/* One character with its combining marks, as a cell holds it. */
struct glyph {
    char text[sizeof((struct canvas_cell *)0)->glyph];
    int width; /* columns; 0: nothing to show */
};

static void
glyph_add_mark(struct glyph *g, const char *s, size_t n)
{
    size_t len = strlen(g->text);

    if (len + n < sizeof g->text) {
        memcpy(g->text + len, s, n);
        g->text[len + n] = '\0';
    }
}

/* Take one glyph off s (cleaned text that ends at end); returns the bytes used. */
static size_t
next_glyph(const char *s, const char *end, bool ascii, struct glyph *g)
{
    uint32_t cp;
    size_t used = utf8_decode(s, (size_t)(end - s), &cp);

    g->width = utf8_width_of(cp);
    g->text[0] = '\0';
    if (g->width == 0)
        return used;
    if (ascii && cp >= 0x80)
        g->text[0] = ascii_for(cp), g->text[1] = '\0';
    else
        glyph_add_mark(g, s, used);
    while (s + used < end) {
        size_t n = utf8_decode(s + used, (size_t)(end - s) - used, &cp);

        if (utf8_width_of(cp) != 0)
            break;
        if (!ascii && !is_format_mark(cp))
            glyph_add_mark(g, s + used, n);
        used += n;
    }
    return used;
}

void
canvas_init(struct canvas *cv, int rows, int cols, bool ascii)
{
    cv->rows = rows > 0 ? rows : 0;
    cv->cols = cols > 0 ? cols : 0;
    cv->ascii = ascii;
    cv->cell = xcalloc((size_t)cv->rows * (size_t)cv->cols, sizeof *cv->cell);
    canvas_reset(cv);
}

void
canvas_release(struct canvas *cv)
{
    free(cv->cell);
    *cv = (struct canvas){0};
}

static bool
inside(const struct canvas *cv, int row, int col)
{
    return row >= 0 && row < cv->rows && col >= 0 && col < cv->cols;
}

static struct canvas_cell *
cell_at(const struct canvas *cv, int row, int col)
{
    return &cv->cell[(size_t)row * (size_t)cv->cols + (size_t)col];
}

static void
blank(struct canvas_cell *c, char glyph, enum style style)
{
    c->glyph[0] = glyph;
    c->glyph[1] = '\0';
    c->style = (uint8_t)style;
    c->reverse = false;
}

/* A wide character of which one half is about to be overwritten loses the other. */
static void
break_wide(struct canvas *cv, int row, int col)
{
    struct canvas_cell *c = cell_at(cv, row, col);

    if (!c->glyph[0] && col > 0)
        c[-1].glyph[0] = ' ', c[-1].glyph[1] = '\0';
    if (col + 1 < cv->cols && !c[1].glyph[0])
        c[1].glyph[0] = ' ', c[1].glyph[1] = '\0';
}

static void
put_cell(struct canvas *cv, int row, int col, enum style style, const char *text)
{
    if (!inside(cv, row, col))
        return;
    break_wide(cv, row, col);
    struct canvas_cell *c = cell_at(cv, row, col);
    snprintf(c->glyph, sizeof c->glyph, "%s", text);
    c->style = (uint8_t)style;
    c->reverse = false;
}

/* Put a glyph of g->width columns; one that would be cut in half becomes a blank. */
static void
put_glyph(struct canvas *cv, int row, int col, enum style style, const struct glyph *g)
{
    if (g->width < 2) {
        put_cell(cv, row, col, style, g->text);
        return;
    }
    bool whole = inside(cv, row, col) && inside(cv, row, col + 1);
    put_cell(cv, row, col, style, whole ? g->text : " ");
    put_cell(cv, row, col + 1, style, !whole ? " " : cv->ascii ? g->text : "");
}

void
canvas_reset(struct canvas *cv)
{
    for (size_t i = 0; i < (size_t)cv->rows * (size_t)cv->cols; i++)
        blank(&cv->cell[i], ' ', STYLE_TEXT);
}

/* Put cleaned text, as much of it as fits in width columns; returns those used. */
static int
put_text(struct canvas *cv, int row, int col, int width, enum style style,
         const struct strbuf *text)
{
    const char *s = strbuf_str(text), *end = s + text->len;
    bool fits = utf8_width(s) <= (size_t)width;
    int room = fits ? width : width - 1, used = 0;

    while (s < end) {
        struct glyph g;

        s += next_glyph(s, end, cv->ascii, &g);
        if (used + g.width > room)
            break;
        if (g.width)
            put_glyph(cv, row, col + used, style, &g);
        used += g.width;
    }
    if (!fits) {
        put_cell(cv, row, col + used, style, cv->ascii ? "~" : ELLIPSIS);
        used++;
    }
    return used;
}

int
canvas_text(struct canvas *cv, int row, int col, int width, enum style style,
            const char *s)
{
    struct strbuf text = {0};
    int room = cv->cols - col;

    if (width >= 0 && width < room)
        room = width;
    if (room <= 0 || row < 0 || row >= cv->rows)
        return 0;
    utf8_clean(&text, s, 0);
    int used = put_text(cv, row, col, room, style, &text);
    strbuf_release(&text);
    return used;
}

void
canvas_text_right(struct canvas *cv, int row, int col, int width, enum style style,
                  const char *s)
{
    size_t need = utf8_width(s);
    int pad = width > 0 && need < (size_t)width ? width - (int)need : 0;

    canvas_text(cv, row, col + pad, width - pad, style, s);
}

int
canvas_textf(struct canvas *cv, int row, int col, int width, enum style style,
             const char *fmt, ...)
{
    va_list ap;
    char *s = NULL;

    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    if (n < 0)
        return 0;
    int used = canvas_text(cv, row, col, width, style, s);
    free(s);
    return used;
}

void
canvas_glyph(struct canvas *cv, int row, int col, enum style style, const char *glyph,
             char ascii)
{
    char stand_in[2] = {ascii, '\0'};

    put_cell(cv, row, col, style, cv->ascii ? stand_in : glyph);
}

void
canvas_fill(struct canvas *cv, int row, int col, int rows, int cols, char c,
            enum style style)
{
    char text[2] = {c, '\0'};

    for (int r = row < 0 ? 0 : row; r < row + rows && r < cv->rows; r++)
        for (int k = col < 0 ? 0 : col; k < col + cols && k < cv->cols; k++)
            put_cell(cv, r, k, style, text);
}

void
canvas_restyle(struct canvas *cv, int row, int col, int cols, enum style style,
               bool reverse)
{
    for (int k = col < 0 ? 0 : col; k < col + cols && k < cv->cols; k++) {
        if (!inside(cv, row, k))
            return;
        struct canvas_cell *c = cell_at(cv, row, k);
        c->style = (uint8_t)style;
        c->reverse = reverse;
    }
}

void
canvas_dump(const struct canvas *cv, struct strbuf *out)
{
    for (int r = 0; r < cv->rows; r++) {
        int last = cv->cols;

        while (last > 0 && strcmp(cell_at(cv, r, last - 1)->glyph, " ") == 0)
            last--;
        for (int k = 0; k < last; k++)
            strbuf_adds(out, cell_at(cv, r, k)->glyph);
        strbuf_addc(out, '\n');
    }
}
