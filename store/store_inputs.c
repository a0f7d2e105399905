/* store_inputs.c - what a run was trained on: labels, ontology, genes, files. */
#include "store/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* --- writing --- */

/* The id of the set with this digest in *id, or a new one: *is_new says which. */
static enum err
set_id(struct store *s, enum sql_id find, enum sql_id insert,
       const struct store_bind *bind, size_t n, int64_t *id, bool *is_new,
       struct errbuf *eb)
{
    enum err e = db_int(s, find, bind, 1, id, eb); /* the digest is the first */

    *is_new = !e && *id == DB_NONE;
    if (!*is_new)
        return e;
    e = db_exec(s, insert, bind, n, eb);
    *id = db_last_id(s);
    return e;
}

static enum err
insert_edges(struct store *s, enum sql_id insert, int64_t id, const uint32_t *a,
             const uint32_t *b, size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < n && !e; i++)
        e = db_exec(s, insert, BINDS(BI(":set_id", id), BI(":a", a[i]), BI(":b", b[i])),
                    eb);
    return e;
}

static enum err
put_labels(struct store *s, const struct store_labels *l, int64_t *id,
           struct errbuf *eb)
{
    bool is_new;
    enum err e = set_id(s, SQL_label_set_find, SQL_label_set_insert,
                        BINDS(BT(":digest", l->digest)), id, &is_new, eb);

    if (e || !is_new)
        return e;
    for (size_t i = 0; i < l->n && !e; i++)
        e = db_exec(s, SQL_label_insert,
                    BINDS(BI(":set_id", *id), BI(":i", (int64_t)i),
                          BT(":label", l->label[i]), BT(":term_id", l->term_id[i])),
                    eb);
    return e ? e
             : insert_edges(s, SQL_label_edge_insert, *id, l->ancestor, l->descendant,
                            l->n_edges, eb);
}

static enum err
put_ontology(struct store *s, const struct store_ontology *o, int64_t *id,
             struct errbuf *eb)
{
    bool is_new;
    enum err e = set_id(s, SQL_ontology_find, SQL_ontology_insert,
                        BINDS(BT(":digest", o->digest), BT(":source", o->source),
                              BT(":version", o->version)),
                        id, &is_new, eb);

    if (e || !is_new)
        return e;
    for (size_t i = 0; i < o->n && !e; i++)
        e = db_exec(s, SQL_ontology_term_insert,
                    BINDS(BI(":set_id", *id), BI(":i", (int64_t)i),
                          BT(":term_id", o->term_id[i]), BT(":name", o->name[i])),
                    eb);
    return e ? e
             : insert_edges(s, SQL_ontology_edge_insert, *id, o->child, o->parent,
                            o->n_edges, eb);
}

static enum err
put_genes(struct store *s, const struct store_genes *g, int64_t *id, struct errbuf *eb)
{
    bool is_new;
    enum err e = set_id(s, SQL_gene_set_find, SQL_gene_set_insert,
                        BINDS(BT(":digest", g->digest)), id, &is_new, eb);

    if (e || !is_new)
        return e;
    for (size_t i = 0; i < g->n && !e; i++)
        e = db_exec(s, SQL_gene_insert,
                    BINDS(BI(":set_id", *id), BI(":i", (int64_t)i),
                          BT(":gene_id", g->gene_id[i]),
                          BT(":gene_name", g->gene_name[i])),
                    eb);
    return e;
}

static enum err
put_facets(struct store *s, int64_t run_id, const struct store_inputs *in,
           struct errbuf *eb)
{
    enum err e = db_exec(s, SQL_run_facets_delete, BINDS(BI(":run_id", run_id)), eb);

    for (size_t i = 0; i < in->n_facets && !e; i++)
        e = db_exec(s, SQL_run_facet_insert,
                    BINDS(BI(":run_id", run_id), BI(":i", (int64_t)i),
                          BT(":facet", in->facet[i])),
                    eb);
    return e;
}

static enum err
put_file(struct store *s, int64_t run_id, size_t i, const struct store_input_file *f,
         struct errbuf *eb)
{
    return db_exec(s, SQL_input_file_insert,
                   BINDS(BI(":run_id", run_id), BI(":i", (int64_t)i),
                         BT(":path", f->path), BT(":layer", f->layer),
                         BT(":normalize", f->normalize), BT(":decision", f->decision),
                         BI(":n_cells", f->n_cells), BI(":n_kept", f->n_kept),
                         BI(":n_genes", f->n_genes),
                         BI(":n_genes_missing", f->n_genes_missing),
                         BI(":n_genes_dropped", f->n_genes_dropped)),
                   eb);
}

static enum err
put_files(struct store *s, int64_t run_id, const struct store_inputs *in,
          struct errbuf *eb)
{
    enum err e = db_exec(s, SQL_input_files_delete, BINDS(BI(":run_id", run_id)), eb);

    for (size_t i = 0; i < in->n_files && !e; i++)
        e = put_file(s, run_id, i, &in->file[i], eb);
    return e;
}

enum err
run_inputs_put(struct store *s, int64_t run_id, const struct store_inputs *in,
               struct errbuf *eb)
{
    int64_t labels = DB_NONE, ontology = DB_NONE, genes = DB_NONE;
    enum err e = ERR_OK;

    if ((in->labels && (e = put_labels(s, in->labels, &labels, eb))) ||
        (in->ontology && (e = put_ontology(s, in->ontology, &ontology, eb))) ||
        (in->genes && (e = put_genes(s, in->genes, &genes, eb))) ||
        (in->facet && (e = put_facets(s, run_id, in, eb))) ||
        (in->file && (e = put_files(s, run_id, in, eb))))
        return e;
    return db_exec(s, SQL_run_inputs,
                   BINDS(BI(":run_id", run_id), BI(":n_train", in->n_train),
                         BI(":n_val", in->n_val), BI(":n_test", in->n_test),
                         BI(":n_ood", in->n_ood), BI(":label_set_id", labels),
                         BI(":ontology_id", ontology), BI(":gene_set_id", genes),
                         BT(":cell_order", in->cell_order)),
                   eb);
}

enum err
store_inputs_add(struct store *s, const struct store_attempt *a,
                 const struct store_inputs *in, struct errbuf *eb)
{
    enum err e = db_begin(s, DB_FULL, eb);

    if (e)
        return e;
    if (!(e = db_fence(s, a->run_id, a->attempt, eb)))
        e = run_inputs_put(s, a->run_id, in, eb);
    return db_end(s, e, eb);
}

/* --- reading --- */

/* Append the first and, if b is not NULL, the second column; NULL becomes "". */
static enum err
read_texts(struct store *s, enum sql_id id, int64_t run_id, struct strlist *a,
           struct strlist *b, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, id, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        strlist_add(a, col_text(st, 0) ? col_text(st, 0) : "");
        if (b)
            strlist_add(b, col_text(st, 1) ? col_text(st, 1) : "");
    }
    db_finish(s, st);
    return e;
}

static enum err
unknown(int64_t run_id, const char *what, struct errbuf *eb)
{
    return err_set(eb, ERR_NOTFOUND,
                   "the %s of run %lld are not stored: it was never started", what,
                   (long long)run_id);
}

enum err
store_run_genes(struct store *s, int64_t run_id, struct strlist *gene_id,
                struct strlist *gene_name, struct errbuf *eb)
{
    size_t before = gene_id->n;
    enum err e = read_texts(s, SQL_run_genes, run_id, gene_id, gene_name, eb);

    return e || gene_id->n > before ? e : unknown(run_id, "genes", eb);
}

static enum err
read_edges(struct store *s, int64_t run_id, uint32_t **ancestor, uint32_t **descendant,
           size_t *n, struct errbuf *eb)
{
    size_t cap_a = 0, cap_d = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_run_label_edges, BINDS(BI(":run_id", run_id)), &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        *ancestor = grow(*ancestor, &cap_a, *n + 1, sizeof **ancestor);
        *descendant = grow(*descendant, &cap_d, *n + 1, sizeof **descendant);
        (*ancestor)[*n] = (uint32_t)col_int(st, 0);
        (*descendant)[(*n)++] = (uint32_t)col_int(st, 1);
    }
    db_finish(s, st);
    return e;
}

enum err
store_run_labels(struct store *s, int64_t run_id, struct strlist *label,
                 struct strlist *term_id, uint32_t **ancestor, uint32_t **descendant,
                 size_t *n_edges, struct errbuf *eb)
{
    size_t before = label->n;
    enum err e = read_texts(s, SQL_run_labels, run_id, label, term_id, eb);

    *ancestor = *descendant = NULL;
    *n_edges = 0;
    if (!e && label->n == before)
        e = unknown(run_id, "labels", eb);
    if (!e)
        e = read_edges(s, run_id, ancestor, descendant, n_edges, eb);
    if (e) {
        free(*ancestor);
        free(*descendant);
        *ancestor = *descendant = NULL;
        *n_edges = 0;
    }
    return e;
}

enum err
store_run_facets(struct store *s, int64_t run_id, struct strlist *facet,
                 struct errbuf *eb)
{
    return read_texts(s, SQL_run_facets, run_id, facet, NULL, eb);
}
