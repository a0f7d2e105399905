/* fmt.h - numbers as people read them in narrow columns.
 *
 * All write a terminated text into out, "-" for NaN.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef TUI_FMT_H
#define TUI_FMT_H

#include <stdbool.h>
#include <stddef.h>

enum { FMT_SIZE = 48 };

/* A score with three decimals: "0.827". */
void fmt_score(double x, char out[FMT_SIZE]);

/* "0.827±.004", in ASCII ".827+-.004": ten columns for scores; without a spread only the
 * mean. */
void fmt_mean_sd(double mean, double sd, bool ascii, char out[FMT_SIZE]);

/* A difference with its sign in five columns: "+.123", "-1.25", "+12.5". */
void fmt_delta(double x, char out[FMT_SIZE]);

/* A p-value: "<.001", ".031". */
void fmt_p(double p, char out[FMT_SIZE]);

/* A count or rate in three digits: "950", "12.3k", "4.1M". */
void fmt_si(double x, char out[FMT_SIZE]);

/* Seconds: "45s", "3m12s". */
void fmt_time(double s, char out[FMT_SIZE]);

/* Four significant digits: for losses and read-outs. */
void fmt_value(double x, char out[FMT_SIZE]);

#endif
