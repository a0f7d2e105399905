/* source_params.c - what hparams.yaml and parameters.json say: names and values. */
#include "exchange/source_params.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/source_params_build.h"
#include "exchange/whole_file.h"

enum { FILE_MAX = 4 << 20 };

/* Append to one of the two lists. */
static enum err
append(struct source_params_row **row, size_t *n, size_t *cap, const char *name,
       const char *value, const char *file, struct errbuf *eb)
{
    if (*n == SOURCE_PARAMS_MAX)
        return err_set(eb, ERR_FORMAT, "%s: more than %d values", file,
                       SOURCE_PARAMS_MAX);
    *row = grow(*row, cap, *n + 1, sizeof **row);
    (*row)[(*n)++] = (struct source_params_row){.name = xstrdup(name),
                                                .value = value ? xstrdup(value) : NULL};
    return ERR_OK;
}

enum err
source_params_add(struct source_params *p, const char *name, const char *value,
                  const char *file, struct errbuf *eb)
{
    return append(&p->row, &p->n, &p->cap, name, value, file, eb);
}

enum err
source_params_add_said(struct source_params *p, const char *name, const char *value,
                       const char *file, struct errbuf *eb)
{
    return append(&p->said, &p->n_said, &p->said_cap, name, value, file, eb);
}

/* --- names of nested values --- */

/* Make the last part of the name at a level. */
enum err
source_path_set(struct source_path *p, size_t level, const char *part, const char *file,
                struct errbuf *eb)
{
    size_t n = p->start[level];

    if (n + strlen(part) + 1 > SOURCE_NAME_BYTES)
        return err_set(eb, ERR_FORMAT, "%s: a name of more than %d bytes", file,
                       SOURCE_NAME_BYTES);
    if (p->text.len > n) {
        p->text.len = n;
        p->text.buf[n] = '\0';
    }
    if (n)
        strbuf_addc(&p->text, '.');
    strbuf_adds(&p->text, part);
    return ERR_OK;
}

enum err
source_path_number(struct source_path *p, size_t level, size_t i, const char *file,
                   struct errbuf *eb)
{
    char part[24];

    snprintf(part, sizeof part, "%zu", i);
    return source_path_set(p, level, part, file, eb);
}

/* --- JSON --- */

/* JSON says what it means. */
static enum err
add_both(struct source_params *p, const char *name, const char *value, const char *file,
         struct errbuf *eb)
{
    enum err e = source_params_add_said(p, name, value, file, eb);

    return e ? e : source_params_add(p, name, value, file, eb);
}

static enum err walk_json(struct source_params *out, json_t *x,
                          struct source_path *path, size_t depth, const char *file,
                          struct errbuf *eb);

static enum err
walk_members(struct source_params *out, json_t *x, struct source_path *path,
             size_t depth, const char *file, struct errbuf *eb)
{
    enum err e = ERR_OK;

    path->start[depth] = path->text.len;
    for (void *it = json_object_iter(x); it && !e; it = json_object_iter_next(x, it)) {
        e = source_path_set(path, depth, json_object_iter_key(it), file, eb);
        if (!e)
            e = walk_json(out, json_object_iter_value(it), path, depth, file, eb);
    }
    return e;
}

static enum err
walk_entries(struct source_params *out, json_t *x, struct source_path *path,
             size_t depth, const char *file, struct errbuf *eb)
{
    enum err e = ERR_OK;

    path->start[depth] = path->text.len;
    for (size_t i = 0; i < json_array_size(x) && !e; i++) {
        e = source_path_number(path, depth, i, file, eb);
        if (!e)
            e = walk_json(out, json_array_get(x, i), path, depth, file, eb);
    }
    return e;
}

/* A value that is neither object nor array; NULL: null.  Caller frees. */
static char *
json_word(json_t *x)
{
    struct strbuf sb = {0};

    switch (json_typeof(x)) {
    case JSON_STRING: strbuf_adds(&sb, json_string_value(x)); break;
    case JSON_INTEGER:
        strbuf_addf(&sb, "%" JSON_INTEGER_FORMAT, json_integer_value(x));
        break;
    case JSON_REAL: strbuf_add_double(&sb, json_real_value(x)); break;
    case JSON_TRUE: strbuf_adds(&sb, "true"); break;
    case JSON_FALSE: strbuf_adds(&sb, "false"); break;
    case JSON_NULL:
    case JSON_OBJECT:
    case JSON_ARRAY: return NULL;
    }
    return strbuf_detach(&sb);
}

/* path names x.  Recursion ends at SOURCE_PARAMS_DEPTH. */
static enum err
walk_json(struct source_params *out, json_t *x, struct source_path *path, size_t depth,
          const char *file, struct errbuf *eb)
{
    size_t len = path->text.len;
    enum err e;

    if (!json_is_object(x) && !json_is_array(x)) {
        char *word = json_word(x);

        e = add_both(out, strbuf_str(&path->text), word, file, eb);
        free(word);
        return e;
    }
    if (depth == SOURCE_PARAMS_DEPTH)
        return err_set(eb, ERR_FORMAT, "%s: too many levels", file);
    e = json_is_object(x) ? walk_members(out, x, path, depth + 1, file, eb)
                          : walk_entries(out, x, path, depth + 1, file, eb);
    if (path->text.len > len) {
        path->text.len = len;
        path->text.buf[len] = '\0';
    }
    return e;
}

/* --- what Python's json.dump writes and JSON does not have --- */

/* Bytes of the number or word at s, which ends at `end`. */
static size_t
token_bytes(const char *s, const char *end)
{
    const char *at = s;

    while (at < end &&
           (strchr("+-._", *at) ? *at != '\0'
                                : (*at >= '0' && *at <= '9') ||
                                      ((*at | 32) >= 'a' && (*at | 32) <= 'z')))
        at++;
    return (size_t)(at - s);
}

/* NaN, Infinity, and numbers that 64 bits do not hold. */
static bool
is_beyond_json(const char *s, size_t n)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    size_t n_digits = strspn(s + (*s == '-'), "0123456789") + (*s == '-');
    bool is_number = *s == '-' || (*s >= '0' && *s <= '9');

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (n == strlen(words[i]) && memcmp(s, words[i], n) == 0)
            return true;
    if (!is_number || strspn(s, "+-.eE0123456789") < n ||
        (n > 1 && s[0] == '0' && n_digits == n))
        return false;
    errno = 0;
    if (n_digits == n) {
        long long x = strtoll(s, NULL, 10);

        return errno == ERANGE && x;
    }
    char *end;
    double x = strtod(s, &end);
    return end == s + n && isinf(x);
}

/* Copy a string with its quotes; returns what is behind it. */
static const char *
copy_string(struct strbuf *out, const char *s, const char *end)
{
    const char *at = s + 1;

    while (at < end && *at != '"')
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    at += at < end;
    strbuf_add(out, s, (size_t)(at - s));
    return at;
}

/* The text with such values in quotes; *n_found: how many there are. */
static void
quote_beyond_json(struct strbuf *out, const char *text, size_t n, size_t *n_found)
{
    const char *s = text, *end = text + n;

    *n_found = 0;
    while (s < end) {
        size_t k = token_bytes(s, end);
        bool quote = k && is_beyond_json(s, k);

        if (*s == '"') {
            s = copy_string(out, s, end);
            continue;
        }
        k = k ? k : 1;
        if (quote)
            strbuf_addc(out, '"');
        strbuf_add(out, s, k);
        if (quote)
            strbuf_addc(out, '"');
        *n_found += quote;
        s += k;
    }
}

/* JSON, else JSON with values in it that only Python takes: they are texts then. */
static json_t *
load_json(const char *text, size_t n, json_error_t *fault)
{
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, fault);
    struct strbuf quoted = {0};
    size_t n_found;

    if (root)
        return root;
    char *ended = xstrndup(text, n); /* numbers are read up to a 0 */
    quote_beyond_json(&quoted, ended, strlen(ended), &n_found);
    if (n_found)
        root =
            json_loadb(strbuf_str(&quoted), quoted.len, JSON_REJECT_DUPLICATES, fault);
    strbuf_release(&quoted);
    free(ended);
    return root;
}

enum err
source_params_json(struct source_params *out, const char *text, size_t n,
                   const char *file, struct errbuf *eb)
{
    json_error_t fault;
    struct source_path path = {0};
    json_t *root = load_json(text, n, &fault);
    enum err e;

    *out = (struct source_params){0};
    if (!root)
        return err_set(eb, ERR_FORMAT, "%s: line %d, column %d: %s", file, fault.line,
                       fault.column, fault.text);
    e = json_is_object(root)
            ? walk_json(out, root, &path, 0, file, eb)
            : err_set(eb, ERR_FORMAT, "%s: no names with values", file);
    json_decref(root);
    strbuf_release(&path.text);
    if (e)
        source_params_release(out);
    return e;
}

/* --- both --- */

enum err
source_params_read(struct source_params *out, const char *path, struct errbuf *eb)
{
    size_t n, len = strlen(path);
    char *text;
    enum err e = whole_file_read(path, FILE_MAX, &text, &n, eb);

    *out = (struct source_params){0};
    if (!e)
        e = len > 5 && strcmp(path + len - 5, ".json") == 0
                ? source_params_json(out, text, n, path, eb)
                : source_params_yaml(out, text, n, path, eb);
    free(text);
    return e;
}

const char *
source_params_find(const struct source_params *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->row[i].name, name) == 0)
            return p->row[i].value;
    return NULL;
}

static void
rows_free(struct source_params_row *row, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(row[i].name);
        free(row[i].value);
    }
    free(row);
}

void
source_params_release(struct source_params *p)
{
    rows_free(p->row, p->n);
    rows_free(p->said, p->n_said);
    *p = (struct source_params){0};
}
