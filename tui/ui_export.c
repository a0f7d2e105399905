/* ui_export.c - the table or the chart on the screen as a file, never over another. */
#include "tui/ui_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "tui/list.h"

enum { MAX_NUMBER = 1000 }; /* of names that are tried */

static const struct {
    const char *suffix;
    enum table_format format;
} formats[] = {{".csv", TABLE_CSV}, {".json", TABLE_JSON}, {".md", TABLE_MARKDOWN}};

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

const char *
ui_export_suffixes(const struct ui *ui)
{
    const struct view *v = front(ui);

    return v->suffixes ? v->suffixes : v->list ? ".csv .json .md" : "";
}

/* The suffix of a path, with its dot; "" if there is none. */
static const char *
suffix_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');

    return dot ? dot : "";
}

static bool
is_known(const struct ui *ui, const char *suffix)
{
    struct strlist known = {0};

    strlist_split(&known, ui_export_suffixes(ui), ' ');
    bool found = *suffix && strlist_has(&known, suffix);
    strlist_release(&known);
    return found;
}

/* "runs.csv", or "runs-2.csv" where that exists. */
static void
propose(const struct ui *ui, const char *suffix, char *out, size_t size)
{
    const struct view *v = front(ui);
    const char *name = v->export_name ? v->export_name(front_state(ui)) : v->name;

    snprintf(out, size, "%s%s", name, suffix);
    for (int i = 2; i < MAX_NUMBER && access(out, F_OK) == 0; i++)
        snprintf(out, size, "%s-%d%s", name, i, suffix);
}

void
ui_export_ask_as(struct ui *ui, const char *suffix)
{
    char name[EDIT_MAX];

    if (ui_refuses(ui, "an export"))
        return;
    propose(ui, suffix, name, sizeof name);
    ui_prompt(ui, ACT_EXPORT, name, "write (%s): ", ui_export_suffixes(ui));
}

void
ui_export_ask(struct ui *ui)
{
    ui_export_ask_as(ui, ".csv");
}

bool
ui_export_format(const char *suffix, enum table_format *format)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].suffix, suffix) != 0)
            continue;
        *format = formats[i].format;
        return true;
    }
    return false;
}

/* The text of the file; false if there is nothing to write. */
static bool
make_text(struct ui *ui, const char *suffix, struct strbuf *out)
{
    const struct view *v = front(ui);

    enum table_format format;

    if (v->export)
        return v->export(front_state(ui), ui, suffix, out);
    if (!ui_export_format(suffix, &format))
        return false;
    list_export(v->list(front_state(ui)), format, out);
    return true;
}

enum err
ui_write_file(struct ui *ui, const char *path, const char *text, struct errbuf *eb)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0 && errno == EEXIST)
        return err_set(eb, ERR_CONFLICT, "%s exists: give another name", path);
    if (fd < 0)
        return err_errno(eb, "%s", path);
    FILE *fp = fdopen(fd, "w");
    bool good = fp && fputs(text, fp) >= 0;
    if (fp ? fclose(fp) != 0 : close(fd) != 0)
        good = false;
    if (!good) {
        enum err e = err_errno(eb, "%s", path);
        unlink(path);
        return e;
    }
    ui_say(ui, STYLE_GOOD, "wrote %s", path);
    return ERR_OK;
}

/* The path with "~/" at its start as the user's folder.  Caller frees. */
static char *
expand_home(const char *path)
{
    const char *home = getenv("HOME");

    if (strncmp(path, "~/", 2) != 0 || !home || !*home)
        return xstrdup(path);
    return xasprintf("%s%s", home, path + 1);
}

enum err
ui_export_to(struct ui *ui, const char *path, struct errbuf *eb)
{
    char proposed[EDIT_MAX];
    struct strbuf text = {0};
    enum err e = ERR_OK;

    if (!*ui_export_suffixes(ui))
        return err_set(eb, ERR_ARG, "this view has nothing to export");
    if (ui_refuses(ui, "an export"))
        return ERR_OK;
    if (!*path) {
        propose(ui, ".csv", proposed, sizeof proposed);
        path = proposed;
    }
    if (!is_known(ui, suffix_of(path)))
        return err_set(eb, ERR_ARG, "the name must end in one of %s",
                       ui_export_suffixes(ui));
    char *file = expand_home(path);
    if (make_text(ui, suffix_of(path), &text))
        e = ui_write_file(ui, file, strbuf_str(&text), eb);
    strbuf_release(&text);
    free(file);
    return e;
}
