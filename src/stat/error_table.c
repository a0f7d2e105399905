/* error_table.c - shares by class and kind, compared seed by seed. */
#include "stat/error_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define ALPHA 0.05

bool
error_is_right(const struct error_question *q, enum error_kind kind)
{
    return kind == ERROR_SAME || (kind == ERROR_DESCENDANT && !q->exact);
}

/* --- cells by class, run and kind --- */

/* (ERROR_KINDS) cells of a class in a run; ERRORS_ALL is place 0. */
static double *
tally_at(const struct error_table *t, size_t class_index, enum error_side side,
         size_t pair)
{
    size_t place = class_index == ERRORS_ALL ? 0 : class_index + 1;

    return t->tally +
           ((place * ERROR_SIDES + (size_t)side) * t->errors->S + pair) * ERROR_KINDS;
}

static void
tally_confusion(struct error_table *t, size_t i)
{
    const struct confusion *c = &t->errors->confusion[i];
    size_t class_index = t->question.by_predicted ? c->to : c->from;

    for (int side = 0; side < ERROR_SIDES; side++) {
        const int64_t *n = errors_counts(t->errors, i, (enum error_side)side);
        for (size_t s = 0; s < t->errors->S; s++) {
            tally_at(t, class_index, (enum error_side)side, s)[c->kind] += (double)n[s];
            tally_at(t, ERRORS_ALL, (enum error_side)side, s)[c->kind] += (double)n[s];
        }
    }
}

static void
tally_wrong(struct error_table *t)
{
    size_t n = (errors_classes(t->errors) + 1) * ERROR_SIDES * t->errors->S;

    for (size_t i = 0; i < n; i++) {
        double *x = t->tally + i * ERROR_KINDS;
        for (int k = 0; k < ERROR_WRONG; k++)
            if (!error_is_right(&t->question, (enum error_kind)k))
                x[ERROR_WRONG] += x[k];
    }
}

static void
tally(struct error_table *t)
{
    size_t places = errors_classes(t->errors) + 1;

    t->tally =
        xcalloc(places * ERROR_SIDES * t->errors->S * ERROR_KINDS, sizeof *t->tally);
    for (size_t i = 0; i < t->errors->n; i++)
        tally_confusion(t, i);
    tally_wrong(t);
}

static double
cells_of(const double *kinds)
{
    double n = 0;

    for (int k = 0; k < ERROR_WRONG; k++)
        n += kinds[k];
    return n;
}

double
error_share(const struct error_table *t, size_t class_index, enum error_side side,
            size_t pair, double cells, enum error_kind kind)
{
    const double *x = tally_at(t, class_index, side, pair);
    double whole = cells_of(x);

    if (t->question.of_wrong && kind != ERROR_WRONG)
        whole = error_is_right(&t->question, kind) ? 0 : x[ERROR_WRONG];
    return whole > 0 ? cells / whole : (double)NAN;
}

/* --- rows --- */

/* Compare the pairs in which both sides have a share; x is room for 2 S. */
static struct paired
compare_shares(double *x, size_t S)
{
    double *ce = x, *hce = x + S;
    size_t n = 0;

    for (size_t s = 0; s < S; s++) {
        if (isnan(ce[s]) || isnan(hce[s]))
            continue;
        ce[n] = ce[s];
        hce[n++] = hce[s];
    }
    return paired_summary(ce, hce, n);
}

static void
fill_row(const struct error_table *t, struct error_row *r, double *x)
{
    size_t S = t->errors->S;

    for (int k = 0; k < ERROR_KINDS; k++) {
        for (int side = 0; side < ERROR_SIDES; side++) {
            for (size_t s = 0; s < S; s++) {
                enum error_side at = (enum error_side)side;
                double n = tally_at(t, r->class_index, at, s)[k];
                x[(size_t)side * S + s] =
                    error_share(t, r->class_index, at, s, n, (enum error_kind)k);
                r->n[side][k] += n; /* the sum, so far */
            }
        }
        for (int side = 0; side < ERROR_SIDES; side++)
            r->n[side][k] /= (double)S;
        r->stat[k].s = compare_shares(x, S);
        r->stat[k].p_holm = r->stat[k].s.p;
    }
    r->cells = (cells_of(r->n[ERROR_CE]) + cells_of(r->n[ERROR_HCE])) / ERROR_SIDES;
}

static int
by_label(const void *a, const void *b)
{
    return strcmp(((const struct error_row *)a)->label,
                  ((const struct error_row *)b)->label);
}

static void
fill_rows(struct error_table *t)
{
    size_t C = errors_classes(t->errors);
    double *x = xmalloc(ERROR_SIDES * t->errors->S, sizeof *x);

    t->row = xcalloc(C + 1, sizeof *t->row);
    for (size_t i = 0; i <= C; i++) {
        struct error_row *r = &t->row[t->n];
        *r = (struct error_row){
            .class_index = i ? i - 1 : ERRORS_ALL,
            .label = i ? errors_label(t->errors, i - 1) : "all cells",
        };
        fill_row(t, r, x);
        t->n += i == 0 || r->cells > 0;
    }
    qsort(t->row + 1, t->n - 1, sizeof *t->row, by_label);
    free(x);
}

/* Holm over the classes, kind by kind. */
static void
adjust(struct error_table *t)
{
    double *p = xmalloc(t->n, sizeof *p);

    for (int k = 0; k < ERROR_KINDS; k++) {
        for (size_t i = 1; i < t->n; i++)
            p[i] = t->row[i].stat[k].s.p;
        t->family[k] = paired_holm(p + 1, p + 1, t->n - 1);
        for (size_t i = 1; i < t->n; i++)
            t->row[i].stat[k].p_holm = p[i];
    }
    free(p);
}

void
error_table_init(struct error_table *t, const struct errors *e, struct error_question q)
{
    *t = (struct error_table){.question = q, .errors = e};
    if (e->S == 0 || e->n == 0)
        return;
    tally(t);
    fill_rows(t);
    adjust(t);
}

void
error_table_release(struct error_table *t)
{
    free(t->row);
    free(t->tally);
    *t = (struct error_table){0};
}

const struct error_row *
error_table_find(const struct error_table *t, size_t class_index)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->row[i].class_index == class_index)
            return &t->row[i];
    return NULL;
}

const char *
error_verdict(enum error_kind kind, const struct error_stat *x)
{
    bool more = x->s.d_mean > 0;

    if (!(x->p_holm < ALPHA))
        return "";
    if (kind == ERROR_SAME || kind == ERROR_WRONG)
        return more == (kind == ERROR_SAME) ? "better" : "worse";
    return more ? "more" : "fewer";
}

/* --- confusions --- */

static bool
is_wanted(const struct error_table *t, const struct confusion *c, size_t class_index)
{
    if (class_index == ERRORS_ALL)
        return c->kind != ERROR_SAME;
    return (t->question.by_predicted ? c->to : c->from) == class_index;
}

static double
mean_count(const int64_t *n, size_t S)
{
    double sum = 0;

    for (size_t s = 0; s < S; s++)
        sum += (double)n[s];
    return sum / (double)S;
}

static int
by_size(const void *pa, const void *pb)
{
    const struct confusion_row *a = pa, *b = pb;
    double x = fmax(a->cells[ERROR_CE], a->cells[ERROR_HCE]);
    double y = fmax(b->cells[ERROR_CE], b->cells[ERROR_HCE]);
    int by_name = strcmp(a->from, b->from);

    if (x != y)
        return x < y ? 1 : -1;
    return by_name ? by_name : strcmp(a->to, b->to);
}

static void
gather(struct confusion_list *l, const struct error_table *t, size_t class_index)
{
    const struct errors *e = t->errors;
    size_t cap = 0;

    for (size_t i = 0; i < e->n; i++) {
        const struct confusion *c = &e->confusion[i];
        if (!is_wanted(t, c, class_index))
            continue;
        l->row = grow(l->row, &cap, l->n + 1, sizeof *l->row);
        struct confusion_row *r = &l->row[l->n++];
        *r = (struct confusion_row){
            .c = *c, .from = errors_label(e, c->from), .to = errors_label(e, c->to)};
        for (int side = 0; side < ERROR_SIDES; side++) {
            r->n[side] = errors_counts(e, i, (enum error_side)side);
            r->cells[side] = mean_count(r->n[side], e->S);
        }
    }
}

static void
compare_confusion(const struct error_table *t, struct confusion_row *r,
                  size_t class_index, double *x)
{
    size_t S = t->errors->S;

    for (int side = 0; side < ERROR_SIDES; side++)
        for (size_t s = 0; s < S; s++)
            x[(size_t)side * S + s] = error_share(t, class_index, (enum error_side)side,
                                                  s, (double)r->n[side][s], r->c.kind);
    r->share = compare_shares(x, S);
}

void
confusion_list_init(struct confusion_list *l, const struct error_table *t,
                    size_t class_index, size_t top)
{
    *l = (struct confusion_list){0};
    if (t->n == 0)
        return;
    gather(l, t, class_index);
    if (l->n)
        qsort(l->row, l->n, sizeof *l->row, by_size);
    l->n_all = l->n;
    l->n = top && top < l->n ? top : l->n;
    double *x = xmalloc(ERROR_SIDES * t->errors->S, sizeof *x);
    for (size_t i = 0; i < l->n; i++)
        compare_confusion(t, &l->row[i], class_index, x);
    free(x);
}

void
confusion_list_release(struct confusion_list *l)
{
    free(l->row);
    *l = (struct confusion_list){0};
}
