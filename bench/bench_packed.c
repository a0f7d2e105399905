/* bench_packed.c - cells per second from a packed store, on one core.
 *
 *     bench_packed FILE [SECONDS]
 *
 * The chunks are read into memory once; then they are checked and unpacked again and
 * again, on each path that the processor has: their checksums alone, rows with their
 * values as they are, rows scaled as for training. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "data/packed.h"

enum { MOST_BYTES = 512 << 20 };

struct memory {
    struct packed p;
    size_t n_chunks; /* that are in memory */
    uint8_t *bytes, *code;
    uint16_t *place;
    float *dict;
};

static void
fail(const struct errbuf *eb)
{
    fprintf(stderr, "bench_packed: %s\n", eb->text);
    exit(1);
}

static void
load(struct memory *m)
{
    struct packed_chunk c;
    struct errbuf eb;
    size_t at = 0, most = m->p.shape.G + PACKED_SLACK;

    m->bytes = xmalloc(MOST_BYTES + m->p.longest_chunk + PACKED_SLACK, 1);
    m->code = xmalloc(most, sizeof *m->code);
    m->place = xmalloc(most, sizeof *m->place);
    m->dict = xmalloc(most, sizeof *m->dict);
    while (m->n_chunks < m->p.n_chunks && at < MOST_BYTES) {
        if (packed_chunk_read(&m->p, m->n_chunks, m->bytes + at, &c, &eb))
            fail(&eb);
        at += packed_chunk_bytes(&m->p, m->n_chunks++);
    }
}

/* All chunks once; returns the stored values. */
static size_t
pass(struct memory *m, bool rows, bool scale)
{
    struct packed_chunk c;
    struct errbuf eb;
    size_t at = 0, n = 0;

    for (size_t k = 0; k < m->n_chunks; k++) {
        if (packed_chunk_open(&m->p, k, m->bytes + at, &c, &eb))
            fail(&eb);
        for (size_t i = 0; rows && i < c.n; i++) {
            if (packed_chunk_row(&m->p, &c, i, scale, m->place, m->code, m->dict, &eb))
                fail(&eb);
            n += c.row[i].n;
        }
        at += packed_chunk_bytes(&m->p, k);
    }
    return n;
}

static void
measure(struct memory *m, const char *what, bool rows, bool scale, double seconds)
{
    size_t cells = m->n_chunks * PACKED_CHUNK, values = 0, rounds = 0;
    double best = 1e9, begin = clock_mono_s();

    if (cells > m->p.n_cells)
        cells = m->p.n_cells;
    do {
        double start = clock_mono_s();

        values = pass(m, rows, scale);
        if (clock_mono_s() - start < best)
            best = clock_mono_s() - start;
        rounds++;
    } while (clock_mono_s() - begin < seconds || rounds < 2);
    printf("%-8s %-10s %8.0f k cells/s", packed_paths_name(m->p.paths), what,
           1e-3 * (double)cells / best);
    if (rows)
        printf(" %8.0f M values/s (%.0f a cell)", 1e-6 * (double)values / best,
               (double)values / (double)cells);
    printf("\n");
}

int
main(int argc, char **argv)
{
    struct memory m = {0};
    struct errbuf eb;
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_packed FILE.hcp [SECONDS]\n");
        return 2;
    }
    if (packed_open(&m.p, argv[1], &eb))
        fail(&eb);
    load(&m);
    printf("%zu cells, %zu genes, %zu in the bitmap, %.3f bytes a value\n", m.p.n_cells,
           m.p.shape.G, m.p.shape.H, (double)m.p.rows.bytes / (double)m.p.n_values);
    measure(&m, "checksum", false, false, seconds);
    for (size_t i = 0; packed_paths_at(i); i++) {
        m.p.paths = packed_paths_at(i);
        measure(&m, "as stored", true, false, seconds);
        measure(&m, "scaled", true, true, seconds);
    }
    packed_close(&m.p);
    free(m.bytes);
    free(m.code);
    free(m.place);
    free(m.dict);
    return 0;
}
