/* probe_format.c - a probe's answer as lines of text, there and back.
 *
 * `scalars` and `files` are the tables that both directions read; lists have a line
 * per element, facets one "facet" line followed by its "level" lines. */
#include "run/probe_format.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

enum kind { HEX, SIZE, U64, FLAG, TEXT };

struct field {
    const char *key;
    enum kind kind;
    size_t offset;
};

#define SCALAR(k, name)                                                                \
    {                                                                                  \
#name, k, offsetof(struct probe_result, name)                                  \
    }
static const struct field scalars[] = {
    SCALAR(HEX, data_digest),  SCALAR(HEX, split_digest), SCALAR(HEX, class_digest),
    SCALAR(SIZE, n_cells),     SCALAR(SIZE, n_genes),     SCALAR(SIZE, n_classes),
    SCALAR(SIZE, n_edges),     SCALAR(U64, nnz),          SCALAR(U64, memory_bytes),
    SCALAR(U64, matrix_bytes), SCALAR(TEXT, ontology),
};
static const size_t n_scalars = sizeof scalars / sizeof scalars[0];

#define OF_FILE(k, name)                                                               \
    {                                                                                  \
#name, k, offsetof(struct file_report, name)                                   \
    }
static const struct field files[] = {
    OF_FILE(TEXT, path),
    OF_FILE(TEXT, layer),
    OF_FILE(TEXT, normalize),
    OF_FILE(TEXT, decision),
    OF_FILE(SIZE, n_cells),
    OF_FILE(SIZE, n_kept),
    OF_FILE(SIZE, n_not_primary),
    OF_FILE(SIZE, n_filtered),
    OF_FILE(SIZE, n_no_label),
    OF_FILE(SIZE, n_genes),
    OF_FILE(SIZE, n_genes_missing),
    OF_FILE(SIZE, n_genes_dropped),
    OF_FILE(U64, nnz),
    OF_FILE(FLAG, nnz_is_estimate),
    OF_FILE(U64, matrix_bytes),
    OF_FILE(SIZE, packed.version),
    OF_FILE(U64, packed.bytes),
    OF_FILE(U64, packed.row_bytes),
    OF_FILE(U64, packed.n_values),
    OF_FILE(TEXT, packed.values),
    OF_FILE(TEXT, packed.order),
    OF_FILE(HEX, packed.content),
    OF_FILE(FLAG, is_copy),
};
static const size_t n_file_fields = sizeof files / sizeof files[0];

/* --- writing --- */

static void
add_text(struct strbuf *out, const char *s)
{
    strbuf_addc(out, '\t');
    for (; s && *s; s++) {
        if (*s == '\\')
            strbuf_adds(out, "\\\\");
        else if (*s == '\t')
            strbuf_adds(out, "\\t");
        else if (*s == '\n')
            strbuf_adds(out, "\\n");
        else
            strbuf_addc(out, *s);
    }
}

static void
add_number(struct strbuf *out, uint64_t x)
{
    strbuf_addf(out, "\t%llu", (unsigned long long)x);
}

static void
add_field(struct strbuf *out, const struct field *f, const void *base)
{
    const char *p = (const char *)base + f->offset;

    switch (f->kind) {
    case HEX: add_text(out, p); break;
    case SIZE: add_number(out, *(const size_t *)(const void *)p); break;
    case U64: add_number(out, *(const uint64_t *)(const void *)p); break;
    case FLAG: add_number(out, *(const bool *)p); break;
    case TEXT: add_text(out, *(char *const *)(const void *)p); break;
    }
}

static void
add_list(struct strbuf *out, const char *key, const struct strlist *l)
{
    for (size_t i = 0; i < l->n; i++) {
        strbuf_adds(out, key);
        add_text(out, l->item[i]);
        strbuf_addc(out, '\n');
    }
}

static void
add_count(struct strbuf *out, const char *key, const struct probe_count *c)
{
    strbuf_adds(out, key);
    add_text(out, c->name);
    add_text(out, c->detail);
    add_number(out, c->n);
    strbuf_addc(out, '\n');
}

static void
add_eval(struct strbuf *out, const struct probe_eval *ev)
{
    strbuf_adds(out, "eval");
    add_text(out, ev->name);
    add_text(out, ev->digest);
    add_number(out, ev->n);
    add_number(out, ev->n_unknown);
    strbuf_addc(out, '\n');
    add_list(out, "eval_unknown", &ev->unknown);
}

static void
add_facet(struct strbuf *out, const char *key, const struct probe_facet *f,
          const char *level_key)
{
    strbuf_adds(out, key);
    add_text(out, f->name);
    add_number(out, f->n_missing);
    strbuf_addc(out, '\n');
    for (size_t i = 0; i < f->n_levels; i++)
        add_count(out, level_key, &f->level[i]);
}

void
probe_format_write(const struct probe_result *r, struct strbuf *out)
{
    for (size_t i = 0; i < n_scalars; i++) {
        strbuf_adds(out, scalars[i].key);
        add_field(out, &scalars[i], r);
        strbuf_addc(out, '\n');
    }
    strbuf_adds(out, "parts");
    for (size_t i = 0; i < PART_COUNT; i++)
        add_number(out, r->n_part[i]);
    strbuf_addc(out, '\n');
    add_list(out, "unknown", &r->unknown);
    add_list(out, "warning", &r->warnings);
    for (size_t i = 0; i < r->n_evals; i++)
        add_eval(out, &r->eval[i]);
    for (size_t i = 0; i < r->n_files; i++) {
        strbuf_adds(out, "file");
        for (size_t k = 0; k < n_file_fields; k++)
            add_field(out, &files[k], &r->file[i]);
        strbuf_addc(out, '\n');
        add_list(out, "input", &r->file[i].packed.input);
    }
    for (size_t i = 0; i < r->n_labels; i++)
        add_count(out, "label", &r->label[i]);
    for (size_t i = 0; i < r->n_facets; i++)
        add_facet(out, "facet", &r->facet[i], "level");
    if (r->own_split.name)
        add_facet(out, "split", &r->own_split, "part");
    strbuf_adds(out, "end\n");
}

void
probe_format_error(enum err code, const char *text, struct strbuf *out)
{
    strbuf_adds(out, "error");
    add_number(out, (uint64_t)code);
    add_text(out, text);
    strbuf_addc(out, '\n');
}

/* --- reading --- */

struct line { /* unescaped fields; the first is the key */
    struct strlist field;
    size_t next; /* field to be taken next */
    bool ok;     /* nothing was missing so far */
};

static void
split_line(struct line *l, const char *text, size_t n)
{
    struct strbuf sb = {0};

    *l = (struct line){.next = 1, .ok = true};
    for (size_t i = 0; i <= n; i++) {
        if (i == n || text[i] == '\t') {
            strlist_add(&l->field, strbuf_str(&sb));
            strbuf_reset(&sb);
        } else if (text[i] == '\\' && i + 1 < n) {
            char c = text[++i];
            strbuf_addc(&sb, c == 't' ? '\t' : c == 'n' ? '\n' : c);
        } else {
            strbuf_addc(&sb, text[i]);
        }
    }
    strbuf_release(&sb);
}

static const char *
take(struct line *l)
{
    if (l->next < l->field.n)
        return l->field.item[l->next++];
    l->ok = false;
    return "";
}

static uint64_t
take_number(struct line *l)
{
    const char *s = take(l);
    char *end;
    unsigned long long x = strtoull(s, &end, 10);

    if (end == s || *end)
        l->ok = false;
    return x;
}

static void
take_field(struct line *l, const struct field *f, void *base)
{
    char *p = (char *)base + f->offset;

    switch (f->kind) {
    case HEX: {
        const char *s = take(l);

        if (strlen(s) < DIGEST_HEX)
            memcpy(p, s, strlen(s) + 1);
        else
            l->ok = false;
        break;
    }
    case SIZE: *(size_t *)(void *)p = (size_t)take_number(l); break;
    case U64: *(uint64_t *)(void *)p = take_number(l); break;
    case FLAG: *(bool *)(void *)p = take_number(l) != 0; break;
    case TEXT: {
        char **text = (char **)(void *)p;

        free(*text);
        *text = xstrdup(take(l));
        break;
    }
    }
}

/* Room for one more zeroed element. */
static void *
append(void *array, size_t *n, size_t size)
{
    char *p = xrealloc(array, *n + 1, size);

    memset(p + *n * size, 0, size);
    ++*n;
    return p;
}

static void
read_count(struct line *l, struct probe_count *c)
{
    c->name = xstrdup(take(l));
    c->detail = xstrdup(take(l));
    c->n = (size_t)take_number(l);
}

static void
read_eval(struct line *l, struct probe_result *r)
{
    r->eval = append(r->eval, &r->n_evals, sizeof *r->eval);
    struct probe_eval *ev = &r->eval[r->n_evals - 1];

    ev->name = xstrdup(take(l));
    ev->digest = xstrdup(take(l));
    ev->n = (size_t)take_number(l);
    ev->n_unknown = (size_t)take_number(l);
}

static void
read_facet(struct line *l, struct probe_result *r)
{
    r->facet = append(r->facet, &r->n_facets, sizeof *r->facet);
    r->facet[r->n_facets - 1].name = xstrdup(take(l));
    r->facet[r->n_facets - 1].n_missing = (size_t)take_number(l);
}

static void
read_level(struct line *l, struct probe_result *r)
{
    if (r->n_facets == 0) {
        l->ok = false;
        return;
    }
    struct probe_facet *f = &r->facet[r->n_facets - 1];

    f->level = append(f->level, &f->n_levels, sizeof *f->level);
    read_count(l, &f->level[f->n_levels - 1]);
}

static void
read_split(struct line *l, struct probe_result *r)
{
    l->ok &= !r->own_split.name;
    free(r->own_split.name);
    r->own_split.name = xstrdup(take(l));
    r->own_split.n_missing = (size_t)take_number(l);
}

static void
read_part(struct line *l, struct probe_result *r)
{
    struct probe_facet *f = &r->own_split;

    f->level = append(f->level, &f->n_levels, sizeof *f->level);
    read_count(l, &f->level[f->n_levels - 1]);
}

static void
read_file(struct line *l, struct probe_result *r)
{
    r->file = append(r->file, &r->n_files, sizeof *r->file);
    for (size_t k = 0; k < n_file_fields; k++)
        take_field(l, &files[k], &r->file[r->n_files - 1]);
}

static void
read_input(struct line *l, struct probe_result *r)
{
    if (r->n_files)
        strlist_add(&r->file[r->n_files - 1].packed.input, take(l));
    else
        l->ok = false;
}

static void
read_label(struct line *l, struct probe_result *r)
{
    r->label = append(r->label, &r->n_labels, sizeof *r->label);
    read_count(l, &r->label[r->n_labels - 1]);
}

static void
read_parts(struct line *l, struct probe_result *r)
{
    for (size_t i = 0; i < PART_COUNT; i++)
        r->n_part[i] = (size_t)take_number(l);
}

static void
read_unknown(struct line *l, struct probe_result *r)
{
    strlist_add(&r->unknown, take(l));
}

static void
read_warning(struct line *l, struct probe_result *r)
{
    strlist_add(&r->warnings, take(l));
}

static void
read_eval_unknown(struct line *l, struct probe_result *r)
{
    if (r->n_evals)
        strlist_add(&r->eval[r->n_evals - 1].unknown, take(l));
    else
        l->ok = false;
}

static const struct {
    const char *key;
    void (*read)(struct line *l, struct probe_result *r);
} readers[] = {
    {"parts", read_parts},     {"unknown", read_unknown},
    {"warning", read_warning}, {"eval", read_eval},
    {"file", read_file},       {"eval_unknown", read_eval_unknown},
    {"label", read_label},     {"facet", read_facet},
    {"level", read_level},     {"split", read_split},
    {"part", read_part},       {"input", read_input},
};

static enum err
read_error(struct line *l, struct errbuf *eb)
{
    uint64_t code = take_number(l);
    const char *text = take(l);

    if (!l->ok || code == 0 || code >= ERR_COUNT)
        return err_set(eb, ERR_CHILD, "the reader's error cannot be understood");
    return err_set(eb, (enum err)code, "%s", text);
}

static void
read_known(struct line *l, struct probe_result *r)
{
    const char *key = l->field.item[0];

    for (size_t i = 0; i < n_scalars; i++)
        if (strcmp(key, scalars[i].key) == 0) {
            take_field(l, &scalars[i], r);
            return;
        }
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (strcmp(key, readers[i].key) == 0) {
            readers[i].read(l, r);
            return;
        }
    l->ok = false;
}

/* One line; *end on the last one. */
static enum err
read_line(const char *text, size_t n, struct probe_result *r, bool *end,
          struct errbuf *eb)
{
    struct line l;
    enum err e = ERR_OK;

    split_line(&l, text, n);
    if (strcmp(l.field.item[0], "error") == 0)
        e = read_error(&l, eb);
    else if (strcmp(l.field.item[0], "end") == 0)
        *end = true;
    else
        read_known(&l, r);
    if (e == ERR_OK && !l.ok)
        e = err_set(eb, ERR_CHILD,
                    "the reader's answer has a line that is wrong: %.200s",
                    l.field.item[0]);
    strlist_release(&l.field);
    return e;
}

enum err
probe_format_read(const char *text, struct probe_result *r, struct errbuf *eb)
{
    enum err e = ERR_OK;
    bool end = false;

    while (e == ERR_OK && !end && *text) {
        size_t n = strcspn(text, "\n");

        e = read_line(text, n, r, &end, eb);
        text += n + (text[n] == '\n');
    }
    if (e == ERR_OK && !end)
        e = err_set(eb, ERR_CHILD, "the reader's answer is not whole");
    if (e)
        probe_result_release(r);
    return e;
}
