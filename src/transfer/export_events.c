/* export_events.c - the curves of a run as a TensorBoard event file. */
#include "transfer/export_events.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/tfevents_write.h"

/* What is called otherwise there. */
static const struct {
    const char *metric, *tag;
} tags[] = {{"lr", "lr-AdamW"}};

struct events_work {
    struct tfevents_write out;
    double start_s;
    struct strlist metrics; /* of the run */
    bool has_epoch, has_hp; /* among them: nothing is added then */
    int64_t step;           /* whose epoch was written last; INT64_MIN: none */
};

void
export_events_name(const struct export_run *r, struct strbuf *out)
{
    const char *host = export_run_text(r, "host"), *pid = export_run_text(r, "pid");
    double start_s = export_run_number(r, "start_s");

    strbuf_addf(out, "events.out.tfevents.%010" PRId64 ".",
                isnan(start_s) ? 0 : (int64_t)start_s);
    export_safe_name(out, *host ? host : "hcelab");
    strbuf_addf(out, ".%s.0", *pid ? pid : "0");
}

static bool
take_metric(void *ctx, size_t n, const char *const *name, const char *const *value,
            const char *type)
{
    (void)n;
    (void)name;
    (void)type;
    strlist_add(ctx, value[0]);
    return true;
}

static const char *
tag_of(const char *metric)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i].metric, metric) == 0)
            return tags[i].tag;
    return metric;
}

/* A row of tree_curve: name, step, epoch, wall_s, value. */
static bool
put_row(void *ctx, size_t n, const char *const *name, const char *const *value,
        const char *type)
{
    struct events_work *w = ctx;
    int64_t step = strtoll(value[1], NULL, 10) - 1;
    double wall_s = w->start_s + strtod(value[3], NULL);
    float x = value[4] ? (float)strtod(value[4], NULL) : NAN;

    (void)n;
    (void)name;
    (void)type;
    if (!w->has_epoch && step != w->step)
        tfevents_write_scalar(&w->out, wall_s, step, "epoch",
                              (float)strtod(value[2], NULL));
    w->step = step;
    tfevents_write_scalar(&w->out, wall_s, step, tag_of(value[0]), x);
    if (!w->has_hp && strcmp(value[0], "val_f1_macro") == 0)
        tfevents_write_scalar(&w->out, wall_s, step, "hp_metric", x);
    return !out_file_failed(&w->out.out);
}

enum err
export_events(const struct export_run *r, const char *path, struct errbuf *eb)
{
    const struct store_bind bind = {
        .name = ":run_id", .kind = BIND_INT, .i = r->run_id};
    double start_s = export_run_number(r, "start_s");
    struct events_work w = {.start_s = isnan(start_s) ? 0 : start_s, .step = INT64_MIN};
    enum err e =
        store_query(r->store, "tree_metrics", &bind, 1, take_metric, &w.metrics, eb);

    w.has_epoch = strlist_has(&w.metrics, "epoch");
    w.has_hp = strlist_has(&w.metrics, "hp_metric");
    strlist_release(&w.metrics);
    if (e || (e = tfevents_write_open(&w.out, path, w.start_s, eb)))
        return e;
    e = store_query(r->store, "tree_curve", &bind, 1, put_row, &w, eb);
    enum err closed = tfevents_write_close(&w.out, e == ERR_OK, e ? NULL : eb);
    return e ? e : closed;
}
