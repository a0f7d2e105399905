/* run_sink.c - engine reports into the store. */
#include "run/run_sink.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

enum {
    ROWS_MAX = 1 << 17, /* rows kept while the store cannot be written: 5 MiB */
    LINES_MAX = 1000,   /* log lines likewise; the oldest go */
    RETRY_MS = 500
};
static const double flush_every_s = 0.5;
static const double stop_patience_s = 5; /* for the store, once a stop is wished */

bool
run_sink_stop_wished(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

/* Tell the worker when a wait begins, goes on and ends. */
static void
note_wait(struct run_sink *rs, enum err e)
{
    struct strbuf text = {0};
    bool lasts = rs->wait.why == e;

    if (!run_wait_note(&rs->wait, e))
        return;
    if (rs->wait.why) {
        run_wait_text(&rs->wait, store_path(rs->store), &text);
        printf("%s %s\n", lasts || e == ERR_FULL ? "call" : "wait", strbuf_str(&text));
    } else {
        printf("go\n");
    }
    fflush(stdout);
    strbuf_release(&text);
}

/* The store was waited for in vain: ERR_OK, or why it is given up. */
static enum err
lose_patience(const struct run_sink *rs, double stop_since_s, struct errbuf *eb)
{
    bool full = rs->wait.why == ERR_FULL;
    double patience_s = full ? 0 : stop_patience_s;
    char limit[32];

    if (stop_since_s >= 0 && clock_mono_s() - stop_since_s >= patience_s)
        return err_wrap(eb, ERR_STOPPED, "stopped while the store was unavailable");
    if (!run_wait_is_over(&rs->wait))
        return ERR_OK;
    clock_duration(run_wait_limit_s(), limit, sizeof limit);
    return err_wrap(eb, ERR_FULL, "there was no room for %s", limit);
}

static enum err
note_result(struct run_sink *rs, enum err e)
{
    note_wait(rs, e);
    if (e == ERR_DB || e == ERR_IO || e == ERR_NEWER || e == ERR_FORMAT)
        rs->store_failed = true;
    return e;
}

enum err
run_sink_patient(struct run_sink *rs, run_sink_fn op, const void *arg,
                 struct errbuf *eb)
{
    double stop_since_s = -1;

    for (;;) {
        enum err e = note_result(rs, op(rs, arg, eb));

        if (e != ERR_BUSY && e != ERR_FULL)
            return e;
        if (run_sink_stop_wished() && stop_since_s < 0)
            stop_since_s = clock_mono_s();
        if ((e = lose_patience(rs, stop_since_s, eb)))
            return e;
        clock_sleep_ms(RETRY_MS);
    }
}

static enum err
flush_lines(struct run_sink *rs, struct errbuf *eb)
{
    enum err e = ERR_OK;
    size_t done = 0;

    for (; done < rs->n_lines; done++) {
        e = store_log_add(rs->store, rs->at.run_id, rs->at.attempt,
                          log_level_name(rs->line[done].level), rs->line[done].text,
                          eb);
        if (e)
            break;
        free(rs->line[done].text);
    }
    for (size_t i = done; i < rs->n_lines; i++)
        rs->line[i - done] = rs->line[i];
    rs->n_lines -= done;
    return e;
}

static enum err
flush_once(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    (void)arg;
    enum err e = flush_lines(rs, eb);

    if (e == ERR_OK && (rs->n_rows || rs->has_progress))
        e = store_metrics_add(rs->store, &rs->at, rs->row, rs->n_rows,
                              rs->has_progress ? &rs->progress : NULL, eb);
    if (e)
        return e;
    rs->n_rows = 0;
    rs->has_progress = false;
    return ERR_OK;
}

enum err
run_sink_flush(struct run_sink *rs, struct errbuf *eb)
{
    enum err e = run_sink_patient(rs, flush_once, NULL, eb);

    rs->next_flush_s = clock_mono_s() + flush_every_s;
    return e;
}

/* Flush when it is time; a store that cannot be written now is no error until the
 * buffer is full. */
static enum err
flush_if_due(struct run_sink *rs, struct errbuf *eb)
{
    if (rs->n_rows >= ROWS_MAX)
        return run_sink_flush(rs, eb);
    if (clock_mono_s() < rs->next_flush_s)
        return ERR_OK;

    enum err e = note_result(rs, flush_once(rs, NULL, eb));
    rs->next_flush_s = clock_mono_s() + flush_every_s;
    return e == ERR_BUSY || e == ERR_FULL ? ERR_OK : e;
}

static enum err
on_metrics(void *ctx, const struct metric_point *p, size_t n, struct errbuf *eb)
{
    struct run_sink *rs = ctx;

    rs->row = grow(rs->row, &rs->cap_rows, rs->n_rows + n, sizeof *rs->row);
    for (size_t i = 0; i < n; i++)
        rs->row[rs->n_rows++] = (struct store_metric){
            .metric = metric_info(p[i].metric)->name,
            .step = p[i].step,
            .epoch = p[i].epoch,
            .wall_s = p[i].wall_s,
            .value = p[i].value,
        };
    return flush_if_due(rs, eb);
}

static enum err
add_checkpoint(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    return store_checkpoint_add(rs->store, &rs->at, arg, eb);
}

static enum err
on_checkpoint(void *ctx, const struct checkpoint *cp, struct errbuf *eb)
{
    static const char *const kind[] = {[CHECKPOINT_STATE] = "state",
                                       [CHECKPOINT_BEST] = "best",
                                       [CHECKPOINT_LAST] = "last"};
    struct run_sink *rs = ctx;
    struct store_checkpoint row = {
        .kind = kind[cp->kind],
        .epoch = cp->epoch,
        .step = cp->step,
        .score = cp->score,
        .weights_sha256 = cp->weights_sha256,
        .piece = cp->piece,
        .n_pieces = cp->n_pieces,
        .keep_epoch = cp->keep_epoch,
        .n_keep = cp->n_keep,
    };
    enum err e = run_sink_flush(rs, eb);

    /* It goes through the log beside the store. */
    rs->wait.need_bytes = 2 * (uint64_t)pieces_size(cp->piece, cp->n_pieces);
    if (e == ERR_OK)
        e = run_sink_patient(rs, add_checkpoint, &row, eb);
    rs->wait.need_bytes = 0;
    return e;
}

static struct store_f1 *
copy_f1(const struct f1_row *r, size_t n)
{
    struct store_f1 *out = xmalloc(n, sizeof *out);

    for (size_t i = 0; i < n; i++)
        out[i] = (struct store_f1){
            .rule = r[i].rule,
            .facet = r[i].facet,
            .label = r[i].label,
            .class_name = r[i].class_name,
            .precision = r[i].precision,
            .recall = r[i].recall,
            .f1 = r[i].f1,
            .f1_weighted = r[i].f1_weighted,
            .f1_micro = r[i].f1_micro,
            .accuracy = r[i].accuracy,
            .support = r[i].support,
            .n_classes = r[i].n_classes,
        };
    return out;
}

static struct store_confusion *
copy_confusion(const struct confusion_row *r, size_t n)
{
    struct store_confusion *out = xmalloc(n, sizeof *out);

    for (size_t i = 0; i < n; i++)
        out[i] = (struct store_confusion){r[i].true_label, r[i].predicted_label, r[i].n,
                                          r[i].relation};
    return out;
}

enum err
run_sink_put_evaluation(struct store *s, const struct store_attempt *at,
                        const struct evaluation_result *r, struct errbuf *eb)
{
    struct store_f1 *f1 = copy_f1(r->row, r->n_rows);
    struct store_confusion *confusion = copy_confusion(r->confusion, r->n_confusions);
    struct store_evaluation ev = {
        .name = r->name,
        .same_cells = r->same_cells,
        .cells_digest = r->cells_digest,
        .checkpoint = r->checkpoint,
        .is_primary = r->is_primary,
        .n_cells = (int64_t)r->n_cells,
        .n_unknown = (int64_t)r->n_unknown,
        .f1 = f1,
        .n_f1 = r->n_rows,
        .confusion = confusion,
        .n_confusions = r->n_confusions,
    };
    enum err e = store_evaluation_add(s, at, &ev, eb);

    free(f1);
    free(confusion);
    return e;
}

static enum err
put_evaluation(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    return run_sink_put_evaluation(rs->store, &rs->at, arg, eb);
}

/* Macro F1 over all cells under a rule, or NaN. */
static double
overall_f1(const struct evaluation_result *r, const char *rule)
{
    for (size_t i = 0; i < r->n_rows; i++)
        if (strcmp(r->row[i].facet, "all") == 0 && strcmp(r->row[i].rule, rule) == 0 &&
            !r->row[i].class_name)
            return r->row[i].f1;
    return NAN;
}

static enum err
on_evaluation(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    struct run_sink *rs = ctx;
    enum err e = run_sink_patient(rs, put_evaluation, r, eb);

    if (e == ERR_OK)
        log_line(
            &rs->sink.log, LOG_INFO,
            "evaluation %s (%s weights, %zu cells): macro F1 %.4f by the hierarchy "
            "rule, %.4f exact",
            r->name, r->checkpoint, r->n_cells, overall_f1(r, "hierarchy"),
            overall_f1(r, "exact"));
    return e;
}

struct importances {
    const struct store_importance *row;
    size_t n;
};

static enum err
put_importances(struct run_sink *rs, const void *arg, struct errbuf *eb)
{
    const struct importances *all = arg;

    return store_importance_add(rs->store, &rs->at, all->row, all->n, eb);
}

static enum err
on_importance(void *ctx, const struct importance_row *row, size_t n, struct errbuf *eb)
{
    struct store_importance *out = xmalloc(n, sizeof *out);
    struct importances all = {out, n};

    for (size_t i = 0; i < n; i++)
        out[i] = (struct store_importance){.class_index = (int64_t)row[i].class_index,
                                           .gene_index = (int64_t)row[i].gene_index,
                                           .rank = row[i].rank,
                                           .importance = row[i].importance};
    enum err e = run_sink_patient(ctx, put_importances, &all, eb);

    free(out);
    return e;
}

static enum err
on_progress(void *ctx, const struct train_progress *p, bool *stop, struct errbuf *eb)
{
    struct run_sink *rs = ctx;

    rs->progress = (struct store_progress){p->step, p->epoch, p->cells_per_s, p->eta_s};
    rs->has_progress = true;
    *stop = run_sink_stop_wished();
    return flush_if_due(rs, eb);
}

/* Lines wait for the next flush; the data are loaded before the first one, so lines
 * are tried at once as long as the store can be written. */
static void
on_line(void *ctx, enum log_level level, const char *text)
{
    struct run_sink *rs = ctx;

    if (rs->n_lines == LINES_MAX) {
        free(rs->line[0].text);
        for (size_t i = 1; i < rs->n_lines; i++)
            rs->line[i - 1] = rs->line[i];
        rs->n_lines--;
    }
    rs->line = grow(rs->line, &rs->cap_lines, rs->n_lines + 1, sizeof *rs->line);
    rs->line[rs->n_lines++] = (struct run_sink_line){level, xstrdup(text)};
    if (clock_mono_s() >= rs->next_flush_s) {
        (void)note_result(rs, flush_lines(rs, NULL));
        rs->next_flush_s = clock_mono_s() + flush_every_s;
    }
}

void
run_sink_init(struct run_sink *rs, struct store *store, struct store_attempt at)
{
    *rs = (struct run_sink){.store = store, .at = at};
    rs->sink = (struct sink){
        .ctx = rs,
        .metrics = on_metrics,
        .checkpoint = on_checkpoint,
        .evaluation = on_evaluation,
        .importance = on_importance,
        .progress = on_progress,
        .log = {on_line, rs},
    };
}

void
run_sink_release(struct run_sink *rs)
{
    for (size_t i = 0; i < rs->n_lines; i++)
        free(rs->line[i].text);
    free(rs->line);
    free(rs->row);
    *rs = (struct run_sink){0};
}
