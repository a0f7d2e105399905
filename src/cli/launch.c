/* launch.c - from options to queued runs. */
#include "cli/launch.h"

#include "cli/cli_out.h"
#include "cli/spec_opts.h"

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
    if ((e = spec_from_opts(&base, &c->opts, true, eb)) ||
        (e = axes_from_opts(&axes, &c->opts, eb)))
        goto out;
    if (base.data.n == 0) {
        e = err_set(eb, ERR_ARG,
                    "--data is missing: name an .h5ad file or a folder of "
                    "them");
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
