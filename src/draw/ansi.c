/* ansi.c - from styles to SGR sequences. */
#include "draw/ansi.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "draw/theme.h"

/* SGR parameters of the looks; "" is what a reset leaves. */
static const char *const looks[LOOK_COUNT] = {
    [LOOK_NORMAL] = "",    [LOOK_DIM] = ";2",       [LOOK_BOLD] = ";1",
    [LOOK_REVERSE] = ";7", [LOOK_HEADING] = ";1;4",
};

static bool
ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);

    return n >= k && strcmp(s + n - k, end) == 0;
}

int
ansi_colours(const char *term, const char *colorterm, const char *no_color)
{
    if ((no_color && *no_color) || !term || !*term || strcmp(term, "dumb") == 0 ||
        strncmp(term, "vt", 2) == 0 || ends_with(term, "-m") ||
        ends_with(term, "-mono"))
        return 0;
    if ((colorterm && *colorterm) || strstr(term, "256color") ||
        ends_with(term, "-direct"))
        return 256;
    return strstr(term, "16color") ? 16 : 8;
}

static void
add_style(struct strbuf *out, enum style style, bool reverse, int colours)
{
    int colour = theme_colour(THEME_AUTO, style, colours >= 8 ? colours : 8);

    strbuf_addf(out, "\033[0%s%s", looks[theme_style(THEME_AUTO, style)->look],
                reverse ? ";7" : "");
    if (colour >= 16)
        strbuf_addf(out, ";38;5;%d", colour);
    else if (colour >= 8)
        strbuf_addf(out, ";%d", 90 + colour - 8);
    else if (colour >= 0)
        strbuf_addf(out, ";%d", 30 + colour);
    strbuf_addc(out, 'm');
}

static bool
is_plain(const struct canvas_cell *c)
{
    return c->style == STYLE_TEXT && !c->reverse;
}

static bool
same_style(const struct canvas_cell *a, const struct canvas_cell *b)
{
    return a->style == b->style && a->reverse == b->reverse;
}

static void
dump_line(const struct canvas_cell *cell, int cols, int colours, struct strbuf *out)
{
    static const struct canvas_cell plain = {.style = STYLE_TEXT};
    const struct canvas_cell *now = &plain;

    while (cols > 0 && strcmp(cell[cols - 1].glyph, " ") == 0 &&
           !cell[cols - 1].reverse)
        cols--;
    for (int k = 0; k < cols; k++) {
        if (!same_style(now, &cell[k]))
            add_style(out, (enum style)cell[k].style, cell[k].reverse, colours);
        now = &cell[k];
        strbuf_adds(out, cell[k].glyph);
    }
    strbuf_adds(out, is_plain(now) ? "\n" : "\033[0m\n");
}

void
ansi_dump(const struct canvas *cv, int colours, struct strbuf *out)
{
    if (colours == 0) {
        canvas_dump(cv, out);
        return;
    }
    for (int r = 0; r < cv->rows; r++)
        dump_line(cv->cell + (size_t)r * (size_t)cv->cols, cv->cols, colours, out);
}
