/* launch.c - from options to queued runs. */
#include "cli/launch.h"

#include <string.h>

#include "base/strbuf.h"
#include "cli/cli_out.h"
#include "cli/spec_opts.h"

static bool
same_value(const struct spec *a, const struct spec *b, enum spec_id id)
{
    struct strbuf x = {0}, y = {0};

    spec_value(a, id, 0, &x);
    spec_value(b, id, 0, &y);
    bool same = strcmp(strbuf_str(&x), strbuf_str(&y)) == 0;
    strbuf_release(&x);
    strbuf_release(&y);
    return same;
}

/* Another model has other defaults. */
static enum err
unset_defaults(struct spec *s, struct errbuf *eb)
{
    struct spec usual;

    spec_init(&usual);
    enum err e =
        spec_set(&usual, SPEC_ID_model, model_name((enum model_id)s->model), eb);
    if (e == ERR_OK)
        e = spec_resolve(&usual, eb);
    for (enum spec_id id = 0; id < SPEC_COUNT && e == ERR_OK; id++)
        if ((spec_item(id)->flags & SPEC_HYPER) && s->is_set[id] &&
            same_value(s, &usual, id))
            spec_unset(s, id);
    spec_release(&usual);
    return e;
}

enum err
launch_like(struct cli *c, int64_t run_id, struct spec *spec, struct errbuf *eb)
{
    struct strbuf text = {0};
    enum err e = store_run_params(c->store, run_id, &text, eb);

    if (e == ERR_OK)
        e = spec_read(spec, strbuf_str(&text), eb);
    if (e == ERR_OK)
        e = unset_defaults(spec, eb);
    spec_unset(spec, SPEC_ID_name);
    strbuf_release(&text);
    return e;
}

/* Lists that are given replace those of the run. */
static enum err
base_like(struct cli *c, bool will_write, struct spec *base, struct errbuf *eb)
{
    int64_t run_id;
    enum err e;

    if (!opts_has(&c->opts, "like"))
        return ERR_OK;
    if ((e = cli_open(c, will_write ? STORE_WRITE : STORE_READ, eb)) ||
        (e = store_run_find(c->store, opts_text(&c->opts, "like"), &run_id, eb)) ||
        (e = launch_like(c, run_id, base, eb)))
        return e;
    for (size_t i = 0; i < c->opts.n_values; i++) {
        enum spec_id id = spec_find(c->opts.value[i].opt->name);
        if (id < SPEC_COUNT && spec_item(id)->kind == SPEC_LIST)
            spec_unset(base, id);
    }
    return ERR_OK;
}

enum err
launch_plan(struct cli *c, int64_t priority, bool will_write, struct queue_plan *plan,
            struct errbuf *eb)
{
    struct spec_axes axes = {0};
    struct spec base;
    enum err e;

    *plan = (struct queue_plan){0};
    if (will_write && (e = store_check_place(c->store_path, eb)))
        return e;
    spec_init(&base);
    if ((e = base_like(c, will_write, &base, eb)) ||
        (e = spec_from_opts(&base, &c->opts, true, eb)) ||
        (e = axes_from_opts(&axes, &c->opts, eb)))
        goto out;
    if (base.data.n == 0) {
        e = err_set(eb, ERR_ARG, "--data is missing: name " SPEC_DATA_KINDS);
        goto out;
    }
    struct queue_axes lists = {
        .model = axes.model,
        .n_models = axes.n_models,
        .loss = axes.loss,
        .n_losses = axes.n_losses,
        .seed = axes.seed,
        .n_seeds = axes.n_seeds,
        .priority = priority,
    };
    e = queue_plan_make(plan, c->self_path, &base, &lists, eb);
out:
    spec_axes_release(&axes);
    spec_release(&base);
    return e;
}

void
launch_warn(const struct queue_plan *plan)
{
    for (size_t i = 0; i < plan->warnings.n; i++)
        out_note("warning: %s", plan->warnings.item[i]);
}

int64_t
launch_run_id(const struct queue_plan *plan, size_t i)
{
    return plan->id && plan->id[i] ? plan->id[i]
           : plan->existing        ? plan->existing[i]
                                   : 0;
}
