/* cmd_show.c - everything about one run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/query_out.h"
#include "cli/run_arg.h"
#include "cli/runs_table.h"
#include "data/notes.h"
#include "spec/spec.h"

/* What is printed besides the row of the run, in this order. */
static const struct {
    const char *query, *title;
} parts[] = {
    {"run_evaluations", "evaluations"},
    {"run_inputs_list", "inputs"},
    {"run_attempts", "attempts"},
    {"run_checkpoints", "checkpoints"},
};
enum { N_PARTS = sizeof parts / sizeof parts[0] };

static struct store_bind
bind_run(int64_t run_id)
{
    return (struct store_bind){":run_id", BIND_INT, run_id, 0, NULL};
}

static void
json_value(struct strbuf *sb, const struct spec *spec, enum spec_id id, size_t i)
{
    struct strbuf text = {0};
    enum spec_kind kind = spec_item(id)->kind;

    spec_value(spec, id, i, &text);
    if (kind == SPEC_INT || kind == SPEC_REAL)
        strbuf_adds(sb, strbuf_str(&text));
    else
        strbuf_add_json(sb, strbuf_str(&text));
    strbuf_release(&text);
}

/* Append a spec as an object: numbers as numbers, lists as arrays. */
static void
json_spec(struct strbuf *sb, const struct spec *spec)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        bool is_list = spec_item(id)->kind == SPEC_LIST;

        strbuf_addf(sb, "%s\"%s\": %s", id ? ", " : "{", spec_item(id)->name,
                    is_list ? "[" : "");
        for (size_t i = 0; i < spec_values(spec, id); i++) {
            strbuf_adds(sb, i ? ", " : "");
            json_value(sb, spec, id, i);
        }
        if (!is_list && spec_values(spec, id) == 0)
            strbuf_adds(sb, "null");
        strbuf_adds(sb, is_list ? "]" : "");
    }
    strbuf_addc(sb, '}');
}

/* The one object of the array that table_print makes of a single row, without its
 * brackets and braces. */
static void
json_fields(struct strbuf *sb, const struct store_runs *runs)
{
    struct strbuf row = {0};
    struct table *t = runs_table(runs, TABLE_JSON);

    table_print(t, TABLE_JSON, &row);
    const char *open = strchr(strbuf_str(&row), '{');
    const char *close = strrchr(strbuf_str(&row), '}');
    strbuf_add(sb, open + 1, (size_t)(close - open - 1));
    table_free(t);
    strbuf_release(&row);
}

static enum err
print_json(struct cli *c, const struct store_runs *runs, const struct spec *spec,
           struct errbuf *eb)
{
    const struct store_bind bind = bind_run(runs->run[0].run_id);
    struct strbuf sb = {0};
    enum err e = ERR_OK;

    strbuf_addc(&sb, '{');
    json_fields(&sb, runs);
    strbuf_adds(&sb, ",\n \"spec\": ");
    json_spec(&sb, spec);
    for (size_t i = 0; i < N_PARTS && e == ERR_OK; i++) {
        strbuf_addf(&sb, ",\n \"%s\": ", parts[i].title);
        e = query_text(c, store_named_query(parts[i].query), &bind, 1, TABLE_JSON, &sb,
                       eb);
        while (sb.len && sb.buf[sb.len - 1] == '\n')
            sb.buf[--sb.len] = '\0';
    }
    strbuf_adds(&sb, "}\n");
    if (e == ERR_OK)
        out_text(c, strbuf_str(&sb));
    strbuf_release(&sb);
    return e;
}

/* Print names and values (in turn): lines, whatever their length, or a table in
 * Markdown. */
static void
print_pairs(struct cli *c, const struct strlist *pair, int width, const char *sign)
{
    static const struct table_column col[] = {{.name = "name", .type = TABLE_TEXT},
                                              {.name = "value", .type = TABLE_TEXT}};
    struct table *t = table_new(col, 2);

    for (size_t i = 0; i + 1 < pair->n; i += 2) {
        table_text(t, pair->item[i]);
        table_text(t, pair->item[i + 1]);
        if (c->format == TABLE_PLAIN)
            out_line(c, "%-*s%s%s", width, pair->item[i], sign, pair->item[i + 1]);
    }
    if (c->format != TABLE_PLAIN)
        out_table(c, t);
    table_free(t);
}

static void
add_pair(struct strlist *l, const char *name, const char *value)
{
    if (!value)
        return;
    strlist_add(l, name);
    strlist_add(l, value);
}

static void
add_number(struct strlist *l, const char *name, int64_t x)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, x);
    if (x != INT64_MIN)
        add_pair(l, name, text);
}

/* What --shuffle came to, or NULL. */
static const char *
order_text(const char *cell_order)
{
    if (!cell_order)
        return NULL;
    return strcmp(cell_order, "blocks") == 0 ? "blocks of 16 neighbours" : "at random";
}

/* The fields of the run that have a value. */
static void
print_fields(struct cli *c, const struct store_run *r)
{
    const struct {
        const char *key, *value;
    } text[] = {
        {"name", r->name},
        {"experiment", r->experiment},
        {"uuid", r->uuid},
        {"pair_key", r->pair_key},
        {"state", r->state},
        {"end_reason", r->end_reason},
        {"imported from", r->source_path},
        {"waits because", r->reason},
        {"created", r->created_at},
        {"started", r->started_at},
        {"ended", r->ended_at},
        {"host", r->host},
        {"cpu path", r->cpu_path},
        {"OpenBLAS core", r->blas_core},
        {"order of cells", order_text(r->cell_order)},
        {"weights_sha256", r->weights_sha256},
        {"best_weights_sha256", r->best_weights_sha256},
    };
    struct strlist pair = {0};
    char memory[48];

    add_number(&pair, "run", r->run_id);
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
        add_pair(&pair, text[i].key, text[i].value);
    add_number(&pair, "threads", r->threads);
    snprintf(memory, sizeof memory, "up to %.2f GiB, estimated",
             (double)r->memory_bytes / 1073741824.0);
    add_pair(&pair, "memory", r->source_path ? NULL : memory);
    /* torchmetrics counts classes that were predicted only (DESIGN.md, section 2). */
    add_pair(&pair, "F1 of its curves",
             r->source_path ? "counts classes that were predicted only, as 0" : NULL);
    add_number(&pair, "exit status", r->exit_code);
    add_number(&pair, "ended by signal", r->term_signal);
    print_pairs(c, &pair, 20, " ");
    strlist_release(&pair);
}

/* The parameters, from lines of name=value. */
static void
print_spec(struct cli *c, const char *params)
{
    struct strlist line = {0}, pair = {0};

    strlist_split(&line, params, '\n');
    for (size_t i = 0; i < line.n; i++) {
        char *value = strchr(line.item[i], '=');

        if (!value)
            continue;
        *value = '\0';
        add_pair(&pair, line.item[i], value + 1);
    }
    print_pairs(c, &pair, 0, "=");
    strlist_release(&line);
    strlist_release(&pair);
}

/* Print and free. */
static void
print_table(struct cli *c, struct table *t)
{
    out_table(c, t);
    table_free(t);
}

static enum err
print_parts(struct cli *c, const struct store_runs *runs, const char *params,
            struct errbuf *eb)
{
    const struct store_bind bind = bind_run(runs->run[0].run_id);
    enum err e = ERR_OK;

    print_fields(c, &runs->run[0]);
    out_text(c, "\n");
    print_table(c, runs_table(runs, c->format));
    for (size_t i = 0; i < N_PARTS && e == ERR_OK; i++) {
        out_textf(c, "\n%s\n%s", parts[i].title, c->format == TABLE_PLAIN ? "" : "\n");
        e = query_print(c, store_named_query(parts[i].query), &bind, 1, eb);
    }
    out_text(c, c->format == TABLE_PLAIN ? "\nspec\n" : "\nspec\n\n");
    print_spec(c, params);
    return e;
}

static enum err
show_run(struct cli *c, int64_t run_id, struct errbuf *eb)
{
    struct strbuf params = {0};
    struct store_runs runs;
    struct spec spec;
    enum err e = run_arg_get(c, run_id, &runs, eb);

    if (e)
        return e;
    e = store_run_params(c->store, run_id, &params, eb);
    spec_init(&spec);
    if (e == ERR_OK)
        e = spec_read(&spec, strbuf_str(&params), eb);
    if (e == ERR_OK && c->format == TABLE_JSON)
        e = print_json(c, &runs, &spec, eb);
    else if (e == ERR_OK && c->format == TABLE_CSV)
        print_table(c, runs_table(&runs, TABLE_CSV));
    else if (e == ERR_OK)
        e = print_parts(c, &runs, strbuf_str(&params), eb);
    spec_release(&spec);
    strbuf_release(&params);
    store_runs_release(&runs);
    return e;
}

/* --- --importance --- */

static enum err
no_importances(const struct store_run *r, const char *class_name, struct errbuf *eb)
{
    if (strcmp(r->model, model_name(MODEL_tabnet)) != 0)
        return err_set(eb, ERR_NOTFOUND,
                       "run %" PRId64 " is a %s model, which has no gene importances "
                       "(tabnet has)",
                       r->run_id, r->model);
    if (strcmp(r->state, "succeeded") != 0)
        return err_set(eb, ERR_NOTFOUND,
                       "run %" PRId64 " is %s: its gene importances are stored when "
                       "it succeeds",
                       r->run_id, r->state);
    if (class_name)
        return err_set(eb, ERR_NOTFOUND,
                       "run %" PRId64 " has no gene importances of class %s, which had "
                       "no cells to train on",
                       r->run_id, class_name);
    return err_set(eb, ERR_NOTFOUND, "run %" PRId64 " has no gene importances",
                   r->run_id);
}

/* --class must name a class of the run. */
static enum err
check_class(struct cli *c, int64_t run_id, const char *name, struct errbuf *eb)
{
    struct strlist label = {0}, term_id = {0};
    uint32_t *ancestor = NULL, *descendant = NULL;
    size_t n_edges = 0;
    enum err e = store_run_labels(c->store, run_id, &label, &term_id, &ancestor,
                                  &descendant, &n_edges, eb);

    if (e == ERR_OK && !strlist_has(&label, name)) {
        char *list = note_list(&label, 25);

        e = err_set(eb, ERR_ARG, "--class %s: must be a class of run %" PRId64 ": %s",
                    name, run_id, list);
        free(list);
    }
    free(ancestor);
    free(descendant);
    strlist_release(&label);
    strlist_release(&term_id);
    return e;
}

static bool
note_row(void *ctx, size_t n_cols, const char *const *name, const char *const *value,
         const char *type)
{
    (void)n_cols;
    (void)name;
    (void)value;
    (void)type;
    *(bool *)ctx = true;
    return false;
}

static enum err
show_importance(struct cli *c, int64_t run_id, struct errbuf *eb)
{
    const char *sql = store_named_query("run_importance");
    const char *class_name = opts_text(&c->opts, "class");
    const struct store_bind bind[] = {
        {":run_id", BIND_INT, run_id, 0, NULL},
        {":top", BIND_INT, opts_int(&c->opts, "top"), 0, NULL},
        {":class", BIND_TEXT, 0, 0, class_name}};
    struct store_runs runs;
    bool any = false;
    enum err e = run_arg_get(c, run_id, &runs, eb);

    if (e)
        return e;
    e = store_query(c->store, sql, bind, 2, note_row, &any, eb);
    if (e == ERR_OK && any && class_name &&
        !(e = check_class(c, run_id, class_name, eb))) {
        any = false;
        e = store_query(c->store, sql, bind, 3, note_row, &any, eb);
    }
    if (e == ERR_OK)
        e = any ? query_print(c, sql, bind, 3, eb)
                : no_importances(&runs.run[0], class_name, eb);
    store_runs_release(&runs);
    return e;
}

static enum err
check_options(const struct cli *c, struct errbuf *eb)
{
    static const char *const of_importance[] = {"class", "top"};

    if (opts_has(&c->opts, "importance"))
        return ERR_OK;
    for (size_t i = 0; i < 2; i++)
        if (opts_has(&c->opts, of_importance[i]))
            return err_set(eb, ERR_ARG, "--%s belongs to --importance",
                           of_importance[i]);
    return ERR_OK;
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    int64_t run_id;
    enum err e;

    if ((e = check_options(c, eb)) || (e = cli_open(c, STORE_READ, eb)) ||
        (e = store_run_find(c->store, c->opts.arg[0], &run_id, eb)))
        return e;
    return opts_has(&c->opts, "importance") ? show_importance(c, run_id, eb)
                                            : show_run(c, run_id, eb);
}

static const struct opt options[] = {
    {.name = "importance",
     .kind = OPT_FLAG,
     .help = "instead: the genes that count most for each class (tabnet)"},
    {.name = "class",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "with --importance: only this class"},
    {.name = "top",
     .kind = OPT_INT,
     .value = "N",
     .def = "10",
     .min = 1,
     .max = 100,
     .help = "with --importance: that many genes of each class"},
    {0}};

const struct cmd cmd_show = {
    .name = "show",
    .usage = "RUN",
    .summary = "one run: spec, state, metrics, evaluations, why it ended",
    .details =
        "RUN is a run_id, four or more characters of a uuid, or an exact name. "
        "--json has every\nfield, weights_sha256 and best_weights_sha256 among "
        "them; --csv is the one row of `runs`, in\nfull.\n\n--importance prints "
        "class, rank, gene and importance, the gene's share of all genes of\nthe "
        "class: the mean of the model's masks over the class's training cells (at "
        "most 200\nof a class, drawn by the seed). The 100 best genes of a class are "
        "stored, in the view\ngene_importance.",
    .example = "hcelab show 7\nhcelab show linear-hce-s1 --json\n"
               "hcelab show tabnet-hce-s0 --importance --class 'T cell' --top 20",
    .opts = options,
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_ROWS,
    .run = run,
};
