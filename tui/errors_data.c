/* errors_data.c - confusions of the chosen configuration, read a run at a time. */
#include "tui/errors_data.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "tui/compare_why.h"

#define RULE_EXACT "exact"

void
errors_data_init(struct errors_data *d, struct choice *choice)
{
    *d = (struct errors_data){.choice = choice};
}

void
errors_data_release(struct errors_data *d)
{
    error_table_release(&d->table);
    errors_release(&d->errors);
    errors_release(&d->fresh);
    free(d->pair);
    free(d->pair_key);
    free(d->evaluation);
    strbuf_release(&d->unscored);
    strbuf_release(&d->none);
    strbuf_release(&d->unconfused);
    *d = (struct errors_data){0};
}

static bool
same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool
same_choice(const struct errors_data *d)
{
    return same_text(d->pair_key, d->choice->pair_key) &&
           same_text(d->evaluation, d->choice->evaluation);
}

static void
remember_choice(struct errors_data *d)
{
    free(d->pair_key);
    free(d->evaluation);
    d->pair_key = d->choice->pair_key ? xstrdup(d->choice->pair_key) : NULL;
    d->evaluation = d->choice->evaluation ? xstrdup(d->choice->evaluation) : NULL;
}

static bool
same_pairs(const struct errors_data *d, const struct store_pair *pair, size_t n)
{
    bool same = n == d->n_pairs;

    for (size_t i = 0; i < n && same; i++)
        same = pair[i].seed == d->pair[i].seed &&
               pair[i].ce_evaluation == d->pair[i].ce_evaluation &&
               pair[i].hce_evaluation == d->pair[i].hce_evaluation &&
               pair[i].written_us == d->pair[i].written_us;
    return same;
}

/* Takes pair. */
static void
begin(struct errors_data *d, struct store_pair *pair, size_t n)
{
    int64_t *seed = xmalloc(n, sizeof *seed);

    d->current = d->current && same_choice(d);
    remember_choice(d);
    free(d->pair);
    d->pair = pair;
    d->n_pairs = n;
    for (size_t i = 0; i < n; i++)
        seed[i] = pair[i].seed;
    errors_release(&d->fresh);
    errors_init(&d->fresh, seed, n);
    d->n_read = 0;
    d->reading = true;
    free(seed);
}

static void
look_at_unscored(struct errors_data *d, struct store *s)
{
    struct strbuf fresh = {0};

    if (d->evaluation && store_unscored(s, d->pair_key, d->evaluation, &fresh, NULL))
        return;
    strbuf_release(&d->unscored);
    d->unscored = fresh;
}

/* Append "CE: 3, 4": seeds of one side without confusions; how many have some. */
static int64_t
list_unconfused(const struct errors_data *d, enum error_side side, const char *name,
                struct strbuf *out)
{
    const struct errors *e = &d->errors;
    size_t len = out->len;
    int64_t n = 0;

    for (size_t k = 0; k < e->S; k++) {
        if (errors_has_run(e, k, side)) {
            n++;
            continue;
        }
        if (out->len == len)
            strbuf_addf(out, "%s%s: ", len ? "; " : "", name);
        else
            strbuf_adds(out, ", ");
        strbuf_addf(out, "%" PRId64, e->seed[k]);
    }
    return n;
}

/* Why nothing can be compared, if that is so. */
static void
look_at_none(struct errors_data *d, struct store *s)
{
    const struct store_compare_query q = {.pair_key = d->pair_key,
                                          .evaluation = d->evaluation,
                                          .rule = d->choice->rule,
                                          .facet = "all"};
    struct store_lack lack = {0};
    const struct compare_why why = {"CE", "HCE", &q, &lack};
    struct store_lack_step n = {0};

    strbuf_reset(&d->none);
    strbuf_reset(&d->unconfused);
    n.base = list_unconfused(d, ERROR_CE, "CE", &d->unconfused);
    n.side = list_unconfused(d, ERROR_HCE, "HCE", &d->unconfused);
    for (size_t k = 0; k < d->errors.S; k++)
        n.both += errors_has_run(&d->errors, k, ERROR_CE) &&
                  errors_has_run(&d->errors, k, ERROR_HCE);
    if (n.both)
        return;
    if (store_lack_read(s, &q, &lack, NULL) == ERR_OK) {
        compare_why_pairs(&why, &d->none);
        if (d->none.len == 0)
            compare_why_confusions(&why, n, &d->none);
    }
    store_lack_release(&lack);
}

void
errors_data_look(struct errors_data *d, struct store *s)
{
    const char *evaluation = d->choice->evaluation; /* NULL: nothing was scored */
    struct store_pair *pair = NULL;
    size_t n = 0;

    if (!s || !choice_group(d->choice) ||
        (evaluation &&
         store_pairs_list(s, d->choice->pair_key, evaluation, &pair, &n, NULL)))
        return;
    if ((d->current || d->reading) && same_choice(d) && same_pairs(d, pair, n))
        free(pair);
    else
        begin(d, pair, n);
    look_at_unscored(d, s);
}

void
errors_data_compute(struct errors_data *d)
{
    error_table_release(&d->table);
    d->question.exact = strcmp(d->choice->rule, RULE_EXACT) == 0;
    error_table_init(&d->table, &d->errors, d->question);
}

static void
finish(struct errors_data *d)
{
    error_table_release(&d->table);
    errors_release(&d->errors);
    d->errors = d->fresh;
    d->fresh = (struct errors){0};
    d->reading = false;
    d->current = true;
    errors_data_compute(d);
}

/* One run.  False if it cannot be read: what there was stays. */
static bool
read_run(struct errors_data *d, struct store *s)
{
    const struct store_pair *p = &d->pair[d->n_read / 2];
    enum error_side side = d->n_read % 2 ? ERROR_HCE : ERROR_CE;

    errors_begin_run(&d->fresh, d->n_read / 2, side);
    if (store_confusion_each(s, side == ERROR_CE ? p->ce_evaluation : p->hce_evaluation,
                             errors_add, &d->fresh, NULL))
        return false;
    d->n_read++;
    return true;
}

bool
errors_data_read(struct errors_data *d, struct store *s, double deadline_s)
{
    double now = clock_mono_s();
    bool goes_on = d->reading && s && now < deadline_s;

    while (goes_on && d->n_read < 2 * d->n_pairs) {
        if (!read_run(d, s)) {
            d->reading = false; /* the next look tries again */
            d->current = false;
            return false;
        }
        d->run_s = clock_mono_s() - now;
        now += d->run_s;
        goes_on = now + d->run_s < deadline_s;
    }
    if (!d->reading || d->n_read < 2 * d->n_pairs)
        return false;
    finish(d);
    look_at_none(d, s);
    return true;
}
