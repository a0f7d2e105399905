/* view_diff.c - in what the marked runs and groups differ: a row for each key, a column
 * for each of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/store_diff.h"
#include "tui/diff_what.h"
#include "tui/list.h"
#include "tui/ui.h"

enum { KEY, FIRST, HEAD = 1, VALUE_COLS = 14 };

struct diff_state {
    struct list list;
    struct list_column column[FIRST + DIFF_MAX];
    char name[DIFF_MAX][24], title[DIFF_MAX][288];
    struct diff_what what; /* that the columns stand for */
    size_t n_keys, n_differ;
    bool all; /* keys that are alike too */
};

/* --- columns --- */

static void
make_columns(struct diff_state *st)
{
    list_release(&st->list);
    st->column[KEY] = (struct list_column){
        .name = "key", .title = "KEY", .width = 12, .grow = 2, .max = 28, .hugs = true};
    for (size_t i = 0; i < st->what.n; i++) {
        snprintf(st->name[i], sizeof st->name[i], "v%zu", i + 1);
        diff_what_title(&st->what.item[i], st->title[i], sizeof st->title[i]);
        st->column[FIRST + i] = (struct list_column){.name = st->name[i],
                                                     .title = st->title[i],
                                                     .width = VALUE_COLS,
                                                     .grow = 2,
                                                     .max = 70};
    }
    list_init(&st->list, st->column, FIRST + st->what.n);
}

/* --- rows --- */

/* A group is shown by one of its runs; what tells its runs apart is put right. */
static void
put_groups(const struct diff_what *what, struct store_diff *d)
{
    for (size_t r = 0; r < d->n; r++)
        for (size_t i = 0; i < what->n; i++) {
            const struct diff_item *item = &what->item[i];
            if (item->n_seeds > 1 && strcmp(d->row[r].key, "seed") == 0)
                store_diff_set(d, r, i, item->seeds);
            if (item->n_seeds > 1 && strcmp(d->row[r].key, "name") == 0)
                store_diff_set(d, r, i, "(several)");
        }
}

static void
fill(struct diff_state *st, const struct store_diff *d)
{
    st->n_keys = d->n;
    st->n_differ = 0;
    list_begin(&st->list);
    for (size_t r = 0; r < d->n; r++) {
        const struct store_diff_row *row = &d->row[r];
        st->n_differ += row->differs;
        if (!row->differs && !st->all)
            continue;
        size_t at = list_row(&st->list, keyset_hash(0, row->key), LIST_ROOT);
        list_text(&st->list, at, KEY, row->differs ? STYLE_BOLD : STYLE_DIM, "%s",
                  row->key);
        for (size_t i = 0; i < d->n_runs; i++)
            list_text(&st->list, at, FIRST + i, row->value[i] ? STYLE_TEXT : STYLE_DIM,
                      "%s", row->value[i] ? row->value[i] : "-");
    }
    list_end(&st->list);
}

static void
diff_refresh(void *state, struct ui *ui)
{
    struct diff_state *st = state;
    int64_t id[DIFF_MAX];
    struct store_diff d;
    struct errbuf eb;

    for (size_t i = 0; i < st->what.n; i++)
        id[i] = st->what.item[i].run_id;
    if (!ui->model.store || st->what.n == 0)
        return;
    if (store_runs_diff(ui->model.store, id, st->what.n, &d, &eb)) {
        ui_say(ui, STYLE_WARN, "%s", eb.text);
        return;
    }
    put_groups(&st->what, &d);
    fill(st, &d);
    store_diff_release(&d);
}

static void
diff_show(void *state, struct ui *ui)
{
    struct diff_state *st = state;

    st->what = ui->diff;
    make_columns(st);
}

/* --- drawing and actions --- */

static void
diff_draw(void *state, struct ui *ui, struct canvas *cv)
{
    struct diff_state *st = state;

    (void)ui;
    canvas_textf(cv, 0, 1, -1, STYLE_DIM, "%zu of %zu keys differ%s", st->n_differ,
                 st->n_keys, st->all ? "; all are shown" : "");
    list_draw(&st->list, cv, HEAD, cv->rows - HEAD, cv->cols);
    if (st->n_differ == 0 && !st->all)
        canvas_text(cv, HEAD + 2, 2, -1, STYLE_DIM, "They differ in nothing.");
}

static bool
diff_act(void *state, struct ui *ui, enum action a)
{
    struct diff_state *st = state;

    if (a != ACT_ALL)
        return false;
    st->all = !st->all;
    diff_refresh(st, ui);
    return true;
}

static void
diff_close(void *state)
{
    list_release(&((struct diff_state *)state)->list);
}

static struct list *
diff_list(void *state)
{
    return &((struct diff_state *)state)->list;
}

const struct view view_diff = {
    .name = "diff",
    .title = "Diff",
    .help = "In what the marked runs or groups differ: the keys of their specs.",
    .command = "hcelab diff RUN RUN...",
    .context = {CTX_DIFF, CTX_LIST},
    .state_size = sizeof(struct diff_state),
    .close = diff_close,
    .show = diff_show,
    .refresh = diff_refresh,
    .draw = diff_draw,
    .act = diff_act,
    .list = diff_list,
};
