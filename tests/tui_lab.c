/* tui_lab.c - a store with known runs, and a dashboard without a terminal on it. */
#include "tests/tui_lab.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "store/store.h"

#define KEY_A "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define KEY_B "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2"

enum { N_CLASSES = 4, N_TISSUES = 2, EPOCHS = 20, STEPS = 10 };

static const char *const classes[N_CLASSES] = {
    "B cell", "CD8-positive, alpha-beta T cell",
    "\xe9\xab\x98\xe6\xa1\xa5 \x1b[31mcell\n", /* wide, an escape sequence, a newline */
    "T cell"};
static const char *const tissues[N_TISSUES] = {"blood", "lung"};

static void
good(enum err e, const struct errbuf *eb)
{
    if (e)
        fail_msg("%s: %s", err_text(e), eb->text);
}

/* --- runs --- */

static int64_t
queue_run(struct store *s, const char *experiment, const char *key, const char *loss,
          int64_t seed)
{
    static const struct store_param param[] = {{"data", "/data/atlas.h5ad", 0},
                                               {"ood", "dataset_id=s7", 0},
                                               {"batch_size", "64", 0},
                                               {"max_epochs", "20", 0}};
    static const struct store_eval_binding eval[] = {{"id", "cells-1"},
                                                     {"ood", "cells-2"}};
    char name[64];
    struct errbuf eb;
    int64_t id = 0;

    snprintf(name, sizeof name, "linear-%s-s%d", loss, (int)seed);
    struct store_new_run run = {
        .name = name,
        .experiment = experiment,
        .model = "linear",
        .loss = loss,
        .pair_key = key,
        .seed = seed,
        .max_epochs = EPOCHS,
        .data_digest = "data",
        .split_digest = "split",
        .class_digest = "class",
        .memory_bytes = 1000,
        .param = param,
        .n_params = sizeof param / sizeof param[0],
        .eval = eval,
        .n_evals = 2,
    };
    good(store_queue_add(s, &run, 1, false, &id, NULL, &eb), &eb);
    return id;
}

static struct store_attempt
begin(struct store *s, int64_t run_id)
{
    struct store_process me = {
        .host = "node7", .boot_id = "boot", .pid = 4242, .start_ticks = 7};
    struct store_claim claim;
    struct errbuf eb;

    good(store_claim_next(s, &me, run_id, UINT64_MAX, &claim, &eb), &eb);
    struct store_attempt a = {claim.run_id, claim.attempt};
    good(store_attempt_begin(s, &a, 0, "avx2", "Haswell", false, &eb), &eb);
    return a;
}

/* Loss falls, scores rise; HCE is .1 better; seed 2 of HCE has one loss that is not
 * finite. */
static void
add_curves(struct store *s, const struct store_attempt *a, const char *loss,
           int64_t seed, int64_t epochs)
{
    double better = strcmp(loss, "hce") == 0 ? 0.1 : 0;
    struct store_progress progress = {
        .step = epochs * STEPS, .epoch = epochs - 1, .cells_per_s = 12345, .eta_s = 42};
    struct errbuf eb;

    for (int64_t i = 1; i <= epochs * STEPS; i++) {
        double t = (double)i / (EPOCHS * STEPS), wave = 0.02 * (double)((i * 7) % 5);
        int64_t epoch = (i - 1) / STEPS;
        bool lost = better > 0 && seed == 2 && i == 77;
        struct store_metric m[] = {
            {"train_loss", i, epoch, 0.5 * (double)i,
             lost ? (double)NAN : 2 * exp(-3 * t) + wave - better},
            {"val_f1_macro", i, epoch, 0.5 * (double)i,
             0.8 - 0.4 * exp(-4 * t) + better + 0.002 * (double)seed},
        };
        bool last = i % STEPS == 0;
        good(store_metrics_add(s, a, m, last ? 2 : 1, &progress, &eb), &eb);
    }
    good(store_log_add(s, a->run_id, a->attempt, "info", "decided: layer X, sf-log1p",
                       &eb),
         &eb);
    good(store_log_add(s, a->run_id, a->attempt, "warning",
                       "class \x1b[2J'x' has\tone cell", &eb),
         &eb);
}

/* F1 of class c in one run. */
static double
class_f1(const char *loss, int64_t seed, size_t c, const char *evaluation)
{
    static const double gain[N_CLASSES] = {0.12, -0.05, 0.2, 0.001};
    double base =
        0.5 + 0.08 * (double)c + 0.003 * (double)((seed * 3 + (int64_t)c) % 4);

    if (strcmp(loss, "hce") == 0)
        base += gain[c] + 0.002 * (double)((seed + (int64_t)c) % 3);
    return strcmp(evaluation, "id") == 0 ? base + 0.1 : base;
}

static struct store_f1
score(const char *rule, const char *facet, const char *label, const char *class_name,
      double f1, int64_t support)
{
    double none = (double)NAN;

    return (struct store_f1){
        .rule = rule,
        .facet = facet,
        .label = label,
        .class_name = class_name,
        .precision = f1,
        .recall = f1,
        .f1 = f1,
        .f1_weighted = class_name ? none : f1,
        .f1_micro = class_name ? none : f1,
        .accuracy = class_name ? none : f1,
        .support = support,
        .n_classes = class_name ? 1 : N_CLASSES,
    };
}

/* What was called what: of class c all but a few are right; HCE has fewer wrong, and calls
 * more T cells CD8-positive. */
static size_t
confusions(const char *loss, int64_t seed, const char *evaluation,
           struct store_confusion out[N_CLASSES * N_CLASSES])
{
    static const char *const relation[N_CLASSES][N_CLASSES] = {
        {"same", "other", "other", "sibling"},
        {"other", "same", "other", "ancestor"},
        {"other", "other", "same", "other"},
        {"sibling", "descendant", "other", "same"}};
    int64_t hce = strcmp(loss, "hce") == 0, id = strcmp(evaluation, "id") == 0;
    size_t n = 0;

    for (int64_t c = 0; c < N_CLASSES; c++) {
        int64_t right = 100 * (c + 1);
        for (int64_t p = 0; p < N_CLASSES; p++) {
            int64_t some = (seed * 5 + c * 3 + p * 7 + hce) % 6 * (c + 1) * (2 - hce);
            int64_t x = c == p             ? 0
                        : c == 3 && p == 1 ? 60 + 40 * hce + some
                        : (c + p) % 3 == 2 ? 0
                        : id               ? some
                                           : some + 3;
            right -= x;
            if (x)
                out[n++] =
                    (struct store_confusion){classes[c], classes[p], x, relation[c][p]};
        }
        out[n++] =
            (struct store_confusion){classes[c], classes[c], right, relation[c][c]};
    }
    return n;
}

static void
add_evaluation(struct store *s, const struct store_attempt *a, const char *loss,
               int64_t seed, const char *name, const char *digest)
{
    struct store_f1 f1[64];
    struct store_confusion confusion[N_CLASSES * N_CLASSES];
    struct errbuf eb;
    size_t n = 0, n_confusions = confusions(loss, seed, name, confusion);

    for (int r = 0; r < 2; r++) {
        const char *rule = r ? "exact" : "hierarchy";
        double mean = 0, lower = r ? 0.05 : 0;
        for (size_t c = 0; c < N_CLASSES; c++) {
            double x = class_f1(loss, seed, c, name) - lower;
            mean += x / N_CLASSES;
            f1[n++] = score(rule, "class", classes[c], NULL, x, 100 * (int64_t)(c + 1));
            for (size_t t = 0; t < N_TISSUES; t++)
                f1[n++] = score(rule, "tissue", tissues[t], classes[c],
                                x - 0.01 * (double)t, 50 * (int64_t)(c + 1));
        }
        for (size_t t = 0; t < N_TISSUES; t++)
            f1[n++] =
                score(rule, "tissue", tissues[t], NULL, mean - 0.01 * (double)t, 500);
        f1[n++] = score(rule, "all", "all", NULL, mean, 1000);
    }
    struct store_evaluation ev = {.name = name,
                                  .cells_digest = digest,
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 1000,
                                  .f1 = f1,
                                  .n_f1 = n,
                                  .confusion = confusion,
                                  .n_confusions = n_confusions};
    good(store_evaluation_add(s, a, &ev, &eb), &eb);
}

static void
finish(struct store *s, const struct store_attempt *a, const char *state,
       const char *reason, int64_t epochs)
{
    struct store_finish f = {.state = state,
                             .end_reason = reason,
                             .exit_code = strcmp(state, "failed") == 0,
                             .epochs = epochs,
                             .best_epoch = epochs > 14 ? 14 : 6,
                             .best_score = 0.8,
                             .weights_sha256 = "cafe"};
    struct errbuf eb;

    good(store_attempt_finish(s, a, &f, &eb), &eb);
}

/* lymphocyte over B cell and T cell, T cell over CD8-positive; the third is unknown. */
static void
add_inputs(struct store *s, const struct store_attempt *a)
{
    static const char *const label_term[N_CLASSES] = {"CL:0000236", "CL:0000625", "",
                                                      "CL:0000084"};
    static const char *const term[] = {"CL:0000542", "CL:0000236", "CL:0000084",
                                       "CL:0000625"};
    static const char *const name[] = {"lymphocyte", "B cell", "T cell",
                                       "CD8-positive, alpha-beta T cell"};
    static const uint32_t child[] = {1, 2, 3}, parent[] = {0, 0, 2};
    static const uint32_t up[] = {3}, down[] = {1};
    const struct store_labels labels = {"labels", classes, label_term, N_CLASSES,
                                        up,       down,    1};
    const struct store_ontology ontology = {
        "onto", "/data/toy.obo", "2024-01-02", term, name, 4, child, parent, 3};
    const struct store_inputs in = {.labels = &labels, .ontology = &ontology};
    struct errbuf eb;

    good(store_inputs_add(s, a, &in, &eb), &eb);
}

static void
train(struct store *s, const char *loss, int64_t seed, bool fails)
{
    struct store_attempt a = begin(s, queue_run(s, "toy", KEY_A, loss, seed));

    add_inputs(s, &a);
    add_curves(s, &a, loss, seed, fails ? 8 : EPOCHS);
    if (fails) {
        finish(s, &a, "failed", "non-finite loss at step 77", 8);
        return;
    }
    add_evaluation(s, &a, loss, seed, "id", "cells-1");
    add_evaluation(s, &a, loss, seed, "ood", "cells-2");
    finish(s, &a, "succeeded", "max_epochs reached", EPOCHS);
}

void
tui_lab_fill(const char *path)
{
    struct store *s = NULL;
    struct errbuf eb;
    bool done;

    good(store_open(&s, path, STORE_CREATE, &eb), &eb);
    for (int64_t seed = 0; seed < 4; seed++) {
        train(s, "ce", seed, false);
        train(s, "hce", seed, seed == 2);
    }
    for (int64_t seed = 0; seed < 2; seed++) {
        struct store_attempt a = begin(s, queue_run(s, "live", KEY_B, "ce", seed));
        add_curves(s, &a, "ce", seed, 5 + seed * 5);
    }
    queue_run(s, "live", KEY_B, "hce", 0);
    int64_t id = queue_run(s, "live", KEY_B, "hce", 1);
    good(store_cancel(s, id, &done, &eb), &eb);
    assert_true(done);
    store_close(s);
}

/* --- the dashboard --- */

/* What depends on when and where a test runs. */
static void
fix_times(struct store_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++) {
        struct store_run *r = &runs->run[i];
        r->uuid = "01234567-89ab-cdef-0123-456789abcdef";
        r->created_at = "2026-01-02T03:04:05.000Z";
        r->started_at = r->started_at ? r->created_at : NULL;
        r->ended_at = r->ended_at ? r->created_at : NULL;
        r->duration_s = isnan(r->duration_s) ? (double)NAN : 75;
    }
}

void
tui_lab_open(struct tui_lab *lab, bool filled)
{
    lab->dir = support_tmpdir();
    lab->path = xasprintf("%s/lab.db", lab->dir);
    lab->options = (struct app_options){.store_path = lab->path};
    if (filled)
        tui_lab_fill(lab->path);
    ui_init(&lab->ui, &lab->options, false);
    lab->ui.model.adjust = fix_times;
    lab->ui.model.stale = true; /* read again, with fixed times */
    ui_tick(&lab->ui);
}

void
tui_lab_close(struct tui_lab *lab)
{
    ui_release(&lab->ui);
    support_rmtree(lab->dir);
    free(lab->path);
}

void
tui_lab_keys(struct tui_lab *lab, const char *keys)
{
    for (; *keys; keys++)
        ui_key(&lab->ui, *keys == '\n' ? '\r' : (unsigned char)*keys);
}

/* Overwrite every NN:NN:NN. */
static void
hide_times(char *s)
{
    for (; strlen(s) >= 8; s++) {
        bool time = s[2] == ':' && s[5] == ':';
        for (int i = 0; time && i < 8; i++)
            time = i == 2 || i == 5 || isdigit((unsigned char)s[i]);
        if (time)
            memcpy(s, "hh:mm:ss", 8);
    }
}

/* Write "DIR" for the folder of the store. */
static void
hide_dir(char *s, const char *dir)
{
    for (char *at; (at = strstr(s, dir));) {
        memcpy(at, "DIR", 3);
        memmove(at + 3, at + strlen(dir), strlen(at + strlen(dir)) + 1);
    }
}

void
tui_lab_screen(struct tui_lab *lab, int rows, int cols, struct strbuf *out)
{
    struct canvas cv;

    canvas_init(&cv, rows, cols, lab->ui.ascii);
    do
        ui_draw(&lab->ui, &cv, INFINITY);
    while (lab->ui.model.late);
    canvas_dump(&cv, out);
    canvas_release(&cv);
    hide_times(out->buf);
    hide_dir(out->buf, lab->dir);
}

void
tui_lab_expect(struct tui_lab *lab, const char *text)
{
    struct strbuf screen = {0};

    tui_lab_screen(lab, 24, 80, &screen);
    if (!strstr(strbuf_str(&screen), text))
        fail_msg("no \"%s\" in\n%s", text, strbuf_str(&screen));
    strbuf_release(&screen);
}

void
tui_lab_wait(struct tui_lab *lab, const char *text)
{
    double deadline = clock_mono_s() + 10;
    bool found = false;

    while (!found && clock_mono_s() < deadline) {
        struct strbuf screen = {0};
        ui_tick(&lab->ui);
        tui_lab_screen(lab, 24, 80, &screen);
        found = strstr(strbuf_str(&screen), text) != NULL;
        strbuf_release(&screen);
        if (!found)
            clock_sleep_ms(5);
    }
    tui_lab_expect(lab, text);
}
