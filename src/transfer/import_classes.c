/* import_classes.c - classes by number or name. */
#include "transfer/import_classes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/csv_cells.h"
#include "transfer/own_tables.h"

void
import_classes_init(struct import_classes *c)
{
    struct strlist labels = {0};

    *c = (struct import_classes){0};
    ontology_load_builtin(&c->rd.onto);
    for (size_t i = 0; i < c->rd.onto.n_terms; i++)
        strlist_add(&labels, c->rd.onto.term[i].name);
    class_set_init(&c->rd.classes, &labels, &c->rd.onto);
    run_inputs_init(&c->inputs, &c->rd);
    strlist_release(&labels);
}

/* --- from an export --- */

/* The files of a run's folder while they are read. */
struct classes_work {
    struct import_classes *c;
    const char *folder;
    struct strlist label, term_id;
    uint32_t *up, *down; /* (n_edges) owned; by number of class */
    size_t n_edges;
    struct digest *digest;
    struct import_report *report;
};

/* Columns of texts and what comes of them; false where there is no such file, or it
 * cannot be read, which is said. */
static bool
read_table(struct classes_work *w, const char *file, const char *const *column,
           size_t n,
           enum err (*take)(struct classes_work *w, const struct csv_cells *c,
                            struct errbuf *eb))
{
    char *path = xasprintf("%s/%s", w->folder, file);
    struct errbuf eb = {""};
    struct csv_cells c;
    enum err e = csv_cells_read(&c, path, column, n, &eb);
    bool is_there = e != ERR_NOTFOUND;

    if (!e) {
        digest_adds(w->digest, file);
        digest_add(w->digest, strbuf_str(&c.table.text), c.table.text.len);
        e = take(w, &c, &eb);
        csv_cells_release(&c);
    }
    if (e && is_there)
        import_report_add(w->report, IMPORT_UNREADABLE, "file", path, NULL, "%s",
                          eb.text);
    free(path);
    return !e;
}

/* Two columns of numbers below n.  Caller frees, also on error. */
static enum err
take_pairs(const struct csv_cells *c, size_t n, uint32_t **a, uint32_t **b,
           struct errbuf *eb)
{
    enum err e = ERR_OK;
    int64_t x, y;

    *a = xcalloc(c->table.n_rows + 1, sizeof **a);
    *b = xcalloc(c->table.n_rows + 1, sizeof **b);
    for (size_t i = 0; i < c->table.n_rows; i++) {
        if ((e = csv_cells_int(c, i, 0, 0, (int64_t)n - 1, &x, eb)) ||
            (e = csv_cells_int(c, i, 1, 0, (int64_t)n - 1, &y, eb)))
            return e;
        if (x == y)
            return csv_cells_wrong(c, i, 1, "the same on both sides", eb);
        (*a)[i] = (uint32_t)x;
        (*b)[i] = (uint32_t)y;
    }
    return ERR_OK;
}

/* The labels, whose numbers must be their places in bytewise order. */
static enum err
take_labels(struct classes_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    if (c->table.n_rows == 0 || c->table.n_rows > CLASSES_MAX)
        return err_set(eb, ERR_FORMAT, "%s: %zu classes, 1 to %d are possible", c->path,
                       c->table.n_rows, CLASSES_MAX);
    for (size_t i = 0; i < c->table.n_rows; i++) {
        const char *label = csv_cells_text(c, i, 0);

        if (i > 0 && strcmp(w->label.item[i - 1], label) >= 0)
            return csv_cells_wrong(c, i, 0, "out of order: labels go bytewise", eb);
        strlist_add(&w->label, label);
    }
    return ERR_OK;
}

static enum err
take_terms_of_labels(struct classes_work *w, const struct csv_cells *c,
                     struct errbuf *eb)
{
    (void)eb;
    for (size_t i = 0; i < c->table.n_rows; i++)
        strlist_add(&w->term_id, csv_cells_text(c, i, 0));
    return ERR_OK;
}

static enum err
take_edges(struct classes_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    w->n_edges = c->table.n_rows;
    return take_pairs(c, w->label.n, &w->up, &w->down, eb);
}

static enum err
take_genes(struct classes_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct dataset *ds = &w->c->rd.ds;
    struct intern *seen = intern_new();
    enum err e = ERR_OK;

    if (c->table.n_rows > GENES_MAX)
        e = err_set(eb, ERR_FORMAT, "%s: %zu genes, at most %d are possible", c->path,
                    c->table.n_rows, GENES_MAX);
    for (size_t i = 0; i < c->table.n_rows && !e; i++) {
        const char *id = csv_cells_text(c, i, 0);

        if (!*id || intern_add(seen, id) != i)
            e = csv_cells_wrong(c, i, 0, *id ? "there twice" : "no name of a gene", eb);
        strlist_add(&ds->gene_id, id);
        strlist_add(&ds->gene_name, csv_cells_text(c, i, 1));
    }
    intern_free(seen);
    if (e) {
        strlist_release(&ds->gene_id);
        strlist_release(&ds->gene_name);
    }
    w->c->has_genes = !e && c->table.n_rows > 0;
    return e;
}

/* --- the ontology, as rows --- */

static enum err
take_terms(struct classes_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct arena *a = &w->c->inputs.arena;
    size_t n = c->table.n_rows;
    const char **id = arena_alloc(a, n + 1, sizeof *id);
    const char **name = arena_alloc(a, n + 1, sizeof *name);

    (void)eb;
    for (size_t i = 0; i < n; i++) {
        id[i] = arena_strdup(a, csv_cells_text(c, i, 0));
        name[i] = arena_strdup(a, csv_cells_text(c, i, 1));
    }
    w->c->inputs.ontology.term_id = id;
    w->c->inputs.ontology.name = name;
    w->c->inputs.ontology.n = n;
    return ERR_OK;
}

static enum err
take_term_edges(struct classes_work *w, const struct csv_cells *c, struct errbuf *eb)
{
    struct store_ontology *o = &w->c->inputs.ontology;
    uint32_t *child, *parent;
    size_t n = c->table.n_rows;
    enum err e = take_pairs(c, o->n, &child, &parent, eb);

    if (!e) {
        uint32_t *to = arena_alloc(&w->c->inputs.arena, n + 1, 2 * sizeof *to);

        memcpy(to, child, n * sizeof *to);
        memcpy(to + n, parent, n * sizeof *to);
        o->child = to;
        o->parent = to + n;
        o->n_edges = n;
    }
    free(child);
    free(parent);
    return e;
}

/* In place of the built-in one, or none. */
static void
read_ontology(struct classes_work *w, const struct import_ontology *said)
{
    static const char *const term[] = {"term_id", "name"}, *const edge[] = {"child",
                                                                            "parent"};
    struct import_classes *c = w->c;

    c->inputs.ontology = (struct store_ontology){
        .digest = arena_strdup(&c->inputs.arena, said->digest),
        .source = arena_strdup(&c->inputs.arena, said->source),
        .version = arena_strdup(&c->inputs.arena, said->version)};
    c->has_ontology =
        said->digest && read_table(w, own_table_file(OWN_TERMS), term, 2, take_terms) &&
        read_table(w, own_table_file(OWN_TERM_EDGES), edge, 2, take_term_edges);
}

static void
make(struct classes_work *w, const struct import_ontology *said)
{
    static const char *const edge[] = {"ancestor", "descendant"},
                             *const term[] = {"term_id"},
                             *const gene[] = {"gene_id", "gene_name"};
    struct import_classes *c = w->c;
    bool is_whole =
        read_table(w, own_table_file(OWN_CLASS_EDGES), edge, 2, take_edges) &&
        read_table(w, "classes.csv", term, 1, take_terms_of_labels);

    ontology_load_builtin(&c->rd.onto);
    if (is_whole)
        class_set_restore(&c->rd.classes, &w->label, &w->term_id, w->up, w->down,
                          w->n_edges);
    else
        class_set_init(&c->rd.classes, &w->label, &c->rd.onto);
    read_table(w, "genes.csv", gene, 2, take_genes);
    run_inputs_init(&c->inputs, &c->rd);
    c->has_ontology = true;
    if (is_whole)
        read_ontology(w, said);
}

enum err
import_classes_read(struct import_classes *c, const char *folder,
                    const struct import_ontology *ontology, struct digest *digest,
                    struct import_report *report, struct errbuf *eb)
{
    static const char *const column[] = {"label"};
    struct classes_work w = {
        .c = c, .folder = folder, .digest = digest, .report = report};
    char *path = xasprintf("%s/classes.csv", folder);
    struct csv_cells cells;

    *c = (struct import_classes){0};
    enum err e = csv_cells_read(&cells, path, column, 1, eb);
    if (!e) {
        e = take_labels(&w, &cells, eb);
        csv_cells_release(&cells);
    }
    if (!e)
        make(&w, ontology);
    strlist_release(&w.label);
    strlist_release(&w.term_id);
    free(w.up);
    free(w.down);
    free(path);
    return e;
}

void
import_classes_release(struct import_classes *c)
{
    run_inputs_release(&c->inputs);
    run_data_release(&c->rd);
}

bool
import_classes_is_number(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && strspn(name, "0123456789") == n && (*name != '0' || n == 1);
}

int32_t
import_classes_find(const struct import_classes *c, const char *name)
{
    if (!import_classes_is_number(name))
        return class_set_find(&c->rd.classes, name);
    errno = 0;
    long long i = strtoll(name, NULL, 10);
    return !errno && i < (long long)c->rd.classes.C ? (int32_t)i : -1;
}

const char *
import_classes_label(const struct import_classes *c, const char *name)
{
    int32_t i = import_classes_find(c, name);

    return i < 0 ? NULL : c->rd.classes.name.item[i];
}
