/* tfevents.h - the scalars of a TensorBoard event file.
 *
 * A file is a row of records: length, masked CRC-32C of the length, bytes, masked CRC-32C
 * of the bytes.  The bytes are a protobuf message Event; only scalars are taken, in both
 * of their forms (simple_value, and a tensor of one number).  A record that was cut off
 * ends the file, since writers may be at work; one whose bytes are damaged is skipped.
 *
 * Source: tensorflow/tensorboard, tensorboard/data/server (tf_record, masked_crc) and
 *         tensorboard/compat/proto/{event,summary,tensor,types}.proto; RFC 3720, B.4.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT with the offset: a damaged length, a record over 64 MiB, more than
 *          TFEVENTS_TAGS_MAX curves, no event file at all.
 * Tests:   tests/test_tfevents.c, tests/fuzz/fuzz_tfevents.c */
#ifndef EXCHANGE_TFEVENTS_H
#define EXCHANGE_TFEVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strlist.h"

enum { TFEVENTS_RECORD_MAX = 64 << 20 /* bytes */, TFEVENTS_TAGS_MAX = 10000 };

struct tfevents_scalar {
    double wall_time; /* seconds since 1970 */
    int64_t step;
    uint32_t tag; /* index into the tags */
    double value; /* may be NaN or infinite */
};

struct tfevents {
    struct intern *tag;             /* owned; names of curves */
    struct tfevents_scalar *scalar; /* (n) owned, in the order of the file */
    size_t n, cap;
    size_t n_damaged; /* records whose bytes do not fit their checksum */
    size_t n_other;   /* values that are no scalars: texts, histograms, images */
    bool is_cut;      /* the last record is not whole */
    double first_wall, last_wall; /* of all events; NaN: there is none */
};

/* name stands in messages.  On error out is empty. */
MUST_CHECK enum err tfevents_parse(struct tfevents *out, const void *data, size_t n,
                                   const char *name, struct errbuf *eb);

/* The same of a file of at most 4 GiB. */
MUST_CHECK enum err tfevents_read(struct tfevents *out, const char *path,
                                  struct errbuf *eb);

void tfevents_release(struct tfevents *t);

/* CRC-32C of n bytes, as masked for such files.
 * Tests: test_tfevents (check values of the RFC and of TensorBoard). */
uint32_t tfevents_masked_crc(const void *data, size_t n);

#endif
