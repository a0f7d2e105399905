/* manual.c - hcelab(1). */
#include "cli/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_help.h"
#include "cli/roff.h"
#include "cli/spec_opts.h"
#include "spec/spec.h"
#include "tui/app.h"

static void
name_and_synopsis(struct roff *r)
{
    roff_title(r, "hcelab", "1", "User Commands");
    roff_name(r, "hcelab",
              "train cell-type classifiers with and without an ontology, and compare");
    roff_section(r, "SYNOPSIS");
    roff_text(r, "hcelab [OPTION...]");
    roff_text(r, "hcelab COMMAND [ARGUMENT...] [OPTION...]");
    roff_section(r, "DESCRIPTION");
    roff_text(r,
              "hcelab trains classifiers of cell types on single-cell atlases with "
              "cross-entropy (CE) or hierarchical cross-entropy (HCE), which counts "
              "any descendant of the label in the Cell Ontology as right, and shows "
              "whether the hierarchy helped. Without a command it opens the dashboard "
              "on the store, where everything it learns is kept.");
    roff_text(r, "RUN is a run_id, the first four or more characters of a uuid, or the "
                 "exact name of a run. SPEC stands for the options of RUN PARAMETERS. "
                 "Options and arguments may come in any order; after -- no word is an "
                 "option. Data go to standard output, messages to standard error.");
}

/* ", from 1 to 100" */
static void
add_range(struct strbuf *sb, double min, double max)
{
    strbuf_addf(sb, "; from %.10g to %.10g", min, max);
}

/* "a|b|c" as "; one of a, b, c". */
static void
add_choices(struct strbuf *sb, const char *choices)
{
    strbuf_adds(sb, "; one of ");
    for (; *choices; choices++) {
        if (*choices == '|')
            strbuf_adds(sb, ", ");
        else
            strbuf_addc(sb, *choices);
    }
}

/* The defaults of a parameter: one, or those of the models that have it. */
static void
add_defaults(struct strbuf *sb, const char *defaults)
{
    bool several = strchr(defaults, '|');

    for (enum model_id m = 0; m < MODEL_COUNT && *defaults; m++) {
        size_t n = strcspn(defaults, "|");

        if (n && (n > 1 || *defaults != '-')) {
            strbuf_addf(sb, "; default %.*s", (int)n, defaults);
            if (several)
                strbuf_addf(sb, " (%s)", model_name(m));
        }
        defaults += n + (defaults[n] == '|');
        if (!several)
            break;
    }
}

static void
print_parameter(struct roff *r, const char *word, const char *value,
                const struct spec_item *it)
{
    bool is_number = it->kind == SPEC_INT || it->kind == SPEC_REAL;
    struct strbuf sb = {0};

    strbuf_adds(&sb, it->help);
    if (is_number)
        add_range(&sb, it->min, it->max);
    if (it->kind == SPEC_CHOICE && !value)
        add_choices(&sb, it->choices);
    add_defaults(&sb, it->defaults);
    if (is_number && *it->defaults && *it->unit)
        strbuf_addf(&sb, " %s", it->unit);
    strbuf_addc(&sb, '.');
    roff_item(r, word, value, strbuf_str(&sb));
    strbuf_release(&sb);
}

static void
print_option(struct roff *r, const struct opt *o)
{
    char *word = o->letter ? xasprintf("-%c, --%s", o->letter, o->name)
                           : xasprintf("--%s", o->name);
    struct strbuf sb = {0};

    strbuf_adds(&sb, o->help);
    if (o->kind == OPT_INT || o->kind == OPT_REAL)
        add_range(&sb, o->min, o->max);
    if (o->kind == OPT_CHOICE)
        add_choices(&sb, o->choices);
    if (o->def && *o->def && o->kind != OPT_FLAG)
        strbuf_addf(&sb, "; default %s", o->def);
    strbuf_addc(&sb, '.');
    roff_item(r, word,
              o->kind == OPT_FLAG ? NULL
              : o->value          ? o->value
                                  : o->choices,
              strbuf_str(&sb));
    strbuf_release(&sb);
    free(word);
}

static void
print_options(struct roff *r, const struct opt *table)
{
    for (; table && table->name; table++)
        print_option(r, table);
}

static void
print_command(struct roff *r, const struct cmd *cmd)
{
    char *heading = xasprintf("hcelab%s%s%s%s", *cmd->name ? " " : "", cmd->name,
                              *cmd->usage ? " " : "", cmd->usage);
    char *summary =
        xasprintf("%c%s.", toupper((unsigned char)cmd->summary[0]), cmd->summary + 1);

    roff_subsection(r, heading);
    roff_text(r, summary);
    if (cmd->details)
        roff_text(r, cmd->details);
    print_options(r, cmd->opts);
    if (cmd->flags & CMD_SIM)
        roff_text(r, "Also takes the options of SIMULATED ATLAS.");
    roff_example(r, cmd->example);
    free(summary);
    free(heading);
}

static void
commands(struct roff *r)
{
    roff_section(r, "COMMANDS");
    for (size_t i = 0; cmds[i]; i++)
        if (!(cmds[i]->flags & CMD_HIDDEN))
            print_command(r, cmds[i]);
}

static void
global_options(struct roff *r)
{
    roff_section(r, "OPTIONS");
    roff_text(r, "Before or after the command. Formats hold where rows come out.");
    print_options(r, cli_global_opts);
}

static void
parameters(struct roff *r, const struct opt *spec)
{
    roff_section(r, "RUN PARAMETERS");
    roff_text(r, "SPEC, what a run is. queue add takes lists for --model and --loss "
                 "(a,b), and --seeds.");
    for (; spec->name; spec++) {
        enum spec_id id = spec_find(spec->name);
        char *word = xasprintf("--%s", spec->name);

        if (id < SPEC_COUNT)
            print_parameter(r, word, spec->value, spec_item(id));
        else
            print_option(r, spec);
        free(word);
    }
    roff_subsection(r, "Hyperparameters");
    roff_text(r, "Set with --set NAME=VALUE. A model does not take those of others.");
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        if (spec_item(id)->flags & SPEC_HYPER)
            print_parameter(r, spec_item(id)->name, NULL, spec_item(id));
}

static void
simulator(struct roff *r)
{
    const struct sim_item *it;

    roff_section(r, "SIMULATED ATLAS");
    roff_text(r, "Options of data simulate and demo.");
    for (size_t i = 0; (it = sim_item(i)); i++) {
        struct strbuf sb = {0};
        char *word = xasprintf("--%s", it->name);

        for (char *p = word; *p; p++)
            if (*p == '_')
                *p = '-';
        strbuf_adds(&sb, it->help);
        if (it->kind != SIM_TEXT)
            add_range(&sb, it->min, it->max);
        strbuf_addf(&sb, "; default %s.", it->def);
        roff_item(r, word, it->kind == SIM_TEXT ? it->choices : "N", strbuf_str(&sb));
        strbuf_release(&sb);
        free(word);
    }
}

static void
vocabulary(struct roff *r)
{
    struct strbuf facets = {0};
    const char *facet;

    roff_section(r, "MODELS");
    for (enum model_id m = 0; m < MODEL_COUNT; m++)
        roff_item(r, model_name(m), NULL, model_help(m));
    roff_section(r, "LOSSES");
    for (enum loss_id l = 0; l < LOSS_COUNT; l++)
        roff_item(r, loss_name(l), NULL, loss_help(l));
    roff_section(r, "METRICS");
    roff_text(r, "What a training reports, for curve --metric and the view curve.");
    for (enum metric_id m = 0; m < METRIC_COUNT; m++) {
        const struct metric_info *info = metric_info(m);
        char *text = xasprintf(
            "%s%s%s; one value %s.", info->help, *info->unit ? ", in " : "", info->unit,
            info->per_epoch ? "per epoch" : "every log_every_n_steps steps");

        roff_item(r, info->name, NULL, text);
        free(text);
    }
    roff_section(r, "FACETS");
    for (size_t i = 0; (facet = facet_name(i)); i++)
        strbuf_addf(&facets, "%s%s", i ? ", " : "", facet);
    strbuf_adds(&facets,
                ": ways to group cells, for --by. All but the first two are obs "
                "columns of the data, used where they are; --facet adds others.");
    roff_text(r, strbuf_str(&facets));
    strbuf_release(&facets);
}

static void
print_view(void *ctx, const char *key, const char *title, const char *help,
           const char *command)
{
    char *text =
        command ? xasprintf("%s The same numbers: %s.", help, command) : xstrdup(help);

    roff_item(ctx, title, key, text);
    free(text);
}

static void
print_context(void *ctx, const char *title)
{
    roff_subsection(ctx, title);
}

static void
print_key(void *ctx, const char *keys, const char *help)
{
    char *text = xasprintf("%s.", help);

    roff_item(ctx, keys, NULL, text);
    free(text);
}

/* What the dashboard keeps: lines of key, values and meaning, separated by tabs. */
static void
config_file(struct roff *r)
{
    struct strbuf text = {0};
    struct strlist line = {0};

    roff_section(r, "CONFIGURATION");
    roff_text(r, "The dashboard keeps what was chosen in dashboard.conf (FILES), lines "
                 "\"key = value\", written on leaving. One that cannot be read is put "
                 "aside.");
    app_describe_config(&text);
    strlist_split(&line, strbuf_str(&text), '\n');
    for (size_t i = 0; i < line.n; i++) {
        struct strlist part = {0};

        strlist_split(&part, line.item[i], '\t');
        if (part.n == 3) {
            char *what = xasprintf("%s: %s.", part.item[2], part.item[1]);

            roff_item(r, part.item[0], NULL, what);
            free(what);
        }
        strlist_release(&part);
    }
    strlist_release(&line);
    strbuf_release(&text);
}

static void
dashboard(struct roff *r)
{
    roff_section(r, "DASHBOARD");
    roff_text(
        r,
        "Runs belong to workers: leaving the dashboard, or losing the "
        "connection, never touches one. A window of 80 columns and 24 lines shows "
        "everything, one of 40 and 12 can be worked with. The views, with the keys that open them:");
    app_views_each(print_view, r);
    roff_text(r,
              "A filter (f) is a text that a row has, or tests such as delta < 0 and "
              "cells >= 100, state in (failed, cancelled), not loss = ce; names with "
              "blanks stand in quotes, numbers may end in k, M or G.");
    roff_section(r, "KEYS");
    app_keys_each(print_context, print_key, r);
}

static void
exit_statuses(struct roff *r)
{
    roff_section(r, "EXIT STATUS");
#define EXIT(id, status, when) roff_item(r, #status, NULL, when ".");
#include "cli/exits.def"
#undef EXIT
}

static void
environment(struct roff *r)
{
    roff_section(r, "ENVIRONMENT");
#define VARIABLE(name, what) roff_item(r, #name, NULL, what ".");
#include "cli/environment.def"
#undef VARIABLE
}

static void
files(struct roff *r)
{
    roff_section(r, "FILES");
    roff_item(r, "hcelab.db", NULL,
              "The results store, in the current folder unless --store or HCELAB_STORE "
              "name another; see hcelab-store(5).");
    roff_item(r, "hcelab.db.lock", NULL,
              "What those who write to the store lock. It holds nothing and may be "
              "removed when nobody uses the store.");
    roff_item(
        r, "$XDG_CONFIG_HOME/hcelab/dashboard.conf", NULL,
        "What was chosen in the dashboard; ~/.config where the variable is not set.");
    roff_section(r, "SEE ALSO");
    roff_text(r, "hcelab-store(5), hcelab-packed(5), sqlite3(1)");
    roff_text(r, "Cultrera di Montesano et al., doi 10.1038/s43588-025-00945-z: the "
                 "hierarchical cross-entropy. Fischer et al., doi "
                 "10.1038/s41467-024-51059-5: models and training settings.");
}

void
manual_program(struct arena *a, struct strbuf *out)
{
    struct roff r = {.out = out};

    name_and_synopsis(&r);
    commands(&r);
    global_options(&r);
    parameters(&r, spec_opts_table(a));
    simulator(&r);
    vocabulary(&r);
    dashboard(&r);
    config_file(&r);
    exit_statuses(&r);
    environment(&r);
    files(&r);
}
