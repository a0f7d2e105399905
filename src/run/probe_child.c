/* probe_child.c - the process that looks: loads without the matrix, counts, answers. */
#include "run/probe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/notes.h"
#include "data/source.h"
#include "engine/train.h"
#include "run/probe_format.h"
#include "run/run_inputs.h"

enum { CPU_S = 30, CPU_BYTES_PER_S = 1 << 20 };

static int
by_count(const void *a, const void *b)
{
    const struct probe_count *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Cells per code; codes of -1 are counted in *n_missing (may be NULL). */
static struct probe_count *
count_codes(const struct codes *code, size_t n, const struct strlist *name,
            const struct strlist *detail, size_t *n_missing)
{
    struct probe_count *c = xcalloc(name->n + 1, sizeof *c);

    for (size_t i = 0; i < name->n; i++) {
        c[i].name = xstrdup(name->item[i]);
        c[i].detail = xstrdup(detail ? detail->item[i] : "");
    }
    for (size_t i = 0; i < n; i++) {
        if (codes_get(code, i) >= 0)
            c[codes_get(code, i)].n++;
        else if (n_missing)
            ++*n_missing;
    }
    qsort(c, name->n, sizeof *c, by_count);
    return c;
}

static void
describe_column(struct probe_facet *f, const struct dataset *ds,
                const struct obs_column *col)
{
    f->name = xstrdup(col->name);
    f->n_levels = col->levels.n;
    f->level = count_codes(&col->code, ds->n_cells, &col->levels, NULL, &f->n_missing);
}

static void
describe_own_split(struct probe_result *r, const struct dataset *ds)
{
    const char *name = ds->own ? ds->own->split_column : NULL;
    const struct obs_column *col = name ? dataset_find_column(ds, name) : NULL;

    if (col)
        describe_column(&r->own_split, ds, col);
}

static void
describe_facets(struct probe_result *r, const struct run_data *rd)
{
    r->facet = xcalloc(rd->facets.n + 1, sizeof *r->facet);
    for (size_t i = 0; i < rd->facets.n; i++) {
        const struct obs_column *col = dataset_find_column(&rd->ds, rd->facets.item[i]);

        if (col)
            describe_column(&r->facet[r->n_facets++], &rd->ds, col);
    }
}

static void
describe_files(struct probe_result *r, const struct dataset *ds)
{
    r->n_files = ds->n_files;
    r->file = xcalloc(ds->n_files + 1, sizeof *r->file);
    for (size_t i = 0; i < ds->n_files; i++) {
        const struct file_report *from = &ds->report[i];

        r->file[i] = *from;
        r->file[i].path = xstrdup(from->path ? from->path : "");
        r->file[i].layer = xstrdup(from->layer ? from->layer : "");
        r->file[i].normalize = xstrdup(from->normalize ? from->normalize : "");
        r->file[i].decision = xstrdup(from->decision ? from->decision : "");
        packed_about_copy(&r->file[i].packed, &from->packed);
    }
}

static void
describe_evals(struct probe_result *r, const struct run_data *rd)
{
    r->n_evals = rd->n_evals;
    r->eval = xcalloc(rd->n_evals + 1, sizeof *r->eval);
    for (size_t i = 0; i < rd->n_evals; i++) {
        const struct eval_cells *ec = &rd->eval[i];

        r->eval[i].name = xstrdup(ec->name);
        r->eval[i].digest = xstrdup(ec->digest);
        r->eval[i].n = ec->n;
        r->eval[i].n_unknown = ec->n_unknown;
        strlist_copy(&r->eval[i].unknown, &ec->unknown);
    }
}

static void
describe(struct probe_result *r, const struct run_data *rd, const struct spec *spec,
         enum probe_mode mode)
{
    memcpy(r->data_digest, rd->data_digest, DIGEST_HEX);
    memcpy(r->split_digest, rd->split_digest, DIGEST_HEX);
    memcpy(r->class_digest, rd->classes.digest, DIGEST_HEX);
    memcpy(r->n_part, rd->n_part, sizeof r->n_part);
    r->n_cells = rd->ds.n_cells;
    r->n_genes = rd->ds.gene_id.n;
    r->n_classes = rd->classes.C;
    r->n_edges = rd->classes.n_edges;
    r->nnz = rd->nnz;
    for (size_t i = 0; i < rd->ds.n_files; i++)
        r->matrix_bytes += rd->ds.report[i].matrix_bytes;
    struct memory_need need;
    struct strbuf warning = {0};

    run_memory_need(&need, rd, spec);
    r->memory_bytes = memory_need_total(&need);
    r->ontology = xasprintf(
        "%s%s%s%s",
        rd->ds.own && rd->ds.own->reachable ? "the data's own hierarchy; terms of "
                                            : "",
        rd->onto.source, *rd->onto.version ? " " : "", rd->onto.version);
    strlist_copy(&r->unknown, &rd->classes.unknown);
    strlist_copy(&r->warnings, &rd->warnings);
    if (memory_need_warning(&need, spec, &warning))
        strlist_add(&r->warnings, strbuf_str(&warning));
    strbuf_release(&warning);
    describe_evals(r, rd);
    if (mode != PROBE_INFO)
        return;
    describe_files(r, &rd->ds);
    r->n_labels = rd->classes.C;
    const struct codes y = {rd->y, sizeof *rd->y};

    r->label =
        count_codes(&y, rd->ds.n_cells, &rd->classes.name, &rd->classes.term_id, NULL);
    describe_facets(r, rd);
    describe_own_split(r, &rd->ds);
}

static enum err
answer(FILE *in, enum probe_mode mode, struct strbuf *out, struct errbuf *eb)
{
    struct strbuf text = {0};
    struct spec spec;
    struct run_data rd = {0};
    struct probe_result r = {0};
    char buf[4096];

    for (size_t n; (n = fread(buf, 1, sizeof buf, in)) > 0;)
        strbuf_add(&text, buf, n);
    spec_init(&spec);
    enum err e = spec_read(&spec, strbuf_str(&text), eb);
    if (e == ERR_OK)
        e = spec_resolve(&spec, eb);
    if (e == ERR_OK)
        (void)probe_limit_cpu(&spec);
    if (e == ERR_OK)
        e = run_data_load(&rd, &spec, RUN_DATA_OBS, NULL, eb);
    if (e == ERR_OK && mode == PROBE_QUEUE)
        e = trainer_check(&spec, rd.n_part[PART_TRAIN], eb);
    if (e == ERR_OK) {
        describe(&r, &rd, &spec, mode);
        probe_format_write(&r, out);
    }
    probe_result_release(&r);
    run_data_release(&rd);
    spec_release(&spec);
    strbuf_release(&text);
    return e;
}

static uint64_t
bytes_of_files(const struct spec *spec)
{
    struct strlist path = {0}, file = {0};
    struct notes silent = {0};
    uint64_t bytes = source_bytes(spec->ontology);

    for (size_t i = 0; i < spec->data.n; i++)
        strlist_add(&path, spec->data.item[i]);
    for (size_t i = 0; i < spec->eval.n; i++) {
        const char *eq = strchr(spec->eval.item[i], '=');

        strlist_add(&path, eq ? eq + 1 : "");
    }
    if (dataset_expand(&path, &file, &silent, NULL) == ERR_OK)
        for (size_t i = 0; i < file.n; i++)
            bytes += source_bytes(file.item[i]);
    strlist_release(&file);
    strlist_release(&path);
    return bytes;
}

uint64_t
probe_limit_cpu(const struct spec *spec)
{
    uint64_t want = CPU_S + bytes_of_files(spec) / CPU_BYTES_PER_S;
    struct rlimit limit;

    if (getrlimit(RLIMIT_CPU, &limit) != 0)
        return want;
    if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > want)
        limit.rlim_cur = want;
    (void)setrlimit(RLIMIT_CPU, &limit); /* SIGXCPU ends the process */
    return limit.rlim_cur;
}

int
probe_command(size_t n, char *const word[], FILE *in, FILE *out, struct errbuf *eb)
{
    struct strbuf text = {0};
    struct errbuf why = {""};
    bool info = n == 1 && strcmp(word[0], "info") == 0;

    if (n != 1 || (!info && strcmp(word[0], "queue") != 0)) {
        err_set(eb, ERR_ARG, "internal-probe: queue|info, with the spec on stdin");
        return 2;
    }
    enum err e = answer(in, info ? PROBE_INFO : PROBE_QUEUE, &text, &why);
    if (e)
        probe_format_error(e, why.text, &text);
    bool written = fwrite(text.buf, 1, text.len, out) == text.len && fflush(out) == 0;

    strbuf_release(&text);
    if (!written)
        err_errno(eb, "cannot write the answer");
    return written ? 0 : 1;
}
