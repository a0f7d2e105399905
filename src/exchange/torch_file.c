/* torch_file.c - a file of torch.save: a zip archive of a pickle and storages.
 *
 * The pickle's root is Lightning's dictionary, whose state_dict holds the tensors, or a
 * state_dict itself.  A tensor is a call of torch._utils._rebuild_tensor_v2 with
 * (storage, first value, dim, stride, ...); the storage is something outside, named by
 * ('storage', type, key, device, values), whose bytes are the member data/<key>.
 * Shared weights are several tensors on one storage. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/pickle.h"
#include "exchange/tensor_file.h"

enum {
    PAIRS_MAX = 4096,
    PAIR_BYTES_MAX = 4096, /* of a text that is kept */
    PAIR_DEPTH_MAX = 4,    /* dictionaries in dictionaries that are kept */
    LOOKS_MAX = 100000     /* at values, since parts that are shared are seen often */
};

static const struct {
    const char *storage, *dtype;
    enum tensor_type type;
} types[] = {
    {"HalfStorage", "float16", TENSOR_F16},
    {"BFloat16Storage", "bfloat16", TENSOR_BF16},
    {"FloatStorage", "float32", TENSOR_F32},
    {"DoubleStorage", "float64", TENSOR_F64},
    {"CharStorage", "int8", TENSOR_I8},
    {"ShortStorage", "int16", TENSOR_I16},
    {"IntStorage", "int32", TENSOR_I32},
    {"LongStorage", "int64", TENSOR_I64},
    {"ByteStorage", "uint8", TENSOR_U8},
    {"BoolStorage", "bool", TENSOR_U8},
};

struct reader {
    struct tensor_file *f;
    struct pickle p;
    char *folder; /* owned; "archive/" */
    size_t n_looks;
    struct errbuf *eb;
};

static enum err
malformed(const struct reader *r, const char *name, size_t n, const char *why)
{
    return err_set(r->eb, ERR_FORMAT, "%s: tensor '%.*s': %s", r->f->file.path, (int)n,
                   name, why);
}

/* --- members --- */

/* The one member that is <folder>/data.pkl. */
static enum err
find_pickle(struct reader *r, const struct zip_member **out)
{
    const struct zip_members *z = &r->f->zip;

    *out = NULL;
    for (size_t i = 0; i < z->n; i++) {
        const char *name = z->member[i].name, *slash = strchr(name, '/');

        if (!slash || strcmp(slash, "/data.pkl") != 0)
            continue;
        if (*out)
            return err_set(r->eb, ERR_FORMAT, "%s: it has two data.pkl", z->file->path);
        *out = &z->member[i];
    }
    if (!*out)
        return err_set(r->eb, ERR_FORMAT,
                       "%s: a zip archive without data.pkl: no checkpoint of PyTorch",
                       z->file->path);
    r->folder = xstrndup((*out)->name, strlen((*out)->name) - strlen("data.pkl"));
    return ERR_OK;
}

/* The member folder + name, or NULL. */
static const struct zip_member *
member_of(const struct reader *r, const char *name)
{
    char *path = xasprintf("%s%s", r->folder, name);
    const struct zip_member *m = zip_members_find(&r->f->zip, path);

    free(path);
    return m;
}

static enum err
read_byte_order(struct reader *r)
{
    const struct zip_member *m = member_of(r, "byteorder");
    char text[8] = "little";
    enum err e = ERR_OK;

    if (!m)
        return ERR_OK;
    if (m->bytes < sizeof text) {
        memset(text, 0, sizeof text);
        e = zip_member_read(&r->f->zip, m, text, r->eb);
    }
    r->f->is_big_endian = strcmp(text, "big") == 0;
    if (!e && !r->f->is_big_endian && strcmp(text, "little") != 0)
        e = err_set(r->eb, ERR_UNSUPPORTED, "%s: byteorder is neither little nor big",
                    r->f->file.path);
    return e;
}

/* --- tensors --- */

static bool
take_index(const struct pickle_value *v, uint64_t *out)
{
    *out = v && v->kind == PICKLE_INT && v->i >= 0 ? (uint64_t)v->i : 0;
    return v && v->kind == PICKLE_INT && v->i >= 0;
}

/* The type by the name of a storage's class, or of a dtype; TENSOR_TYPES: unknown. */
static enum tensor_type
type_of(const struct reader *r, const struct pickle_value *v)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (pickle_is_name(&r->p, v, "torch", types[i].storage) ||
            pickle_is_name(&r->p, v, "torch", types[i].dtype))
            return types[i].type;
    return TENSOR_TYPES;
}

/* The place of a storage's member: the same for the same key. */
static bool
find_place(struct reader *r, const struct pickle_value *key, size_t *out)
{
    if (!key || key->kind != PICKLE_TEXT || key->text.n > 64)
        return false;
    char *name = xasprintf("data/%.*s", (int)key->text.n, key->text.s);
    const struct zip_member *m = member_of(r, name);
    struct tensor_file *f = r->f;

    free(name);
    for (*out = 0; m && *out < f->n_places; ++*out)
        if (f->place[*out].member == m)
            return true;
    if (m)
        *out = tensor_file_add_place(
            f, &(struct tensor_place){.member = m, .bytes = m->bytes});
    return m != NULL;
}

/* ('storage', type, key, device, values); dtype: of an untyped storage, whose values are
 * bytes, or NULL. */
static const char *
take_storage(struct reader *r, const struct pickle_value *outside,
             const struct pickle_value *dtype, struct tensor *t)
{
    const struct pickle_value *id = outside && outside->kind == PICKLE_OUTSIDE
                                        ? pickle_item(&r->p, outside, 0)
                                        : NULL;
    const struct pickle_value *class = pickle_item(&r->p, id, 1);
    bool is_untyped = pickle_is_name(&r->p, class, "torch.storage", "UntypedStorage");
    uint64_t n, bytes;

    if (!pickle_is_text(pickle_item(&r->p, id, 0), "storage"))
        return "it has no storage";
    t->type = type_of(r, is_untyped ? dtype : class);
    if (t->type == TENSOR_TYPES)
        return "its values are of a type that is not read here (complex, quantized?)";
    if (!find_place(r, pickle_item(&r->p, id, 2), &t->place))
        return "the bytes of its storage are missing from the archive";
    if (!take_index(pickle_item(&r->p, id, 4), &n) ||
        __builtin_mul_overflow(n, is_untyped ? 1 : tensor_type_bytes(t->type),
                               &bytes) ||
        bytes != r->f->place[t->place].bytes)
        return "its storage has another size than the archive";
    return NULL;
}

static const char *
take_shape(struct reader *r, const struct pickle_value *dim,
           const struct pickle_value *stride, struct tensor *t)
{
    if (!dim || dim->kind != PICKLE_TUPLE || !stride || stride->kind != PICKLE_TUPLE ||
        dim->n_items != stride->n_items)
        return "its shape is none";
    if (dim->n_items > TENSOR_DIMS_MAX)
        return "it has more than 8 dimensions";
    t->n_dims = dim->n_items;
    for (size_t i = 0; i < t->n_dims; i++)
        if (!take_index(pickle_item(&r->p, dim, i), &t->dim[i]) ||
            !take_index(pickle_item(&r->p, stride, i), &t->stride[i]))
            return "its shape is none";
    return NULL;
}

/* A parameter is a call around its tensor. */
static const struct pickle_value *
unwrap(const struct reader *r, const struct pickle_value *v)
{
    static const char *const around[] = {"_rebuild_parameter",
                                         "_rebuild_parameter_with_state"};

    for (size_t i = 0; i < 2; i++)
        if (v->kind == PICKLE_CALL && pickle_is_name(&r->p, pickle_item(&r->p, v, 0),
                                                     "torch._utils", around[i])) {
            const struct pickle_value *inner =
                pickle_item(&r->p, pickle_item(&r->p, v, 1), 0);

            return inner ? inner : v;
        }
    return v;
}

/* The call's arguments if v is a tensor, else NULL; *dtype as in take_storage. */
static const struct pickle_value *
tensor_args(const struct reader *r, const struct pickle_value *v,
            const struct pickle_value **dtype)
{
    const struct pickle_value *callee, *args;

    *dtype = NULL;
    if (v->kind != PICKLE_CALL)
        return NULL;
    callee = pickle_item(&r->p, v, 0);
    args = pickle_item(&r->p, v, 1);
    if (pickle_is_name(&r->p, callee, "torch._utils", "_rebuild_tensor_v2"))
        return args;
    if (!pickle_is_name(&r->p, callee, "torch._utils", "_rebuild_tensor_v3"))
        return NULL;
    *dtype = pickle_item(&r->p, args, 6);
    return args;
}

/* Fill t from a tensor's arguments; returns what is wrong, or NULL. */
static const char *
take_tensor(struct reader *r, const struct pickle_value *args,
            const struct pickle_value *dtype, struct tensor *t)
{
    const char *why = take_storage(r, pickle_item(&r->p, args, 0), dtype, t);

    if (!why && !take_index(pickle_item(&r->p, args, 1), &t->first))
        why = "it begins nowhere";
    if (!why)
        why =
            take_shape(r, pickle_item(&r->p, args, 2), pickle_item(&r->p, args, 3), t);
    return why;
}

/* What is no tensor is passed over: a state_dict may hold a module's extra state. */
static enum err
add_tensor(struct reader *r, const struct pickle_value *name,
           const struct pickle_value *v)
{
    const struct pickle_value *dtype, *args = tensor_args(r, unwrap(r, v), &dtype);
    struct tensor t = {0};

    if (name->kind != PICKLE_TEXT || !args)
        return ERR_OK;
    if (memchr(name->text.s, 0, name->text.n))
        return malformed(r, name->text.s, name->text.n, "a NUL in its name");
    const char *why = take_tensor(r, args, dtype, &t);

    return why ? malformed(r, name->text.s, name->text.n, why)
               : tensor_file_add(r->f, name->text.s, name->text.n, &t, r->eb);
}

static enum err
add_tensors(struct reader *r, const struct pickle_value *state)
{
    for (size_t i = 0; i + 1 < state->n_items; i += 2) {
        enum err e = add_tensor(r, pickle_item(&r->p, state, i),
                                pickle_item(&r->p, state, i + 1));

        if (e)
            return e;
    }
    if (r->f->n == 0)
        return err_set(r->eb, ERR_FORMAT, "%s: there is no tensor in it",
                       r->f->file.path);
    return ERR_OK;
}

/* --- what else it says --- */

/* A tensor of one value as text: ModelCheckpoint keeps its scores so. */
static bool
add_score(struct reader *r, const struct pickle_value *v, struct strbuf *out)
{
    const struct pickle_value *dtype, *args = tensor_args(r, v, &dtype);
    struct tensor_file *f = r->f;
    struct tensor t = {0};
    float x;

    if (!args || take_tensor(r, args, dtype, &t) || t.n_dims > 1 ||
        (t.n_dims == 1 && t.dim[0] != 1) || f->n == TENSORS_MAX ||
        tensor_file_add(f, "", 0, &t, NULL))
        return false;
    bool ok = f->place[t.place].bytes <= PAIR_BYTES_MAX &&
              !tensor_file_read(f, &f->tensor[f->n - 1], &x, NULL);

    f->n--; /* it is no tensor of the model */
    if (ok)
        strbuf_add_double(out, (double)x);
    return ok;
}

/* The text of a value; false if it has none that is kept. */
static bool
add_text(struct reader *r, const struct pickle_value *v, struct strbuf *out)
{
    if (v->kind == PICKLE_NONE) {
        strbuf_adds(out, "None");
    } else if (v->kind == PICKLE_BOOL) {
        strbuf_adds(out, v->i ? "True" : "False");
    } else if (v->kind == PICKLE_INT) {
        strbuf_addf(out, "%" PRId64, v->i);
    } else if (v->kind == PICKLE_FLOAT) {
        strbuf_add_double(out, v->f);
    } else if (v->kind == PICKLE_TEXT && v->text.n <= PAIR_BYTES_MAX) {
        strbuf_add(out, v->text.s, v->text.n);
    } else if (v->kind == PICKLE_NAME) {
        add_text(r, pickle_item(&r->p, v, 0), out);
        strbuf_addc(out, '.');
        add_text(r, pickle_item(&r->p, v, 1), out);
    } else {
        return add_score(r, v, out);
    }
    return true;
}

/* Add v under key, a dictionary as key.name for each of its names. */
static void
add_pairs(struct reader *r, const char *key, const struct pickle_value *v, int depth)
{
    struct strbuf text = {0};

    for (size_t i = 0; v->kind == PICKLE_DICT && depth && i + 1 < v->n_items &&
                       r->n_looks < LOOKS_MAX;
         i += 2) {
        r->n_looks++;
        const struct pickle_value *name = pickle_item(&r->p, v, i);

        if (name->kind != PICKLE_TEXT || name->text.n > PAIR_BYTES_MAX)
            continue;
        char *below = xasprintf("%s.%.*s", key, (int)name->text.n, name->text.s);
        add_pairs(r, below, pickle_item(&r->p, v, i + 1), depth - 1);
        free(below);
    }
    if (v->kind != PICKLE_DICT && r->f->key.n < PAIRS_MAX && add_text(r, v, &text)) {
        strlist_add(&r->f->key, key);
        strlist_add(&r->f->value, strbuf_str(&text));
    }
    strbuf_release(&text);
}

static void
add_lightning(struct reader *r)
{
    static const char *const kept[] = {"epoch", "global_step",
                                       "pytorch-lightning_version", "hyper_parameters",
                                       "callbacks"};

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        const struct pickle_value *v = pickle_get(&r->p, r->p.root, kept[i]);

        if (v)
            add_pairs(r, kept[i], v, PAIR_DEPTH_MAX);
    }
}

/* --- the whole --- */

static enum err
read_root(struct reader *r)
{
    const struct pickle_value *root = r->p.root,
                              *state = pickle_get(&r->p, root, "state_dict");

    r->f->is_lightning = state != NULL;
    if (!state)
        state = root;
    if (state->kind != PICKLE_DICT)
        return err_set(r->eb, ERR_FORMAT,
                       "%s: it holds no state_dict but an object of a class: save "
                       "model.state_dict() or a checkpoint of Lightning",
                       r->f->file.path);
    enum err e = add_tensors(r, state);

    if (!e && r->f->is_lightning)
        add_lightning(r);
    return e;
}

static enum err
read_pickle(struct reader *r, const struct zip_member *m)
{
    uint8_t *data = NULL;
    char *what = xasprintf("%s: data.pkl", r->f->file.path);
    enum err e =
        m->bytes > PICKLE_BYTES_MAX
            ? err_set(r->eb, ERR_FORMAT,
                      "%s has %" PRIu64 " bytes, more than a checkpoint's 64 MiB", what,
                      m->bytes)
            : big_calloc(&data, (size_t)m->bytes, 1, "a pickle", r->eb);

    if (!e)
        e = zip_member_read(&r->f->zip, m, data, r->eb);
    if (!e)
        e = pickle_read(&r->p, data, (size_t)m->bytes, what, r->eb);
    if (!e)
        e = read_root(r);
    pickle_release(&r->p);
    free(data);
    free(what);
    return e;
}

enum err
torch_file_read(struct tensor_file *f, struct errbuf *eb)
{
    struct reader r = {.f = f, .eb = eb};
    const struct zip_member *m;
    enum err e;

    if (!(e = zip_members_open(&f->zip, &f->file, eb)) && !(e = find_pickle(&r, &m)) &&
        !(e = read_byte_order(&r)))
        e = read_pickle(&r, m);
    free(r.folder);
    return e;
}
