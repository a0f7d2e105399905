/* cmd_compare.c - CE against HCE across seeds. */
#include "cli/cli.h"
#include "cli/compare_out.h"
#include "cli/name_check.h"
#include "cli/spec_opts.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    struct compare_request q = {
        .facet = opts_text(o, "by"),
        .rule = opts_text(o, "rule"),
        .evaluation = opts_text(o, "eval"),
        .experiment = opts_text(o, "experiment"),
        .model = opts_text(o, "model"),
        .pair_key = opts_text(o, "pair-key"),
        .label = opts_text(o, "label"),
        .sort = opts_text(o, "sort"),
        .min_support = opts_int(o, "min-support"),
        .baseline = opts_text(o, "baseline"),
        .base_evaluation = opts_text(o, "baseline-eval"),
        .loss = opts_text(o, "loss"),
        .plot = opts_has(o, "plot"),
        .svg = opts_text(o, "svg"),
    };
    enum err e = spec_check_opt(o, SPEC_ID_model, eb);

    if (e == ERR_OK)
        e = cli_open(c, STORE_READ, eb);
    if (e == ERR_OK)
        e = name_check(c, eb);
    return e ? e : compare_print(c, &q, eb);
}

static const struct opt options[] = {
    {.name = "by",
     .kind = OPT_TEXT,
     .value = "FACET",
     .def = "all",
     .help = "all, class, tissue, tissue_general, disease, assay, dataset_id, donor_id "
             "or another obs column that was grouped by"},
    {.name = "eval",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "evaluation; else ood where it exists, else id"},
    {.name = "rule",
     .kind = OPT_CHOICE,
     .value = "RULE",
     .def = "hierarchy",
     .choices = "hierarchy|exact",
     .help =
         "hierarchy counts a predicted descendant as the true label, exact does not"},
    {.name = "label",
     .kind = OPT_TEXT,
     .value = "LABEL",
     .help = "the classes within this group: --by tissue --label lung"},
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {.name = "model", .kind = OPT_TEXT, .value = "NAME", .help = "only this model"},
    {.name = "pair-key",
     .kind = OPT_TEXT,
     .value = "KEY",
     .help = "only this pair_key; its first characters are enough"},
    {.name = "min-support",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .max = 1e15,
     .help = "only labels with at least so many cells"},
    {.name = "sort",
     .kind = OPT_CHOICE,
     .value = "COLUMN",
     .def = "delta",
     .choices = "delta|label|support|ce|hce|p",
     .help = "order of the rows: delta, label, support, ce, hce or p"},
    {.name = "baseline",
     .kind = OPT_TEXT,
     .value = "MODEL/LOSS",
     .help = "compare with another seed group, paired by seed, and not HCE with CE: "
             "linear/hce, or the first characters of a pair_key: 9f3a/ce"},
    {.name = "baseline-eval",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "evaluation of the baseline, if another one of the same cells: "
             "ood+propagated; without --baseline of the CE runs"},
    {.name = "loss",
     .kind = OPT_CHOICE,
     .value = "LOSS",
     .choices = "ce|hce",
     .help =
         "with --baseline: which runs are compared with it; else those of its loss"},
    {.name = "plot",
     .kind = OPT_FLAG,
     .help = "draw the pairs of seeds and the mean differences with their intervals"},
    {.name = "svg",
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "write that drawing to a file for papers; -: to stdout"},
    {0}};

const struct cmd cmd_compare = {
    .name = "compare",
    .usage = "",
    .summary = "CE against HCE across seeds, with paired statistics",
    .details =
        "Seeds are the replicates: a pair is the CE and the HCE run of one seed. Runs "
        "that differ\nin anything else are never averaged: one block each, with what "
        "tells them apart.\nHCE is 'better' or 'worse' where Holm's p is below .05. "
        "JSON and CSV have every\nnumber in full.  With --baseline the columns ce_* are "
        "the baseline and hce_* what is\ncompared with it.\n\n"
        "What speaks against a comparison is said above its numbers, and in the columns "
        "unfair, unlike\nand not_known: that the two sides were scored on other cells, "
        "trained on other data or parts,\nchose among other classes, saw other genes, or "
        "that their means run over other classes; and what\nis not known of one of them, "
        "as of runs that were imported. Of several runs of a seed the newest counts; such "
        "seeds are listed, in the column repeated too. Groups that saw other parts,\nclasses or cells "
        "are left out with --baseline, unless --experiment, --model or --pair-key asks for them.\n\n"
        "Does training with HCE beat propagation afterwards?  Score the CE runs with "
        "eval --decode\npropagated, then compare HCE with them by --baseline-eval.",
    .example = "hcelab compare --by tissue\n"
               "hcelab compare --by tissue --label lung --sort support\n"
               "hcelab compare --by class --rule exact --csv\n"
               "hcelab compare --by class --svg pairs.svg\n"
               "hcelab compare --model mlp --baseline linear/hce --plot\n"
               "hcelab compare --eval ood --baseline-eval ood+propagated",
    .opts = options,
    .flags = CMD_ROWS,
    .run = run,
};
