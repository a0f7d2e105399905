/* merge_rows.h - copy rows of one store to another, table by table, with numbers given
 * anew.
 *
 * For store/ only.  Vocabulary as in merge.h.  The columns of a table are those that
 * merge_get_<table> reads (store/sql/merge.sql); a column that is a number of something
 * else is known by its name and mapped.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT where rows there break the rules of a store. */
#ifndef STORE_MERGE_ROWS_H
#define STORE_MERGE_ROWS_H

#include "store/db.h"

enum merge_table {
#define MERGE_TABLE(id, fate, text) MERGE_##id,
#include "store/merge_tables.def"
#undef MERGE_TABLE
    MERGE_COUNT
};

/* What columns name things that have other numbers here. */
enum merge_map {
    MAP_NONE,
    MAP_WORD,
    MAP_METRIC,
    MAP_LABELS,
    MAP_ONTOLOGY,
    MAP_GENES,
    MAP_COUNT
};

struct id_pair {
    int64_t there, here;
};

struct id_map {           /* open addressing; there = 0 is a free place */
    struct id_pair *slot; /* (cap) owned */
    size_t n, cap;
};

enum { MERGE_COLUMNS = 64 }; /* of a table, at most */

struct merge_plan { /* where the columns of a table go */
    int n;          /* 0: not yet known */
    struct {
        int at; /* parameter of merge_put_<table> */
        enum merge_map map;
    } col[MERGE_COLUMNS];
};

struct merge {
    struct store *here, *there; /* borrowed */
    struct id_map map[MAP_COUNT];
    struct merge_plan plan[MERGE_COUNT];
    bool has_words;  /* merge_words was done */
    const char *run; /* name of the run that is copied, for messages; borrowed */
};

/* Give all words there their numbers here, in the order in which they were first seen, so
 * that rows keep their order and new ones are appended.  In a transaction here. */
MUST_CHECK enum err merge_words(struct merge *m, struct errbuf *eb);

/* The numbers there may mean other things now. */
void merge_forget(struct merge *m);
void merge_release(struct merge *m);

/* Copy the rows of a table that belong to `there` in the other store to `here`.  In a
 * transaction here.  *n (may be NULL): how many. */
MUST_CHECK enum err merge_rows(struct merge *m, enum merge_table table, int64_t there,
                               int64_t here, int64_t *n, struct errbuf *eb);

/* Start copying: *get has the rows there, *put waits for their values; both are to be
 * db_finish-ed.  merge_row copies the row on which get stands. */
MUST_CHECK enum err merge_rows_begin(struct merge *m, enum merge_table table,
                                     int64_t there, int64_t here, sqlite3_stmt **get,
                                     sqlite3_stmt **put, struct errbuf *eb);
MUST_CHECK enum err merge_row(struct merge *m, enum merge_table table,
                              sqlite3_stmt *get, sqlite3_stmt *put, struct errbuf *eb);

/* The name of a table in the schema. */
const char *merge_table_name(enum merge_table table);

#endif
