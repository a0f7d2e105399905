/* store_provenance.c - whether the two sides of a comparison can fairly be compared. */
#include "store/store_provenance.h"

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
enum { COL_SAME_CELLS, COL_TRAINED_HERE, COL_SAME_LABELS, COL_FACTS };

/* Classes and hierarchy are told apart: class_digest is of both, and same_labels says
 * whether the names are the same (NULL: not known). */
static void
settle_classes(sqlite3_stmt *st, const char *value[PROVENANCE_COUNT][2])
{
    int64_t same = col_int(st, COL_SAME_LABELS);
    const char **hierarchy = value[PROVENANCE_hierarchy];

    bool known = hierarchy[0] && hierarchy[1];

    if (same == 1 || (known && strcmp(hierarchy[0], hierarchy[1]) == 0))
        value[PROVENANCE_classes][1] = value[PROVENANCE_classes][0];
    else if (known)
        hierarchy[1] = hierarchy[0]; /* other classes have another: one fact is enough */
}

/* What makes no difference to the question. */
static bool
is_idle(const struct store_compare_query *q, enum provenance_id id)
{
    if (id == PROVENANCE_hierarchy)
        return strcmp(q->rule, "hierarchy") != 0;
    if (id == PROVENANCE_averages) /* rows that are classes are no means */
        return q->label || strcmp(q->facet, "class") == 0;
    return false;
}

static void
take_pair(sqlite3_stmt *st, const struct store_compare_query *q, bool one_key,
          struct store_provenance *p)
{
    const char *value[PROVENANCE_COUNT][2];
    bool here = one_key && col_int(st, COL_TRAINED_HERE) == 1;

    for (int i = 0; i < PROVENANCE_COUNT; i++)
        for (int side = 0; side < 2; side++)
            value[i][side] = col_text(st, COL_FACTS + 2 * i + side);
    settle_classes(st, value);
    for (enum provenance_id i = 0; i < PROVENANCE_COUNT; i++)
        if (!is_idle(q, i))
            take(&p->fact[i], value[i][0], value[i][1], here && facts[i].by == KEY);
}

/* Pairs on the same cells come first; those on others count only where there are none. */
static enum err
read_pairs(struct store *s, sqlite3_stmt *st, const struct store_compare_query *q,
           struct store_provenance *p, struct errbuf *eb)
{
    bool row, one_key = !q->base_key || strcmp(q->base_key, q->pair_key) == 0;
    enum err e;

    while (!(e = db_step(s, st, &row, eb)) && row) {
        bool same = col_int(st, COL_SAME_CELLS) == 1;

        p->n_pairs++;
        p->n_same_cells += same;
        if (same || p->n_same_cells == 0)
            take_pair(st, q, one_key, p);
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
