/* queue_plan.c - from a spec and lists to queued runs. */
#include "run/queue_plan.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

/* --- paths --- */

static enum err
absolute(char **path, const char *option, struct errbuf *eb)
{
    char *real = realpath(*path, NULL);

    if (!real)
        return err_errno(eb, "--%s %s", option, *path);
    free(*path);
    *path = real;
    return ERR_OK;
}

/* --eval NAME=PATH */
static enum err
absolute_eval(char **item, struct errbuf *eb)
{
    char *eq = strchr(*item, '='), *path = xstrdup(eq ? eq + 1 : "");
    enum err e = absolute(&path, "eval", eb);

    if (e == ERR_OK) {
        char *text = xasprintf("%.*s%s", (int)(eq - *item + 1), *item, path);

        free(*item);
        *item = text;
    }
    free(path);
    return e;
}

static enum err
absolute_paths(struct spec *s, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t i = 0; i < s->data.n && e == ERR_OK; i++)
        e = absolute(&s->data.item[i], "data", eb);
    for (size_t i = 0; i < s->eval.n && e == ERR_OK; i++)
        e = absolute_eval(&s->eval.item[i], eb);
    if (e == ERR_OK && *s->ontology)
        e = absolute(&s->ontology, "ontology", eb);
    if (e == ERR_OK && *s->augmentations)
        e = absolute(&s->augmentations, "augmentations", eb);
    return e;
}

/* --- names --- */

/* Name of the file or folder without its suffix.  Caller frees. */
static char *
name_of_data(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);

    return n ? xstrndup(base, n) : xstrdup("data");
}

static void
set_text(struct spec *s, enum spec_id id, char *owned)
{
    enum err e = spec_set(s, id, owned, NULL);

    (void)e; /* any text will do */
    free(owned);
}

static void
fill_names(struct spec *s)
{
    if (!*s->experiment)
        set_text(s, SPEC_ID_experiment, name_of_data(s->data.item[0]));
    if (!*s->name)
        set_text(s, SPEC_ID_name,
                 xasprintf("%s-%s-s%lld", model_name((enum model_id)s->model),
                           loss_name((enum loss_id)s->loss), (long long)s->seed));
}

/* --- one run --- */

static const struct store_param *
list_params(struct arena *a, const struct spec *s, size_t *n)
{
    size_t total = 0, k = 0;

    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        total += spec_values(s, id);
    struct store_param *p = arena_alloc(a, total + 1, sizeof *p);
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        for (size_t i = 0; i < spec_values(s, id); i++) {
            struct strbuf value = {0};

            spec_value(s, id, i, &value);
            p[k++] = (struct store_param){.name = spec_item(id)->name,
                                          .value = arena_strdup(a, strbuf_str(&value)),
                                          .position = (int64_t)i};
            strbuf_release(&value);
        }
    *n = total;
    return p;
}

static const struct store_eval_binding *
list_evals(struct arena *a, const struct probe_result *r)
{
    struct store_eval_binding *b = arena_alloc(a, r->n_evals + 1, sizeof *b);

    for (size_t i = 0; i < r->n_evals; i++)
        b[i] = (struct store_eval_binding){r->eval[i].name, r->eval[i].digest};
    return b;
}

static void
write_run(struct queue_plan *p, const struct spec *s, const struct probe_result *r,
          int64_t priority)
{
    struct store_new_run *run = &p->run[p->n++];
    char key[DIGEST_HEX];

    spec_pair_key(s, r->data_digest, r->split_digest, r->class_digest, key);
    *run = (struct store_new_run){
        .name = arena_strdup(&p->arena, s->name),
        .experiment = arena_strdup(&p->arena, s->experiment),
        .model = model_name((enum model_id)s->model),
        .loss = loss_name((enum loss_id)s->loss),
        .pair_key = arena_strdup(&p->arena, key),
        .seed = s->seed,
        .max_epochs = s->max_epochs,
        .priority = priority,
        .data_digest = r->data_digest,
        .split_digest = r->split_digest,
        .class_digest = r->class_digest,
        .memory_bytes = r->memory_bytes,
        .n_train = (int64_t)r->n_part[PART_TRAIN],
        .eval = list_evals(&p->arena, r),
        .n_evals = r->n_evals,
    };
    run->param = list_params(&p->arena, s, &run->n_params);
}

/* --- the product --- */

static size_t
at_least_one(size_t n)
{
    return n ? n : 1;
}

static void
warn_once(struct queue_plan *p, const char *text)
{
    if (!strlist_has(&p->warnings, text))
        strlist_add(&p->warnings, text);
}

static void
collect_warnings(struct queue_plan *p, const struct probe_result *r)
{
    for (size_t i = 0; i < r->warnings.n; i++)
        warn_once(p, r->warnings.item[i]);
}

/* All seeds and losses of one model. */
static enum err
add_model(struct queue_plan *p, const char *self, const struct spec *base,
          const struct queue_axes *ax, struct errbuf *eb)
{
    struct probe_result *r = &p->probe[p->n_probes];
    enum err e = probe_run(self, base, PROBE_QUEUE, r, eb);

    if (e)
        return e;
    p->n_probes++;
    for (size_t i = 0; i < at_least_one(ax->n_seeds); i++)
        for (size_t j = 0; j < at_least_one(ax->n_losses); j++) {
            struct spec s;

            spec_init(&s);
            spec_copy(&s, base);
            if (ax->n_seeds)
                s.seed = ax->seed[i];
            if (ax->n_losses)
                s.loss = (int)ax->loss[j];
            fill_names(&s);
            write_run(p, &s, r, ax->priority);
            spec_release(&s);
        }
    collect_warnings(p, r);
    return ERR_OK;
}

static enum err
check_base(const struct spec *base, struct errbuf *eb)
{
    if (base->data.n == 0)
        return err_set(eb, ERR_ARG, "--data is missing: name " SPEC_DATA_KINDS);
    return ERR_OK;
}

static enum err
add_models(struct queue_plan *p, const char *self, const struct spec *base,
           const struct queue_axes *ax, struct errbuf *eb)
{
    enum err e = ERR_OK;

    for (size_t m = 0; m < at_least_one(ax->n_models) && e == ERR_OK; m++) {
        struct spec s;

        spec_init(&s);
        spec_copy(&s, base);
        if (ax->n_models)
            e = spec_set(&s, SPEC_ID_model, model_name(ax->model[m]), eb);
        spec_share(&s, ax->model, ax->n_models);
        if (e == ERR_OK)
            e = spec_resolve(&s, eb);
        if (e == ERR_OK)
            e = absolute_paths(&s, eb);
        if (e == ERR_OK)
            e = add_model(p, self, &s, ax, eb);
        spec_release(&s);
    }
    return e;
}

enum err
queue_plan_make(struct queue_plan *p, const char *self_path, const struct spec *base,
                const struct queue_axes *axes, struct errbuf *eb)
{
    size_t n = at_least_one(axes->n_models) * at_least_one(axes->n_losses) *
               at_least_one(axes->n_seeds);

    *p = (struct queue_plan){0};
    enum err e = check_base(base, eb);
    if (e)
        return e;
    p->run = xcalloc(n, sizeof *p->run);
    p->id = xcalloc(n, sizeof *p->id);
    p->existing = xcalloc(n, sizeof *p->existing);
    p->probe = xcalloc(at_least_one(axes->n_models), sizeof *p->probe);
    e = add_models(p, self_path, base, axes, eb);
    if (e)
        queue_plan_release(p);
    return e;
}

void
queue_plan_release(struct queue_plan *p)
{
    for (size_t i = 0; i < p->n_probes; i++)
        probe_result_release(&p->probe[i]);
    free(p->probe);
    free(p->run);
    free(p->id);
    free(p->existing);
    strlist_release(&p->warnings);
    arena_release(&p->arena);
    *p = (struct queue_plan){0};
}

enum err
queue_plan_add(struct queue_plan *p, struct store *s, bool needed, struct errbuf *eb)
{
    return store_queue_add(s, p->run, p->n, needed, p->id, p->existing, eb);
}

enum err
queue_plan_check(struct queue_plan *p, struct store *s, struct errbuf *eb)
{
    return store_queue_check(s, p->run, p->n, p->existing, eb);
}
