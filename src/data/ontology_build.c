/* ontology_build.c - terms and textual edges -> a checked ontology. */
#include "data/ontology_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/ontology_order.h"

enum { WARNINGS_SHOWN = 20 };

struct parent_ref {
    uint32_t child;
    size_t line;
    char *parent_id; /* owned */
};

void
ontology_builder_init(struct ontology_builder *b, struct ontology *o,
                      const char *source, const struct log *log)
{
    *b = (struct ontology_builder){.o = o, .log = log};
    *o = (struct ontology){.source = xstrdup(source), .version = xstrdup("")};
    o->by_id = intern_new();
    o->by_name = intern_new();
    o->by_synonym = intern_new();
}

static void
builder_release(struct ontology_builder *b)
{
    for (size_t i = 0; i < b->n_refs; i++)
        free(b->ref[i].parent_id);
    free(b->ref);
    *b = (struct ontology_builder){0};
}

void
ontology_builder_abandon(struct ontology_builder *b)
{
    ontology_release(b->o);
    builder_release(b);
}

void
ontology_builder_warn(struct ontology_builder *b, const char *fmt, ...)
{
    struct errbuf text;
    va_list ap;

    if (b->n_warnings++ >= WARNINGS_SHOWN)
        return;
    va_start(ap, fmt);
    vsnprintf(text.text, sizeof text.text, fmt, ap);
    va_end(ap);
    log_line(b->log, LOG_WARN, "%s: %s", b->o->source, text.text);
}

/* Enter id -> term.  The id is new. */
static void
map_id(struct ontology_builder *b, const char *id, uint32_t term)
{
    struct ontology *o = b->o;
    size_t k = intern_add(o->by_id, id);

    o->id_term = grow(o->id_term, &b->cap_ids, k + 1, sizeof *o->id_term);
    o->id_term[k] = term;
}

uint32_t
ontology_builder_term(struct ontology_builder *b, const char *id)
{
    struct ontology *o = b->o;
    size_t k = intern_find(o->by_id, id);

    if (k != SIZE_MAX)
        return o->id_term[k];
    o->term = grow(o->term, &b->cap_terms, o->n_terms + 1, sizeof *o->term);
    o->term[o->n_terms] =
        (struct ontology_term){.id = xstrdup(id), .name = xstrdup("")};
    map_id(b, id, (uint32_t)o->n_terms);
    return (uint32_t)o->n_terms++;
}

void
ontology_builder_parent(struct ontology_builder *b, uint32_t child,
                        const char *parent_id, size_t line)
{
    b->ref = grow(b->ref, &b->cap_refs, b->n_refs + 1, sizeof *b->ref);
    b->ref[b->n_refs++] = (struct parent_ref){child, line, xstrdup(parent_id)};
}

/* Alternative ids name live terms; they yield to the id of another live term. */
static void
map_alt_ids(struct ontology_builder *b)
{
    struct ontology *o = b->o;

    for (size_t t = 0; t < o->n_terms; t++) {
        const struct ontology_term *term = &o->term[t];

        for (size_t i = 0; i < term->alt_id.n && !term->obsolete; i++) {
            const char *alt = term->alt_id.item[i];
            size_t k = intern_find(o->by_id, alt);

            if (k == SIZE_MAX)
                map_id(b, alt, (uint32_t)t);
            else if (o->term[o->id_term[k]].obsolete)
                o->id_term[k] = (uint32_t)t;
            else if (o->id_term[k] != t)
                ontology_builder_warn(
                    b, "%s is an alternative id of %s, but stands for %s", alt,
                    term->id, o->term[o->id_term[k]].id);
        }
    }
}

static void
add_parent(struct ontology_term *child, uint32_t parent)
{
    for (size_t k = 0; k < child->n_parents; k++)
        if (child->parent[k] == parent)
            return;
    child->parent =
        xrealloc(child->parent, child->n_parents + 1, sizeof *child->parent);
    child->parent[child->n_parents++] = parent;
}

/* Turn an edge into indices; n_given = terms that have an entry of their own, whose
 * interned id equals their index. */
static void
link_ref(struct ontology_builder *b, const struct parent_ref *ref, size_t n_given)
{
    struct ontology *o = b->o;
    size_t k = intern_find(o->by_id, ref->parent_id);
    uint32_t parent;

    if (k == SIZE_MAX) {
        ontology_builder_warn(b,
                              "line %zu: %s is_a %s, which the file does not describe",
                              ref->line, o->term[ref->child].id, ref->parent_id);
        parent = ontology_builder_term(b, ref->parent_id);
    } else {
        parent = k < n_given ? (uint32_t)k : o->id_term[k];
    }
    if (parent == ref->child)
        ontology_builder_warn(b, "line %zu: %s is_a itself: left out", ref->line,
                              ref->parent_id);
    else
        add_parent(&o->term[ref->child], parent);
}

/* Enter text -> term, or mark text as ambiguous. */
static void
map_text(struct intern *in, uint32_t **map, size_t *cap, const char *text,
         uint32_t term)
{
    size_t n = intern_count(in), k = intern_add(in, text);

    *map = grow(*map, cap, k + 1, sizeof **map);
    if (k == n)
        (*map)[k] = term;
    else if ((*map)[k] != term)
        (*map)[k] = ONTOLOGY_AMBIGUOUS;
}

static void
map_labels(struct ontology_builder *b)
{
    struct ontology *o = b->o;
    size_t cap_name = 0, cap_synonym = 0;

    for (uint32_t t = 0; t < o->n_terms; t++) {
        const struct ontology_term *term = &o->term[t];

        if (term->obsolete)
            continue;
        if (*term->name)
            map_text(o->by_name, &o->name_term, &cap_name, term->name, t);
        for (size_t i = 0; i < term->synonym.n; i++)
            map_text(o->by_synonym, &o->synonym_term, &cap_synonym,
                     term->synonym.item[i], t);
    }
    for (size_t k = 0; k < intern_count(o->by_name); k++)
        if (o->name_term[k] == ONTOLOGY_AMBIGUOUS)
            ontology_builder_warn(b, "more than one term is called '%s'",
                                  intern_text(o->by_name, k));
}

static void
compute_digest(struct ontology *o)
{
    struct digest d;

    digest_init(&d);
    digest_addu(&d, o->n_terms);
    for (size_t t = 0; t < o->n_terms; t++) {
        const struct ontology_term *term = &o->term[t];

        digest_adds(&d, term->id);
        digest_adds(&d, term->name);
        digest_addu(&d, term->obsolete);
        digest_addu(&d, term->n_parents);
        for (size_t k = 0; k < term->n_parents; k++)
            digest_adds(&d, o->term[term->parent[k]].id);
    }
    digest_final(&d, o->digest);
}

enum err
ontology_builder_finish(struct ontology_builder *b, struct errbuf *eb)
{
    struct ontology *o = b->o;
    size_t n_given = o->n_terms;

    map_alt_ids(b);
    for (size_t i = 0; i < b->n_refs; i++)
        link_ref(b, &b->ref[i], n_given);
    map_labels(b);
    if (b->n_warnings > WARNINGS_SHOWN)
        log_line(b->log, LOG_WARN, "%s: and %zu more warnings", o->source,
                 b->n_warnings - WARNINGS_SHOWN);
    enum err e = ontology_order(o, b->log, eb);
    if (e)
        ontology_release(o);
    else
        compute_digest(o);
    builder_release(b);
    return e;
}
