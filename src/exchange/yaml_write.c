/* yaml_write.c - a mapping of names to values as YAML. */
#include "exchange/yaml_write.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

void
yaml_write_real(struct strbuf *out, double x)
{
    struct strbuf digits = {0};

    if (!isfinite(x)) {
        strbuf_adds(out, isnan(x) ? ".nan" : x < 0 ? "-.inf" : ".inf");
        return;
    }
    strbuf_add_double(&digits, x);
    const char *text = strbuf_str(&digits), *exponent = strchr(text, 'e');
    size_t mantissa = exponent ? (size_t)(exponent - text) : digits.len;
    strbuf_add(out, text, mantissa);
    if (!memchr(text, '.', mantissa))
        strbuf_adds(out, ".0");
    strbuf_adds(out, text + mantissa);
    strbuf_release(&digits);
}

static int
keep_output(void *ctx, unsigned char *data, size_t n)
{
    strbuf_add(ctx, data, n);
    return 1;
}

/* An event goes to the emitter, which frees it. */
static bool
emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
    return made && yaml_emitter_emit(emitter, event);
}

/* Whether a reader would take the text for a number, a truth or nothing at all. */
static bool
looks_typed(const char *text)
{
    static const char *const word[] = {"",   "~",  "null", "true", "false", "yes",
                                       "no", "on", "off",  "y",    "n"};

    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (strcasecmp(text, word[i]) == 0)
            return true;
    return strchr("0123456789+-.=<", text[0]) != NULL;
}

static bool
put_scalar(yaml_emitter_t *emitter, const char *text, bool is_text)
{
    yaml_event_t event;
    yaml_scalar_style_t style = is_text && looks_typed(text)
                                    ? YAML_SINGLE_QUOTED_SCALAR_STYLE
                                    : YAML_ANY_SCALAR_STYLE;

    return emit(emitter, &event,
                yaml_scalar_event_initialize(&event, NULL, NULL,
                                             (const yaml_char_t *)text,
                                             (int)strlen(text), 1, 1, style));
}

static bool
put_real(yaml_emitter_t *emitter, const char *text)
{
    struct strbuf real = {0};

    yaml_write_real(&real, strtod(text, NULL));
    bool ok = put_scalar(emitter, strbuf_str(&real), false);
    strbuf_release(&real);
    return ok;
}

static bool
put_open(yaml_emitter_t *emitter)
{
    yaml_event_t event;

    return emit(emitter, &event,
                yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                    YAML_BLOCK_MAPPING_STYLE));
}

static bool
put_close(yaml_emitter_t *emitter)
{
    yaml_event_t event;

    return emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

static bool
put_entry(yaml_emitter_t *emitter, const struct yaml_entry *entry)
{
    if (entry->kind == YAML_CLOSE)
        return put_close(emitter);
    if (!put_scalar(emitter, entry->name, true))
        return false;
    switch (entry->kind) {
    case YAML_OPEN: return put_open(emitter);
    case YAML_REAL: return put_real(emitter, entry->text);
    case YAML_TEXT:
    case YAML_WORD: return put_scalar(emitter, entry->text, entry->kind == YAML_TEXT);
    case YAML_CLOSE: break;
    }
    return true;
}

static bool
put_document(yaml_emitter_t *emitter, const struct yaml_entry *entry, size_t n)
{
    yaml_event_t event;

    if (!emit(emitter, &event,
              yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING)) ||
        !emit(emitter, &event,
              yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1)) ||
        !put_open(emitter))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!put_entry(emitter, &entry[i]))
            return false;
    return put_close(emitter) &&
           emit(emitter, &event, yaml_document_end_event_initialize(&event, 1)) &&
           emit(emitter, &event, yaml_stream_end_event_initialize(&event));
}

enum err
yaml_write(struct strbuf *out, const struct yaml_entry *entry, size_t n,
           struct errbuf *eb)
{
    yaml_emitter_t emitter;
    enum err e = ERR_OK;

    if (!yaml_emitter_initialize(&emitter))
        return err_set(eb, ERR_NOMEM, "no memory for a YAML document");
    yaml_emitter_set_output(&emitter, keep_output, out);
    yaml_emitter_set_unicode(&emitter, 1);
    if (!put_document(&emitter, entry, n))
        e = err_set(eb, ERR_FORMAT, "cannot be written as YAML: %s",
                    emitter.problem ? emitter.problem : "a text that is not UTF-8");
    yaml_emitter_delete(&emitter);
    return e;
}
