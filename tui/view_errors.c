/* view_errors.c - where the cells of a class went under CE and under HCE: all classes ->
 * the confusions of one -> its seeds. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/compare_cells.h"
#include "tui/compare_why.h"
#include "tui/error_kinds.h"
#include "tui/errors_classes.h"
#include "tui/errors_confusions.h"
#include "tui/errors_data.h"
#include "tui/paired_cells.h"
#include "tui/settings.h"
#include "tui/ui.h"

enum { IDLE_FACTOR = 20 };
enum {
    SMALL = 15, /* rows below which head and foot are one line */
    NARROW = 70 /* columns below which that line is short */
};

enum level { AT_CLASSES, AT_CONFUSIONS, AT_SEEDS };

struct errors_state {
    struct errors_data data;
    enum error_kind kind; /* of the columns */
    struct errors_classes classes;
    struct errors_confusions confusions;
    struct list seeds;
    enum level level;
    char *label;       /* owned; class of the confusions, NULL: all cells */
    uint64_t seed_key; /* confusion of the seeds */
    double due_s;      /* clock_mono_s before which the store is not looked at again */
    bool pending;      /* it should have been */
    unsigned seen;     /* model.results when it was */
    double spent_s;    /* on looking, of the time of the next frame */
    bool ascii;
};

/* --- rows --- */

/* The class of the confusions: SIZE_MAX - 1 if it is none any more. */
static size_t
class_of(const struct errors_state *st)
{
    size_t c = st->label ? errors_find(&st->data.errors, st->label) : ERRORS_ALL;

    return st->label && c == SIZE_MAX ? SIZE_MAX - 1 : c;
}

static const struct confusion_row *
confusion_of(const struct errors_state *st)
{
    return errors_confusions_find(&st->confusions, st->seed_key);
}

/* What is gone from the table is left. */
static void
fill(struct errors_state *st)
{
    const struct error_table *t = &st->data.table;

    errors_classes_fill(&st->classes, t, st->kind, st->ascii);
    if (st->level != AT_CLASSES && !error_table_find(t, class_of(st)))
        st->level = AT_CLASSES;
    errors_confusions_fill(&st->confusions, st->level == AT_CLASSES ? NULL : t,
                           class_of(st), st->ascii);
    if (st->level == AT_SEEDS && !confusion_of(st))
        st->level = AT_CONFUSIONS;
    errors_seeds_fill(&st->seeds, t, class_of(st),
                      st->level == AT_SEEDS ? confusion_of(st) : NULL);
}

static void
fill_again(struct errors_state *st)
{
    errors_data_compute(&st->data);
    fill(st);
}

/* Look at the store, and rest for a while in proportion to what that cost. */
static void
look(struct errors_state *st, struct ui *ui)
{
    double start = clock_mono_s();

    ui_read_choice(ui);
    errors_data_look(&st->data, ui->model.store);
    st->pending = false;
    st->seen = ui->model.results;
    st->spent_s += clock_mono_s() - start;
    st->due_s = clock_mono_s() + IDLE_FACTOR * (clock_mono_s() - start);
}

static void
errors_refresh(void *state, struct ui *ui)
{
    struct errors_state *st = state;

    if (st->seen == ui->model.results)
        return; /* that runs go on changes nothing here */
    if (clock_mono_s() >= st->due_s)
        look(st, ui);
    else
        st->pending = true;
}

/* --- drawing: what is asked --- */

/* What the shares on the screen are shares of. */
static const char *
whole_text(const struct errors_state *st)
{
    const struct error_question *q = &st->data.question;
    bool all = st->level != AT_CLASSES && !st->label;

    return q->of_wrong       ? "shares of the wrong ones"
           : all             ? "shares of all cells"
           : q->by_predicted ? "shares of the cells called so"
                             : "shares of the class's cells";
}

static void
draw_classes_topic(const struct errors_state *st, struct canvas *cv, int row)
{
    const struct error_question *q = &st->data.question;
    int col = 1 + canvas_text(cv, row, 1, -1, STYLE_ACCENT, error_kind_name(st->kind));

    col += canvas_textf(cv, row, col, -1, STYLE_DIM, " predictions by %s class",
                        q->by_predicted ? "predicted" : "true");
    if (q->of_wrong && st->kind == ERROR_WRONG)
        canvas_text(cv, row, col, -1, STYLE_DIM,
                    ", of its cells; relations: of the wrong ones");
    else
        canvas_textf(cv, row, col, -1, STYLE_DIM, "; %s", whole_text(st));
}

/* A name, what is shown of it, and where there is room the whole of the shares. */
static void
draw_topic(const struct errors_state *st, struct canvas *cv, int row)
{
    const struct confusion_row *c = st->level == AT_SEEDS ? confusion_of(st) : NULL;
    const char *whole = cv->cols < NARROW ? "" : whole_text(st);
    const char *what = c                                ? " by seed"
                       : !st->label                     ? ": the largest confusions"
                       : st->data.question.by_predicted ? ": what was called it"
                                                        : ": where its cells went";
    int room = cv->cols - 4 - (int)strlen(what) - (int)strlen(whole), col = 1;

    if (st->level == AT_CLASSES) {
        draw_classes_topic(st, cv, row);
        return;
    }
    if (c)
        col += canvas_textf(cv, row, col, room, STYLE_BOLD, "%s > %s", c->from, c->to);
    else
        col += canvas_text(cv, row, col, room, STYLE_BOLD,
                           st->label ? st->label : "all cells");
    canvas_textf(cv, row, col, -1, STYLE_DIM, "%s%s%s", what, *whole ? "; " : "",
                 whole);
}

static void
draw_method(const struct errors_state *st, struct canvas *cv, int row)
{
    const struct errors_data *d = &st->data;
    size_t n = d->errors.S;
    int col = 1;

    if (n < 2)
        col +=
            canvas_textf(cv, row, col, -1, STYLE_DIM,
                         "%zu pair%s of seeds: not testable; ", n, n == 1 ? "" : "s");
    else if (st->level == AT_CLASSES)
        col += canvas_textf(cv, row, col, -1, STYLE_DIM,
                            "%zu pairs of seeds; paired t, Holm over %zu tested; ", n,
                            d->table.family[st->kind]);
    else
        col += canvas_textf(cv, row, col, -1, STYLE_DIM,
                            "%zu pairs of seeds; paired t, not adjusted; ", n);
    col += canvas_text(cv, row, col, -1, STYLE_DIM,
                       d->question.exact ? "descendants are wrong"
                                         : "descendants are right");
    const struct confusion_list *l = &st->confusions.rows;
    if (st->level == AT_CONFUSIONS && l->n < l->n_all)
        canvas_textf(cv, row, col, -1, STYLE_DIM, "; %zu of %zu", l->n, l->n_all);
}

static void
draw_head(const struct errors_state *st, const struct ui *ui, struct canvas *cv)
{
    if (cv->rows < SMALL) {
        draw_topic(st, cv, 0);
        return;
    }
    ui_draw_choice(ui, cv, 0);
    draw_topic(st, cv, 1);
    draw_method(st, cv, 2);
}

/* --- drawing: the foot --- */

/* The row that the foot is about: under the cursor, or the class that is looked into. */
static const struct error_row *
row_of_foot(const struct errors_state *st)
{
    const struct list_row *cur = list_current(&st->classes.list);

    if (st->level != AT_CLASSES)
        return error_table_find(&st->data.table, class_of(st));
    return cur ? errors_classes_find(&st->data.table, cur->key) : NULL;
}

/* Classes with fewer and more of the kind under HCE, and what Holm leaves of that. */
static void
draw_tally(const struct errors_state *st, struct canvas *cv, int row)
{
    const struct error_table *t = &st->data.table;
    size_t n[2] = {0}, tested[2] = {0}, equal = 0;
    bool judged = st->kind == ERROR_WRONG || st->kind == ERROR_SAME;

    for (size_t i = 1; i < t->n; i++) {
        const struct error_stat *x = &t->row[i].stat[st->kind];
        bool more = x->s.d_mean > 0;
        n[more] += x->s.d_mean < 0 || more;
        equal += x->s.d_mean == 0;
        tested[more] += *error_verdict(st->kind, x) != '\0';
    }
    bool less_is_good = st->kind == ERROR_WRONG;
    canvas_textf(cv, row, 1, -1, STYLE_TEXT,
                 judged ? "fewer/equal/more %s by HCE: %zu/%zu/%zu of %zu; after Holm: "
                          "v better %zu, * worse %zu"
                        : "fewer/equal/more %s by HCE: %zu/%zu/%zu of %zu; after Holm: "
                          "- fewer %zu, + more %zu",
                 error_kind_name(st->kind), n[0], equal, n[1], t->n ? t->n - 1 : 0,
                 judged && !less_is_good ? tested[1] : tested[0],
                 judged && !less_is_good ? tested[0] : tested[1]);
}

/* The confusion under the cursor, or that of the seeds. */
static const struct confusion_row *
confusion_of_foot(const struct errors_state *st)
{
    const struct list_row *cur = list_current(&st->confusions.list);

    if (st->level == AT_SEEDS)
        return confusion_of(st);
    return cur ? errors_confusions_find(&st->confusions, cur->key) : NULL;
}

static void
draw_confusion(const struct confusion_row *c, struct canvas *cv, int row)
{
    char interval[PAIRED_TEXT], delta[FMT_SIZE];

    fmt_delta(c->share.d_mean, delta);
    paired_interval_text(&c->share, interval);
    int col = 1 + canvas_textf(cv, row, 1, -1, STYLE_TEXT, "HCE-CE %s %s %s: ", delta,
                               interval, error_kind_name(c->c.kind));
    canvas_textf(cv, row, col, -1, STYLE_BOLD, "%s > %s", c->from, c->to);
}

static int
draw_small_foot(const struct errors_state *st, struct canvas *cv,
                const struct error_row *r, const struct confusion_row *c)
{
    if (c)
        error_line_draw(cv, cv->rows - 1, STYLE_TEXT, &c->share);
    else if (r)
        error_line_draw(cv, cv->rows - 1,
                        error_verdict_style(st->kind, &r->stat[st->kind]),
                        &r->stat[st->kind].s);
    return 1;
}

/* Relations of the row under the cursor, a line about the table, and what is missing; the
 * rows that this takes. */
static int
draw_foot(const struct errors_state *st, struct canvas *cv)
{
    const struct error_row *r = row_of_foot(st);
    const struct confusion_row *c =
        st->level == AT_CLASSES ? NULL : confusion_of_foot(st);
    struct strbuf missing = {0};

    if (cv->rows < SMALL)
        return draw_small_foot(st, cv, r, c);
    const struct store_group *g = choice_group(st->data.choice);
    compare_missing_text(g, g->unmatched, strbuf_str(&st->data.unscored), &missing);
    if (st->data.unconfused.len)
        strbuf_addf(&missing, "%sno confusions: %s", missing.len ? "  " : "",
                    strbuf_str(&st->data.unconfused));
    int rows = ERROR_PANEL_ROWS + 1 + (missing.len > 0), row = cv->rows - rows;
    if (r)
        error_panel_draw(cv, row, r);
    if (c)
        draw_confusion(c, cv, row + ERROR_PANEL_ROWS);
    else if (st->level == AT_CLASSES)
        draw_tally(st, cv, row + ERROR_PANEL_ROWS);
    if (missing.len)
        canvas_text(cv, cv->rows - 1, 1, -1, STYLE_WARN, strbuf_str(&missing));
    strbuf_release(&missing);
    return rows;
}

/* --- drawing --- */

static struct list *
errors_list(void *state)
{
    struct errors_state *st = state;

    return st->level == AT_SEEDS        ? &st->seeds
           : st->level == AT_CONFUSIONS ? &st->confusions.list
                                        : &st->classes.list;
}

static void
draw_bar(void *ctx, const struct list_row *row, size_t col, struct canvas *cv, int r,
         int c, int width, bool selected)
{
    const struct errors_state *st = ctx;

    (void)selected;
    errors_classes_draw_bar(&st->data.table, row, col, cv, r, c, width);
}

/* Why there are no rows; NULL if there are. */
static const char *
why_empty(const struct errors_state *st)
{
    if (!st->data.current)
        return st->data.reading ? "Reading the confusions ..."
                                : "The confusions cannot be read now.";
    return st->data.none.len ? strbuf_str(&st->data.none) : NULL;
}

/* Read on, as far as this frame has time; what cannot be read is tried again. */
static void
read_on(struct errors_state *st, struct ui *ui)
{
    const struct errors_data *d = &st->data;

    if (st->pending && clock_mono_s() >= st->due_s)
        look(st, ui);
    if (errors_data_read(&st->data, ui->model.store,
                         ui->model.deadline_s - st->spent_s))
        fill(st);
    st->spent_s = 0;
    if (!d->current && !d->reading && choice_group(&ui->choice))
        st->pending = true;
    if (ui->model.store && (st->pending || d->reading))
        ui->model.late = true;
}

static void
errors_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct errors_state *st = state;

    read_on(st, ui);
    if (!choice_group(&ui->choice)) {
        ui_draw_empty(ui, cv);
        return;
    }
    const char *why = why_empty(st);
    int head = cv->rows < SMALL ? 1 : 3;
    draw_head(st, ui, cv);
    if (why) {
        compare_why_draw(why, cv, head + 1);
        if (st->data.reading)
            canvas_textf(cv, head + 2, 2, -1, STYLE_DIM, "%zu of %zu runs",
                         st->data.n_read, 2 * st->data.n_pairs);
        return;
    }
    int foot = draw_foot(st, cv);
    errors_classes_fit(&st->classes, cv->cols);
    list_draw(errors_list(st), cv, head, cv->rows - head - foot, cv->cols);
}

/* --- actions --- */

static void
set_label(struct errors_state *st, const char *label)
{
    char *copy = label ? xstrdup(label) : NULL;

    free(st->label);
    st->label = copy;
}

/* From a class to its confusions, from a confusion to its seeds. */
static void
drill(struct errors_state *st)
{
    const struct list_row *cur = list_current(errors_list(st));
    const struct error_row *r;

    if (!cur || st->level == AT_SEEDS || why_empty(st))
        return;
    if (st->level == AT_CONFUSIONS) {
        st->seed_key = cur->key;
        st->level = AT_SEEDS;
    } else if ((r = errors_classes_find(&st->data.table, cur->key))) {
        set_label(st, r->class_index == ERRORS_ALL ? NULL : r->label);
        st->level = AT_CONFUSIONS;
        st->confusions.list.cursor_key = 0;
        st->confusions.list.cursor = 0;
    }
    fill(st);
}

/* False if there is nothing to come back from. */
static bool
rise(struct errors_state *st)
{
    if (st->level == AT_CLASSES)
        return false;
    st->level = st->level == AT_SEEDS ? AT_CONFUSIONS : AT_CLASSES;
    fill(st);
    return true;
}

static bool
errors_is_inside(const void *state)
{
    return ((const struct errors_state *)state)->level != AT_CLASSES;
}

/* Another evaluation, rule or configuration. */
static void
choose_again(struct errors_state *st, struct ui *ui, enum action a)
{
    double start = clock_mono_s();

    if (a == ACT_RULE)
        fill_again(st);
    else
        errors_data_look(&st->data, ui->model.store);
    st->spent_s += clock_mono_s() - start;
}

static bool
errors_act(void *state, struct ui *ui, enum action a)
{
    struct errors_state *st = state;
    struct error_question *q = &st->data.question;

    if (a == ACT_ENTER) {
        drill(st);
    } else if (a == ACT_BACK || a == ACT_CLOSE) {
        return rise(st);
    } else if (a == ACT_KIND_NEXT || a == ACT_KIND_PREV) {
        st->kind = error_kind_step(st->kind, a == ACT_KIND_NEXT ? 1 : -1);
        fill(st);
    } else if (a == ACT_TURN) {
        q->by_predicted = !q->by_predicted;
        fill_again(st);
    } else if (a == ACT_SHARE) {
        q->of_wrong = !q->of_wrong;
        fill_again(st);
    } else if (ui_choose(ui, a)) {
        choose_again(st, ui, a);
    } else {
        return false;
    }
    return true;
}

static void
errors_open(void *state, struct ui *ui)
{
    struct errors_state *st = state;

    errors_data_init(&st->data, &ui->choice);
    errors_classes_init(&st->classes);
    errors_confusions_init(&st->confusions);
    errors_seeds_init(&st->seeds);
    st->classes.list.draw_cell = draw_bar;
    st->classes.list.ctx = st;
    st->kind = ERROR_WRONG;
    st->ascii = ui->ascii;
}

static void
errors_close(void *state)
{
    struct errors_state *st = state;

    errors_classes_release(&st->classes);
    list_release(&st->seeds);
    errors_confusions_release(&st->confusions);
    errors_data_release(&st->data);
    free(st->label);
}

/* The rule may have been changed in another view. */
static void
errors_show(void *state, struct ui *ui)
{
    struct errors_state *st = state;

    (void)ui;
    st->due_s = 0;
    st->seen = 0;
    if (st->data.current)
        fill_again(st);
}

static const char *
kind_name(size_t i)
{
    return i < ERROR_KINDS ? error_kind_name((enum error_kind)i) : NULL;
}

#define AT(field) offsetof(struct errors_state, field)
static const struct setting settings[] = {
    {"", SETTING_LIST, AT(classes.list), NULL, 0, 0, NULL},
    {"confusions", SETTING_LIST, AT(confusions.list), NULL, 0, 0, NULL},
    {"seeds", SETTING_LIST, AT(seeds), NULL, 0, 0, NULL},
    {"kind", SETTING_CHOICE, AT(kind), kind_name, 0, 0,
     "predictions that the columns are about"},
    {"by_predicted", SETTING_BOOL, AT(data.question.by_predicted), NULL, 0, 0,
     "what was called a class, not where its cells went"},
    {"of_wrong", SETTING_BOOL, AT(data.question.of_wrong), NULL, 0, 0,
     "relations as shares of the wrong predictions"},
};
#undef AT

const struct view view_errors = {
    .name = "errors",
    .title = "Errors",
    .help = "Where the cells of a class went under CE and under HCE.",
    .command = "hcelab errors --eval NAME --rule RULE",
    .context = {CTX_ERRORS, CTX_LIST},
    .state_size = sizeof(struct errors_state),
    .open = errors_open,
    .close = errors_close,
    .show = errors_show,
    .refresh = errors_refresh,
    .draw = errors_draw,
    .act = errors_act,
    .is_inside = errors_is_inside,
    .list = errors_list,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};
