/* cmd_export.c - results out, as CSV. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/compare_out.h"
#include "cli/csv_out.h"
#include "cli/query_out.h"

/* What can be exported, and the statement of store/sql that lists it; NULL: paired
 * statistics. */
static const struct {
    const char *what, *query;
} exports[] = {
    {"f1", "export_f1"},     {"curves", "export_curve"},
    {"runs", "export_runs"}, {"confusion", "export_confusion"},
    {"comparison", NULL},
};
enum { N_EXPORTS = sizeof exports / sizeof exports[0] };

static enum err
export_comparison(struct cli *c, const char *path, struct errbuf *eb)
{
    struct strbuf text = {0};
    struct csv_out out;
    enum err e = compare_export(c, opts_text(&c->opts, "experiment"), &text, eb);

    if (e == ERR_OK && !(e = csv_out_open(&out, c, path, eb))) {
        csv_out_text(&out, strbuf_str(&text));
        e = csv_out_close(&out, true, eb);
    }
    strbuf_release(&text);
    return e;
}

static enum err
export_query(struct cli *c, const char *name, const char *path, struct errbuf *eb)
{
    const char *experiment = opts_text(&c->opts, "experiment");
    struct store_bind bind = {
        .name = ":experiment", .kind = BIND_TEXT, .t = experiment};

    return query_export(c, store_named_query(name), &bind, 1, path, eb);
}

static enum err
unknown_export(const char *what, struct errbuf *eb)
{
    struct strbuf names = {0};

    for (size_t i = 0; i < N_EXPORTS; i++)
        strbuf_addf(&names, "%s%s", i ? ", " : "", exports[i].what);
    err_set(eb, ERR_ARG, "export %s: must be one of: %s", what, strbuf_str(&names));
    strbuf_release(&names);
    return ERR_ARG;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *what = c->opts.arg[0], *path = opts_text(&c->opts, "out");
    size_t i = 0;
    enum err e;

    while (i < N_EXPORTS && strcmp(exports[i].what, what) != 0)
        i++;
    if (i == N_EXPORTS)
        return unknown_export(what, eb);
    if ((e = cli_open(c, STORE_READ, eb)))
        return e;
    return exports[i].query ? export_query(c, exports[i].query, path, eb)
                            : export_comparison(c, path, eb);
}

static const struct opt options[] = {
    {.name = "out",
     .letter = 'o',
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "write there, whole or not at all; else to stdout"},
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {0}};

const struct cmd cmd_export = {
    .name = "export",
    .usage = "f1|curves|runs|confusion|comparison",
    .summary = "metric tables and curves as CSV",
    .details =
        "f1, curves, runs and confusion have the columns of the views f1, curve, "
        "run_summary\nand confusion; comparison has every number of `compare` "
        "over all evaluations, rules and\nfacets.",
    .example = "hcelab export f1 --out f1.csv\nhcelab export comparison > stats.csv",
    .opts = options,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
