/* theme.c - the tables of the themes, and the colours of the palette. */
#include "draw/theme.h"

#include <string.h>

#define THEME(style, c8, c16, c256, look, mono)                                        \
    [STYLE_##style] = {c8, c16, c256, LOOK_##look, LOOK_##mono},

static const struct theme_style styles[THEME_COUNT][STYLE_COUNT] = {
    [THEME_AUTO] =
        {
#include "draw/theme.def"
        },
    [THEME_DARK] =
        {
#include "draw/theme_dark.def"
        },
    [THEME_LIGHT] =
        {
#include "draw/theme_light.def"
        },
    [THEME_MONO] =
        {
#undef THEME
#define THEME(style, c8, c16, c256, look, mono)                                        \
    [STYLE_##style] = {-1, -1, -1, LOOK_##mono, LOOK_##mono},
#include "draw/theme.def"
        },
};
#undef THEME

const struct theme_style *
theme_style(enum theme theme, enum style style)
{
    return &styles[theme][style];
}

int
theme_colour(enum theme theme, enum style style, int colours)
{
    const struct theme_style *s = theme_style(theme, style);

    return colours >= 256  ? s->colour_256
           : colours >= 16 ? s->colour_16
           : colours >= 8  ? s->colour_8
                           : -1;
}

const char *
theme_name(size_t i)
{
    static const char *const name[THEME_COUNT] = {
        [THEME_AUTO] = "auto",
        [THEME_DARK] = "dark",
        [THEME_LIGHT] = "light",
        [THEME_MONO] = "mono",
    };

    return i < THEME_COUNT ? name[i] : NULL;
}

void
theme_rgb(int colour, uint8_t rgb[3])
{
    static const uint8_t base[16][3] = {
        {0, 0, 0},       {205, 0, 0},   {0, 205, 0},   {205, 205, 0},
        {0, 0, 238},     {205, 0, 205}, {0, 205, 205}, {229, 229, 229},
        {127, 127, 127}, {255, 0, 0},   {0, 255, 0},   {255, 255, 0},
        {92, 92, 255},   {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};
    static const uint8_t level[6] = {0, 95, 135, 175, 215, 255};
    int cube = colour - 16;

    if (colour < 16) {
        memcpy(rgb, base[colour < 0 ? 0 : colour], 3);
    } else if (colour < 232) {
        rgb[0] = level[cube / 36];
        rgb[1] = level[cube / 6 % 6];
        rgb[2] = level[cube % 6];
    } else {
        memset(rgb, 8 + 10 * (colour - 232), 3); /* greys */
    }
}
