/* tfevents_write.h - curves as TensorBoard event files.
 *
 * A file is a row of records, each with a masked CRC-32C of its length and one of its
 * bytes; a record is a protobuf message Event.  Scalars are written as simple_value, as
 * PyTorch's SummaryWriter does.
 *
 * Source: tensorflow/tensorboard, tensorboard/compat/proto/{event,summary}.proto and
 *         tensorboard/data/server; CRC-32C: RFC 3720, B.4.
 *
 * Threads: one thread per object.
 * Errors:  those of out_file.h.
 * Tests:   tests/test_exchange_write.c, tests/check_export.py */
#ifndef EXCHANGE_TFEVENTS_WRITE_H
#define EXCHANGE_TFEVENTS_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "exchange/out_file.h"

struct tfevents_write {
    struct out_file out;
    struct strbuf event, summary; /* of the record that is made */
};

/* Make the file with the record that says what it is; start_s: seconds since 1970, its
 * time. */
MUST_CHECK enum err tfevents_write_open(struct tfevents_write *t, const char *path,
                                        double start_s, struct errbuf *eb);

/* One value of one curve at time wall_s (seconds since 1970); value may be NaN or
 * infinite. */
void tfevents_write_scalar(struct tfevents_write *t, double wall_s, int64_t step,
                           const char *tag, float value);

/* Finish the file, or with keep = false remove it. */
MUST_CHECK enum err tfevents_write_close(struct tfevents_write *t, bool keep,
                                         struct errbuf *eb);

#endif
