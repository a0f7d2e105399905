/* safetensors_write.c - tensors of float32 under their names, as .safetensors. */
#include "exchange/safetensors_write.h"

enum { ALIGNMENT = 8 }; /* of the values in the file */

static void
put_texts(struct strbuf *sb, const struct safetensors_text *text, size_t n)
{
    strbuf_adds(sb, "{\"__metadata__\":{");
    for (size_t i = 0; i < n; i++) {
        strbuf_adds(sb, i ? "," : "");
        strbuf_add_json(sb, text[i].key);
        strbuf_addc(sb, ':');
        strbuf_add_json(sb, text[i].value);
    }
    strbuf_addc(sb, '}');
}

/* Returns where the tensor ends. */
static size_t
put_tensor(struct strbuf *sb, const struct safetensors_tensor *t, size_t begin)
{
    size_t bytes = sizeof(float);

    strbuf_addc(sb, ',');
    strbuf_add_json(sb, t->name);
    strbuf_adds(sb, ":{\"dtype\":\"F32\",\"shape\":[");
    for (size_t d = 0; d < t->n_dims; d++) {
        strbuf_addf(sb, "%s%zu", d ? "," : "", t->dim[d]);
        bytes *= t->dim[d];
    }
    strbuf_addf(sb, "],\"data_offsets\":[%zu,%zu]}", begin, begin + bytes);
    return begin + bytes;
}

enum err
safetensors_write_open(struct out_file *o, const char *path,
                       const struct safetensors_tensor *tensor, size_t n_tensors,
                       const struct safetensors_text *text, size_t n_texts,
                       struct errbuf *eb)
{
    struct strbuf header = {0};
    unsigned char size[8];
    size_t end = 0;
    enum err e = out_file_open(o, path, eb);

    if (e)
        return e;
    put_texts(&header, text, n_texts);
    for (size_t i = 0; i < n_tensors; i++)
        end = put_tensor(&header, &tensor[i], end);
    strbuf_addc(&header, '}');
    while (header.len % ALIGNMENT)
        strbuf_addc(&header, ' ');
    for (unsigned i = 0; i < sizeof size; i++)
        size[i] = (unsigned char)((uint64_t)header.len >> 8 * i & 0xff);
    out_file_add(o, size, sizeof size);
    out_file_add(o, strbuf_str(&header), header.len);
    strbuf_release(&header);
    return ERR_OK;
}

void
safetensors_write_values(struct out_file *o, const float *value, size_t n)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "the values of the format are little-endian");
    out_file_add(o, value, n * sizeof *value);
}
