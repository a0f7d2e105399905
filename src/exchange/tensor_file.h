/* tensor_file.h - named tensors of a file of PyTorch (torch.save, Lightning) or of a
 * safetensors file: what there is, and one at a time as floats.
 *
 * Opening reads no tensor.  Tensors of types that no model has (complex, unsigned beyond
 * 8 bits) are only named.  Several names may stand for one piece of storage (`place` and
 * `first` equal): they are aliases.  What a file says besides its tensors - Lightning's
 * epoch and hyper_parameters, the metadata of safetensors - comes as pairs of texts.
 *
 * Threads: one thread per object.
 * Errors:  ERR_NOTFOUND, ERR_IO, ERR_FORMAT, ERR_UNSUPPORTED name the file and the tensor.
 * Source:  torch.serialization; the safetensors format.
 * Tests:   tests/test_torch_model.c, tests/test_import_weights.sh */
#ifndef EXCHANGE_TENSOR_FILE_H
#define EXCHANGE_TENSOR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/strlist.h"
#include "exchange/input_file.h"
#include "exchange/zip_members.h"

enum { TENSOR_DIMS_MAX = 8, TENSORS_MAX = 16384 };

enum tensor_type {
    TENSOR_F16,
    TENSOR_BF16,
    TENSOR_F32,
    TENSOR_F64,
    TENSOR_I8,
    TENSOR_I16,
    TENSOR_I32,
    TENSOR_I64,
    TENSOR_U8, /* and BOOL */
    TENSOR_TYPES
};

/* A name for people: "float32"; its bytes. */
const char *tensor_type_name(enum tensor_type type);
size_t tensor_type_bytes(enum tensor_type type);

/* Values in a row in the file. */
struct tensor_place {
    const struct zip_member
        *member; /* borrowed; NULL: the bytes at begin in the file */
    uint64_t begin, bytes;
};

struct tensor {
    const char *name; /* in the arena; may hold any text */
    enum tensor_type type;
    size_t n_dims;
    uint64_t dim[TENSOR_DIMS_MAX], stride[TENSOR_DIMS_MAX]; /* values */
    uint64_t first; /* value of the place at which the tensor begins */
    uint64_t n;     /* values: the product of dim */
    size_t place;   /* index */
};

struct tensor_file {
    struct input_file file;
    struct zip_members zip; /* of torch.save; else empty */
    struct tensor *tensor;  /* (n) owned; in the order of the file */
    size_t n;
    struct tensor_place *place; /* (n_places) owned */
    size_t n_places;
    struct strlist unread, unread_dtype; /* names of tensors whose values are of a type
                                            that is not read ("U64"), and the type */
    bool is_big_endian;
    struct strlist key, value; /* what else the file says: "epoch" "41",
                                  "hyper_parameters.n_d" "128" */
    bool is_lightning;         /* it has Lightning's dictionary */
    size_t cap, cap_places;    /* room in tensor and place */
    struct arena arena;
};

/* Open by content.  On error f is closed. */
MUST_CHECK enum err tensor_file_open(struct tensor_file *f, const char *path,
                                     struct errbuf *eb);

/* Any number of times. */
void tensor_file_close(struct tensor_file *f);

/* The tensor of that name, or NULL; borrowed from f. */
const struct tensor *tensor_file_find(const struct tensor_file *f, const char *name);

/* What the file says under a key, or NULL; borrowed from f. */
const char *tensor_file_says(const struct tensor_file *f, const char *key);

/* out (t->n) row-major = its values as the nearest floats.  The bytes of its place are
 * in memory meanwhile. */
MUST_CHECK enum err tensor_file_read(const struct tensor_file *f,
                                     const struct tensor *t, float *out,
                                     struct errbuf *eb);

/* Whether two tensors are the same piece of storage. */
bool tensor_is_alias(const struct tensor *a, const struct tensor *b);

/* Append "(164, 19331)". */
void tensor_add_shape(const struct tensor *t, struct strbuf *out);

/* For the readers of the formats: add a tensor whose dim, stride, first, type and place
 * are set; the name (n bytes) is copied, t->n is filled in.  ERR_FORMAT if it reaches
 * beyond its place, or there are too many. */
MUST_CHECK enum err tensor_file_add(struct tensor_file *f, const char *name, size_t n,
                                    const struct tensor *t, struct errbuf *eb);
size_t tensor_file_add_place(struct tensor_file *f, const struct tensor_place *p);

/* Row-major strides for dim; false if the number of values overflows. */
bool tensor_set_strides(struct tensor *t);

/* The formats: each fills an opened file's tensors and pairs. */
MUST_CHECK enum err torch_file_read(struct tensor_file *f, struct errbuf *eb);
MUST_CHECK enum err safetensors_read(struct tensor_file *f, struct errbuf *eb);

#endif
