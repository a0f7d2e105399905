/* pickle.h - what a pickle says, as a tree, without executing any of it.
 *
 * A pickle is a program for a small stack machine that may call any function of Python.
 * This machine calls none: a name stays a name, and a call becomes a node that holds
 * what would be called and with which arguments.  Opcodes that data of PyTorch do not
 * need are refused, as are programs that are too large for what they are: values are
 * counted, not bytes, so that a few opcodes cannot ask for much memory.
 *
 * What the result may rely on: it is a tree with shared parts, no deeper than
 * PICKLE_DEPTH_MAX, without cycles.
 *
 * Threads: one thread per object.
 * Errors:  ERR_FORMAT and ERR_UNSUPPORTED say what is wrong and at which byte.
 * Source:  opcodes as in Python's pickletools; protocols 0 to 5.
 * Tests:   tests/test_pickle.c */
#ifndef EXCHANGE_PICKLE_H
#define EXCHANGE_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    PICKLE_BYTES_MAX = 64 << 20,
    PICKLE_VALUES_MAX = 1 << 20, /* values, and places in lists and dictionaries */
    PICKLE_STACK_MAX = 1 << 20,
    PICKLE_MEMO_MAX = 1 << 20,
    PICKLE_DEPTH_MAX = 256
};

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,   /* i */
    PICKLE_INT,    /* i; one of more than 64 bits is a PICKLE_BYTES */
    PICKLE_FLOAT,  /* f */
    PICKLE_TEXT,   /* text: UTF-8 */
    PICKLE_BYTES,  /* text: any bytes */
    PICKLE_TUPLE,  /* items */
    PICKLE_LIST,   /* items */
    PICKLE_DICT,   /* items: key, value, key, value ... */
    PICKLE_SET,    /* items */
    PICKLE_NAME,   /* items: module, name */
    PICKLE_CALL,   /* items: what would be called, its arguments; then those of its
                      dictionary or list, if it was given any */
    PICKLE_OUTSIDE /* item: what names something outside of the pickle */
};

struct pickle_value {
    enum pickle_kind kind;
    uint32_t n_items, cap;
    union {
        int64_t i;
        double f;
        struct {
            const char *s; /* (n) borrowed from the bytes; not terminated */
            size_t n;
        } text;
        uint32_t *item; /* (n_items) owned: places in pickle.value */
    };
};

struct pickle {
    struct pickle_value *value; /* (n) owned */
    size_t n;
    const struct pickle_value *root;
};

/* Run the n bytes at data, which are borrowed until pickle_release; what ("x.ckpt:
 * data.pkl") stands in messages.  On error p is empty. */
MUST_CHECK enum err pickle_read(struct pickle *p, const void *data, size_t n,
                                const char *what, struct errbuf *eb);
void pickle_release(struct pickle *p);

/* For pickle_read: what is wrong with the tree below a value - it contains itself or is too
 * deep - or NULL. */
const char *pickle_check_tree(const struct pickle *p, uint32_t root);

/* Item i of v, or NULL past its end, or where v is NULL or has no items. */
const struct pickle_value *pickle_item(const struct pickle *p,
                                       const struct pickle_value *v, size_t i);

/* The value of a key of a PICKLE_DICT, or NULL; v may be NULL.  The last counts. */
const struct pickle_value *pickle_get(const struct pickle *p,
                                      const struct pickle_value *v, const char *key);

/* v is that text / that name of that module; v may be NULL. */
bool pickle_is_text(const struct pickle_value *v, const char *text);
bool pickle_is_name(const struct pickle *p, const struct pickle_value *v,
                    const char *module, const char *name);

#endif
