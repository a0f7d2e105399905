/* compare_why.c - why there is nothing to compare, in words. */
#include "tui/compare_why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/spec.h"
#include "tui/keymap.h"
#include "tui/wrap.h"

static void
add_seeds(int64_t n, struct strbuf *out)
{
    if (n == 0)
        strbuf_adds(out, "no seed");
    else
        strbuf_addf(out, "%" PRId64 " seed%s", n, n == 1 ? "" : "s");
}

/* "Nothing to pair: CE has no seed scored in ood, HCE has 2 seeds." */
static void
add_reason(const struct compare_why *w, struct store_lack_step n, const char *what,
           struct strbuf *out)
{
    bool base_lacks = n.base == 0 && w->lack->base_imported;
    bool side_lacks = n.side == 0 && w->lack->side_imported;

    strbuf_addf(out, "Nothing to pair: %s has ", w->base_name);
    add_seeds(n.base, out);
    strbuf_addf(out, " %s, %s has ", what, w->name);
    add_seeds(n.side, out);
    strbuf_adds(out, n.base && n.side ? ", none in common." : ".");
    if (base_lacks && side_lacks)
        strbuf_adds(out, " Both were imported, and no file of theirs has it.");
    else if (base_lacks || side_lacks)
        strbuf_addf(out, " %s was imported, and no file of it has it.",
                    base_lacks ? w->base_name : w->name);
    strbuf_addc(out, '\n');
}

/* A key that leads to something. */
static void
add_key(enum action a, const char *what, struct strbuf *out)
{
    size_t n = out->len;

    strbuf_addf(out, "%s%s: %s", n && out->buf[n - 1] != '\n' ? "; " : "",
                keymap_hint(a), what);
}

static void
add_group_keys(struct strbuf *out)
{
    add_key(ACT_GROUP_NEXT, "another model or configuration", out);
    add_key(ACT_BASELINE, "another baseline (in Compare)", out);
}

/* An evaluation that has what is missing, or how to make one. */
static void
add_evaluation(const char *evaluation, struct strbuf *out)
{
    char *text = evaluation ? xasprintf("evaluation %s has both", evaluation) : NULL;

    if (text)
        add_key(ACT_EVALUATION, text, out);
    else
        strbuf_adds(out,
                    "hcelab eval scores the runs that lack it, if their weights are "
                    "in the store");
    free(text);
}

void
compare_why_pairs(const struct compare_why *w, struct strbuf *out)
{
    const struct store_lack *l = w->lack;
    const char *evaluation = w->query->evaluation;
    char *scored = evaluation ? xasprintf("scored in evaluation %s", evaluation)
                              : xstrdup("that was scored");

    if (l->run.both == 0) {
        add_reason(w, l->run, "that succeeded", out);
        add_group_keys(out);
    } else if (l->scored.both == 0) {
        add_reason(w, l->scored, scored, out);
        add_evaluation(l->evaluation, out);
    } else if (l->n_same_cells == 0) {
        strbuf_addf(out,
                    "Nothing to pair: in evaluation %s %s and %s were scored on "
                    "different cells.\n",
                    w->query->evaluation, w->base_name, w->name);
        add_evaluation(l->evaluation, out);
    }
    free(scored);
}

/* "by rule exact", "by tissue", "by class in lung". */
static char *
what_of(const struct compare_why *w, bool is_rule)
{
    const struct store_compare_query *q = w->query;
    const char *title = facet_title(q->facet);

    if (is_rule)
        return xasprintf("scored by rule %s", q->rule);
    if (q->label)
        return xasprintf("scored by class in %s", q->label);
    return xasprintf("scored by %s", title ? title : q->facet);
}

void
compare_why_rows(const struct compare_why *w, struct strbuf *out)
{
    const struct store_lack *l = w->lack;
    bool is_rule = l->rule.both == 0;
    char *what = what_of(w, is_rule);

    if (is_rule || l->facet.both == 0) {
        add_reason(w, is_rule ? l->rule : l->facet, what, out);
        if (l->n_other_rule)
            add_key(ACT_RULE, "the other rule has both", out);
        if (l->evaluation && !w->query->label)
            add_evaluation(l->evaluation, out);
        if (w->query->label)
            add_key(ACT_BACK, "back", out);
        else if (!is_rule && strcmp(w->query->facet, "class") != 0)
            add_key(ACT_FACET_NEXT, "another facet", out);
        else if (!l->n_other_rule && !l->evaluation)
            add_group_keys(out);
    } else if (w->query->min_support) {
        strbuf_addf(out, "No row has %" PRId64 " cells or more.\n",
                    w->query->min_support);
        add_key(ACT_FEWER_CELLS, "fewer cells", out);
    } else {
        strbuf_adds(out, "Nothing to pair: no label has an F1 on both sides.\n");
        add_key(ACT_FACET_NEXT, "another facet", out);
    }
    free(what);
}

void
compare_why_confusions(const struct compare_why *w, struct store_lack_step n,
                       struct strbuf *out)
{
    char *what = xasprintf("with confusions in evaluation %s", w->query->evaluation);

    add_reason(w, n, what, out);
    add_evaluation(w->lack->confused, out);
    free(what);
}

void
compare_why_draw(const char *text, struct canvas *cv, int row)
{
    int cols = cv->cols - 4;

    while (*text && row < cv->rows) {
        size_t skip, line = strcspn(text, "\n");
        char *one = xstrndup(text, line);
        size_t len = wrap_bytes(one, cols, &skip);
        canvas_textf(cv, row++, 2, -1, STYLE_DIM, "%.*s", (int)len, one);
        free(one);
        text += len + skip < line ? len + skip : line + (text[line] == '\n');
    }
}
