/* evaluate.c - predictions against labels: rows of scores, and confusions.
 *
 * One pass per facet over cells sorted by group, so that the cost is cells + groups x
 * classes and never groups x classes x classes.  For each group one row of averages
 * (class_name NULL), then one row for each class with support in it:
 *
 *   facet      label   class_name  precision recall f1  f1_weighted f1_micro accuracy
 *   all        "all"   NULL        macro                x           x        x
 *   class      class   NULL        of the class         NaN         NaN      NaN
 *   other      group   NULL        macro                x           x        x
 *   other      group   class       of the class         NaN         NaN      NaN
 *
 * Cells whose group is missing are left out of that facet. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/f1.h"
#include "engine/train.h"

enum rule { RULE_EXACT, RULE_HIERARCHY, RULE_COUNT };

static const char *const rule_names[RULE_COUNT] = {
    [RULE_EXACT] = "exact",
    [RULE_HIERARCHY] = "hierarchy",
};

/* Cells in order of a code: those of code c are cell[start[c]] .. cell[start[c+1]-1]. */
struct groups {
    uint32_t *cell; /* owned; positions within the evaluation, ascending in a group */
    size_t *start;  /* (n_groups + 1) owned */
    size_t n_groups;
};

struct scoring {
    const struct eval_cells *ec;
    const struct class_set *classes;
    const int32_t *predicted;       /* (n) */
    int32_t *corrected[RULE_COUNT]; /* (n) owned; prediction under each rule */
    struct f1_counts counts;
    struct f1_row *row; /* owned */
    size_t n_rows, row_cap;
    struct confusion_row *confusion; /* owned */
    size_t n_confusions, confusion_cap;
};

/* Sort n cells by code[i] in 0..n_groups-1; negative codes are left out. */
static enum err
groups_init(struct groups *g, const int32_t *code, size_t n, size_t n_groups,
            struct errbuf *eb)
{
    enum err e;

    *g = (struct groups){.n_groups = n_groups};
    if ((e = big_calloc(&g->cell, n, sizeof *g->cell, "cells by group", eb)) ||
        (e = big_calloc(&g->start, n_groups + 1, sizeof *g->start, "groups", eb)))
        return e;
    for (size_t i = 0; i < n; i++)
        if (code[i] >= 0)
            g->start[code[i] + 1]++;
    for (size_t c = 0; c < n_groups; c++)
        g->start[c + 1] += g->start[c];
    for (size_t i = 0; i < n; i++)
        if (code[i] >= 0)
            g->cell[g->start[code[i]]++] = (uint32_t)i;
    /* Each start has moved to the next one's place. */
    memmove(g->start + 1, g->start, n_groups * sizeof *g->start);
    g->start[0] = 0;
    return ERR_OK;
}

static void
groups_release(struct groups *g)
{
    free(g->cell);
    free(g->start);
}

static struct f1_row *
add_row(struct scoring *s, enum rule rule, const char *facet, const char *label)
{
    s->row = grow(s->row, &s->row_cap, s->n_rows + 1, sizeof *s->row);
    struct f1_row *r = &s->row[s->n_rows++];

    *r = (struct f1_row){.rule = rule_names[rule],
                         .facet = facet,
                         .label = label,
                         .f1_weighted = NAN,
                         .f1_micro = NAN,
                         .accuracy = NAN};
    return r;
}

static void
set_scores(struct f1_row *r, struct f1_scores s, int64_t support, int64_t n_classes)
{
    r->precision = s.precision;
    r->recall = s.recall;
    r->f1 = s.f1;
    r->support = support;
    r->n_classes = n_classes;
}

/* The averages of what has been counted. */
static void
add_average(struct scoring *s, enum rule rule, const char *facet, const char *label)
{
    struct f1_average a = f1_average(&s->counts);
    struct f1_row *r = add_row(s, rule, facet, label);

    set_scores(r, a.macro, a.support, a.n_classes);
    r->f1_weighted = a.f1_weighted;
    r->f1_micro = a.f1_micro;
    r->accuracy = a.accuracy;
}

/* A row for each class with support; group NULL: the facet `class` itself. */
static void
add_classes(struct scoring *s, enum rule rule, const char *facet, const char *group)
{
    for (size_t c = 0; c < s->classes->C; c++) {
        const char *name = s->classes->name.item[c];

        if (s->counts.support[c] == 0)
            continue;
        struct f1_row *r = add_row(s, rule, facet, group ? group : name);

        r->class_name = group ? name : NULL;
        set_scores(r, f1_of_class(&s->counts, c), s->counts.support[c], 1);
    }
}

static void
score_all(struct scoring *s, enum rule rule)
{
    f1_counts_reset(&s->counts);
    for (size_t i = 0; i < s->ec->n; i++)
        f1_count(&s->counts, s->ec->y[i], s->corrected[rule][i]);
    add_average(s, rule, "all", "all");
    add_classes(s, rule, "class", NULL);
}

static void
score_group(struct scoring *s, enum rule rule, const char *facet, const char *label,
            const uint32_t *cell, size_t n)
{
    f1_counts_reset(&s->counts);
    for (size_t i = 0; i < n; i++)
        f1_count(&s->counts, s->ec->y[cell[i]], s->corrected[rule][cell[i]]);
    add_average(s, rule, facet, label);
    add_classes(s, rule, facet, label);
}

/* All groups of one obs column under both rules. */
static enum err
score_facet(struct scoring *s, const struct obs_column *col, const char *facet,
            struct errbuf *eb)
{
    struct groups g = {0};
    int32_t *code;
    enum err e = big_calloc(&code, s->ec->n, sizeof *code, "groups of cells", eb);

    if (e)
        return e;
    for (size_t i = 0; i < s->ec->n; i++)
        code[i] = codes_get(&col->code, s->ec->cell[i]);
    e = groups_init(&g, code, s->ec->n, col->levels.n, eb);
    for (enum rule rule = 0; e == ERR_OK && rule < RULE_COUNT; rule++)
        for (size_t k = 0; k < g.n_groups; k++)
            if (g.start[k + 1] > g.start[k])
                score_group(s, rule, facet, col->levels.item[k], g.cell + g.start[k],
                            g.start[k + 1] - g.start[k]);
    groups_release(&g);
    free(code);
    return e;
}

static void
add_confusion(struct scoring *s, size_t y, size_t p, int64_t n, uint8_t relation)
{
    s->confusion = grow(s->confusion, &s->confusion_cap, s->n_confusions + 1,
                        sizeof *s->confusion);
    s->confusion[s->n_confusions++] =
        (struct confusion_row){.true_label = s->classes->name.item[y],
                               .predicted_label = s->classes->name.item[p],
                               .n = n,
                               .relation = relation_name((enum relation)relation)};
}

/* Pairs of true and predicted class that occur, class by class. */
static enum err
count_confusions(struct scoring *s, struct errbuf *eb)
{
    size_t C = s->classes->C;
    struct groups g = {0};
    uint8_t *relation = NULL;
    int64_t *n = xcalloc(C, sizeof *n);
    enum err e;

    if ((e = big_calloc(&relation, C * C, 1, "relations of classes", eb)) ||
        (e = groups_init(&g, s->ec->y, s->ec->n, C, eb)))
        goto out;
    class_set_relations(s->classes, relation);
    for (size_t y = 0; y < C; y++) {
        for (size_t i = g.start[y]; i < g.start[y + 1]; i++)
            n[s->predicted[g.cell[i]]]++;
        for (size_t p = 0; g.start[y] < g.start[y + 1] && p < C; p++) {
            if (n[p] > 0)
                add_confusion(s, y, p, n[p], relation[y * C + p]);
            n[p] = 0;
        }
    }
out:
    groups_release(&g);
    free(relation);
    free(n);
    return e;
}

/* What each rule makes of the predictions. */
static enum err
correct(struct scoring *s, struct errbuf *eb)
{
    const struct class_set *cs = s->classes;

    for (enum rule rule = 0; rule < RULE_COUNT; rule++) {
        enum err e = big_calloc(&s->corrected[rule], s->ec->n, sizeof(int32_t),
                                "corrected predictions", eb);
        if (e)
            return e;
    }
    for (size_t i = 0; i < s->ec->n; i++) {
        int32_t y = s->ec->y[i], p = s->predicted[i];

        s->corrected[RULE_EXACT][i] = p;
        s->corrected[RULE_HIERARCHY][i] =
            cs->R[(size_t)y * cs->C + (size_t)p] > 0 ? y : p;
    }
    return ERR_OK;
}

static enum err
score(struct scoring *s, const struct strlist *facets, struct errbuf *eb)
{
    enum err e = correct(s, eb);

    if (e)
        return e;
    f1_counts_init(&s->counts, s->classes->C);
    for (enum rule rule = 0; rule < RULE_COUNT; rule++)
        score_all(s, rule);
    for (size_t i = 0; e == ERR_OK && i < facets->n; i++) {
        const struct obs_column *col = dataset_find_column(s->ec->ds, facets->item[i]);

        if (col)
            e = score_facet(s, col, facets->item[i], eb);
    }
    return e ? e : count_confusions(s, eb);
}

static void
scoring_release(struct scoring *s)
{
    for (enum rule rule = 0; rule < RULE_COUNT; rule++)
        free(s->corrected[rule]);
    f1_counts_release(&s->counts);
    free(s->row);
    free(s->confusion);
}

static enum err
hand_over(const struct scoring *s, const char *checkpoint, int is_primary,
          const struct sink *sink, struct errbuf *eb)
{
    struct evaluation_result r = {.name = s->ec->name,
                                  .cells_digest = s->ec->digest,
                                  .checkpoint = checkpoint,
                                  .is_primary = is_primary != 0,
                                  .n_cells = s->ec->n,
                                  .n_unknown = s->ec->n_unknown,
                                  .row = s->row,
                                  .n_rows = s->n_rows,
                                  .confusion = s->confusion,
                                  .n_confusions = s->n_confusions};

    return sink->evaluation(sink->ctx, &r, eb);
}

enum err
evaluate_given(const struct eval_cells *ec, const struct class_set *classes,
               const struct strlist *facets, const int32_t *predicted,
               const char *checkpoint, int is_primary, const struct sink *sink,
               struct errbuf *eb)
{
    struct scoring s = {.ec = ec, .classes = classes, .predicted = predicted};
    enum err e = score(&s, facets, eb);

    if (e == ERR_OK)
        e = hand_over(&s, checkpoint, is_primary, sink, eb);
    scoring_release(&s);
    return e;
}

enum err
evaluate(const struct classifier *c, const struct eval_cells *ec,
         const struct class_set *classes, const struct strlist *facets,
         const char *checkpoint, int is_primary, size_t threads,
         const struct sink *sink, int32_t *predicted, struct errbuf *eb)
{
    int32_t *own = NULL;
    enum err e = ERR_OK;

    if (classifier_classes(c) != classes->C)
        return err_set(eb, ERR_ARG,
                       "evaluation %s: the model has %zu classes, the label set %zu",
                       ec->name, classifier_classes(c), classes->C);
    if (!predicted && (e = big_calloc(&own, ec->n, sizeof *own, "predictions", eb)))
        return e;
    int32_t *p = predicted ? predicted : own;

    if ((e = classifier_predict(c, ec->ds, ec->cell, ec->n, threads, p, NULL, eb)) ==
        ERR_OK)
        e = evaluate_given(ec, classes, facets, p, checkpoint, is_primary, sink, eb);
    free(own);
    return e;
}
