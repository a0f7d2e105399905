/* ontology_obo.c - OBO 1.2 and 1.4 files: the Term stanzas and their is_a edges. */
#include "data/ontology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/obo_lex.h"
#include "data/ontology_build.h"

enum place { IN_HEADER, IN_TERM, IN_OTHER };

struct parent_line {
    char *id; /* owned */
    size_t line;
};

/* A Term stanza while it is read: it gets its place in the ontology when it is
 * complete, since nothing forces `id` to come first. */
struct stanza {
    size_t line;
    char *id;                   /* owned; NULL so far */
    struct ontology_term term;  /* owned; id and parent unused */
    struct parent_line *parent; /* (n_parents) owned */
    size_t n_parents, cap_parents;
};

struct parser {
    struct ontology_builder b;
    struct obo_reader r;
    enum place place;
    struct stanza st;
};

static void
stanza_release(struct stanza *st)
{
    free(st->id);
    free(st->term.name);
    strlist_release(&st->term.synonym);
    strlist_release(&st->term.alt_id);
    strlist_release(&st->term.replaced_by);
    strlist_release(&st->term.consider);
    for (size_t i = 0; i < st->n_parents; i++)
        free(st->parent[i].id);
    free(st->parent);
    *st = (struct stanza){0};
}

static void
on_id(struct parser *p, char *value)
{
    char *id = obo_word(value, NULL);

    if (!*id)
        ontology_builder_warn(&p->b, "line %zu: empty id", p->r.line);
    else if (p->st.id)
        ontology_builder_warn(&p->b, "line %zu: second id '%s' in the stanza of %s",
                              p->r.line, id, p->st.id);
    else
        p->st.id = xstrdup(id);
}

static void
on_name(struct parser *p, char *value)
{
    obo_unescape(value);
    if (p->st.term.name)
        ontology_builder_warn(&p->b, "line %zu: second name '%s' in one stanza",
                              p->r.line, value);
    else
        p->st.term.name = xstrdup(value);
}

/* synonym: "text" SCOPE [TYPE] [xrefs]; without a scope it is RELATED. */
static void
on_synonym(struct parser *p, char *value)
{
    char *rest, *text = obo_quoted(value, &rest);

    if (!text) {
        ontology_builder_warn(&p->b, "line %zu: synonym without quotes", p->r.line);
        return;
    }
    if (strcmp(obo_word(rest, NULL), "EXACT") == 0) {
        obo_unescape(text);
        strlist_add(&p->st.term.synonym, text);
    }
}

static void
on_alt_id(struct parser *p, char *value)
{
    strlist_add(&p->st.term.alt_id, obo_word(value, NULL));
}

static void
on_replaced_by(struct parser *p, char *value)
{
    strlist_add(&p->st.term.replaced_by, obo_word(value, NULL));
}

static void
on_consider(struct parser *p, char *value)
{
    strlist_add(&p->st.term.consider, obo_word(value, NULL));
}

static void
on_is_obsolete(struct parser *p, char *value)
{
    p->st.term.obsolete = strcmp(obo_word(value, NULL), "true") == 0;
}

static void
on_is_a(struct parser *p, char *value)
{
    struct stanza *st = &p->st;
    const char *id = obo_word(value, NULL);

    if (!*id) {
        ontology_builder_warn(&p->b, "line %zu: is_a without a parent", p->r.line);
        return;
    }
    st->parent =
        grow(st->parent, &st->cap_parents, st->n_parents + 1, sizeof *st->parent);
    st->parent[st->n_parents++] = (struct parent_line){xstrdup(id), p->r.line};
}

static const struct tag {
    const char *name;
    void (*read)(struct parser *p, char *value); /* value may be cut up */
} term_tags[] = {
    {"id", on_id},
    {"name", on_name},
    {"synonym", on_synonym},
    {"alt_id", on_alt_id},
    {"is_a", on_is_a},
    {"is_obsolete", on_is_obsolete},
    {"replaced_by", on_replaced_by},
    {"consider", on_consider},
};

/* Append to a list what it does not hold yet. */
static void
merge_list(struct strlist *dst, const struct strlist *src)
{
    for (size_t i = 0; i < src->n; i++)
        if (!strlist_has(dst, src->item[i]))
            strlist_add(dst, src->item[i]);
}

static void
merge_name(struct parser *p, struct ontology_term *t)
{
    const struct stanza *st = &p->st;

    if (!st->term.name || strcmp(t->name, st->term.name) == 0)
        return;
    if (*t->name) {
        ontology_builder_warn(&p->b, "line %zu: %s is called '%s' here and '%s' before",
                              st->line, t->id, st->term.name, t->name);
        return;
    }
    free(t->name);
    t->name = xstrdup(st->term.name);
}

/* The stanza is complete: merge it into the term of its id. */
static void
end_stanza(struct parser *p)
{
    struct stanza *st = &p->st;

    if (p->place == IN_TERM && !st->id)
        ontology_builder_warn(&p->b, "line %zu: Term without an id: left out",
                              st->line);
    if (p->place == IN_TERM && st->id) {
        uint32_t index = ontology_builder_term(&p->b, st->id);
        struct ontology_term *t = &p->b.o->term[index];

        if (!t->line)
            t->line = st->line;
        merge_name(p, t);
        merge_list(&t->synonym, &st->term.synonym);
        merge_list(&t->alt_id, &st->term.alt_id);
        merge_list(&t->replaced_by, &st->term.replaced_by);
        merge_list(&t->consider, &st->term.consider);
        t->obsolete |= st->term.obsolete;
        for (size_t i = 0; i < st->n_parents; i++)
            ontology_builder_parent(&p->b, index, st->parent[i].id, st->parent[i].line);
    }
    stanza_release(st);
}

static void
start_stanza(struct parser *p)
{
    end_stanza(p);
    p->place = strcmp(p->r.tag, "Term") == 0 ? IN_TERM : IN_OTHER;
    p->st.line = p->r.line;
    if (!*p->r.tag)
        ontology_builder_warn(&p->b, "line %zu: broken stanza header: left out",
                              p->r.line);
}

static void
read_tag(struct parser *p)
{
    struct ontology *o = p->b.o;

    if (p->place == IN_HEADER && strcmp(p->r.tag, "data-version") == 0) {
        obo_unescape(p->r.value);
        free(o->version);
        o->version = xstrdup(p->r.value);
    }
    if (p->place != IN_TERM)
        return;
    for (size_t i = 0; i < sizeof term_tags / sizeof *term_tags; i++) {
        if (strcmp(p->r.tag, term_tags[i].name) != 0)
            continue;
        if (i > 0 && !p->st.id)
            ontology_builder_warn(&p->b, "line %zu: %s before id", p->r.line, p->r.tag);
        term_tags[i].read(p, p->r.value);
        return;
    }
}

enum err
ontology_parse_obo(struct ontology *o, const char *text, size_t n, const char *name,
                   const struct log *log, struct errbuf *eb)
{
    struct parser p = {.place = IN_HEADER};

    ontology_builder_init(&p.b, o, name, log);
    obo_reader_init(&p.r, text, n);
    for (enum obo_kind kind; (kind = obo_reader_next(&p.r)) != OBO_END;) {
        if (kind == OBO_STANZA)
            start_stanza(&p);
        else if (kind == OBO_TAG)
            read_tag(&p);
        else if (kind == OBO_BAD)
            ontology_builder_warn(&p.b, "line %zu: not 'tag: value': left out",
                                  p.r.line);
    }
    end_stanza(&p);
    obo_reader_release(&p.r);
    if (o->n_terms == 0) {
        ontology_builder_abandon(&p.b);
        return err_set(eb, ERR_FORMAT,
                       "%s holds no [Term] stanza with an id: is it an OBO file?",
                       name);
    }
    return ontology_builder_finish(&p.b, eb);
}

static enum err
read_whole(const char *path, char **text, size_t *n, struct errbuf *eb)
{
    FILE *fp = NULL;
    struct stat st;
    enum err e;

    *text = NULL;
    /* Opening something else, a pipe, may wait for ever. */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(eb, ERR_ARG, "ontology %s is not a file", path);
    if (!(fp = fopen(path, "rb")) || fstat(fileno(fp), &st)) {
        e = err_errno(eb, "cannot open ontology %s", path);
        goto out;
    }
    if ((e = big_calloc(text, (size_t)st.st_size + 1, 1, path, eb)))
        goto out;
    *n = fread(*text, 1, (size_t)st.st_size, fp);
    if (ferror(fp))
        e = err_errno(eb, "cannot read ontology %s", path);
out:
    if (fp)
        fclose(fp);
    return e;
}

enum err
ontology_load_obo(struct ontology *o, const char *path, const struct log *log,
                  struct errbuf *eb)
{
    char *text;
    size_t n = 0;
    enum err e = read_whole(path, &text, &n, eb);

    *o = (struct ontology){0};
    if (!e)
        e = ontology_parse_obo(o, text, n, path, log, eb);
    free(text);
    return e;
}
