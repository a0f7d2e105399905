/* spec.h - what a run is: the parameters of spec.def as a struct, and as text.
 *
 * Threads: one thread per object.
 * Errors:  ERR_ARG names the parameter, the value and what would do. */
#ifndef SPEC_SPEC_H
#define SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/strlist.h"

/* What --data takes, in the words of all that ask for it. */
#define SPEC_DATA_KINDS                                                                \
    "an .h5ad file, a packed store, a folder of them, or an scTab store (Parquet)"

enum model_id {
#define MODEL(id, help) MODEL_##id,
#include "spec/models.def"
#undef MODEL
    MODEL_COUNT
};

enum loss_id {
#define LOSS(id, title, help) LOSS_##id,
#include "spec/losses.def"
#undef LOSS
    LOSS_COUNT
};

enum metric_id {
#define METRIC(id, kind, per, unit, help) METRIC_##id,
#include "spec/metrics.def"
#undef METRIC
    METRIC_COUNT
};

enum normalize_id { NORMALIZE_AUTO, NORMALIZE_SF_LOG1P, NORMALIZE_NONE };
enum class_weights_id { CLASS_WEIGHTS_BALANCED, CLASS_WEIGHTS_NONE };
enum mask_type_id { MASK_ENTMAX, MASK_SPARSEMAX };
enum shuffle_id { SHUFFLE_AUTO, SHUFFLE_CELLS, SHUFFLE_BLOCKS };

enum spec_kind { SPEC_TEXT, SPEC_LIST, SPEC_INT, SPEC_REAL, SPEC_CHOICE };

enum spec_flag {
    SPEC_OPT = 1,     /* has an option of its own */
    SPEC_HYPER = 2,   /* set with --set NAME=VALUE */
    SPEC_NOKEY = 4,   /* no part of the pair_key */
    SPEC_OPEN_MIN = 8, /* min itself is not allowed */
    SPEC_OPEN_MAX = 16, /* max itself is not allowed */
    SPEC_LATER = 32    /* part of the pair_key only if it is not the default */
};

enum spec_id {
#define SPEC(kind, id, flags, unit, min, max, def, choices, help) SPEC_ID_##id,
#include "spec/spec.def"
#undef SPEC
    SPEC_COUNT
};

struct spec {
#define SPEC_FIELD_TEXT   char *          /* owned, never NULL */
#define SPEC_FIELD_LIST   struct strlist  /* owned */
#define SPEC_FIELD_INT    int64_t
#define SPEC_FIELD_REAL   double
#define SPEC_FIELD_CHOICE int /* index among the choices: the enums above */
#define SPEC(kind, id, flags, unit, min, max, def, choices, help) SPEC_FIELD_##kind id;
#include "spec/spec.def"
#undef SPEC
    bool is_set[SPEC_COUNT]; /* given, and not a default */
};

/* A row of the table. */
struct spec_item {
    const char *name;
    enum spec_kind kind;
    unsigned flags; /* enum spec_flag */
    const char *unit;
    double min, max; /* INT and REAL */
    const char *defaults, *choices, *help;
    size_t offset; /* of the field in struct spec */
};

struct metric_info {
    const char *name, *unit, *help;
    bool is_rate;   /* depends on the machine: never compared between runs */
    bool per_epoch; /* one row per epoch, else one per logged step */
};

/* id < SPEC_COUNT, METRIC_COUNT, MODEL_COUNT, LOSS_COUNT; static storage. */
const struct spec_item *spec_item(enum spec_id id);
const struct metric_info *metric_info(enum metric_id id);
const char *model_name(enum model_id id);
const char *model_help(enum model_id id);
const char *loss_name(enum loss_id id);
const char *loss_title(enum loss_id id);
const char *loss_help(enum loss_id id);

/* The item of that name ('-' and '_' are alike), or SPEC_COUNT. */
enum spec_id spec_find(const char *name);

/* The metric of that name, or METRIC_COUNT. */
enum metric_id metric_find(const char *name);

/* The standard facets: names in the order of facets.def; NULL for i past the end. */
const char *facet_name(size_t i);
const char *facet_title(const char *name);

/* Choice i of a CHOICE item, or NULL past the end; text in static storage. */
const char *spec_choice(enum spec_id id, size_t i);

/* All defaults of the first model. */
void spec_init(struct spec *s);
void spec_release(struct spec *s);
void spec_copy(struct spec *dst, const struct spec *src); /* dst is initialised */

/* True if that model has the parameter. */
bool spec_applies(enum spec_id id, enum model_id model);

/* Forget that an item was given: it has the default again. */
void spec_unset(struct spec *s, enum spec_id id);

/* Set an item from text; appends to a LIST.  "inf", "nan", trailing text, values
 * outside the range or the choices are ERR_ARG. */
MUST_CHECK enum err spec_set(struct spec *s, enum spec_id id, const char *value,
                             struct errbuf *eb);

/* Set a hyperparameter from "name=value"; a name that is none is ERR_ARG with the
 * nearest ones named. */
MUST_CHECK enum err spec_set_hyper(struct spec *s, const char *assignment,
                                   struct errbuf *eb);

/* Give items that were not set the defaults of s->model, and check what one value
 * cannot show: fractions that leave no training part, --eval without NAME= or with a
 * name that is taken or refused, parameters that the model does not have, batches too
 * small for its BatchNorm. */
MUST_CHECK enum err spec_resolve(struct spec *s, struct errbuf *eb);

/* Whether cells that are not the run's own may be called name; option stands in the
 * message.  Lists of evaluations are joined by commas (store_groups). */
MUST_CHECK enum err spec_check_evaluation(const char *option, const char *name,
                                          struct errbuf *eb);

/* With several models a parameter goes to those that have it: forget what s->model
 * does not have but another of model (n) does. */
void spec_share(struct spec *s, const enum model_id *model, size_t n);

/* Append the value of an item (list entry i; i = 0 otherwise) as text that
 * spec_set takes back unchanged. */
void spec_value(const struct spec *s, enum spec_id id, size_t i, struct strbuf *out);

/* Values of an item: 1, or the length of a LIST; 0 if s->model has no such item. */
size_t spec_values(const struct spec *s, enum spec_id id);

/* Append the canonical text: "name=value\n" per value in the order of the table;
 * backslash and newline in values are escaped.  key_only leaves NOKEY items out, and LATER
 * ones that have their default. */
void spec_write(const struct spec *s, bool key_only, struct strbuf *out);

/* Read spec_write's text into an initialised spec; unknown names are ERR_ARG. */
MUST_CHECK enum err spec_read(struct spec *s, const char *text, struct errbuf *eb);

/* pair_key = sha256 of the canonical key text and the three digests. */
void spec_pair_key(const struct spec *s, const char *data_digest,
                   const char *split_digest, const char *class_digest,
                   char hex[DIGEST_HEX]);

/* "800M", "4G", "1.5T" (powers of 1,024), "1048576": bytes; "" is 0.  False if it is no
 * size. */
bool spec_size(const char *text, uint64_t *bytes);

/* "0-3,7" -> 0 1 2 3 7, in the given order without repeats, at most 10,000.
 * Caller frees *seeds. */
MUST_CHECK enum err spec_parse_seeds(const char *text, uint32_t **seeds, size_t *n,
                                     struct errbuf *eb);

#endif
