/* thrift.c - reading Thrift's compact protocol. */
#include "data/thrift.h"

enum { VARINT_MAX = 10, LONG_LIST = 15 };

void
thrift_init(struct thrift *t, const void *data, size_t n)
{
    *t = (struct thrift){.begin = data, .at = data, .end = (const uint8_t *)data + n};
}

size_t
thrift_offset(const struct thrift *t)
{
    return (size_t)(t->at - t->begin);
}

static size_t
bytes_left(const struct thrift *t)
{
    return (size_t)(t->end - t->at);
}

/* Remember the first fault. */
static void
fault(struct thrift *t, const char *what)
{
    if (!t->fault)
        t->fault = what;
}

static void
ends(struct thrift *t)
{
    t->is_short |= !t->fault;
    fault(t, "the bytes end in the middle of a value");
}

static uint8_t
take_byte(struct thrift *t)
{
    if (t->fault)
        return 0;
    if (t->at == t->end) {
        ends(t);
        return 0;
    }
    return *t->at++;
}

static uint64_t
take_varint(struct thrift *t)
{
    uint64_t x = 0;

    for (unsigned i = 0; i < VARINT_MAX; i++) {
        uint8_t byte = take_byte(t);

        x |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return t->fault ? 0 : x;
    }
    fault(t, "a number of more than 10 bytes");
    return 0;
}

static int64_t
take_zigzag(struct thrift *t)
{
    uint64_t x = take_varint(t);

    return (int64_t)(x >> 1) ^ -(int64_t)(x & 1);
}

static void
take_bytes(struct thrift *t, uint64_t n)
{
    if (t->fault)
        return;
    if (n > bytes_left(t))
        ends(t);
    else
        t->at += n;
}

/* --- fields --- */

bool
thrift_field(struct thrift *t, struct thrift_field *f)
{
    uint8_t byte = take_byte(t);

    if (t->fault || byte == THRIFT_STOP)
        return false;
    int64_t id = byte >> 4 ? f->id + (byte >> 4) : take_zigzag(t);

    f->type = byte & 0x0f;
    if (f->type == THRIFT_STOP || f->type > THRIFT_STRUCT)
        fault(t, "a field of a type that there is not");
    if (id < INT16_MIN || id > INT16_MAX)
        fault(t, "a field number that is too large");
    f->id = (int)id;
    return !t->fault;
}

int64_t
thrift_int(struct thrift *t, const struct thrift_field *f)
{
    if (f->type == THRIFT_I8)
        return (int8_t)take_byte(t);
    if (f->type != THRIFT_I16 && f->type != THRIFT_I32 && f->type != THRIFT_I64) {
        fault(t, "a field that should be an integer is none");
        return 0;
    }
    int64_t x = take_zigzag(t);

    if (f->type == THRIFT_I32 && (x < INT32_MIN || x > INT32_MAX)) {
        fault(t, "an integer that does not fit its type");
        return 0;
    }
    return x;
}

bool
thrift_bool(struct thrift *t, const struct thrift_field *f)
{
    if (f->type != THRIFT_TRUE && f->type != THRIFT_FALSE)
        fault(t, "a field that should be a truth value is none");
    return !t->fault && f->type == THRIFT_TRUE;
}

const char *
thrift_binary(struct thrift *t, const struct thrift_field *f, size_t *n)
{
    *n = 0;
    if (f->type != THRIFT_BINARY) {
        fault(t, "a field that should be a text is none");
        return "";
    }
    uint64_t size = take_varint(t);
    const char *data = (const char *)t->at;

    if (size > THRIFT_BINARY_MAX)
        fault(t, "a text of more than 100 MiB");
    take_bytes(t, size);
    if (t->fault)
        return "";
    *n = (size_t)size;
    return data;
}

bool
thrift_is_struct(struct thrift *t, const struct thrift_field *f)
{
    if (f->type != THRIFT_STRUCT)
        fault(t, "a field that should be a struct is none");
    return !t->fault;
}

/* Every item takes a byte at least, so that a count can be checked before it is used. */
static size_t
take_count(struct thrift *t, uint64_t n)
{
    if (n > THRIFT_ITEMS_MAX)
        fault(t, "a list of more than 1,000,000 items");
    else if (n > bytes_left(t))
        ends(t);
    return t->fault ? 0 : (size_t)n;
}

size_t
thrift_list(struct thrift *t, const struct thrift_field *f, struct thrift_field *item)
{
    *item = (struct thrift_field){0};
    if (f->type != THRIFT_LIST && f->type != THRIFT_SET) {
        fault(t, "a field that should be a list is none");
        return 0;
    }
    uint8_t byte = take_byte(t);
    uint64_t n = byte >> 4;

    if (n == LONG_LIST)
        n = take_varint(t);
    item->type = byte & 0x0f;
    if (n && (item->type == THRIFT_STOP || item->type > THRIFT_STRUCT))
        fault(t, "a list of a type that there is not");
    return take_count(t, n);
}

/* --- what is not wanted --- */

static void skip_value(struct thrift *t, int type, bool is_item, int depth);

static void
skip_items(struct thrift *t, const struct thrift_field *f, int depth)
{
    struct thrift_field item;
    size_t n = thrift_list(t, f, &item);

    for (size_t i = 0; i < n && !t->fault; i++)
        skip_value(t, item.type, true, depth);
}

static void
skip_map(struct thrift *t, int depth)
{
    size_t n = take_count(t, take_varint(t));
    uint8_t types = n ? take_byte(t) : 0;

    for (size_t i = 0; i < n && !t->fault; i++) {
        skip_value(t, types >> 4, true, depth);
        skip_value(t, types & 0x0f, true, depth);
    }
}

static void
skip_struct(struct thrift *t, int depth)
{
    struct thrift_field f = {0};

    while (thrift_field(t, &f))
        skip_value(t, f.type, false, depth);
}

/* A truth value is in the type of its field, but takes a byte as an item. */
static void
skip_value(struct thrift *t, int type, bool is_item, int depth)
{
    struct thrift_field f = {.type = type};

    if (depth == THRIFT_DEPTH_MAX) {
        fault(t, "structs in structs, more than 32 deep");
        return;
    }
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE: take_bytes(t, is_item); break;
    case THRIFT_I8: take_bytes(t, 1); break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64: take_varint(t); break;
    case THRIFT_DOUBLE: take_bytes(t, sizeof(double)); break;
    case THRIFT_BINARY: take_bytes(t, take_varint(t)); break;
    case THRIFT_LIST:
    case THRIFT_SET: skip_items(t, &f, depth + 1); break;
    case THRIFT_MAP: skip_map(t, depth + 1); break;
    case THRIFT_STRUCT: skip_struct(t, depth + 1); break;
    default: fault(t, "a value of a type that there is not");
    }
}

void
thrift_skip(struct thrift *t, const struct thrift_field *f)
{
    skip_value(t, f->type, false, 0);
}
