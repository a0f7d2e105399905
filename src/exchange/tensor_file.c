/* tensor_file.c - named tensors of a file, one at a time as floats. */
#include "exchange/tensor_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* --- values: bits, the lowest first, as floats --- */

static float
from_f32(uint64_t x)
{
    uint32_t bits = (uint32_t)x;
    float out;

    memcpy(&out, &bits, sizeof out);
    return out;
}

static float
from_bf16(uint64_t x)
{
    return from_f32(x << 16);
}

/* Sign, 5 bits of exponent, 10 of fraction.  A number below 2^-14 is its fraction times
 * 2^-24. */
static float
from_f16(uint64_t x)
{
    uint64_t sign = (x & 0x8000) << 16, exponent = x >> 10 & 31, fraction = x & 1023;

    if (exponent == 0) {
        float small = (float)fraction / 16777216.0f;

        return sign ? -small : small;
    }
    if (exponent == 31)
        return from_f32(sign | 0x7f800000 | fraction << 13);
    return from_f32(sign | (exponent + 112) << 23 | fraction << 13);
}

static float
from_f64(uint64_t x)
{
    double out;

    memcpy(&out, &x, sizeof out);
    return (float)out;
}

static float
from_i8(uint64_t x)
{
    return (float)(int8_t)(uint8_t)x;
}

static float
from_i16(uint64_t x)
{
    return (float)(int16_t)(uint16_t)x;
}

static float
from_i32(uint64_t x)
{
    return (float)(int32_t)(uint32_t)x;
}

static float
from_i64(uint64_t x)
{
    return (float)(int64_t)x;
}

static float
from_u8(uint64_t x)
{
    return (float)x;
}

static const struct {
    const char *name;
    size_t bytes;
    float (*get)(uint64_t bits);
} types[TENSOR_TYPES] = {
    [TENSOR_F16] = {"float16", 2, from_f16}, [TENSOR_BF16] = {"bfloat16", 2, from_bf16},
    [TENSOR_F32] = {"float32", 4, from_f32}, [TENSOR_F64] = {"float64", 8, from_f64},
    [TENSOR_I8] = {"int8", 1, from_i8},      [TENSOR_I16] = {"int16", 2, from_i16},
    [TENSOR_I32] = {"int32", 4, from_i32},   [TENSOR_I64] = {"int64", 8, from_i64},
    [TENSOR_U8] = {"uint8", 1, from_u8},
};

const char *
tensor_type_name(enum tensor_type type)
{
    return types[type].name;
}

size_t
tensor_type_bytes(enum tensor_type type)
{
    return types[type].bytes;
}

static uint64_t
bits_at(const uint8_t *p, size_t width, bool is_big_endian)
{
    uint64_t x = 0;

    if (!is_big_endian)
        return input_le(p, width);
    for (size_t i = 0; i < width; i++)
        x = x << 8 | p[i];
    return x;
}

/* --- open and close --- */

/* torch.save before PyTorch 1.6: a pickle of a magic number first. */
static bool
is_old_torch(const uint8_t *p, size_t n)
{
    static const uint8_t magic[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
                                    0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

    return n >= sizeof magic && memcmp(p, magic, sizeof magic) == 0;
}

static enum err
read_by_content(struct tensor_file *f, struct errbuf *eb)
{
    uint8_t head[16] = {0};
    size_t n = f->file.size < sizeof head ? (size_t)f->file.size : sizeof head;
    enum err e = input_file_read(&f->file, 0, head, n, eb);

    if (e)
        return e;
    if (memcmp(head, "PK\3\4", 4) == 0)
        return torch_file_read(f, eb);
    if (is_old_torch(head, n))
        return err_set(eb, ERR_UNSUPPORTED,
                       "%s: saved by PyTorch before 1.6 (or with "
                       "_use_new_zipfile_serialization=False): load it there and "
                       "torch.save it again",
                       f->file.path);
    if (n >= 9 && head[8] == '{')
        return safetensors_read(f, eb);
    return err_set(eb, ERR_FORMAT,
                   "%s: neither a checkpoint of PyTorch (a zip archive) nor a "
                   "safetensors file",
                   f->file.path);
}

enum err
tensor_file_open(struct tensor_file *f, const char *path, struct errbuf *eb)
{
    enum err e;

    *f = (struct tensor_file){0};
    if ((e = input_file_open(&f->file, path, eb)))
        return e;
    if ((e = read_by_content(f, eb)))
        tensor_file_close(f);
    return e;
}

void
tensor_file_close(struct tensor_file *f)
{
    zip_members_close(&f->zip);
    input_file_close(&f->file);
    free(f->tensor);
    free(f->place);
    strlist_release(&f->unread);
    strlist_release(&f->unread_dtype);
    strlist_release(&f->key);
    strlist_release(&f->value);
    arena_release(&f->arena);
    *f = (struct tensor_file){.file = {.fd = -1}};
}

/* --- tensors --- */

/* t->n from dim; false if it overflows. */
static bool
count_values(struct tensor *t)
{
    uint64_t n = 1;

    for (size_t i = 0; i < t->n_dims; i++)
        if (__builtin_mul_overflow(n, t->dim[i], &n))
            return false;
    t->n = n;
    return n <= INT64_MAX / 8;
}

bool
tensor_set_strides(struct tensor *t)
{
    uint64_t step = 1;

    if (!count_values(t))
        return false;
    for (size_t i = t->n_dims; i-- > 0;) {
        t->stride[i] = step;
        if (__builtin_mul_overflow(step, t->dim[i] ? t->dim[i] : 1, &step))
            return false;
    }
    return true;
}

/* Whether all values lie within the place, first + sum (dim - 1) stride < its values, and
 * are no more than it has (with strides of 0 a few bytes would stand for any number). */
static bool
is_within(const struct tensor *t, uint64_t n_values)
{
    uint64_t last = t->first, step;

    if (t->n == 0)
        return t->first <= n_values;
    if (t->n > n_values)
        return false;
    for (size_t i = 0; i < t->n_dims; i++)
        if (__builtin_mul_overflow(t->dim[i] - 1, t->stride[i], &step) ||
            __builtin_add_overflow(last, step, &last))
            return false;
    return last < n_values;
}

enum err
tensor_file_add(struct tensor_file *f, const char *name, size_t n,
                const struct tensor *t, struct errbuf *eb)
{
    struct tensor *to;

    if (f->n == TENSORS_MAX)
        return err_set(eb, ERR_FORMAT, "%s: more than %d tensors", f->file.path,
                       TENSORS_MAX);
    f->tensor = grow(f->tensor, &f->cap, f->n + 1, sizeof *f->tensor);
    to = &f->tensor[f->n];
    *to = *t;
    char *copy = arena_alloc(&f->arena, n + 1, 1);
    memcpy(copy, name, n);
    to->name = copy;
    if (!count_values(to) ||
        !is_within(to, f->place[t->place].bytes / types[t->type].bytes))
        return err_set(eb, ERR_FORMAT,
                       "%s: tensor '%s' reaches beyond its storage of %" PRIu64
                       " bytes",
                       f->file.path, copy, f->place[t->place].bytes);
    f->n++;
    return ERR_OK;
}

size_t
tensor_file_add_place(struct tensor_file *f, const struct tensor_place *p)
{
    f->place = grow(f->place, &f->cap_places, f->n_places + 1, sizeof *f->place);
    f->place[f->n_places] = *p;
    return f->n_places++;
}

const struct tensor *
tensor_file_find(const struct tensor_file *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->tensor[i].name, name) == 0)
            return &f->tensor[i];
    return NULL;
}

const char *
tensor_file_says(const struct tensor_file *f, const char *key)
{
    for (size_t i = 0; i < f->key.n; i++)
        if (strcmp(f->key.item[i], key) == 0)
            return f->value.item[i];
    return NULL;
}

bool
tensor_is_alias(const struct tensor *a, const struct tensor *b)
{
    return a->place == b->place && a->first == b->first && a->type == b->type &&
           a->n_dims == b->n_dims &&
           memcmp(a->dim, b->dim, a->n_dims * sizeof a->dim[0]) == 0 &&
           memcmp(a->stride, b->stride, a->n_dims * sizeof a->stride[0]) == 0;
}

void
tensor_add_shape(const struct tensor *t, struct strbuf *out)
{
    strbuf_addc(out, '(');
    for (size_t i = 0; i < t->n_dims; i++)
        strbuf_addf(out, "%s%" PRIu64, i ? ", " : "", t->dim[i]);
    strbuf_adds(out, t->n_dims == 1 ? ",)" : ")");
}

/* --- reading --- */

/* One value after the other, the last index fastest. */
static void
gather(const struct tensor *t, const uint8_t *bytes, bool is_big_endian, float *out)
{
    size_t width = types[t->type].bytes;
    uint64_t at[TENSOR_DIMS_MAX] = {0}, place = t->first;

    for (uint64_t k = 0; k < t->n; k++) {
        out[k] =
            types[t->type].get(bits_at(bytes + place * width, width, is_big_endian));
        for (size_t i = t->n_dims; i-- > 0;) {
            place += t->stride[i];
            if (++at[i] < t->dim[i])
                break;
            place -= at[i] * t->stride[i];
            at[i] = 0;
        }
    }
}

static enum err
read_place(const struct tensor_file *f, const struct tensor_place *p, uint8_t *out,
           struct errbuf *eb)
{
    return p->member ? zip_member_read(&f->zip, p->member, out, eb)
                     : input_file_read(&f->file, p->begin, out, (size_t)p->bytes, eb);
}

enum err
tensor_file_read(const struct tensor_file *f, const struct tensor *t, float *out,
                 struct errbuf *eb)
{
    const struct tensor_place *p = &f->place[t->place];
    uint8_t *bytes;
    enum err e = big_calloc(&bytes, (size_t)p->bytes, 1, "a tensor", eb);

    if (e)
        return e;
    e = read_place(f, p, bytes, eb);
    if (e)
        e = err_wrap(eb, e, "tensor '%s'", t->name);
    else
        gather(t, bytes, f->is_big_endian, out);
    free(bytes);
    return e;
}
