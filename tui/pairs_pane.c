/* pairs_pane.c - from rows of the comparison to rows of the plot. */
#include "tui/pairs_pane.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "draw/pair_plot.h"
#include "spec/spec.h"

enum { FRAME_ROWS = 3 };

static struct pair_plot_row
row_of(const struct compare_row *r)
{
    return (struct pair_plot_row){compare_data_row_name(r),
                                  r->seed,
                                  r->ce,
                                  r->hce,
                                  r->n,
                                  r->delta_mean,
                                  r->ci_low,
                                  r->ci_high,
                                  r->verdict};
}

/* Caller frees *rows. */
static struct pair_plot
plot_of(const struct compare_data *d, const struct list *l,
        const struct compare_row *only, struct pair_plot_row **rows)
{
    struct pair_plot p = {
        .a_name = d->base_name, .b_name = d->name, .value = "F1", .current = SIZE_MAX};

    *rows = xcalloc(l->n_shown + 1, sizeof **rows);
    if (only)
        (*rows)[p.n++] = row_of(only);
    for (size_t i = 0; i < l->n_shown && !only; i++) {
        const struct compare_row *r = compare_data_find(d, l->row[l->shown[i]].key);

        if (!r || !r->n)
            continue;
        if (i == l->cursor)
            p.current = p.n;
        (*rows)[p.n++] = row_of(r);
    }
    p.row = *rows;
    return p;
}

/* The first label that is drawn where not all fit: the current one is in the middle. */
static size_t
first_of(const struct pair_plot *p, int rows)
{
    size_t room = rows > FRAME_ROWS ? (size_t)(rows - FRAME_ROWS) : 1;
    size_t current = p->current == SIZE_MAX ? 0 : p->current;

    if (p->n <= room || current < room / 2)
        return 0;
    return current - room / 2 < p->n - room ? current - room / 2 : p->n - room;
}

void
pairs_pane_draw(const struct compare_data *d, const struct list *l,
                const struct compare_row *only, struct canvas *cv, int row, int col,
                int rows, int cols)
{
    struct pair_plot_row *plot_row;
    struct pair_plot p = plot_of(d, l, only, &plot_row);

    if (p.n)
        pair_plot_draw(&p, cv, row, col, rows, cols, first_of(&p, rows));
    free(plot_row);
}

void
pairs_pane_svg(const struct compare_data *d, const struct list *l,
               const struct compare_row *only, struct strbuf *out)
{
    const struct store_group *g = choice_group(d->choice);
    struct pair_plot_row *rows;
    struct pair_plot p = plot_of(d, l, only, &rows);
    struct strbuf title = {0}, note = {0};
    size_t n = 0;

    for (size_t i = 0; i < p.n; i++)
        n = rows[i].n > n ? rows[i].n : n;
    strbuf_addf(&title, "%s against %s: %sF1 by %s%s%s", d->name, d->base_name,
                compare_data_is_by_class(d) ? "" : "macro ",
                d->label ? "class" : facet_title(d->facet), d->label ? " in " : "",
                d->label ? d->label : "");
    strbuf_addf(
        &note,
        "%s %s, evaluation %s, rule %s; %zu pair%s of seeds; v better, * worse: "
        "paired t, Holm over %zu, p < .05",
        g ? g->experiment : "", g ? g->model : "", d->choice->evaluation,
        d->choice->rule, n, n == 1 ? "" : "s", d->rows.family);
    p.title = strbuf_str(&title);
    p.note = strbuf_str(&note);
    pair_plot_svg(&p, out);
    strbuf_release(&title);
    strbuf_release(&note);
    free(rows);
}
