/* canvas.h - a grid of character cells that views and charts draw on.
 *
 * Knows nothing of curses, so that a screen can be compared with a text file and
 * printed by a command.  Text is made harmless on its way in (base/utf8.h): no
 * control character reaches a cell.  Everything is clipped to the grid.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef DRAW_CANVAS_H
#define DRAW_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* What a cell means; the terminal's theme gives it a colour.  Never the only carrier
 * of a meaning: a glyph or a word says the same. */
enum style {
    STYLE_TEXT,
    STYLE_DIM,
    STYLE_BOLD,
    STYLE_TITLE,    /* bars at the top and the foot */
    STYLE_HEADER,   /* column headings */
    STYLE_SELECTED, /* row under the cursor */
    STYLE_GOOD,     /* better, succeeded */
    STYLE_BAD,      /* worse, failed */
    STYLE_WARN,
    STYLE_ACCENT,   /* running, keys in help */
    STYLE_SERIES_1, /* chart series: CE is 1, HCE is 2 */
    STYLE_SERIES_2,
    STYLE_SERIES_3,
    STYLE_SERIES_4,
    STYLE_SERIES_5,
    STYLE_SERIES_6,
    STYLE_COUNT
};

struct canvas_cell {
    char glyph[16]; /* UTF-8 of one character with its combining marks; "" = right half
                       of a wide character */
    uint8_t style;  /* enum style */
    bool reverse;   /* drawn inverted on top of the style */
};

struct canvas {
    int rows, cols;
    bool ascii;               /* replace every non-ASCII glyph by an ASCII one */
    struct canvas_cell *cell; /* (rows, cols) owned */
};

void canvas_init(struct canvas *cv, int rows, int cols, bool ascii);
void canvas_release(struct canvas *cv);

/* Blank all cells, keep the size. */
void canvas_reset(struct canvas *cv);

/* Write s at (row, col), at most width columns (-1: to the edge); a text that does not
 * fit ends in an ellipsis.  Returns the columns used. */
int canvas_text(struct canvas *cv, int row, int col, int width, enum style style,
                const char *s);

/* The same, right-aligned in width columns. */
void canvas_text_right(struct canvas *cv, int row, int col, int width, enum style style,
                       const char *s);

int canvas_textf(struct canvas *cv, int row, int col, int width, enum style style,
                 const char *fmt, ...) PRINTF_LIKE(6, 7);

/* One glyph (UTF-8) in one cell, with its ASCII stand-in. */
void canvas_glyph(struct canvas *cv, int row, int col, enum style style,
                  const char *glyph, char ascii);

/* Fill / restyle a rectangle; restyle keeps the glyphs. */
void canvas_fill(struct canvas *cv, int row, int col, int rows, int cols, char c,
                 enum style style);
void canvas_restyle(struct canvas *cv, int row, int col, int cols, enum style style,
                    bool reverse);

/* Append the grid as lines of UTF-8, trailing blanks removed. */
void canvas_dump(const struct canvas *cv, struct strbuf *out);

#endif
