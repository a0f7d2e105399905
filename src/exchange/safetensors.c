/* safetensors.c - a safetensors file: eight bytes of length, a header in JSON, values.
 *
 * The format's own rules are checked: offsets leave no hole and no overlap and end with
 * the file, names stand once.  Of its own the reader refuses headers of more than
 * SAFETENSORS_HEADER_MAX bytes: those of models are a few dozen kB, and JSON takes many
 * times its size in memory. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/tensor_file.h"

enum { LENGTH_BYTES = 8, SAFETENSORS_HEADER_MAX = 8 << 20 };

static const struct {
    const char *name;
    enum tensor_type type;
} types[] = {
    {"BOOL", TENSOR_U8}, {"U8", TENSOR_U8},   {"I8", TENSOR_I8},
    {"I16", TENSOR_I16}, {"F16", TENSOR_F16}, {"BF16", TENSOR_BF16},
    {"I32", TENSOR_I32}, {"F32", TENSOR_F32}, {"F64", TENSOR_F64},
    {"I64", TENSOR_I64},
};

static enum err
malformed(const struct tensor_file *f, const char *name, const char *why,
          struct errbuf *eb)
{
    return err_set(eb, ERR_FORMAT, "%s: tensor '%s': %s", f->file.path, name, why);
}

static bool
take_index(const json_t *v, uint64_t *out)
{
    bool ok = json_is_integer(v) && json_integer_value(v) >= 0;

    *out = ok ? (uint64_t)json_integer_value(v) : 0;
    return ok;
}

/* False: a type that is not read here. */
static bool
take_type(const json_t *v, enum tensor_type *out)
{
    for (size_t i = 0; json_is_string(v) && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(json_string_value(v), types[i].name) == 0) {
            *out = types[i].type;
            return true;
        }
    return false;
}

static const char *
take_shape(const json_t *v, struct tensor *t)
{
    if (!json_is_array(v))
        return "it has no shape";
    if (json_array_size(v) > TENSOR_DIMS_MAX)
        return "it has more than 8 dimensions";
    t->n_dims = json_array_size(v);
    for (size_t i = 0; i < t->n_dims; i++)
        if (!take_index(json_array_get(v, i), &t->dim[i]))
            return "its shape is none";
    return tensor_set_strides(t) ? NULL : "it has an impossible shape";
}

/* Fill t and its place from an entry; returns what is wrong, or NULL.  *is_read: its type
 * is one of ours. */
static const char *
take_entry(const json_t *v, uint64_t begin, uint64_t bytes, struct tensor *t,
           struct tensor_place *p, bool *is_read)
{
    const json_t *range = json_object_get(v, "data_offsets");
    uint64_t from, to;

    if (!json_is_string(json_object_get(v, "dtype")))
        return "it has no dtype";
    *is_read = take_type(json_object_get(v, "dtype"), &t->type);
    const char *why = take_shape(json_object_get(v, "shape"), t);

    if (why)
        return why;
    if (json_array_size(range) != 2 || !take_index(json_array_get(range, 0), &from) ||
        !take_index(json_array_get(range, 1), &to) || from > to || to > bytes)
        return "its data_offsets lie outside of the file";
    if (*is_read && to - from != t->n * tensor_type_bytes(t->type))
        return "its data_offsets do not fit its shape";
    *p = (struct tensor_place){.begin = begin + from, .bytes = to - from};
    return NULL;
}

static enum err
add_metadata(struct tensor_file *f, json_t *v, struct errbuf *eb)
{
    const char *key;
    json_t *value;

    if (!json_is_object(v))
        return malformed(f, "__metadata__", "it is no object", eb);
    json_object_foreach(v, key, value)
    {
        if (!json_is_string(value))
            return malformed(f, "__metadata__", "a value that is no text", eb);
        strlist_add(&f->key, key);
        strlist_add(&f->value, json_string_value(value));
    }
    return ERR_OK;
}

/* Its name is all that there is of a tensor that is not read. */
static enum err
add_unread(struct tensor_file *f, const char *name, const json_t *v, struct errbuf *eb)
{
    if (f->unread.n == TENSORS_MAX)
        return malformed(f, name, "one of too many whose dtype is not read here", eb);
    strlist_add(&f->unread, name);
    strlist_add(&f->unread_dtype, json_string_value(json_object_get(v, "dtype")));
    return ERR_OK;
}

static enum err
add_tensor(struct tensor_file *f, const char *name, const json_t *v, uint64_t begin,
           struct errbuf *eb)
{
    struct tensor t = {0};
    struct tensor_place p;
    bool is_read;
    const char *why = take_entry(v, begin, f->file.size - begin, &t, &p, &is_read);

    if (why)
        return malformed(f, name, why, eb);
    t.place = tensor_file_add_place(f, &p);
    return is_read ? tensor_file_add(f, name, strlen(name), &t, eb)
                   : add_unread(f, name, v, eb);
}

static enum err
add_entries(struct tensor_file *f, json_t *head, uint64_t begin, struct errbuf *eb)
{
    const char *name;
    json_t *v;

    json_object_foreach(head, name, v)
    {
        enum err e = strcmp(name, "__metadata__") == 0
                         ? add_metadata(f, v, eb)
                         : add_tensor(f, name, v, begin, eb);
        if (e)
            return e;
    }
    return ERR_OK;
}

static int
by_begin(const void *a, const void *b)
{
    const struct tensor_place *x = a, *y = b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

/* One after the other from begin to the end of the file. */
static enum err
check_places(const struct tensor_file *f, uint64_t begin, struct errbuf *eb)
{
    struct tensor_place *p = xmalloc(f->n_places, sizeof *p);
    bool ok = true;

    if (f->n_places)
        memcpy(p, f->place, f->n_places * sizeof *p);
    qsort(p, f->n_places, sizeof *p, by_begin);
    for (size_t i = 0; i < f->n_places; i++) {
        ok &= p[i].begin == begin;
        begin += p[i].bytes;
    }
    free(p);
    if (!ok || begin != f->file.size)
        return err_set(eb, ERR_FORMAT,
                       "%s: its tensors leave holes or overlap (was the file copied "
                       "whole?)",
                       f->file.path);
    return ERR_OK;
}

static enum err
parse_header(struct tensor_file *f, const char *text, size_t n, struct errbuf *eb)
{
    json_error_t why;
    json_t *head = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    enum err e;

    if (!head)
        return err_set(eb, ERR_FORMAT, "%s: its header is no JSON: byte %d: %s",
                       f->file.path, LENGTH_BYTES + why.position, why.text);
    if (!json_is_object(head))
        e = err_set(eb, ERR_FORMAT, "%s: its header is no object", f->file.path);
    else if (!(e = add_entries(f, head, LENGTH_BYTES + n, eb)))
        e = check_places(f, LENGTH_BYTES + n, eb);
    json_decref(head);
    return e;
}

enum err
safetensors_read(struct tensor_file *f, struct errbuf *eb)
{
    uint8_t length[LENGTH_BYTES];
    enum err e = input_file_read(&f->file, 0, length, sizeof length, eb);
    uint64_t n = e ? 0 : input_le(length, sizeof length);
    char *text = NULL;

    if (e)
        return e;
    if (n > f->file.size - LENGTH_BYTES)
        return err_set(eb, ERR_FORMAT,
                       "%s: a header of %" PRIu64 " bytes in a file of %" PRIu64
                       " (was it copied whole?)",
                       f->file.path, n, f->file.size);
    if (n > SAFETENSORS_HEADER_MAX)
        return err_set(eb, ERR_FORMAT,
                       "%s: a header of %" PRIu64 " bytes, more than a model's 8 MiB",
                       f->file.path, n);
    text = xmalloc((size_t)n + 1, 1);
    e = input_file_read(&f->file, LENGTH_BYTES, text, (size_t)n, eb);
    if (!e)
        e = parse_header(f, text, (size_t)n, eb);
    free(text);
    return e;
}
