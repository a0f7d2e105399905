/* export_tree.c - runs of the store as the published tree of files. */
#include "transfer/export_tree.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/out_file.h"
#include "exchange/report_csv.h"
#include "spec/decode.h"
#include "transfer/export_events.h"
#include "transfer/export_hparams.h"
#include "transfer/export_list.h"
#include "transfer/export_place.h"
#include "transfer/export_run.h"
#include "transfer/export_scores.h"
#include "transfer/export_weights.h"
#include "transfer/own_tables.h"

struct tree_checkpoint { /* that the store has */
    bool is_last;        /* else one of the best */
    int64_t epoch, step;
    double score; /* NaN: none */
};

struct tree_evaluation {
    int64_t evaluation_id;
    char *name, *checkpoint; /* owned */
};

/* One run on its way. */
struct tree_work {
    const struct export_wish *wish;
    struct export_run run;
    struct export_place place;
    struct tree_checkpoint *checkpoint; /* (n_checkpoints) owned */
    size_t n_checkpoints, checkpoints_cap;
    struct tree_evaluation *evaluation; /* (n_evaluations) owned */
    size_t n_evaluations, evaluations_cap;
};

/* A row of run_checkpoints: kind, epoch, step, score. */
static bool
take_checkpoint(void *ctx, size_t n, const char *const *name, const char *const *value,
                const char *type)
{
    struct tree_work *w = ctx;

    (void)n;
    (void)name;
    (void)type;
    if (strcmp(value[0], "state") == 0)
        return true;
    w->checkpoint = grow(w->checkpoint, &w->checkpoints_cap, w->n_checkpoints + 1,
                         sizeof *w->checkpoint);
    w->checkpoint[w->n_checkpoints++] = (struct tree_checkpoint){
        .is_last = strcmp(value[0], "last") == 0,
        .epoch = strtoll(value[1], NULL, 10),
        .step = strtoll(value[2], NULL, 10),
        .score = value[3] ? strtod(value[3], NULL) : (double)NAN,
    };
    return true;
}

/* A row of tree_evaluations: evaluation_id, name, checkpoint. */
static bool
take_evaluation(void *ctx, size_t n, const char *const *name, const char *const *value,
                const char *type)
{
    struct tree_work *w = ctx;

    (void)n;
    (void)name;
    (void)type;
    w->evaluation = grow(w->evaluation, &w->evaluations_cap, w->n_evaluations + 1,
                         sizeof *w->evaluation);
    w->evaluation[w->n_evaluations++] =
        (struct tree_evaluation){.evaluation_id = strtoll(value[0], NULL, 10),
                                 .name = xstrdup(value[1]),
                                 .checkpoint = xstrdup(value[2])};
    return true;
}

/* --- names of checkpoints --- */

static void
name_best(struct strbuf *out, int64_t epoch, double score)
{
    strbuf_addf(out, "val_f1_macro_epoch=%" PRId64, epoch);
    if (!isnan(score))
        strbuf_addf(out, "_val_f1_macro=%.3f", score);
}

static void
name_stored(struct strbuf *out, const struct tree_checkpoint *c)
{
    if (c->is_last)
        strbuf_addf(out, "last_epoch=%" PRId64, c->epoch);
    else
        name_best(out, c->epoch, c->score);
}

/* The epoch of "best" or "epoch N"; -1: not known, or of another kind. */
static int64_t
epoch_of(const struct tree_work *w, const char *checkpoint)
{
    double best = export_run_number(&w->run, "best_epoch");

    if (strncmp(checkpoint, "epoch ", 6) == 0)
        return strtoll(checkpoint + 6, NULL, 10);
    return strcmp(checkpoint, "best") == 0 && best >= 0 ? (int64_t)best : -1;
}

/* The name of what an evaluation scored: "best", "last" or "epoch N". */
static void
name_scored(const struct tree_work *w, const char *checkpoint, struct strbuf *out)
{
    bool is_last = strcmp(checkpoint, "last") == 0;
    int64_t epoch = epoch_of(w, checkpoint);

    for (size_t i = 0; i < w->n_checkpoints; i++) {
        const struct tree_checkpoint *c = &w->checkpoint[i];

        if (c->is_last ? is_last : c->epoch == epoch) {
            name_stored(out, c);
            return;
        }
    }
    if (strcmp(checkpoint, "best") == 0 && epoch >= 0)
        name_best(out, epoch, export_run_number(&w->run, "best_val_f1_macro"));
    else
        export_safe_name(out, checkpoint);
}

/* --- files --- */

static enum err
write_file(const struct tree_work *w, const char *name, const struct strbuf *text,
           struct errbuf *eb)
{
    char *path;
    enum err e = export_place_file(&w->place, name, &path, eb);

    if (e)
        return e;
    e = out_file_text(path, text, eb);
    free(path);
    return e;
}

/* Texts side by side, each row with its number before it if that is wanted. */
static void
put_list(struct strbuf *out, bool numbered, const struct strlist *a,
         const struct strlist *b)
{
    for (size_t i = 0; i < a->n; i++) {
        if (numbered)
            strbuf_addf(out, "%zu,", i);
        report_csv_text(out, a->item[i]);
        strbuf_addc(out, ',');
        report_csv_text(out, b->item[i]);
        strbuf_addc(out, '\n');
    }
}

static enum err
write_lists(const struct tree_work *w, struct errbuf *eb)
{
    const struct export_run *r = &w->run;
    struct strbuf classes = {0}, genes = {0};

    strbuf_adds(&classes, "class,label,term_id\n");
    put_list(&classes, true, &r->label, &r->term_id);
    strbuf_adds(&genes, "gene_id,gene_name\n");
    put_list(&genes, false, &r->gene_id, &r->gene_name);
    enum err e = r->label.n ? write_file(w, "classes.csv", &classes, eb) : ERR_OK;
    if (e == ERR_OK && r->gene_id.n)
        e = write_file(w, "genes.csv", &genes, eb);
    strbuf_release(&classes);
    strbuf_release(&genes);
    return e;
}

static enum err
write_about(const struct tree_work *w, struct errbuf *eb)
{
    struct strbuf name = {0};
    char *yaml = NULL, *events = NULL;
    enum err e;

    export_events_name(&w->run, &name);
    if ((e = export_place_file(&w->place, "hparams.yaml", &yaml, eb)) ||
        (e = export_place_file(&w->place, strbuf_str(&name), &events, eb)) ||
        (e = export_hparams_yaml(&w->run, yaml, eb)) ||
        (e = export_events(&w->run, events, eb)))
        goto out;
    if (!(e = write_lists(w, eb)))
        e = own_tables_write(&w->run, &w->place, eb);
out:
    free(yaml);
    free(events);
    strbuf_release(&name);
    return e;
}

/* What is in the folder, parameters.json itself too. */
static enum err
write_note(const struct tree_work *w, struct errbuf *eb)
{
    struct strlist files = {0};
    char *path;
    enum err e = export_place_file(&w->place, "parameters.json", &path, eb);

    if (e)
        return e;
    export_place_list(&w->place, &files);
    strlist_add(&files, "parameters.json");
    e = export_hparams_json(&w->run, w->wish->rule, &files, path, eb);
    strlist_release(&files);
    free(path);
    return e;
}

static void
name_folder(const struct tree_work *w, const struct tree_evaluation *ev,
            struct strbuf *out)
{
    if (strcmp(ev->name, "ood") == 0) {
        strbuf_adds(out, "checkpoints/");
    } else if (strcmp(ev->name, "id") == 0) {
        strbuf_adds(out, "sctab_test/");
    } else {
        strbuf_adds(out, "evaluations/");
        export_safe_name(out, ev->name);
        strbuf_addc(out, '/');
    }
    name_scored(w, ev->checkpoint, out);
}

/* Whether the cells of an evaluation are of the data that the run was trained on: its own
 * parts, or one of --eval. */
static bool
is_own(const struct tree_work *w, const char *evaluation)
{
    const struct export_pairs *p = &w->run.param;
    size_t len;

    decode_of_evaluation(evaluation, &len);
    bool is_part = (len == 2 && strncmp(evaluation, "id", len) == 0) ||
                   (len == 3 && strncmp(evaluation, "ood", len) == 0);
    for (size_t i = 0; i < p->name.n; i++) {
        const char *value = p->value.item[i];

        if (strcmp(p->name.item[i], "eval") == 0 &&
            strncmp(value, evaluation, len) == 0 && value[len] == '=')
            return true;
    }
    return is_part && export_pairs_find(p, "data");
}

static enum err
write_details(const struct tree_work *w, const struct tree_evaluation *ev,
              const char *folder, struct errbuf *eb)
{
    const struct export_wish *wish = w->wish;
    struct strbuf name = {0};
    char *path;

    if (!is_own(w, ev->name)) {
        log_line(wish->log, LOG_WARN,
                 "run %s: no detailed results of %s, whose data the run does not know: "
                 "eval --data PATH --details FILE.csv",
                 export_run_text(&w->run, "name"), ev->name);
        return ERR_OK;
    }
    strbuf_addf(&name, "%s/", folder);
    export_safe_name(&name, export_run_text(&w->run, "model"));
    strbuf_adds(&name, "_detailed_results.csv");
    enum err e = export_place_file(&w->place, strbuf_str(&name), &path, eb);
    strbuf_release(&name);
    if (e)
        return e;
    e = wish->details(wish->ctx, w->run.run_id, ev->name, ev->checkpoint, path, eb);
    free(path);
    return e;
}

static enum err
write_evaluation(const struct tree_work *w, const struct tree_evaluation *ev,
                 struct errbuf *eb)
{
    struct strbuf folder = {0};

    name_folder(w, ev, &folder);
    const struct export_evaluation scored = {.evaluation_id = ev->evaluation_id,
                                             .name = ev->name,
                                             .folder = strbuf_str(&folder),
                                             .rule = w->wish->rule};
    enum err e = export_scores(&w->run, &scored, &w->place, w->wish->log, eb);
    if (!e && w->wish->details)
        e = write_details(w, ev, strbuf_str(&folder), eb);
    strbuf_release(&folder);
    return e;
}

static enum err
write_weights(const struct tree_work *w, const struct tree_checkpoint *c,
              struct errbuf *eb)
{
    struct strbuf name = {0};
    char *path;

    strbuf_adds(&name, "checkpoints/");
    name_stored(&name, c);
    strbuf_adds(&name, ".safetensors");
    enum err e = export_place_file(&w->place, strbuf_str(&name), &path, eb);
    strbuf_release(&name);
    if (e)
        return e;
    const struct export_checkpoint cp = {.kind = c->is_last ? "last" : "best",
                                         .epoch = c->epoch,
                                         .step = c->step,
                                         .score = c->score};
    e = export_weights(&w->run, &cp, path, eb);
    free(path);
    return e;
}

static enum err
check_stop(const struct tree_work *w, struct errbuf *eb)
{
    if (!w->wish->stopped || !w->wish->stopped(w->wish->ctx))
        return ERR_OK;
    return err_set(eb, ERR_STOPPED, "stopped before %s was whole", w->place.path);
}

static enum err
write_run(const struct tree_work *w, struct errbuf *eb)
{
    enum err e = write_about(w, eb);

    for (size_t i = 0; i < w->n_evaluations && e == ERR_OK; i++)
        if (!(e = check_stop(w, eb)))
            e = write_evaluation(w, &w->evaluation[i], eb);
    for (size_t i = 0; i < w->n_checkpoints && e == ERR_OK && !w->wish->no_weights; i++)
        if (!(e = check_stop(w, eb)))
            e = write_weights(w, &w->checkpoint[i], eb);
    return e || (e = check_stop(w, eb)) ? e : write_note(w, eb);
}

/* --- runs --- */

static enum err
load_work(struct tree_work *w, struct store *s, int64_t run_id, struct errbuf *eb)
{
    const struct store_bind bind = {.name = ":run_id", .kind = BIND_INT, .i = run_id};
    enum err e;

    if ((e = export_run_load(&w->run, s, run_id, eb)) ||
        (e = store_query(s, "run_checkpoints", &bind, 1, take_checkpoint, w, eb)))
        return e;
    return store_query(s, "tree_evaluations", &bind, 1, take_evaluation, w, eb);
}

static void
work_release(struct tree_work *w)
{
    export_run_release(&w->run);
    free(w->checkpoint);
    for (size_t i = 0; i < w->n_evaluations; i++) {
        free(w->evaluation[i].name);
        free(w->evaluation[i].checkpoint);
    }
    free(w->evaluation);
}

static enum err
export_one(struct store *s, const char *dir, int64_t run_id,
           const struct export_wish *wish, struct errbuf *eb)
{
    struct tree_work w = {.wish = wish};
    enum err e = load_work(&w, s, run_id, eb);

    if (e == ERR_OK)
        e = export_place_open(&w.place, dir, export_run_text(&w.run, "model"),
                              export_run_text(&w.run, "loss"),
                              (int64_t)export_run_number(&w.run, "seed"),
                              export_run_text(&w.run, "uuid"), wish->force, eb);
    if (e == ERR_OK) {
        char *path = xstrdup(w.place.path);

        e = write_run(&w, eb);
        enum err closed = export_place_close(&w.place, e == ERR_OK, e ? NULL : eb);
        e = e ? e : closed;
        if (e == ERR_OK && wish->done)
            wish->done(wish->ctx, run_id, path);
        free(path);
    }
    work_release(&w);
    return e;
}

static bool
take_id(void *ctx, size_t n, const char *const *name, const char *const *value,
        const char *type)
{
    int64_t id = strtoll(value[0], NULL, 10);

    (void)n;
    (void)name;
    (void)type;
    strbuf_add(ctx, &id, sizeof id);
    return true;
}

enum err
export_tree_runs(struct store *s, const char *experiment, int64_t **run_id, size_t *n,
                 struct errbuf *eb)
{
    const struct store_bind bind = {
        .name = ":experiment", .kind = BIND_TEXT, .t = experiment};
    struct strbuf ids = {0};
    enum err e =
        store_query(s, "tree_runs", &bind, experiment ? 1 : 0, take_id, &ids, eb);

    *n = ids.len / sizeof **run_id;
    *run_id = xcalloc(*n + 1, sizeof **run_id);
    if (*n)
        memcpy(*run_id, ids.buf, ids.len);
    strbuf_release(&ids);
    return e;
}

/* "linear hce 3": what gives a run its folder.  Caller frees. */
static enum err
place_key(struct store *s, int64_t run_id, char **key, struct errbuf *eb)
{
    struct export_run r;
    enum err e = export_run_open(&r, s, run_id, eb);

    *key = e ? NULL
             : xasprintf("%s %s %s", export_run_text(&r, "model"),
                         export_run_text(&r, "loss"), export_run_text(&r, "seed"));
    export_run_release(&r);
    return e;
}

enum err
export_tree(struct store *s, const char *dir, const int64_t *run_id, size_t n,
            const struct export_wish *wish, struct errbuf *eb)
{
    struct strlist seen = {0};
    bool *later = xcalloc(n + 1, sizeof *later);
    enum err e = ERR_OK;

    /* The first run of a model, loss and seed has the seed's number, whatever the order. */
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        char *key;

        if ((e = place_key(s, run_id[i], &key, eb)))
            break;
        later[i] = strlist_has(&seen, key);
        strlist_add(&seen, key);
        free(key);
    }
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n && e == ERR_OK; i++)
            if (later[i] == (pass == 1))
                e = export_one(s, dir, run_id[i], wish, eb);
    if (e == ERR_OK && n)
        e = export_list_write(dir, eb);
    strlist_release(&seen);
    free(later);
    return e;
}
