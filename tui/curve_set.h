/* curve_set.h - the lines of a chart made from runs: which, averaged how, over what x.
 *
 * Threads: owner thread only.
 * Errors:  none. */
#ifndef TUI_CURVE_SET_H
#define TUI_CURVE_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "draw/chart.h"
#include "draw/chart_x.h"
#include "draw/table.h"
#include "tui/keyset.h"
#include "tui/screen_model.h"

struct curve_choice {
    enum metric_id metric;
    enum chart_x x;
    enum chart_band band;
    double smooth; /* weight of the past; 0: none */
    bool single;   /* every run alone */
};

struct curve_line {
    char name[96];
    enum style style;
    struct chart_mean mean; /* (n) owned; lo and hi only for a mean with a band */
    double *raw;            /* (n) owned; under a smoothed line; NULL: not smoothed */
};

struct curve_set {
    struct curve_line *line; /* (n) owned */
    size_t n, cap;
    bool thinned;      /* curves are so many that points were left out: single runs show
                            extremes, means are those of averages of neighbours */
    size_t n_left_out; /* groups that were not drawn since nothing was marked */
    size_t n_runs, n_bare;      /* runs that were looked at; those without a curve */
    size_t n_bare_imported;     /* of these, runs that were imported */
    double x_min, x_max;        /* of all lines; NaN: none */
    struct curve_choice choice; /* that the lines show */
};

/* Make the lines again: of what is marked (group keys and run ids), else of the groups
 * of the newest experiment.  Where the frame's time is over before all curves are read
 * (model.late) the lines stay as they are, or there are none if they would show something
 * else than what was chosen. */
void curve_set_make(struct curve_set *s, struct model *m, const struct keyset *marked,
                    const struct curve_choice *choice);
void curve_set_release(struct curve_set *s);

/* The series of a chart, raw lines first; out has room for 2 n.  How many. */
size_t curve_set_series(const struct curve_set *s, bool with_band,
                        struct chart_series *out);

/* Every point as a row: line, x, value, low, high. */
void curve_set_export(const struct curve_set *s, enum table_format format,
                      struct strbuf *out);

#endif
