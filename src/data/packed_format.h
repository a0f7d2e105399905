/* packed_format.h - the packed store as it lies in a file: hcelab-packed(5).
 *
 * Little endian.  A header, the rows, the other sections, the table of the sections.
 * A list of texts is its number of texts and of bytes (uint64 each), then the texts, each
 * with a 0 behind it.
 *
 * Threads: any thread (const). */
#ifndef DATA_PACKED_FORMAT_H
#define DATA_PACKED_FORMAT_H

#include <stdint.h>

#define PACKED_MAGIC  "HCELABPK"
#define PACKED_SUFFIX ".hcp" /* of file names */

enum {
    PACKED_VERSION = 1,
    PACKED_CHUNK = 16,      /* rows of a chunk */
    PACKED_SECTIONS = 65536 /* at most */
};

struct packed_header {
    char magic[8];
    uint32_t version;
    uint32_t n_sections;
    uint64_t table; /* offset of the table: n_sections x struct packed_section, to the
                         end of the file */
    uint64_t n_cells;
    uint64_t n_values;
    uint32_t n_genes;
    uint32_t n_bitmap; /* H */
    uint64_t table_crc;
    uint64_t crc; /* of the header before it */
};

enum packed_kind {
    PACKED_ROWS = 1, /* chunks; crc is 0: each has its own */
    PACKED_CHUNKS,   /* struct packed_place per chunk */
    PACKED_GENES,    /* list of ids, list of names, cells that detect each (G uint64),
                        gene at each place (G uint16) */
    PACKED_NAMES,    /* list of the obs columns' names */
    PACKED_COLUMN,   /* number: of the column.  struct packed_column, list of levels,
                        codes */
    PACKED_CELLS,    /* list of the cells' ids */
    PACKED_FACTS,    /* list of "key=value" */
    PACKED_OWN,      /* list of 1: column of the split, "" for none; list of the k
                        classes; reachability (k, k) uint8; weights (k) float64 */
};

struct packed_section {
    uint32_t kind, number;
    uint64_t offset, bytes;
    uint64_t crc;
};

struct packed_place {
    uint64_t
        end; /* of the chunk, from the beginning of the rows; the next begins there */
    uint64_t crc;
};

struct packed_column {
    uint32_t kind;  /* 0 text, 1 boolean, 2 number */
    uint32_t width; /* bytes of a code: 1, 2, 4; all bits set: missing */
};

#endif
