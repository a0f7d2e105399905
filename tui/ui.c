/* ui.c - views, keys and prompts; ui_draw.c draws the frame, ui_run.c starts programs,
 * ui_command.c reads the command line. */
#include "tui/ui.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/list.h"
#include "tui/ui_command.h"
#include "tui/ui_config.h"
#include "tui/ui_export.h"

static const struct view *
front(const struct ui *ui)
{
    return view_get(ui->stack[ui->depth - 1]);
}

static void *
front_state(const struct ui *ui)
{
    return ui->state[ui->stack[ui->depth - 1]];
}

static struct list *
front_list(const struct ui *ui)
{
    return front(ui)->list ? front(ui)->list(front_state(ui)) : NULL;
}

bool
ui_back_quits(const struct ui *ui)
{
    const struct view *v = front(ui);

    return ui->depth == 1 &&
           !(v->is_inside && v->is_inside(ui->state[ui->stack[ui->depth - 1]]));
}

void
ui_refresh(struct ui *ui)
{
    if (front(ui)->refresh)
        front(ui)->refresh(front_state(ui), ui);
    ui->dirty = true;
}

static void
show(struct ui *ui)
{
    size_t i = ui->stack[ui->depth - 1];
    const struct view *v = view_get(i);

    if (!ui->state[i]) {
        ui->state[i] = xcalloc(1, v->state_size ? v->state_size : 1);
        if (v->open)
            v->open(ui->state[i], ui);
        ui_config_view(ui, i);
    }
    if (v->show)
        v->show(ui->state[i], ui);
    ui_refresh(ui);
}

void
ui_open(struct ui *ui, size_t view)
{
    if (ui->depth && ui->stack[ui->depth - 1] == view)
        return;
    if (view_key(view) != KEY_NONE) /* a view of the bar starts a new pile */
        ui->depth = ui->depth && ui->stack[0] != view ? 1 : 0;
    if (ui->depth == UI_DEPTH)
        ui->depth--;
    ui->stack[ui->depth++] = view;
    show(ui);
}

/* False if there is nothing below. */
static bool
back(struct ui *ui)
{
    if (ui->depth < 2)
        return false;
    ui->depth--;
    show(ui);
    return true;
}

void
ui_init(struct ui *ui, const struct app_options *opt, bool ascii)
{
    *ui = (struct ui){.opt = opt, .ascii_only = ascii, .cols = UI_MIN_COLS};
    choice_init(&ui->choice);
    ui_config_open(ui);
    size_t first = opt->view ? view_find(opt->view) : (size_t)ui->first_view;
    model_init(&ui->model, opt->store_path);
    model_refresh(&ui->model);
    ui_open(ui, VIEW_runs);
    if (first == VIEW_COUNT)
        ui_say(ui, STYLE_WARN, "there is no view %s", opt->view);
    else
        ui_open(ui, first);
}

void
ui_release(struct ui *ui)
{
    jobs_release(&ui->jobs);
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        if (ui->state[i] && view_get(i)->close)
            view_get(i)->close(ui->state[i]);
        free(ui->state[i]);
    }
    strlist_release(&ui->confirm.argv);
    choice_release(&ui->choice);
    model_release(&ui->model);
    config_release(&ui->config);
    *ui = (struct ui){0};
}

/* What was asked names runs of a store that is no longer there: yes would act on others
 * that have their numbers. */
static void
withdraw_question(struct ui *ui)
{
    struct ui_confirm *c = &ui->confirm;

    if (!c->open || c->n_opened == ui->model.n_opened)
        return;
    c->open = false;
    strlist_release(&c->argv);
    ui_say(ui, STYLE_WARN, "nothing done: there is another store now");
}

void
ui_tick(struct ui *ui)
{
    if (jobs_poll(&ui->jobs)) {
        ui->dirty = true;
        model_rest(&ui->model, 0); /* show at once what came of it */
    }
    if (ui->model.late)
        ui->dirty = true;
    if (ui->frozen)
        return;
    bool had_store = ui->model.store;
    if (model_refresh(&ui->model))
        ui_refresh(ui);
    else if (had_store != (ui->model.store != NULL))
        ui->dirty = true;
    withdraw_question(ui);
    const char *notice =
        ui->model.store && !had_store ? store_notice(ui->model.store) : NULL;
    if (notice)
        ui_say(ui, STYLE_WARN, "%s", notice);
}

void
ui_say(struct ui *ui, enum style style, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(ui->message, sizeof ui->message, fmt, ap);
    va_end(ap);
    ui->message_style = style;
    ui->dirty = true;
}

void
ui_prompt(struct ui *ui, enum action what, const char *initial, const char *fmt, ...)
{
    struct ui_prompt *p = &ui->prompt;
    va_list ap;

    p->open = true;
    p->what = what;
    p->error.text[0] = '\0';
    edit_set(&p->edit, initial);
    snprintf(p->before, sizeof p->before, "%s", p->edit.text);
    va_start(ap, fmt);
    vsnprintf(p->label, sizeof p->label, fmt, ap);
    va_end(ap);
}

bool
ui_refuses(struct ui *ui, const char *what)
{
    if (ui->opt->read_only)
        ui_say(ui, STYLE_WARN, "read-only: %s would write", what);
    return ui->opt->read_only;
}

/* --- actions --- */

static void
ask_columns(struct ui *ui, const struct list *l)
{
    struct strbuf text = {0};

    list_chosen_text(l, &text);
    ui_prompt(ui, ACT_COLUMNS, strbuf_str(&text), "columns: ");
    strbuf_release(&text);
}

static bool
act_on_list(struct ui *ui, struct list *l, enum action a)
{
    if (a == ACT_FIND)
        ui_prompt(ui, a, "", "find: ");
    else if (a == ACT_FILTER)
        ui_prompt(ui, a, l->filter ? l->filter : "", "filter: ");
    else if (a == ACT_COLUMNS)
        ask_columns(ui, l);
    else if (a == ACT_FIND_NEXT || a == ACT_FIND_PREV) {
        if (!list_find_again(l, a == ACT_FIND_NEXT ? 1 : -1))
            ui_say(ui, STYLE_WARN, "%s", l->find ? "no match" : "nothing to find yet");
    } else {
        return list_act(l, a);
    }
    return true;
}

static void
act_everywhere(struct ui *ui, enum action a)
{
    const struct view *v = view_of_action(a);

    if (v)
        ui_open(ui, view_find(v->name));
    else if (a == ACT_QUIT)
        ui->quit = true;
    else if (a == ACT_BACK)
        ui->quit = !back(ui);
    else if (a == ACT_CLOSE)
        back(ui);
    else if (a == ACT_HELP)
        ui_open(ui, VIEW_help);
    else if (a == ACT_COMMAND)
        ui_prompt(ui, a, "", ":");
    else if (a == ACT_REDRAW)
        ui->redraw = true;
    else if (a == ACT_FREEZE)
        ui->frozen = !ui->frozen;
    else if (a == ACT_EXPORT)
        ui_export_ask(ui);
    else if (a == ACT_THEME)
        ui_set_theme(ui, (enum theme)((ui->theme + 1) % THEME_COUNT));
    else if (a == ACT_GLYPHS)
        ui_set_glyphs(ui, (enum chart_glyphs)((ui->glyphs + 1) % (CHART_ASCII + 1)));
}

static void
act(struct ui *ui, enum action a)
{
    const struct view *v = front(ui);
    void *state = front_state(ui);

    if (v->act && v->act(state, ui, a))
        return;
    if (v->list && act_on_list(ui, v->list(state), a))
        return;
    act_everywhere(ui, a);
}

/* --- keys --- */

/* A filter that is wrong says where, and the prompt stays. */
static void
input_filter(struct ui *ui, struct list *l, const char *text, enum input_phase phase)
{
    struct ui_prompt *p = &ui->prompt;

    p->error.text[0] = '\0';
    if (phase == INPUT_DISCARD)
        text = p->before;
    if (list_filter(l, text, phase == INPUT_EDIT, &p->error_at, &p->error) &&
        phase == INPUT_ACCEPT)
        p->open = true;
}

/* Columns change when all of them are right. */
static void
input_columns(struct ui *ui, struct list *l, const char *text, enum input_phase phase)
{
    struct ui_prompt *p = &ui->prompt;
    struct list trial = *l;

    p->error.text[0] = '\0';
    if (phase == INPUT_DISCARD || strcmp(text, p->before) == 0)
        return;
    if (list_choose(phase == INPUT_ACCEPT ? l : &trial, text, phase == INPUT_EDIT,
                    &p->error_at, &p->error) &&
        phase == INPUT_ACCEPT)
        p->open = true;
}

/* A name that will not do says why, and the prompt stays. */
static void
input_export(struct ui *ui, const char *text, enum input_phase phase)
{
    struct ui_prompt *p = &ui->prompt;

    p->error.text[0] = '\0';
    p->error_at = 0;
    if (phase == INPUT_ACCEPT && ui_export_to(ui, text, &p->error))
        p->open = true;
}

static void
input(struct ui *ui, enum input_phase phase)
{
    const struct view *v = front(ui);
    struct list *l = front_list(ui);
    const char *text = ui->prompt.edit.text;

    if (ui->prompt.what == ACT_COMMAND) {
        if (phase == INPUT_ACCEPT)
            ui_command(ui, text, l);
    } else if (ui->prompt.what == ACT_FIND && l) {
        if (phase != INPUT_DISCARD && !list_find(l, text))
            ui_say(ui, STYLE_WARN, "no match");
    } else if (ui->prompt.what == ACT_FILTER && l) {
        input_filter(ui, l, text, phase);
    } else if (ui->prompt.what == ACT_COLUMNS && l) {
        input_columns(ui, l, text, phase);
    } else if (ui->prompt.what == ACT_EXPORT) {
        input_export(ui, text, phase);
    } else if (v->input) {
        v->input(front_state(ui), ui, ui->prompt.what, text, phase);
    }
}

static void
prompt_key(struct ui *ui, int key)
{
    enum action a = keymap_lookup(CTX_PROMPT, key);

    if (a == ACT_ACCEPT || a == ACT_DISCARD) {
        ui->prompt.open = false;
        input(ui, a == ACT_ACCEPT ? INPUT_ACCEPT : INPUT_DISCARD);
        return;
    }
    if (a == ACT_COMPLETE)
        ui_complete(ui, front_list(ui));
    else if (!edit_act(&ui->prompt.edit, a))
        edit_insert(&ui->prompt.edit, key);
    input(ui, INPUT_EDIT);
}

static void
confirm_key(struct ui *ui, int key)
{
    struct strlist argv = ui->confirm.argv;

    ui->confirm.open = false;
    ui->confirm.argv = (struct strlist){0};
    if (keymap_lookup(CTX_CONFIRM, key) == ACT_YES)
        ui_run(ui, &argv, NULL);
    else
        ui_say(ui, STYLE_DIM, "nothing done");
    strlist_release(&argv);
}

static enum action
lookup(const struct ui *ui, int key)
{
    const struct view *v = front(ui);
    enum action a = ACT_NONE;

    for (size_t i = 0; i < VIEW_CONTEXTS && a == ACT_NONE; i++)
        if (v->context[i] != CTX_GLOBAL)
            a = keymap_lookup(v->context[i], key);
    return a != ACT_NONE ? a : keymap_lookup(CTX_GLOBAL, key);
}

void
ui_key(struct ui *ui, int key)
{
    ui->message[0] = '\0';
    ui->dirty = true;
    if (keymap_lookup(CTX_GLOBAL, key) == ACT_QUIT)
        ui->quit = true;
    else if (ui->confirm.open)
        confirm_key(ui, key);
    else if (ui->prompt.open)
        prompt_key(ui, key);
    else
        act(ui, lookup(ui, key));
}
