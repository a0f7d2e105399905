/* spec.c - the table of run parameters, and values to and from text. */
#include "spec/spec.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define OPT      SPEC_OPT
#define HYPER    SPEC_HYPER
#define NOKEY    SPEC_NOKEY
#define OPEN_MIN SPEC_OPEN_MIN
#define OPEN_MAX SPEC_OPEN_MAX
#define LATER    SPEC_LATER
static const struct spec_item items[SPEC_COUNT] = {
#define SPEC(kind, id, flags, unit, min, max, def, choices, help)                      \
    [SPEC_ID_##id] = {#id, SPEC_##kind, flags,   unit, min,                            \
                      max, def,         choices, help, offsetof(struct spec, id)},
#include "spec/spec.def"
#undef SPEC
};

static const struct {
    const char *name, *help;
} models[MODEL_COUNT] = {
#define MODEL(id, help) [MODEL_##id] = {#id, help},
#include "spec/models.def"
#undef MODEL
};

static const struct {
    const char *name, *title, *help;
} losses[LOSS_COUNT] = {
#define LOSS(id, title, help) [LOSS_##id] = {#id, title, help},
#include "spec/losses.def"
#undef LOSS
};

#define VALUE false
#define RATE  true
#define STEP  false
#define EPOCH true
static const struct metric_info metrics[METRIC_COUNT] = {
#define METRIC(id, kind, per, unit, help) [METRIC_##id] = {#id, unit, help, kind, per},
#include "spec/metrics.def"
#undef METRIC
};

static const struct {
    const char *name, *title;
} facets[] = {
#define FACET(id, title) {#id, title},
#include "spec/facets.def"
#undef FACET
};

const struct spec_item *
spec_item(enum spec_id id)
{
    assert((int)id >= 0 && id < SPEC_COUNT);
    return &items[id];
}

const struct metric_info *
metric_info(enum metric_id id)
{
    assert((int)id >= 0 && id < METRIC_COUNT);
    return &metrics[id];
}

const char *
model_name(enum model_id id)
{
    return models[id].name;
}

const char *
model_help(enum model_id id)
{
    return models[id].help;
}

const char *
loss_name(enum loss_id id)
{
    return losses[id].name;
}

const char *
loss_help(enum loss_id id)
{
    return losses[id].help;
}

const char *
loss_title(enum loss_id id)
{
    return losses[id].title;
}

static bool
same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
            return false;
    return *a == *b;
}

enum spec_id
spec_find(const char *name)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        if (same_name(items[id].name, name))
            return id;
    return SPEC_COUNT;
}

enum metric_id
metric_find(const char *name)
{
    for (enum metric_id id = 0; id < METRIC_COUNT; id++)
        if (strcmp(metrics[id].name, name) == 0)
            return id;
    return METRIC_COUNT;
}

const char *
facet_name(size_t i)
{
    return i < sizeof facets / sizeof facets[0] ? facets[i].name : NULL;
}

const char *
facet_title(const char *name)
{
    for (size_t i = 0; i < sizeof facets / sizeof facets[0]; i++)
        if (strcmp(facets[i].name, name) == 0)
            return facets[i].title;
    return name;
}

bool
spec_applies(enum spec_id id, enum model_id model)
{
    const char *p = items[id].defaults;

    if (!strchr(p, '|'))
        return true;
    for (size_t i = (size_t)model; i > 0 && (p = strchr(p, '|')); i--)
        p++;
    return p && !(p[0] == '-' && (p[1] == '|' || p[1] == '\0'));
}

/* A copy of choice i of "a|b|c" in out, or false. */
static bool
nth_choice(const char *choices, size_t i, char *out, size_t size)
{
    while (i-- && (choices = strchr(choices, '|')))
        choices++;
    if (!choices || !*choices)
        return false;
    size_t n = strcspn(choices, "|");

    assert(n < size);
    memcpy(out, choices, n);
    out[n] = '\0';
    return true;
}

const char *
spec_choice(enum spec_id id, size_t i)
{
    /* The choices that are not tables of their own, split once by hand. */
    static const char *const normalize[] = {"auto", "sf-log1p", "none"};
    static const char *const class_weights[] = {"balanced", "none"};
    static const char *const boolean[] = {"false", "true"};
    static const char *const mask_type[] = {"entmax", "sparsemax"};
    static const char *const shuffle[] = {"auto", "cells", "blocks"};

    switch ((int)id) {
    case SPEC_ID_model: return i < MODEL_COUNT ? models[i].name : NULL;
    case SPEC_ID_loss: return i < LOSS_COUNT ? losses[i].name : NULL;
    case SPEC_ID_normalize: return i < 3 ? normalize[i] : NULL;
    case SPEC_ID_class_weights: return i < 2 ? class_weights[i] : NULL;
    case SPEC_ID_augment_training_data: return i < 2 ? boolean[i] : NULL;
    case SPEC_ID_mask_type: return i < 2 ? mask_type[i] : NULL;
    case SPEC_ID_shuffle: return i < 3 ? shuffle[i] : NULL;
    default: return NULL;
    }
}

static void *
field(struct spec *s, enum spec_id id)
{
    return (char *)s + items[id].offset;
}

static const void *
field_const(const struct spec *s, enum spec_id id)
{
    return (const char *)s + items[id].offset;
}

static enum err
bad_value(enum spec_id id, const char *value, const char *hint, struct errbuf *eb)
{
    const struct spec_item *it = &items[id];

    if (it->flags & SPEC_HYPER)
        return err_set(eb, ERR_ARG, "--set %s=%s: %s", it->name, value, hint);
    char *option = xstrdup(it->name);
    for (char *p = option; *p; p++)
        if (*p == '_')
            *p = '-';
    err_set(eb, ERR_ARG, "--%s %s: %s", option, value, hint);
    free(option);
    return ERR_ARG;
}

static enum err
out_of_range(enum spec_id id, const char *value, struct errbuf *eb)
{
    const struct spec_item *it = &items[id];
    struct strbuf hint = {0};

    strbuf_addf(&hint, "must be %s ", it->kind == SPEC_INT ? "a whole number" : "a number");
    strbuf_addf(&hint, it->flags & SPEC_OPEN_MIN ? "above %.10g" : "from %.10g", it->min);
    if (it->flags & SPEC_OPEN_MAX)
        strbuf_addf(&hint, " and below %.10g", it->max);
    else
        strbuf_addf(&hint, it->flags & SPEC_OPEN_MIN ? " and at most %.10g" : " to %.10g",
                    it->max);
    if (*it->unit)
        strbuf_addf(&hint, " (%s)", it->unit);
    bad_value(id, value, strbuf_str(&hint), eb);
    strbuf_release(&hint);
    return ERR_ARG;
}

static enum err
set_number(struct spec *s, enum spec_id id, const char *value, struct errbuf *eb)
{
    const struct spec_item *it = &items[id];
    char *end;
    double x = strtod(value, &end);
    bool is_text_number = *value && !isspace((unsigned char)*value) && *end == '\0';

    if (!is_text_number || !isfinite(x) || x < it->min || x > it->max ||
        ((it->flags & SPEC_OPEN_MIN) && x <= it->min) ||
        ((it->flags & SPEC_OPEN_MAX) && x >= it->max))
        return out_of_range(id, value, eb);
    if (it->kind == SPEC_INT) {
        if (x != floor(x))
            return out_of_range(id, value, eb);
        *(int64_t *)field(s, id) = (int64_t)x;
    } else {
        *(double *)field(s, id) = x;
    }
    return ERR_OK;
}

static enum err
set_choice(struct spec *s, enum spec_id id, const char *value, struct errbuf *eb)
{
    struct strbuf hint = {0};
    const char *c;

    for (size_t i = 0; (c = spec_choice(id, i)); i++) {
        if (strcmp(c, value) == 0) {
            *(int *)field(s, id) = (int)i;
            strbuf_release(&hint);
            return ERR_OK;
        }
        strbuf_addf(&hint, "%s%s", i ? ", " : "must be one of: ", c);
    }
    bad_value(id, value, strbuf_str(&hint), eb);
    strbuf_release(&hint);
    return ERR_ARG;
}

static enum err
set_field(struct spec *s, enum spec_id id, const char *value, struct errbuf *eb)
{
    switch (items[id].kind) {
    case SPEC_TEXT: {
        char **text = field(s, id);
        char *copy = xstrdup(value);

        free(*text);
        *text = copy;
        return ERR_OK;
    }
    case SPEC_LIST: strlist_add(field(s, id), value); return ERR_OK;
    case SPEC_INT:
    case SPEC_REAL: return set_number(s, id, value, eb);
    case SPEC_CHOICE: return set_choice(s, id, value, eb);
    }
    return ERR_ARG;
}

/* Empty an item's field to what zeroed memory would hold. */
static void
clear_field(struct spec *s, enum spec_id id)
{
    void *f = field(s, id);

    switch (items[id].kind) {
    case SPEC_TEXT:
        free(*(char **)f);
        *(char **)f = NULL;
        break;
    case SPEC_LIST: strlist_release(f); break;
    case SPEC_INT: *(int64_t *)f = 0; break;
    case SPEC_REAL: *(double *)f = 0; break;
    case SPEC_CHOICE: *(int *)f = 0; break;
    }
}

static void
set_default(struct spec *s, enum spec_id id)
{
    char text[64] = "";
    size_t model = strchr(items[id].defaults, '|') ? (size_t)s->model : 0;

    clear_field(s, id);
    if (spec_applies(id, (enum model_id)s->model))
        (void)nth_choice(items[id].defaults, model, text, sizeof text);
    if (!*text && items[id].kind != SPEC_TEXT)
        return;
    enum err e = set_field(s, id, text, NULL);
    assert(e == ERR_OK);
    (void)e;
}

void
spec_init(struct spec *s)
{
    *s = (struct spec){0};
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        set_default(s, id);
}

void
spec_release(struct spec *s)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        clear_field(s, id);
    *s = (struct spec){0};
}

static void
copy_field(struct spec *dst, const struct spec *src, enum spec_id id)
{
    const void *from = field_const(src, id);
    void *to = field(dst, id);

    clear_field(dst, id);
    switch (items[id].kind) {
    case SPEC_TEXT: *(char **)to = xstrdup(*(char *const *)from); break;
    case SPEC_LIST: strlist_copy(to, from); break;
    case SPEC_INT: *(int64_t *)to = *(const int64_t *)from; break;
    case SPEC_REAL: *(double *)to = *(const double *)from; break;
    case SPEC_CHOICE: *(int *)to = *(const int *)from; break;
    }
}

void
spec_copy(struct spec *dst, const struct spec *src)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        copy_field(dst, src, id);
        dst->is_set[id] = src->is_set[id];
    }
}

enum err
spec_set(struct spec *s, enum spec_id id, const char *value, struct errbuf *eb)
{
    enum err e = set_field(s, id, value, eb);

    if (e == ERR_OK)
        s->is_set[id] = true;
    return e;
}

void
spec_unset(struct spec *s, enum spec_id id)
{
    s->is_set[id] = false;
    set_default(s, id);
}

static void
list_hypers(struct strbuf *out)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        if (items[id].flags & SPEC_HYPER)
            strbuf_addf(out, "%s%s", out->len ? ", " : "", items[id].name);
}

enum err
spec_set_hyper(struct spec *s, const char *assignment, struct errbuf *eb)
{
    const char *eq = strchr(assignment, '=');
    char *name = xstrndup(assignment, eq ? (size_t)(eq - assignment) : strlen(assignment));
    enum spec_id id = spec_find(name);
    enum err e;

    if (eq && id < SPEC_COUNT && (items[id].flags & SPEC_HYPER)) {
        e = spec_set(s, id, eq + 1, eb);
    } else {
        struct strbuf names = {0};

        list_hypers(&names);
        if (!eq)
            e = err_set(eb, ERR_ARG, "--set %s: write NAME=VALUE; names: %s", assignment,
                        strbuf_str(&names));
        else
            e = err_set(eb, ERR_ARG, "--set %s: no such hyperparameter; there are %s",
                        assignment, strbuf_str(&names));
        strbuf_release(&names);
    }
    free(name);
    return e;
}

void
spec_value(const struct spec *s, enum spec_id id, size_t i, struct strbuf *out)
{
    const void *f = field_const(s, id);

    switch (items[id].kind) {
    case SPEC_TEXT: strbuf_adds(out, *(char *const *)f); break;
    case SPEC_LIST: strbuf_adds(out, ((const struct strlist *)f)->item[i]); break;
    case SPEC_INT: strbuf_addf(out, "%lld", (long long)*(const int64_t *)f); break;
    case SPEC_REAL: strbuf_add_double(out, *(const double *)f); break;
    case SPEC_CHOICE: strbuf_adds(out, spec_choice(id, (size_t) * (const int *)f)); break;
    }
}

size_t
spec_values(const struct spec *s, enum spec_id id)
{
    if (!spec_applies(id, (enum model_id)s->model))
        return 0;
    return items[id].kind == SPEC_LIST ? ((const struct strlist *)field_const(s, id))->n
                                       : 1;
}

static void
add_escaped(struct strbuf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\\')
            strbuf_adds(out, "\\\\");
        else if (*s == '\n')
            strbuf_adds(out, "\\n");
        else
            strbuf_addc(out, *s);
    }
}

/* A parameter that came when there were keys without it already. */
static bool
is_later_default(const struct spec *s, enum spec_id id)
{
    struct strbuf value = {0};

    if (!(items[id].flags & SPEC_LATER))
        return false;
    spec_value(s, id, 0, &value);
    bool same = strcmp(strbuf_str(&value), items[id].defaults) == 0;
    strbuf_release(&value);
    return same;
}

void
spec_write(const struct spec *s, bool key_only, struct strbuf *out)
{
    struct strbuf value = {0};

    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        if (key_only && ((items[id].flags & SPEC_NOKEY) || is_later_default(s, id)))
            continue;
        for (size_t i = 0; i < spec_values(s, id); i++) {
            strbuf_reset(&value);
            spec_value(s, id, i, &value);
            strbuf_addf(out, "%s=", items[id].name);
            add_escaped(out, strbuf_str(&value));
            strbuf_addc(out, '\n');
        }
    }
    strbuf_release(&value);
}

/* Undo add_escaped on the n bytes at s.  Caller frees. */
static char *
unescape(const char *s, size_t n)
{
    struct strbuf sb = {0};

    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\\' && i + 1 < n)
            strbuf_addc(&sb, s[++i] == 'n' ? '\n' : s[i]);
        else
            strbuf_addc(&sb, s[i]);
    }
    return strbuf_detach(&sb);
}

static enum err
read_line(struct spec *s, const char *line, size_t n, struct errbuf *eb)
{
    const char *eq = memchr(line, '=', n);
    enum err e;

    if (!eq)
        return err_set(eb, ERR_ARG, "spec line without '=': %.*s", (int)n, line);
    char *name = xstrndup(line, (size_t)(eq - line));
    char *value = unescape(eq + 1, n - (size_t)(eq + 1 - line));
    enum spec_id id = spec_find(name);

    if (id == SPEC_COUNT)
        e = err_set(eb, ERR_ARG, "unknown run parameter '%s'", name);
    else
        e = spec_set(s, id, value, eb);
    free(name);
    free(value);
    return e;
}

enum err
spec_read(struct spec *s, const char *text, struct errbuf *eb)
{
    enum err e = ERR_OK;

    while (*text && e == ERR_OK) {
        size_t n = strcspn(text, "\n");

        if (n)
            e = read_line(s, text, n, eb);
        text += n + (text[n] == '\n');
    }
    return e;
}

void
spec_pair_key(const struct spec *s, const char *data_digest, const char *split_digest,
              const char *class_digest, char hex[DIGEST_HEX])
{
    struct strbuf text = {0};
    struct digest d;

    spec_write(s, true, &text);
    digest_init(&d);
    digest_adds(&d, strbuf_str(&text));
    digest_adds(&d, data_digest);
    digest_adds(&d, split_digest);
    digest_adds(&d, class_digest);
    digest_final(&d, hex);
    strbuf_release(&text);
}
