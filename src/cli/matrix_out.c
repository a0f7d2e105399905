/* matrix_out.c - the completeness matrix as rows. */
#include "cli/matrix_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strlist.h"
#include "base/xalloc.h"
#include "cli/cli_out.h"
#include "spec/spec.h"

enum { BEFORE = 4, AFTER = 5, KEY_CHARS = 8 };

void
matrix_of_runs(struct seed_matrix *m, const struct store_runs *runs)
{
    const char *loss[LOSS_COUNT];

    for (size_t i = 0; i < LOSS_COUNT; i++)
        loss[i] = loss_name((enum loss_id)i);
    seed_matrix_make(m, runs, loss, LOSS_COUNT);
}

/* experiment, model, pair_key, loss; a column per seed; totals.  Names of the columns of
 * seeds, and their headings after them, are kept in names.  Caller frees. */
static struct table_column *
make_columns(const struct seed_matrix *m, struct strlist *names, size_t *n)
{
    static const struct table_column before[BEFORE] = {{.name = "experiment"},
                                                       {.name = "model"},
                                                       {.name = "pair_key", .rank = 2},
                                                       {.name = "loss"}};
    static const struct table_column after[AFTER] = {
        {.name = "n_succeeded", .title = "done", .type = TABLE_INT},
        {.name = "n_open", .title = "open", .type = TABLE_INT, .rank = 1},
        {.name = "n_failed", .title = "failed", .type = TABLE_INT, .rank = 1},
        {.name = "n_cancelled", .title = "cancelled", .type = TABLE_INT, .rank = 3},
        {.name = "n_missing", .title = "missing", .type = TABLE_INT}};

    *n = BEFORE + m->n_seeds + AFTER;
    struct table_column *col = xcalloc(*n, sizeof *col);
    memcpy(col, before, sizeof before);
    memcpy(col + BEFORE + m->n_seeds, after, sizeof after);
    for (size_t s = 0; s < m->n_seeds; s++) {
        char name[40];
        snprintf(name, sizeof name, "seed_%" PRId64, m->seed[s]);
        strlist_add(names, name);
    }
    for (size_t s = 0; s < m->n_seeds; s++) {
        col[BEFORE + s].name = names->item[s];
        col[BEFORE + s].title = names->item[s] + strlen("seed_");
    }
    return col;
}

static void
add_place(const struct cli *c, struct table *t, enum seed_state s, bool people)
{
    const char sign[2] = {seed_state_sign(s), '\0'};

    if (!people)
        table_text(t, s == SEED_EMPTY ? NULL : seed_state_name(s));
    else
        table_text(t, c->ascii ? sign : seed_state_glyph(s));
}

static void
add_row(const struct cli *c, struct table *t, const struct seed_matrix *m,
        const struct seed_row *r, bool people)
{
    char *key = xstrndup(r->pair_key, people ? KEY_CHARS : SIZE_MAX);
    const size_t *n = r->count;

    table_text(t, r->experiment);
    table_text(t, r->model);
    table_text(t, key);
    table_text(t, r->loss);
    for (size_t s = 0; s < m->n_seeds; s++)
        add_place(c, t, r->place[s].state, people);
    table_int(t, (int64_t)n[SEED_SUCCEEDED]);
    table_int(t, (int64_t)(n[SEED_RUNNING] + n[SEED_QUEUED] + n[SEED_PAUSED]));
    table_int(t, (int64_t)n[SEED_FAILED]);
    table_int(t, (int64_t)n[SEED_CANCELLED]);
    table_int(t, (int64_t)n[SEED_MISSING]);
    free(key);
}

/* "# succeeded  x failed ..." */
static void
say_legend(const struct cli *c)
{
    struct strbuf sb = {0};

    for (enum seed_state s = SEED_STATE_COUNT; s-- > SEED_MISSING;) {
        const char sign[2] = {seed_state_sign(s), '\0'};
        strbuf_addf(&sb, "%s%s %s", sb.len ? "  " : "",
                    c->ascii ? sign : seed_state_glyph(s), seed_state_name(s));
    }
    out_note("%s", strbuf_str(&sb));
    strbuf_release(&sb);
}

void
matrix_print(const struct cli *c, const struct seed_matrix *m, const char *loss)
{
    bool people = c->format == TABLE_PLAIN || c->format == TABLE_MARKDOWN;
    struct strlist names = {0};
    size_t n;
    struct table_column *col = make_columns(m, &names, &n);
    struct table *t = table_new(col, n);

    for (size_t i = 0; i < m->n_rows; i++)
        if (!loss || strcmp(m->row[i].loss, loss) == 0)
            add_row(c, t, m, &m->row[i], people);
    out_table(c, t);
    table_free(t);
    if (people)
        say_legend(c);
    free(col);
    strlist_release(&names);
}
