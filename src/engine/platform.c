/* platform.c - which kernels run, and what the bits depend on. */
#include "engine/platform.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/spawn.h"
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

static bool
is_limited(void)
{
    struct rlimit space, data;

    return (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) ||
           (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY);
}

void
train_start_alone(char *const *argv)
{
    const char *value = getenv("OPENBLAS_NUM_THREADS"); /* read when it is loaded */
    char path[PATH_MAX];

    if (!is_limited() || (value && strcmp(value, "1") == 0) ||
        spawn_self_path(path, sizeof path, NULL) ||
        setenv("OPENBLAS_NUM_THREADS", "1", 1) != 0)
        return;
    execv(path, argv);
}

void
train_platform(struct train_platform *p)
{
    p->cpu_path = platform_kernels()->name;
    p->blas_core = blas_core_name();
}

const char *
train_cpu_name(size_t i)
{
    const struct kernels *k;

    for (size_t p = 0; (k = kernels_path(p)); p++)
        if (kernels_supported(k) && i-- == 0)
            return k->name;
    return NULL;
}

static enum err
unknown_path(const char *name, struct errbuf *eb)
{
    struct strbuf here = {0};
    const char *known;

    for (size_t i = 0; (known = train_cpu_name(i)); i++)
        strbuf_addf(&here, ", %s", known);
    err_set(eb, ERR_ARG, "--cpu %s: %sthis machine has auto%s", name,
            *name ? "" : "the name is empty; ", strbuf_str(&here));
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
