/* weights_facts.c - which training a checkpoint is of: loss, seed, epoch, score. */
#include "transfer/weights_facts.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/xalloc.h"

static bool
as_int(const char *text, int64_t max, int64_t *out)
{
    char *end;
    long long x;

    if (!text || !isdigit((unsigned char)*text))
        return false;
    errno = 0;
    x = strtoll(text, &end, 10);
    if (errno || *end || x > max)
        return false;
    *out = x;
    return true;
}

static bool
as_share(const char *text, double *out)
{
    char *end;
    double x;

    if (!text || !*text)
        return false;
    x = strtod(text, &end);
    if (!(x >= 0 && x <= 1) || *end)
        return false;
    *out = x;
    return true;
}

/* What the file says under a name, or under hyper_parameters. */
static const char *
said(const struct tensor_file *f, const char *name)
{
    char *key = xasprintf("hyper_parameters.%s", name);
    const char *value = tensor_file_says(f, key);

    free(key);
    return value ? value : tensor_file_says(f, name);
}

/* --- the file's name --- */

/* Number behind "key=" in the name, as text without what follows it; "" for none. */
static void
number_behind(const char *name, const char *key, char out[32])
{
    const char *at = strstr(name, key);
    size_t n = 0;

    out[0] = '\0';
    if (!at)
        return;
    at += strlen(key);
    while (n < 31 && (isdigit((unsigned char)at[n]) ||
                      (at[n] == '.' && isdigit((unsigned char)at[n + 1]))))
        n++;
    memcpy(out, at, n);
    out[n] = '\0';
}

void
weights_facts_of_name(const char *path, int64_t *epoch, double *score)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char text[32];

    number_behind(name, "epoch=", text);
    as_int(text, INT32_MAX, epoch);
    number_behind(name, "val_f1_macro=", text);
    as_share(text, score);
}

/* --- Lightning's callbacks --- */

/* callbacks.<name>.current_score of the one that watches val_f1_macro: saved right after
 * the validation that it was saved for. */
static void
find_score(const struct tensor_file *f, double *score)
{
    static const char tail[] = ".monitor";

    for (size_t i = 0; i < f->key.n; i++) {
        const char *key = f->key.item[i];
        size_t n = strlen(key), m = sizeof tail - 1;

        if (n < m || strcmp(key + n - m, tail) != 0 ||
            strcmp(f->value.item[i], "val_f1_macro") != 0)
            continue;
        char *at = xasprintf("%.*s.current_score", (int)(n - m), key);
        as_share(tensor_file_says(f, at), score);
        free(at);
    }
}

/* --- the folders --- */

/* version_N of a component of the path. */
static bool
find_version(const char *path, int64_t *out)
{
    const char *at = strstr(path, "/version_");
    char text[32];

    if (!at)
        return false;
    number_behind(at, "/version_", text);
    return as_int(text, UINT32_MAX, out);
}

/* A folder that is called after a model, with or without the loss. */
static bool
find_loss(const char *path, enum loss_id *out)
{
    if (strstr(path, "hierarchical_loss")) {
        *out = LOSS_hce;
        return true;
    }
    for (enum model_id id = 0; id < MODEL_COUNT; id++) {
        char *folder = xasprintf("/%s/default/", model_name(id));
        bool is_in = strstr(path, folder) != NULL;

        free(folder);
        if (is_in) {
            *out = LOSS_ce;
            return true;
        }
    }
    return false;
}

static bool
loss_of(const char *name, enum loss_id *out)
{
    for (enum loss_id id = 0; name && id < LOSS_COUNT; id++)
        if (strcmp(loss_name(id), name) == 0) {
            *out = id;
            return true;
        }
    return false;
}

/* --- all of them --- */

enum err
weights_facts_find(struct weights_facts *x, const struct tensor_file *f,
                   const struct import_wish *wish, struct errbuf *eb)
{
    char *path = realpath(f->file.path, NULL);
    const char *where = path ? path : f->file.path;
    enum err e = ERR_OK;

    *x = (struct weights_facts){.score = NAN};
    if (wish->loss && !loss_of(wish->loss, &x->loss))
        e = err_set(eb, ERR_ARG, "--loss %s: must be ce or hce", wish->loss);
    x->knows_loss =
        wish->loss || loss_of(said(f, "loss"), &x->loss) || find_loss(where, &x->loss);
    x->seed = wish->has_seed ? wish->seed : 0;
    x->knows_seed = wish->has_seed || as_int(said(f, "seed"), UINT32_MAX, &x->seed) ||
                    find_version(where, &x->seed);
    weights_facts_of_name(where, &x->epoch, &x->score);
    as_int(tensor_file_says(f, "epoch"), INT32_MAX, &x->epoch);
    as_int(tensor_file_says(f, "global_step"), INT64_MAX, &x->step);
    find_score(f, &x->score);
    free(path);
    return e;
}

enum err
weights_facts_check(const struct tensor_file *f, const char *key, const char *what,
                    const struct strlist *names, struct errbuf *eb)
{
    const char *said = tensor_file_says(f, key);
    char hex[DIGEST_HEX];
    struct digest d;

    digest_init(&d);
    for (size_t i = 0; i < names->n; i++) {
        digest_add(&d, names->item[i], strlen(names->item[i]));
        digest_add(&d, "\n", 1);
    }
    digest_final(&d, hex);
    if (!said || strcmp(said, hex) == 0)
        return ERR_OK;
    return err_set(eb, ERR_CONFLICT,
                   "%s was written for other %s than these, or in another order (%s)",
                   f->file.path, what, key);
}
