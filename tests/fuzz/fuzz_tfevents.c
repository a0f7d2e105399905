/* fuzz_tfevents.c - any bytes as an event file: read or refused, never a crash.  The
 * first byte says whether the rest is the file, or the message of a record whose
 * checksums are right, so that messages are reached. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/strbuf.h"
#include "exchange/tfevents.h"

static void
add_le(struct strbuf *sb, uint64_t x, int n)
{
    for (int i = 0; i < n; i++)
        strbuf_addc(sb, (char)(x >> 8 * i & 0xff));
}

static void
frame(struct strbuf *sb, const uint8_t *data, size_t n)
{
    add_le(sb, n, 8);
    add_le(sb, tfevents_masked_crc(sb->buf + sb->len - 8, 8), 4);
    strbuf_add(sb, data, n);
    add_le(sb, tfevents_masked_crc(data, n), 4);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct tfevents t;
    struct strbuf sb = {0};

    if (n == 0)
        return 0;
    if (*data & 1)
        strbuf_add(&sb, data + 1, n - 1);
    else
        frame(&sb, data + 1, n - 1);
    if (tfevents_parse(&t, strbuf_str(&sb), sb.len, "fuzz", NULL) == ERR_OK) {
        for (size_t i = 0; i < t.n; i++)
            if (t.scalar[i].tag >= intern_count(t.tag))
                abort();
        tfevents_release(&t);
    }
    strbuf_release(&sb);
    return 0;
}
