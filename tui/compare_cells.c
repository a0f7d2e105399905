/* compare_cells.c - a row of a comparison as cells of a list and as a line. */
#include "tui/compare_cells.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum style
compare_style(char verdict)
{
    return verdict == 'v' ? STYLE_GOOD : verdict == '*' ? STYLE_BAD : STYLE_TEXT;
}

void
compare_put_p(struct list *l, size_t row, size_t col, double p, const char *why)
{
    char text[FMT_SIZE];

    fmt_p(p, text);
    if (isnan(p))
        list_num_text(l, row, col, p, STYLE_DIM, "%s", why);
    else
        list_num_text(l, row, col, p, STYLE_TEXT, "%s", text);
}

void
compare_put_mean(struct list *l, size_t row, size_t col, double mean, double sd,
                 bool ascii)
{
    char text[FMT_SIZE];

    fmt_mean_sd(mean, sd, ascii, text);
    list_num_text(l, row, col, mean, STYLE_TEXT, "%s", text);
}

void
compare_interval_text(const struct compare_row *r, char out[COMPARE_INTERVAL])
{
    char low[FMT_SIZE], high[FMT_SIZE];

    fmt_delta(r->ci_low, low);
    fmt_delta(r->ci_high, high);
    if (isnan(r->ci_low))
        snprintf(out, COMPARE_INTERVAL, "%s", r->why);
    else
        snprintf(out, COMPARE_INTERVAL, "[%s,%s]", low, high);
}

enum { ROW_COLS = 68 }; /* what compare_draw_row takes beside the name */

void
compare_draw_row(const struct compare_row *r, struct compare_sides sides, bool ascii,
                 const char *name, struct canvas *cv, int row)
{
    char ce[FMT_SIZE], hce[FMT_SIZE], delta[FMT_SIZE], p[FMT_SIZE],
        interval[COMPARE_INTERVAL];
    int col = 1;

    fmt_mean_sd(r->ce_mean, r->ce_sd, ascii, ce);
    fmt_mean_sd(r->hce_mean, r->hce_sd, ascii, hce);
    fmt_delta(r->delta_mean, delta);
    fmt_p(r->p, p);
    compare_interval_text(r, interval);
    if (*name)
        col += canvas_text(cv, row, col, cv->cols - ROW_COLS, STYLE_BOLD, name) + 2;
    canvas_textf(cv, row, col, -1, compare_style(r->verdict),
                 "%s %s  %s %s  %s %s  %zu+/%zu-%s%s", sides.base, ce, sides.name, hce,
                 delta, interval, r->wins, r->losses, isnan(r->p) ? "" : "  p ",
                 isnan(r->p) ? "" : p);
}

/* "other cells (130 cells / 1254 cells), training data": what speaks against it. */
static void
add_unfair(const struct store_provenance *p, bool with_values, struct strbuf *out)
{
    const char *before = "not fair: other ";

    for (enum provenance_id i = 0; i < PROVENANCE_COUNT; i++) {
        if (!store_provenance_is_unfair(p, i))
            continue;
        strbuf_addf(out, "%s%s", before, store_provenance_name(i));
        if (with_values)
            strbuf_addf(out, " (%s / %s)", p->fact[i].base, p->fact[i].side);
        before = ", ";
    }
}

/* "; why: F1 is not of the same cells; they learned from other cells". */
static void
add_meanings(const struct store_provenance *p, struct strbuf *out)
{
    const char *before = "; why: ";

    for (enum provenance_id i = 0; i < PROVENANCE_COUNT; i++) {
        if (!store_provenance_is_unfair(p, i))
            continue;
        strbuf_addf(out, "%s%s", before, store_provenance_meaning(i));
        before = "; ";
    }
}

enum style
compare_guard_text(const struct store_provenance *p, bool with_values,
                   struct strbuf *out)
{
    struct strbuf list = {0};
    bool is_unfair;

    add_unfair(p, with_values, out);
    is_unfair = out->len > 0;
    store_provenance_list(p, PROVENANCE_NOT_KNOWN, &list);
    if (list.len)
        strbuf_addf(out, "%snot known of both: %s", is_unfair ? "; " : "",
                    strbuf_str(&list));
    strbuf_reset(&list);
    store_provenance_list(p, PROVENANCE_TOLD, &list);
    if (list.len)
        strbuf_addf(out, "%sdiffers: %s", out->len ? "; " : "", strbuf_str(&list));
    strbuf_release(&list);
    if (is_unfair)
        add_meanings(p, out);
    return is_unfair ? STYLE_WARN : STYLE_DIM;
}

void
compare_missing_text(const struct store_group *g, const char *unmatched,
                     const char *unscored, struct strbuf *out)
{
    if (*unmatched)
        strbuf_addf(out, "without a partner: %s  ", unmatched);
    if (*unscored)
        strbuf_addf(out, "not scored: %s", unscored);
    else if (!out->len && g->n_open)
        strbuf_addf(out, "%" PRId64 " run%s still open", g->n_open,
                    g->n_open == 1 ? " is" : "s are");
}
