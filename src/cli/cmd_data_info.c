/* cmd_data_info.c - what is in a dataset, and what would be skipped and why. */
#include <inttypes.h>
#include <stdint.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/packed_info.h"
#include "cli/spec_opts.h"
#include "run/probe.h"

static void
json_list(struct strbuf *sb, const char *key, const struct strlist *l)
{
    strbuf_addf(sb, ",\n \"%s\": [", key);
    for (size_t i = 0; i < l->n; i++) {
        strbuf_adds(sb, i ? ", " : "");
        strbuf_add_json(sb, l->item[i]);
    }
    strbuf_addc(sb, ']');
}

static void
json_text(struct strbuf *sb, const char *key, const char *text)
{
    strbuf_addf(sb, ", \"%s\": ", key);
    strbuf_add_json(sb, text);
}

static void
json_files(struct strbuf *sb, const struct probe_result *r)
{
    strbuf_adds(sb, ",\n \"files\": [");
    for (size_t i = 0; i < r->n_files; i++) {
        const struct file_report *f = &r->file[i];

        strbuf_addf(sb, "%s\n  {\"path\": ", i ? "," : "");
        strbuf_add_json(sb, f->path);
        json_text(sb, "layer", f->layer);
        json_text(sb, "normalize", f->normalize);
        json_text(sb, "decision", f->decision);
        strbuf_addf(sb,
                    ", \"n_cells\": %zu, \"n_kept\": %zu, \"n_not_primary\": %zu, "
                    "\"n_filtered\": %zu, \"n_no_label\": %zu, \"n_genes\": %zu, "
                    "\"n_genes_missing\": %zu, \"n_genes_dropped\": %zu, "
                    "\"nnz\": %" PRIu64
                    ", \"nnz_is_estimate\": %s, \"matrix_bytes\": %" PRIu64
                    ", \"packed\": ",
                    f->n_cells, f->n_kept, f->n_not_primary, f->n_filtered,
                    f->n_no_label, f->n_genes, f->n_genes_missing, f->n_genes_dropped,
                    f->nnz, f->nnz_is_estimate ? "true" : "false", f->matrix_bytes);
        packed_info_json(sb, f);
        strbuf_addc(sb, '}');
    }
    strbuf_addc(sb, ']');
}

static void
json_counts(struct strbuf *sb, const struct probe_count *c, size_t n,
            const char *detail)
{
    strbuf_addc(sb, '[');
    for (size_t i = 0; i < n; i++) {
        strbuf_addf(sb, "%s\n   {\"name\": ", i ? "," : "");
        strbuf_add_json(sb, c[i].name);
        if (detail)
            json_text(sb, detail, c[i].detail);
        strbuf_addf(sb, ", \"n\": %zu}", c[i].n);
    }
    strbuf_addc(sb, ']');
}

/* null where the data bring no split. */
static void
json_split(struct strbuf *sb, const struct probe_facet *f)
{
    strbuf_adds(sb, ",\n \"own_split\": ");
    if (!f->name) {
        strbuf_adds(sb, "null");
        return;
    }
    strbuf_adds(sb, "{\"column\": ");
    strbuf_add_json(sb, f->name);
    strbuf_addf(sb, ", \"n_missing\": %zu, \"parts\": ", f->n_missing);
    json_counts(sb, f->level, f->n_levels, NULL);
    strbuf_addc(sb, '}');
}

static void
print_json(const struct cli *c, const struct probe_result *r)
{
    struct strbuf sb = {0};

    strbuf_addf(&sb,
                "{\"n_cells\": %zu, \"n_genes\": %zu, \"n_classes\": %zu, "
                "\"n_ancestor_pairs\": %zu, \"nnz\": %" PRIu64
                ", \"memory_bytes\": %" PRIu64 ", \"matrix_bytes\": %" PRIu64,
                r->n_cells, r->n_genes, r->n_classes, r->n_edges, r->nnz,
                r->memory_bytes, r->matrix_bytes);
    json_text(&sb, "ontology", r->ontology);
    json_text(&sb, "data_digest", r->data_digest);
    json_files(&sb, r);
    strbuf_adds(&sb, ",\n \"labels\": ");
    json_counts(&sb, r->label, r->n_labels, "term_id");
    strbuf_adds(&sb, ",\n \"facets\": [");
    for (size_t i = 0; i < r->n_facets; i++) {
        strbuf_addf(&sb, "%s\n  {\"name\": ", i ? "," : "");
        strbuf_add_json(&sb, r->facet[i].name);
        strbuf_addf(&sb, ", \"n_missing\": %zu, \"levels\": ", r->facet[i].n_missing);
        json_counts(&sb, r->facet[i].level, r->facet[i].n_levels, NULL);
        strbuf_addc(&sb, '}');
    }
    strbuf_addc(&sb, ']');
    json_split(&sb, &r->own_split);
    json_list(&sb, "unknown_labels", &r->unknown);
    json_list(&sb, "warnings", &r->warnings);
    strbuf_adds(&sb, "}\n");
    out_text(c, strbuf_str(&sb));
    strbuf_release(&sb);
}

static void
print_file(const struct cli *c, const struct file_report *f)
{
    out_textf(c, "%s\n  matrix %s, normalisation %s: %s\n", f->path, f->layer,
              f->normalize, f->decision);
    packed_info_print(c, f);
    out_textf(c, "  %zu cells in the file, %zu kept\n", f->n_cells, f->n_kept);
    if (f->n_not_primary)
        out_textf(c, "  skipped: %zu with is_primary_data false\n", f->n_not_primary);
    if (f->n_filtered)
        out_textf(c, "  skipped: %zu by --where\n", f->n_filtered);
    if (f->n_no_label)
        out_textf(c, "  skipped: %zu without a label\n", f->n_no_label);
    if (f->n_genes_missing)
        out_textf(c, "  %zu genes of the dataset are absent here\n",
                  f->n_genes_missing);
    if (f->n_genes_dropped)
        out_textf(c, "  %zu genes of the file are not used\n", f->n_genes_dropped);
}

static void
print_counts(const struct cli *c, const char *title, const char *detail_title,
             const struct probe_count *count, size_t n, size_t n_shown)
{
    const struct table_column col[] = {
        {.name = title, .type = TABLE_TEXT},
        {.name = "cells", .type = TABLE_INT},
        {.name = detail_title ? detail_title : "", .type = TABLE_TEXT}};
    struct table *t = table_new(col, detail_title ? 3 : 2);

    for (size_t i = 0; i < n && i < n_shown; i++) {
        table_text(t, count[i].name);
        table_int(t, (int64_t)count[i].n);
        if (detail_title)
            table_text(t, *count[i].detail ? count[i].detail : "isolated");
    }
    out_text(c, "\n");
    out_table(c, t);
    if (n > n_shown)
        out_textf(c, "... and %zu more (--all lists them)\n", n - n_shown);
    table_free(t);
}

/* "split of its own (obs/split): train 70, val 15, test 15 cells" */
static void
print_split(const struct cli *c, const struct probe_facet *f)
{
    if (!f->name)
        return;
    out_textf(c, "split of its own (obs/%s): ", f->name);
    for (size_t i = 0; i < f->n_levels; i++)
        out_textf(c, "%s%s %zu", i ? ", " : "", f->level[i].name, f->level[i].n);
    out_textf(c, " cells\n");
}

/* Dense values are counted in a sample. */
static bool
is_estimate(const struct probe_result *r)
{
    for (size_t i = 0; i < r->n_files; i++)
        if (r->file[i].nnz_is_estimate)
            return true;
    return false;
}

static void
print_text(const struct cli *c, const struct probe_result *r)
{
    size_t shown = opts_has(&c->opts, "all") ? SIZE_MAX : 12;
    double size = (double)r->n_cells * (double)r->n_genes;

    for (size_t i = 0; i < r->n_files; i++)
        print_file(c, &r->file[i]);
    out_textf(
        c,
        "\n%zu cells x %zu genes, density %s%.2f %%, %zu classes, %zu ancestor "
        "pairs\nontology: %s\nmemory of a training: about %.0f MB (of these, %.2f bytes "
        "for each value that is not 0)\n",
        r->n_cells, r->n_genes, is_estimate(r) ? "about " : "",
        size > 0 ? 100 * (double)r->nnz / size : 0, r->n_classes, r->n_edges,
        r->ontology, (double)r->memory_bytes / 1e6,
        r->nnz ? (double)r->matrix_bytes / (double)r->nnz : 0);
    print_split(c, &r->own_split);
    print_counts(c, "label", "term", r->label, r->n_labels, shown);
    for (size_t i = 0; i < r->n_facets; i++) {
        print_counts(c, r->facet[i].name, NULL, r->facet[i].level, r->facet[i].n_levels,
                     shown);
        if (r->facet[i].n_missing)
            out_textf(c, "%zu cells without a value\n", r->facet[i].n_missing);
    }
}

static void
add_counts(struct table *t, const char *facet, const struct probe_count *count,
           size_t n)
{
    for (size_t i = 0; i < n; i++) {
        table_text(t, facet);
        table_text(t, count[i].name);
        table_int(t, (int64_t)count[i].n);
        table_text(t, count[i].detail && *count[i].detail ? count[i].detail : NULL);
    }
}

/* Every label and level with its cells: what of all this is rows. */
static void
print_csv(const struct cli *c, const struct probe_result *r)
{
    static const struct table_column col[] = {{.name = "facet", .type = TABLE_TEXT},
                                              {.name = "label", .type = TABLE_TEXT},
                                              {.name = "cells", .type = TABLE_INT},
                                              {.name = "term", .type = TABLE_TEXT}};
    struct table *t = table_new(col, 4);

    add_counts(t, "class", r->label, r->n_labels);
    for (size_t i = 0; i < r->n_facets; i++)
        add_counts(t, r->facet[i].name, r->facet[i].level, r->facet[i].n_levels);
    if (r->own_split.name)
        add_counts(t, r->own_split.name, r->own_split.level, r->own_split.n_levels);
    out_table(c, t);
    table_free(t);
}

/* What is looked at: the arguments are more --data; nothing is split unless asked. */
static enum err
make_spec(struct cli *c, struct spec *spec, struct errbuf *eb)
{
    enum err e = spec_from_opts(spec, &c->opts, false, eb);

    for (size_t i = 0; i < c->opts.n_args && e == ERR_OK; i++)
        e = spec_set(spec, SPEC_ID_data, c->opts.arg[i], eb);
    if (e == ERR_OK && spec->data.n == 0)
        e = err_set(eb, ERR_ARG,
                    "data info: a PATH is missing; usage: hcelab data "
                    "info PATH...");
    if (e == ERR_OK && !spec->is_set[SPEC_ID_val_fraction])
        e = spec_set(spec, SPEC_ID_val_fraction, "0", eb);
    if (e == ERR_OK && !spec->is_set[SPEC_ID_test_fraction])
        e = spec_set(spec, SPEC_ID_test_fraction, "0", eb);
    return e ? e : spec_resolve(spec, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    struct probe_result r = {0};
    struct spec spec;
    enum err e;

    spec_init(&spec);
    if ((e = make_spec(c, &spec, eb)) ||
        (e = probe_run(c->self_path, &spec, PROBE_INFO, &r, eb)))
        goto out;
    if (c->format == TABLE_JSON)
        print_json(c, &r);
    else if (c->format == TABLE_CSV)
        print_csv(c, &r);
    else
        print_text(c, &r);
    for (size_t i = 0; i < r.warnings.n; i++)
        out_note("warning: %s", r.warnings.item[i]);
out:
    probe_result_release(&r);
    spec_release(&spec);
    return e;
}

static const struct opt options[] = {
    {.name = "all", .kind = OPT_FLAG, .help = "list every label and level"},
    {0}};

const struct cmd cmd_data_info = {
    .name = "data info",
    .usage = "PATH...",
    .summary =
        "cells, genes, labels, facets of a dataset; what would be skipped and why",
    .details =
        "The files are opened in a process of its own, as a broken file may crash "
        "its reader.\n--csv has the rows: every label and level with its cells; "
        "--json has the rest too.\n\n"
        "Runs are compared on the same data only. Those are told apart by all bytes of "
        ".h5ad files,\nby the checksums of packed stores, and by all bytes of scTab "
        "stores up to 2 GiB; of larger\nones by their footers, obs columns and both "
        "ends of X in each row group, so that a change\nin between can go unnoticed. "
        "Packed, every chunk is checked whenever it is read.\n\n"
        "A packed store counts as the data that it was packed from where it has all their "
        "cells that are\nprimary data, in their order, and neither it nor the run chose a "
        "matrix with --layer; a shuffled\none is data of its own. Which it is, is said here "
        "(hcelab-packed(5)).",
    .example = "hcelab data info atlas.h5ad --ontology cl-basic.obo",
    .opts = options,
    .max_args = SIZE_MAX,
    .flags = CMD_SPEC | CMD_ROWS,
    .run = run,
};
