/* source_params.c - what hparams.yaml and parameters.json say: names and values.
 *
 * YAML is read as a stream of libyaml's events, so that no tree is built from it and an
 * alias cannot multiply anything: it stands for nothing but a word that names it. */
#include "exchange/source_params.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/whole_file.h"

enum { FILE_MAX = 4 << 20, NAME_MAX_BYTES = 4096, DIRECTIVES_MAX = 64 };

static enum err
add(struct source_params *p, const char *name, const char *value, const char *file,
    struct errbuf *eb)
{
    if (p->n == SOURCE_PARAMS_MAX)
        return err_set(eb, ERR_FORMAT, "%s: more than %d values", file,
                       SOURCE_PARAMS_MAX);
    p->row = grow(p->row, &p->cap, p->n + 1, sizeof *p->row);
    p->row[p->n++] = (struct source_params_row){.name = xstrdup(name),
                                                .value = value ? xstrdup(value) : NULL};
    return ERR_OK;
}

/* --- names of nested values --- */

struct path {
    struct strbuf text;
    size_t start[SOURCE_PARAMS_DEPTH + 1]; /* bytes of the name above each level */
};

/* Make the last part of the name at a level. */
static enum err
path_set(struct path *p, size_t level, const char *part, const char *file,
         struct errbuf *eb)
{
    size_t n = p->start[level];

    if (n + strlen(part) + 1 > NAME_MAX_BYTES)
        return err_set(eb, ERR_FORMAT, "%s: a name of more than %d bytes", file,
                       NAME_MAX_BYTES);
    if (p->text.len > n) {
        p->text.len = n;
        p->text.buf[n] = '\0';
    }
    if (n)
        strbuf_addc(&p->text, '.');
    strbuf_adds(&p->text, part);
    return ERR_OK;
}

static enum err
path_number(struct path *p, size_t level, size_t i, const char *file, struct errbuf *eb)
{
    char part[24];

    snprintf(part, sizeof part, "%zu", i);
    return path_set(p, level, part, file, eb);
}

/* --- YAML --- */

/* What is open around the next event. */
struct level {
    bool is_list, has_key; /* has_key: of a mapping whose value comes next */
    size_t i;              /* of a list: number of the next entry */
};

struct yaml_reader {
    yaml_parser_t parser;
    struct source_params *out;
    const char *file;
    struct path path;
    struct level level[SOURCE_PARAMS_DEPTH + 1]; /* [0]: the document */
    size_t depth;
};

static enum err
yaml_fault(const struct yaml_reader *r, const yaml_mark_t *at, const char *what,
           struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: line %zu, column %zu: %s", r->file,
                   at->line + 1, at->column + 1, what);
}

/* "~", "null" and "" without quotes. */
static bool
is_null(const yaml_event_t *ev)
{
    const char *s = (const char *)ev->data.scalar.value;

    return ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !ev->data.scalar.tag &&
           (!*s || strcmp(s, "~") == 0 || strcmp(s, "null") == 0 ||
            strcmp(s, "Null") == 0 || strcmp(s, "NULL") == 0);
}

/* "!!python/name:torch.optim.AdamW ''" says what it is in its tag. */
static char *
scalar_text(const yaml_event_t *ev)
{
    static const char python[] = "tag:yaml.org,2002:python/";
    const char *tag = (const char *)ev->data.scalar.tag;
    const char *colon = tag && strncmp(tag, python, sizeof python - 1) == 0
                            ? strchr(tag + sizeof python - 1, ':')
                            : NULL;

    if (ev->data.scalar.length == 0 && colon)
        return xstrdup(colon + 1);
    /* What stands behind a 0 is no part of it. */
    return xstrndup((const char *)ev->data.scalar.value, ev->data.scalar.length);
}

/* Before a value: its name, and whether a key is due instead. */
static enum err
begin_value(struct yaml_reader *r, bool *is_key, struct errbuf *eb)
{
    struct level *l = &r->level[r->depth];

    *is_key = false;
    if (r->depth == 0)
        return ERR_OK;
    if (l->is_list)
        return path_number(&r->path, r->depth, l->i++, r->file, eb);
    *is_key = !l->has_key;
    l->has_key = !l->has_key;
    return ERR_OK;
}

static enum err
on_word(struct yaml_reader *r, const yaml_event_t *ev, const char *word, bool null,
        struct errbuf *eb)
{
    bool is_key;
    enum err e = begin_value(r, &is_key, eb);

    if (e)
        return e;
    if (is_key)
        return path_set(&r->path, r->depth, word, r->file, eb);
    if (r->depth == 0) /* a document of one word has no names */
        return null ? ERR_OK
                    : yaml_fault(r, &ev->start_mark, "no names with values", eb);
    return add(r->out, strbuf_str(&r->path.text), null ? NULL : word, r->file, eb);
}

static enum err
on_open(struct yaml_reader *r, const yaml_event_t *ev, bool is_list, struct errbuf *eb)
{
    bool is_key;
    enum err e = begin_value(r, &is_key, eb);

    if (e)
        return e;
    if (is_key)
        return yaml_fault(r, &ev->start_mark, "a name that is no word", eb);
    if (r->depth == SOURCE_PARAMS_DEPTH)
        return yaml_fault(r, &ev->start_mark, "too many levels", eb);
    r->level[++r->depth] = (struct level){.is_list = is_list};
    r->path.start[r->depth] = r->path.text.len;
    return ERR_OK;
}

static void
on_close(struct yaml_reader *r)
{
    size_t n = r->path.start[r->depth--];

    if (r->path.text.len > n) {
        r->path.text.len = n;
        r->path.text.buf[n] = '\0';
    }
}

static enum err
on_scalar(struct yaml_reader *r, const yaml_event_t *ev, struct errbuf *eb)
{
    char *word = scalar_text(ev);
    enum err e = on_word(r, ev, word, is_null(ev), eb);

    free(word);
    return e;
}

static enum err
on_alias(struct yaml_reader *r, const yaml_event_t *ev, struct errbuf *eb)
{
    char *word = xasprintf("*%s", (const char *)ev->data.alias.anchor);
    enum err e = on_word(r, ev, word, false, eb);

    free(word);
    return e;
}

static enum err
on_event(struct yaml_reader *r, const yaml_event_t *ev, size_t *n_documents,
         struct errbuf *eb)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT: return on_scalar(r, ev, eb);
    case YAML_ALIAS_EVENT: return on_alias(r, ev, eb);
    case YAML_MAPPING_START_EVENT: return on_open(r, ev, false, eb);
    case YAML_SEQUENCE_START_EVENT: return on_open(r, ev, true, eb);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: on_close(r); return ERR_OK;
    case YAML_DOCUMENT_START_EVENT:
        if (++*n_documents > 1)
            return yaml_fault(r, &ev->start_mark, "a second document", eb);
        return ERR_OK;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
    }
    return ERR_OK;
}

static enum err
read_events(struct yaml_reader *r, struct errbuf *eb)
{
    size_t n_documents = 0;
    bool at_end = false;
    enum err e = ERR_OK;

    while (!at_end && !e) {
        yaml_event_t ev;

        if (!yaml_parser_parse(&r->parser, &ev))
            return yaml_fault(r, &r->parser.problem_mark,
                              r->parser.problem ? r->parser.problem : "no YAML", eb);
        at_end = ev.type == YAML_STREAM_END_EVENT;
        e = on_event(r, &ev, &n_documents, eb);
        yaml_event_delete(&ev);
    }
    return e;
}

/* Lines that start with "%".  libyaml compares each directive with all before it. */
static size_t
count_directives(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += text[i] == '%' && (i == 0 || text[i - 1] == '\n');
    return count;
}

enum err
source_params_yaml(struct source_params *out, const char *text, size_t n,
                   const char *file, struct errbuf *eb)
{
    struct yaml_reader r = {.out = out, .file = file};

    *out = (struct source_params){0};
    if (count_directives(text, n) > DIRECTIVES_MAX)
        return err_set(eb, ERR_FORMAT, "%s: more than %d directives", file,
                       DIRECTIVES_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return err_set(eb, ERR_NOMEM, "%s: no memory to read YAML", file);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    enum err e = read_events(&r, eb);
    yaml_parser_delete(&r.parser);
    strbuf_release(&r.path.text);
    if (e)
        source_params_release(out);
    return e;
}

/* --- JSON --- */

static enum err walk_json(struct source_params *out, json_t *x, struct path *path,
                          size_t depth, const char *file, struct errbuf *eb);

static enum err
walk_members(struct source_params *out, json_t *x, struct path *path, size_t depth,
             const char *file, struct errbuf *eb)
{
    enum err e = ERR_OK;

    path->start[depth] = path->text.len;
    for (void *it = json_object_iter(x); it && !e; it = json_object_iter_next(x, it)) {
        e = path_set(path, depth, json_object_iter_key(it), file, eb);
        if (!e)
            e = walk_json(out, json_object_iter_value(it), path, depth, file, eb);
    }
    return e;
}

static enum err
walk_entries(struct source_params *out, json_t *x, struct path *path, size_t depth,
             const char *file, struct errbuf *eb)
{
    enum err e = ERR_OK;

    path->start[depth] = path->text.len;
    for (size_t i = 0; i < json_array_size(x) && !e; i++) {
        e = path_number(path, depth, i, file, eb);
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
walk_json(struct source_params *out, json_t *x, struct path *path, size_t depth,
          const char *file, struct errbuf *eb)
{
    size_t len = path->text.len;
    enum err e;

    if (!json_is_object(x) && !json_is_array(x)) {
        char *word = json_word(x);

        e = add(out, strbuf_str(&path->text), word, file, eb);
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

enum err
source_params_json(struct source_params *out, const char *text, size_t n,
                   const char *file, struct errbuf *eb)
{
    json_error_t fault;
    struct path path = {0};
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &fault);
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

void
source_params_release(struct source_params *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->row[i].name);
        free(p->row[i].value);
    }
    free(p->row);
    *p = (struct source_params){0};
}
