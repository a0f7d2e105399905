/* spec_resolve.c - what one value of a spec cannot show: defaults of the model, and
 * whether the values go together. */
#include "spec/spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "spec/decode.h"

/* A parameter that was given but is none of the model's. */
static enum err
refuse_foreign(const struct spec *s, enum spec_id id, struct errbuf *eb)
{
    struct strbuf having = {0}, value = {0};

    for (enum model_id m = 0; m < MODEL_COUNT; m++)
        if (spec_applies(id, m))
            strbuf_addf(&having, "%s%s", having.len ? ", " : "", model_name(m));
    spec_value(s, id, 0, &value);
    bool is_hyper = spec_item(id)->flags & SPEC_HYPER;
    err_set(eb, ERR_ARG,
            "--%s%s%s%s: the %s model has no such parameter; models that have it: %s",
            is_hyper ? "set " : "", spec_item(id)->name, is_hyper ? "=" : " ",
            strbuf_str(&value), model_name((enum model_id)s->model),
            strbuf_str(&having));
    strbuf_release(&having);
    strbuf_release(&value);
    return ERR_ARG;
}

/* Defaults of the model, and nothing that it does not have. */
static enum err
resolve_model(struct spec *s, struct errbuf *eb)
{
    enum model_id model = (enum model_id)s->model;

    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        if (s->is_set[id] && !spec_applies(id, model))
            return refuse_foreign(s, id, eb);
        if (!s->is_set[id] && strchr(spec_item(id)->defaults, '|'))
            spec_unset(s, id);
    }
    return ERR_OK;
}

/* What BatchNorm asks of the sizes of batches. */
static enum err
resolve_batches(struct spec *s, struct errbuf *eb)
{
    enum model_id model = (enum model_id)s->model;

    if (s->batch_size < 2 && model != MODEL_linear)
        return err_set(eb, ERR_ARG,
                       "--set batch_size=%lld: BatchNorm of %s needs at least 2 cells "
                       "in a batch",
                       (long long)s->batch_size, model_name(model));
    if (!spec_applies(SPEC_ID_virtual_batch_size, model))
        return ERR_OK;
    if (s->virtual_batch_size > s->batch_size && !s->is_set[SPEC_ID_virtual_batch_size])
        s->virtual_batch_size = s->batch_size;
    if (s->virtual_batch_size > s->batch_size)
        return err_set(eb, ERR_ARG,
                       "--set virtual_batch_size=%lld: larger than a batch "
                       "(batch_size=%lld); from 2 to batch_size",
                       (long long)s->virtual_batch_size, (long long)s->batch_size);
    if (s->n_shared + s->n_independent < 1)
        return err_set(eb, ERR_ARG,
                       "--set n_shared=0 and n_independent=0 leave no layer: one of "
                       "them must be at least 1");
    return ERR_OK;
}

enum err
spec_check_evaluation(const char *option, const char *name, struct errbuf *eb)
{
    size_t len;

    if (!*name || strchr(name, ','))
        return err_set(eb, ERR_ARG,
                       "%s %s: the name of an evaluation is not empty and has no comma",
                       option, name);
    if (strcmp(name, "id") == 0 || strcmp(name, "ood") == 0)
        return err_set(eb, ERR_ARG,
                       "%s %s: the names id and ood belong to the run's own test part "
                       "and hold-out; choose another",
                       option, name);
    enum decode_id d = decode_of_evaluation(name, &len);
    if (d != DECODE_argmax)
        return err_set(eb, ERR_ARG,
                       "%s %s: %s is added to the name of an evaluation by eval "
                       "--decode %s; choose another",
                       option, name, decode_suffix(d), decode_name(d));
    return ERR_OK;
}

/* Entry i of --eval: a name of its own, and a path. */
static enum err
check_eval(const struct spec *s, size_t i, struct errbuf *eb)
{
    const char *text = s->eval.item[i], *eq = strchr(text, '=');

    if (!eq || eq == text || !eq[1])
        return err_set(eb, ERR_ARG, "--eval %s: write NAME=PATH", text);
    size_t len = (size_t)(eq - text) + 1;
    for (size_t k = 0; k < i; k++)
        if (strncmp(s->eval.item[k], text, len) == 0)
            return err_set(eb, ERR_ARG,
                           "--eval %s: the name stands for other cells already (--eval "
                           "%s)",
                           text, s->eval.item[k]);
    char *name = xstrndup(text, len - 1);
    enum err e = spec_check_evaluation("--eval", name, eb);
    free(name);
    return e;
}

bool
spec_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    char *end;
    double x = *text ? strtod(text, &end) : 0;

    *bytes = 0;
    if (!*text)
        return true;
    const char *unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;

    for (const char *u = units; unit && u <= unit; u++)
        x *= 1024;
    end += unit != NULL;
    if (!isdigit((unsigned char)*text) || *end || !(x >= 1 && x < 0x1p62))
        return false;
    *bytes = (uint64_t)x;
    return true;
}

static enum err
resolve_memory(const struct spec *s, struct errbuf *eb)
{
    uint64_t bytes;

    if (spec_size(s->memory, &bytes))
        return ERR_OK;
    return err_set(eb, ERR_ARG, "--memory %s: write a size like 800M or 4G", s->memory);
}

enum err
spec_resolve(struct spec *s, struct errbuf *eb)
{
    enum err e = resolve_model(s, eb);

    if (e || (e = resolve_batches(s, eb)) || (e = resolve_memory(s, eb)))
        return e;
    if (s->val_fraction + s->test_fraction >= 1)
        return err_set(
            eb, ERR_ARG,
            "--val-fraction %g and --test-fraction %g leave nothing to train "
            "on: their sum must be below 1",
            s->val_fraction, s->test_fraction);
    for (size_t i = 0; i < s->eval.n && !e; i++)
        e = check_eval(s, i, eb);
    return e;
}

void
spec_share(struct spec *s, const enum model_id *model, size_t n)
{
    for (enum spec_id id = 0; id < SPEC_COUNT; id++) {
        bool is_anyones = false;

        for (size_t m = 0; m < n; m++)
            is_anyones |= spec_applies(id, model[m]);
        if (s->is_set[id] && is_anyones && !spec_applies(id, (enum model_id)s->model))
            spec_unset(s, id);
    }
}
