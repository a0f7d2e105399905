/* errors_rows.c - the errors of one pair_key as tables, for people and for programs. */
#include "cli/errors_rows.h"

#include <math.h>
#include <stdio.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define QUESTION                                                                       \
    {.name = "pair_key", .type = TABLE_TEXT},                                          \
        {.name = "experiment", .type = TABLE_TEXT},                                    \
        {.name = "model", .type = TABLE_TEXT},                                         \
        {.name = "evaluation", .type = TABLE_TEXT},                                    \
        {.name = "rule", .type = TABLE_TEXT}, {.name = "by", .type = TABLE_TEXT},      \
        {.name = "share_of", .type = TABLE_TEXT},                                      \
        {.name = "unmatched", .type = TABLE_TEXT},                                     \
    {                                                                                  \
        .name = "unscored", .type = TABLE_TEXT                                         \
    }

#define CELLS                                                                          \
    {.name = "n_pairs", .type = TABLE_INT}, {.name = "ce_cells", .type = TABLE_REAL},  \
    {                                                                                  \
        .name = "hce_cells", .type = TABLE_REAL                                        \
    }

#define PAIRED                                                                         \
    {.name = "ce_mean", .type = TABLE_REAL}, {.name = "ce_sd", .type = TABLE_REAL},    \
        {.name = "hce_mean", .type = TABLE_REAL},                                      \
        {.name = "hce_sd", .type = TABLE_REAL},                                        \
        {.name = "delta_mean", .type = TABLE_REAL},                                    \
        {.name = "delta_sd", .type = TABLE_REAL},                                      \
        {.name = "ci_low", .type = TABLE_REAL},                                        \
        {.name = "ci_high", .type = TABLE_REAL}, {.name = "wins", .type = TABLE_INT},  \
        {.name = "ties", .type = TABLE_INT},                                           \
    {                                                                                  \
        .name = "losses", .type = TABLE_INT                                            \
    }

static const struct table_column full_classes[] = {
    QUESTION,
    {.name = "class", .type = TABLE_TEXT},
    {.name = "cells", .type = TABLE_REAL},
    {.name = "kind", .type = TABLE_TEXT},
    CELLS,
    PAIRED,
    {.name = "t", .type = TABLE_REAL},
    {.name = "p", .type = TABLE_REAL},
    {.name = "p_holm", .type = TABLE_REAL},
    {.name = "family", .type = TABLE_INT},
    {.name = "p_flip_min", .type = TABLE_REAL},
    {.name = "verdict", .type = TABLE_TEXT},
    {.name = "why_untested", .type = TABLE_TEXT},
};

static const struct table_column full_confusions[] = {
    QUESTION,
    {.name = "true_label", .type = TABLE_TEXT},
    {.name = "predicted_label", .type = TABLE_TEXT},
    {.name = "relation", .type = TABLE_TEXT},
    CELLS,
    PAIRED,
};

static const struct table_column full_seeds[] = {
    QUESTION,
    {.name = "true_label", .type = TABLE_TEXT},
    {.name = "predicted_label", .type = TABLE_TEXT},
    {.name = "relation", .type = TABLE_TEXT},
    {.name = "seed", .type = TABLE_INT},
    {.name = "ce_cells", .type = TABLE_INT},
    {.name = "ce", .type = TABLE_REAL},
    {.name = "hce_cells", .type = TABLE_INT},
    {.name = "hce", .type = TABLE_REAL},
    {.name = "delta", .type = TABLE_REAL},
};

#define RELATION(id, text)                                                             \
    {.name = "ce_" id,                                                                 \
     .title = text " CE",                                                              \
     .type = TABLE_REAL,                                                               \
     .digits = 3,                                                                      \
     .rank = 5},                                                                       \
    {                                                                                  \
        .name = "hce_" id, .title = "HCE", .type = TABLE_REAL, .digits = 3, .rank = 5  \
    }

static const struct table_column short_classes[] = {
    {.name = "class", .type = TABLE_TEXT},
    {.name = "cells", .type = TABLE_REAL, .digits = 0},
    {.name = "n", .type = TABLE_INT, .rank = 3},
    {.name = "ce_mean", .title = "CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ce_sd", .title = "sd", .type = TABLE_REAL, .digits = 4, .rank = 6},
    {.name = "hce_mean", .title = "HCE", .type = TABLE_REAL, .digits = 4},
    {.name = "hce_sd", .title = "sd", .type = TABLE_REAL, .digits = 4, .rank = 6},
    {.name = "delta_mean", .title = "HCE-CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ci", .title = "95 % interval", .type = TABLE_TEXT, .rank = 2},
    {.name = "signs", .title = "+/-", .type = TABLE_TEXT, .rank = 4},
    {.name = "p_holm", .title = "Holm p", .type = TABLE_REAL, .digits = -2, .rank = 1},
    {.name = "verdict", .title = "HCE is", .type = TABLE_TEXT, .rank = 1},
    RELATION("descendant", "desc"),
    RELATION("ancestor", "anc"),
    RELATION("sibling", "sib"),
    RELATION("other", "other"),
};

static const struct table_column short_confusions[] = {
    {.name = "true_label", .title = "true class", .type = TABLE_TEXT},
    {.name = "predicted_label", .title = "called", .type = TABLE_TEXT},
    {.name = "relation", .type = TABLE_TEXT},
    {.name = "ce_cells", .title = "CE n", .type = TABLE_REAL, .digits = 1, .rank = 3},
    {.name = "ce_mean", .title = "CE", .type = TABLE_REAL, .digits = 4},
    {.name = "hce_cells", .title = "HCE n", .type = TABLE_REAL, .digits = 1, .rank = 3},
    {.name = "hce_mean", .title = "HCE", .type = TABLE_REAL, .digits = 4},
    {.name = "delta_mean", .title = "HCE-CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ci", .title = "95 % interval", .type = TABLE_TEXT, .rank = 2},
    {.name = "signs", .title = "+/-", .type = TABLE_TEXT, .rank = 1},
};

static const struct table_column short_seeds[] = {
    {.name = "seed", .type = TABLE_INT},
    {.name = "ce_cells", .title = "CE n", .type = TABLE_INT},
    {.name = "ce", .title = "CE", .type = TABLE_REAL, .digits = 4},
    {.name = "hce_cells", .title = "HCE n", .type = TABLE_INT},
    {.name = "hce", .title = "HCE", .type = TABLE_REAL, .digits = 4},
    {.name = "delta", .title = "HCE-CE", .type = TABLE_REAL, .digits = 4},
};

struct table *
errors_rows_new(enum errors_level level, bool for_people)
{
    if (level == ERRORS_CLASSES)
        return for_people ? table_new(short_classes, LENGTH(short_classes))
                          : table_new(full_classes, LENGTH(full_classes));
    if (level == ERRORS_CONFUSIONS)
        return for_people ? table_new(short_confusions, LENGTH(short_confusions))
                          : table_new(full_confusions, LENGTH(full_confusions));
    return for_people ? table_new(short_seeds, LENGTH(short_seeds))
                      : table_new(full_seeds, LENGTH(full_seeds));
}

/* --- cells that several tables have --- */

static void
add_question(struct table *t, const struct errors_block *b)
{
    const struct error_question *q = &b->table->question;
    const char *unmatched = b->group->unmatched;

    table_text(t, b->group->pair_key);
    table_text(t, b->group->experiment);
    table_text(t, b->group->model);
    table_text(t, b->evaluation);
    table_text(t, b->rule);
    table_text(t, q->by_predicted ? "predicted" : "true");
    table_text(t, q->of_wrong ? "wrong" : "cells");
    table_text(t, unmatched && *unmatched ? unmatched : NULL);
    table_text(t, *b->unscored ? b->unscored : NULL);
}

static void
add_paired(struct table *t, const struct paired *s)
{
    const double number[] = {s->a_mean, s->a_sd, s->b_mean, s->b_sd,
                             s->d_mean, s->d_sd, s->ci_low, s->ci_high};

    for (size_t i = 0; i < LENGTH(number); i++)
        table_real(t, number[i]);
    table_int(t, (int64_t)s->wins);
    table_int(t, (int64_t)s->ties);
    table_int(t, (int64_t)s->losses);
}

static void
add_interval(struct table *t, const struct paired *s)
{
    char text[64];

    snprintf(text, sizeof text, "%+.4f .. %+.4f", s->ci_low, s->ci_high);
    table_text(t, isnan(s->ci_low) ? s->why : text);
}

static void
add_signs(struct table *t, const struct paired *s)
{
    char text[64];

    snprintf(text, sizeof text, "%zu+/%zu-", s->wins, s->losses);
    table_text(t, text);
}

/* --- classes --- */

static void
add_full_class(struct table *t, const struct errors_block *b, const struct error_row *r,
               enum error_kind kind)
{
    const struct error_stat *x = &r->stat[kind];
    const char *verdict = error_verdict(kind, x);
    bool all = r->class_index == ERRORS_ALL;

    add_question(t, b);
    table_text(t, all ? NULL : r->label);
    table_real(t, r->cells);
    table_text(t, error_kind_name(kind));
    table_int(t, (int64_t)x->s.n);
    table_real(t, r->n[ERROR_CE][kind]);
    table_real(t, r->n[ERROR_HCE][kind]);
    add_paired(t, &x->s);
    table_real(t, x->s.t);
    table_real(t, x->s.p);
    table_real(t, x->p_holm);
    table_int(t, all ? 1 : (int64_t)b->table->family[kind]);
    table_real(t, x->s.p_flip_min);
    table_text(t, *verdict ? verdict : NULL);
    table_text(t, *x->s.why ? x->s.why : NULL);
}

static void
add_short_class(struct table *t, const struct error_row *r, enum error_kind kind)
{
    const struct error_stat *x = &r->stat[kind];

    table_text(t, r->label);
    table_real(t, r->cells);
    table_int(t, (int64_t)x->s.n);
    table_real(t, x->s.a_mean);
    table_real(t, x->s.a_sd);
    table_real(t, x->s.b_mean);
    table_real(t, x->s.b_sd);
    table_real(t, x->s.d_mean);
    add_interval(t, &x->s);
    add_signs(t, &x->s);
    table_real(t, x->p_holm);
    table_text(t, error_verdict(kind, x));
    for (int k = ERROR_DESCENDANT; k <= ERROR_OTHER; k++) {
        table_real(t, r->stat[k].s.a_mean);
        table_real(t, r->stat[k].s.b_mean);
    }
}

static void
add_class(struct table *t, const struct errors_block *b, const struct error_row *r,
          bool for_people)
{
    if (for_people) {
        add_short_class(t, r, b->kind);
        return;
    }
    for (int k = 0; k < ERROR_KINDS; k++)
        if (!b->one_kind || (enum error_kind)k == b->kind)
            add_full_class(t, b, r, (enum error_kind)k);
}

/* --- confusions --- */

static void
add_confusion(struct table *t, const struct errors_block *b,
              const struct confusion_row *r, bool for_people)
{
    if (!for_people)
        add_question(t, b);
    table_text(t, r->from);
    table_text(t, r->to);
    table_text(t, error_kind_name(r->c.kind));
    if (for_people) {
        table_real(t, r->cells[ERROR_CE]);
        table_real(t, r->share.a_mean);
        table_real(t, r->cells[ERROR_HCE]);
        table_real(t, r->share.b_mean);
        table_real(t, r->share.d_mean);
        add_interval(t, &r->share);
        add_signs(t, &r->share);
    } else {
        table_int(t, (int64_t)r->share.n);
        table_real(t, r->cells[ERROR_CE]);
        table_real(t, r->cells[ERROR_HCE]);
        add_paired(t, &r->share);
    }
}

/* --- seeds --- */

static void
add_seed(struct table *t, const struct errors_block *b, const struct confusion_row *r,
         size_t pair, bool for_people)
{
    double share[ERROR_SIDES];

    if (!for_people) {
        add_question(t, b);
        table_text(t, r->from);
        table_text(t, r->to);
        table_text(t, error_kind_name(r->c.kind));
    }
    table_int(t, b->table->errors->seed[pair]);
    for (int side = 0; side < ERROR_SIDES; side++) {
        share[side] = error_share(b->table, b->class_index, (enum error_side)side, pair,
                                  (double)r->n[side][pair], r->c.kind);
        table_int(t, r->n[side][pair]);
        table_real(t, share[side]);
    }
    table_real(t, share[ERROR_HCE] - share[ERROR_CE]);
}

void
errors_rows_add(struct table *t, const struct errors_block *b, bool for_people)
{
    const struct confusion_list *l = &b->confusions;

    for (size_t i = 0; b->level == ERRORS_CLASSES && i < b->n_rows; i++)
        add_class(t, b, &b->row[i], for_people);
    for (size_t i = 0; b->level == ERRORS_CONFUSIONS && i < l->n; i++)
        add_confusion(t, b, &l->row[i], for_people);
    for (size_t s = 0; b->level == ERRORS_SEEDS && l->n && s < b->table->errors->S; s++)
        add_seed(t, b, &l->row[0], s, for_people);
}
