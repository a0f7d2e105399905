/* thrift.h - reading Thrift's compact protocol, in which Parquet writes its footers and
 * page headers.
 *
 * A struct is a row of fields, each with an id and a type, until a stop.  A reader loops:
 *
 *     struct thrift_field f = {0};
 *     while (thrift_field(t, &f))
 *         if (f.id == 3)
 *             x = thrift_int(t, &f);
 *         else
 *             thrift_skip(t, &f);
 *
 * The first fault stays in t->fault; from then on every call gives 0 and there are no more
 * fields, so that it is enough to look at the end.
 *
 * Threads: one thread per object.
 * Errors:  none; t->fault says what and t->at where.
 * Source:  Apache Thrift, thrift-compact-protocol.md.
 * Tests:   tests/test_thrift.c */
#ifndef DATA_THRIFT_H
#define DATA_THRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_I8 = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12
};

enum {
    THRIFT_DEPTH_MAX = 32,
    THRIFT_BINARY_MAX = 100 << 20, /* bytes */
    THRIFT_ITEMS_MAX = 1000000     /* of a list or map */
};

struct thrift {
    const uint8_t *begin, *at, *end; /* borrowed */
    const char *fault;               /* static; NULL: none so far */
    bool is_short; /* the fault is that the bytes end: more of them may help */
};

struct thrift_field {
    int id; /* 0 before the first */
    int type;
};

void thrift_init(struct thrift *t, const void *data, size_t n);

/* The next field of a struct; f is zeroed before the first.  False: there is none. */
bool thrift_field(struct thrift *t, struct thrift_field *f);

/* The value of a field of the type that f has; a fault if it is another kind. */
int64_t thrift_int(struct thrift *t, const struct thrift_field *f);
bool thrift_bool(struct thrift *t, const struct thrift_field *f);

/* Its bytes, borrowed from the data; *n of them. */
const char *thrift_binary(struct thrift *t, const struct thrift_field *f, size_t *n);

/* Whether it is a struct, whose fields come next; if not, it is a fault. */
bool thrift_is_struct(struct thrift *t, const struct thrift_field *f);

/* Items of a list or set; `item` becomes a field of their type, to be read n times. */
size_t thrift_list(struct thrift *t, const struct thrift_field *f,
                   struct thrift_field *item);

void thrift_skip(struct thrift *t, const struct thrift_field *f);

/* Bytes read so far. */
size_t thrift_offset(const struct thrift *t);

#endif
