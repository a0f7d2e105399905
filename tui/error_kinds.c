/* error_kinds.c - kinds of predictions: names, marks, bars, and a panel of all of them. */
#include "tui/error_kinds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "draw/chart.h"
#include "tui/paired_cells.h"

static const enum error_kind order[ERROR_KINDS] = {ERROR_WRONG,    ERROR_DESCENDANT,
                                                   ERROR_ANCESTOR, ERROR_SIBLING,
                                                   ERROR_OTHER,    ERROR_SAME};

static const struct {
    const char *short_name, *glyph; /* glyph NULL: not in bars */
    char ascii;
    enum style style;
} look[ERROR_KINDS] = {
    [ERROR_SAME] = {"same", NULL, ' ', STYLE_TEXT},
    [ERROR_DESCENDANT] = {"desc", "░", 'd', STYLE_SERIES_3},
    [ERROR_ANCESTOR] = {"anc", "▒", 'a', STYLE_SERIES_5},
    [ERROR_SIBLING] = {"sib", "▓", 's', STYLE_SERIES_4},
    [ERROR_OTHER] = {"other", "█", 'o', STYLE_SERIES_2},
    [ERROR_WRONG] = {"wrong", NULL, ' ', STYLE_TEXT},
};

enum error_kind
error_kind_step(enum error_kind kind, int by)
{
    int i = 0;

    while (order[i] != kind)
        i++;
    return order[(i + ERROR_KINDS + by) % ERROR_KINDS];
}

const char *
error_kind_title(enum error_kind kind, int cols)
{
    const char *name = error_kind_name(kind);

    return (int)strlen(name) <= cols ? name : look[kind].short_name;
}

char
error_verdict_mark(enum error_kind kind, const struct error_stat *x)
{
    const char *verdict = error_verdict(kind, x);

    return strcmp(verdict, "better") == 0  ? 'v'
           : strcmp(verdict, "worse") == 0 ? '*'
           : strcmp(verdict, "fewer") == 0 ? '-'
           : strcmp(verdict, "more") == 0  ? '+'
                                           : ' ';
}

enum style
error_verdict_style(enum error_kind kind, const struct error_stat *x)
{
    char mark = error_verdict_mark(kind, x);

    return mark == 'v'   ? STYLE_GOOD
           : mark == '*' ? STYLE_BAD
           : mark != ' ' ? STYLE_ACCENT
                         : STYLE_TEXT;
}

/* --- bars --- */

static double
mean_of(const struct error_row *r, enum error_side side, enum error_kind kind)
{
    const struct paired *s = &r->stat[kind].s;

    return side == ERROR_CE ? s->a_mean : s->b_mean;
}

double
error_bar_sum(const struct error_row *r, enum error_side side)
{
    double sum = 0;

    for (int k = ERROR_DESCENDANT; k <= ERROR_OTHER; k++)
        sum += fmax(mean_of(r, side, (enum error_kind)k), 0); /* NaN counts as 0 */
    return sum;
}

void
error_bar_draw(struct canvas *cv, int row, int col, int cols, const struct error_row *r,
               enum error_side side, double limit)
{
    struct chart_part part[ERROR_KINDS];
    size_t n = 0;

    for (int k = ERROR_DESCENDANT; k <= ERROR_OTHER; k++)
        part[n++] = (struct chart_part){mean_of(r, side, (enum error_kind)k),
                                        look[k].glyph, look[k].ascii, look[k].style};
    chart_stacked_bar(cv, row, col, cols, part, n, limit);
}

int
error_kind_draw(struct canvas *cv, int row, int col, int cols, enum error_kind kind)
{
    bool marked = look[kind].glyph != NULL && cols >= 6;
    int n = 0;

    if (marked) {
        canvas_glyph(cv, row, col, look[kind].style, look[kind].glyph,
                     look[kind].ascii);
        n = 2;
    }
    return n + canvas_text(cv, row, col + n, cols - n, STYLE_DIM,
                           error_kind_title(kind, cols - n));
}

/* --- the panel --- */

enum { LABEL_COLS = 8, WIDE_CELL = 27, MIDDLE_CELL = 13, N_SHOWN = 5 };

static void
draw_mean(struct canvas *cv, int row, int col, int cols, double mean, double sd)
{
    char text[FMT_SIZE];

    fmt_mean_sd(mean, cols > 11 ? sd : (double)NAN, cv->ascii, text);
    canvas_text(cv, row, col, cols - 1, isnan(mean) ? STYLE_DIM : STYLE_TEXT, text);
}

static void
draw_difference(struct canvas *cv, int row, int col, int cols,
                const struct error_row *r, enum error_kind kind)
{
    const struct paired *s = &r->stat[kind].s;
    char delta[FMT_SIZE], interval[PAIRED_TEXT], signs[PAIRED_TEXT];
    enum style style = error_verdict_style(kind, &r->stat[kind]);

    fmt_delta(s->d_mean, delta);
    paired_interval_text(s, interval);
    paired_signs_text(s, signs);
    if (s->n == 0 || cols < MIDDLE_CELL)
        canvas_text(cv, row, col, cols - 1, style, delta);
    else if (cols < WIDE_CELL)
        canvas_textf(cv, row, col, cols - 1, style, "%s %s", delta, signs);
    else
        canvas_textf(cv, row, col, cols - 1, style, "%s %s %s", delta, interval, signs);
}

void
error_panel_draw(struct canvas *cv, int row, const struct error_row *r)
{
    static const char *const title[ERROR_PANEL_ROWS] = {"", "CE", "HCE", "HCE-CE"};
    int cols = (cv->cols - LABEL_COLS) / N_SHOWN;

    cols = cols > WIDE_CELL + 1 ? WIDE_CELL + 1 : cols;
    for (int i = 0; i < ERROR_PANEL_ROWS; i++)
        canvas_text(cv, row + i, 1, LABEL_COLS - 1, STYLE_DIM, title[i]);
    for (int i = 0; i < N_SHOWN; i++) {
        const struct paired *s = &r->stat[order[i]].s;
        int col = LABEL_COLS + i * cols;

        error_kind_draw(cv, row, col, cols - 1, order[i]);
        draw_mean(cv, row + 1, col, cols, s->a_mean, s->a_sd);
        draw_mean(cv, row + 2, col, cols, s->b_mean, s->b_sd);
        draw_difference(cv, row + 3, col, cols, r, order[i]);
    }
}

void
error_line_draw(struct canvas *cv, int row, enum style style, const struct paired *s)
{
    char ce[FMT_SIZE], hce[FMT_SIZE], delta[FMT_SIZE], interval[PAIRED_TEXT];

    fmt_score(s->a_mean, ce);
    fmt_score(s->b_mean, hce);
    fmt_delta(s->d_mean, delta);
    paired_interval_text(s, interval);
    canvas_textf(cv, row, 1, -1, style, "CE %s HCE %s %s %s", ce, hce, delta, interval);
}
