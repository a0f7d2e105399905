/* cmd_errors.c - where the cells of classes went, under CE and HCE. */
#include <string.h>

#include "cli/cli.h"
#include "cli/errors_out.h"
#include "cli/name_check.h"
#include "cli/spec_opts.h"

static enum err
check(const struct opts *o, struct errbuf *eb)
{
    if (opts_has(o, "predicted") && !opts_has(o, "class"))
        return err_set(eb, ERR_ARG,
                       "--predicted %s: takes --class NAME too, the true class of the "
                       "confusion",
                       opts_text(o, "predicted"));
    return spec_check_opt(o, SPEC_ID_model, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    struct errors_request q = {
        .rule = opts_text(o, "rule"),
        .evaluation = opts_text(o, "eval"),
        .experiment = opts_text(o, "experiment"),
        .model = opts_text(o, "model"),
        .pair_key = opts_text(o, "pair-key"),
        .class_name = opts_text(o, "class"),
        .predicted = opts_text(o, "predicted"),
        .confusions = opts_has(o, "confusions"),
        .by_predicted = opts_has(o, "by-predicted"),
        .of_wrong = strcmp(opts_text(o, "share-of"), "wrong") == 0,
        .kind = error_kind_find(opts_text(o, "kind")),
        .one_kind = opts_has(o, "kind"),
        .sort = opts_text(o, "sort"),
        .min_cells = opts_int(o, "min-cells"),
        .top = opts_has(o, "top") ? opts_int(o, "top") : -1,
    };
    enum err e = check(o, eb);

    if (e == ERR_OK)
        e = cli_open(c, STORE_READ, eb);
    if (e == ERR_OK)
        e = name_check(c, eb);
    return e ? e : errors_print(c, &q, eb);
}

static const struct opt options[] = {
    {.name = "class",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "the confusions of this class: where its cells went; with --by-predicted: "
             "what was called it"},
    {.name = "predicted",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "with --class: the seeds of this one confusion"},
    {.name = "confusions",
     .kind = OPT_FLAG,
     .help = "the largest confusions of all cells, whatever their class"},
    {.name = "by-predicted",
     .kind = OPT_FLAG,
     .help = "classes are predicted labels, and their cells those that were called so"},
    {.name = "kind",
     .kind = OPT_CHOICE,
     .value = "KIND",
     .def = "wrong",
     .choices = "wrong|descendant|ancestor|sibling|other|same",
     .help = "predictions that the columns CE and HCE are about; rows for programs "
             "are of every kind unless it is given"},
    {.name = "share-of",
     .kind = OPT_CHOICE,
     .value = "WHOLE",
     .def = "cells",
     .choices = "cells|wrong",
     .help = "shares of the class's cells, or relations as shares of its wrong ones"},
    {.name = "eval",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "evaluation; else ood where it exists, else id"},
    {.name = "rule",
     .kind = OPT_CHOICE,
     .value = "RULE",
     .def = "hierarchy",
     .choices = "hierarchy|exact",
     .help = "hierarchy counts a predicted descendant as right, exact does not"},
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {.name = "model", .kind = OPT_TEXT, .value = "NAME", .help = "only this model"},
    {.name = "pair-key",
     .kind = OPT_TEXT,
     .value = "KEY",
     .help = "only this pair_key; its first characters are enough"},
    {.name = "min-cells",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .max = 1e15,
     .help = "only classes with at least so many cells"},
    {.name = "sort",
     .kind = OPT_CHOICE,
     .value = "COLUMN",
     .def = "ce",
     .choices = "ce|hce|delta|cells|label|p",
     .help = "order of the classes: ce, hce, delta, cells, label or p"},
    {.name = "top",
     .kind = OPT_INT,
     .value = "N",
     .max = 1e9,
     .help = "only the first N rows; 0: all"},
    {0}};

const struct cmd cmd_errors = {
    .name = "errors",
    .usage = "",
    .summary = "where the cells of each class went, under CE and HCE",
    .details =
        "Per class: the share of wrong predictions under both losses, how they divide "
        "into\ndescendants, ancestors, siblings and other classes, and the differences, "
        "paired by\nseed. A prediction is a descendant where it lies below the true "
        "class, and an ancestor\nwhere it lies above.",
    .example = "hcelab errors\n"
               "hcelab errors --kind sibling --share-of wrong --sort delta\n"
               "hcelab errors --class 'T cell' --rule exact\n"
               "hcelab errors --class 'T cell' --by-predicted\n"
               "hcelab errors --confusions --top 10 --csv",
    .opts = options,
    .flags = CMD_ROWS,
    .run = run,
};
