/* class_notes.c - what people should know about the classes of a run. */
#include "data/class_notes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"

enum { LISTED = 10, UNKNOWN_LISTED = 20, LIKELY_LISTED = 5 };

/* The classes with so many cells. */
static void
list_with(const struct run_data *rd, const size_t *count, size_t n, struct strlist *out)
{
    for (size_t c = 0; c < rd->classes.C; c++)
        if (count[c] == n)
            strlist_add(out, rd->classes.name.item[c]);
}

/* Classes of one cell are either trained on or scored. */
static void
warn_lonely(const struct run_data *rd, const struct spec *spec,
            const struct strlist *lonely, const struct notes *notes)
{
    if (!lonely->n)
        return;
    char *list = note_list(lonely, LISTED);

    note_warn(notes,
              "%zu of %zu classes %s only one cell: %s; leave them out with --where "
              "'%s!=%s,...', or choose a coarser --label",
              lonely->n, rd->classes.C, lonely->n == 1 ? "has" : "have", list,
              spec->label, lonely->item[0]);
    free(list);
}

static void
warn_untrained(const struct run_data *rd, const size_t *train,
               const struct notes *notes)
{
    struct strlist l = {0};

    list_with(rd, train, 0, &l);
    if (l.n) {
        char *list = note_list(&l, LISTED);

        note_warn(notes, "%zu of %zu classes %s no cell to train on: %s", l.n,
                  rd->classes.C, l.n == 1 ? "has" : "have", list);
        free(list);
    }
    strlist_release(&l);
}

/* --- a column that holds something else --- */

static bool
all_numbers(const struct strlist *l)
{
    for (size_t i = 0; i < l->n; i++) {
        char *end;

        strtod(l->item[i], &end);
        if (end == l->item[i] || *end)
            return false;
    }
    return l->n > 0;
}

/* Text columns whose names say that they hold cell types, the clearest first; "" if
 * there is none.  Caller frees. */
static char *
likely_labels(const struct run_data *rd, const char *but)
{
    struct strbuf sb = {0};
    size_t n = 0;

    for (size_t rank = 0; rank < LISTED && n < LIKELY_LISTED; rank++) {
        for (size_t i = 0; i < rd->ds.n_cols && n < LIKELY_LISTED; i++) {
            const struct obs_column *c = &rd->ds.col[i];

            if (dataset_label_rank(c->name) == rank && strcmp(c->name, but) != 0 &&
                c->levels.n > 1)
                strbuf_addf(&sb, "%s%s", n++ ? ", " : "", c->name);
        }
        for (size_t i = 0; i < rd->ds.unread.n && n < LIKELY_LISTED; i++)
            if (dataset_label_rank(rd->ds.unread.item[i]) == rank)
                strbuf_addf(&sb, "%s%s", n++ ? ", " : "", rd->ds.unread.item[i]);
    }
    return strbuf_detach(&sb);
}

/* True if it was said that the column looks like no label. */
static bool
warn_no_label(const struct run_data *rd, const struct spec *spec, size_t n_lonely,
              const struct notes *notes)
{
    size_t C = rd->classes.C;
    bool numbers = all_numbers(&rd->classes.name), lonely = n_lonely * 2 > C;

    if (!numbers && !lonely)
        return false;
    char *likely = likely_labels(rd, spec->label), *why = NULL;

    if (lonely)
        why = xasprintf("%zu of its %zu values have only one cell", n_lonely, C);
    else
        why = xasprintf("all its %zu values are numbers", C);
    note_warn(notes, "--label %s looks like no label: %s; columns that may be one: %s",
              spec->label, why, *likely ? likely : "none by their names");
    free(why);
    free(likely);
    return true;
}

/* --- the ontology --- */

/* "\"a\", \"b\" (obsolete; replaced by ...)".  Caller frees. */
static char *
list_unknown(const struct run_data *rd)
{
    static const char plain[] = "not in the ontology"; /* which is said already */
    const struct strlist *l = &rd->classes.unknown;
    struct strbuf sb = {0};

    for (size_t i = 0; i < l->n && i < UNKNOWN_LISTED; i++) {
        char *why = ontology_explain(&rd->onto, l->item[i]);

        strbuf_addf(&sb, "%s\"%s\"", i ? ", " : "", l->item[i]);
        if (strcmp(why, plain) != 0)
            strbuf_addf(&sb, " (%s)", why);
        free(why);
    }
    if (l->n > UNKNOWN_LISTED)
        strbuf_addf(&sb, " and %zu more", l->n - UNKNOWN_LISTED);
    return strbuf_detach(&sb);
}

static void
warn_ontology(const struct run_data *rd, const struct notes *notes)
{
    if (rd->classes.unknown.n) {
        char *list = list_unknown(rd);

        note_warn(
            notes,
            "%zu of %zu labels are unknown to the ontology (%s) and stand alone: %s",
            rd->classes.unknown.n, rd->classes.C, rd->onto.source, list);
        free(list);
    }
    if (!rd->classes.n_edges)
        note_warn(notes,
                  "no class is an ancestor of another, so HCE equals CE on these "
                  "data: check --ontology and --label");
}

void
class_notes(const struct run_data *rd, const struct spec *spec,
            const struct notes *notes)
{
    size_t *all = xcalloc(rd->classes.C, sizeof *all);
    size_t *train = xcalloc(rd->classes.C, sizeof *train);
    struct strlist lonely = {0};

    for (size_t i = 0; i < rd->ds.n_cells; i++) {
        all[rd->y[i]]++;
        train[rd->y[i]] += rd->part[i] == PART_TRAIN;
    }
    list_with(rd, all, 1, &lonely);
    if (!warn_no_label(rd, spec, lonely.n, notes))
        warn_lonely(rd, spec, &lonely, notes);
    warn_untrained(rd, train, notes);
    warn_ontology(rd, notes);
    if (rd->classes.C < 2)
        note_warn(notes, "there is only one class: nothing can be learned");
    strlist_release(&lonely);
    free(train);
    free(all);
}
