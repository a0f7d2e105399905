/* class_tree_test.c - means over sets of classes, per seed, and their tests. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "stat/class_tree.h"

/* Letters: C classes, K seeds. */
struct values {
    int64_t *seed; /* (K) ascending */
    size_t K;
    double *ce, *hce; /* (C, K) NaN: not scored */
    double *cells;    /* (C) 0: none */
    uint64_t *scored; /* set of classes with cells */
    size_t words;
};

static int
by_seed(const void *pa, const void *pb)
{
    int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

    return (a > b) - (a < b);
}

static void
gather_seeds(struct values *v, const struct comparison *classes)
{
    size_t n = 0, kept = 0;

    for (size_t i = 0; i < classes->n_rows; i++)
        n += classes->row[i].n;
    v->seed = xmalloc(n + 1, sizeof *v->seed);
    n = 0;
    for (size_t i = 0; i < classes->n_rows; i++)
        for (size_t k = 0; k < classes->row[i].n; k++)
            v->seed[n++] = classes->row[i].seed[k];
    qsort(v->seed, n, sizeof *v->seed, by_seed);
    for (size_t k = 0; k < n; k++)
        if (kept == 0 || v->seed[k] != v->seed[kept - 1])
            v->seed[kept++] = v->seed[k];
    v->K = kept;
}

static size_t
seed_index(const struct values *v, int64_t seed)
{
    const int64_t *at = bsearch(&seed, v->seed, v->K, sizeof seed, by_seed);

    return (size_t)(at - v->seed);
}

static void
fill_values(struct values *v, const struct class_tree *t,
            const struct comparison *classes)
{
    for (size_t i = 0; i < t->n_classes * v->K; i++)
        v->ce[i] = v->hce[i] = (double)NAN;
    for (size_t i = 0; i < classes->n_rows; i++) {
        const struct compare_row *r = &classes->row[i];
        size_t c = r->class_name ? SIZE_MAX : intern_find(t->labels, r->label);

        if (c == SIZE_MAX || !(r->support > 0) || r->n == 0)
            continue;
        v->cells[c] = r->support;
        dag_set_add(v->scored, c);
        for (size_t k = 0; k < r->n; k++) {
            size_t s = seed_index(v, r->seed[k]);
            v->ce[c * v->K + s] = r->ce[k];
            v->hce[c * v->K + s] = r->hce[k];
        }
    }
}

static void
values_init(struct values *v, const struct class_tree *t,
            const struct comparison *classes)
{
    size_t C = t->n_classes;

    *v = (struct values){.words = dag_words(C)};
    gather_seeds(v, classes);
    v->ce = xmalloc(C * v->K + 1, sizeof *v->ce);
    v->hce = xmalloc(C * v->K + 1, sizeof *v->hce);
    v->cells = xcalloc(C + 1, sizeof *v->cells);
    v->scored = xcalloc(v->words, sizeof *v->scored);
    fill_values(v, t, classes);
}

static void
values_release(struct values *v)
{
    free(v->seed);
    free(v->ce);
    free(v->hce);
    free(v->cells);
    free(v->scored);
}

/* One pair per seed: means over the classes of the set. */
static void
add_set(struct comparison *out, const char *key, const uint64_t *set, size_t C,
        const struct values *v)
{
    double cells = 0;

    for (size_t c = 0; c < C; c++)
        cells += dag_set_has(set, c) ? v->cells[c] : 0;
    for (size_t s = 0; s < v->K; s++) {
        double ce = 0, hce = 0;
        size_t n = 0;
        for (size_t c = 0; c < C; c++) {
            if (!dag_set_has(set, c) || isnan(v->ce[c * v->K + s]))
                continue;
            ce += v->ce[c * v->K + s];
            hce += v->hce[c * v->K + s];
            n++;
        }
        if (n)
            compare_add(out, key, NULL, v->seed[s], ce / (double)n, hce / (double)n,
                        cells);
    }
}

static const char *
set_key(const uint64_t *set, size_t words, struct strbuf *sb)
{
    strbuf_reset(sb);
    for (size_t w = 0; w < words; w++)
        strbuf_addf(sb, "%016llx", (unsigned long long)set[w]);
    return strbuf_str(sb);
}

static void
set_node(struct class_tree *t, size_t i, const struct values *v, struct intern *sets,
         uint64_t *set, struct strbuf *sb)
{
    struct class_node *node = &t->node[i];

    for (size_t w = 0; w < v->words; w++)
        set[w] = t->below[i * v->words + w] & v->scored[w];
    node->n_scored = dag_set_count(set, v->words);
    node->row = CLASS_TREE_NONE;
    if (node->n_scored == 0)
        return;
    const char *key = set_key(set, v->words, sb);
    if (intern_find(sets, key) == SIZE_MAX)
        add_set(&t->stat, key, set, t->n_classes, v);
    node->row = intern_add(sets, key);
}

void
class_tree_test(struct class_tree *t, const struct comparison *classes)
{
    struct intern *sets = intern_new();
    struct strbuf sb = {0};
    struct values v;

    compare_release(&t->stat);
    values_init(&v, t, classes);
    uint64_t *set = xcalloc(v.words, sizeof *set);
    for (size_t i = 0; i < t->n; i++)
        set_node(t, i, &v, sets, set, &sb);
    compare_summarize(&t->stat);
    for (size_t i = 0; i < t->n; i++)
        t->node[i].cells =
            t->node[i].n_scored ? t->stat.row[t->node[i].row].support : 0;
    free(set);
    values_release(&v);
    strbuf_release(&sb);
    intern_free(sets);
}

const struct compare_row *
class_tree_row(const struct class_tree *t, size_t node)
{
    size_t row = t->node[node].row;

    return row == CLASS_TREE_NONE ? NULL : &t->stat.row[row];
}
