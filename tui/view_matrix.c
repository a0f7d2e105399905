/* view_matrix.c - which runs are done, open, failed or missing: configurations and losses
 * by seeds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"
#include "store/seed_matrix.h"
#include "tui/list.h"
#include "tui/ui.h"

enum { HEAD = 1, FOOT = 3, ALL_KEY = 1 };

enum {
    NAME,
    LOSS,
    DONE,
    OPEN,
    FAILED,
    MISSING,
    PLACES,
    PAIR_KEY,
    MISSING_SEEDS,
    FAILED_SEEDS,
    N_COLS
};

static const struct list_column columns[N_COLS] = {
    [NAME] = {.name = "name",
              .title = "CONFIGURATION",
              .width = 14,
              .grow = 2,
              .max = 48,
              .hugs = true},
    [LOSS] = {.name = "loss", .title = "LOSS", .width = 4},
    [PLACES] = {.name = "seeds",
                .title = "SEEDS",
                .width = 12,
                .grow = 6,
                .drawn = true,
                .is_left = true},
    [DONE] = {.name = "n_succeeded", .title = "DONE", .type = LIST_INT, .width = 4},
    [OPEN] =
        {.name = "n_open", .title = "OPEN", .type = LIST_INT, .width = 4, .rank = 2},
    [FAILED] =
        {.name = "n_failed", .title = "FAIL", .type = LIST_INT, .width = 4, .rank = 1},
    [MISSING] = {.name = "n_missing", .title = "MISS", .type = LIST_INT, .width = 4},
    [PAIR_KEY] = {.name = "pair_key"},
    [MISSING_SEEDS] = {.name = "missing_seeds"},
    [FAILED_SEEDS] = {.name = "failed_seeds"},
};

struct matrix_state {
    struct list list;
    struct seed_matrix matrix; /* of the model's runs */
    size_t first;              /* seed at the left */
    size_t fits;               /* seeds that fit, of the last drawing */
    int at, width;             /* columns of the places, of the last drawing */
};

static const enum style place_style[SEED_STATE_COUNT] = {
    [SEED_EMPTY] = STYLE_DIM,      [SEED_MISSING] = STYLE_WARN,
    [SEED_CANCELLED] = STYLE_WARN, [SEED_FAILED] = STYLE_BAD,
    [SEED_SUCCEEDED] = STYLE_GOOD, [SEED_PAUSED] = STYLE_WARN,
    [SEED_QUEUED] = STYLE_DIM,     [SEED_RUNNING] = STYLE_ACCENT,
};

/* --- rows --- */

static uint64_t
row_key(const struct seed_row *r)
{
    uint64_t h = keyset_hash(keyset_hash(0, r->experiment), r->pair_key);

    return keyset_hash(h, r->loss) | 1ull << 63;
}

static const struct seed_row *
find_row(const struct seed_matrix *m, uint64_t key)
{
    for (size_t i = 0; i < m->n_rows; i++)
        if (row_key(&m->row[i]) == key)
            return &m->row[i];
    return NULL;
}

static void
put_counts(struct list *l, size_t row, const size_t count[SEED_STATE_COUNT])
{
    const struct {
        size_t col, n;
        enum style style;
    } cell[] = {
        {DONE, count[SEED_SUCCEEDED], STYLE_TEXT},
        {OPEN, count[SEED_RUNNING] + count[SEED_QUEUED] + count[SEED_PAUSED],
         STYLE_TEXT},
        {FAILED, count[SEED_FAILED] + count[SEED_CANCELLED], STYLE_BAD},
        {MISSING, count[SEED_MISSING], STYLE_WARN},
    };

    for (size_t i = 0; i < sizeof cell / sizeof cell[0]; i++)
        list_num_text(l, row, cell[i].col, (double)cell[i].n,
                      cell[i].n ? cell[i].style : STYLE_DIM, "%zu", cell[i].n);
}

static void
add_row(struct matrix_state *st, const struct seed_row *r)
{
    struct list *l = &st->list;
    size_t row = list_row(l, row_key(r), LIST_ROOT);
    struct strbuf missing = {0}, failed = {0};

    if (r->is_ambiguous)
        list_text(l, row, NAME, STYLE_TEXT, "%s %s %.4s", r->experiment, r->model,
                  r->pair_key);
    else
        list_text(l, row, NAME, STYLE_TEXT, "%s %s", r->experiment, r->model);
    list_text(l, row, LOSS,
              strcmp(r->loss, "hce") == 0 ? STYLE_SERIES_2 : STYLE_SERIES_1, "%s",
              r->loss);
    put_counts(l, row, r->count);
    list_text(l, row, PAIR_KEY, STYLE_TEXT, "%s", r->pair_key);
    seed_row_seeds(&st->matrix, r, SEED_MISSING, &missing);
    seed_row_seeds(&st->matrix, r, SEED_FAILED, &failed);
    list_text(l, row, MISSING_SEEDS, STYLE_TEXT, "%s", strbuf_str(&missing));
    list_text(l, row, FAILED_SEEDS, STYLE_TEXT, "%s", strbuf_str(&failed));
    strbuf_release(&missing);
    strbuf_release(&failed);
}

/* The first row stands for all. */
static void
add_all(struct matrix_state *st)
{
    size_t row = list_row(&st->list, ALL_KEY, LIST_ROOT);
    size_t count[SEED_STATE_COUNT] = {0};

    for (size_t i = 0; i < st->matrix.n_rows; i++)
        for (size_t s = 0; s < SEED_STATE_COUNT; s++)
            count[s] += st->matrix.row[i].count[s];
    list_text(&st->list, row, NAME, STYLE_BOLD, "everything");
    put_counts(&st->list, row, count);
}

static void
matrix_refresh(void *state, struct ui *ui)
{
    struct matrix_state *st = state;
    const char *loss[LOSS_COUNT];

    for (size_t i = 0; i < LOSS_COUNT; i++)
        loss[i] = loss_name((enum loss_id)i);
    seed_matrix_release(&st->matrix);
    seed_matrix_make(&st->matrix, &ui->model.runs, loss, LOSS_COUNT);
    if (st->first >= st->matrix.n_seeds)
        st->first = 0;
    list_begin(&st->list);
    if (st->matrix.n_rows)
        add_all(st);
    for (size_t i = 0; i < st->matrix.n_rows; i++)
        add_row(st, &st->matrix.row[i]);
    list_end(&st->list);
}

/* --- drawing --- */

/* Columns that a seed takes: its number and a blank. */
static int
seed_cols(const struct seed_matrix *m)
{
    int widest = 1;

    for (size_t s = 0; s < m->n_seeds; s++) {
        int n = snprintf(NULL, 0, "%" PRId64, m->seed[s]);
        widest = n > widest ? n : widest;
    }
    return widest + 1;
}

static void
draw_cell(void *ctx, const struct list_row *row, size_t col, struct canvas *cv, int r,
          int c, int width, bool selected)
{
    struct matrix_state *st = ctx;
    const struct seed_matrix *m = &st->matrix;
    size_t at = (size_t)(row - st->list.row); /* the first stands for all */
    const struct seed_row *x = at ? &m->row[at - 1] : NULL;
    int step = seed_cols(m);

    (void)col;
    (void)selected;
    st->at = c;
    st->width = width;
    st->fits = (size_t)(width / step);
    for (size_t i = 0; x && i < st->fits && st->first + i < m->n_seeds; i++) {
        enum seed_state s = x->place[st->first + i].state;
        canvas_glyph(cv, r, c + (int)(i + 1) * step - 2, place_style[s],
                     seed_state_glyph(s), seed_state_sign(s));
    }
}

/* Numbers of the seeds over their columns. */
static void
draw_seeds(const struct matrix_state *st, struct canvas *cv, int row)
{
    const struct seed_matrix *m = &st->matrix;
    int step = seed_cols(m);

    for (size_t i = 0; i < st->fits && st->first + i < m->n_seeds; i++) {
        char text[24];
        snprintf(text, sizeof text, "%" PRId64, m->seed[st->first + i]);
        canvas_text_right(cv, row, st->at + (int)i * step, step - 1, STYLE_BOLD, text);
    }
    if (st->fits < m->n_seeds)
        canvas_textf(
            cv, row, 1, st->at - 2, STYLE_DIM, "seeds %zu-%zu of %zu", st->first + 1,
            st->first + st->fits < m->n_seeds ? st->first + st->fits : m->n_seeds,
            m->n_seeds);
}

static void
draw_legend(struct canvas *cv, int row)
{
    int col = 1;

    for (enum seed_state s = SEED_STATE_COUNT; s-- > SEED_MISSING;) {
        canvas_glyph(cv, row, col, place_style[s], seed_state_glyph(s),
                     seed_state_sign(s));
        col += 2 + canvas_text(cv, row, col + 2, -1, STYLE_DIM, seed_state_name(s)) + 2;
    }
}

/* "hce missing 2,4  failed 3" of the row under the cursor. */
static void
draw_current(const struct matrix_state *st, struct canvas *cv, int row)
{
    static const enum seed_state said[] = {SEED_MISSING, SEED_FAILED, SEED_CANCELLED,
                                           SEED_RUNNING, SEED_QUEUED, SEED_PAUSED};
    const struct list_row *cur = list_current(&st->list);
    const struct seed_row *r = cur ? find_row(&st->matrix, cur->key) : NULL;
    int col = 1;

    if (!r)
        return;
    col += canvas_textf(cv, row, col, cv->cols / 2, STYLE_BOLD, "%s %s %s",
                        r->experiment, r->model, r->loss) +
           2;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct strbuf seeds = {0};
        seed_row_seeds(&st->matrix, r, said[i], &seeds);
        if (seeds.len)
            col += canvas_textf(cv, row, col, -1, place_style[said[i]], "%s %s",
                                seed_state_name(said[i]), strbuf_str(&seeds)) +
                   2;
        strbuf_release(&seeds);
    }
}

static void
matrix_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct matrix_state *st = state;
    int foot = cv->rows - FOOT;

    if (st->list.n == 0) {
        ui_draw_empty(ui, cv);
        return;
    }
    st->width = 0;
    list_draw(&st->list, cv, HEAD, foot - HEAD, cv->cols);
    if (st->width)
        draw_seeds(st, cv, 0);
    for (int c = 0; c < cv->cols; c++)
        canvas_glyph(cv, foot, c, STYLE_DIM, "─", '-');
    draw_current(st, cv, foot + 1);
    draw_legend(cv, foot + 2);
}

/* --- actions --- */

static bool
is_chosen(const struct matrix_state *st, const struct seed_row *r)
{
    const struct list_row *cur = list_current(&st->list);
    const struct keyset *marked = &st->list.marked;

    if (marked->n)
        return keyset_has(marked, row_key(r)) || keyset_has(marked, ALL_KEY);
    return cur && (cur->key == ALL_KEY || cur->key == row_key(r));
}

/* Ask, then queue the missing runs of the chosen rows. */
static void
queue_missing(struct matrix_state *st, struct ui *ui)
{
    struct strlist argv = {0};
    struct strbuf what = {0};
    size_t n = 0;

    ui_argv(ui, &argv, (const char *const[]){"queue", "missing", NULL});
    for (size_t i = 0; i < st->matrix.n_rows; i++) {
        const struct seed_row *r = &st->matrix.row[i];
        if (r->count[SEED_MISSING] == 0 || !is_chosen(st, r))
            continue;
        char *row = xasprintf("%" PRId64 ":%s", r->like_run_id, r->loss);
        strlist_add(&argv, row);
        free(row);
        strbuf_addf(&what, "%s%s %s %s seed%s ", n ? "; " : "", r->experiment, r->model,
                    r->loss, r->count[SEED_MISSING] == 1 ? "" : "s");
        seed_row_seeds(&st->matrix, r, SEED_MISSING, &what);
        n += r->count[SEED_MISSING];
    }
    size_t room = ui->cols > 90 ? (size_t)ui->cols - 60 : 30;
    char *question = xasprintf("queue %zu run%s: %.*s%s?", n, n == 1 ? "" : "s",
                               (int)(room < 160 ? room : 160), strbuf_str(&what),
                               what.len > room ? " ..." : "");
    if (n)
        ui_run(ui, &argv, question);
    else
        ui_say(ui, STYLE_DIM, "nothing is missing here");
    free(question);
    strbuf_release(&what);
    strlist_release(&argv);
}

static void
retry(struct matrix_state *st, struct ui *ui)
{
    size_t places = st->matrix.n_rows * st->matrix.n_seeds, n = 0;
    const struct store_run **run = xcalloc(places + 1, sizeof *run);

    for (size_t i = 0; i < st->matrix.n_rows; i++)
        for (size_t s = 0; s < st->matrix.n_seeds; s++) {
            const struct seed_place *p = &st->matrix.row[i].place[s];
            if ((p->state == SEED_FAILED || p->state == SEED_CANCELLED) &&
                is_chosen(st, &st->matrix.row[i]) && model_run(&ui->model, p->run_id))
                run[n++] = model_run(&ui->model, p->run_id);
        }
    if (n)
        ui_run_action(ui, ACT_RETRY, run, n, "the chosen rows");
    else
        ui_say(ui, STYLE_DIM, "nothing failed here");
    free(run);
}

static void
scroll(struct matrix_state *st, bool right)
{
    size_t n = st->matrix.n_seeds, last = n > st->fits ? n - st->fits : 0;
    size_t by = st->fits > 1 ? st->fits / 2 : 1;

    if (right)
        st->first = st->first + by < last ? st->first + by : last;
    else
        st->first = st->first > by ? st->first - by : 0;
}

static bool
matrix_act(void *state, struct ui *ui, enum action a)
{
    struct matrix_state *st = state;

    if (a == ACT_QUEUE_MISSING)
        queue_missing(st, ui);
    else if (a == ACT_RETRY)
        retry(st, ui);
    else if (a == ACT_LEFT || a == ACT_RIGHT)
        scroll(st, a == ACT_RIGHT);
    else
        return false;
    return true;
}

static void
matrix_open(void *state, struct ui *ui)
{
    struct matrix_state *st = state;

    (void)ui;
    list_init(&st->list, columns, N_COLS);
    st->list.draw_cell = draw_cell;
    st->list.ctx = st;
    st->list.example = "such as: miss > 0 and loss = hce; or any text";
}

static void
matrix_close(void *state)
{
    struct matrix_state *st = state;

    seed_matrix_release(&st->matrix);
    list_release(&st->list);
}

static struct list *
matrix_list(void *state)
{
    return &((struct matrix_state *)state)->list;
}

const struct view view_matrix = {
    .name = "matrix",
    .title = "Matrix",
    .help =
        "Which runs are done, open, failed or missing: configurations and losses by "
        "seeds.",
    .command = "hcelab runs --matrix",
    .context = {CTX_MATRIX, CTX_LIST},
    .state_size = sizeof(struct matrix_state),
    .open = matrix_open,
    .close = matrix_close,
    .refresh = matrix_refresh,
    .draw = matrix_draw,
    .act = matrix_act,
    .list = matrix_list,
};
