/* cli_help.c - help text from the tables. */
#include "cli/cli_help.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "spec/spec.h"

enum { HELP_WIDTH = 80, HELP_INDENT = 28 };

const struct opt cli_global_opts[] = {
    {.name = "store",
     .kind = OPT_TEXT,
     .value = "PATH",
     .help = "results store; else $HCELAB_STORE, else ./hcelab.db"},
    {.name = "read-only", .kind = OPT_FLAG, .help = "write nothing"},
    {.name = "cpu",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "code path of the kernels: auto, or what this machine has"},
    {.name = "json", .kind = OPT_FLAG, .help = "print JSON"},
    {.name = "csv", .kind = OPT_FLAG, .help = "print CSV"},
    {.name = "markdown", .kind = OPT_FLAG, .help = "print a Markdown table"},
    {.name = "ascii", .kind = OPT_FLAG, .help = "no character outside ASCII"},
    {.name = "help", .letter = 'h', .kind = OPT_FLAG, .help = "print help and leave"},
    {.name = "version", .kind = OPT_FLAG, .help = "print the version and leave"},
    {0}};

/* Append words of text from column `col` on, broken before HELP_WIDTH, continued at
 * HELP_INDENT columns (or `indent`). */
static void
add_wrapped(struct strbuf *out, size_t col, size_t indent, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, " ");

        if (col > indent && col + n > HELP_WIDTH) {
            strbuf_addf(out, "\n%*s", (int)indent, "");
            col = indent;
        }
        strbuf_add(out, text, n);
        col += n;
        text += n;
        if (*text == ' ') {
            if (col + 1 < HELP_WIDTH && text[1]) {
                strbuf_addc(out, ' ');
                col++;
            }
            text++;
        }
    }
    strbuf_addc(out, '\n');
}

/* "  left" padded to HELP_INDENT (or on a line of its own), then the help text. */
static void
add_item(struct strbuf *out, const char *left, const char *help)
{
    size_t n = strlen(left) + 2;

    strbuf_addf(out, "  %s", left);
    if (n + 1 >= HELP_INDENT) {
        strbuf_addc(out, '\n');
        n = 0;
    }
    strbuf_addf(out, "%*s", (int)(HELP_INDENT - n), "");
    add_wrapped(out, HELP_INDENT, HELP_INDENT, help);
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
    add_item(out, strbuf_str(&left), strbuf_str(&help));
    strbuf_release(&left);
    strbuf_release(&help);
}

static void
add_table(struct strbuf *out, const char *title, const struct opt *table)
{
    if (!table || !table->name)
        return;
    strbuf_addf(out, "\n%s:\n", title);
    for (; table->name; table++)
        add_option(out, table);
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
        char *help = xasprintf("%s%s%s [%s]", it->help, *it->unit ? ", " : "", it->unit,
                               it->defaults);
        add_item(out, it->name, help);
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
            add_item(out, cmds[i]->name, cmds[i]->summary);
    add_table(out, "Options, before or after the command", cli_global_opts);
    strbuf_addf(out, "\nExample:\n  hcelab %s --help\n",
                group && cmds[0] ? group : "demo");
    if (!group)
        strbuf_adds(out, "  hcelab demo\n");
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
    strbuf_addc(out, (char)(cmd->summary[0] - 'a' + 'A'));
    strbuf_addf(out, "%s.\n", cmd->summary + 1);
    if (cmd->details) {
        strbuf_addc(out, '\n');
        strbuf_addf(out, "%s\n", cmd->details);
    }
    add_table(out, "Options", cmd->opts);
    if (cmd->flags & CMD_SPEC) {
        add_table(out, "SPEC, what a run is", spec);
        add_hypers(out);
    }
    if (cmd->flags & CMD_SIM)
        add_table(out, "The simulated atlas", sim);
    add_table(out, "Options of every command", cli_global_opts);
    strbuf_adds(out, "\nExample:\n");
    add_indented(out, cmd->example);
}
