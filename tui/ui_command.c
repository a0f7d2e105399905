/* ui_command.c - the command line of the dashboard: a word, and the rest; what could be
 * typed next. */
#include "tui/ui_command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "tui/list_filter.h"
#include "tui/ui_config.h"
#include "tui/ui_export.h"

/* --- what commands do --- */

/* True if there is a table. */
static bool
need_list(struct ui *ui, const struct list *l)
{
    if (!l)
        ui_say(ui, STYLE_WARN, "this view has no table");
    return l != NULL;
}

static void
command_quit(struct ui *ui, const char *rest, struct list *l)
{
    (void)rest;
    (void)l;
    ui->quit = true;
}

static void
command_q(struct ui *ui, const char *rest, struct list *l)
{
    command_quit(ui, rest, l);
}

static void
command_help(struct ui *ui, const char *rest, struct list *l)
{
    (void)rest;
    (void)l;
    ui_open(ui, VIEW_help);
}

static void
command_sort(struct ui *ui, const char *rest, struct list *l)
{
    struct errbuf eb = {0};

    if (!need_list(ui, l))
        return;
    if (!*rest) {
        l->sort = -1;
        l->reverse = false;
        list_end(l);
    } else if (list_sort_by(l, rest, &eb)) {
        ui_say(ui, STYLE_WARN, "%s", eb.text);
    }
}

/* "filter: no column nope; there are label, ce, ..." */
static void
say_wrong(struct ui *ui, const char *what, const struct errbuf *eb, bool is_name,
          const struct list *l)
{
    struct strbuf names = {0};

    if (is_name)
        list_names(l, &names);
    ui_say(ui, STYLE_WARN, "%s: %s%s%s", what, eb->text, is_name ? "; there are " : "",
           strbuf_str(&names));
    strbuf_release(&names);
}

static void
command_filter(struct ui *ui, const char *rest, struct list *l)
{
    struct errbuf eb = {0};

    if (!need_list(ui, l))
        return;
    enum err e = list_filter(l, rest, false, NULL, &eb);
    if (e)
        say_wrong(ui, "filter", &eb, e == ERR_NOTFOUND, l);
}

static void
command_columns(struct ui *ui, const char *rest, struct list *l)
{
    struct errbuf eb = {0};

    if (!need_list(ui, l))
        return;
    enum err e = list_choose(l, rest, false, NULL, &eb);
    if (e)
        say_wrong(ui, "columns", &eb, e == ERR_NOTFOUND, l);
}

static void
command_find(struct ui *ui, const char *rest, struct list *l)
{
    if (need_list(ui, l) && !list_find(l, rest))
        ui_say(ui, STYLE_WARN, "no match");
}

static void
command_export(struct ui *ui, const char *rest, struct list *l)
{
    struct errbuf eb = {0};

    (void)l;
    if (ui_export_to(ui, rest, &eb))
        ui_say(ui, STYLE_WARN, "export: %s", eb.text);
}

/* The index of a name among those that a function lists, or -1, said. */
static int
find_name(struct ui *ui, const char *what, const char *name,
          const char *(*known)(size_t i))
{
    struct strlist names = {0};
    int found = -1;

    for (size_t i = 0; known(i); i++) {
        strlist_add(&names, known(i));
        if (strcmp(known(i), name) == 0)
            found = (int)i;
    }
    char *all = strlist_join(&names, ", ");
    if (found < 0)
        ui_say(ui, STYLE_WARN, "%s: no %s; there are %s", what, *name ? name : "name",
               all);
    free(all);
    strlist_release(&names);
    return found;
}

static void
command_theme(struct ui *ui, const char *rest, struct list *l)
{
    int i = find_name(ui, "theme", rest, theme_name);

    (void)l;
    if (i >= 0)
        ui_set_theme(ui, (enum theme)i);
}

static void
command_glyphs(struct ui *ui, const char *rest, struct list *l)
{
    int i = find_name(ui, "glyphs", rest, chart_glyphs_name);

    (void)l;
    if (i >= 0)
        ui_set_glyphs(ui, (enum chart_glyphs)i);
}

static void
command_refresh(struct ui *ui, const char *rest, struct list *l)
{
    char *end;
    long ms = strtol(rest, &end, 10);

    (void)l;
    if (end == rest || *end || ms < APP_MIN_REFRESH_MS || ms > APP_MAX_REFRESH_MS)
        ui_say(ui, STYLE_WARN, "refresh: %s is no number of milliseconds from %d to %d",
               *rest ? rest : "nothing", APP_MIN_REFRESH_MS, APP_MAX_REFRESH_MS);
    else
        ui_set_refresh(ui, (int)ms);
}

/* --- what could stand in their place --- */

static void
complete_none(const struct list *l, struct strlist *out)
{
    (void)l;
    (void)out;
}

static void
complete_columns(const struct list *l, struct strlist *out)
{
    struct strbuf names = {0};

    for (size_t c = 0; l && c < l->n_cols; c++) {
        strbuf_reset(&names);
        list_add_name(&l->column[c], &names);
        strlist_add(out, strbuf_str(&names));
    }
    strbuf_release(&names);
}

static void
complete_filter(const struct list *l, struct strlist *out)
{
    static const char *const words[] = {"and", "or", "not", "in"};

    complete_columns(l, out);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        strlist_add(out, words[i]);
}

static void
complete_theme(const struct list *l, struct strlist *out)
{
    (void)l;
    for (size_t i = 0; theme_name(i); i++)
        strlist_add(out, theme_name(i));
}

static void
complete_glyphs(const struct list *l, struct strlist *out)
{
    (void)l;
    for (size_t i = 0; chart_glyphs_name(i); i++)
        strlist_add(out, chart_glyphs_name(i));
}

/* --- the table --- */

static const struct command {
    struct command_info info;
    void (*run)(struct ui *ui, const char *rest, struct list *l);
    void (*complete)(const struct list *l, struct strlist *out);
} commands[] = {
#define COMMAND(word, args, completion, help)                                          \
    {{#word, args, help}, command_##word, complete_##completion},
#include "tui/commands.def"
#undef COMMAND
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

const struct command_info *
ui_command_info(size_t i)
{
    return i < N_COMMANDS ? &commands[i].info : NULL;
}

static const struct command *
find_command(const char *word, size_t len)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strlen(commands[i].info.word) == len &&
            strncmp(commands[i].info.word, word, len) == 0)
            return &commands[i];
    return NULL;
}

/* Every word that a line may begin with. */
static void
first_words(struct strlist *out)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        strlist_add(out, commands[i].info.word);
    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (!find_command(view_get(i)->name, strlen(view_get(i)->name)))
            strlist_add(out, view_get(i)->name);
}

static void
say_unknown(struct ui *ui, const char *name)
{
    struct strlist words = {0};

    first_words(&words);
    char *all = strlist_join(&words, ", ");
    ui_say(ui, STYLE_WARN, "no command %s: there are %s", name, all);
    free(all);
    strlist_release(&words);
}

void
ui_command(struct ui *ui, const char *line, struct list *l)
{
    const char *word = line + strspn(line, " ");
    size_t len = strcspn(word, " ");
    const char *rest = word + len + strspn(word + len, " ");
    char *name = xstrndup(word, len);
    const struct command *c = find_command(name, len);
    size_t view = view_find(name);

    if (c)
        c->run(ui, rest, l);
    else if (view < VIEW_COUNT)
        ui_open(ui, view);
    else if (*name)
        say_unknown(ui, name);
    free(name);
}

/* --- completion --- */

/* The words that may stand where the text ends, and the first byte of what stands there
 * of them. */
static size_t
candidates(const struct ui *ui, const char *text, const struct list *l,
           struct strlist *out)
{
    bool is_command = ui->prompt.what == ACT_COMMAND;
    size_t from = is_command ? strspn(text, " ") : 0, len = strcspn(text + from, " ");
    const char *separators = ui->prompt.what == ACT_FILTER ? " (" : ",";

    if (is_command && !text[from + len]) {
        first_words(out);
        return from;
    }
    const struct command *c = is_command ? find_command(text + from, len) : NULL;
    if (c)
        c->complete(l, out);
    else if (ui->prompt.what == ACT_COLUMNS)
        complete_columns(l, out);
    else if (ui->prompt.what == ACT_FILTER)
        complete_filter(l, out);
    if (c && c->complete == complete_filter)
        separators = " (";
    from += is_command ? len : 0;
    for (size_t i = from; text[i]; i++)
        if (strchr(separators, text[i]))
            from = i + 1;
    return from + strspn(text + from, " ");
}

/* Keep the words that begin with a text (any case). */
static void
keep_beginning(struct strlist *words, const char *start)
{
    size_t n = 0, len = strlen(start);

    for (size_t i = 0; i < words->n; i++) {
        if (strncasecmp(words->item[i], start, len) == 0)
            words->item[n++] = words->item[i];
        else
            free(words->item[i]);
    }
    words->n = n;
}

/* Bytes that all words begin with. */
static size_t
common_start(const struct strlist *words)
{
    size_t n = strlen(words->item[0]);

    for (size_t i = 1; i < words->n; i++) {
        size_t k = 0;
        while (k < n && words->item[i][k] == words->item[0][k])
            k++;
        n = k;
    }
    return n;
}

void
ui_complete(struct ui *ui, struct list *l)
{
    struct edit *e = &ui->prompt.edit;
    struct strlist words = {0};
    char text[EDIT_MAX];

    if (e->at != e->len) /* only at the end */
        return;
    memcpy(text, e->text, e->len + 1);
    size_t from = candidates(ui, text, l, &words);
    keep_beginning(&words, text + from);
    if (words.n) {
        size_t n = common_start(&words);
        bool whole = words.n == 1 && ui->prompt.what == ACT_COMMAND && from == 0 &&
                     find_command(words.item[0], n);
        if (n >= strlen(text + from))
            snprintf(text + from, sizeof text - from, "%.*s%s", (int)n, words.item[0],
                     whole ? " " : "");
        edit_set(e, text);
    }
    strlist_release(&words);
}

void
ui_command_hint(const struct ui *ui, const char *line, const struct list *l,
                struct strbuf *out)
{
    struct strlist words = {0};
    size_t skip = strspn(line, " "), len = strcspn(line + skip, " ");
    const struct command *c = find_command(line + skip, len);
    size_t from = candidates(ui, line, l, &words);

    keep_beginning(&words, line + from);
    if (c)
        strbuf_addf(out, "%s%s%s: %s", c->info.word, *c->info.args ? " " : "",
                    c->info.args, c->info.help);
    char *all = strlist_join(&words, ", ");
    if (!c || line[skip + len])
        strbuf_addf(out, "%s%s", c && *all ? "; " : "", all);
    free(all);
    strlist_release(&words);
}
