/* csv_table.c - a CSV file of another program as named columns of texts. */
#include "exchange/csv_table.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/whole_file.h"

struct csv_reader {
    struct csv_table *out;
    const char *name;
    struct errbuf *eb;
    enum err e;
    size_t line; /* of fields, from 1 */
    size_t i;    /* field of the line */
};

static void
fail(struct csv_reader *r, const char *what)
{
    if (!r->e)
        r->e = err_set(r->eb, ERR_FORMAT, "%s: row %zu, field %zu: %s", r->name,
                       r->line, r->i + 1, what);
}

static void
add_field(struct csv_reader *r, const char *text, size_t n)
{
    struct csv_table *t = r->out;

    t->start = grow(t->start, &t->cap, t->n_fields + 1, sizeof *t->start);
    t->start[t->n_fields++] = t->text.len;
    strbuf_add(&t->text, text, n);
    strbuf_addc(&t->text, '\0');
}

static void
on_field(void *data, size_t n, void *ctx)
{
    struct csv_reader *r = ctx;
    const char *text = data ? data : "";

    if (r->e)
        return;
    if (memchr(text, 0, n))
        fail(r, "a byte of 0");
    else if (r->i >= CSV_TABLE_COLUMNS)
        fail(r, "too many columns");
    else if (r->line == 1)
        strlist_addn(&r->out->column, text, n);
    else if (r->i >= r->out->column.n)
        fail(r, "more fields than the first line has names");
    else
        add_field(r, text, n);
    r->i++;
}

static void
on_line(int end, void *ctx)
{
    struct csv_reader *r = ctx;

    (void)end;
    if (!r->e && r->line > 1 && r->i < r->out->column.n)
        fail(r, "fewer fields than the first line has names");
    if (!r->e && r->line > 1)
        r->out->n_rows++;
    r->line++;
    r->i = 0;
}

/* Spaces belong to the fields. */
static int
is_no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static enum err
run(struct csv_reader *r, struct csv_parser *p, const char *text, size_t n)
{
    static const char bom[] = "\xef\xbb\xbf";

    if (n >= 3 && memcmp(text, bom, 3) == 0) {
        text += 3;
        n -= 3;
    }
    csv_set_space_func(p, is_no_space);
    if (csv_parse(p, text, n, on_field, on_line, r) != n ||
        csv_fini(p, on_field, on_line, r))
        fail(r, csv_strerror(csv_error(p)));
    if (!r->e && r->out->column.n == 0)
        r->e = err_set(r->eb, ERR_FORMAT, "%s is empty", r->name);
    return r->e;
}

enum err
csv_table_parse(struct csv_table *out, const char *text, size_t n, const char *name,
                struct errbuf *eb)
{
    struct csv_reader r = {.out = out, .name = name, .eb = eb, .line = 1};
    struct csv_parser p;

    *out = (struct csv_table){0};
    if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL))
        return err_set(eb, ERR_NOMEM, "%s: no memory to read it", name);
    enum err e = run(&r, &p, text, n);
    csv_free(&p);
    if (e)
        csv_table_release(out);
    return e;
}

enum err
csv_table_read(struct csv_table *out, const char *path, struct errbuf *eb)
{
    char *text;
    size_t n;
    enum err e = whole_file_read(path, CSV_TABLE_BYTES, &text, &n, eb);

    *out = (struct csv_table){0};
    if (!e)
        e = csv_table_parse(out, text, n, path, eb);
    free(text);
    return e;
}

const char *
csv_table_get(const struct csv_table *t, size_t row, size_t column)
{
    return t->text.buf + t->start[row * t->column.n + column];
}

void
csv_table_release(struct csv_table *t)
{
    strlist_release(&t->column);
    strbuf_release(&t->text);
    free(t->start);
    *t = (struct csv_table){0};
}
