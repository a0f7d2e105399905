/* cmd_export.c - results out, as CSV. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/compare_out.h"
#include "cli/csv_out.h"
#include "cli/name_check.h"
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

/* Filters: an option and the parameter of the statement that it sets. */
static const struct {
    const char *option, *parameter;
} filters[] = {
    {"run", ":run_id"},      {"experiment", ":experiment"},
    {"eval", ":evaluation"}, {"rule", ":rule"},
    {"by", ":facet"},        {"metric", ":metric"},
};
enum { N_FILTERS = sizeof filters / sizeof filters[0] };

/* The filters that were given, as parameters (n); one that the statement does not have
 * is wrong usage. */
static enum err
take_filters(struct cli *c, const char *what, const char *sql, struct store_bind *bind,
             size_t *n, struct errbuf *eb)
{
    *n = 0;
    for (size_t i = 0; i < N_FILTERS; i++) {
        const char *text = opts_text(&c->opts, filters[i].option);
        struct store_bind *b = &bind[*n];

        if (!text)
            continue;
        if (!strstr(sql, filters[i].parameter))
            return err_set(eb, ERR_ARG, "--%s is no filter of export %s",
                           filters[i].option, what);
        *b = (struct store_bind){
            .name = filters[i].parameter, .kind = BIND_TEXT, .t = text};
        if (strcmp(filters[i].option, "run") == 0) {
            enum err e = store_run_find(c->store, text, &b->i, eb);

            if (e)
                return e;
            b->kind = BIND_INT;
        }
        (*n)++;
    }
    return ERR_OK;
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
    const char *query = exports[i].query;
    const char *sql = query ? store_named_query(query) : ":experiment";
    struct store_bind bind[N_FILTERS];
    size_t n;
    if ((e = take_filters(c, what, sql, bind, &n, eb)) || (e = name_check(c, eb)))
        return e;
    return query ? query_export(c, sql, bind, n, path, eb)
                 : export_comparison(c, path, eb);
}

static const struct opt options[] = {
    {.name = "out",
     .letter = 'o',
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "write there, whole or not at all; else to stdout"},
    {.name = "experiment", .kind = OPT_TEXT, .value = "NAME", .help = "only this one"},
    {.name = "run", .kind = OPT_TEXT, .value = "RUN", .help = "only this run"},
    {.name = "metric", .kind = OPT_TEXT, .value = "NAME", .help = "curves: only this"},
    {.name = "eval",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "f1, confusion: only this evaluation"},
    {.name = "rule",
     .kind = OPT_CHOICE,
     .value = "RULE",
     .choices = "hierarchy|exact",
     .help = "f1: only this scoring rule"},
    {.name = "by", .kind = OPT_TEXT, .value = "FACET", .help = "f1: only this facet"},
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
    .flags = CMD_CSV,
    .run = run,
};
