/* ontology.c - questions to a loaded ontology. */
#include "data/ontology.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

enum { REPLACEMENT_HOPS = 8 };

void
ontology_release(struct ontology *o)
{
    for (size_t t = 0; t < o->n_terms; t++) {
        struct ontology_term *term = &o->term[t];

        free(term->id);
        free(term->name);
        strlist_release(&term->synonym);
        strlist_release(&term->alt_id);
        strlist_release(&term->replaced_by);
        strlist_release(&term->consider);
        free(term->parent);
    }
    free(o->term);
    free(o->topo);
    free(o->source);
    free(o->version);
    intern_free(o->by_id);
    free(o->id_term);
    intern_free(o->by_name);
    free(o->name_term);
    intern_free(o->by_synonym);
    free(o->synonym_term);
    *o = (struct ontology){0};
}

/* Term of a text, or ONTOLOGY_AMBIGUOUS where there is none or more than one. */
static uint32_t
look_up(const struct intern *in, const uint32_t *map, const char *text)
{
    size_t k = intern_find(in, text);

    return k == SIZE_MAX ? ONTOLOGY_AMBIGUOUS : map[k];
}

/* The live term an id leads to: itself, or through single replacements. */
static bool
follow_id(const struct ontology *o, const char *id, uint32_t *term)
{
    for (int hop = 0; hop <= REPLACEMENT_HOPS; hop++) {
        uint32_t t = look_up(o->by_id, o->id_term, id);

        if (t == ONTOLOGY_AMBIGUOUS)
            return false;
        if (!o->term[t].obsolete) {
            *term = t;
            return true;
        }
        if (o->term[t].replaced_by.n != 1)
            return false;
        id = o->term[t].replaced_by.item[0];
    }
    return false;
}

enum resolve
ontology_resolve(const struct ontology *o, const char *label, uint32_t *term)
{
    uint32_t t;

    if (follow_id(o, label, term))
        return RESOLVE_ID;
    t = look_up(o->by_name, o->name_term, label);
    if (t != ONTOLOGY_AMBIGUOUS) {
        *term = t;
        return RESOLVE_NAME;
    }
    /* A name that two terms share must not fall through to a third one's synonym. */
    if (intern_find(o->by_name, label) != SIZE_MAX)
        return RESOLVE_NONE;
    t = look_up(o->by_synonym, o->synonym_term, label);
    if (t == ONTOLOGY_AMBIGUOUS)
        return RESOLVE_NONE;
    *term = t;
    return RESOLVE_SYNONYM;
}

static void
add_ids(const struct ontology *o, struct strbuf *sb, const struct strlist *id)
{
    for (size_t i = 0; i < id->n; i++) {
        uint32_t t = look_up(o->by_id, o->id_term, id->item[i]);

        strbuf_addf(sb, "%s%s", i ? ", " : "", id->item[i]);
        if (t != ONTOLOGY_AMBIGUOUS && *o->term[t].name)
            strbuf_addf(sb, " '%s'", o->term[t].name);
    }
}

char *
ontology_explain(const struct ontology *o, const char *label)
{
    struct strbuf sb = {0};
    uint32_t t = look_up(o->by_id, o->id_term, label);

    if (t != ONTOLOGY_AMBIGUOUS && o->term[t].obsolete) {
        const struct ontology_term *term = &o->term[t];

        strbuf_adds(&sb, "obsolete");
        if (term->replaced_by.n) {
            strbuf_adds(&sb, "; replaced by ");
            add_ids(o, &sb, &term->replaced_by);
        }
        if (term->consider.n) {
            strbuf_adds(&sb, "; consider ");
            add_ids(o, &sb, &term->consider);
        }
        if (!term->replaced_by.n && !term->consider.n)
            strbuf_adds(&sb, " without a replacement");
    } else if (intern_find(o->by_name, label) != SIZE_MAX) {
        strbuf_adds(&sb, "the name of more than one term");
    } else if (intern_find(o->by_synonym, label) != SIZE_MAX) {
        strbuf_adds(&sb, "a synonym of more than one term");
    } else {
        strbuf_adds(&sb, "not in the ontology");
    }
    return strbuf_detach(&sb);
}

void
ontology_mark_descendants(const struct ontology *o, uint32_t term, bool *mark)
{
    memset(mark, 0, o->n_terms * sizeof *mark);
    mark[term] = true;
    for (size_t i = 0; i < o->n_terms; i++) {
        const struct ontology_term *t = &o->term[o->topo[i]];

        for (size_t k = 0; k < t->n_parents; k++)
            mark[o->topo[i]] |= mark[t->parent[k]];
    }
}

void
ontology_mark_ancestors(const struct ontology *o, uint32_t term, bool *mark)
{
    memset(mark, 0, o->n_terms * sizeof *mark);
    mark[term] = true;
    for (size_t i = o->n_terms; i-- > 0;) {
        const struct ontology_term *t = &o->term[o->topo[i]];

        for (size_t k = 0; mark[o->topo[i]] && k < t->n_parents; k++)
            mark[t->parent[k]] = true;
    }
}
