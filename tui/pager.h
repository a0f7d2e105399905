/* pager.h - lines of text that scroll, and follow their end.  A line that is too long
 * goes on below.
 *
 * Threads: one thread per object.
 * Errors:  none. */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "draw/canvas.h"
#include "tui/action.h"

struct pager_line {
    char *text; /* owned */
    char *name; /* owned; put before the text in a column of its own, or NULL */
    enum style style;
    size_t rows; /* of the screen, at the width of the last drawing */
};

struct pager {
    struct pager_line *line; /* (n) owned */
    size_t n, cap;
    size_t top, page, n_rows; /* rows of the screen */
    int text_cols;            /* width for which the lines know their rows; 0: none */
    size_t n_measured;        /* the first lines that know them */
    bool follow;              /* the end stays in sight */
};

void pager_add(struct pager *p, enum style style, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* "name   text". */
void pager_field(struct pager *p, enum style style, const char *name, const char *fmt,
                 ...) PRINTF_LIKE(4, 5);

/* Forget the first n lines; the others stay where they are on the screen. */
void pager_drop(struct pager *p, size_t n);
void pager_reset(struct pager *p); /* keeps the place */
void pager_release(struct pager *p);

/* True if the action was one of a pager's. */
bool pager_act(struct pager *p, enum action action);

/* " 52% " of the text, and whether it follows its end; "" where all of it shows.  As of
 * the last drawing. */
void pager_place(const struct pager *p, char *out, size_t size);

/* Draw into rows x cols at (row, 0); name_cols: width of the names. */
void pager_draw(struct pager *p, struct canvas *cv, int row, int rows, int cols,
                int name_cols);

#endif
