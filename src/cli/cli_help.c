/* cli_help.c - help text from the tables. */
#include "cli/cli_help.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "spec/spec.h"
#include "tui/app.h"

enum { HELP_WIDTH = 80, HELP_INDENT = 28, OVERVIEW_INDENT = 18 };

const struct opt cli_global_opts[] = {
    {.name = "store",
     .kind = OPT_TEXT,
     .value = "PATH",
     .help = "results store; else $HCELAB_STORE, else ./hcelab.db"},
    {.name = "read-only", .kind = OPT_FLAG, .help = "write nothing"},
    {.name = "cpu",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "code path of the kernels: auto, or one of amx, avx512, avx2 and generic "
             "that this machine has"},
    {.name = "json", .kind = OPT_FLAG, .help = "print JSON"},
    {.name = "csv", .kind = OPT_FLAG, .help = "print CSV"},
    {.name = "markdown", .kind = OPT_FLAG, .help = "print a Markdown table"},
    {.name = "ascii", .kind = OPT_FLAG, .help = "no character outside ASCII"},
    {.name = "theme",
     .kind = OPT_CHOICE,
     .value = "NAME",
     .choices = "auto|dark|light|mono",
     .help = "colours of the dashboard: auto, dark, light or mono"},
    {.name = "glyphs",
     .kind = OPT_CHOICE,
     .value = "NAME",
     .choices = "braille|block|ascii",
     .help = "dots of its charts: braille, block or ascii"},
    {.name = "refresh",
     .kind = OPT_INT,
     .value = "MS",
     .min = APP_MIN_REFRESH_MS,
     .max = APP_MAX_REFRESH_MS,
     .help = "milliseconds between its looks at the store"},
    {.name = "help", .letter = 'h', .kind = OPT_FLAG, .help = "print help and leave"},
    {.name = "version", .kind = OPT_FLAG, .help = "print the version and leave"},
    {0}};

/* Append the words of text, the first at column `col`, lines broken before HELP_WIDTH
 * and continued at column `indent`. */
static void
add_wrapped(struct strbuf *out, size_t col, size_t indent, const char *text)
{
    bool first = true;

    for (;;) {
        text += strspn(text, " \n");
        size_t n = strcspn(text, " \n");

        if (n == 0)
            break;
        if (!first && col + 1 + n > HELP_WIDTH) {
            strbuf_addf(out, "\n%*s", (int)indent, "");
            col = indent;
        } else if (!first) {
            strbuf_addc(out, ' ');
            col++;
        }
        strbuf_add(out, text, n);
        col += n;
        text += n;
        first = false;
    }
    strbuf_addc(out, '\n');
}

/* "  left" padded to `indent` columns (or on a line of its own), then the help. */
static void
add_item(struct strbuf *out, size_t indent, const char *left, const char *help)
{
    size_t n = strlen(left) + 2;

    strbuf_addf(out, "  %s", left);
    if (n + 1 >= indent) {
        strbuf_addc(out, '\n');
        n = 0;
    }
    strbuf_addf(out, "%*s", (int)(indent - n), "");
    add_wrapped(out, indent, indent, help);
}

static void
add_option(struct strbuf *out, const struct opt *opt)
{
    struct strbuf left = {0}, help = {0};

    if (opt->letter)
        strbuf_addf(&left, "-%c, ", opt->letter);
    strbuf_addf(&left, "--%s", opt->name);
    if (opt->kind != OPT_FLAG)
        strbuf_addf(&left, " %s", opt->value ? opt->value : opt->choices);
    strbuf_adds(&help, opt->help);
    if (opt->def && *opt->def && opt->kind != OPT_FLAG)
        strbuf_addf(&help, " [%s]", opt->def);
    add_item(out, HELP_INDENT, strbuf_str(&left), strbuf_str(&help));
    strbuf_release(&left);
    strbuf_release(&help);
}

bool
help_has_use(const struct opt *opt, unsigned flags)
{
    if (strcmp(opt->name, "json") == 0)
        return flags & (CMD_JSON | CMD_ROWS);
    if (strcmp(opt->name, "csv") == 0 && (flags & CMD_CSV))
        return true;
    if (strcmp(opt->name, "csv") == 0 || strcmp(opt->name, "markdown") == 0)
        return flags & CMD_ROWS;
    return true;
}

static void
add_table(struct strbuf *out, const char *title, const struct opt *table,
          unsigned flags)
{
    if (!table || !table->name)
        return;
    strbuf_addf(out, "\n%s:\n", title);
    for (; table->name; table++)
        if (help_has_use(table, flags))
            add_option(out, table);
}

/* Bytes of "a|b|c" that the models of this build use: all, or the one default. */
static size_t
defaults_length(const char *defaults)
{
    const char *p = defaults;

    for (int m = 0; m < MODEL_COUNT && p; m++) {
        p = strchr(p, '|');
        if (p && m + 1 < MODEL_COUNT)
            p++;
    }
    return p ? (size_t)(p - defaults) : strlen(defaults);
}

static void
add_hypers(struct strbuf *out)
{
    strbuf_addf(out, "\nHyperparameters (--set NAME=VALUE; defaults of %s",
                model_name(0));
    for (enum model_id m = 1; m < MODEL_COUNT; m++)
        strbuf_addf(out, ", %s", model_name(m));
    strbuf_adds(out, "):\n");
    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        const struct spec_item *it = spec_item(id);

        if (!(it->flags & SPEC_HYPER))
            continue;
        size_t n = defaults_length(it->defaults);
        char *help = xasprintf("%s [%.*s%s%s]", it->help, (int)n, it->defaults,
                               *it->unit ? " " : "", it->unit);
        add_item(out, HELP_INDENT, it->name, help);
        free(help);
    }
}

/* The group of a command with two words ("queue" of "queue add") is `group`. */
static bool
in_group(const struct cmd *cmd, const char *group)
{
    size_t n = group ? strlen(group) : 0;

    return !group || (strncmp(cmd->name, group, n) == 0 && cmd->name[n] == ' ');
}

void
help_overview(const char *group, struct strbuf *out)
{
    if (group)
        strbuf_addf(out, "Usage: hcelab %s COMMAND\n\nCommands:\n", group);
    else
        strbuf_adds(out,
                    "Usage: hcelab [COMMAND]\n\n"
                    "Trains cell-type classifiers with cross-entropy (CE) or "
                    "hierarchical\ncross-entropy (HCE) and shows whether the hierarchy "
                    "helped.\nWithout a command: the dashboard.\n\nCommands:\n");
    for (size_t i = 0; cmds[i]; i++)
        if (!(cmds[i]->flags & CMD_HIDDEN) && in_group(cmds[i], group) &&
            *cmds[i]->name)
            add_item(out, OVERVIEW_INDENT, cmds[i]->name, cmds[i]->summary);
    add_table(out, "Options, before or after the command", cli_global_opts, CMD_ROWS);
    if (group)
        strbuf_adds(out, "\nhcelab COMMAND --help says more.\n");
    else
        strbuf_adds(out, "\nhcelab COMMAND --help says more about one.\n\n"
                         "Example:\n  hcelab demo\n");
}

/* Append each line of text after two blanks. */
static void
add_indented(struct strbuf *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        strbuf_adds(out, n ? "  " : "");
        strbuf_add(out, text, n);
        strbuf_addc(out, '\n');
        text += n + (text[n] == '\n');
    }
}

void
help_command(const struct cmd *cmd, const struct opt *spec, const struct opt *sim,
             struct strbuf *out)
{
    strbuf_addf(out, "Usage: hcelab%s%s%s%s%s\n\n", *cmd->name ? " " : "", cmd->name,
                *cmd->usage ? " " : "", cmd->usage,
                cmd->opts || (cmd->flags & (CMD_SPEC | CMD_SIM)) ? " [OPTIONS]" : "");
    strbuf_addc(out, (char)toupper((unsigned char)cmd->summary[0]));
    strbuf_addf(out, "%s.\n", cmd->summary + 1);
    if (cmd->details) {
        strbuf_addc(out, '\n');
        add_wrapped(out, 0, 0, cmd->details);
    }
    add_table(out, "Options", cmd->opts, CMD_ROWS);
    if (cmd->flags & CMD_SPEC) {
        add_table(out, "SPEC, what a run is", spec, CMD_ROWS);
        add_hypers(out);
    }
    if (cmd->flags & CMD_SIM)
        add_table(out, "The simulated atlas", sim, CMD_ROWS);
    add_table(out, "Options of every command", cli_global_opts, cmd->flags);
    strbuf_adds(out, "\nExample:\n");
    add_indented(out, cmd->example);
}
