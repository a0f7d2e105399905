/* report_table.h - a published table of metrics: what its columns and rows are.
 *
 * Tables are scikit-learn's classification_report as pandas writes it, or a group column
 * with metric columns after it.  Columns are found by name; those that are not known are
 * listed.  A row is about a class, a group of cells, a class within a group, or it is one
 * of the report's averages ("accuracy", "micro avg", "macro avg", "weighted avg"), of all
 * cells or of a group.
 *
 * Source: FORMATS.md, section 6; scikit-learn, classification_report(output_dict=True).
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT with row and column: no number, one outside 0..1, a support that is
 *          no count, no column of metrics, two rows about the same.
 * Tests:   tests/test_report_table.c, tests/fuzz/fuzz_report.c */
#ifndef EXCHANGE_REPORT_TABLE_H
#define EXCHANGE_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"
#include "exchange/csv_table.h"

enum report_metric {
    REPORT_PRECISION,
    REPORT_RECALL,
    REPORT_F1,
    REPORT_F1_WEIGHTED,
    REPORT_F1_MICRO,
    REPORT_ACCURACY,
    REPORT_METRICS
};

/* What a row says of the class or group that it names. */
enum report_kind {
    REPORT_CLASS,   /* a class, by number or name */
    REPORT_WHOLE,   /* the group as a whole */
    REPORT_OVERALL, /* "accuracy": the value stands in every column */
    REPORT_MICRO,
    REPORT_MACRO,
    REPORT_WEIGHTED
};

struct report_table_row {
    enum report_kind kind;
    const char *group;            /* borrowed from csv; NULL: all cells */
    const char *name;             /* borrowed from csv; of a class, else "" */
    double value[REPORT_METRICS]; /* 0..1; NaN: none */
    int64_t support;              /* cells; -1: not said */
};

struct report_table {
    struct csv_table csv;
    struct report_table_row *row; /* (n) owned */
    size_t n;
    struct strlist unknown; /* columns that were not taken */
};

/* group: the column by which cells are grouped ("tissue"), NULL: none is expected.
 * text, n and name as csv_table_parse has them.  On error out is empty. */
MUST_CHECK enum err report_table_parse(struct report_table *out, const char *group,
                                       const char *text, size_t n, const char *name,
                                       struct errbuf *eb);
MUST_CHECK enum err report_table_read(struct report_table *out, const char *group,
                                      const char *path, struct errbuf *eb);
void report_table_release(struct report_table *t);

#endif
