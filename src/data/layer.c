/* layer.c - which matrix of a file is used, and what is done to its values. */
#include "data/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/csr.h"
#include "spec/spec.h"

static const double TARGET_SUM = 1e4, SUM_TOLERANCE = 100, INTEGER_TOLERANCE = 1e-6;

void
value_stats_add(struct value_stats *st, const float *value, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double v = (double)value[i];

        st->n_nonzero += v != 0;
        st->negative |= v < 0;
        st->nonfinite |= !isfinite(v);
        st->fractional |= fabs(v - nearbyint(v)) > INTEGER_TOLERANCE;
        sum += expm1(v);
    }
    st->n_sampled++;
    if (!n || sum == 0)
        return;
    st->n_rows++;
    if (!(fabs(sum - TARGET_SUM) <= SUM_TOLERANCE) && st->n_rows_off++ == 0)
        st->sum_off = sum;
}

uint64_t
value_stats_bytes(const struct value_stats *st, uint64_t nnz)
{
    double words = st->n_nonzero ? (double)st->n_words / (double)st->n_nonzero : 1;

    if (words > 1) /* stored zeros are not kept */
        words = 1;
    return (uint64_t)((double)nnz * (sizeof(uint16_t) + sizeof(float) * words));
}

bool
value_stats_is_counts(const struct value_stats *st)
{
    return st->n_nonzero && !st->negative && !st->fractional && !st->nonfinite;
}

const char *
value_stats_text(const struct value_stats *st)
{
    if (st->nonfinite)
        return "holds NaN or infinite values";
    if (st->negative)
        return "has negative values";
    if (!st->n_nonzero)
        return "holds only zeros";
    if (st->fractional)
        return "has no negative values";
    return "holds counts";
}

struct sampler {
    struct value_stats *st;
    struct row_coder coder;
    uint8_t *code; /* (cap) owned */
    size_t cap;
};

static size_t
count_words(struct sampler *s, const float *value, size_t n)
{
    s->code = grow(s->code, &s->cap, n, sizeof *s->code);
    size_t coded =
        row_code(&s->coder, value, n, s->code) ? csr_words(n, s->coder.n) : n;

    return coded < n ? coded : n;
}

static enum err
add_row(void *ctx, size_t row, const uint32_t *gene, const float *value, size_t n,
        struct errbuf *eb)
{
    struct sampler *s = ctx;
    struct value_stats *st = s->st;
    bool was_finite = !st->nonfinite;

    (void)eb;
    value_stats_add(st, value, n);
    st->n_words += count_words(s, value, n);
    for (size_t i = 0; i < n && was_finite && st->nonfinite; i++)
        if (!isfinite(value[i])) {
            st->bad_row = row;
            st->bad_gene = gene[i];
            break;
        }
    return ERR_OK;
}

static enum err
sample(const struct source *f, const struct layer_request *q, const char *name,
       struct layer_choice *c, struct errbuf *eb)
{
    struct source_matrix m;
    enum err e = source_matrix_open(f, name, &m, eb);

    if (e)
        return e;
    struct sampler s = {.st = &c->sample};

    c->sample = (struct value_stats){0};
    e = m.ops->sample(&m, q->keep, add_row, &s, &c->whole_rows, eb);
    free(s.code);
    source_matrix_close(&m);
    if (!c->whole_rows) { /* pieces of columns: each has its cells in place of genes */
        c->sample.bad_row = c->sample.bad_gene;
        c->sample.bad_gene = SIZE_MAX;
    }
    return e ? err_wrap(eb, e, "%s", f->path) : ERR_OK;
}

static bool
is_counts(const struct layer_request *q, const char *name, const struct layer_choice *c)
{
    return value_stats_is_counts(&c->sample) &&
           !(q->not_counts && strlist_has(q->not_counts, name));
}

/* "raw/X has no negative values, X has negative values". */
static char *
describe_all(const struct source *f, const struct layer_request *q)
{
    struct strbuf sb = {0};

    for (size_t i = 0; i < f->matrix.n; i++) {
        struct layer_choice c = {0};

        strbuf_addf(&sb, "%s%s ", i ? ", " : "", f->matrix.item[i]);
        strbuf_adds(&sb, sample(f, q, f->matrix.item[i], &c, NULL)
                             ? "cannot be read"
                             : value_stats_text(&c.sample));
    }
    return strbuf_detach(&sb);
}

static enum err
no_choice(const struct source *f, const struct layer_request *q, const char *why,
          struct errbuf *eb)
{
    bool named = strcmp(q->layer, "auto") != 0;
    const char *as_it_is = named                          ? q->layer
                           : strlist_has(&f->matrix, "X") ? "X"
                                                          : "NAME";

    if (!f->matrix.n)
        return err_set(eb, ERR_FORMAT,
                       "%s has no expression matrix (no X, raw/X, layers)", f->path);
    char *all = describe_all(f, q);
    enum err e =
        err_set(eb, ERR_ARG,
                "%s: %s; choose with --layer (and --normalize): %s; values that are "
                "right as they are: --layer %s --normalize none",
                f->path, why, all, as_it_is);

    free(all);
    return e;
}

/* Where counts are looked for: raw/X, the usual layers, X; not any layer. */
static bool
is_candidate(const char *name)
{
    static const char *const usual[] = {"raw/X", "layers/counts", "layers/raw_counts",
                                        "layers/raw", "X"};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (strcmp(name, usual[i]) == 0)
            return true;
    return false;
}

static enum err
choose_auto(const struct source *f, const struct layer_request *q,
            struct layer_choice *c, struct errbuf *eb)
{
    for (size_t i = 0; i < f->matrix.n; i++) {
        const char *name = f->matrix.item[i];

        if (!is_candidate(name))
            continue;
        enum err e = sample(f, q, name, c, eb);

        if (e)
            return e;
        if (is_counts(q, name, c) || strcmp(name, "X") == 0) {
            c->layer = xstrdup(name);
            c->must_be_counts = is_counts(q, name, c);
            break;
        }
    }
    if (!c->layer)
        return no_choice(f, q, "no matrix holds counts and there is no X", eb);
    if (c->sample.negative)
        return no_choice(f, q, "no matrix holds counts, and X has negative values", eb);
    return ERR_OK;
}

static enum err
choose_named(const struct source *f, const struct layer_request *q,
             struct layer_choice *c, struct errbuf *eb)
{
    const char *name = strcmp(q->layer, "raw.X") == 0 ? "raw/X" : q->layer;
    char *in_layers = xasprintf("layers/%s", name);

    if (!strlist_has(&f->matrix, name) && strlist_has(&f->matrix, in_layers))
        name = in_layers;
    enum err e = ERR_OK;

    if (!strlist_has(&f->matrix, name)) {
        char *all = note_list(&f->matrix, 20);

        e = err_set(eb, ERR_ARG, "%s has no matrix \"%s\" (--layer); there are: %s",
                    f->path, name, all);
        free(all);
    } else {
        c->layer = xstrdup(name);
        e = sample(f, q, name, c, eb);
    }
    free(in_layers);
    return e;
}

/* Decide on the normalisation of the chosen matrix and say why. */
static enum err
decide(const struct source *f, const struct layer_request *q, struct layer_choice *c,
       const struct notes *notes, struct errbuf *eb)
{
    bool counts = is_counts(q, c->layer, c);
    const char *holds = counts || !value_stats_is_counts(&c->sample)
                            ? value_stats_text(&c->sample)
                            : "has no negative values";

    c->scale = q->normalize == NORMALIZE_SF_LOG1P ||
               (q->normalize == NORMALIZE_AUTO && counts);
    c->may_be_negative =
        q->normalize == NORMALIZE_NONE && strcmp(q->layer, "auto") != 0;
    c->must_be_counts = counts && (q->normalize == NORMALIZE_AUTO || c->must_be_counts);
    if (c->sample.negative && !c->may_be_negative)
        return no_choice(
            f, q,
            "the chosen matrix has negative values, which only --normalize "
            "none with --layer takes",
            eb);
    if (c->sample.negative)
        note_warn(notes, "%s: %s has negative values, used as they are", f->path,
                  c->layer);
    if (c->scale && !counts)
        note_warn(notes, "%s: %s holds no counts, but --normalize sf-log1p is applied",
                  f->path, c->layer);
    c->decision =
        xasprintf("%s %s: %s", c->layer, holds,
                  c->scale ? "scaled to 10,000 per cell, then log1p" : "used as it is");
    return ERR_OK;
}

enum err
layer_choose(const struct source *f, const struct layer_request *q,
             struct layer_choice *out, const struct notes *notes, struct errbuf *eb)
{
    *out = (struct layer_choice){0};
    enum err e = strcmp(q->layer, "auto") == 0 ? choose_auto(f, q, out, eb)
                                               : choose_named(f, q, out, eb);

    if (!e)
        e = decide(f, q, out, notes, eb);
    if (e)
        layer_choice_release(out);
    return e;
}

void
layer_choice_release(struct layer_choice *c)
{
    free(c->layer);
    free(c->decision);
    *c = (struct layer_choice){0};
}

void
layer_warn_sums(const struct layer_choice *c, const struct value_stats *st,
                const char *path, const struct notes *notes)
{
    if (c->scale || st->negative || !st->n_rows_off)
        return;
    note_warn(
        notes,
        "%s: %s is used as it is, but does not look like log1p of 10,000 per cell: expm1 "
        "of a cell's values sums to %.6g, say (%zu of %zu cells looked at are off); give "
        "the counts with --layer NAME if the file has them, else nothing is to be done "
        "as long as all cells are alike",
        path, c->layer, st->sum_off, st->n_rows_off, st->n_rows);
}
