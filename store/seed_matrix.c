/* seed_matrix.c - which runs of an experiment are done and which are missing. */
#include "store/seed_matrix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static const struct {
    const char *name, *glyph;
    char sign;
} state_table[SEED_STATE_COUNT] = {
    [SEED_EMPTY] = {"", " ", ' '},
    [SEED_MISSING] = {"missing", "·", '.'},
    [SEED_CANCELLED] = {"cancelled", "⊘", '/'},
    [SEED_FAILED] = {"failed", "✗", 'x'},
    [SEED_SUCCEEDED] = {"succeeded", "●", '#'},
    [SEED_PAUSED] = {"paused", "‖", '='},
    [SEED_QUEUED] = {"queued", "○", 'o'},
    [SEED_RUNNING] = {"running", "▶", '>'},
};

const char *
seed_state_name(enum seed_state s)
{
    return state_table[s].name;
}

const char *
seed_state_glyph(enum seed_state s)
{
    return state_table[s].glyph;
}

char
seed_state_sign(enum seed_state s)
{
    return state_table[s].sign;
}

static enum seed_state
state_of(const struct store_run *r)
{
    for (enum seed_state s = SEED_CANCELLED; s < SEED_STATE_COUNT; s++)
        if (strcmp(state_table[s].name, r->state) == 0)
            return s;
    return SEED_FAILED;
}

/* --- seeds --- */

static int
by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void
list_seeds(struct seed_matrix *m, const struct store_runs *runs)
{
    size_t n = 0;

    m->seed = xcalloc(runs->n + 1, sizeof *m->seed);
    for (size_t i = 0; i < runs->n; i++)
        m->seed[i] = runs->run[i].seed;
    qsort(m->seed, runs->n, sizeof *m->seed, by_value);
    for (size_t i = 0; i < runs->n; i++)
        if (n == 0 || m->seed[n - 1] != m->seed[i])
            m->seed[n++] = m->seed[i];
    m->n_seeds = n;
}

static size_t
seed_index(const struct seed_matrix *m, int64_t seed)
{
    const int64_t *at = bsearch(&seed, m->seed, m->n_seeds, sizeof *m->seed, by_value);

    return (size_t)(at - m->seed);
}

/* --- rows --- */

static bool
is_configuration_of(const struct seed_row *row, const struct store_run *r)
{
    return strcmp(row->pair_key, r->pair_key) == 0 &&
           strcmp(row->experiment, r->experiment) == 0;
}

/* The first row of the configuration of a run, or n_rows.  Its runs come one after another,
 * so the search begins at the end. */
static size_t
find_rows(const struct seed_matrix *m, const struct store_run *r, size_t n_losses)
{
    for (size_t i = m->n_rows; i >= n_losses; i -= n_losses)
        if (is_configuration_of(&m->row[i - n_losses], r))
            return i - n_losses;
    return m->n_rows;
}

/* Rows for every loss of each configuration. */
static void
list_rows(struct seed_matrix *m, const struct store_runs *runs, const char *const *loss,
          size_t n_losses)
{
    size_t cap = 0;

    for (size_t i = 0; i < runs->n; i++) {
        const struct store_run *r = &runs->run[i];
        size_t at = find_rows(m, r, n_losses);
        if (at == m->n_rows) {
            m->row = grow(m->row, &cap, m->n_rows + n_losses, sizeof *m->row);
            for (size_t k = 0; k < n_losses; k++)
                m->row[m->n_rows++] = (struct seed_row){.experiment = r->experiment,
                                                        .model = r->model,
                                                        .pair_key = r->pair_key,
                                                        .loss = loss[k]};
        }
        for (size_t k = 0; k < n_losses; k++)
            if (r->run_id > m->row[at + k].like_run_id)
                m->row[at + k].like_run_id = r->run_id;
    }
}

/* --- families: configurations of one experiment and model --- */

struct families {
    size_t *of;   /* (n_rows) owned; family of a row */
    size_t *head; /* (n) owned; its first row */
    size_t n;
    bool *expects; /* (n, n_seeds) owned; some run of it has the seed */
};

static size_t
find_family(const struct seed_matrix *m, const struct families *f, size_t row)
{
    const struct seed_row *r = &m->row[row];

    for (size_t k = f->n; k-- > 0;) {
        const struct seed_row *h = &m->row[f->head[k]];
        if (strcmp(h->experiment, r->experiment) == 0 &&
            strcmp(h->model, r->model) == 0)
            return k;
    }
    return f->n;
}

static void
families_init(struct families *f, struct seed_matrix *m)
{
    *f = (struct families){.of = xcalloc(m->n_rows + 1, sizeof *f->of),
                           .head = xcalloc(m->n_rows + 1, sizeof *f->head)};
    for (size_t i = 0; i < m->n_rows; i++) {
        f->of[i] = find_family(m, f, i);
        if (f->of[i] == f->n)
            f->head[f->n++] = i;
        struct seed_row *head = &m->row[f->head[f->of[i]]];
        if (strcmp(head->pair_key, m->row[i].pair_key) != 0)
            head->is_ambiguous = true;
    }
    for (size_t i = 0; i < m->n_rows; i++)
        m->row[i].is_ambiguous = m->row[f->head[f->of[i]]].is_ambiguous;
    f->expects = xcalloc(f->n * m->n_seeds + 1, sizeof *f->expects);
    for (size_t i = 0; i < m->n_rows; i++)
        for (size_t s = 0; s < m->n_seeds; s++)
            if (m->row[i].place[s].run_id)
                f->expects[f->of[i] * m->n_seeds + s] = true;
}

static void
families_release(struct families *f)
{
    free(f->of);
    free(f->head);
    free(f->expects);
}

/* --- places --- */

static void
put_run(struct seed_matrix *m, const struct store_run *r, size_t n_losses)
{
    size_t at = find_rows(m, r, n_losses), s = seed_index(m, r->seed);

    for (size_t k = 0; k < n_losses; k++) {
        struct seed_place *p = &m->row[at + k].place[s];
        enum seed_state state = state_of(r);
        if (strcmp(m->row[at + k].loss, r->loss) == 0 &&
            (state > p->state || (state == p->state && r->run_id > p->run_id)))
            *p = (struct seed_place){state, r->run_id};
    }
}

static void
find_missing(struct seed_matrix *m)
{
    struct families f;

    families_init(&f, m);
    for (size_t i = 0; i < m->n_rows; i++)
        for (size_t s = 0; s < m->n_seeds; s++) {
            struct seed_place *p = &m->row[i].place[s];
            if (p->state == SEED_EMPTY && f.expects[f.of[i] * m->n_seeds + s])
                p->state = SEED_MISSING;
            m->row[i].count[p->state]++;
        }
    families_release(&f);
}

void
seed_matrix_make(struct seed_matrix *m, const struct store_runs *runs,
                 const char *const *loss, size_t n_losses)
{
    *m = (struct seed_matrix){0};
    list_seeds(m, runs);
    list_rows(m, runs, loss, n_losses);
    m->place = xcalloc(m->n_rows * m->n_seeds + 1, sizeof *m->place);
    for (size_t i = 0; i < m->n_rows; i++)
        m->row[i].place = m->place + i * m->n_seeds;
    for (size_t i = 0; i < runs->n; i++)
        put_run(m, &runs->run[i], n_losses);
    find_missing(m);
}

void
seed_matrix_release(struct seed_matrix *m)
{
    free(m->seed);
    free(m->row);
    free(m->place);
    *m = (struct seed_matrix){0};
}

void
seed_row_seeds(const struct seed_matrix *m, const struct seed_row *r,
               enum seed_state state, struct strbuf *out)
{
    size_t n = 0;

    for (size_t s = 0; s < m->n_seeds; s++)
        if (r->place[s].state == state)
            strbuf_addf(out, "%s%" PRId64, n++ ? "," : "", m->seed[s]);
}
