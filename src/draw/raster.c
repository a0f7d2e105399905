/* raster.c - dots in cells, and the glyphs that show them. */
#include "draw/raster.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"

/* Dots drawn and left out in turn; a zero ends the list. */
static const unsigned char patterns[][5] = {
    {1, 0},          /* solid */
    {4, 2, 0},       /* dashed */
    {1, 1, 0},       /* dotted */
    {3, 1, 1, 1, 0}, /* dash-dot */
    {2, 2, 0},       /* short dashes */
    {5, 1, 0},       /* long dashes */
};
static const char marks[] = "*o+x#@";

enum { N_PATTERNS = sizeof patterns / sizeof *patterns };

static const unsigned char dots_per_cell[][2] =
    {[CHART_BRAILLE] = {4, 2}, [CHART_BLOCK] = {2, 2}, [CHART_ASCII] = {1, 1}};

struct pen
pen_for(enum style style)
{
    int pattern = style >= STYLE_SERIES_1 ? (int)style - STYLE_SERIES_1 : 0;

    return (struct pen){style, pattern, 0, -1, -1};
}

void
raster_init(struct raster *r, int rows, int cols, enum chart_glyphs glyphs)
{
    *r = (struct raster){.glyphs = glyphs, .rows = rows, .cols = cols};
    r->dot_rows = dots_per_cell[glyphs][0];
    r->dot_cols = dots_per_cell[glyphs][1];
    r->height = rows * r->dot_rows;
    r->width = cols * r->dot_cols;
    r->cell = xcalloc((size_t)rows * (size_t)cols, sizeof *r->cell);
}

void
raster_release(struct raster *r)
{
    free(r->cell);
    *r = (struct raster){0};
}

/* The cell of a dot and its bit, or NULL outside. */
static struct raster_cell *
find_cell(const struct raster *r, int x, int y, unsigned *bit)
{
    if (x < 0 || y < 0 || x >= r->width || y >= r->height)
        return NULL;
    *bit = 1u << (y % r->dot_rows * r->dot_cols + x % r->dot_cols);
    return &r->cell[(size_t)(y / r->dot_rows) * (size_t)r->cols +
                    (size_t)(x / r->dot_cols)];
}

void
raster_dot(struct raster *r, const struct pen *pen, int x, int y)
{
    unsigned bit;
    struct raster_cell *c = find_cell(r, x, y, &bit);

    if (!c)
        return;
    if (pen->style == STYLE_DIM) {
        c->dim |= (uint8_t)bit;
        return;
    }
    c->dots |= (uint8_t)bit;
    c->style = (uint8_t)pen->style;
    c->mark = marks[pen->pattern % N_PATTERNS];
}

/* Whether the pattern draws dot number phase. */
static bool
pattern_draws(int pattern, unsigned phase)
{
    const unsigned char *p = patterns[pattern % N_PATTERNS];
    unsigned total = 0, i = 0;

    for (const unsigned char *q = p; *q; q++)
        total += *q;
    phase %= total;
    while (phase >= p[i])
        phase -= p[i++];
    return i % 2 == 0;
}

static void
pen_dot(struct raster *r, struct pen *pen, int x, int y)
{
    if (x == pen->last_x && y == pen->last_y)
        return;
    pen->last_x = x;
    pen->last_y = y;
    if (pattern_draws(r->glyphs == CHART_ASCII ? 0 : pen->pattern, pen->phase++))
        raster_dot(r, pen, x, y);
}

/* Narrow t0..t1 to where from + t * delta lies in -0.5 .. size - 0.5. */
static bool
clip(double from, double delta, int size, double *t0, double *t1)
{
    double lo = -0.5 - from, hi = size - 0.501 - from;

    if (delta == 0)
        return lo <= 0 && hi >= 0;
    double a = lo / delta, b = hi / delta;
    *t0 = fmax(*t0, fmin(a, b));
    *t1 = fmin(*t1, fmax(a, b));
    return *t0 <= *t1;
}

void
raster_line(struct raster *r, struct pen *pen, double x0, double y0, double x1,
            double y1)
{
    double t0 = 0, t1 = 1, dx = x1 - x0, dy = y1 - y0;

    if (!clip(x0, dx, r->width, &t0, &t1) || !clip(y0, dy, r->height, &t0, &t1))
        return;
    int steps = (int)ceil((t1 - t0) * fmax(fabs(dx), fabs(dy)));
    for (int i = 0; i <= steps; i++) {
        double t = steps ? t0 + (t1 - t0) * i / steps : t0;

        pen_dot(r, pen, (int)lround(x0 + t * dx), (int)lround(y0 + t * dy));
    }
}

/* One dot of a braille cell; those of the two textures differ. */
static bool
texture_covers(int texture, int x, int y)
{
    return x % 2 == texture && y % 4 == 1 + texture;
}

void
raster_shade(struct raster *r, int texture, int x, double y0, double y1)
{
    int from = (int)lround(fmax(fmin(y0, y1), 0));
    int to = (int)lround(fmin(fmax(y0, y1), r->height - 1));

    for (int y = from; y <= to; y++) {
        unsigned bit;
        struct raster_cell *c = find_cell(r, x, y, &bit);

        if (!c)
            return;
        if (r->glyphs != CHART_BRAILLE)
            c->shade |= (uint8_t)(1 << texture);
        else if (texture_covers(texture, x, y))
            c->shade |= (uint8_t)bit;
    }
}

/* Braille numbers its dots by columns, the last row apart. */
static unsigned
braille_bits(unsigned dots)
{
    static const unsigned char order[8] = {0x01, 0x08, 0x02, 0x10,
                                           0x04, 0x20, 0x40, 0x80};
    unsigned bits = 0;

    for (unsigned i = 0; i < 8; i++)
        bits |= dots >> i & 1 ? order[i] : 0u;
    return bits;
}

static void
draw_braille(struct canvas *cv, int row, int col, enum style style, unsigned dots)
{
    unsigned bits = braille_bits(dots);
    char glyph[4] = {(char)0xe2, (char)(0xa0 | bits >> 6), (char)(0x80 | (bits & 0x3f)),
                     '\0'};

    canvas_glyph(cv, row, col, style, glyph, ':');
}

static const char *const quadrants[16] = {" ", "▘", "▝", "▀", "▖", "▌", "▞", "▛",
                                          "▗", "▚", "▐", "▜", "▄", "▙", "▟", "█"};

/* mark stands for the dots where only ASCII can be shown. */
static void
draw_dots(const struct raster *r, unsigned dots, enum style style, char mark,
          struct canvas *cv, int row, int col)
{
    char text[2] = {mark, '\0'};

    switch (r->glyphs) {
    case CHART_BRAILLE: draw_braille(cv, row, col, style, dots); break;
    case CHART_BLOCK: canvas_glyph(cv, row, col, style, quadrants[dots], mark); break;
    case CHART_ASCII: canvas_glyph(cv, row, col, style, text, mark); break;
    }
}

static void
draw_shade_cell(const struct raster *r, const struct raster_cell *c, struct canvas *cv,
                int row, int col)
{
    char mark[2] = {" .,:"[c->shade & 3], '\0'};

    switch (r->glyphs) {
    case CHART_BRAILLE: draw_braille(cv, row, col, STYLE_DIM, c->shade); break;
    case CHART_BLOCK: canvas_glyph(cv, row, col, STYLE_DIM, "░", '.'); break;
    case CHART_ASCII: canvas_glyph(cv, row, col, STYLE_DIM, mark, mark[0]); break;
    }
}

void
raster_draw(const struct raster *r, struct canvas *cv, int row, int col)
{
    for (int i = 0; i < r->rows; i++) {
        for (int k = 0; k < r->cols; k++) {
            const struct raster_cell *c =
                &r->cell[(size_t)i * (size_t)r->cols + (size_t)k];

            if (c->dots)
                draw_dots(r, c->dots, (enum style)c->style, c->mark, cv, row + i,
                          col + k);
            else if (c->dim)
                draw_dots(r, c->dim, STYLE_DIM, '\'', cv, row + i, col + k);
            else if (c->shade)
                draw_shade_cell(r, c, cv, row + i, col + k);
        }
    }
}
