/* export_run.c - a run as the store knows it, for writing it as files. */
#include "transfer/export_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
add_pair(struct export_pairs *p, const char *name, const char *value, char type)
{
    strlist_add(&p->name, name);
    strlist_add(&p->value, value);
    strbuf_addc(&p->type, type);
}

static void
pairs_release(struct export_pairs *p)
{
    strlist_release(&p->name);
    strlist_release(&p->value);
    strbuf_release(&p->type);
}

const char *
export_pairs_find(const struct export_pairs *p, const char *name)
{
    for (size_t i = 0; i < p->name.n; i++)
        if (strcmp(p->name.item[i], name) == 0)
            return p->value.item[i];
    return NULL;
}

/* The one row of tree_run. */
static bool
take_facts(void *ctx, size_t n, const char *const *name, const char *const *value,
           const char *type)
{
    for (size_t i = 0; i < n; i++)
        if (value[i])
            add_pair(ctx, name[i], value[i], type[i]);
    return false;
}

static bool
take_param(void *ctx, size_t n, const char *const *name, const char *const *value,
           const char *type)
{
    (void)n;
    (void)name;
    (void)type;
    add_pair(ctx, value[0], value[1] ? value[1] : "", 't');
    return true;
}

static enum err
load_labels(struct export_run *r, struct errbuf *eb)
{
    uint32_t *ancestor = NULL, *descendant = NULL;
    size_t n;
    enum err e = store_run_labels(r->store, r->run_id, &r->label, &r->term_id,
                                  &ancestor, &descendant, &n, eb);

    free(ancestor);
    free(descendant);
    r->class_index = intern_new();
    for (size_t i = 0; i < r->label.n; i++)
        intern_add(r->class_index, r->label.item[i]);
    return e == ERR_NOTFOUND ? ERR_OK : e; /* made elsewhere, of classes not known */
}

static enum err
check_state(const struct export_run *r, struct errbuf *eb)
{
    const char *state = export_run_text(r, "state");

    if (strcmp(state, "queued") != 0 && strcmp(state, "running") != 0)
        return ERR_OK;
    return err_set(eb, ERR_CONFLICT,
                   "run %" PRId64 " (%s) is %s: it can be exported when it has ended",
                   r->run_id, export_run_text(r, "name"), state);
}

enum err
export_run_open(struct export_run *r, struct store *s, int64_t run_id,
                struct errbuf *eb)
{
    const struct store_bind bind = {.name = ":run_id", .kind = BIND_INT, .i = run_id};
    enum err e;

    *r = (struct export_run){.store = s, .run_id = run_id};
    if ((e = store_query(s, "tree_run", &bind, 1, take_facts, &r->fact, eb)))
        return e;
    if (r->fact.name.n == 0)
        return err_set(eb, ERR_NOTFOUND, "run %" PRId64 " is not in the store", run_id);
    return check_state(r, eb);
}

enum err
export_run_load(struct export_run *r, struct store *s, int64_t run_id,
                struct errbuf *eb)
{
    const struct store_bind bind = {.name = ":run_id", .kind = BIND_INT, .i = run_id};
    enum err e;

    if ((e = export_run_open(r, s, run_id, eb)) ||
        (e = store_query(s, "tree_params", &bind, 1, take_param, &r->param, eb)) ||
        (e = load_labels(r, eb)) || (e = store_run_facets(s, run_id, &r->facet, eb)))
        return e;
    e = store_run_genes(s, run_id, &r->gene_id, &r->gene_name, eb);
    return e == ERR_NOTFOUND ? ERR_OK : e; /* made elsewhere, of genes not known */
}

void
export_run_release(struct export_run *r)
{
    pairs_release(&r->fact);
    pairs_release(&r->param);
    strlist_release(&r->label);
    strlist_release(&r->term_id);
    strlist_release(&r->gene_id);
    strlist_release(&r->gene_name);
    strlist_release(&r->facet);
    intern_free(r->class_index);
    *r = (struct export_run){0};
}

const char *
export_run_text(const struct export_run *r, const char *fact)
{
    const char *text = export_pairs_find(&r->fact, fact);

    return text ? text : "";
}

double
export_run_number(const struct export_run *r, const char *fact)
{
    const char *text = export_pairs_find(&r->fact, fact);

    return text ? strtod(text, NULL) : (double)NAN;
}

static bool
is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-' || c == '.' || c == '=' || c == '+';
}

void
export_safe_name(struct strbuf *out, const char *name)
{
    for (const char *p = name; *p; p++) {
        if (is_plain(*p) && (*p != '.' || p > name))
            strbuf_addc(out, *p);
        else
            strbuf_addf(out, "%%%02X", (unsigned)(unsigned char)*p);
    }
}
