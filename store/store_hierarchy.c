/* store_hierarchy.c - classes and the ontology that gave them their order. */
#include "store/db.h"

#include <stdlib.h>

#include "base/xalloc.h"

/* Rows of two texts; NULL becomes "".  first: column of the first text. */
static enum err
read_texts(struct store *s, enum sql_id id, const struct store_bind *bind, int first,
           struct strlist *a, struct strlist *b, struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, id, bind, 1, &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        strlist_add(a, col_text(st, first) ? col_text(st, first) : "");
        strlist_add(b, col_text(st, first + 1) ? col_text(st, first + 1) : "");
    }
    db_finish(s, st);
    return e;
}

/* Rows of two indices. */
static enum err
read_pairs(struct store *s, enum sql_id id, const struct store_bind *bind,
           struct store_index_pairs *out, struct errbuf *eb)
{
    size_t cap_a = 0, cap_b = 0;
    sqlite3_stmt *st;
    bool row;
    enum err e = db_select(s, id, bind, 1, &st, eb);

    if (e)
        return e;
    while (!(e = db_step(s, st, &row, eb)) && row) {
        out->a = grow(out->a, &cap_a, out->n + 1, sizeof *out->a);
        out->b = grow(out->b, &cap_b, out->n + 1, sizeof *out->b);
        out->a[out->n] = (uint32_t)col_int(st, 0);
        out->b[out->n++] = (uint32_t)col_int(st, 1);
    }
    db_finish(s, st);
    return e;
}

static enum err
read_origin(struct store *s, const struct store_bind *bind, struct store_hierarchy *h,
            struct errbuf *eb)
{
    struct strlist source = {0}, version = {0};
    enum err e = read_texts(s, SQL_hierarchy_origin, bind, 0, &source, &version, eb);

    h->source = xstrdup(source.n ? source.item[0] : "");
    h->version = xstrdup(version.n ? version.item[0] : "");
    strlist_release(&source);
    strlist_release(&version);
    return e;
}

enum err
store_hierarchy_find(struct store *s, const char *pair_key, struct store_hierarchy *out,
                     struct errbuf *eb)
{
    sqlite3_stmt *st;
    bool row;
    enum err e =
        db_select(s, SQL_hierarchy_find, BINDS(BT(":pair_key", pair_key)), &st, eb);

    *out = (struct store_hierarchy){0};
    if (e)
        return e;
    if (!(e = db_step(s, st, &row, eb)) && row) {
        int64_t ontology = col_int(st, 1);
        out->label_set_id = col_int(st, 0);
        out->ontology_id = ontology == DB_NONE ? 0 : ontology;
    }
    db_finish(s, st);
    return e;
}

enum err
store_hierarchy_read(struct store *s, struct store_hierarchy *h, struct errbuf *eb)
{
    struct store_bind set = BI(":set_id", h->label_set_id);
    struct store_bind ontology = BI(":ontology_id", h->ontology_id);
    enum err e;

    if ((e = read_texts(s, SQL_hierarchy_labels, &set, 0, &h->label, &h->label_term,
                        eb)) ||
        (e = read_pairs(s, SQL_hierarchy_pairs, &set, &h->below, eb)) ||
        (e = read_origin(s, &ontology, h, eb)) ||
        (e = read_texts(s, SQL_hierarchy_terms, &ontology, 1, &h->term, &h->term_name,
                        eb)) ||
        (e = read_pairs(s, SQL_hierarchy_edges, &ontology, &h->is_a, eb)))
        store_hierarchy_release(h);
    return e;
}

static void
pairs_release(struct store_index_pairs *p)
{
    free(p->a);
    free(p->b);
}

void
store_hierarchy_release(struct store_hierarchy *h)
{
    free(h->source);
    free(h->version);
    strlist_release(&h->label);
    strlist_release(&h->label_term);
    strlist_release(&h->term);
    strlist_release(&h->term_name);
    pairs_release(&h->is_a);
    pairs_release(&h->below);
    *h = (struct store_hierarchy){0};
}
