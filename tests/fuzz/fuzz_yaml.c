/* fuzz_yaml.c - any bytes as hparams.yaml and as parameters.json: read or refused, never
 * a crash, and never more values than are allowed. */
#include "tests/fuzz/fuzz.h"

#include "exchange/source_params.h"

static void
look(struct source_params *p, enum err e)
{
    if (e != ERR_OK && p->n)
        abort();
    if (p->n > SOURCE_PARAMS_MAX)
        abort();
    source_params_release(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct source_params p;
    char *text = xcalloc(n + 1, 1);

    for (size_t i = 0; i < n; i++)
        text[i] = (char)data[i];
    look(&p, source_params_yaml(&p, text, n, "fuzz.yaml", NULL));
    look(&p, source_params_json(&p, text, n, "fuzz.json", NULL));
    free(text);
    return 0;
}
