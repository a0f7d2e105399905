/* cell_select.c - which cells of the files are used. */
#include "data/cell_select.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/filter.h"
#include "data/obs_column.h"

static const struct obs_column *
find_column(const struct cell_select *s, const char *name)
{
    for (size_t i = 0; i < s->n_cols; i++)
        if (strcmp(s->col[i].name, name) == 0)
            return &s->col[i];
    return NULL;
}

bool
dataset_is_missing_label(const char *label)
{
    static const char *const missing[] = {"",   "nan",     "NaN",     "NA",
                                          "na", "unknown", "Unknown", "None"};

    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (strcmp(label, missing[i]) == 0)
            return true;
    return false;
}

size_t
dataset_label_rank(const char *column)
{
    static const char *const sign[] = {"cell_type",     "celltype", "cell type",
                                       "cell_ontology", "label",    "annot",
                                       "cluster",       "louvain",  "leiden"};

    for (size_t k = 0; k < sizeof sign / sizeof *sign; k++)
        if (strcasestr(column, sign[k]))
            return k;
    return SIZE_MAX;
}

/* The column whose name says most clearly that it holds cell types, or NULL. */
static const char *
likely_label(const struct strlist *have)
{
    const char *best = NULL;

    for (size_t i = 0; i < have->n; i++)
        if (dataset_label_rank(have->item[i]) <
            (best ? dataset_label_rank(best) : SIZE_MAX))
            best = have->item[i];
    return best;
}

enum err
dataset_no_column(const struct strlist *have, const char *option, const char *column,
                  const char *hint, struct errbuf *eb)
{
    char *list = note_list(have, 25);
    enum err e =
        err_set(eb, ERR_ARG, "%s: there is no obs column \"%s\"%s%s; there are: %s",
                option, column, hint ? "; " : "", hint ? hint : "", list);

    free(list);
    return e;
}

static enum err
no_label_column(const struct cell_select *s, struct errbuf *eb)
{
    const char *likely = likely_label(s->names);
    char *hint = likely ? xasprintf("try --label %s", likely) : NULL;
    enum err e = dataset_no_column(s->names, "--label", s->label, hint, eb);

    free(hint);
    return e;
}

/* --- the three reasons to leave a cell out --- */

static void
drop_not_primary(const struct cell_select *s, bool *keep)
{
    const struct obs_column *c = find_column(s, "is_primary_data");

    for (size_t i = 0; c && i < s->n; i++) {
        const char *text = obs_column_text(c, i);

        if (!keep[i] || !text ||
            (strcasecmp(text, "false") != 0 && strcmp(text, "0") != 0))
            continue;
        keep[i] = false;
        s->report[s->file[i]].n_not_primary++;
    }
}

static void
warn_unknown(const struct filter *f, const struct obs_column *c,
             const struct strlist *unknown, struct strbuf *hint,
             const struct notes *notes)
{
    if (!unknown->n)
        return;
    char *values = note_list(unknown, 10), *levels = note_list(&c->levels, 15);
    char *text =
        xasprintf("--where %s%s%s: no cell has %s; %s has: %s", f->column,
                  f->is_not ? "!=" : "=", f->values, values, f->column, levels);

    note_warn(notes, "%s", text);
    if (!hint->len)
        strbuf_addf(hint, "; %s", text);
    free(text);
    free(levels);
    free(values);
}

static enum err
apply_where(const struct cell_select *s, const char *text, bool *keep,
            struct strbuf *hint, const struct notes *notes, struct errbuf *eb)
{
    struct filter f = {0};
    struct strlist unknown = {0};
    enum err e = filter_parse(&f, "--where", text, eb);

    if (e)
        return e;
    const struct obs_column *c = find_column(s, f.column);

    if (c) {
        bool *hit = xcalloc(c->levels.n, sizeof *hit);

        filter_levels(&f, c, hit, &unknown);
        for (size_t i = 0; i < s->n; i++)
            if (keep[i] && !filter_passes(&f, c, hit, i)) {
                keep[i] = false;
                s->report[s->file[i]].n_filtered++;
            }
        warn_unknown(&f, c, &unknown, hint, notes);
        free(hit);
    } else {
        e = dataset_no_column(s->names, "--where", f.column, NULL, eb);
    }
    strlist_release(&unknown);
    filter_release(&f);
    return e;
}

bool
cell_select_names_primary(const struct strlist *where)
{
    static const char primary[] = "is_primary_data";

    for (size_t i = 0; i < where->n; i++) {
        const char *rest = where->item[i] + strlen(primary);

        if (strncmp(where->item[i], primary, strlen(primary)) == 0 &&
            (*rest == '=' || *rest == '!'))
            return true;
    }
    return false;
}

static enum err
drop_unlabelled(const struct cell_select *s, bool *keep, struct errbuf *eb)
{
    const struct obs_column *c = find_column(s, s->label);

    if (!c)
        return no_label_column(s, eb);
    for (size_t i = 0; i < s->n; i++) {
        const char *text = obs_column_text(c, i);

        if (!keep[i] || (text && !dataset_is_missing_label(text)))
            continue;
        keep[i] = false;
        s->report[s->file[i]].n_no_label++;
    }
    return ERR_OK;
}

static enum err
none_left(const struct cell_select *s, const char *hint, struct errbuf *eb)
{
    size_t primary = 0, filtered = 0, unlabelled = 0;

    for (size_t i = 0; i < s->n_files; i++) {
        primary += s->report[i].n_not_primary;
        filtered += s->report[i].n_filtered;
        unlabelled += s->report[i].n_no_label;
    }
    return err_set(
        eb, ERR_ARG,
        "no cells are left of %zu: %zu are not primary data, %zu do not pass "
        "--where, %zu have no label%s",
        s->n, primary, filtered, unlabelled, hint);
}

enum err
cell_select_run(const struct cell_select *s, bool *keep, const struct notes *notes,
                struct errbuf *eb)
{
    struct strbuf hint = {0};
    size_t n_left = 0;
    enum err e = ERR_OK;

    memset(keep, 1, s->n * sizeof *keep);
    if (!cell_select_names_primary(s->where))
        drop_not_primary(s, keep);
    for (size_t i = 0; i < s->where->n && !e; i++)
        e = apply_where(s, s->where->item[i], keep, &hint, notes, eb);
    if (!e && s->label)
        e = drop_unlabelled(s, keep, eb);
    for (size_t i = 0; i < s->n; i++) {
        n_left += keep[i];
        s->report[s->file[i]].n_kept += keep[i];
    }
    if (!e && !n_left)
        e = none_left(s, strbuf_str(&hint), eb);
    strbuf_release(&hint);
    return e;
}
