/* fuzz_packed.c - any bytes as a packed store: read or refused, never a crash.
 *
 * Checksums would stop nearly every input at the door: they are set right first, in the
 * header, the table, the sections and the chunks, wherever these are said to be. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/obs_column.h"
#include "data/packed.h"

static void
mend_chunks(const struct crc64 *crc, uint8_t *data, const struct packed_section *rows,
            const struct packed_section *chunks)
{
    uint64_t begin = 0;

    for (uint64_t k = 0; k + sizeof(struct packed_place) <= chunks->bytes;
         k += sizeof(struct packed_place)) {
        struct packed_place place;

        memcpy(&place, data + chunks->offset + k, sizeof place);
        if (place.end <= begin || place.end > rows->bytes)
            return;
        place.crc = crc64_of(crc, data + rows->offset + begin,
                             (size_t)(place.end - begin));
        memcpy(data + chunks->offset + k, &place, sizeof place);
        begin = place.end;
    }
}

static void
mend(uint8_t *data, size_t n)
{
    struct packed_section rows = {0}, chunks = {0};
    struct packed_header h;
    struct crc64 crc;

    crc64_init(&crc);
    memcpy(&h, data, sizeof h);
    if (h.table > n || (n - h.table) / sizeof rows < h.n_sections)
        return;
    for (int round = 0; round < 2; round++) /* chunks first, then what they lie in */
        for (size_t i = 0; i < h.n_sections; i++) {
            uint8_t *at = data + h.table + i * sizeof rows;
            struct packed_section s;

            memcpy(&s, at, sizeof s);
            if (s.offset > n || s.bytes > n - s.offset)
                continue;
            rows = s.kind == PACKED_ROWS ? s : rows;
            chunks = s.kind == PACKED_CHUNKS ? s : chunks;
            if (round) {
                s.crc = crc64_of(&crc, data + s.offset, (size_t)s.bytes);
                memcpy(at, &s, sizeof s);
            } else if (i + 1 == h.n_sections) {
                mend_chunks(&crc, data, &rows, &chunks);
            }
        }
    h.table_crc =
        crc64_of(&crc, data + h.table, h.n_sections * sizeof(struct packed_section));
    h.crc = crc64_of(&crc, &h, offsetof(struct packed_header, crc));
    memcpy(data, &h, sizeof h);
}

static void
read_rows(const struct packed *p)
{
    size_t most = p->shape.G + PACKED_SLACK;
    uint8_t *buf = xcalloc(p->longest_chunk + PACKED_SLACK, 1);
    uint16_t *place = xcalloc(most, sizeof *place);
    uint8_t *code = xcalloc(most, sizeof *code);
    float *dict = xcalloc(most, sizeof *dict);

    for (size_t k = 0; k < p->n_chunks; k++) {
        struct packed_chunk c;

        if (packed_chunk_read(p, k, buf, &c, NULL))
            continue;
        for (size_t i = 0; i < c.n; i++)
            (void)!packed_chunk_row(p, &c, i, true, place, code, dict, NULL);
    }
    free(buf);
    free(place);
    free(code);
    free(dict);
}

static void
read_all(const struct packed *p)
{
    struct source_own own;
    struct strlist ids = {0};

    for (size_t i = 0; i < p->column.n && i < 16; i++) {
        struct obs_column col;

        (void)packed_column_kind(p, i);
        if (packed_column(p, i, &col, NULL) == ERR_OK)
            obs_column_release(&col);
    }
    (void)!packed_cell_ids(p, &ids, NULL);
    strlist_release(&ids);
    if (packed_own(p, &own, NULL) == ERR_OK)
        source_own_release(&own);
    read_rows(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static char path[64];
    static int fd = -1;
    uint8_t *copy;
    struct packed p;

    if (n < sizeof(struct packed_header) || n > 1 << 20)
        return 0;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    copy = xmalloc(n, 1);
    memcpy(copy, data, n);
    mend(copy, n);
    if (ftruncate(fd, 0) == 0 && pwrite(fd, copy, n, 0) == (ssize_t)n &&
        packed_open(&p, path, NULL) == ERR_OK) {
        read_all(&p);
        packed_close(&p);
    }
    free(copy);
    return 0;
}
