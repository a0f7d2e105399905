/* store_provenance.c - whether the two sides of a comparison can fairly be compared. */
#include "store/store_provenance.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"
#include "store/db.h"

enum { SHORT_DIGEST = 8, LEAST_DIGEST = 32 }; /* characters */

enum weight { UNFAIR, TOLD };
enum by { KEY, RUN };

static const struct {
    const char *name, *meaning;
    enum weight weight;
    enum by by;
} facts[PROVENANCE_COUNT] = {
#define PROVENANCE(id, weight, by, name, meaning)                                      \
    [PROVENANCE_##id] = {name, meaning, weight, by},
#include "store/provenance.def"
#undef PROVENANCE
};

/* --- values --- */

static bool
is_digest(const char *text)
{
    return strlen(text) >= LEAST_DIGEST &&
           strspn(text, "0123456789abcdef") == strlen(text);
}

/* A value as people see it: the start of a digest, else all of it.  Caller frees. */
static char *
shown(const char *value)
{
    struct strbuf sb = {0};

    if (!value)
        return xstrdup("unknown");
    if (is_digest(value))
        return xstrndup(value, SHORT_DIGEST);
    utf8_clean(&sb, value, false);
    return strbuf_detach(&sb);
}

/* What one pair says; the worst of all pairs stays, with its values. */
static void
take(struct store_provenance_fact *f, const char *base, const char *side,
     bool shared_if_unknown)
{
    enum provenance_state state = !base && !side && shared_if_unknown ? PROVENANCE_SAME
                                  : !base || !side          ? PROVENANCE_UNKNOWN
                                  : strcmp(base, side) == 0 ? PROVENANCE_SAME
                                                            : PROVENANCE_DIFFERS;

    if (f->base && state <= f->state)
        return;
    free(f->base);
    free(f->side);
    *f = (struct store_provenance_fact){state, shown(base), shown(side)};
}

/* --- pairs --- */

/* Columns of provenance_read before those of the facts. */
enum { COL_SAME_CELLS, COL_SAME_LABELS, COL_N_CELLS, COL_N_TRAIN, COL_FACTS };

struct half {                      /* of a pair */
    char *value[PROVENANCE_COUNT]; /* owned; NULL: not known */
    int64_t same_labels;           /* 1, 0 or DB_NONE */
    int64_t n_cells, n_train;      /* <= 0: not known */
};

static void
half_read(struct half *h, sqlite3_stmt *st)
{
    *h = (struct half){.same_labels = col_int(st, COL_SAME_LABELS),
                       .n_cells = col_int(st, COL_N_CELLS),
                       .n_train = col_int(st, COL_N_TRAIN)};
    for (int i = 0; i < PROVENANCE_COUNT; i++) {
        const char *text = col_text(st, COL_FACTS + i);

        h->value[i] = text ? xstrdup(text) : NULL;
    }
}

static void
half_release(struct half *h)
{
    for (int i = 0; i < PROVENANCE_COUNT; i++)
        free(h->value[i]);
    *h = (struct half){0};
}

static void
put(struct half *h, enum provenance_id id, char *value)
{
    free(h->value[id]);
    h->value[id] = value;
}

static bool
same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* Classes and hierarchy are told apart: class_digest is of both, same_labels of the names
 * alone. */
static void
settle_classes(struct half *a, struct half *b)
{
    char *const *x = a->value, *const *y = b->value;
    bool known = x[PROVENANCE_hierarchy] && y[PROVENANCE_hierarchy];

    if (b->same_labels == 1 || same(x[PROVENANCE_hierarchy], y[PROVENANCE_hierarchy]))
        put(b, PROVENANCE_classes,
            x[PROVENANCE_classes] ? xstrdup(x[PROVENANCE_classes]) : NULL);
    else if (known) /* other classes have another hierarchy: one fact is enough */
        put(b, PROVENANCE_hierarchy, xstrdup(x[PROVENANCE_hierarchy]));
}

static char *
count_text(int64_t n)
{
    return xasprintf("%" PRId64 " cells", n);
}

/* A digest that was made at an import says nothing of what was digested, unless one of
 * ours is the same; numbers of cells can tell them apart. */
static void
settle_digest(struct half *a, struct half *b, enum provenance_id id,
              enum provenance_id origin, const char *own, int64_t n_a, int64_t n_b)
{
    bool own_a = same(a->value[origin], own), own_b = same(b->value[origin], own);

    if (own_a && own_b)
        return;
    if (n_a != n_b && n_a > 0 && n_b > 0) {
        put(a, id, count_text(n_a));
        put(b, id, count_text(n_b));
    } else if (own_a == own_b || !same(a->value[id], b->value[id])) {
        put(a, id, NULL);
        put(b, id, NULL);
    }
}

static bool
is_one_key(const struct store_compare_query *q)
{
    return !q->base_key || strcmp(q->base_key, q->pair_key) == 0;
}

/* A tree matters between two imported runs. */
static void
settle_tree(struct half *a, struct half *b)
{
    if (a->value[PROVENANCE_tree] && b->value[PROVENANCE_tree])
        return;
    put(a, PROVENANCE_tree, NULL);
    put(b, PROVENANCE_tree, NULL);
}

/* What makes no difference to the question, or is said with the names of the sides. */
static bool
is_idle(const struct store_compare_query *q, enum provenance_id id)
{
    if (id == PROVENANCE_experiment)
        return !is_one_key(q);
    if (id == PROVENANCE_hierarchy)
        return strcmp(q->rule, "hierarchy") != 0;
    if (id == PROVENANCE_averages) /* rows that are classes are no means */
        return q->label || strcmp(q->facet, "class") == 0;
    return false;
}

static void
take_pair(struct half *a, struct half *b, const struct store_compare_query *q,
          struct store_provenance *p)
{
    bool here = same(a->value[PROVENANCE_runs], "trained") &&
                same(b->value[PROVENANCE_runs], "trained");

    settle_classes(a, b);
    settle_digest(a, b, PROVENANCE_cells, PROVENANCE_scores, "scored", a->n_cells,
                  b->n_cells);
    settle_digest(a, b, PROVENANCE_data, PROVENANCE_runs, "trained", a->n_train,
                  b->n_train);
    settle_tree(a, b);
    for (enum provenance_id i = 0; i < PROVENANCE_COUNT; i++)
        if (!is_idle(q, i))
            take(&p->fact[i], a->value[i], b->value[i],
                 i == PROVENANCE_tree || (here && is_one_key(q) && facts[i].by == KEY));
}

/* Pairs on the same cells come first; those on others count only where there are none. */
static enum err
read_pairs(struct store *s, sqlite3_stmt *st, const struct store_compare_query *q,
           struct store_provenance *p, struct errbuf *eb)
{
    struct half a, b;
    bool row;
    enum err e;

    while (!(e = db_step(s, st, &row, eb)) && row) {
        bool same_cells = col_int(st, COL_SAME_CELLS) == 1;

        half_read(&a, st);
        e = db_step(s, st, &row, eb); /* rows come in twos */
        if (e == ERR_OK && row) {
            half_read(&b, st);
            p->n_pairs++;
            p->n_same_cells += same_cells;
            if (same_cells || p->n_same_cells == 0)
                take_pair(&a, &b, q, p);
            half_release(&b);
        }
        half_release(&a);
        if (e)
            break;
    }
    return e;
}

enum err
store_provenance_read(struct store *s, const struct store_compare_query *q,
                      struct store_provenance *out, struct errbuf *eb)
{
    sqlite3_stmt *st;
    enum err e = db_select(
        s, SQL_provenance_read,
        BINDS(BT(":base_key", q->base_key ? q->base_key : q->pair_key),
              BT(":base_loss", q->base_loss ? q->base_loss : "ce"),
              BT(":base_evaluation",
                 q->base_evaluation ? q->base_evaluation : q->evaluation),
              BT(":pair_key", q->pair_key), BT(":loss", q->loss ? q->loss : "hce"),
              BT(":evaluation", q->evaluation), BT(":rule", q->rule)),
        &st, eb);

    *out = (struct store_provenance){0};
    if (e)
        return e;
    e = read_pairs(s, st, q, out, eb);
    db_finish(s, st);
    return e;
}

void
store_provenance_release(struct store_provenance *p)
{
    for (size_t i = 0; i < PROVENANCE_COUNT; i++) {
        free(p->fact[i].base);
        free(p->fact[i].side);
    }
    *p = (struct store_provenance){0};
}

/* --- text --- */

const char *
store_provenance_name(enum provenance_id id)
{
    return facts[id].name;
}

const char *
store_provenance_meaning(enum provenance_id id)
{
    return facts[id].meaning;
}

bool
store_provenance_is_unfair(const struct store_provenance *p, enum provenance_id id)
{
    return p->fact[id].state == PROVENANCE_DIFFERS && facts[id].weight == UNFAIR;
}

static bool
is_listed(const struct store_provenance *p, enum provenance_id id,
          enum provenance_list what)
{
    if (what == PROVENANCE_NOT_KNOWN)
        return p->fact[id].state == PROVENANCE_UNKNOWN;
    return p->fact[id].state == PROVENANCE_DIFFERS &&
           (facts[id].weight == UNFAIR) == (what == PROVENANCE_UNFAIR);
}

void
store_provenance_list(const struct store_provenance *p, enum provenance_list what,
                      struct strbuf *out)
{
    const char *between = "";

    for (enum provenance_id i = 0; i < PROVENANCE_COUNT; i++) {
        if (!is_listed(p, i, what))
            continue;
        strbuf_addf(out, "%s%s", between, facts[i].name);
        if (what != PROVENANCE_NOT_KNOWN)
            strbuf_addf(out, " %s / %s", p->fact[i].base, p->fact[i].side);
        between = what == PROVENANCE_NOT_KNOWN ? ", " : "; ";
    }
}
