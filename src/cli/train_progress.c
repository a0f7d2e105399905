/* train_progress.c - a line about runs that train. */
#include "cli/train_progress.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/cli_out.h"
#include "cli/run_arg.h"

enum { BAR = 20 };

static void
add_bar(struct strbuf *sb, double frac)
{
    int full = (int)(frac * BAR);

    strbuf_addc(sb, '[');
    for (int i = 0; i < BAR; i++)
        strbuf_addc(sb, i < full ? '#' : '.');
    strbuf_addc(sb, ']');
}

static void
add_one_run(struct strbuf *sb, const struct store_run *r)
{
    int64_t epoch = r->epoch == INT64_MIN ? 0 : r->epoch;
    char eta[32];

    add_bar(sb, r->max_epochs > 0 ? (double)epoch / (double)r->max_epochs : 0);
    strbuf_addf(sb, " %s %s", r->name, r->state);
    if (r->step != INT64_MIN && r->step > 0)
        strbuf_addf(sb, ", epoch %" PRId64 "/%" PRId64 ", step %" PRId64, epoch + 1,
                    r->max_epochs, r->step);
    if (!isnan(r->train_loss))
        strbuf_addf(sb, ", loss %.4f", r->train_loss);
    if (!isnan(r->val_f1_macro))
        strbuf_addf(sb, ", val F1 %.4f", r->val_f1_macro);
    if (!isnan(r->cells_per_s))
        strbuf_addf(sb, ", %.0f cells/s", r->cells_per_s);
    clock_duration(r->eta_s, eta, sizeof eta);
    if (!isnan(r->eta_s))
        strbuf_addf(sb, ", %s left", eta);
    if (r->reason)
        strbuf_addf(sb, ", %s", r->reason);
}

static bool
is_watched(const struct train_progress_line *p, int64_t run_id)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->id[i] == run_id)
            return true;
    return false;
}

static void
add_many_runs(struct strbuf *sb, const struct train_progress_line *p,
              const struct store_runs *runs)
{
    struct strbuf now = {0};
    size_t n_done = 0;

    for (size_t i = 0; i < runs->n; i++) {
        const struct store_run *r = &runs->run[i];

        if (!is_watched(p, r->run_id))
            continue;
        n_done += run_arg_has_ended(r->state);
        if (strcmp(r->state, "running") == 0)
            strbuf_addf(&now, "  %s %" PRId64 "/%" PRId64, r->name,
                        r->epoch == INT64_MIN ? 0 : r->epoch + 1, r->max_epochs);
    }
    add_bar(sb, p->n ? (double)n_done / (double)p->n : 0);
    strbuf_addf(sb, " %zu of %zu runs%s", n_done, p->n, strbuf_str(&now));
    strbuf_release(&now);
}

void
train_progress_tick(void *ctx)
{
    struct train_progress_line *p = ctx;
    struct store_run_filter filter = {.run_id = p->n == 1 ? p->id[0] : 0};
    struct store_runs runs;
    struct strbuf sb = {0};

    if (store_runs_list(p->store, &filter, &runs, NULL))
        return;
    if (p->n == 1 && runs.n)
        add_one_run(&sb, &runs.run[0]);
    else
        add_many_runs(&sb, p, &runs);
    out_progress(strbuf_str(&sb));
    strbuf_release(&sb);
    store_runs_release(&runs);
}
