/* source_yaml.c - what hparams.yaml says: names and values.
 *
 * YAML is read as a stream of libyaml's events, and no tree is built from it.  An anchor
 * is a word or a range of the rows that were added while its mapping or list was open; an
 * alias under a name, and a merge key, copy such a range under another name.  Copies
 * count as values, of which there are SOURCE_PARAMS_MAX; an alias within a list is only a
 * word.  So aliases cannot multiply anything beyond that. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/xalloc.h"
#include "exchange/source_params_build.h"
#include "exchange/yaml_scalar.h"

enum { DIRECTIVES_MAX = 64, LOOKS_MAX = 10000000 };

/* Rows of a mapping or list whose own name has `prefix` bytes. */
struct range {
    size_t first, end, prefix;
    size_t depth;   /* of its level */
    bool is_inline; /* it stands behind "<<" itself: no values of their own */
};

struct anchor {
    bool is_word, is_open, is_list;
    char *word; /* owned; of a word: what it means, NULL: null */
    struct range rows;
};

/* What is open around the next event. */
struct level {
    bool is_list, has_key; /* has_key: of a mapping whose value comes next */
    bool is_merge;         /* what comes next is merged into a mapping */
    bool is_source;        /* it is a mapping that is merged into another */
    size_t i;              /* of a list: number of the next entry */
    size_t first_row, first_merge;
    size_t anchor;       /* index; SIZE_MAX: none */
    struct intern *keys; /* owned; of a mapping; NULL: none yet */
};

struct yaml_reader {
    yaml_parser_t parser;
    struct source_params *out;
    const char *file;
    struct source_path path;
    struct level level[SOURCE_PARAMS_DEPTH + 1]; /* [0]: the document */
    size_t depth;
    struct intern *anchor_name; /* owned */
    struct anchor *anchor;      /* (names) owned */
    size_t anchor_cap;
    struct range *merge; /* (n_merges) owned; of the levels that are open */
    size_t n_merges, merge_cap;
    uint8_t *dead; /* (n_dead) owned; level by which a row does not count any more, the
                      innermost; 0, and beyond: it counts */
    size_t n_dead, dead_cap;
    size_t n_looks; /* at rows, for a second time */
};

static enum err
yaml_fault(const struct yaml_reader *r, const yaml_mark_t *at, const char *what,
           struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: line %zu, column %zu: %s", r->file,
                   at->line + 1, at->column + 1, what);
}

/* --- words --- */

static bool
has_tag(const yaml_event_t *ev, const char *name)
{
    static const char core[] = "tag:yaml.org,2002:";
    const char *tag = (const char *)ev->data.scalar.tag;

    return tag && strncmp(tag, core, sizeof core - 1) == 0 &&
           strcmp(tag + sizeof core - 1, name) == 0;
}

/* Without quotes and tag: what it means depends on how it looks. */
static bool
is_plain(const yaml_event_t *ev)
{
    return ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !ev->data.scalar.tag;
}

static bool
is_null(const yaml_event_t *ev)
{
    return has_tag(ev, "null") ||
           (is_plain(ev) && yaml_scalar_is_null((const char *)ev->data.scalar.value));
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

/* What the word means; NULL: null.  Caller frees. */
static char *
scalar_meaning(const yaml_event_t *ev, const char *text)
{
    bool resolve = is_plain(ev) || has_tag(ev, "int") || has_tag(ev, "float") ||
                   has_tag(ev, "bool");
    char *meaning = resolve ? yaml_scalar_meaning(text) : NULL;

    return is_null(ev) ? NULL : meaning ? meaning : xstrdup(text);
}

/* --- rows a second time --- */

/* Against files made to be slow. */
static enum err
look(struct yaml_reader *r, size_t n, struct errbuf *eb)
{
    r->n_looks += n;
    return r->n_looks > LOOKS_MAX
               ? err_set(eb, ERR_FORMAT,
                         "%s: too many aliases, merge keys or names that stand twice",
                         r->file)
               : ERR_OK;
}

/* Whether it does not count within a range of that depth: what is wrong only further out
 * is still what an anchor stands for. */
static bool
is_dead(const struct yaml_reader *r, size_t i, size_t depth)
{
    return i < r->n_dead && r->dead[i] >= depth;
}

static void
kill_row(struct yaml_reader *r, size_t i)
{
    r->dead = grow(r->dead, &r->dead_cap, i + 1, sizeof *r->dead);
    while (r->n_dead <= i)
        r->dead[r->n_dead++] = 0;
    if (r->dead[i] < r->depth)
        r->dead[i] = (uint8_t)r->depth;
}

/* Bytes of a name up to the part below `prefix` bytes. */
static size_t
below(size_t prefix)
{
    return prefix + (prefix > 0);
}

/* The name stands again in its mapping: what it had is gone. */
static enum err
forget_key(struct yaml_reader *r, const char *key, struct errbuf *eb)
{
    size_t first = r->level[r->depth].first_row, n = strlen(key);
    enum err e = look(r, r->out->n - first + 1, eb);

    for (size_t i = first; i < r->out->n && !e; i++) {
        const char *part = r->out->row[i].name + below(r->path.start[r->depth]);

        if (strncmp(part, key, n) == 0 && (!part[n] || part[n] == '.'))
            kill_row(r, i);
    }
    return e;
}

/* Whether a mapping has that name, or the one that is the first part of it. */
static bool
has_key(const struct intern *keys, const char *part)
{
    char *first = xstrndup(part, strcspn(part, "."));
    bool has = keys && (intern_find(keys, part) != SIZE_MAX ||
                        intern_find(keys, first) != SIZE_MAX);

    free(first);
    return has;
}

/* Copy rows under the first n_to bytes of the path, but those of keys (NULL: none). */
static enum err
copy_rows(struct yaml_reader *r, const struct range *from, size_t n_to,
          const struct intern *keys, struct errbuf *eb)
{
    struct strbuf name = {0};
    enum err e = look(r, from->end - from->first + 1, eb);

    for (size_t i = from->first; i < from->end && !e; i++) {
        const struct source_params_row *row = &r->out->row[i];
        const char *part = row->name + below(from->prefix);

        if (is_dead(r, i, from->depth) || has_key(keys, part))
            continue;
        strbuf_reset(&name);
        strbuf_add(&name, strbuf_str(&r->path.text), n_to);
        strbuf_addf(&name, "%s%s", n_to ? "." : "", part);
        if (name.len > SOURCE_NAME_BYTES)
            e = err_set(eb, ERR_FORMAT, "%s: a name of more than %d bytes", r->file,
                        SOURCE_NAME_BYTES);
        else
            e = source_params_add(r->out, strbuf_str(&name), row->value, r->file, eb);
    }
    strbuf_release(&name);
    return e;
}

/* --- merge keys --- */

static void
push_merge(struct yaml_reader *r, const struct range *rows)
{
    r->merge = grow(r->merge, &r->merge_cap, r->n_merges + 1, sizeof *r->merge);
    r->merge[r->n_merges++] = *rows;
}

/* Of a list of mappings the first counts, of several merge keys the last. */
static void
reverse_merges(struct yaml_reader *r, size_t first)
{
    for (size_t i = first, j = r->n_merges; i + 1 < j; i++) {
        struct range x = r->merge[i];

        r->merge[i] = r->merge[--j];
        r->merge[j] = x;
    }
}

/* What was merged into the mapping that ends, the strongest first; its own names are
 * stronger. */
static enum err
merge_all(struct yaml_reader *r, struct level *l, struct errbuf *eb)
{
    size_t n_to = r->path.start[r->depth];
    enum err e = ERR_OK;

    while (r->n_merges > l->first_merge && !e) {
        struct range from = r->merge[--r->n_merges];
        size_t n = r->out->n;

        e = copy_rows(r, &from, n_to, l->keys, eb);
        for (size_t i = n; i < r->out->n; i++) {
            const char *part = r->out->row[i].name + below(n_to);
            char *key = xstrndup(part, strcspn(part, "."));

            intern_add(l->keys, key);
            free(key);
        }
        for (size_t i = from.first; from.is_inline && i < from.end; i++)
            kill_row(r, i);
    }
    return e;
}

/* --- anchors --- */

/* The anchor of that name, empty.  SIZE_MAX: no name. */
static size_t
set_anchor(struct yaml_reader *r, const yaml_char_t *name)
{
    if (!name)
        return SIZE_MAX;
    size_t known = intern_count(r->anchor_name);
    size_t i = intern_add(r->anchor_name, (const char *)name);

    r->anchor = grow(r->anchor, &r->anchor_cap, i + 1, sizeof *r->anchor);
    if (i < known)
        free(r->anchor[i].word);
    r->anchor[i] = (struct anchor){0};
    return i;
}

static void
set_anchor_word(struct yaml_reader *r, const yaml_char_t *name, const char *meaning)
{
    size_t i = set_anchor(r, name);

    if (i != SIZE_MAX)
        r->anchor[i] =
            (struct anchor){.is_word = true, .word = meaning ? xstrdup(meaning) : NULL};
}

/* --- events --- */

/* Before a value: its name, and whether a key is due instead. */
static enum err
begin_value(struct yaml_reader *r, bool *is_key, struct errbuf *eb)
{
    struct level *l = &r->level[r->depth];

    *is_key = false;
    if (r->depth == 0)
        return ERR_OK;
    if (l->is_list)
        return source_path_number(&r->path, r->depth, l->i++, r->file, eb);
    *is_key = !l->has_key;
    l->has_key = !l->has_key;
    return ERR_OK;
}

static enum err
on_key(struct yaml_reader *r, const char *word, bool is_merge, struct errbuf *eb)
{
    struct level *l = &r->level[r->depth];
    enum err e = source_path_set(&r->path, r->depth, word, r->file, eb);

    if (!l->keys)
        l->keys = intern_new();
    size_t known = intern_count(l->keys);
    if (!e && intern_add(l->keys, word) < known && !is_merge)
        e = forget_key(r, word, eb);
    l->is_merge = is_merge;
    return e;
}

/* A value, or what stands for a merge: nothing but what the file says. */
static enum err
add_word(struct yaml_reader *r, const char *said, const char *meaning,
         struct errbuf *eb)
{
    const char *name = strbuf_str(&r->path.text);
    enum err e = source_params_add_said(r->out, name, said, r->file, eb);

    return e ? e : source_params_add(r->out, name, meaning, r->file, eb);
}

static enum err
on_scalar(struct yaml_reader *r, const yaml_event_t *ev, struct errbuf *eb)
{
    char *said = scalar_text(ev), *meaning = scalar_meaning(ev, said);
    bool is_key;
    enum err e = begin_value(r, &is_key, eb);

    set_anchor_word(r, ev->data.scalar.anchor, meaning);
    if (e)
        goto out;
    if (is_key)
        e = on_key(r, said, is_plain(ev) && strcmp(said, "<<") == 0, eb);
    else if (r->depth == 0) /* a document of one word has no names */
        e = meaning ? yaml_fault(r, &ev->start_mark, "no names with values", eb)
                    : ERR_OK;
    else if (r->level[r->depth].is_merge)
        e = yaml_fault(r, &ev->start_mark, "what is merged is no mapping", eb);
    else
        e = add_word(r, meaning ? said : NULL, meaning, eb);
out:
    free(said);
    free(meaning);
    return e;
}

/* An alias that is a value. */
static enum err
add_alias(struct yaml_reader *r, const yaml_event_t *ev, const struct anchor *a,
          const char *said, struct errbuf *eb)
{
    const struct level *l = &r->level[r->depth];
    const char *name = strbuf_str(&r->path.text);

    if (l->is_merge && (a->is_word || a->is_open || a->is_list))
        return yaml_fault(r, &ev->start_mark, "what is merged is no mapping", eb);
    if (a->is_word)
        return add_word(r, said, a->word, eb);
    if (!l->is_merge && (a->is_open || l->is_list))
        return add_word(r, said, said, eb);
    enum err e = source_params_add_said(r->out, name, said, r->file, eb);
    if (!e && l->is_merge)
        push_merge(r, &a->rows);
    else if (!e)
        e = copy_rows(r, &a->rows, r->path.text.len, NULL, eb);
    return e;
}

static enum err
on_alias(struct yaml_reader *r, const yaml_event_t *ev, struct errbuf *eb)
{
    const char *name = (const char *)ev->data.alias.anchor;
    size_t i = intern_find(r->anchor_name, name);
    bool is_key;
    enum err e = begin_value(r, &is_key, eb);

    if (e)
        return e;
    if (i == SIZE_MAX || r->depth == 0)
        return yaml_fault(r, &ev->start_mark, "an alias of nothing", eb);
    char *said = xasprintf("*%s", name);
    if (!is_key)
        e = add_alias(r, ev, &r->anchor[i], said, eb);
    else if (r->anchor[i].is_word && r->anchor[i].word)
        e = on_key(r, r->anchor[i].word, false, eb);
    else
        e = on_key(r, said, false, eb);
    free(said);
    return e;
}

static enum err
on_open(struct yaml_reader *r, const yaml_event_t *ev, bool is_list, struct errbuf *eb)
{
    bool is_key;
    enum err e = begin_value(r, &is_key, eb);
    const struct level *up = &r->level[r->depth];
    size_t anchor = set_anchor(r, is_list ? ev->data.sequence_start.anchor
                                          : ev->data.mapping_start.anchor);

    if (e)
        return e;
    if (is_key)
        return yaml_fault(r, &ev->start_mark, "a name that is no word", eb);
    if (up->is_merge && up->is_list && is_list)
        return yaml_fault(r, &ev->start_mark, "what is merged is no mapping", eb);
    if (r->depth == SOURCE_PARAMS_DEPTH)
        return yaml_fault(r, &ev->start_mark, "too many levels", eb);
    if (anchor != SIZE_MAX)
        r->anchor[anchor] = (struct anchor){.is_open = true, .is_list = is_list};
    r->level[r->depth + 1] = (struct level){.is_list = is_list,
                                            .is_merge = is_list && up->is_merge,
                                            .is_source = !is_list && up->is_merge,
                                            .first_row = r->out->n,
                                            .first_merge = r->n_merges,
                                            .anchor = anchor};
    r->path.start[++r->depth] = r->path.text.len;
    return ERR_OK;
}

static enum err
on_close(struct yaml_reader *r, struct errbuf *eb)
{
    struct level *l = &r->level[r->depth];
    size_t n = r->path.start[r->depth];
    enum err e = ERR_OK;

    if (l->is_list && l->is_merge)
        reverse_merges(r, l->first_merge);
    else
        e = merge_all(r, l, eb);
    struct range rows = {.first = l->first_row,
                         .end = r->out->n,
                         .prefix = n,
                         .depth = r->depth,
                         .is_inline = l->is_source};
    if (l->is_source)
        push_merge(r, &rows);
    rows.is_inline = false;
    if (l->anchor != SIZE_MAX) {
        r->anchor[l->anchor].is_open = false;
        r->anchor[l->anchor].rows = rows;
    }
    intern_free(l->keys);
    l->keys = NULL;
    r->depth--;
    if (r->path.text.len > n) {
        r->path.text.len = n;
        r->path.text.buf[n] = '\0';
    }
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
    case YAML_SEQUENCE_END_EVENT: return on_close(r, eb);
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

/* --- a document --- */

/* Lines that start with "%".  libyaml compares each directive with all before it. */
static size_t
count_directives(const char *text, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += text[i] == '%' && (i == 0 || text[i - 1] == '\n');
    return count;
}

static void
drop_dead(struct yaml_reader *r)
{
    struct source_params *p = r->out;
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++)
        if (is_dead(r, i, 1)) {
            free(p->row[i].name);
            free(p->row[i].value);
        } else {
            p->row[n++] = p->row[i];
        }
    p->n = n;
}

static void
reader_release(struct yaml_reader *r)
{
    for (size_t i = 0; i < intern_count(r->anchor_name); i++)
        free(r->anchor[i].word);
    for (size_t i = 0; i <= SOURCE_PARAMS_DEPTH; i++)
        intern_free(r->level[i].keys);
    intern_free(r->anchor_name);
    free(r->anchor);
    free(r->merge);
    free(r->dead);
    strbuf_release(&r->path.text);
    yaml_parser_delete(&r->parser);
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
    r.anchor_name = intern_new();
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    enum err e = read_events(&r, eb);
    drop_dead(&r);
    reader_release(&r);
    if (e)
        source_params_release(out);
    return e;
}
