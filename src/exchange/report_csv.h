/* report_csv.h - tables of scores as CSV, as pandas writes scikit-learn's
 * classification_report.
 *
 * The first column names the row; a number stands as the shortest decimal that reads back
 * as the same double, whole ones with ".0".
 *
 * Source: FORMATS.md, section 6; scikit-learn, classification_report(output_dict=True).
 *
 * Threads: one thread per object.
 * Errors:  none here; those of out_file.h when the text is written.
 * Tests:   tests/test_exchange_write.c, tests/check_export.py */
#ifndef EXCHANGE_REPORT_CSV_H
#define EXCHANGE_REPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* What the report says of a class. */
struct report_class {
    double precision, recall, f1;
    double support;   /* cells whose class it is */
    double predicted; /* cells that were said to be of it; NaN: not known */
};

/* The rows below the classes. */
struct report_averages {
    /* Over all cells.  Where the report is about every class that is true or was said,
     * precision, recall and F1 are one number, the accuracy, and the row is called so. */
    bool is_accuracy;
    double micro_precision, micro_recall, micro_f1;
    double macro_precision, macro_recall, macro_f1;
    double weighted_precision, weighted_recall, weighted_f1;
    double support;
};

/* Averages over n classes; 0 where a denominator is 0.  The micro ones need predicted of
 * every class, else they are NaN.  is_accuracy is false. */
void report_csv_average(const struct report_class *c, size_t n,
                        struct report_averages *out);

/* Append a field, quoted where it must be. */
void report_csv_text(struct strbuf *out, const char *text);

/* Append a number; NaN is an empty field. */
void report_csv_number(struct strbuf *out, double x);

/* Append ",precision,recall,f1-score,support" and a line for each row after it. */
void report_csv_header(struct strbuf *out);
void report_csv_class(struct strbuf *out, const char *name,
                      const struct report_class *c);

/* Append the rows "accuracy" or "micro avg", "macro avg" and "weighted avg". */
void report_csv_averages(struct strbuf *out, const struct report_averages *a);

#endif
