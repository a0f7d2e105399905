/* tfevents_write.c - curves as TensorBoard event files. */
#include "exchange/tfevents_write.h"

#include <assert.h>
#include <string.h>

/* Fields of the messages, and the kinds of values on the wire. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2 };
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static const uint32_t castagnoli = 0x82f63b78; /* reflected */

/* Records are short: bit by bit is fast enough. */
static uint32_t
crc32c(const void *data, size_t n)
{
    const unsigned char *p = data;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ castagnoli : crc >> 1;
    }
    return ~crc;
}

/* A checksum of bytes that hold checksums of their own is not taken as it is. */
static uint32_t
mask(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/* --- numbers, low byte first --- */

static void
put_fixed(struct strbuf *sb, uint64_t x, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        strbuf_addc(sb, (char)(x >> 8 * i & 0xff));
}

static void
put_varint(struct strbuf *sb, uint64_t x)
{
    for (; x > 0x7f; x >>= 7)
        strbuf_addc(sb, (char)((x & 0x7f) | 0x80));
    strbuf_addc(sb, (char)x);
}

static void
put_key(struct strbuf *sb, unsigned field, unsigned wire)
{
    put_varint(sb, field << 3 | wire);
}

static void
put_bytes(struct strbuf *sb, unsigned field, const void *data, size_t n)
{
    put_key(sb, field, WIRE_BYTES);
    put_varint(sb, n);
    strbuf_add(sb, data, n);
}

static void
put_float(struct strbuf *sb, unsigned field, float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    put_key(sb, field, WIRE_FIXED32);
    put_fixed(sb, bits, 4);
}

static void
put_time(struct strbuf *sb, double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    put_key(sb, EVENT_WALL_TIME, WIRE_FIXED64);
    put_fixed(sb, bits, 8);
}

/* --- records --- */

static void
write_record(struct tfevents_write *t)
{
    struct strbuf *frame = &t->summary; /* in the event by now */
    size_t n = t->event.len;

    strbuf_reset(frame);
    put_fixed(frame, n, 8);
    put_fixed(frame, mask(crc32c(strbuf_str(frame), 8)), 4);
    out_file_add(&t->out, strbuf_str(frame), frame->len);
    out_file_add(&t->out, strbuf_str(&t->event), n);
    strbuf_reset(frame);
    put_fixed(frame, mask(crc32c(strbuf_str(&t->event), n)), 4);
    out_file_add(&t->out, strbuf_str(frame), frame->len);
}

enum err
tfevents_write_open(struct tfevents_write *t, const char *path, double start_s,
                    struct errbuf *eb)
{
    static const char version[] = "brain.Event:2";
    enum err e;

    *t = (struct tfevents_write){0};
    if ((e = out_file_open(&t->out, path, eb)))
        return e;
    put_time(&t->event, start_s);
    put_bytes(&t->event, EVENT_FILE_VERSION, version, sizeof version - 1);
    write_record(t);
    return ERR_OK;
}

void
tfevents_write_scalar(struct tfevents_write *t, double wall_s, int64_t step,
                      const char *tag, float value)
{
    struct strbuf *summary = &t->summary, inner = {0};

    put_bytes(&inner, VALUE_TAG, tag, strlen(tag));
    put_float(&inner, VALUE_SIMPLE, value);
    strbuf_reset(summary);
    put_bytes(summary, SUMMARY_VALUE, strbuf_str(&inner), inner.len);
    strbuf_release(&inner);
    strbuf_reset(&t->event);
    put_time(&t->event, wall_s);
    put_key(&t->event, EVENT_STEP, WIRE_VARINT);
    put_varint(&t->event, (uint64_t)step);
    put_bytes(&t->event, EVENT_SUMMARY, strbuf_str(summary), summary->len);
    write_record(t);
}

enum err
tfevents_write_close(struct tfevents_write *t, bool keep, struct errbuf *eb)
{
    strbuf_release(&t->event);
    strbuf_release(&t->summary);
    return out_file_close(&t->out, keep, eb);
}
