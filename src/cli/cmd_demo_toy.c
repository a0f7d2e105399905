/* cmd_demo_toy.c - the published synthetic example: two scatter plots, or a table. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "draw/scatter.h"
#include "engine/toy.h"
#include "spec/spec.h"

enum {
    USUAL_ROWS = 25,
    USUAL_COLS = 80,
    SIDE_BY_SIDE = 80, /* columns from which two plots fit */
    TEXT_ROWS = 5,     /* below the plots, and the prompt */
    LEAST_ROWS = 12,   /* of a plot */
    GAP = 2            /* columns between the plots */
};

/* A leaf and the names that only its cells have share a colour. */
static const struct scatter_class looks[TOY_CLASSES] = {
    {'0', STYLE_TEXT},     {'1', STYLE_SERIES_6}, {'2', STYLE_SERIES_1},
    {'3', STYLE_DIM},      {'4', STYLE_SERIES_2}, {'5', STYLE_SERIES_3},
    {'6', STYLE_SERIES_3}, {'7', STYLE_SERIES_4}, {'8', STYLE_SERIES_2},
    {'9', STYLE_SERIES_3}, {'A', STYLE_SERIES_4}, {'B', STYLE_SERIES_5},
    {'C', STYLE_SERIES_5},
};

static const char *const loss_names[] =
    {[LOSS_KIND_CE] = "CE", [LOSS_KIND_HCE] = "HCE"};

struct toy {
    uint32_t seed;
    struct toy_cells cells;
    struct toy_fit fit[2]; /* by enum loss_kind */
};

static void
toy_make(struct toy *t, uint32_t seed)
{
    t->seed = seed;
    toy_cells_make(&t->cells, seed);
    for (int kind = LOSS_KIND_CE; kind <= LOSS_KIND_HCE; kind++)
        toy_train((enum loss_kind)kind, &t->cells, seed, &t->fit[kind]);
}

static double
delta(const struct toy *t)
{
    return t->fit[LOSS_KIND_HCE].accuracy - t->fit[LOSS_KIND_CE].accuracy;
}

/* ---- plots ---- */

static void
draw_plot(const struct toy *t, enum loss_kind kind, struct canvas *cv, int row, int col,
          int rows, int cols)
{
    char *title =
        xasprintf("%s  accuracy %.3f", loss_names[kind], t->fit[kind].accuracy);
    const struct scatter plot = {
        .title = title,
        .x = t->cells.x,
        .class = t->fit[kind].predicted,
        .n = TOY_CELLS,
        .look = looks,
        .n_classes = TOY_CLASSES,
        .limit = scatter_limit(t->cells.x, TOY_CELLS * TOY_DIMS),
    };

    scatter_draw(&plot, cv, row, col, rows, cols);
    free(title);
}

/* A canvas of both plots: side by side where they fit, else one above the other.  A row
 * of a terminal is about as high as two columns are wide.  Caller releases cv. */
static void
draw_plots(const struct cli *c, const struct toy *t, struct canvas *cv)
{
    int rows = USUAL_ROWS, cols = USUAL_COLS;

    out_terminal_size(&rows, &cols);
    bool beside = cols >= SIDE_BY_SIDE;
    int width = beside ? (cols - GAP) / 2 : cols, height = width / 2 + 1;
    int most = rows - TEXT_ROWS > LEAST_ROWS ? rows - TEXT_ROWS : LEAST_ROWS;

    if (height > most) {
        height = most;
        width = 2 * (most - 1) + 1 < width ? 2 * (most - 1) + 1 : width;
    }
    canvas_init(cv, beside ? height : 2 * height, cols, c->ascii);
    draw_plot(t, LOSS_KIND_CE, cv, 0, 0, height, width);
    draw_plot(t, LOSS_KIND_HCE, cv, beside ? 0 : height, beside ? width + GAP : 0,
              height, width);
}

/* One class in its colour; returns the column after it. */
static int
draw_class(struct canvas *cv, int row, int col, int32_t class)
{
    char glyph[2] = {looks[class].glyph, '\0'};

    return col + canvas_text(cv, row, col, -1, looks[class].style, glyph);
}

/* "0 > 1 2 3  1 > 4 5 6 ..." */
static void
draw_hierarchy(struct canvas *cv, int row)
{
    int col = canvas_text(cv, row, 0, -1, STYLE_DIM, "classes, parent > children:");

    for (size_t k = 0; k < TOY_EDGES; k++) {
        const struct toy_edge *e = &toy_edges[k];

        if (k == 0 || e->parent != e[-1].parent) {
            col = draw_class(cv, row, col + 2, e->parent);
            col += canvas_text(cv, row, col, -1, STYLE_DIM, ">");
        }
        col = draw_class(cv, row, col, e->child);
    }
}

static void
draw_leaves(struct canvas *cv, int row)
{
    int col = canvas_text(cv, row, 0, -1, STYLE_DIM,
                          "leaves, counter-clockwise from the right: ");

    for (int32_t class = 0; class < TOY_CLASSES; class ++)
        if (toy_is_leaf(class))
            col = draw_class(cv, row, col, class) + 1;
    canvas_text(cv, row, col, -1, STYLE_DIM, "(A = 10, B = 11, C = 12)");
}

static void
print_plots(const struct cli *c, const struct toy *t)
{
    struct canvas cv;

    draw_plots(c, t, &cv);
    out_canvas(&cv);
    canvas_release(&cv);
    canvas_init(&cv, 2, USUAL_COLS, c->ascii);
    draw_hierarchy(&cv, 0);
    draw_leaves(&cv, 1);
    out_canvas(&cv);
    canvas_release(&cv);
    out_textf(c,
              "Each cell shows its predicted class. Accuracy under the hierarchy rule, "
              "seed %" PRIu32 ":\nCE %.3f, HCE %.3f, difference %.3f (published, one "
              "seed: 0.589, 0.994).\n",
              t->seed, t->fit[LOSS_KIND_CE].accuracy, t->fit[LOSS_KIND_HCE].accuracy,
              delta(t));
}

/* ---- table ---- */

struct sums {
    size_t n;
    double ce, hce, least; /* least difference */
};

static void
add_row(struct table *table, const struct toy *t, struct sums *s)
{
    double ce = t->fit[LOSS_KIND_CE].accuracy, hce = t->fit[LOSS_KIND_HCE].accuracy;

    table_int(table, t->seed);
    table_text(table, "hierarchy");
    table_real(table, ce);
    table_real(table, hce);
    table_real(table, delta(t));
    s->least = s->n == 0 || delta(t) < s->least ? delta(t) : s->least;
    s->ce += ce;
    s->hce += hce;
    s->n++;
}

static void
print_mean(const struct cli *c, const struct sums *s)
{
    double n = (double)s->n;

    out_textf(c,
              "\nmean of %zu seed%s: CE %.4f, HCE %.4f, difference %.4f; least "
              "difference %.3f\n",
              s->n, s->n == 1 ? "" : "s", s->ce / n, s->hce / n, (s->hce - s->ce) / n,
              s->least);
}

static void
print_table(const struct cli *c, struct toy *t, const uint32_t *seed, size_t n)
{
    static const struct table_column col[] = {
        {.name = "seed", .type = TABLE_INT},
        {.name = "rule", .type = TABLE_TEXT},
        {.name = "ce_accuracy", .title = "CE", .type = TABLE_REAL, .digits = 3},
        {.name = "hce_accuracy", .title = "HCE", .type = TABLE_REAL, .digits = 3},
        {.name = "delta", .title = "difference", .type = TABLE_REAL, .digits = 3}};
    struct table *table = table_new(col, sizeof col / sizeof col[0]);
    struct sums sums = {0};

    for (size_t i = 0; i < n; i++) {
        char *text = xasprintf("seed %" PRIu32 ", %zu of %zu", seed[i], i + 1, n);

        out_progress(text);
        free(text);
        toy_make(t, seed[i]);
        add_row(table, t, &sums);
    }
    out_progress_end();
    out_table(c, table);
    if (c->format == TABLE_PLAIN || c->format == TABLE_MARKDOWN)
        print_mean(c, &sums);
    table_free(table);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    uint32_t *seed = NULL;
    size_t n = 1;
    bool many = opts_has(&c->opts, "seeds");
    enum err e = ERR_OK;

    if (many && opts_has(&c->opts, "seed"))
        return err_set(eb, ERR_ARG, "--seed and --seeds together: give one of them");
    if ((e = spec_parse_seeds(opts_text(&c->opts, many ? "seeds" : "seed"), &seed, &n,
                              eb)))
        return e;
    struct toy *t = xcalloc(1, sizeof *t);
    if (many || c->format != TABLE_PLAIN) {
        print_table(c, t, seed, n);
    } else {
        toy_make(t, seed[0]);
        print_plots(c, t);
    }
    free(t);
    free(seed);
    return e;
}

static const struct opt options[] = {
    {.name = "seed",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .min = 0,
     .max = UINT32_MAX,
     .help = "of the cells, their labels and the initial weights"},
    {.name = "seeds",
     .kind = OPT_TEXT,
     .value = "LIST",
     .help = "a table over seeds instead of the plots: 0-19"},
    {0}};

const struct cmd cmd_demo_toy = {
    .name = "demo toy",
    .usage = "",
    .summary = "published synthetic example: 13 classes in the plane, drawn",
    .details =
        "Cells lie around five leaves of a hierarchy; four of five carry an ancestor's "
        "name instead of their leaf's. A small network is trained on them with CE and "
        "with HCE; every cell is drawn as the class that was predicted for it. A "
        "prediction counts where it is the cell's label or a descendant of it. With "
        "--json or --csv the rows of the seeds are printed.",
    .example = "hcelab demo toy\nhcelab demo toy --seeds 0-19",
    .opts = options,
    .flags = CMD_ROWS,
    .run = run,
};
