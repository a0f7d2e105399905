/* theme.h - what the styles of a canvas look like, by theme.
 *
 * Colours are numbers of the terminal's palette, -1 its own foreground; the ground is
 * always the terminal's own.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef DRAW_THEME_H
#define DRAW_THEME_H

#include <stddef.h>
#include <stdint.h>

#include "draw/canvas.h"

enum theme {
    THEME_AUTO,  /* reads on any ground */
    THEME_DARK,  /* for a dark ground */
    THEME_LIGHT, /* for a light ground */
    THEME_MONO,  /* no colour: bold, dim, underlined, reversed */
    THEME_COUNT
};

enum look {
    LOOK_NORMAL,
    LOOK_DIM,
    LOOK_BOLD,
    LOOK_REVERSE,
    LOOK_HEADING, /* bold and underlined */
    LOOK_COUNT
};

struct theme_style {
    int16_t colour_8, colour_16, colour_256;
    enum look look, look_mono; /* with and without colours */
};

const struct theme_style *theme_style(enum theme theme, enum style style);

/* The colour of a style where the terminal has that many; -1: none. */
int theme_colour(enum theme theme, enum style style, int colours);

/* "auto", "dark", "light", "mono"; NULL past the end. */
const char *theme_name(size_t i);

/* Red, green and blue (0..255) of a colour of the palette of xterm. */
void theme_rgb(int colour, uint8_t rgb[3]);

#endif
