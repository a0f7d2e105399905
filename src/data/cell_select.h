/* cell_select.h - which cells of the files are used: primary data, --where, labels.
 *
 * Threads: owner thread only.
 * Errors:  ERR_ARG names the option, what it asked for and what there is.
 * Tests:   tests/test_dataset.c */
#ifndef DATA_CELL_SELECT_H
#define DATA_CELL_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "data/dataset.h"
#include "data/notes.h"

struct cell_select {
    const struct obs_column *col; /* (n_cols) of all n cells */
    size_t n_cols, n;
    const struct strlist *names; /* all obs columns, also those that were not read */
    const uint32_t *file;        /* (n) index into report */
    struct file_report *report;  /* counts of cells are set here */
    size_t n_files;
    const struct strlist *where;
    const char *label; /* NULL: cells without label stay */
};

/* Whether filters name is_primary_data: then no cell is left out by itself. */
bool cell_select_names_primary(const struct strlist *where);

/* keep (n, overwritten) = the cells that stay; none left is an error. */
MUST_CHECK enum err cell_select_run(const struct cell_select *s, bool *keep,
                                    const struct notes *notes, struct errbuf *eb);

#endif
