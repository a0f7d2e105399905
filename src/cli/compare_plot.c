/* compare_plot.c - rows of a comparison as rows of a plot. */
#include "cli/compare_plot.h"

#include <math.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/csv_out.h"
#include "draw/pair_plot.h"
#include "spec/spec.h"

enum {
    PLOT_COLS = 100,
    SEED_ROWS = 64, /* up to so many rows every seed has one */
    FRAME_ROWS = 3
};

/* Labels that have a pair; the caller frees the array. */
static struct pair_plot
plot_of(const struct compare_block *b, struct pair_plot_row **rows)
{
    size_t n = 0;

    *rows = xcalloc(b->cmp.n_rows, sizeof **rows);
    for (size_t i = 0; i < b->cmp.n_rows; i++) {
        const struct compare_row *r = &b->cmp.row[i];

        if (r->n)
            (*rows)[n++] =
                (struct pair_plot_row){r->class_name ? r->class_name : r->label,
                                       r->seed,
                                       r->ce,
                                       r->hce,
                                       r->n,
                                       r->delta_mean,
                                       r->ci_low,
                                       r->ci_high,
                                       r->verdict};
    }
    return (struct pair_plot){.a_name = b->base_name,
                              .b_name = b->name,
                              .value = "F1",
                              .row = *rows,
                              .n = n,
                              .current = SIZE_MAX};
}

void
compare_plot_print(struct cli *c, const struct compare_block *b)
{
    struct pair_plot_row *rows;
    struct pair_plot p = plot_of(b, &rows);
    size_t n_rows = pair_plot_rows(&p);
    struct canvas cv;
    int height = 0, cols = PLOT_COLS;

    out_terminal_size(&height, &cols);
    canvas_init(&cv, (int)(n_rows <= SEED_ROWS ? n_rows : p.n + FRAME_ROWS), cols,
                c->ascii);
    pair_plot_draw(&p, &cv, 0, 0, cv.rows, cv.cols, 0);
    out_canvas(&cv);
    canvas_release(&cv);
    free(rows);
}

void
compare_plot_svg(const struct compare_block *b, struct strbuf *out)
{
    const struct store_compare_query *q = &b->query;
    struct pair_plot_row *rows;
    struct pair_plot p = plot_of(b, &rows);
    struct strbuf title = {0}, note = {0};
    size_t n = 0;

    for (size_t i = 0; i < p.n; i++)
        n = rows[i].n > n ? rows[i].n : n;
    strbuf_addf(&title, "%s against %s: F1 by %s%s%s", b->name, b->base_name,
                facet_title(q->facet), q->label ? " within " : "",
                q->label ? q->label : "");
    strbuf_addf(
        &note,
        "%s %s, evaluation %s, rule %s; %zu pair%s of seeds; v better, * worse: "
        "paired t, Holm over %zu, p < .05",
        b->group->experiment, b->group->model, q->evaluation, q->rule, n,
        n == 1 ? "" : "s", b->cmp.family);
    p.title = strbuf_str(&title);
    p.note = strbuf_str(&note);
    pair_plot_svg(&p, out);
    strbuf_release(&title);
    strbuf_release(&note);
    free(rows);
}

enum err
compare_plot_write(struct cli *c, const char *path, const char *svg, struct errbuf *eb)
{
    struct csv_out o;
    enum err e = csv_out_open(&o, c, path, eb);

    if (e)
        return e;
    csv_out_text(&o, svg);
    e = csv_out_check(&o, eb);
    enum err closed = csv_out_close(&o, e == ERR_OK, e ? NULL : eb);
    return e ? e : closed;
}
