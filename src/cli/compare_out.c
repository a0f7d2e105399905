/* compare_out.c - CE against HCE as text or rows. */
#include "cli/compare_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "cli/compare_block.h"
#include "cli/compare_lack.h"
#include "cli/compare_plot.h"
#include "cli/group_pick.h"
#include "draw/table.h"
#include "spec/spec.h"
#include "stat/compare.h"

const char *
compare_verdict(char verdict)
{
    return verdict == 'v' ? "better" : verdict == '*' ? "worse" : "";
}

/* ---- every number, for programs ---- */

static const struct table_column full_columns[] = {
    {.name = "pair_key", .type = TABLE_TEXT},
    {.name = "experiment", .type = TABLE_TEXT},
    {.name = "model", .type = TABLE_TEXT},
    {.name = "evaluation", .type = TABLE_TEXT},
    {.name = "rule", .type = TABLE_TEXT},
    {.name = "facet", .type = TABLE_TEXT},
    {.name = "label", .type = TABLE_TEXT},
    {.name = "class", .type = TABLE_TEXT},
    {.name = "support", .type = TABLE_REAL},
    {.name = "n_pairs", .type = TABLE_INT},
    {.name = "ce_mean", .type = TABLE_REAL},
    {.name = "ce_sd", .type = TABLE_REAL},
    {.name = "hce_mean", .type = TABLE_REAL},
    {.name = "hce_sd", .type = TABLE_REAL},
    {.name = "delta_mean", .type = TABLE_REAL},
    {.name = "delta_sd", .type = TABLE_REAL},
    {.name = "ci_low", .type = TABLE_REAL},
    {.name = "ci_high", .type = TABLE_REAL},
    {.name = "wins", .type = TABLE_INT},
    {.name = "ties", .type = TABLE_INT},
    {.name = "losses", .type = TABLE_INT},
    {.name = "t", .type = TABLE_REAL},
    {.name = "p", .type = TABLE_REAL},
    {.name = "p_holm", .type = TABLE_REAL},
    {.name = "p_flip", .type = TABLE_REAL},
    {.name = "p_flip_min", .type = TABLE_REAL},
    {.name = "family", .type = TABLE_INT},
    {.name = "verdict", .type = TABLE_TEXT},
    {.name = "why_untested", .type = TABLE_TEXT},
    {.name = "unmatched", .type = TABLE_TEXT},
    {.name = "unscored", .type = TABLE_TEXT},
    {.name = "loss", .type = TABLE_TEXT},
    {.name = "base_pair_key", .type = TABLE_TEXT},
    {.name = "base_model", .type = TABLE_TEXT},
    {.name = "base_loss", .type = TABLE_TEXT},
    {.name = "base_evaluation", .type = TABLE_TEXT},
    {.name = "unfair", .type = TABLE_TEXT},
    {.name = "unlike", .type = TABLE_TEXT},
    {.name = "not_known", .type = TABLE_TEXT},
    {.name = "repeated", .type = TABLE_TEXT},
};

static struct table *
full_table(void)
{
    return table_new(full_columns, sizeof full_columns / sizeof full_columns[0]);
}

/* What speaks against the comparison, what is only another, what is not known. */
static void
add_provenance(struct table *t, const struct compare_block *b)
{
    for (enum provenance_list i = PROVENANCE_UNFAIR; i <= PROVENANCE_NOT_KNOWN; i++) {
        struct strbuf sb = {0};

        store_provenance_list(&b->provenance, i, &sb);
        table_text(t, sb.len ? strbuf_str(&sb) : NULL);
        strbuf_release(&sb);
    }
}

static void
add_full_row(struct table *t, const struct compare_block *b,
             const struct compare_row *r)
{
    const double number[] = {r->ce_mean,    r->ce_sd,    r->hce_mean, r->hce_sd,
                             r->delta_mean, r->delta_sd, r->ci_low,   r->ci_high};
    const double test[] = {r->t, r->p, r->p_holm, r->p_flip, r->p_flip_min};

    table_text(t, b->group->pair_key);
    table_text(t, b->group->experiment);
    table_text(t, b->group->model);
    table_text(t, b->query.evaluation);
    table_text(t, b->query.rule);
    table_text(t, b->query.facet);
    table_text(t, r->label);
    table_text(t, r->class_name);
    table_real(t, r->support);
    table_int(t, (int64_t)r->n);
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        table_real(t, number[i]);
    table_int(t, (int64_t)r->wins);
    table_int(t, (int64_t)r->ties);
    table_int(t, (int64_t)r->losses);
    for (size_t i = 0; i < sizeof test / sizeof test[0]; i++)
        table_real(t, test[i]);
    table_int(t, (int64_t)b->cmp.family);
    table_text(t, compare_verdict(r->verdict));
    table_text(t, *r->why ? r->why : NULL);
    table_text(t, b->unmatched.len ? strbuf_str(&b->unmatched) : NULL);
    table_text(t, b->unscored.len ? strbuf_str(&b->unscored) : NULL);
    table_text(t, b->query.loss);
    table_text(t, b->base->pair_key);
    table_text(t, b->base->model);
    table_text(t, b->query.base_loss);
    table_text(t, b->query.base_evaluation ? b->query.base_evaluation
                                           : b->query.evaluation);
    add_provenance(t, b);
    table_text(t, b->repeated.len ? strbuf_str(&b->repeated) : NULL);
}

static void
add_full(struct table *t, const struct compare_block *b)
{
    for (size_t i = 0; i < b->cmp.n_rows; i++)
        add_full_row(t, b, &b->cmp.row[i]);
}

/* ---- the numbers that matter, for people ---- */

enum { SHORT_BASE = 3, SHORT_THIS = 5, SHORT_DELTA = 7, SHORT_VERDICT = 13 };

static const struct table_column short_columns[] = {
    {.name = "label", .type = TABLE_TEXT},
    {.name = "support", .title = "cells", .type = TABLE_REAL, .digits = 0},
    {.name = "n", .type = TABLE_INT, .rank = 3},
    {.name = "ce_mean", .title = "CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ce_sd", .title = "sd", .type = TABLE_REAL, .digits = 4, .rank = 6},
    {.name = "hce_mean", .title = "HCE", .type = TABLE_REAL, .digits = 4},
    {.name = "hce_sd", .title = "sd", .type = TABLE_REAL, .digits = 4, .rank = 6},
    {.name = "delta_mean", .title = "HCE-CE", .type = TABLE_REAL, .digits = 4},
    {.name = "ci", .title = "95 % interval", .type = TABLE_TEXT, .rank = 1},
    {.name = "signs", .title = "+/-", .type = TABLE_TEXT, .rank = 4},
    {.name = "p", .type = TABLE_REAL, .digits = -2, .rank = 2},
    {.name = "p_holm", .title = "Holm p", .type = TABLE_REAL, .digits = -2, .rank = 1},
    {.name = "p_flip", .title = "flip p", .type = TABLE_REAL, .digits = -2, .rank = 7},
    {.name = "verdict", .title = "HCE is", .type = TABLE_TEXT},
};

static void
add_short_row(struct table *t, const struct compare_row *r)
{
    char interval[64] = "", signs[64];

    if (!isnan(r->ci_low))
        snprintf(interval, sizeof interval, "%+.4f .. %+.4f", r->ci_low, r->ci_high);
    snprintf(signs, sizeof signs, "%zu+/%zu-", r->wins, r->losses);
    table_text(t, r->class_name ? r->class_name : r->label);
    table_real(t, r->support);
    table_int(t, (int64_t)r->n);
    table_real(t, r->ce_mean);
    table_real(t, r->ce_sd);
    table_real(t, r->hce_mean);
    table_real(t, r->hce_sd);
    table_real(t, r->delta_mean);
    table_text(t, interval);
    table_text(t, signs);
    table_real(t, r->p);
    table_real(t, r->p_holm);
    table_real(t, r->p_flip);
    table_text(t, *r->why ? r->why : compare_verdict(r->verdict));
}

/* "evaluation ood, rule exact, F1 by tissue, 4 pairs of seeds", and the seeds that are in
 * no pair. */
static void
add_question(struct strbuf *sb, const struct compare_block *b, size_t n_pairs)
{
    const char *label = b->query.label;

    strbuf_adds(sb, "evaluation ");
    utf8_clean(sb, b->query.evaluation, false);
    strbuf_addf(sb, ", rule %s, F1 by ", b->query.rule);
    utf8_clean(sb, facet_title(b->query.facet), false);
    strbuf_adds(sb, label ? ", classes of " : "");
    utf8_clean(sb, label ? label : "", false);
    strbuf_addf(sb, ", %zu pair%s of seeds", n_pairs, n_pairs == 1 ? "" : "s");
    if (b->unmatched.len)
        strbuf_addf(sb, "; without a partner: %s", strbuf_str(&b->unmatched));
    if (b->unscored.len)
        strbuf_addf(sb, "; not scored: %s", strbuf_str(&b->unscored));
    if (b->repeated.len)
        strbuf_addf(sb, "; of several runs the newest counts: %s",
                    strbuf_str(&b->repeated));
    strbuf_addc(sb, '\n');
}

/* What is compared with what, where that is not CE and HCE of one pair_key. */
static void
add_baseline(struct strbuf *sb, const struct compare_block *b)
{
    if (!b->has_baseline)
        return;
    strbuf_addf(sb, "baseline %s of experiment ", b->base_name);
    utf8_clean(sb, b->base->experiment, false);
    strbuf_addf(sb, ", pair_key %.*s; compared: %s; delta = %s - %s\n", GROUP_KEY_SHOWN,
                b->base->pair_key, b->name, b->name, b->base_name);
    if (b->differs && *b->differs) {
        strbuf_adds(sb, "they differ in ");
        utf8_clean(sb, b->differs, false);
        strbuf_addc(sb, '\n');
    }
}

/* One line for each fact that speaks against the comparison, with what it means. */
static void
add_unfair(struct strbuf *sb, const struct store_provenance *p)
{
    for (enum provenance_id i = 0; i < PROVENANCE_COUNT; i++)
        if (store_provenance_is_unfair(p, i))
            strbuf_addf(sb, "not fair: other %s (%s / %s): %s\n",
                        store_provenance_name(i), p->fact[i].base, p->fact[i].side,
                        store_provenance_meaning(i));
}

/* A line for what is listed, if anything is. */
static void
add_list(struct strbuf *sb, const struct store_provenance *p, enum provenance_list what,
         const char *before)
{
    struct strbuf list = {0};

    store_provenance_list(p, what, &list);
    if (list.len)
        strbuf_addf(sb, "%s%s\n", before, strbuf_str(&list));
    strbuf_release(&list);
}

/* What the numbers are: one fact a line. */
static void
add_header(struct strbuf *sb, const struct compare_block *b)
{
    size_t n;
    double p_min;

    compare_pairs(&b->cmp, &n, &p_min);
    strbuf_adds(sb, "experiment ");
    utf8_clean(sb, b->group->experiment, false);
    strbuf_addf(sb, ", model %s, pair_key %.*s\n", b->group->model, GROUP_KEY_SHOWN,
                b->group->pair_key);
    add_baseline(sb, b);
    add_question(sb, b, n);
    add_unfair(sb, &b->provenance);
    add_list(sb, &b->provenance, PROVENANCE_TOLD, "they differ also in: ");
    add_list(sb, &b->provenance, PROVENANCE_NOT_KNOWN, "not known of both: ");
    strbuf_addf(
        sb, "test: paired t over seeds, two-sided; Holm over a family of %zu label%s",
        b->cmp.family, b->cmp.family == 1 ? "" : "s");
    if (!isnan(p_min))
        strbuf_addf(sb, "; the smallest sign-flip p that %zu pair%s can reach is %.2g",
                    n, n == 1 ? "" : "s", p_min);
    strbuf_addc(sb, '\n');
}

static void
add_footer(struct strbuf *sb, const struct compare_block *b)
{
    size_t n[3] = {0};

    for (size_t i = 0; i < b->cmp.n_rows; i++)
        n[b->cmp.row[i].verdict == 'v' ? 0 : b->cmp.row[i].verdict == '*' ? 1 : 2]++;
    strbuf_addf(sb, "%s better: %zu, worse: %zu, not distinguished: %zu\n", b->name,
                n[0], n[1], n[2]);
}

enum { N_SHORT = sizeof short_columns / sizeof short_columns[0] };

/* The headings name the sides. */
static void
name_sides(struct table_column col[N_SHORT], const struct compare_block *b,
           struct strbuf *verdict)
{
    strbuf_addf(verdict, "%s is", b->name);
    col[SHORT_BASE].title = b->base_name;
    col[SHORT_THIS].title = b->name;
    col[SHORT_DELTA].title = "delta";
    col[SHORT_VERDICT].title = strbuf_str(verdict);
}

static void
print_rows(struct cli *c, const struct compare_block *b)
{
    struct table_column col[N_SHORT];
    struct strbuf verdict = {0};

    memcpy(col, short_columns, sizeof col);
    if (b->has_baseline)
        name_sides(col, b, &verdict);
    struct table *t = table_new(col, N_SHORT);
    for (size_t i = 0; i < b->cmp.n_rows; i++)
        add_short_row(t, &b->cmp.row[i]);
    out_table(c, t);
    table_free(t);
    strbuf_release(&verdict);
}

static void
print_block(struct cli *c, const struct compare_block *b, bool plot)
{
    struct strbuf sb = {0};

    add_header(&sb, b);
    strbuf_addc(&sb, '\n');
    out_text(c, strbuf_str(&sb));
    if (plot)
        compare_plot_print(c, b);
    else
        print_rows(c, b);
    strbuf_reset(&sb);
    strbuf_addc(&sb, '\n');
    add_footer(&sb, b);
    out_text(c, strbuf_str(&sb));
    strbuf_release(&sb);
}

void
compare_note_lines(const char *text)
{
    struct strlist line = {0};

    strlist_split(&line, text, '\n');
    for (size_t i = 0; i < line.n; i++)
        if (*line.item[i])
            out_note("%s", line.item[i]);
    strlist_release(&line);
}

static void
note_header(const struct compare_block *b, bool all)
{
    struct strbuf sb = {0};

    if (all)
        add_header(&sb, b);
    else
        add_unfair(&sb, &b->provenance);
    compare_note_lines(strbuf_str(&sb));
    strbuf_release(&sb);
}

/* ---- all of them ---- */

/* What came of the groups so far. */
struct progress {
    const struct store_group *last; /* shown last, or NULL */
    struct table *rows;
    struct strbuf svg;
    struct strbuf refused; /* why groups were left out */
    struct compare_lack lack;
};

static void
show_block(struct cli *c, const struct compare_request *q,
           const struct compare_block *b, struct progress *p)
{
    if (p->last)
        group_tell_apart(c, p->last, b->group);
    if (q->svg) {
        strbuf_reset(&p->svg);
        compare_plot_svg(b, &p->svg);
        note_header(b, false);
    } else if (group_for_people(c)) {
        print_block(c, b, q->plot);
    } else {
        note_header(b, true);
        add_full(p->rows, b);
    }
    p->last = b->group;
}

/* An SVG file holds one comparison. */
static enum err
check_single(const struct compare_request *q, const struct progress *p,
             const struct compare_block *b, struct errbuf *eb)
{
    if (!q->svg || !p->last)
        return ERR_OK;
    return err_set(eb, ERR_ARG,
                   "--svg %s: more than one configuration; choose with --model or "
                   "--pair-key: %.*s (%s), %.*s (%s), ...",
                   q->svg, GROUP_KEY_SHOWN, p->last->pair_key, p->last->model,
                   GROUP_KEY_SHOWN, b->group->pair_key, b->group->model);
}

/* Print or collect one group. */
static enum err
show_group(struct cli *c, const struct compare_request *q,
           const struct store_groups *groups, const struct store_group *g,
           struct progress *p, struct errbuf *eb)
{
    struct compare_block b = {0};
    enum err e = compare_block_load(c, &b, q, groups, g, eb);
    bool is_itself =
        b.refused && q->baseline && strcmp(b.base->pair_key, g->pair_key) == 0;

    if (e == ERR_OK && b.refused && !is_itself)
        strbuf_addf(&p->refused, "%s%s %s with baseline %s %.*s: %s",
                    p->refused.len ? "; " : "", g->model, b.query.loss, b.base->model,
                    GROUP_KEY_SHOWN, b.base->pair_key, b.refused);
    else if (e == ERR_OK && b.cmp.n_rows) {
        e = check_single(q, p, &b, eb);
        if (e == ERR_OK)
            show_block(c, q, &b, p);
    } else if (e == ERR_OK && !q->baseline && !g->n_pairs && g->n_ce + g->n_hce > 0)
        compare_lack_add(&p->lack, g);
    compare_block_release(&b);
    return e;
}

/* What is left to do when all groups were seen. */
static enum err
finish(struct cli *c, const struct compare_request *q,
       const struct store_groups *groups, const struct progress *p, struct errbuf *eb)
{
    if (!p->last && p->refused.len)
        return err_set(eb, ERR_CONFLICT, "--baseline%s %s: cannot be paired with %s",
                       q->baseline ? "" : "-eval",
                       q->baseline ? q->baseline : q->base_evaluation,
                       strbuf_str(&p->refused));
    if (!p->last)
        return compare_lack_nothing(q, groups, eb);
    if (p->refused.len)
        out_note("not compared: %s", strbuf_str(&p->refused));
    compare_lack_note(&p->lack);
    if (q->svg)
        return compare_plot_write(c, q->svg, strbuf_str(&p->svg), eb);
    if (!group_for_people(c))
        out_table(c, p->rows);
    return ERR_OK;
}

enum err
compare_print(struct cli *c, const struct compare_request *q, struct errbuf *eb)
{
    struct progress p = {.rows = full_table()};
    struct store_groups groups = {0}, wanted = {0};
    /* A baseline may stand in another experiment. */
    enum err e =
        store_groups_list(c->store, q->baseline ? NULL : q->experiment, &groups, eb);

    if (e == ERR_OK && q->baseline && q->experiment)
        e = store_groups_list(c->store, q->experiment, &wanted, eb);
    const struct store_groups *own = wanted.n ? &wanted : &groups;
    for (size_t i = 0; i < own->n && e == ERR_OK; i++)
        if (group_is_wanted(&own->group[i], q->model, q->pair_key))
            e = show_group(c, q, &groups, &own->group[i], &p, eb);
    if (e == ERR_OK)
        e = finish(c, q, own, &p, eb);
    table_free(p.rows);
    strbuf_release(&p.svg);
    strbuf_release(&p.refused);
    strbuf_release(&p.lack.text);
    store_groups_release(&groups);
    store_groups_release(&wanted);
    return e;
}

/* Rows of one evaluation, rule and facet of a group. */
static enum err
export_one(struct cli *c, const struct store_group *g, const char *evaluation,
           const char *rule, const char *facet, struct table *t, struct errbuf *eb)
{
    const struct compare_request q = {
        .facet = facet, .rule = rule, .evaluation = evaluation, .sort = "label"};
    struct compare_block b = {0};
    enum err e = compare_block_load(c, &b, &q, NULL, g, eb);

    if (e == ERR_OK)
        add_full(t, &b);
    compare_block_release(&b);
    return e;
}

static enum err
export_group(struct cli *c, const struct store_group *g, struct table *t,
             struct errbuf *eb)
{
    static const char *const rules[] = {"exact", "hierarchy"};
    struct strlist evaluations = {0}, facets = {0};
    enum err e = ERR_OK;

    strlist_split(&evaluations, g->evaluations ? g->evaluations : "", ',');
    strlist_split(&facets, g->facets ? g->facets : "", ',');
    for (size_t i = 0; i < evaluations.n; i++)
        for (size_t r = 0; r < 2; r++)
            for (size_t f = 0; f < facets.n && e == ERR_OK; f++)
                e = export_one(c, g, evaluations.item[i], rules[r], facets.item[f], t,
                               eb);
    strlist_release(&evaluations);
    strlist_release(&facets);
    return e;
}

enum err
compare_export(struct cli *c, const char *experiment, struct strbuf *out,
               struct errbuf *eb)
{
    struct store_groups groups;
    enum err e = store_groups_list(c->store, experiment, &groups, eb);

    if (e)
        return e;
    struct table *t = full_table();
    for (size_t i = 0; i < groups.n && e == ERR_OK; i++)
        e = export_group(c, &groups.group[i], t, eb);
    if (e == ERR_OK)
        table_print(t, TABLE_CSV, out);
    table_free(t);
    store_groups_release(&groups);
    return e;
}
