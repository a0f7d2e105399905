/* view_help.c - the keys of the view below, from the tables that dispatch them. */
#include <stdio.h>
#include <string.h>

#include "base/strlist.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/pager.h"
#include "tui/ui.h"
#include "tui/ui_command.h"

enum { KEY_COLS = 22, KEY_COLS_NARROW = 16, NARROW = 60 };

static void
add_action(struct pager *p, enum context c, enum action a)
{
    char keys[64];

    keymap_keys(c, a, keys, sizeof keys);
    if (*keys)
        pager_field(p, STYLE_TEXT, keys, "%s", action_help(a));
}

static void
add_context(struct pager *p, enum context c)
{
    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "%s", context_title(c));
    for (int a = ACT_NONE + 1; a < ACT_COUNT; a++)
        add_action(p, c, (enum action)a);
}

static void
add_words(struct pager *p)
{
    static const struct {
        const char *word, *meaning;
    } words[] = {
#define WORD(word, meaning) {word, meaning},
#include "tui/words.def"
#undef WORD
    };

    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "Words");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        pager_field(p, STYLE_TEXT, words[i].word, "%s", words[i].meaning);
}

static void
add_commands(struct pager *p)
{
    const struct command_info *c;

    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "Commands after %s", keymap_hint(ACT_COMMAND));
    for (size_t i = 0; (c = ui_command_info(i)); i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%s%s", c->word, *c->args ? " " : "", c->args);
        pager_field(p, STYLE_TEXT, name, "%s", c->help);
    }
    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (view_key(i) != KEY_NONE)
            pager_field(p, STYLE_TEXT, view_get(i)->name, "%s", view_get(i)->help);
}

/* What the config file holds, key by key. */
static void
add_kept(struct pager *p)
{
    struct strbuf text = {0};
    struct strlist lines = {0};

    app_describe_config(&text);
    strlist_split(&lines, strbuf_str(&text), '\n');
    pager_add(p, STYLE_TEXT, "%s", "");
    pager_add(p, STYLE_BOLD, "Kept from one time to the next");
    pager_add(p, STYLE_DIM,
              "In $XDG_CONFIG_HOME/hcelab/dashboard.conf, or below "
              "~/.config: lines \"key = value\", written on leaving.");
    for (size_t i = 0; i < lines.n; i++) {
        char *tab = strchr(lines.item[i], '\t');
        if (!tab)
            continue;
        *tab = '\0';
        char *second = strchr(tab + 1, '\t');
        *second = '\0';
        pager_field(p, STYLE_TEXT, lines.item[i], "%s: %s", second + 1, tab + 1);
    }
    strlist_release(&lines);
    strbuf_release(&text);
}

static void
help_show(void *state, struct ui *ui)
{
    struct pager *p = state;
    const struct view *v = view_get(ui->stack[ui->depth > 1 ? ui->depth - 2 : 0]);

    pager_reset(p);
    p->top = 0;
    pager_add(p, STYLE_BOLD, "%s: %s", v->title, v->help);
    if (v->command)
        pager_add(p, STYLE_DIM, "The same numbers: %s", v->command);
    for (size_t i = 0; i < VIEW_CONTEXTS; i++)
        if (v->context[i] != CTX_GLOBAL)
            add_context(p, v->context[i]);
    add_words(p);
    add_context(p, CTX_GLOBAL);
    add_context(p, CTX_PROMPT);
    add_commands(p);
    add_kept(p);
}

static void
help_draw(void *state, struct ui *ui, struct canvas *cv)
{
    char place[32];

    (void)ui;
    pager_draw(state, cv, 1, cv->rows - 1, cv->cols,
               cv->cols < NARROW ? KEY_COLS_NARROW : KEY_COLS);
    pager_place(state, place, sizeof place);
    canvas_text_right(cv, 0, cv->cols - 21, 20, STYLE_DIM, place);
}

static void
help_close(void *state)
{
    pager_release(state);
}

static bool
help_act(void *state, struct ui *ui, enum action a)
{
    (void)ui;
    return a == ACT_HELP || pager_act(state, a);
}

const struct view view_help = {
    .name = "help",
    .title = "Help",
    .help = "The keys of the view it was opened from.",
    .context = {CTX_PAGER},
    .state_size = sizeof(struct pager),
    .close = help_close,
    .show = help_show,
    .draw = help_draw,
    .act = help_act,
};
