/* paired_cells.c - paired statistics as cells of a list. */
#include "tui/paired_cells.h"

#include <math.h>
#include <stdio.h>

void
paired_interval_text(const struct paired *s, char out[PAIRED_TEXT])
{
    char low[FMT_SIZE], high[FMT_SIZE];

    fmt_delta(s->ci_low, low);
    fmt_delta(s->ci_high, high);
    if (isnan(s->ci_low))
        snprintf(out, PAIRED_TEXT, "%s", s->why);
    else
        snprintf(out, PAIRED_TEXT, "[%s,%s]", low, high);
}

void
paired_signs_text(const struct paired *s, char out[PAIRED_TEXT])
{
    snprintf(out, PAIRED_TEXT, "%zu+%s%zu-", s->wins,
             s->wins > 9 && s->losses > 9 ? "" : "/", s->losses);
}

void
paired_put_delta(struct list *l, size_t row, size_t col, const struct paired *s,
                 enum style style)
{
    char text[FMT_SIZE];

    fmt_delta(s->d_mean, text);
    list_num_text(l, row, col, s->d_mean, isnan(s->d_mean) ? STYLE_DIM : style, "%s",
                  text);
}

void
paired_put_interval(struct list *l, size_t row, size_t col, const struct paired *s)
{
    char text[PAIRED_TEXT];

    paired_interval_text(s, text);
    list_text(l, row, col, isnan(s->ci_low) ? STYLE_DIM : STYLE_TEXT, "%s", text);
}

void
paired_put_signs(struct list *l, size_t row, size_t col, const struct paired *s)
{
    char text[PAIRED_TEXT];

    paired_signs_text(s, text);
    list_text(l, row, col, STYLE_TEXT, "%s", text);
}
