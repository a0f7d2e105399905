/* simulate.c - options of the simulator; plan and counts -> an .h5ad file. */
#include "data/simulate.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/builtin.h"
#include "data/h5ad_write.h"
#include "data/packed.h"
#include "data/simulate_counts.h"
#include "data/simulate_obs.h"
#include "data/simulate_packed.h"
#include "data/simulate_plan.h"

static const struct sim_item items[] = {
#define SIM(kind, id, unit, min, max, def, choices, help)                              \
    {#id, unit, def, help, min, max, SIM_##kind, choices},
#include "data/simulate.def"
#undef SIM
};

static const size_t offsets[] = {
#define SIM(kind, id, unit, min, max, def, choices, help) offsetof(struct sim_spec, id),
#include "data/simulate.def"
#undef SIM
};

enum { N_ITEMS = sizeof items / sizeof *items };

const struct sim_item *
sim_item(size_t i)
{
    return i < N_ITEMS ? &items[i] : NULL;
}

static void *
field(struct sim_spec *s, size_t i)
{
    return (char *)s + offsets[i];
}

void
sim_spec_init(struct sim_spec *s)
{
    *s = (struct sim_spec){0};
    for (size_t i = 0; i < N_ITEMS; i++) {
        enum err e = sim_spec_set(s, items[i].name, items[i].def, NULL);
        assert(e == ERR_OK);
        (void)e;
    }
}

/* Option names are alike with '-' and '_'. */
static bool
same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    return *a == *b;
}

static enum err
set_number(struct sim_spec *s, size_t i, const char *value, struct errbuf *eb)
{
    const struct sim_item *item = &items[i];
    bool whole = item->kind == SIM_INT;
    char *end;

    errno = 0;
    double x = strtod(value, &end);
    if (end == value || *end || isspace((unsigned char)*value) || errno ||
        !(x >= item->min && x <= item->max) || (whole && x != floor(x)))
        return err_set(eb, ERR_ARG, "--%s '%s': give %s from %.10g to %.10g",
                       item->name, value, whole ? "a whole number" : "a number",
                       item->min, item->max);
    if (whole)
        *(int64_t *)field(s, i) = (int64_t)x;
    else
        *(double *)field(s, i) = x;
    return ERR_OK;
}

static enum err
set_text(struct sim_spec *s, size_t i, const char *value, struct errbuf *eb)
{
    struct strlist choices = {0};

    strlist_split(&choices, items[i].choices, '|');
    bool known = strlist_has(&choices, value);
    strlist_release(&choices);
    if (!known)
        return err_set(eb, ERR_ARG, "--%s '%s': give one of %s", items[i].name, value,
                       items[i].choices);
    *(const char **)field(s, i) = value;
    return ERR_OK;
}

enum err
sim_spec_set(struct sim_spec *s, const char *name, const char *value, struct errbuf *eb)
{
    for (size_t i = 0; i < N_ITEMS; i++)
        if (same_name(items[i].name, name))
            return items[i].kind == SIM_TEXT ? set_text(s, i, value, eb)
                                             : set_number(s, i, value, eb);

    struct strbuf sb = {0};
    for (size_t i = 0; i < N_ITEMS; i++)
        strbuf_addf(&sb, "%s--%s", i ? " " : "", items[i].name);
    enum err e = err_set(eb, ERR_ARG, "--%s is no option of the simulator; it has %s",
                         name, strbuf_str(&sb));
    strbuf_release(&sb);
    return e;
}

char *
sim_heldout_names(const struct sim_spec *s)
{
    struct strlist names = {0};

    for (int64_t i = s->studies - s->heldout; i < s->studies; i++) {
        char *name = sim_study_name(s, (size_t)i);

        strlist_add(&names, name);
        free(name);
    }
    char *joined = strlist_join(&names, ",");
    strlist_release(&names);
    return joined;
}

/* Ensembl ids and symbols of the first genes of the built-in list. */
static void
name_genes(const struct sim_spec *s, struct strlist *id, struct strlist *name)
{
    for (size_t g = 0; g < (size_t)s->genes; g++) {
        const struct builtin_gene *gene = builtin_gene(g);
        char *text = xasprintf("ENSG%011" PRIu32, gene->number);

        strlist_add(id, text);
        strlist_add(name, gene->name);
        free(text);
    }
}

static enum err
write_var(struct h5ad_writer *w, const struct sim_spec *s, struct errbuf *eb)
{
    struct strlist id = {0}, name = {0};
    const struct h5ad_column col = {
        .name = "feature_name", .kind = H5AD_TEXT, .text = &name};

    name_genes(s, &id, &name);
    enum err e = h5ad_write_frame(w, "var", &id, &col, 1, eb);
    strlist_release(&id);
    strlist_release(&name);
    return e;
}

/* uns: a title, what held out means here, and every option. */
static enum err
write_uns(struct h5ad_writer *w, const struct sim_spec *s, struct errbuf *eb)
{
    struct sim_spec copy = *s;
    char *heldout = sim_heldout_names(s);
    enum err e;

    if ((e = h5ad_write_uns_text(w, "", "title", "hcelab simulated atlas", eb)) ||
        (e = h5ad_write_uns_text(w, "", "heldout_studies", heldout, eb)))
        goto out;
    for (size_t i = 0; i < N_ITEMS && !e; i++) {
        const void *value = field(&copy, i);

        if (items[i].kind == SIM_INT)
            e = h5ad_write_uns_int(w, "simulator", items[i].name,
                                   *(const int64_t *)value, eb);
        else if (items[i].kind == SIM_REAL)
            e = h5ad_write_uns_real(w, "simulator", items[i].name,
                                    *(const double *)value, eb);
        else
            e = h5ad_write_uns_text(w, "simulator", items[i].name,
                                    *(const char *const *)value, eb);
    }
out:
    free(heldout);
    return e;
}

static enum err
write_file(const struct sim_plan *p, const struct csr *x, const char *path,
           struct errbuf *eb)
{
    struct h5ad_writer *w;
    enum err e = h5ad_writer_open(&w, path, eb);

    if (e)
        return e;
    if ((e = h5ad_write_x(w, x, eb)) || (e = sim_obs_write(p, w, eb)) ||
        (e = write_var(w, p->spec, eb)) || (e = write_uns(w, p->spec, eb))) {
        h5ad_writer_abandon(w);
        return e;
    }
    return h5ad_writer_close(w, eb);
}

/* The same as lines "key=value". */
static void
list_facts(const struct sim_spec *s, struct strlist *fact)
{
    struct sim_spec copy = *s;
    char *heldout = sim_heldout_names(s);
    struct strbuf sb = {0};

    strlist_add(fact, "title=hcelab simulated atlas");
    strbuf_addf(&sb, "heldout_studies=%s", heldout);
    strlist_add(fact, strbuf_str(&sb));
    for (size_t i = 0; i < N_ITEMS; i++) {
        const void *value = field(&copy, i);

        strbuf_reset(&sb);
        strbuf_addf(&sb, "simulator.%s=", items[i].name);
        if (items[i].kind == SIM_INT)
            strbuf_addf(&sb, "%" PRId64, *(const int64_t *)value);
        else if (items[i].kind == SIM_REAL)
            strbuf_addf(&sb, "%.17g", *(const double *)value);
        else
            strbuf_adds(&sb, *(const char *const *)value);
        strlist_add(fact, strbuf_str(&sb));
    }
    strbuf_release(&sb);
    free(heldout);
}

static enum err
write_packed(const struct sim_plan *p, const char *path, uint64_t *nnz,
             struct errbuf *eb)
{
    struct strlist id = {0}, name = {0}, fact = {0};

    name_genes(p->spec, &id, &name);
    list_facts(p->spec, &fact);
    strlist_add(&fact, "values=counts");
    const struct sim_packed q = {&id, &name, &fact};
    enum err e = sim_packed_write(p, &q, path, nnz, eb);

    strlist_release(&id);
    strlist_release(&name);
    strlist_release(&fact);
    return e;
}

static enum err
write_h5ad(const struct sim_plan *p, const char *path, uint64_t *nnz, struct errbuf *eb)
{
    struct csr x = {0};
    enum err e = sim_counts(p, &x, eb);

    if (!e)
        e = write_file(p, &x, path, eb);
    if (!e)
        *nnz = x.indptr[x.n_rows];
    csr_release(&x);
    return e;
}

/* How many cells carry an ancestor's name. */
static size_t
count_coarse(const struct sim_plan *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_cells; i++)
        n += p->cell[i].label != p->type[p->cell[i].type].term;
    return n;
}

static void
tell(const struct sim_plan *p, uint64_t nnz, const char *path, const struct log *log)
{
    double places = (double)p->n_cells * (double)p->spec->genes;
    char *heldout = sim_heldout_names(p->spec);

    log_line(log, LOG_INFO,
             "%s: %zu cells x %lld genes (%.1f %% non-zero), %zu types in %zu tissues",
             path, p->n_cells, (long long)p->spec->genes, 100 * (double)nnz / places,
             p->n_types, p->tissue.n);
    log_line(log, LOG_INFO,
             "%zu studies of %lld donors; held out: %s; %.1f %% of the cells carry an "
             "ancestor's name",
             p->n_studies, (long long)p->spec->donors, *heldout ? heldout : "none",
             100 * (double)count_coarse(p) / (double)p->n_cells);
    free(heldout);
}

enum err
simulate_write(const struct sim_spec *s, const char *path, const struct log *log,
               struct errbuf *eb)
{
    struct sim_plan p;
    uint64_t nnz = 0;
    enum err e = sim_plan_init(&p, s, eb);

    if (e)
        return e;
    e = packed_is_named(path) ? write_packed(&p, path, &nnz, eb)
                              : write_h5ad(&p, path, &nnz, eb);
    if (!e)
        tell(&p, nnz, path, log);
    sim_plan_release(&p);
    return e;
}
