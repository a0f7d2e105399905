/* compare_base.c - one row per seed group, in the order of the configurations. */
#include "tui/compare_base.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

enum { EXPERIMENT, MODEL, LOSS, KEY, SEEDS, WHY, DIFFERS, N_COLS };

static const struct list_column columns[N_COLS] = {
    [EXPERIMENT] = {.name = "experiment",
                    .title = "EXPERIMENT",
                    .width = 10,
                    .grow = 1,
                    .max = 24,
                    .hugs = true,
                    .rank = 2},
    [MODEL] = {.name = "model", .title = "MODEL", .width = 6},
    [LOSS] = {.name = "loss", .title = "LOSS", .width = 4, .grow = 9, .hugs = true},
    [KEY] = {.name = "pair_key", .title = "PAIR KEY", .width = 8, .rank = 1},
    [SEEDS] =
        {.name = "seeds", .title = "SEEDS", .type = LIST_INT, .width = 5, .rank = 3},
    [WHY] = {.name = "why", .title = "BASELINE?", .width = 30, .grow = 2, .max = 80},
    [DIFFERS] = {.name = "differs",
                 .title = "DIFFERS IN",
                 .width = 12,
                 .grow = 2,
                 .max = 80,
                 .rank = 4},
};

void
compare_base_init(struct list *l)
{
    list_init(l, columns, N_COLS);
    l->example = "such as: loss = hce and model = linear; why = yes";
}

/* Whether the rows of the view are compared with it now. */
static bool
is_in_use(const struct compare_data *d, const struct store_compare_query *q,
          enum decode_id decode)
{
    size_t len;

    if (!d->base_key)
        return strcmp(q->base_key, q->pair_key) == 0 &&
               strcmp(q->base_loss, "ce") == 0 &&
               decode == decode_of_evaluation(q->evaluation, &len);
    return strcmp(q->base_key, d->base_key) == 0 &&
           strcmp(q->base_loss, d->base_loss) == 0 && decode == d->base_decode;
}

/* ", not fair: parts, genes". */
static void
add_unfair(struct strbuf *sb, struct store *s, const struct store_compare_query *q)
{
    struct store_provenance p;
    const char *before = ", not fair: ";
    enum err e = store_provenance_read(s, q, &p, NULL);

    for (enum provenance_id i = 0; e == ERR_OK && i < PROVENANCE_COUNT; i++) {
        if (!store_provenance_is_unfair(&p, i))
            continue;
        strbuf_addf(sb, "%s%s", before, store_provenance_name(i));
        before = ", ";
    }
    store_provenance_release(&p);
}

/* "yes", "yes, now", what is not fair about it, or why not. */
static void
put_answer(struct list *l, size_t row, struct store *s,
           const struct store_compare_query *q, const char *why, bool is_now)
{
    struct strbuf sb = {0};

    strbuf_adds(&sb, why ? why : is_now ? "yes, now" : "yes");
    size_t len = sb.len;
    if (!why)
        add_unfair(&sb, s, q);
    list_text(l, row, WHY,
              why            ? STYLE_DIM
              : sb.len > len ? STYLE_WARN
              : is_now       ? STYLE_ACCENT
                             : STYLE_GOOD,
              "%s", strbuf_str(&sb));
    strbuf_release(&sb);
}

static size_t
put_group(struct list *l, struct store *s, const struct store_group *g, int64_t n,
          const struct store_compare_query *q, enum decode_id decode)
{
    uint64_t key = keyset_hash(keyset_hash(0, g->pair_key), q->base_loss);
    size_t row =
        list_row(l, decode ? keyset_hash(key, decode_name(decode)) : key, LIST_ROOT);
    char *differs = NULL;

    list_text(l, row, EXPERIMENT, STYLE_TEXT, "%s", g->experiment);
    list_text(l, row, MODEL, STYLE_TEXT, "%s", g->model);
    list_text(l, row, LOSS, STYLE_TEXT, "%s%s", q->base_loss, decode_suffix(decode));
    list_text(l, row, KEY, STYLE_DIM, "%s", g->pair_key);
    list_num(l, row, SEEDS, (double)n);
    if (store_pair_diff(s, g->pair_key, q->pair_key, &differs, NULL) == ERR_OK)
        list_text(l, row, DIFFERS, STYLE_DIM, "%s", differs);
    free(differs);
    return row;
}

/* The runs of a group and loss as they were scored by one way of decoding; those that were
 * not are left out, but for the way of the choice.  *now: the key of the one in use. */
static void
add_group(struct list *l, const struct compare_data *d, struct store *s,
          const struct store_group *g, const char *loss, int64_t n,
          enum decode_id decode, uint64_t *now)
{
    char *evaluation = compare_data_evaluation(d, decode), *why;
    struct store_compare_query q = compare_data_query(d, g->pair_key, loss, evaluation);
    bool is_other = strcmp(evaluation, d->choice->evaluation) != 0;

    if (n && store_side_check(s, &q, &why, NULL) == ERR_OK) {
        if (!why || !is_other) {
            size_t row = put_group(l, s, g, n, &q, decode);
            bool is_now = is_in_use(d, &q, decode);
            put_answer(l, row, s, &q, why, is_now);
            *now = is_now ? l->row[row].key : *now;
        }
        free(why);
    }
    free(evaluation);
}

void
compare_base_fill(struct list *l, const struct compare_data *d, struct store *s)
{
    const struct choice *c = d->choice;
    uint64_t now = 0;

    list_begin(l);
    for (size_t i = 0; s && c->evaluation && i < c->groups.n; i++) {
        const struct store_group *g = &c->groups.group[i];

        for (enum decode_id k = 0; k < DECODE_COUNT; k++) {
            add_group(l, d, s, g, "ce", g->n_ce, k, &now);
            add_group(l, d, s, g, "hce", g->n_hce, k, &now);
        }
    }
    list_end(l);
    list_goto(l, now);
}

bool
compare_base_take(const struct list *l, struct compare_data *d, const char **why)
{
    const struct list_row *row = list_current(l);

    if (!row)
        return true;
    *why = row->cell[WHY].text;
    if (strncmp(*why, "yes", 3) != 0)
        return false;
    const char *key = row->cell[KEY].text;
    size_t len, now;
    enum decode_id decode = decode_of_evaluation(row->cell[LOSS].text, &len);
    bool is_default = strcmp(key, d->choice->pair_key) == 0 &&
                      decode == decode_of_evaluation(d->choice->evaluation, &now);
    char *loss = xstrndup(row->cell[LOSS].text, len);
    is_default = is_default && strcmp(loss, "ce") == 0;
    compare_data_set_base(d, is_default ? NULL : key, loss, decode);
    free(loss);
    return true;
}
