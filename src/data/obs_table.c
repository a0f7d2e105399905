/* obs_table.c - the obs columns of several files as one table. */
#include "data/obs_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/obs_column.h"

static struct open_column *
table_column(struct obs_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_cols; i++)
        if (strcmp(t->col[i].name, name) == 0)
            return &t->col[i];
    t->col = grow(t->col, &t->cap, t->n_cols + 1, sizeof *t->col);
    struct open_column *c = &t->col[t->n_cols++];

    *c = (struct open_column){.name = xstrdup(name), .text = intern_new()};
    return c;
}

/* Room for n more cells, in which everything is missing. */
static enum err
add_cells(struct obs_table *t, size_t n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < t->n_cols && !e; i++)
        e = codes_resize(&t->col[i].code, t->n, t->n + n, eb);
    t->n += e ? 0 : n;
    return e;
}

/* Room for what the texts of a column are by now. */
static enum err
make_room(struct obs_table *t, struct open_column *c, struct errbuf *eb)
{
    unsigned width = codes_width(intern_count(c->text));

    if (!c->code.width) {
        enum err e = codes_resize(&c->code, 0, t->n, eb);

        if (e)
            return e;
    }
    return codes_widen(&c->code, t->n, width, eb);
}

static enum err
append_column(struct obs_table *t, const struct obs_column *from, size_t first,
              size_t n, struct errbuf *eb)
{
    struct open_column *c = table_column(t, from->name);
    int32_t *map = xcalloc(from->levels.n, sizeof *map);

    for (size_t i = 0; i < from->levels.n; i++)
        map[i] = (int32_t)intern_add(c->text, from->levels.item[i]);
    enum err e = make_room(t, c, eb);

    for (size_t i = 0; !e && i < n; i++) {
        int32_t code = codes_get(&from->code, i);

        codes_set(&c->code, first + i, code < 0 ? -1 : map[code]);
    }
    free(map);
    return e;
}

static enum err
read_column(struct obs_table *t, const struct source *f, const char *name, size_t first,
            const struct notes *notes, struct errbuf *eb)
{
    struct obs_column c = {0};
    size_t n_merged = 0;
    enum err e = f->ops->column(f, name, &c, &n_merged, eb);

    if (!e)
        e = append_column(t, &c, first, f->n_cells, eb);
    if (n_merged)
        note_warn(notes, "%s: obs/%s has %zu categories twice; they are merged",
                  f->path, name, n_merged);
    obs_column_release(&c);
    return e;
}

/* A column that nobody asked for never fails the file. */
static enum err
try_column(struct obs_table *t, const struct source *f, const char *name, bool needed,
           size_t first, const struct notes *notes, struct errbuf *eb)
{
    enum column_kind kind = f->ops->column_kind(f, name);
    struct errbuf why = {""};

    if (kind == COLUMN_NUMBER && !needed) {
        if (!strlist_has(&t->numeric, name))
            strlist_add(&t->numeric, name);
        return ERR_OK;
    }
    if (t->only_needed && !needed) {
        if (kind == COLUMN_TEXT && !strlist_has(&t->unread, name))
            strlist_add(&t->unread, name);
        return ERR_OK;
    }
    enum err e = read_column(t, f, name, first, notes, &why);

    if (!e)
        return ERR_OK;
    if (needed || e == ERR_NOMEM)
        return err_set(eb, e, "%s: %s", f->path, why.text);
    note_warn(notes, "%s: obs/%s is left out: %s", f->path, name, why.text);
    return ERR_OK;
}

static enum err
derive_dataset_id(struct obs_table *t, const struct source *f, size_t first,
                  const struct notes *notes, struct errbuf *eb)
{
    char *stem = dataset_stem(f->path);
    struct open_column *c = table_column(t, "dataset_id");
    int32_t code = (int32_t)intern_add(c->text, stem);
    enum err e = make_room(t, c, eb);

    for (size_t i = 0; !e && i < f->n_cells; i++)
        codes_set(&c->code, first + i, code);
    note_info(notes, "%s has no dataset_id: its cells get \"%s\" from the file name",
              f->path, stem);
    free(stem);
    return e;
}

enum err
obs_table_append(struct obs_table *t, const struct source *f,
                 const struct strlist *need, const struct notes *notes,
                 struct errbuf *eb)
{
    size_t first = t->n;
    enum err e = add_cells(t, f->n_cells, eb);

    for (size_t i = 0; i < f->column.n && !e; i++) {
        const char *name = f->column.item[i];

        e = try_column(t, f, name, strlist_has(need, name), first, notes, eb);
    }
    if (!e && !strlist_has(&f->column, "dataset_id"))
        e = derive_dataset_id(t, f, first, notes, eb);
    return e;
}

void
obs_table_finish(struct obs_table *t, struct obs_column **col, size_t *n_cols,
                 struct strlist *unread)
{
    *unread = t->unread;
    t->unread = (struct strlist){0};
    *n_cols = t->n_cols;
    *col = xcalloc(t->n_cols, sizeof **col);
    for (size_t i = 0; i < t->n_cols; i++) {
        obs_column_make(&(*col)[i], t->col[i].name, &t->col[i].code, t->n,
                        t->col[i].text);
    }
    obs_table_release(t);
}

void
obs_table_release(struct obs_table *t)
{
    for (size_t i = 0; i < t->n_cols; i++) {
        free(t->col[i].name);
        codes_release(&t->col[i].code);
        intern_free(t->col[i].text);
    }
    free(t->col);
    strlist_release(&t->numeric);
    strlist_release(&t->unread);
    *t = (struct obs_table){0};
}
