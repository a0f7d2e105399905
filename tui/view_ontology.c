/* view_ontology.c - CE against HCE over the ontology: every node stands for the set of
 * classes at or below it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "draw/chart.h"
#include "tui/compare_cells.h"
#include "tui/compare_seeds.h"
#include "tui/compare_why.h"
#include "tui/keymap.h"
#include "tui/ontology_data.h"
#include "tui/ontology_rows.h"
#include "tui/settings.h"
#include "tui/ui.h"
#include "tui/ui_export.h"

enum { HEAD = 4, HEAD_LOW = 2, LOW = 14 }; /* lines above the table; few rows below */
enum { NARROW = 60, FOOT = 3, IDLE_FACTOR = 20 };

struct ontology_state {
    struct ontology_data data;
    struct ontology_rows rows;
    struct list seeds;
    struct list_column seed_column[COMPARE_SEEDS_COLS];
    bool at_seeds; /* the seeds of row seed_key are shown */
    uint64_t seed_key;
    double typed_from; /* min_delta before it was typed */
    double due_s;      /* clock_mono_s before which nothing is read again */
    bool pending;      /* it should have been */
    unsigned seen;     /* model.results when it was read */
    bool all_terms;    /* a setting; the data follows it */
};

/* --- rows --- */

static void
fill_seeds(struct ontology_state *st)
{
    size_t node = ontology_rows_find(&st->rows, st->seed_key);

    compare_seeds_fill(&st->seeds, node == CLASS_TREE_NONE
                                       ? NULL
                                       : class_tree_row(&st->data.tree, node));
}

static void
fill_rows(struct ontology_state *st)
{
    ontology_rows_fill(&st->rows, &st->data.tree, st->data.made);
    st->at_seeds =
        st->at_seeds && ontology_rows_find(&st->rows, st->seed_key) != CLASS_TREE_NONE;
    fill_seeds(st);
}

static bool
ontology_export(void *state, struct ui *ui, const char *suffix, struct strbuf *out)
{
    struct ontology_state *st = state;
    enum table_format format;

    (void)ui;
    if (!ui_export_format(suffix, &format))
        return false;
    compare_draw_flips(&st->data.tree.stat); /* too slow for a frame */
    fill_rows(st);
    list_export(st->at_seeds ? &st->seeds : &st->rows.list, format, out);
    return true;
}

/* The rows of what is chosen. */
static void
read_rows(struct ontology_state *st, struct ui *ui)
{
    st->rows.ascii = ui->ascii;
    if (st->all_terms != st->data.all_terms)
        ontology_data_set_all(&st->data, st->all_terms);
    ontology_data_read(&st->data, ui->model.store);
    fill_rows(st);
}

/* All of it, and rest for a while in proportion to what that cost. */
static void
read_again(struct ontology_state *st, struct ui *ui)
{
    double start = clock_mono_s();

    ui_read_choice(ui);
    read_rows(st, ui);
    st->pending = false;
    st->seen = ui->model.results;
    st->due_s = clock_mono_s() + IDLE_FACTOR * (clock_mono_s() - start);
}

static void
ontology_refresh(void *state, struct ui *ui)
{
    struct ontology_state *st = state;

    if (st->seen == ui->model.results)
        return; /* that runs go on changes nothing here */
    if (clock_mono_s() >= st->due_s)
        read_again(st, ui);
    else
        st->pending = true;
}

/* --- drawing --- */

/* The node whose seeds are shown, or under the cursor. */
static size_t
node_of(const struct ontology_state *st)
{
    return st->at_seeds ? ontology_rows_find(&st->rows, st->seed_key)
                        : ontology_rows_current(&st->rows);
}

/* "cl-basic.obo 2022-11-25": where the terms come from. */
static void
draw_source(const struct ontology_state *st, struct canvas *cv, int row, int col)
{
    const struct store_hierarchy *h = &st->data.h;
    const char *source = h->source ? h->source : "", *slash = strrchr(source, '/');

    if (h->term.n == 0)
        canvas_text(cv, row, col, -1, STYLE_WARN,
                    "no ontology is stored for these runs");
    else
        canvas_textf(cv, row, col, -1, STYLE_ACCENT, "%s%s%s",
                     slash ? slash + 1 : source, *h->version ? " " : "", h->version);
}

/* What is shown of the tree. */
static void
draw_part(const struct ontology_state *st, struct canvas *cv, int row)
{
    const struct choice *c = st->data.pairs.choice;
    const struct class_tree *t = &st->data.tree;
    size_t node = node_of(st);
    int col = 1;

    if (st->at_seeds && node != CLASS_TREE_NONE) {
        canvas_textf(cv, row, col, -1, STYLE_TEXT, "%s by seed", t->node[node].name);
        return;
    }
    if (st->rows.min_delta > 0)
        col += canvas_textf(cv, row, col, -1, STYLE_WARN,
                            "|delta| >= %.3g: %zu of %zu terms", st->rows.min_delta,
                            st->rows.n_large, t->n) +
               2;
    if (cv->cols < NARROW) {
        canvas_textf(cv, row, col, -1, STYLE_TEXT, "%s, %s; Holm over %zu sets",
                     c->evaluation ? c->evaluation : "-", c->rule, t->stat.family);
        return;
    }
    col += canvas_text(cv, row, col, -1, STYLE_DIM, "mean F1 of classes at or below; ");
    if (t->n_hidden)
        col += canvas_textf(cv, row, col, -1, STYLE_DIM, "%zu term%s left out (%s); ",
                            t->n_hidden, t->n_hidden == 1 ? "" : "s",
                            keymap_hint(ACT_ALL_TERMS));
    draw_source(st, cv, row, col);
}

static void
draw_method(const struct ontology_state *st, struct canvas *cv, int row)
{
    const struct comparison *stat = &st->data.tree.stat;
    size_t n, better = 0, worse = 0;
    char p[FMT_SIZE];
    double p_min;

    compare_pairs(stat, &n, &p_min);
    fmt_p(p_min, p);
    if (n < 2) {
        canvas_textf(cv, row, 1, -1, STYLE_DIM, "%zu pair%s of seeds: not testable", n,
                     n == 1 ? "" : "s");
        return;
    }
    for (size_t i = 0; i < stat->n_rows; i++) {
        better += stat->row[i].verdict == 'v';
        worse += stat->row[i].verdict == '*';
    }
    canvas_textf(cv, row, 1, -1, STYLE_DIM,
                 "%zu pairs; paired t, Holm over %zu sets: v better %zu, * worse %zu; "
                 "least flip p %s",
                 n, stat->family, better, worse, p);
}

static bool
is_low(const struct canvas *cv)
{
    return cv->rows < LOW;
}

static struct compare_sides
sides(const struct ontology_state *st)
{
    return (struct compare_sides){st->data.pairs.base_name, st->data.pairs.name};
}

static void
draw_head(const struct ontology_state *st, const struct ui *ui, struct canvas *cv)
{
    const struct comparison *overall = &st->data.pairs.overall;

    ui_draw_choice(ui, cv, 0);
    draw_part(st, cv, 1);
    if (is_low(cv))
        return;
    draw_method(st, cv, 2);
    if (overall->n_rows)
        compare_draw_row(&overall->row[0], sides(st), st->rows.ascii, "all cells", cv,
                         3);
}

/* "T cell  CL:0000084  12 of 15 classes have cells: 690  (no class itself)" */
static void
draw_node(const struct class_node *x, struct canvas *cv, int row)
{
    int col = 1;

    col += canvas_text(cv, row, col, cv->cols / 2, STYLE_BOLD, x->name) + 2;
    if (*x->term_id)
        col += canvas_text(cv, row, col, -1, STYLE_DIM, x->term_id) + 2;
    else
        col += canvas_text(cv, row, col, -1, STYLE_WARN, "not in the ontology") + 2;
    col += canvas_textf(cv, row, col, -1, STYLE_TEXT, "%zu of %zu class%s, %.0f cells",
                        x->n_scored, x->n_classes, x->n_classes == 1 ? "" : "es",
                        x->cells);
    if (!x->label)
        canvas_text(cv, row, col, -1, STYLE_DIM, "; no class itself");
    else if (strcmp(x->label, x->name) != 0)
        canvas_textf(cv, row, col, -1, STYLE_DIM, "; class %s", x->label);
}

static void
draw_parents(const struct class_tree *t, size_t node, struct canvas *cv, int row)
{
    struct strbuf parents = {0};
    size_t n = t->node[node].n_parents;

    class_tree_parents_text(t, node, CLASS_TREE_NONE, &parents);
    if (n)
        canvas_textf(cv, row, 1, -1, n > 1 ? STYLE_WARN : STYLE_DIM, "%s: %s",
                     n > 1 ? "counted once, hangs under" : "under",
                     strbuf_str(&parents));
    strbuf_release(&parents);
}

static int
foot_rows(const struct canvas *cv, const struct strbuf *missing)
{
    return is_low(cv) ? 1 : FOOT + (missing->len > 0);
}

/* The node under the cursor, and seeds without a partner. */
static void
draw_foot(const struct ontology_state *st, struct canvas *cv,
          const struct strbuf *missing)
{
    const struct class_tree *t = &st->data.tree;
    int row = cv->rows - foot_rows(cv, missing);
    size_t node = node_of(st);
    const struct compare_row *r =
        node == CLASS_TREE_NONE ? NULL : class_tree_row(t, node);

    if (!is_low(cv) && node != CLASS_TREE_NONE) {
        draw_node(&t->node[node], cv, row++);
        draw_parents(t, node, cv, row + 1);
    }
    if (r)
        compare_draw_row(r, sides(st), st->rows.ascii, "", cv, row);
    else if (node != CLASS_TREE_NONE)
        canvas_text(cv, row, 1, -1, STYLE_DIM,
                    "no class at or below it has cells in this evaluation");
    if (missing->len && !is_low(cv))
        canvas_text(cv, cv->rows - 1, 1, -1, STYLE_WARN, strbuf_str(missing));
}

static void
draw_table(struct ontology_state *st, struct canvas *cv, const struct strbuf *missing)
{
    int head = is_low(cv) ? HEAD_LOW : HEAD;

    int rows = cv->rows - head - foot_rows(cv, missing);

    list_draw(st->at_seeds ? &st->seeds : &st->rows.list, cv, head, rows, cv->cols);
    if (st->data.tree.stat.n_rows == 0) {
        canvas_fill(cv, head + 1, 0, rows - 1, cv->cols, ' ', STYLE_TEXT);
        compare_why_draw(strbuf_str(&st->data.pairs.none), cv, head + 2);
    }
    if (st->data.tree.stat.n_rows && st->rows.list.n == 0)
        canvas_textf(cv, head + 2, 2, -1, STYLE_DIM,
                     "No term has a difference of %.3g or more.", st->rows.min_delta);
}

static void
ontology_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct ontology_state *st = state;

    if (st->pending && clock_mono_s() >= st->due_s)
        read_again(st, ui);
    ui->model.late = ui->model.late || st->pending;
    if (!choice_group(&ui->choice)) {
        ui_draw_empty(ui, cv);
        return;
    }
    struct strbuf missing = {0};
    compare_missing_text(choice_group(&ui->choice),
                         strbuf_str(&st->data.pairs.unmatched),
                         strbuf_str(&st->data.pairs.unscored), &missing);
    draw_head(st, ui, cv);
    draw_table(st, cv, &missing);
    draw_foot(st, cv, &missing);
    strbuf_release(&missing);
}

static void
draw_seed_bar(void *ctx, const struct list_row *row, size_t col, struct canvas *cv,
              int r, int c, int width, bool selected)
{
    const struct ontology_state *st = ctx;

    (void)selected;
    chart_delta_bar(cv, r, c, width, row->cell[col].num, st->rows.limit);
}

/* --- actions --- */

static void
show_seeds(struct ontology_state *st)
{
    const struct list_row *cur = list_current(&st->rows.list);

    if (st->at_seeds || !cur)
        return;
    st->at_seeds = true;
    st->seed_key = cur->key;
    fill_seeds(st);
}

static void
set_min_delta(struct ontology_state *st, double x)
{
    st->rows.min_delta = x;
    fill_rows(st);
}

/* The next of a few thresholds; behind the last: none. */
static void
step_min_delta(struct ontology_state *st)
{
    static const double step[] = {.01, .02, .05, .1, 0};
    size_t i = 0;

    while (step[i] > 0 && step[i] <= st->rows.min_delta)
        i++;
    set_min_delta(st, step[i]);
}

static void
ask_min_delta(struct ontology_state *st, struct ui *ui)
{
    char now[32] = "";

    st->typed_from = st->rows.min_delta;
    if (st->rows.min_delta > 0)
        snprintf(now, sizeof now, "%.3g", st->rows.min_delta);
    ui_prompt(ui, ACT_THRESHOLD_TYPE, now, "|delta| at least: ");
}

static void
ontology_input(void *state, struct ui *ui, enum action what, const char *text,
               enum input_phase phase)
{
    struct ontology_state *st = state;
    char *end;
    double x = strtod(text, &end);
    bool is_number = *end == '\0' && x >= 0 && x <= 1;

    if (what != ACT_THRESHOLD_TYPE)
        return;
    if (phase == INPUT_DISCARD)
        set_min_delta(st, st->typed_from);
    else if (is_number)
        set_min_delta(st, x);
    else if (phase == INPUT_ACCEPT)
        ui_say(ui, STYLE_WARN, "not a difference between 0 and 1: %s", text);
}

static void
show_all_terms(struct ontology_state *st, struct ui *ui)
{
    st->all_terms = !st->all_terms;
    read_rows(st, ui);
    ui_say(ui, STYLE_DIM, "%s",
           st->all_terms
               ? "every term at or above a class"
               : "without terms that have the same classes below as one of their "
                 "children");
}

/* Actions on the tree. */
static bool
act_on_tree(struct ontology_state *st, struct ui *ui, enum action a)
{
    if (a == ACT_EXPAND_ALL)
        ontology_rows_open_all(&st->rows);
    else if (a == ACT_THRESHOLD)
        step_min_delta(st);
    else if (a == ACT_THRESHOLD_TYPE)
        ask_min_delta(st, ui);
    else if (a == ACT_ALL_TERMS)
        show_all_terms(st, ui);
    else
        return ontology_rows_act(&st->rows, a);
    return true;
}

static bool
ontology_is_inside(const void *state)
{
    return ((const struct ontology_state *)state)->at_seeds;
}

static bool
ontology_act(void *state, struct ui *ui, enum action a)
{
    struct ontology_state *st = state;

    ontology_rows_remember(&st->rows);
    if (a == ACT_ENTER) {
        show_seeds(st);
        return true;
    }
    if (st->at_seeds && (a == ACT_BACK || a == ACT_CLOSE || a == ACT_LEFT)) {
        st->at_seeds = false;
        return true;
    }
    if (ui_choose(ui, a)) {
        read_rows(st, ui);
        return true;
    }
    return !st->at_seeds && act_on_tree(st, ui, a);
}

static void
ontology_open(void *state, struct ui *ui)
{
    struct ontology_state *st = state;

    ontology_data_init(&st->data, &ui->choice);
    ontology_rows_init(&st->rows);
    compare_seeds_init(&st->seeds, st->seed_column);
    st->seeds.draw_cell = draw_seed_bar;
    st->seeds.ctx = st;
}

static void
ontology_close(void *state)
{
    struct ontology_state *st = state;

    ontology_data_release(&st->data);
    ontology_rows_release(&st->rows);
    list_release(&st->seeds);
}

static void
ontology_show(void *state, struct ui *ui)
{
    struct ontology_state *st = state;

    (void)ui;
    st->due_s = 0;
    st->seen = 0;
}

static struct list *
ontology_list(void *state)
{
    struct ontology_state *st = state;

    return st->at_seeds ? &st->seeds : &st->rows.list;
}

#define AT(field) offsetof(struct ontology_state, field)
static const struct setting settings[] = {
    {"", SETTING_LIST, AT(rows.list), NULL, 0, 0, NULL},
    {"seeds", SETTING_LIST, AT(seeds), NULL, 0, 0, NULL},
    {"all_terms", SETTING_BOOL, AT(all_terms), NULL, 0, 0,
     "terms too that have the same classes below as one of their children"},
};
#undef AT

const struct view view_ontology = {
    .name = "ontology",
    .title = "Ontology",
    .help = "CE against HCE over the Cell Ontology: every node stands for the classes "
            "below it.",
    .command = "hcelab ontology --eval NAME --rule RULE",
    .context = {CTX_ONTOLOGY, CTX_LIST},
    .state_size = sizeof(struct ontology_state),
    .open = ontology_open,
    .close = ontology_close,
    .show = ontology_show,
    .refresh = ontology_refresh,
    .draw = ontology_draw,
    .act = ontology_act,
    .is_inside = ontology_is_inside,
    .input = ontology_input,
    .list = ontology_list,
    .export = ontology_export,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};
