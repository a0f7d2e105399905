/* errors_rows.h - the errors of one pair_key as tables: a row per class, per confusion of
 * a class, or per seed of a confusion.
 *
 * For people there are the numbers that matter; for programs every number, what is asked
 * in the first columns, and in the table of classes a row per kind of prediction.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef CLI_ERRORS_ROWS_H
#define CLI_ERRORS_ROWS_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "draw/table.h"
#include "stat/error_table.h"
#include "store/store.h"

enum errors_level { ERRORS_CLASSES, ERRORS_CONFUSIONS, ERRORS_SEEDS };

struct errors_block {
    enum errors_level level;
    const struct store_group *group; /* borrowed, as the names */
    const char *evaluation, *rule;
    const struct error_table *table;
    const struct error_row *row; /* (n_rows) classes in their order, all cells first */
    size_t n_rows;
    size_t class_index;               /* of the confusions, or ERRORS_ALL */
    struct confusion_list confusions; /* at ERRORS_SEEDS the one that was asked for */
    enum error_kind kind;             /* of the columns for people */
    bool one_kind;                    /* programs get no other either */
    const char *unscored;
};

/* An empty table for blocks of a level.  Caller frees with table_free. */
struct table *errors_rows_new(enum errors_level level, bool for_people);

/* Append the rows of a block. */
void errors_rows_add(struct table *t, const struct errors_block *b, bool for_people);

#endif
