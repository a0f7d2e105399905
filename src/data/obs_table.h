/* obs_table.h - the obs columns of several sources as one table.
 *
 * Threads: owner thread only.
 * Errors:  ERR_FORMAT names file and column.
 * Tests:   tests/test_dataset.c */
#ifndef DATA_OBS_TABLE_H
#define DATA_OBS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/notes.h"
#include "data/source.h"

struct open_column {
    char *name;          /* owned */
    struct intern *text; /* owned */
    struct codes code;   /* (n) owned; into text */
};

struct obs_table {
    bool only_needed; /* other columns are not read */
    size_t n;
    struct open_column *col; /* (n_cols) owned */
    size_t n_cols, cap;
    struct strlist numeric; /* columns that were left alone because they hold numbers */
    struct strlist unread;  /* others that nobody needs; only_needed */
};

/* Append the cells of a source. */
MUST_CHECK enum err obs_table_append(struct obs_table *t, const struct source *f,
                                     const struct strlist *need,
                                     const struct notes *notes, struct errbuf *eb);

/* Turn the table into columns: *col (n_cols) is the caller's, as are the names of text
 * columns that nobody needs; t is empty then. */
void obs_table_finish(struct obs_table *t, struct obs_column **col, size_t *n_cols,
                      struct strlist *unread);
void obs_table_release(struct obs_table *t);

#endif
