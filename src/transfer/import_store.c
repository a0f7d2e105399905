/* import_store.c - another hcelab store into this one, told run by run. */
#include "transfer/import_store.h"

#include "store/merge.h"

struct telling {
    struct import_report *report;
    const char *path;
};

/* What became of a run, in words; formats of two numbers. */
static const struct {
    enum import_outcome outcome;
    const char *detail;
} fate[MERGE_VERDICTS] = {
    [MERGE_RUN_NEW] = {IMPORT_ADDED, ""},
    [MERGE_RUN_FURTHER] = {IMPORT_UPDATED, "further there"},
    [MERGE_RUN_SAME] = {IMPORT_UNCHANGED, "the same in both"},
    [MERGE_RUN_BEHIND] = {IMPORT_UNCHANGED, "further here"},
    [MERGE_RUN_BUSY] = {IMPORT_NOT_TAKEN,
                        "further there, but it is trained here: import again when that "
                        "has ended, or cancel it"},
};

static void
tell(void *ctx, const struct merge_run *run)
{
    struct telling *t = ctx;

    if (run->n_evaluations > 0 ||
        (run->n_checkpoints > 0 && run->verdict == MERGE_RUN_SAME))
        import_report_add(t->report, IMPORT_UPDATED, "run", t->path, run->name,
                          "%zu evaluations and %zu checkpoints came",
                          run->n_evaluations, run->n_checkpoints);
    else
        import_report_add(t->report, fate[run->verdict].outcome, "run", t->path,
                          run->name, "%s", fate[run->verdict].detail);
    if (run->n_other_cells > 0)
        import_report_add(t->report, IMPORT_NOT_TAKEN, "evaluation", t->path, run->name,
                          "%zu of a name that stands for other cells here: of two the "
                          "newer is kept; score one again under another name",
                          run->n_other_cells);
}

static void
tell_waiting(const struct telling *t, const struct merge_report *done)
{
    if (done->n_waiting > 0)
        import_report_add(t->report, IMPORT_NOT_TAKEN, "queue", t->path, NULL,
                          "%zu runs wait there and nobody has begun them",
                          done->n_waiting);
    if (done->is_itself)
        import_report_add(t->report, IMPORT_UNCHANGED, "file", t->path, NULL,
                          "it is this store itself");
}

enum err
import_store(struct store *s, const char *path, const struct import_wish *wish,
             struct import_report *report, struct errbuf *eb)
{
    struct telling t = {report, path};
    const struct merge_options o = {
        .no_checkpoints = wish->no_checkpoints, .told = tell, .ctx = &t};
    struct merge_report done;

    if (wish->experiment)
        return err_set(eb, ERR_ARG,
                       "--experiment: runs of a store keep their experiments (%s)",
                       path);
    enum err e = store_merge(s, path, &o, &done, eb);
    tell_waiting(&t, &done);
    return e;
}
