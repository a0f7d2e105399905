/* torch_names.c - tensors of PyTorch's modules and the model's own: which is which. */
#include "transfer/torch_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

/* Published first; then a classifier by itself, and what wrappers put before it. */
static const char *const prefixes[] = {
    TORCH_PREFIX,          "",        "module." TORCH_PREFIX, "_orig_mod." TORCH_PREFIX,
    "model." TORCH_PREFIX, "module.", "_orig_mod.",           "model.",
};

/* A tensor that only this model has; in the order of asking. */
static const struct {
    enum model_id model;
    const char *name;
} marks[] = {
    {MODEL_tabnet, "encoder.initial_bn.weight"},
    {MODEL_mlp, "encoder.0.weight"},
    {MODEL_linear, "weight"},
};

enum model_id
torch_names_model(const struct tensor_file *f, const char **prefix)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        for (size_t m = 0; m < sizeof marks / sizeof marks[0]; m++) {
            char *name = xasprintf("%s%s", prefixes[i], marks[m].name);
            bool is_there = tensor_file_find(f, name) != NULL;

            free(name);
            if (is_there) {
                *prefix = prefixes[i];
                return marks[m].model;
            }
        }
    *prefix = "";
    return MODEL_COUNT;
}

/* The number i of ".shared.shared_layers.<i>.weight" or ".shared.glu_layers.<i>.fc.weight"
 * at s: its digits, *n of them; NULL: it is neither. */
static const char *
shared_number(const char *s, size_t *n)
{
    static const char *const form[][2] = {
        {".shared.shared_layers.", ".weight"},
        {".shared.glu_layers.", ".fc.weight"},
    };

    for (size_t i = 0; i < 2; i++) {
        size_t head = strlen(form[i][0]);

        if (strncmp(s, form[i][0], head) != 0)
            continue;
        *n = strspn(s + head, "0123456789");
        if (*n && strcmp(s + head + *n, form[i][1]) == 0)
            return s + head;
    }
    return NULL;
}

char *
torch_names_own(const char *name)
{
    const char *shared = strstr(name, ".shared."), *number;
    size_t n;

    if (strncmp(name, "encoder.", 8) != 0 || !shared ||
        !(number = shared_number(shared, &n)))
        return xstrdup(name);
    return xasprintf("encoder.initial_splitter.shared.shared_layers.%.*s.weight",
                     (int)n, number);
}

static bool
ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

bool
torch_names_is_known(const char *name)
{
    static const char *const buffers[] = {"class_weights", "child_lookup",
                                          "child_lookup_transposed", "augmentations"};

    for (size_t i = 0; i < sizeof buffers / sizeof buffers[0]; i++)
        if (strcmp(name, buffers[i]) == 0)
            return true;
    return ends_with(name, ".num_batches_tracked");
}
