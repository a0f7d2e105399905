/* ui_command.c - the command line of the dashboard: a word, and the rest. */
#include "tui/ui_command.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static void
command_quit(struct ui *ui, const char *rest, struct list *l)
{
    (void)rest;
    (void)l;
    ui->quit = true;
}

/* True if there is a table. */
static bool
need_list(struct ui *ui, const struct list *l)
{
    if (!l)
        ui_say(ui, STYLE_WARN, "this view has no table");
    return l != NULL;
}

static void
command_sort(struct ui *ui, const char *rest, struct list *l)
{
    struct errbuf eb = {0};

    if (need_list(ui, l) && list_sort_by(l, rest, &eb))
        ui_say(ui, STYLE_WARN, "%s", eb.text);
}

static void
command_filter(struct ui *ui, const char *rest, struct list *l)
{
    struct errbuf eb = {0};

    if (!need_list(ui, l))
        return;
    enum err e = list_filter(l, rest, false, NULL, &eb);
    if (e) {
        struct strbuf names = {0};
        list_names(l, &names);
        ui_say(ui, STYLE_WARN, "filter: %s%s%s", eb.text,
               e == ERR_NOTFOUND ? "; there are " : "",
               e == ERR_NOTFOUND ? strbuf_str(&names) : "");
        strbuf_release(&names);
    }
}

static void
command_export(struct ui *ui, const char *rest, struct list *l)
{
    struct strbuf text = {0};

    if (!need_list(ui, l))
        return;
    list_csv(l, &text);
    ui_export(ui, "table", *rest ? rest : NULL, strbuf_str(&text));
    strbuf_release(&text);
}

static const struct {
    const char *name;
    void (*run)(struct ui *ui, const char *rest, struct list *l);
} commands[] = {
    {"q", command_quit},        {"quit", command_quit},     {"sort", command_sort},
    {"filter", command_filter}, {"export", command_export},
};

void
ui_command(struct ui *ui, const char *line, struct list *l)
{
    const char *word = line + strspn(line, " ");
    size_t len = strcspn(word, " ");
    const char *rest = word + len + strspn(word + len, " ");
    char *name = xstrndup(word, len);
    size_t view = view_find(name);
    bool known = view < VIEW_COUNT || !*name;

    if (view < VIEW_COUNT)
        ui_open(ui, view);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        commands[i].run(ui, rest, l);
        known = true;
    }
    if (!known)
        ui_say(ui, STYLE_WARN,
               "no command %s: there are q, sort, filter, export and the "
               "names of views",
               name);
    free(name);
}
