/* make_big_store.c - a store as large as people are expected to have, for measuring the
 * dashboard and for merging stores: make_big_store PATH [--small | --full].
 *
 * 1,000 runs (100 pair keys x 2 losses x 5 seeds in 5 experiments), 10,000 curve points
 * each, F1 of the 164 built-in classes by 56 tissues and other facets under both rules,
 * confusions, the built-in ontology.  Ten pair keys have every facet and 30 % of the
 * cells of class x tissue, the others 5 %.  100 runs are in the queue with their curves,
 * so that bench/live_writer can take some and go on.  --small: a hundredth of the points.
 * --full: 200 runs (20 pair keys) that succeeded, a tenth of the points, and F1 of every
 * class in every tissue, which no atlas has.
 *
 * Everything follows from one seed, but for uuids and times. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "data/classes.h"
#include "run/takeover.h"
#include "store/store.h"

enum {
    N_PAIR_KEYS = 100,
    N_PAIR_KEYS_FULL = 20,
    N_SEEDS = 5,
    N_EXPERIMENTS = 5,
    N_TISSUES = 56,
    N_GENES = 2000,
    N_EPOCHS = 50,
    RICH_FROM = 80,  /* pair keys with every facet */
    QUEUE_FROM = 90, /* pair keys whose runs wait in the queue */
    RICH_PERCENT = 30,
    POOR_PERCENT = 5,
    SEED = 20240711
};

enum draw { DRAW_SKILL = 1000, DRAW_CELLS, DRAW_CURVE, DRAW_FATE, DRAW_CONFUSION };

struct lab {
    struct store *s;
    struct ontology ontology;
    struct class_set classes;
    uint8_t *relation; /* (C, C) owned; enum relation */
    struct strlist tissue;
    struct strlist gene;
    size_t shrink;  /* divides the points of a curve */
    size_t n_pairs; /* pair keys */
    bool full;
    struct store_process me;
};

static void
check(enum err e, const struct errbuf *eb)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "make_big_store: %s: %s\n", err_text(e), eb->text);
    exit(1);
}

/* Number i of a stream of its own for each thing. */
static double
uniform(enum draw what, size_t a, size_t b, uint64_t i)
{
    struct rng r = rng_stream(SEED, RNG_SIMULATE, what * 100000ull + a, b);

    return rng_uniform(&r, i);
}

/* --- what there is --- */

struct plan { /* of one run */
    size_t pair, seed, number;
    bool hce;
    bool rich;        /* has every facet */
    bool waits;       /* in the queue */
    bool fails;       /* or may */
    size_t share_pct; /* of class x tissue */
};

static const char *
model_of(size_t pair)
{
    static const char *const name[] = {"linear", "mlp", "tabnet"};

    return name[pair % 3];
}

static const char *
experiment_of(size_t pair)
{
    static const char *const name[N_EXPERIMENTS] = {
        "census-2024", "lung atlas", "blood and marrow", "gut", "scTab ablation"};

    return name[pair * N_EXPERIMENTS / N_PAIR_KEYS];
}

/* succeeded, failed or cancelled. */
static const char *
fate_of(const struct plan *p)
{
    double u = uniform(DRAW_FATE, p->number, 0, 0);

    if (!p->fails)
        return "succeeded";
    return u < .05 ? "failed" : u < .08 ? "cancelled" : "succeeded";
}

static void
load_names(struct lab *lab)
{
    struct strlist labels = {0};

    ontology_load_builtin(&lab->ontology);
    for (size_t i = 0; i < lab->ontology.n_terms; i++)
        strlist_add(&labels, lab->ontology.term[i].name);
    class_set_init(&lab->classes, &labels, &lab->ontology);
    strlist_release(&labels);
    lab->relation = xmalloc(lab->classes.C * lab->classes.C, sizeof *lab->relation);
    class_set_relations(&lab->classes, lab->relation);
    for (size_t i = 0; i < builtin_tissue_count(); i++)
        if (!strlist_has(&lab->tissue, builtin_tissue(i)->tissue) &&
            lab->tissue.n < N_TISSUES)
            strlist_add(&lab->tissue, builtin_tissue(i)->tissue);
    for (size_t i = lab->tissue.n; i < N_TISSUES; i++) {
        char name[32];
        snprintf(name, sizeof name, "tissue %02zu", i);
        strlist_add(&lab->tissue, name);
    }
    for (size_t i = 0; i < N_GENES; i++) {
        char name[32];
        snprintf(name, sizeof name, "ENSG%011zu", i);
        strlist_add(&lab->gene, name);
    }
}

/* --- the queue --- */

static struct plan
plan_of(const struct lab *lab, size_t pair, size_t seed, size_t number, bool hce)
{
    bool rich = lab->full || (pair >= RICH_FROM && pair < QUEUE_FROM);

    return (struct plan){.pair = pair,
                         .seed = seed,
                         .number = number,
                         .hce = hce,
                         .rich = rich,
                         .waits = pair >= QUEUE_FROM,
                         .fails = !rich,
                         .share_pct = lab->full ? 100
                                      : rich    ? RICH_PERCENT
                                                : POOR_PERCENT};
}

static void
queue_runs(struct lab *lab, int64_t *ids, struct plan *plan)
{
    size_t n = 0;

    for (size_t pair = 0; pair < lab->n_pairs; pair++)
        for (size_t seed = 0; seed < N_SEEDS; seed++)
            for (int hce = 0; hce < 2; hce++, n++) {
                char name[64], key[65], rate[32];
                struct errbuf eb;

                snprintf(name, sizeof name, "%s-%s-s%zu-%zu", model_of(pair),
                         hce ? "hce" : "ce", seed, pair);
                snprintf(rate, sizeof rate, "%g", 1e-4 * (double)(pair + 1));
                for (int i = 0; i < 64; i++)
                    key[i] = "0123456789abcdef"[(
                        int)(uniform(DRAW_SKILL, pair, 7, (uint64_t)i) * 16)];
                key[64] = '\0';
                const struct store_param param[] = {
                    {"data", "/data/atlas/census.h5ad", 0},
                    {"model", model_of(pair), 0},
                    {"loss", hce ? "hce" : "ce", 0},
                    {"learning_rate", rate, 0},
                    {"batch_size", "2048", 0},
                    {"max_epochs", "50", 0},
                    {"ood", "dataset_id=d7", 0}};
                const struct store_eval_binding eval[] = {{"id", "cells-id"},
                                                          {"ood", "cells-ood"}};
                struct store_new_run run = {.name = name,
                                            .experiment = experiment_of(pair),
                                            .model = model_of(pair),
                                            .loss = hce ? "hce" : "ce",
                                            .pair_key = key,
                                            .seed = (int64_t)seed,
                                            .max_epochs = N_EPOCHS,
                                            .data_digest = "data",
                                            .split_digest = "split",
                                            .class_digest = lab->classes.digest,
                                            .memory_bytes = 1ull << 30,
                                            .param = param,
                                            .n_params = sizeof param / sizeof param[0],
                                            .eval = eval,
                                            .n_evals = 2};
                plan[n] = plan_of(lab, pair, seed, n, hce);
                check(store_queue_add(lab->s, &run, 1, false, &ids[n], NULL, &eb), &eb);
            }
}

/* --- curves --- */

struct shape { /* one metric of a run */
    const char *metric;
    size_t n;        /* points */
    double from, to; /* it goes from here to there */
    double noise;
};

enum { N_SHAPES = 6, STEPS_PER_EPOCH = 1200 };

static double
value_at(const struct shape *sh, const struct rng *r, double t, size_t i)
{
    double x = sh->to + (sh->from - sh->to) * exp(-5 * t);

    if (sh->noise > 0 && rng_uniform(r, 3 * i) < 1e-4)
        return NAN;
    return x * (1 + sh->noise * rng_normal(r, 3 * i + 1));
}

static void
add_curve(struct lab *lab, const struct store_attempt *a, const struct plan *p,
          const struct shape *sh, size_t which)
{
    size_t n = sh->n / lab->shrink > 1 ? sh->n / lab->shrink : 1;
    struct store_metric *m = xcalloc(n, sizeof *m);
    struct rng r =
        rng_stream(SEED, RNG_SIMULATE, DRAW_CURVE * 100000ull + p->number, which);
    struct errbuf eb;

    for (size_t i = 0; i < n; i++) {
        double t = (double)(i + 1) / (double)n;
        int64_t step = (int64_t)(t * N_EPOCHS * STEPS_PER_EPOCH);
        m[i] = (struct store_metric){.metric = sh->metric,
                                     .step = step,
                                     .epoch = (step - 1) / STEPS_PER_EPOCH,
                                     .wall_s = .25 * (double)step,
                                     .value = value_at(sh, &r, t, i)};
    }
    struct store_progress done = {N_EPOCHS * STEPS_PER_EPOCH, N_EPOCHS - 1, 8000, 0};
    check(store_metrics_add(lab->s, a, m, n, &done, &eb), &eb);
    free(m);
}

/* How well a run does, 0..1. */
static double
skill_of(const struct plan *p)
{
    double base = .45 + .35 * uniform(DRAW_SKILL, p->pair, 0, 0);

    return base + (p->hce ? .02 : 0) + .01 * uniform(DRAW_SKILL, p->number, 1, 0);
}

static void
add_curves(struct lab *lab, const struct store_attempt *a, const struct plan *p)
{
    double skill = skill_of(p);
    const struct shape shape[N_SHAPES] = {
        {"train_loss", 6000, 5.1, 2 * (1 - skill), .05},
        {"grad_norm", 2000, 3, .4, .2},
        {"train_f1_macro_step", 1000, .05, skill + .1, .05},
        {"lr", 900, 5e-4, 1e-5, 0},
        {"val_loss", N_EPOCHS, 4, 2.2 * (1 - skill), 0},
        {"val_f1_macro", N_EPOCHS, .05, skill, 0},
    };

    for (size_t i = 0; i < N_SHAPES; i++)
        add_curve(lab, a, p, &shape[i], i);
}

/* --- evaluations --- */

struct rows {
    struct store_f1 *f1; /* (n) owned */
    size_t n, cap;
    struct store_confusion *confusion; /* (n_confusions) owned */
    size_t n_confusions, confusion_cap;
};

static double
score_of(const struct plan *p, bool exact, size_t label, size_t class)
{
    double x = skill_of(p) + .3 * (uniform(DRAW_CELLS, label, class, 0) - .5) +
               .02 * (uniform(DRAW_CELLS, label, class, p->number + 1) - .5);

    x += p->hce ? .06 * (uniform(DRAW_CELLS, label, class, 100000) - .4) : 0;
    x -= exact ? .08 : 0;
    return fmin(fmax(x, 0), 1);
}

/* One row for each rule. */
static void
add_f1(struct rows *rows, const struct plan *p, const char *facet, const char *label,
       const char *class_name, size_t li, size_t ci, bool averages)
{
    for (int exact = 0; exact < 2; exact++) {
        double f1 = score_of(p, exact, li, ci);
        rows->f1 = grow(rows->f1, &rows->cap, rows->n + 1, sizeof *rows->f1);
        rows->f1[rows->n++] = (struct store_f1){
            .rule = exact ? "exact" : "hierarchy",
            .facet = facet,
            .label = label,
            .class_name = class_name,
            .precision = fmin(1, f1 * 1.02),
            .recall = f1 * .98,
            .f1 = f1,
            .f1_weighted = averages ? fmin(1, f1 + .05) : (double)NAN,
            .f1_micro = averages ? fmin(1, f1 + .04) : (double)NAN,
            .accuracy = averages ? fmin(1, f1 + .04) : (double)NAN,
            .support = 20 + (int64_t)(2000 * uniform(DRAW_CELLS, li, ci, 100001)),
            .n_classes = averages ? 80 : 1};
    }
}

static void
add_groups(struct rows *rows, const struct plan *p, const char *facet, size_t n,
           size_t first)
{
    for (size_t i = 0; i < n; i++) {
        static struct strlist name; /* lives as long as the program */
        char text[64];

        snprintf(text, sizeof text, "%s %02zu", facet, i);
        size_t k = 0;
        while (k < name.n && strcmp(name.item[k], text) != 0)
            k++;
        if (k == name.n)
            strlist_add(&name, text);
        add_f1(rows, p, facet, name.item[k], NULL, first + i, 0, true);
    }
}

static void
add_tissues(struct rows *rows, const struct lab *lab, const struct plan *p)
{
    double share = (double)p->share_pct / 100;

    for (size_t t = 0; t < lab->tissue.n; t++) {
        add_f1(rows, p, "tissue", lab->tissue.item[t], NULL, 1000 + t, 0, true);
        for (size_t c = 0; c < lab->classes.C; c++)
            if (uniform(DRAW_CELLS, 1000 + t, c, 100002) < share)
                add_f1(rows, p, "tissue", lab->tissue.item[t],
                       lab->classes.name.item[c], 1000 + t, c + 1, false);
    }
}

static void
add_confusions(struct rows *rows, const struct lab *lab, const struct plan *p)
{
    size_t C = lab->classes.C, wrong = p->rich ? 7 : 3;

    for (size_t c = 0; c < C; c++)
        for (size_t k = 0; k <= wrong; k++) {
            size_t to = k == 0 ? c
                               : (c + (size_t)(uniform(DRAW_CONFUSION, c, k, 0) * 20) +
                                  20 * (k - 1) + 1) %
                                     C;
            double u = uniform(DRAW_CONFUSION, c, k, p->number + 1);
            rows->confusion = grow(rows->confusion, &rows->confusion_cap,
                                   rows->n_confusions + 1, sizeof *rows->confusion);
            rows->confusion[rows->n_confusions++] = (struct store_confusion){
                lab->classes.name.item[c], lab->classes.name.item[to],
                (int64_t)(k ? 1 + 60 * u : 400 + 400 * u),
                relation_name((enum relation)lab->relation[c * C + to])};
        }
}

static void
add_evaluation(struct lab *lab, const struct store_attempt *a, const struct plan *p,
               const char *name)
{
    struct rows rows = {0};
    struct errbuf eb;

    add_f1(&rows, p, "all", "all", NULL, 0, 0, true);
    for (size_t c = 0; c < lab->classes.C; c++)
        add_f1(&rows, p, "class", lab->classes.name.item[c], NULL, 1, c + 1, false);
    add_tissues(&rows, lab, p);
    add_groups(&rows, p, "disease", 12, 2000);
    if (p->rich) {
        add_groups(&rows, p, "tissue_general", 20, 3000);
        add_groups(&rows, p, "assay", 6, 4000);
        add_groups(&rows, p, "dataset_id", 30, 5000);
    }
    add_confusions(&rows, lab, p);
    struct store_evaluation ev = {.name = name,
                                  .cells_digest = strcmp(name, "id") == 0 ? "cells-id"
                                                                          : "cells-ood",
                                  .checkpoint = "best",
                                  .is_primary = true,
                                  .n_cells = 100000,
                                  .f1 = rows.f1,
                                  .n_f1 = rows.n,
                                  .confusion = rows.confusion,
                                  .n_confusions = rows.n_confusions};
    check(store_evaluation_add(lab->s, a, &ev, &eb), &eb);
    free(rows.f1);
    free(rows.confusion);
}

/* --- inputs --- */

static void
add_inputs(struct lab *lab, const struct store_attempt *a)
{
    const struct class_set *cs = &lab->classes;
    const struct ontology *o = &lab->ontology;
    uint32_t *up = xcalloc(cs->n_edges + 1, sizeof *up);
    uint32_t *down = xcalloc(cs->n_edges + 1, sizeof *down);
    uint32_t *child = xcalloc(o->n_terms * o->n_terms, sizeof *child);
    uint32_t *parent = xcalloc(o->n_terms * o->n_terms, sizeof *parent);
    const char **id = xcalloc(o->n_terms, sizeof *id);
    const char **term = xcalloc(o->n_terms, sizeof *term);
    static const char *const facet[] = {"tissue", "tissue_general", "disease", "assay",
                                        "dataset_id"};
    size_t n = 0, n_is_a = 0;
    struct errbuf eb;

    for (size_t i = 0; i < cs->C; i++)
        for (size_t j = 0; j < cs->C; j++)
            if (i != j && class_set_reaches(cs, i, j)) {
                up[n] = (uint32_t)i;
                down[n++] = (uint32_t)j;
            }
    for (size_t t = 0; t < o->n_terms; t++) {
        id[t] = o->term[t].id;
        term[t] = o->term[t].name;
        for (size_t k = 0; k < o->term[t].n_parents; k++) {
            child[n_is_a] = (uint32_t)t;
            parent[n_is_a++] = o->term[t].parent[k];
        }
    }
    struct store_labels labels = {.digest = cs->digest,
                                  .label = (const char *const *)cs->name.item,
                                  .term_id = (const char *const *)cs->term_id.item,
                                  .n = cs->C,
                                  .ancestor = up,
                                  .descendant = down,
                                  .n_edges = n};
    struct store_ontology ontology = {.digest = o->digest,
                                      .source = o->source,
                                      .version = o->version,
                                      .term_id = id,
                                      .name = term,
                                      .n = o->n_terms,
                                      .child = child,
                                      .parent = parent,
                                      .n_edges = n_is_a};
    struct store_genes genes = {.digest = "genes",
                                .gene_id = (const char *const *)lab->gene.item,
                                .gene_name = (const char *const *)lab->gene.item,
                                .n = lab->gene.n};
    struct store_input_file file = {.path = "/data/atlas/census.h5ad",
                                    .layer = "X",
                                    .normalize = "sf-log1p",
                                    .decision = "made up",
                                    .n_cells = 2000000,
                                    .n_kept = 1800000,
                                    .n_genes = N_GENES};
    struct store_inputs in = {.labels = &labels,
                              .ontology = &ontology,
                              .genes = &genes,
                              .file = &file,
                              .n_files = 1,
                              .facet = facet,
                              .n_facets = sizeof facet / sizeof facet[0],
                              .n_train = 1400000,
                              .n_val = 200000,
                              .n_test = 100000,
                              .n_ood = 100000};
    check(store_inputs_add(lab->s, a, &in, &eb), &eb);
    free(up);
    free(down);
    free(child);
    free(parent);
    free(id);
    free(term);
}

/* --- runs --- */

static void
finish(struct lab *lab, const struct store_attempt *a, const struct plan *p,
       const char *state)
{
    bool queued = strcmp(state, "queued") == 0, good = strcmp(state, "succeeded") == 0;
    struct errbuf eb;
    struct store_finish f = {
        .state = state,
        .end_reason = good ? "patience ran out" : "loss is not finite in step 60000",
        .exit_code = good || queued ? 0 : 1,
        .epochs = N_EPOCHS,
        .best_epoch = N_EPOCHS - 1,
        .best_score = skill_of(p),
        .weights_sha256 = good ? "6d61646520757020666f72206d6561737572696e67" : NULL,
    };

    check(store_attempt_finish(lab->s, a, &f, &eb), &eb);
}

static void
make_run(struct lab *lab, const struct plan *p, int64_t run_id)
{
    const char *state = p->waits ? "queued" : fate_of(p);
    struct store_claim claim;
    struct errbuf eb;

    check(store_claim_next(lab->s, &lab->me, run_id, UINT64_MAX, &claim, &eb), &eb);
    struct store_attempt a = {claim.run_id, claim.attempt};
    check(store_attempt_begin(lab->s, &a, 0, "avx2", "Haswell", false, &eb), &eb);
    add_inputs(lab, &a);
    add_curves(lab, &a, p);
    if (strcmp(state, "succeeded") == 0) {
        add_evaluation(lab, &a, p, "id");
        if (p->rich && !lab->full)
            add_evaluation(lab, &a, p, "ood");
    }
    check(store_log_add(lab->s, a.run_id, a.attempt, "info", "made up", &eb), &eb);
    finish(lab, &a, p, state);
}

static void
make_store(struct lab *lab)
{
    enum { N = N_PAIR_KEYS * 2 * N_SEEDS };
    static int64_t ids[N];
    static struct plan plan[N];
    struct errbuf eb;

    size_t n = lab->n_pairs * 2 * N_SEEDS;

    load_names(lab);
    queue_runs(lab, ids, plan);
    for (size_t i = 0; i < n; i++) {
        make_run(lab, &plan[i], ids[i]);
        if (i % 50 == 49)
            fprintf(stderr, "\r%zu of %zu runs", i + 1, n);
    }
    fputc('\n', stderr);
    check(store_wal_care(lab->s, true, &eb), &eb);
}

int
main(int argc, char **argv)
{
    struct lab lab = {.shrink = 1, .n_pairs = N_PAIR_KEYS};
    double start = clock_mono_s();
    struct store_info info;
    struct errbuf eb;

    bool small = argc == 3 && strcmp(argv[2], "--small") == 0;

    lab.full = argc == 3 && strcmp(argv[2], "--full") == 0;
    if (argc < 2 || argc > 3 || (argc == 3 && !small && !lab.full)) {
        fputs("usage: make_big_store PATH [--small | --full]\n", stderr);
        return 2;
    }
    if (argc == 3)
        lab.shrink = small ? 100 : 10;
    if (lab.full)
        lab.n_pairs = N_PAIR_KEYS_FULL;
    if (access(argv[1], F_OK) == 0) {
        fprintf(stderr, "make_big_store: %s exists\n", argv[1]);
        return 2;
    }
    takeover_process(&lab.me, getpid());
    check(store_open(&lab.s, argv[1], STORE_CREATE, &eb), &eb);
    make_store(&lab);
    check(store_info(lab.s, &info, &eb), &eb);
    printf("%s: %.0f MB, %lld runs, %lld curve points, %lld F1 rows, in %.0f s\n",
           argv[1], (double)info.size_bytes / 1e6, (long long)info.n_runs,
           (long long)info.n_metric_rows, (long long)info.n_f1_rows,
           clock_mono_s() - start);
    store_close(lab.s);
    free(lab.relation);
    strlist_release(&lab.tissue);
    strlist_release(&lab.gene);
    class_set_release(&lab.classes);
    ontology_release(&lab.ontology);
    return 0;
}
