/* bench_sink.c - a sink between the engine and another, with clocks. */
#include "bench/bench_sink.h"

#include "base/clock.h"

/* A call ends that began then: its seconds. */
static double
leave(struct bench_sink *bs, double begin)
{
    bs->left_s = clock_mono_s();
    return bs->left_s - begin;
}

static enum err
on_metrics(void *ctx, const struct metric_point *p, size_t n, struct errbuf *eb)
{
    struct bench_sink *bs = ctx;
    double begin = clock_mono_s();
    enum err e = bs->other ? bs->other->metrics(bs->other->ctx, p, n, eb) : ERR_OK;

    bs->t.n_rows += n;
    bs->t.rows_s += leave(bs, begin);
    return e;
}

static enum err
on_checkpoint(void *ctx, const struct checkpoint *cp, struct errbuf *eb)
{
    struct bench_sink *bs = ctx;
    double begin = clock_mono_s();
    enum err e = bs->other ? bs->other->checkpoint(bs->other->ctx, cp, eb) : ERR_OK;

    bs->t.making_s += begin - bs->left_s;
    *(cp->kind == CHECKPOINT_STATE ? &bs->t.n_states : &bs->t.n_models) += 1;
    bs->t.checkpoint_bytes += pieces_size(cp->piece, cp->n_pieces);
    bs->t.checkpoint_s += leave(bs, begin);
    return e;
}

static enum err
on_evaluation(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    struct bench_sink *bs = ctx;

    return bs->other ? bs->other->evaluation(bs->other->ctx, r, eb) : ERR_OK;
}

static enum err
on_progress(void *ctx, const struct train_progress *p, bool *stop, struct errbuf *eb)
{
    struct bench_sink *bs = ctx;
    double begin = clock_mono_s();
    enum err e = ERR_OK;

    *stop = false;
    if (bs->other)
        e = bs->other->progress(bs->other->ctx, p, stop, eb);
    bs->t.progress_s += leave(bs, begin);
    if (bs->step)
        bs->step(bs->step_ctx, p, stop);
    bs->left_s = clock_mono_s();
    return e;
}

static void
on_line(void *ctx, enum log_level level, const char *text)
{
    struct bench_sink *bs = ctx;
    double begin = clock_mono_s();

    if (bs->other)
        log_line(&bs->other->log, level, "%s", text);
    bs->t.log_s += leave(bs, begin);
}

void
bench_sink_init(struct bench_sink *bs, const struct sink *other)
{
    *bs = (struct bench_sink){.other = other};
    bs->sink = (struct sink){
        .ctx = bs,
        .metrics = on_metrics,
        .checkpoint = on_checkpoint,
        .evaluation = on_evaluation,
        .progress = on_progress,
        .log = {on_line, bs},
    };
}
