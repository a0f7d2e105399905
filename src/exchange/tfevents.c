/* tfevents.c - the scalars of a TensorBoard event file. */
#include "exchange/tfevents.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/whole_file.h"

/* --- checksums --- */

struct crc32c {
    uint32_t table[4][256]; /* [k][b]: byte b with k bytes after it */
};

static void
crc32c_init(struct crc32c *c)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t x = b;

        for (int bit = 0; bit < 8; bit++)
            x = x & 1 ? x >> 1 ^ UINT32_C(0x82f63b78) : x >> 1; /* reflected */
        c->table[0][b] = x;
    }
    for (int k = 1; k < 4; k++)
        for (size_t b = 0; b < 256; b++) {
            uint32_t x = c->table[k - 1][b];

            c->table[k][b] = x >> 8 ^ c->table[0][x & 0xff];
        }
}

static uint32_t
le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint64_t
le64(const uint8_t *p)
{
    return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static uint32_t
masked_crc(const struct crc32c *c, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint32_t x = UINT32_MAX;

    for (; n >= 4; n -= 4, p += 4) {
        x ^= le32(p);
        x = c->table[3][x & 0xff] ^ c->table[2][x >> 8 & 0xff] ^
            c->table[1][x >> 16 & 0xff] ^ c->table[0][x >> 24];
    }
    for (; n > 0; n--, p++)
        x = x >> 8 ^ c->table[0][(x ^ *p) & 0xff];
    x = ~x;
    return (x >> 15 | x << 17) + UINT32_C(0xa282ead8);
}

uint32_t
tfevents_masked_crc(const void *data, size_t n)
{
    struct crc32c c;

    crc32c_init(&c);
    return masked_crc(&c, data, n);
}

/* --- protobuf: fields of a message, one after the other --- */

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct message {
    const uint8_t *at, *end;
};

struct field {
    uint64_t number;
    enum wire wire;
    uint64_t x;          /* VARINT, FIXED32, FIXED64 */
    struct message data; /* BYTES */
};

static bool
take_varint(struct message *m, uint64_t *x)
{
    *x = 0;
    for (unsigned shift = 0; shift < 64 && m->at < m->end; shift += 7) {
        uint8_t b = *m->at++;

        *x |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return true;
    }
    return false;
}

static bool
take_bytes(struct message *m, uint64_t n, struct message *out)
{
    if (n > (uint64_t)(m->end - m->at))
        return false;
    *out = (struct message){m->at, m->at + n};
    m->at += n;
    return true;
}

/* The next field: 1, 0 at the end of the message, -1 where it is malformed. */
static int
next_field(struct message *m, struct field *f)
{
    uint64_t key, n;
    bool whole = false;

    if (m->at == m->end)
        return 0;
    if (!take_varint(m, &key))
        return -1;
    f->number = key >> 3;
    f->wire = (enum wire)(key & 7);
    switch (f->wire) {
    case WIRE_VARINT: whole = take_varint(m, &f->x); break;
    case WIRE_BYTES: whole = take_varint(m, &n) && take_bytes(m, n, &f->data); break;
    case WIRE_FIXED64:
        if ((whole = take_bytes(m, 8, &f->data)))
            f->x = le64(f->data.at);
        break;
    case WIRE_FIXED32:
        if ((whole = take_bytes(m, 4, &f->data)))
            f->x = le32(f->data.at);
        break;
    }
    return whole ? 1 : -1;
}

static bool
is(const struct field *f, uint64_t number, enum wire wire)
{
    return f->number == number && f->wire == wire;
}

static double
as_double(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static double
as_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float x;

    memcpy(&x, &low, sizeof x);
    return (double)x;
}

/* --- messages --- */

enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8 };
enum { TENSOR_DTYPE = 1, TENSOR_CONTENT = 4, TENSOR_FLOAT = 5, TENSOR_DOUBLE = 6 };
enum { DTYPE_FLOAT = 1, DTYPE_DOUBLE = 2 };

struct event {
    double wall_time;
    int64_t step;
};

/* One number in packed form or alone. */
static bool
one_number(const struct field *f, size_t size, double *x)
{
    uint64_t bits = f->x;

    if (f->wire == WIRE_BYTES) {
        if ((size_t)(f->data.end - f->data.at) != size)
            return false;
        bits = size == 8 ? le64(f->data.at) : le32(f->data.at);
    }
    *x = size == 8 ? as_double(bits) : as_float(bits);
    return true;
}

/* A tensor of one number; false if it is another one.  Malformed ones count as others. */
static bool
read_tensor(struct message m, double *x)
{
    struct field f, content = {0};
    uint64_t dtype = 0;
    bool found = false;
    int more;

    while ((more = next_field(&m, &f)) > 0) {
        if (is(&f, TENSOR_DTYPE, WIRE_VARINT))
            dtype = f.x;
        else if (is(&f, TENSOR_CONTENT, WIRE_BYTES))
            content = f;
        else if (f.number == TENSOR_FLOAT)
            found = one_number(&f, 4, x);
        else if (f.number == TENSOR_DOUBLE)
            found = one_number(&f, 8, x);
    }
    if (!found && content.data.at && (dtype == DTYPE_FLOAT || dtype == DTYPE_DOUBLE))
        found = one_number(&content, dtype == DTYPE_FLOAT ? 4 : 8, x);
    return more == 0 && found;
}

static void
add_scalar(struct tfevents *t, const struct event *ev, const char *tag, double value)
{
    if (intern_count(t->tag) > TFEVENTS_TAGS_MAX)
        return; /* the file is refused after this record */
    t->scalar = grow(t->scalar, &t->cap, t->n + 1, sizeof *t->scalar);
    t->scalar[t->n++] =
        (struct tfevents_scalar){.wall_time = ev->wall_time,
                                 .step = ev->step,
                                 .tag = (uint32_t)intern_add(t->tag, tag),
                                 .value = value};
}

/* False where the message is malformed. */
static bool
read_value(struct tfevents *t, const struct event *ev, struct message m)
{
    struct message tag = {0};
    struct field f;
    bool found = false;
    double x = (double)NAN;
    int more;

    while ((more = next_field(&m, &f)) > 0) {
        if (is(&f, VALUE_TAG, WIRE_BYTES))
            tag = f.data;
        else if (is(&f, VALUE_SIMPLE, WIRE_FIXED32))
            found = one_number(&f, 4, &x);
        else if (is(&f, VALUE_TENSOR, WIRE_BYTES))
            found = read_tensor(f.data, &x);
    }
    if (more < 0)
        return false;
    size_t n = (size_t)(tag.end - tag.at);
    if (!found || n == 0 || memchr(tag.at, 0, n)) {
        t->n_other++;
        return true;
    }
    char *name = xstrndup((const char *)tag.at, n);
    add_scalar(t, ev, name, x);
    free(name);
    return true;
}

static bool
read_summary(struct tfevents *t, const struct event *ev, struct message m)
{
    struct field f;
    int more;

    while ((more = next_field(&m, &f)) > 0)
        if (is(&f, SUMMARY_VALUE, WIRE_BYTES) && !read_value(t, ev, f.data))
            return false;
    return more == 0;
}

static void
note_time(struct tfevents *t, double wall)
{
    if (!isfinite(wall))
        return;
    if (!(t->first_wall <= wall))
        t->first_wall = wall;
    if (!(t->last_wall >= wall))
        t->last_wall = wall;
}

/* Time and step may stand behind the summary.  False where the message is malformed. */
static bool
read_event(struct tfevents *t, struct message m)
{
    struct event ev = {.wall_time = (double)NAN};
    struct message whole = m;
    struct field f;
    int more;

    while ((more = next_field(&m, &f)) > 0) {
        if (is(&f, EVENT_WALL_TIME, WIRE_FIXED64))
            ev.wall_time = as_double(f.x);
        else if (is(&f, EVENT_STEP, WIRE_VARINT))
            ev.step = (int64_t)f.x;
    }
    if (more < 0)
        return false;
    note_time(t, ev.wall_time);
    while (next_field(&whole, &f) > 0)
        if (is(&f, EVENT_SUMMARY, WIRE_BYTES) && !read_summary(t, &ev, f.data))
            return false;
    return true;
}

/* --- records --- */

enum { HEAD_BYTES = 12, TAIL_BYTES = 4 };

/* A record whose message is malformed adds nothing: it counts as damaged. */
static void
read_record(struct tfevents *t, const struct crc32c *c, const uint8_t *p, size_t n)
{
    size_t before = t->n, other = t->n_other;

    if (le32(p + n) == masked_crc(c, p, n) && read_event(t, (struct message){p, p + n}))
        return;
    t->n = before;
    t->n_other = other;
    t->n_damaged++;
}

static enum err
read_records(struct tfevents *t, const uint8_t *p, size_t n, const char *name,
             struct errbuf *eb)
{
    struct crc32c c;
    size_t at = 0;

    crc32c_init(&c);
    for (; n - at >= HEAD_BYTES; at += TAIL_BYTES) {
        uint64_t len = le64(p + at);

        if (le32(p + at + 8) != masked_crc(&c, p + at, 8))
            return err_set(eb, ERR_FORMAT, "%s: %s at byte %zu", name,
                           at ? "a damaged record length"
                              : "no TensorBoard event file: no record",
                           at);
        if (len > TFEVENTS_RECORD_MAX)
            return err_set(
                eb, ERR_FORMAT,
                "%s: a record of %llu bytes at byte %zu, at most %d are read", name,
                (unsigned long long)len, at, TFEVENTS_RECORD_MAX);
        at += HEAD_BYTES;
        if (n - at < TAIL_BYTES || len > n - at - TAIL_BYTES) {
            t->is_cut = true;
            return ERR_OK;
        }
        read_record(t, &c, p + at, (size_t)len);
        if (intern_count(t->tag) > TFEVENTS_TAGS_MAX)
            return err_set(eb, ERR_FORMAT, "%s: more than %d curves, at byte %zu", name,
                           TFEVENTS_TAGS_MAX, at);
        at += (size_t)len;
    }
    t->is_cut = at < n;
    return ERR_OK;
}

enum err
tfevents_parse(struct tfevents *out, const void *data, size_t n, const char *name,
               struct errbuf *eb)
{
    *out = (struct tfevents){
        .tag = intern_new(), .first_wall = (double)NAN, .last_wall = (double)NAN};
    enum err e = read_records(out, data, n, name, eb);

    if (e)
        tfevents_release(out);
    return e;
}

enum err
tfevents_read(struct tfevents *out, const char *path, struct errbuf *eb)
{
    char *data;
    size_t n;
    enum err e = whole_file_read(path, UINT32_MAX, &data, &n, eb);

    *out = (struct tfevents){0};
    if (!e)
        e = tfevents_parse(out, data, n, path, eb);
    free(data);
    return e;
}

void
tfevents_release(struct tfevents *t)
{
    intern_free(t->tag);
    free(t->scalar);
    *t = (struct tfevents){0};
}
