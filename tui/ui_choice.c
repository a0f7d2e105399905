/* ui_choice.c - the question that several views answer: its keys and its line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "tui/ui.h"

enum { WIDE = 100, LEAST = 12 }; /* columns; of the names of experiments */

/* Another configuration; says in which parameters it differs from the one before. */
static void
step_group(struct ui *ui, int by)
{
    struct choice *c = &ui->choice;
    const struct store_group *g = choice_group(c);
    char *before = g ? xstrdup(g->pair_key) : NULL, *diff = NULL;

    choice_step_group(c, by);
    g = choice_group(c);
    if (g && before && strcmp(before, g->pair_key) != 0 && ui->model.store &&
        store_pair_diff(ui->model.store, before, g->pair_key, &diff, NULL) == ERR_OK)
        ui_say(ui, STYLE_DIM, "differs from the one before: %s", diff);
    free(diff);
    free(before);
}

void
ui_read_choice(struct ui *ui)
{
    bool is_new = ui->choice.groups.n == 0 || ui->choice_seen != ui->model.results;

    if (!is_new || !choice_read(&ui->choice, ui->model.store))
        return;
    ui->choice_seen = ui->model.results;
    choice_read_who(&ui->choice, ui->model.store);
}

bool
ui_choose(struct ui *ui, enum action a)
{
    if (a == ACT_EVALUATION)
        choice_step_evaluation(&ui->choice);
    else if (a == ACT_RULE)
        choice_step_rule(&ui->choice);
    else if (a == ACT_GROUP_NEXT || a == ACT_GROUP_PREV)
        step_group(ui, a == ACT_GROUP_NEXT ? 1 : -1);
    else
        return false;
    if (a != ACT_RULE)
        choice_read_who(&ui->choice, ui->model.store);
    return true;
}

/* The experiments of both sides; those of the one there is; or the group's. */
static void
experiments_text(const struct choice *c, char *out, size_t size)
{
    const char *ce = c->ce.experiments, *hce = c->hce.experiments;

    if (ce && hce && strcmp(ce, hce) != 0)
        snprintf(out, size, "%s / %s", ce, hce);
    else
        snprintf(out, size, "%s", ce ? ce : hce ? hce : choice_group(c)->experiment);
}

static bool
all_imported(const struct store_who *w)
{
    return w->n_imported == w->n_runs;
}

/* Where they were trained, if not all of them here. */
static void
origin_text(const struct choice *c, char *out, size_t size)
{
    int64_t n = c->ce.n_imported + c->hce.n_imported;

    if (n == 0)
        out[0] = '\0';
    else if (all_imported(&c->ce) && all_imported(&c->hce))
        snprintf(out, size, " imported");
    else if (all_imported(&c->ce) && c->hce.n_imported == 0)
        snprintf(out, size, " CE imported, HCE own");
    else if (all_imported(&c->hce) && c->ce.n_imported == 0)
        snprintf(out, size, " CE own, HCE imported");
    else
        snprintf(out, size, " %" PRId64 " of %" PRId64 " imported", n,
                 c->ce.n_runs + c->hce.n_runs);
}

/* The file that they learned from, where there is room. */
static void
draw_data(const struct choice *c, struct canvas *cv, int row, int col)
{
    const char *data = c->hce.data ? c->hce.data : c->ce.data;
    const char *slash = data ? strrchr(data, '/') : NULL;

    if (!data || cv->cols < WIDE)
        return;
    col += canvas_text(cv, row, col, -1, STYLE_DIM, "data ");
    canvas_text(cv, row, col, cv->cols - col - 1, STYLE_TEXT,
                slash && slash[1] ? slash + 1 : data);
}

void
ui_draw_choice(const struct ui *ui, struct canvas *cv, int row)
{
    const struct choice *c = &ui->choice;
    const struct store_group *g = choice_group(c);
    const char *evaluation = c->evaluation ? c->evaluation : "none yet";
    char experiments[256], origin[64], key[64];
    int col = 1;

    experiments_text(c, experiments, sizeof experiments);
    origin_text(c, origin, sizeof origin);
    snprintf(key, sizeof key, "%.8s (%zu of %zu)", g->pair_key, c->group + 1,
             c->groups.n);
    /* All but the experiments must be seen. */
    int rest = (int)(utf8_width(g->model) + strlen(origin) + strlen(key) +
                     utf8_width(evaluation) + strlen(c->rule)) +
               24;
    int most = cv->cols - rest > LEAST ? cv->cols - rest : LEAST;
    col += canvas_text(cv, row, col, most, STYLE_BOLD, experiments);
    col += canvas_textf(cv, row, col, -1, STYLE_BOLD, " %s", g->model);
    col += canvas_text(cv, row, col, -1, STYLE_ACCENT, origin);
    col += 1 + canvas_text(cv, row, col + 1, -1, STYLE_DIM, key);
    col += 2 + canvas_textf(cv, row, col + 2, -1, STYLE_DIM, "evaluation ");
    col += canvas_text(cv, row, col, -1, STYLE_ACCENT, evaluation);
    col += 2 + canvas_text(cv, row, col + 2, -1, STYLE_DIM, "rule ");
    col += canvas_text(cv, row, col, -1, STYLE_ACCENT, c->rule);
    draw_data(c, cv, row, col + 2);
}
