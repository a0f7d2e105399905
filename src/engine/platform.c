/* platform.c - which kernels run, and what the bits depend on. */
#include "engine/platform.h"

#include <string.h>

#include "base/strbuf.h"
#include "engine/train.h"
#include "num/blas.h"

/* The one mutable global of the engine: --cpu is a property of the process, and every
 * trainer and classifier in it must agree. */
static const struct kernels *chosen;

const struct kernels *
platform_kernels(void)
{
    blas_start();
    return chosen ? chosen : kernels_best();
}

void
train_platform(struct train_platform *p)
{
    p->cpu_path = platform_kernels()->name;
    p->blas_core = blas_core_name();
}

static enum err
unknown_path(const char *name, struct errbuf *eb)
{
    struct strbuf here = {0};
    const struct kernels *k;

    for (size_t i = 0; (k = kernels_path(i)); i++)
        if (kernels_supported(k))
            strbuf_addf(&here, ", %s", k->name);
    err_set(eb, ERR_ARG, "--cpu %s: this machine has auto%s", name, strbuf_str(&here));
    strbuf_release(&here);
    return ERR_ARG;
}

enum err
train_set_cpu(const char *name, struct errbuf *eb)
{
    const struct kernels *k;

    if (strcmp(name, "auto") == 0) {
        chosen = NULL;
        return ERR_OK;
    }
    for (size_t i = 0; (k = kernels_path(i)); i++) {
        if (strcmp(k->name, name) == 0 && kernels_supported(k)) {
            chosen = k;
            return ERR_OK;
        }
    }
    return unknown_path(name, eb);
}
