/* merge_rows.c - copy rows of one store to another, with numbers given anew. */
#include "store/merge_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "store/merge.h"

/* --- the tables --- */

#define FATE_ROWS(id)  SQL_merge_get_##id, SQL_merge_put_##id
#define FATE_TEXT(id)  SQL_merge_get_##id, SQL_COUNT
#define FATE_STAYS(id) SQL_COUNT, SQL_COUNT

static const struct {
    const char *name, *fate;
    enum sql_id get, put;
} merge_table[MERGE_COUNT] = {
#define MERGE_TABLE(id, fate, text) [MERGE_##id] = {#id, text, FATE_##fate(id)},
#include "store/merge_tables.def"
#undef MERGE_TABLE
};

/* Columns that are numbers of something else, in whatever table they stand. */
static const struct {
    const char *column;
    enum merge_map map;
} merge_mapped[] = {
    {"metric_id", MAP_METRIC},    {"facet_id", MAP_WORD},
    {"rule_id", MAP_WORD},        {"label_id", MAP_WORD},
    {"class_id", MAP_WORD},       {"true_id", MAP_WORD},
    {"predicted_id", MAP_WORD},   {"relation_id", MAP_WORD},
    {"label_set_id", MAP_LABELS}, {"ontology_id", MAP_ONTOLOGY},
    {"gene_set_id", MAP_GENES},   {"average_id", MAP_WORD},
};

const char *
merge_table_name(enum merge_table table)
{
    return merge_table[table].name;
}

const char *
merge_fate(const char *table)
{
    for (size_t i = 0; i < MERGE_COUNT; i++)
        if (strcmp(merge_table[i].name, table) == 0)
            return merge_table[i].fate;
    return NULL;
}

void
merge_forget(struct merge *m)
{
    for (size_t i = 0; i < MAP_COUNT; i++) {
        free(m->map[i].slot);
        m->map[i] = (struct id_map){0};
    }
    m->has_words = false;
}

void
merge_release(struct merge *m)
{
    merge_forget(m);
    *m = (struct merge){0};
}

/* --- numbers there and here --- */

/* The place of a number, or the free one where it belongs. */
static struct id_pair *
id_place(const struct id_map *map, int64_t there)
{
    uint64_t at = (uint64_t)there * 0x9E3779B97F4A7C15ULL;

    for (at >>= 20;; at++) {
        struct id_pair *p = &map->slot[at & (map->cap - 1)];
        if (p->there == there || p->there == 0)
            return p;
    }
}

static void
id_add(struct id_map *map, int64_t there, int64_t here)
{
    if (2 * map->n >= map->cap) {
        struct id_map more = {.cap = map->cap ? 2 * map->cap : 64};

        more.slot = xcalloc(more.cap, sizeof *more.slot);
        for (size_t i = 0; i < map->cap; i++)
            if (map->slot[i].there)
                *id_place(&more, map->slot[i].there) = map->slot[i];
        more.n = map->n;
        free(map->slot);
        *map = more;
    }
    *id_place(map, there) = (struct id_pair){there, here};
    map->n++;
}

/* What is shared by a text: how it is found here. */
struct shared {
    enum merge_table table;
    enum sql_id find;
    const char *param; /* of find */
    enum sql_id add;   /* SQL_COUNT: rows are copied */
    enum merge_table part[2];
    size_t n_parts;
};

static const struct shared merge_shared[MAP_COUNT] = {
    [MAP_WORD] = {MERGE_word, SQL_word_find, ":text", SQL_word_add, {0}, 0},
    [MAP_METRIC] =
        {MERGE_metric_name, SQL_metric_name_find, ":name", SQL_metric_name_add, {0}, 0},
    [MAP_LABELS] = {MERGE_label_set,
                    SQL_label_set_find,
                    ":digest",
                    SQL_COUNT,
                    {MERGE_label, MERGE_label_edge},
                    2},
    [MAP_ONTOLOGY] = {MERGE_ontology,
                      SQL_ontology_find,
                      ":digest",
                      SQL_COUNT,
                      {MERGE_ontology_term, MERGE_ontology_edge},
                      2},
    [MAP_GENES] =
        {MERGE_gene_set, SQL_gene_set_find, ":digest", SQL_COUNT, {MERGE_gene}, 1},
};

/* A set with its rows, as there. */
static enum err
copy_set(struct merge *m, const struct shared *sh, int64_t there, int64_t *here,
         struct errbuf *eb)
{
    enum err e = merge_rows(m, sh->table, there, 0, NULL, eb);

    *here = db_last_id(m->here);
    for (size_t i = 0; i < sh->n_parts && !e; i++)
        e = merge_rows(m, sh->part[i], there, *here, NULL, eb);
    return e;
}

static enum err
find_or_make(struct merge *m, const struct shared *sh, int64_t there, const char *text,
             int64_t *here, struct errbuf *eb)
{
    const struct store_bind bind = {.name = sh->param, .kind = BIND_TEXT, .t = text};
    enum err e = db_int(m->here, sh->find, &bind, 1, here, eb);

    if (e || *here != DB_NONE)
        return e;
    if (sh->add == SQL_COUNT)
        return copy_set(m, sh, there, here, eb);
    if ((e = db_exec(m->here, sh->add, &bind, 1, eb)))
        return e;
    return db_int(m->here, sh->find, &bind, 1, here, eb);
}

/* The number here of what has a number there; made if it is new. */
static enum err
map_id(struct merge *m, enum merge_map which, int64_t there, int64_t *here,
       struct errbuf *eb)
{
    const struct shared *sh = &merge_shared[which];
    struct id_map *map = &m->map[which];
    char *text = NULL;

    *here = there;
    if (there == 0) /* of a word: none */
        return ERR_OK;
    if (map->cap && id_place(map, there)->there) {
        *here = id_place(map, there)->here;
        return ERR_OK;
    }
    enum err e = db_text(m->there, merge_table[sh->table].get,
                         BINDS(BI(":owner", there)), &text, eb);
    if (!e && !text)
        e = err_set(eb, ERR_FORMAT,
                    "store %s is damaged: run %s refers to row %lld of table %s, which "
                    "is missing",
                    m->there->path, m->run ? m->run : "?", (long long)there,
                    merge_table[sh->table].name);
    if (!e)
        e = find_or_make(m, sh, there, text, here, eb);
    if (!e)
        id_add(map, there, *here);
    free(text);
    return e;
}

enum err
merge_words(struct merge *m, struct errbuf *eb)
{
    sqlite3_stmt *st;
    int64_t here;
    bool row;
    enum err e = m->has_words
                     ? ERR_OK
                     : db_select(m->there, SQL_merge_list_words, NO_BINDS, &st, eb);

    if (e || m->has_words)
        return e;
    while (!(e = db_step(m->there, st, &row, eb)) && row)
        if ((e = map_id(m, MAP_WORD, sqlite3_column_int64(st, 0), &here, eb)))
            break;
    db_finish(m->there, st);
    m->has_words = !e;
    return e;
}

/* --- rows --- */

static enum merge_map
map_of(const char *column)
{
    for (size_t i = 0; i < sizeof merge_mapped / sizeof *merge_mapped; i++)
        if (strcmp(merge_mapped[i].column, column) == 0)
            return merge_mapped[i].map;
    return MAP_NONE;
}

static void
make_plan(struct merge_plan *plan, sqlite3_stmt *get, sqlite3_stmt *put)
{
    plan->n = sqlite3_column_count(get);
    assert(plan->n <= MERGE_COLUMNS);
    for (int i = 0; i < plan->n; i++) {
        char *param = xasprintf(":%s", sqlite3_column_name(get, i));

        plan->col[i].at = sqlite3_bind_parameter_index(put, param);
        plan->col[i].map = map_of(param + 1);
        assert(plan->col[i].at > 0);
        free(param);
    }
}

enum err
merge_rows_begin(struct merge *m, enum merge_table table, int64_t there, int64_t here,
                 sqlite3_stmt **get, sqlite3_stmt **put, struct errbuf *eb)
{
    enum sql_id get_id = merge_table[table].get, put_id = merge_table[table].put;
    enum err e = db_select(m->there, get_id, BINDS(BI(":owner", there)), get, eb);

    *put = NULL;
    if (e)
        return e;
    if ((e = db_select(m->here, put_id, NO_BINDS, put, eb))) {
        db_finish(m->there, *get);
        return e;
    }
    int owner = sqlite3_bind_parameter_index(*put, ":owner");
    if (owner > 0)
        sqlite3_bind_int64(*put, owner, here);
    if (m->plan[table].n == 0)
        make_plan(&m->plan[table], *get, *put);
    return ERR_OK;
}

static enum err
bind_row(struct merge *m, const struct merge_plan *plan, sqlite3_stmt *get,
         sqlite3_stmt *put, int *rc, struct errbuf *eb)
{
    enum err e = ERR_OK;

    *rc = SQLITE_OK;
    for (int i = 0; i < plan->n && !e && *rc == SQLITE_OK; i++) {
        enum merge_map map = plan->col[i].map;
        int64_t here;

        if (map == MAP_NONE || sqlite3_column_type(get, i) == SQLITE_NULL)
            *rc =
                sqlite3_bind_value(put, plan->col[i].at, sqlite3_column_value(get, i));
        else if (!(e = map_id(m, map, sqlite3_column_int64(get, i), &here, eb)))
            *rc = sqlite3_bind_int64(put, plan->col[i].at, here);
    }
    return e;
}

/* What went wrong with a row here: the rules that it breaks are the other store's
 * fault. */
static enum err
refused(struct merge *m, enum merge_table table, int rc, struct errbuf *eb)
{
    int kind = rc & 0xff;

    if (kind != SQLITE_CONSTRAINT && kind != SQLITE_MISMATCH && kind != SQLITE_TOOBIG)
        return db_error(m->here, rc, eb);
    return err_set(eb, ERR_FORMAT,
                   "store %s is damaged: run %s, table %s: %s (a copy of it that was "
                   "made earlier may be whole)",
                   m->there->path, m->run ? m->run : "?", merge_table[table].name,
                   sqlite3_errmsg(m->here->db));
}

enum err
merge_row(struct merge *m, enum merge_table table, sqlite3_stmt *get, sqlite3_stmt *put,
          struct errbuf *eb)
{
    int rc;
    enum err e = bind_row(m, &m->plan[table], get, put, &rc, eb);

    if (e)
        return e;
    if (rc == SQLITE_OK && (rc = sqlite3_step(put)) == SQLITE_DONE)
        rc = SQLITE_OK;
    if (rc != SQLITE_OK)
        e = refused(m, table, rc, eb);
    sqlite3_reset(put);
    return e;
}

enum err
merge_rows(struct merge *m, enum merge_table table, int64_t there, int64_t here,
           int64_t *n, struct errbuf *eb)
{
    sqlite3_stmt *get, *put;
    int64_t count = 0;
    bool row;
    enum err e = merge_rows_begin(m, table, there, here, &get, &put, eb);

    if (e)
        return e;
    while (!(e = db_step(m->there, get, &row, eb)) && row) {
        if ((e = merge_row(m, table, get, put, eb)))
            break;
        count++;
    }
    db_finish(m->here, put);
    db_finish(m->there, get);
    if (n)
        *n = count;
    return e;
}
