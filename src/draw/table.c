/* table.c - cells as values; one printer per format. */
#include "draw/table.h"

#include <assert.h>
#include <csv.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xalloc.h"

enum cell_kind { CELL_NULL, CELL_TEXT, CELL_INT, CELL_REAL };

struct table_cell {
    enum cell_kind kind;
    union {
        char *text; /* owned */
        int64_t integer;
        double real;
    };
};

struct table {
    const struct table_column *col; /* (n_cols) borrowed */
    size_t n_cols;
    struct table_cell *cell; /* (n_cells) row by row */
    size_t n_cells, cap;
};

struct table *
table_new(const struct table_column *columns, size_t n_cols)
{
    struct table *t = xcalloc(1, sizeof *t);

    assert(n_cols > 0);
    t->col = columns;
    t->n_cols = n_cols;
    return t;
}

void
table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_cells; i++)
        if (t->cell[i].kind == CELL_TEXT)
            free(t->cell[i].text);
    free(t->cell);
    free(t);
}

static struct table_cell *
next_cell(struct table *t, enum cell_kind kind)
{
    t->cell = grow(t->cell, &t->cap, t->n_cells + 1, sizeof *t->cell);
    struct table_cell *c = &t->cell[t->n_cells++];
    *c = (struct table_cell){.kind = kind};
    return c;
}

void
table_text(struct table *t, const char *s)
{
    struct table_cell *c = next_cell(t, s ? CELL_TEXT : CELL_NULL);

    if (s)
        c->text = xstrdup(s);
}

void
table_int(struct table *t, int64_t x)
{
    next_cell(t, CELL_INT)->integer = x;
}

void
table_real(struct table *t, double x)
{
    next_cell(t, CELL_REAL)->real = x;
}

void
table_null(struct table *t)
{
    next_cell(t, CELL_NULL);
}

size_t
table_rows(const struct table *t)
{
    return t->n_cells / t->n_cols;
}

/* ---- text and Markdown: every cell as cleaned text of known width ---- */

static void
add_real_for_people(struct strbuf *sb, double x, int digits)
{
    char buf[400]; /* fits -DBL_MAX with 17 decimals */

    if (isnan(x)) {
        strbuf_adds(sb, "-");
        return;
    }
    if (digits < 0)
        snprintf(buf, sizeof buf, "%.*g", -digits, x);
    else
        snprintf(buf, sizeof buf, "%.*f", digits, x);
    bool minus_zero = buf[0] == '-' && strspn(buf + 1, "0.") == strlen(buf + 1);
    strbuf_adds(sb, minus_zero ? buf + 1 : buf);
}

/* Put a backslash before what Markdown would take for markup. */
static void
add_escaped(struct strbuf *sb, const char *s)
{
    for (; *s; s++) {
        if (strchr("\\|`*<[", *s))
            strbuf_addc(sb, '\\');
        strbuf_addc(sb, *s);
    }
}

static void
add_text_for_people(struct strbuf *sb, const char *s, bool markdown)
{
    struct strbuf clean = {0};

    utf8_clean(&clean, s, 0);
    if (markdown)
        add_escaped(sb, strbuf_str(&clean));
    else
        strbuf_adds(sb, strbuf_str(&clean));
    strbuf_release(&clean);
}

static void
add_cell_for_people(struct strbuf *sb, const struct table *t, size_t i, bool markdown)
{
    const struct table_cell *c = &t->cell[i];

    switch (c->kind) {
    case CELL_NULL: break;
    case CELL_TEXT: add_text_for_people(sb, c->text, markdown); break;
    case CELL_INT: strbuf_addf(sb, "%" PRId64, c->integer); break;
    case CELL_REAL: add_real_for_people(sb, c->real, t->col[i % t->n_cols].digits);
    }
}

static const char *
column_title(const struct table_column *c)
{
    return c->title ? c->title : c->name;
}

/* All titles, then all cells, as text. */
static void
format_cells(const struct table *t, bool markdown, struct strlist *out)
{
    for (size_t j = 0; j < t->n_cols; j++) {
        struct strbuf sb = {0};

        add_text_for_people(&sb, column_title(&t->col[j]), markdown);
        strlist_add(out, strbuf_str(&sb));
        strbuf_release(&sb);
    }
    for (size_t i = 0; i < table_rows(t) * t->n_cols; i++) {
        struct strbuf sb = {0};

        add_cell_for_people(&sb, t, i, markdown);
        strlist_add(out, strbuf_str(&sb));
        strbuf_release(&sb);
    }
}

static size_t *
column_widths(const struct table *t, const struct strlist *text, size_t least)
{
    size_t *width = xcalloc(t->n_cols, sizeof *width);

    for (size_t j = 0; j < t->n_cols; j++)
        width[j] = least;
    for (size_t i = 0; i < text->n; i++) {
        size_t w = utf8_width(text->item[i]), j = i % t->n_cols;

        width[j] = w > width[j] ? w : width[j];
    }
    return width;
}

static void
add_repeated(struct strbuf *sb, char c, size_t n)
{
    while (n--)
        strbuf_addc(sb, c);
}

static void
add_padded(struct strbuf *sb, const char *s, size_t width, bool right)
{
    size_t pad = width - utf8_width(s);

    if (right)
        add_repeated(sb, ' ', pad);
    strbuf_adds(sb, s);
    if (!right)
        add_repeated(sb, ' ', pad);
}

static void
end_plain_line(struct strbuf *sb)
{
    while (sb->len && sb->buf[sb->len - 1] == ' ')
        sb->len--;
    strbuf_addc(sb, '\n');
}

/* Append s, in so many columns at most: a longer one loses its middle. */
static void
add_cut(struct strbuf *sb, const char *s, size_t cols)
{
    size_t left = utf8_width(s), n = strlen(s), used = 0, i = 0;
    uint32_t cp;

    if (left <= cols) {
        strbuf_adds(sb, s);
        return;
    }
    size_t tail = (cols - 2) / 2, head = cols - 2 - tail;
    for (size_t step; i < n; i += step) {
        step = utf8_decode(s + i, n - i, &cp);
        used += (size_t)utf8_width_of(cp);
        if (used > head)
            break;
        left -= (size_t)utf8_width_of(cp);
    }
    strbuf_add(sb, s, i);
    strbuf_adds(sb, "..");
    while (left > tail) {
        i += utf8_decode(s + i, n - i, &cp);
        left -= (size_t)utf8_width_of(cp);
    }
    strbuf_adds(sb, s + i);
}

/* Lines of the columns with a width above 0; text (titles, then cells) is cut to it. */
static void
print_lines(const struct table *t, const struct strlist *text, const size_t *width,
            struct strbuf *out)
{
    for (size_t i = 0; i < text->n; i += t->n_cols) {
        const char *gap = "";

        for (size_t j = 0; j < t->n_cols; j++) {
            struct strbuf cut = {0};

            if (!width[j])
                continue;
            add_cut(&cut, text->item[i + j], width[j]);
            strbuf_adds(out, gap);
            add_padded(out, strbuf_str(&cut), width[j], t->col[j].type != TABLE_TEXT);
            strbuf_release(&cut);
            gap = "  ";
        }
        end_plain_line(out);
        gap = "";
        for (size_t j = 0; i == 0 && j < t->n_cols; j++) {
            if (!width[j])
                continue;
            strbuf_adds(out, gap);
            add_repeated(out, '-', width[j]);
            gap = "  ";
        }
        if (i == 0)
            strbuf_addc(out, '\n');
    }
}

static void
print_plain(const struct table *t, struct strbuf *out)
{
    struct strlist text = {0};

    format_cells(t, false, &text);
    size_t *width = column_widths(t, &text, 1);
    print_lines(t, &text, width, out);
    free(width);
    strlist_release(&text);
}

/* ---- lines of a given width ---- */

enum { TEXT_LEAST = 20 }; /* columns that a text keeps, if it has them */

static size_t
least_width(const struct table *t, size_t j, size_t width)
{
    return t->col[j].type == TABLE_TEXT && width > TEXT_LEAST ? TEXT_LEAST : width;
}

/* Columns of a line; least: with its texts cut as far as they may be. */
static size_t
line_width(const struct table *t, const size_t *width, bool least)
{
    size_t sum = 0;

    for (size_t j = 0; j < t->n_cols; j++)
        if (width[j])
            sum += (sum ? 2 : 0) + (least ? least_width(t, j, width[j]) : width[j]);
    return sum;
}

/* The column to leave out next, or n_cols if the others stay. */
static size_t
least_wanted(const struct table *t, const size_t *width)
{
    size_t found = t->n_cols;

    for (size_t j = 0; j < t->n_cols; j++)
        if (width[j] && t->col[j].rank > 0 &&
            (found == t->n_cols || t->col[j].rank >= t->col[found].rank))
            found = j;
    return found;
}

static size_t
longest_text(const struct table *t, const size_t *width)
{
    size_t found = t->n_cols;

    for (size_t j = 0; j < t->n_cols; j++)
        if (width[j] > least_width(t, j, width[j]) &&
            (found == t->n_cols || width[j] > width[found]))
            found = j;
    return found;
}

static void
fit(const struct table *t, size_t *width, size_t cols, struct strlist *dropped)
{
    size_t j;

    while (line_width(t, width, true) > cols &&
           (j = least_wanted(t, width)) < t->n_cols) {
        width[j] = 0;
        if (dropped)
            strlist_add(dropped, column_title(&t->col[j]));
    }
    while (line_width(t, width, false) > cols &&
           (j = longest_text(t, width)) < t->n_cols)
        width[j]--;
}

void
table_print_fitting(const struct table *t, size_t cols, struct strbuf *out,
                    struct strlist *dropped)
{
    struct strlist text = {0};

    assert(t->n_cells % t->n_cols == 0);
    format_cells(t, false, &text);
    size_t *width = column_widths(t, &text, 1);
    fit(t, width, cols, dropped);
    print_lines(t, &text, width, out);
    free(width);
    strlist_release(&text);
}

static void
print_markdown(const struct table *t, struct strbuf *out)
{
    struct strlist text = {0};

    format_cells(t, true, &text);
    size_t *width = column_widths(t, &text, 3);
    for (size_t i = 0; i < text.n; i += t->n_cols) {
        for (size_t j = 0; j < t->n_cols; j++) {
            strbuf_adds(out, j ? " | " : "| ");
            add_padded(out, text.item[i + j], width[j], t->col[j].type != TABLE_TEXT);
        }
        strbuf_adds(out, " |\n");
        for (size_t j = 0; i == 0 && j < t->n_cols; j++) {
            strbuf_adds(out, j ? " | " : "| ");
            add_repeated(out, '-', width[j] - 1);
            strbuf_addc(out, t->col[j].type != TABLE_TEXT ? ':' : '-');
        }
        if (i == 0)
            strbuf_adds(out, " |\n");
    }
    free(width);
    strlist_release(&text);
}

/* ---- CSV and JSON: values as they are ---- */

/* An empty text is quoted, so that it differs from a missing one. */
void
table_csv_text(struct strbuf *out, const char *s)
{
    size_t n = strlen(s);

    if (n && !strpbrk(s, ",\"\r\n") && s[0] != ' ' && s[n - 1] != ' ') {
        strbuf_adds(out, s);
        return;
    }
    size_t need = csv_write(NULL, 0, s, n);
    char *quoted = xmalloc(need, 1);
    csv_write(quoted, need, s, n);
    strbuf_add(out, quoted, need);
    free(quoted);
}

static void
add_csv_cell(struct strbuf *out, const struct table_cell *c)
{
    switch (c->kind) {
    case CELL_NULL: break;
    case CELL_TEXT: table_csv_text(out, c->text); break;
    case CELL_INT: strbuf_addf(out, "%" PRId64, c->integer); break;
    case CELL_REAL:
        if (isinf(c->real))
            strbuf_adds(out, c->real > 0 ? "inf" : "-inf");
        else if (!isnan(c->real))
            strbuf_add_double(out, c->real);
    }
}

static void
print_csv(const struct table *t, struct strbuf *out)
{
    for (size_t j = 0; j < t->n_cols; j++) {
        strbuf_adds(out, j ? "," : "");
        table_csv_text(out, t->col[j].name);
    }
    strbuf_addc(out, '\n');
    for (size_t i = 0; i < table_rows(t) * t->n_cols; i++) {
        add_csv_cell(out, &t->cell[i]);
        strbuf_addc(out, (i + 1) % t->n_cols ? ',' : '\n');
    }
}

static void
add_json_cell(struct strbuf *out, const struct table_cell *c)
{
    switch (c->kind) {
    case CELL_NULL: strbuf_adds(out, "null"); break;
    case CELL_TEXT: strbuf_add_json(out, c->text); break;
    case CELL_INT: strbuf_addf(out, "%" PRId64, c->integer); break;
    case CELL_REAL: strbuf_add_double(out, c->real);
    }
}

static void
print_json(const struct table *t, struct strbuf *out)
{
    size_t n = table_rows(t);

    strbuf_adds(out, "[");
    for (size_t i = 0; i < n; i++) {
        strbuf_adds(out, i ? ",\n{" : "\n{");
        for (size_t j = 0; j < t->n_cols; j++) {
            strbuf_adds(out, j ? ", " : "");
            strbuf_add_json(out, t->col[j].name);
            strbuf_adds(out, ": ");
            add_json_cell(out, &t->cell[i * t->n_cols + j]);
        }
        strbuf_addc(out, '}');
    }
    strbuf_adds(out, n ? "\n]\n" : "]\n");
}

void
table_print(const struct table *t, enum table_format format, struct strbuf *out)
{
    static void (*const print[])(const struct table *, struct strbuf *) = {
        [TABLE_PLAIN] = print_plain,
        [TABLE_CSV] = print_csv,
        [TABLE_JSON] = print_json,
        [TABLE_MARKDOWN] = print_markdown,
    };

    assert(t->n_cells % t->n_cols == 0);
    print[format](t, out);
}
