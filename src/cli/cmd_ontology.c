/* cmd_ontology.c - CE against HCE over the nodes of the ontology. */
#include "cli/cli.h"
#include "cli/name_check.h"
#include "cli/ontology_out.h"
#include "cli/spec_opts.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    const struct ontology_request q = {
        .compare = {.facet = "class",
                    .rule = opts_text(o, "rule"),
                    .evaluation = opts_text(o, "eval"),
                    .experiment = opts_text(o, "experiment"),
                    .model = opts_text(o, "model"),
                    .pair_key = opts_text(o, "pair-key")},
        .node = opts_text(o, "node"),
        .depth = opts_int(o, "depth"),
        .min_delta = opts_real(o, "min-delta"),
        .by_seed = opts_has(o, "by-seed"),
        .all_terms = opts_has(o, "all-terms"),
    };
    enum err e = spec_check_opt(o, SPEC_ID_model, eb);

    if (e == ERR_OK)
        e = cli_open(c, STORE_READ, eb);
    if (e == ERR_OK)
        e = name_check(c, eb);
    return e ? e : ontology_print(c, &q, eb);
}

static const struct opt options[] = {
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
    {.name = "node",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "only what is at or below this term: its name, its id, or a part that no "
             "other name has"},
    {.name = "depth",
     .kind = OPT_INT,
     .value = "N",
     .def = "0",
     .max = 1e6,
     .help = "levels that are shown; 0 shows all"},
    {.name = "min-delta",
     .kind = OPT_REAL,
     .value = "X",
     .def = "0",
     .max = 1,
     .help = "only nodes whose difference is so large, whatever its sign, and in the "
             "tree the nodes above them"},
    {.name = "by-seed",
     .kind = OPT_FLAG,
     .help = "the values of every seed instead of their statistics"},
    {.name = "all-terms",
     .kind = OPT_FLAG,
     .help = "also terms that are no class and have the same classes below as one of "
             "their children"},
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {.name = "model", .kind = OPT_TEXT, .value = "NAME", .help = "only this model"},
    {.name = "pair-key",
     .kind = OPT_TEXT,
     .value = "KEY",
     .help = "only this pair_key; its first characters are enough"},
    {0}};

const struct cmd cmd_ontology = {
    .name = "ontology",
    .usage = "",
    .summary = "CE against HCE over the tree of the ontology",
    .details =
        "A node stands for the set of classes at or below it that have cells: its value "
        "is their\nmean F1, per seed. A class counts once, however many ways lead to "
        "it. A term with\nseveral parents hangs from each of them; what is below it is "
        "shown once, (...) stands\nfor it elsewhere. Nodes with the same set are one "
        "test. JSON and CSV have one row for\neach node and every number in full.",
    .example = "hcelab ontology --min-delta .05\n"
               "hcelab ontology --node 'T cell' --eval id\n"
               "hcelab ontology --node 'T cell' --depth 1 --by-seed\n"
               "hcelab ontology --rule exact --csv",
    .opts = options,
    .flags = CMD_ROWS,
    .run = run,
};
