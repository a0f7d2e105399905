/* import_run.c - one folder version_N of the published tree as a run. */
#include "transfer/import_run.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "exchange/source_params.h"
#include "spec/spec.h"
#include "transfer/import_curves.h"
#include "transfer/import_hparams.h"
#include "transfer/import_own.h"
#include "transfer/import_own_weights.h"
#include "transfer/import_scores.h"
#include "transfer/published.h"

enum { FILES = 2, BUILTIN_CLASSES = 164 };
static const char *const param_files[FILES] = {"hparams.yaml", "parameters.json"};

/* All that is known of a run while it is read. */
struct reading {
    const struct import_folder *folder;
    struct import_report *report;
    struct source_params params[FILES];
    struct spec spec;
    struct import_facts facts;
    struct import_curves curves;
    struct import_scores scores;
    struct import_own own; /* what export wrote beside the published files */
    struct strlist facet;
    struct store_source_checkpoint *checkpoint; /* (n_checkpoints) owned */
    size_t n_checkpoints, checkpoint_cap;
    struct digest digest; /* of all that was read */
    struct arena arena;
};

/* --- files --- */

bool
import_run_is(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *d;
    bool found = false;

    while (dir && !found && (d = readdir(dir)))
        found = strcmp(d->d_name, param_files[0]) == 0 ||
                strcmp(d->d_name, param_files[1]) == 0 ||
                strncmp(d->d_name, "events.out.tfevents.", 20) == 0 ||
                strstr(d->d_name, "_metrics.csv") ||
                strcmp(d->d_name, "checkpoints") == 0;
    if (dir)
        closedir(dir);
    return found;
}

/* False where a file is there that cannot be read: then the run is not known. */
static bool
read_params(struct reading *r)
{
    bool ok = true;

    for (size_t i = 0; i < FILES; i++) {
        char *path = xasprintf("%s/%s", r->folder->path, param_files[i]);
        struct errbuf eb = {""};
        enum err e = source_params_read(&r->params[i], path, &eb);

        if (e && e != ERR_NOTFOUND) {
            import_report_add(r->report, IMPORT_UNREADABLE, "file", path, NULL, "%s",
                              eb.text);
            ok = false;
        } else if (!e) {
            import_report_add(r->report, IMPORT_ADDED, "file", path, NULL, "%zu values",
                              r->params[i].n);
        }
        free(path);
    }
    return ok;
}

static void
digest_rows(struct digest *d, const struct source_params_row *row, size_t n)
{
    digest_addu(d, n);
    for (size_t i = 0; i < n; i++) {
        digest_adds(d, row[i].name);
        digest_adds(d, row[i].value ? row[i].value : "");
    }
}

static void
digest_params(struct digest *d, const struct source_params *p)
{
    digest_rows(d, p->row, p->n);
}

/* What stands in the file, whatever it is taken to mean. */
static void
digest_said(struct digest *d, const struct source_params *p)
{
    digest_rows(d, p->said, p->n_said);
}

/* Values of parameters.json that export wrote stand for themselves. */
static bool
is_own(const char *name)
{
    return strncmp(name, "hcelab.", 7) == 0;
}

static const struct store_source_param *
list_params(struct reading *r, size_t *n)
{
    struct store_source_param *out =
        arena_alloc(&r->arena, r->params[0].n + r->params[1].n + 1, sizeof *out);

    *n = 0;
    for (size_t f = 0; f < FILES; f++)
        for (size_t i = 0; i < r->params[f].n; i++) {
            const struct source_params_row *row = &r->params[f].row[i];

            if (!is_own(row->name))
                out[(*n)++] = (struct store_source_param){
                    .file = param_files[f], .name = row->name, .value = row->value};
        }
    return out;
}

/* --- checkpoint files --- */

static void
add_checkpoint(struct reading *r, const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    struct store_source_checkpoint *c;
    struct stat st;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        r->checkpoint = grow(r->checkpoint, &r->checkpoint_cap, r->n_checkpoints + 1,
                             sizeof *r->checkpoint);
        c = &r->checkpoint[r->n_checkpoints++];
        c->path = arena_strdup(&r->arena, path);
        c->size_bytes = (int64_t)st.st_size;
        published_checkpoint(name, &c->epoch, &c->score);
        digest_adds(&r->digest, name);
        digest_addu(&r->digest, (uint64_t)st.st_size);
        import_report_add(r->report, IMPORT_ADDED, "checkpoint", path, NULL,
                          "noted, %" PRId64 " bytes", c->size_bytes);
    }
    free(path);
}

static void
read_checkpoints(struct reading *r)
{
    char *folder = xasprintf("%s/checkpoints", r->folder->path);
    struct strlist name = {0};
    DIR *dir = opendir(folder);
    struct dirent *d;

    while (dir && (d = readdir(dir)))
        if (strlen(d->d_name) > 5 &&
            strcmp(d->d_name + strlen(d->d_name) - 5, ".ckpt") == 0)
            strlist_add(&name, d->d_name);
    if (dir)
        closedir(dir);
    strlist_sort(&name);
    for (size_t i = 0; i < name.n; i++)
        add_checkpoint(r, folder, name.item[i]);
    strlist_release(&name);
    free(folder);
}

/* --- names and keys --- */

/* The oldest event file's name has its time and machine; where there is none, results tell
 * runs of the same parameters apart, else the names of checkpoints. */
static void
digest_results(struct digest *d, const struct reading *r)
{
    digest_adds(d, r->curves.first_file ? r->curves.first_file : "");
    if (r->curves.first_file)
        return;
    digest_adds(d, r->scores.n_files ? r->scores.content : "");
    for (size_t i = 0; i < r->n_checkpoints && !r->scores.n_files; i++)
        digest_adds(d, strrchr(r->checkpoint[i].path, '/') + 1);
}

/* A UUID of version 8 from the digest of what the run is. */
static void
make_uuid(const struct reading *r, char out[STORE_UUID])
{
    char hex[DIGEST_HEX];
    struct digest d;

    digest_init(&d);
    digest_adds(&d, "hcelab imported run");
    digest_adds(&d, model_name((enum model_id)r->spec.model));
    digest_adds(&d, loss_name((enum loss_id)r->spec.loss));
    digest_addu(&d, (uint64_t)r->spec.seed);
    digest_addu(&d, (uint64_t)r->folder->version);
    digest_said(&d, &r->params[0]);
    digest_said(&d, &r->params[1]);
    digest_results(&d, r);
    digest_final(&d, hex);
    snprintf(out, STORE_UUID, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 12,
             hex + 15, hex + 18);
}

/* What is known of the data of a run that another program trained. */
static void
make_data_digest(const struct import_facts *f, char hex[DIGEST_HEX])
{
    struct digest d;

    digest_init(&d);
    digest_adds(&d, "hcelab imported data");
    digest_addu(&d, (uint64_t)f->n_genes);
    digest_addu(&d, (uint64_t)f->n_classes);
    digest_addu(&d, (uint64_t)f->n_train);
    digest_addu(&d, (uint64_t)f->n_val);
    digest_final(&d, hex);
}

static void
set_text(struct spec *s, enum spec_id id, const char *text)
{
    enum err e = spec_set(s, id, text, NULL);

    (void)e; /* any text will do */
}

static void
fill_names(struct reading *r, const struct import_wish *wish)
{
    struct spec *s = &r->spec;

    if (wish->experiment || !*s->experiment)
        set_text(s, SPEC_ID_experiment,
                 wish->experiment ? wish->experiment : r->folder->experiment);
    if (!*s->name) {
        char *name = xasprintf("%s-%s-s%lld", model_name((enum model_id)s->model),
                               loss_name((enum loss_id)s->loss), (long long)s->seed);
        set_text(s, SPEC_ID_name, name);
        free(name);
    }
}

static const struct store_param *
list_spec(struct reading *r, size_t *n)
{
    const struct spec *s = &r->spec;
    struct store_param *p = NULL;
    size_t total = 0, k = 0;

    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        total += spec_values(s, id);
    p = arena_alloc(&r->arena, total + 1, sizeof *p);
    for (enum spec_id id = 0; id < SPEC_COUNT; id++)
        for (size_t i = 0; i < spec_values(s, id); i++) {
            struct strbuf value = {0};

            spec_value(s, id, i, &value);
            p[k++] = (struct store_param){
                .name = spec_item(id)->name,
                .value = arena_strdup(&r->arena, strbuf_str(&value)),
                .position = (int64_t)i};
            strbuf_release(&value);
        }
    *n = total;
    return p;
}

static const char *const *
list_facets(struct reading *r, size_t *n)
{
    const char **out, *name;

    import_hparams_facets(&r->params[1], &r->facet);
    *n = r->facet.n;
    if (*n)
        return (const char *const *)r->facet.item;
    while (facet_name(*n))
        ++*n;
    out = arena_alloc(&r->arena, *n + 1, sizeof *out);
    *n = 0;
    for (size_t i = 0; (name = facet_name(i)); i++)
        if (strcmp(name, "all") != 0 && strcmp(name, "class") != 0)
            out[(*n)++] = name;
    return out;
}

/* --- into the store --- */

/* A run of ours has genes and classes in its folder: all of its weights. */
static enum err
take_own_weights(struct store *s, struct reading *r, int64_t run_id,
                 const struct import_classes *classes, enum store_imported *what,
                 struct errbuf *eb)
{
    size_t n;
    enum err e =
        import_own_weights(s, run_id, r->folder->path, classes, &n, r->report, eb);

    if (!e && n && *what == STORE_RUN_UNCHANGED)
        *what = STORE_RUN_RENEWED;
    return e;
}

/* The one of the highest score, where weights are wished for. */
static enum err
take_checkpoint(struct store *s, struct reading *r, int64_t run_id,
                const struct import_wish *wish, struct errbuf *eb)
{
    const struct store_source_checkpoint *best = NULL;

    for (size_t i = 0; i < r->n_checkpoints; i++)
        if (!best || !(r->checkpoint[i].score <= best->score))
            best = &r->checkpoint[i];
    return best && wish->take_checkpoint
               ? wish->take_checkpoint(s, run_id, best->path, wish, r->report, eb)
               : ERR_OK;
}

/* Say what became of the run, and of its files where that is not what was thought. */
static void
report_run(struct reading *r, const struct store_import *x, size_t first,
           enum import_outcome outcome, const char *why)
{
    if (outcome != IMPORT_ADDED)
        import_report_instead(r->report, first, outcome);
    if (r->facts.seed_is_version && outcome == IMPORT_ADDED)
        import_report_add(r->report, IMPORT_NOT_TAKEN, "seed", r->folder->path, NULL,
                          "no file says the seed: it is the number of the folder");
    if (why)
        import_report_add(r->report, outcome, "run", r->folder->path, NULL, "%s", why);
    else
        import_report_add(r->report, outcome, "run", r->folder->path, NULL,
                          "%zu values of curves, %zu evaluations, %zu checkpoint files",
                          x ? x->n_metrics : 0, x ? x->n_evaluations : 0,
                          x ? x->n_checkpoints : 0);
    import_report_name_run(r->report, first, r->spec.name);
}

/* Whether the folder says what its weights are for. */
static bool
has_axes(const struct reading *r, const struct import_classes *classes)
{
    return r->facts.uuid && classes && classes->has_genes;
}

static enum err
put(struct store *s, struct reading *r, const struct store_import *x,
    const struct import_classes *classes, const struct import_wish *wish, size_t first,
    struct errbuf *eb)
{
    static const enum import_outcome outcome[] = {
        [STORE_RUN_ADDED] = IMPORT_ADDED,
        [STORE_RUN_RENEWED] = IMPORT_UPDATED,
        [STORE_RUN_UNCHANGED] = IMPORT_UNCHANGED,
        [STORE_RUN_OURS] = IMPORT_UNCHANGED,
    };
    enum store_imported what = STORE_RUN_UNCHANGED;
    struct errbuf why = {""};
    int64_t run_id;
    enum err e = store_import_run(s, x, &what, &run_id, &why);
    bool ours = what == STORE_RUN_OURS, has = has_axes(r, classes);

    if (e == ERR_CONFLICT) {
        report_run(r, x, first, IMPORT_NOT_TAKEN, why.text);
        return ERR_OK;
    }
    if (e)
        return err_set(eb, e, "%s", why.text);
    if (has && !ours && !wish->no_checkpoints)
        e = take_own_weights(s, r, run_id, classes, &what, eb);
    if (!e)
        report_run(r, x, first, outcome[what], NULL);
    return e || has || ours ? e : take_checkpoint(s, r, run_id, wish, eb);
}

/* Both lists one behind the other, in the arena. */
static const struct store_evaluation *
join_evaluations(struct reading *r, size_t *n)
{
    const struct import_own *o = &r->own;
    struct store_evaluation *all;

    *n = o->n_evaluations + r->scores.n;
    all = arena_alloc(&r->arena, *n + 1, sizeof *all);
    if (o->n_evaluations)
        memcpy(all, o->evaluation, o->n_evaluations * sizeof *all);
    if (r->scores.n)
        memcpy(all + o->n_evaluations, r->scores.evaluation, r->scores.n * sizeof *all);
    return all;
}

static const struct store_source_checkpoint *
join_checkpoints(struct reading *r, size_t *n)
{
    const struct import_own *o = &r->own;
    struct store_source_checkpoint *all;

    *n = o->n_checkpoints + r->n_checkpoints;
    all = arena_alloc(&r->arena, *n + 1, sizeof *all);
    if (o->n_checkpoints)
        memcpy(all, o->checkpoint, o->n_checkpoints * sizeof *all);
    if (r->n_checkpoints)
        memcpy(all + o->n_checkpoints, r->checkpoint, r->n_checkpoints * sizeof *all);
    return all;
}

/* What export wrote of a run takes the place of what the published files say. */
static void
fill_own(struct reading *r, struct store_new_run *run, struct store_import *x,
         const struct import_classes *classes)
{
    const struct import_facts *f = &r->facts;
    const struct import_own *o = &r->own;

    if (f->own.origin) {
        x->facts = &f->own;
        x->started_us = f->started_us;
        run->data_digest = f->data_digest;
    }
    if (f->ended_us != INT64_MIN)
        x->ended_us = f->ended_us;
    x->n_test = f->n_test;
    x->n_ood = f->n_ood;
    if (classes && !classes->has_ontology)
        x->ontology = NULL;
    if (classes && classes->has_genes)
        x->genes = &classes->inputs.genes;
    if (o->has_curves) {
        x->metric = o->metric;
        x->n_metrics = o->n_metrics;
    }
    if (o->has_params) {
        x->param = o->param;
        x->n_params = o->n_params;
    }
    x->importance = o->importance;
    x->n_importance = o->n_importance;
    x->evaluation = join_evaluations(r, &x->n_evaluations);
    x->checkpoint = join_checkpoints(r, &x->n_checkpoints);
}

static enum err
store_it(struct store *s, struct reading *r, const struct import_classes *classes,
         const struct import_wish *wish, size_t first, struct errbuf *eb)
{
    char uuid[STORE_UUID], data[DIGEST_HEX], key[DIGEST_HEX], digest[DIGEST_HEX];
    const struct import_facts *f = &r->facts;
    const char *class_digest = classes ? classes->rd.classes.digest : f->class_digest;

    make_uuid(r, uuid);
    make_data_digest(f, data);
    digest_final(&r->digest, digest);
    spec_pair_key(&r->spec, data, "", class_digest ? class_digest : "", key);
    struct store_new_run run = {.name = r->spec.name,
                                .experiment = r->spec.experiment,
                                .model = model_name((enum model_id)r->spec.model),
                                .loss = loss_name((enum loss_id)r->spec.loss),
                                .pair_key = f->pair_key ? f->pair_key : key,
                                .seed = r->spec.seed,
                                .max_epochs = r->spec.max_epochs,
                                .data_digest = f->data_digest ? f->data_digest : data,
                                .class_digest = class_digest,
                                .n_train = f->n_train};
    struct store_import x = {.uuid = f->uuid ? f->uuid : uuid,
                             .source_path = r->folder->path,
                             .source_digest = digest,
                             .run = &run,
                             .n_val = f->n_val,
                             .started_us = r->curves.started_us,
                             .ended_us = r->curves.ended_us,
                             .labels = classes ? &classes->inputs.labels : NULL,
                             .ontology = classes ? &classes->inputs.ontology : NULL,
                             .metric = r->curves.metric,
                             .n_metrics = r->curves.n,
                             .evaluation = r->scores.evaluation,
                             .n_evaluations = r->scores.n,
                             .checkpoint = r->checkpoint,
                             .n_checkpoints = r->n_checkpoints};

    run.param = list_spec(r, &run.n_params);
    x.param = list_params(r, &x.n_params);
    x.facet = list_facets(r, &x.n_facets);
    if (f->uuid)
        fill_own(r, &run, &x, classes);
    return put(s, r, &x, classes, wish, first, eb);
}

/* Read what the folder holds beside the parameters; classes NULL: not known. */
static bool
read_results(struct reading *r, const struct import_classes *classes,
             const struct import_wish *wish)
{
    struct import_scores_wish sw = {.model = model_name((enum model_id)r->spec.model),
                                    .classes = classes,
                                    .rule = wish->rule ? wish->rule : r->facts.rule,
                                    .known = &r->own.evaluation_name};
    size_t C = classes ? classes->rd.classes.C : 0;

    if (r->facts.uuid)
        import_own_read(&r->own, r->folder->path, C,
                        classes ? classes->rd.ds.gene_id.n : 0, &r->digest, r->report);
    if (!r->own.has_curves)
        import_curves_read(&r->curves, r->folder->path, &r->digest, r->report);
    import_scores_read(&r->scores, r->folder->path, &sw, &r->digest, r->report);
    read_checkpoints(r);
    return r->curves.n_files || r->scores.n || r->n_checkpoints ||
           r->own.has_evaluations || r->own.has_curves;
}

static void
reading_release(struct reading *r)
{
    for (size_t i = 0; i < FILES; i++)
        source_params_release(&r->params[i]);
    spec_release(&r->spec);
    import_curves_release(&r->curves);
    import_scores_release(&r->scores);
    import_own_release(&r->own);
    strlist_release(&r->facet);
    free(r->checkpoint);
    arena_release(&r->arena);
}

/* What the files say the run is; false: they do not. */
static bool
know_run(struct reading *r, struct errbuf *eb)
{
    struct import_origin o = {.hparams = &r->params[0],
                              .parameters = &r->params[1],
                              .model_folder = r->folder->model_folder,
                              .version = r->folder->version};

    return import_hparams(&o, &r->spec, &r->facts, eb) == ERR_OK;
}

/* The classes that numbers stand for: those of classes.csv in `own`, which export wrote,
 * else the built-in ones; NULL: not known. */
static const struct import_classes *
find_classes(struct reading *r, const struct import_classes *builtin,
             struct import_classes *own)
{
    struct errbuf eb = {""};
    enum err e = import_classes_read(own, r->folder->path, &r->facts.ontology,
                                     &r->digest, r->report, &eb);
    int64_t n = r->facts.n_classes;

    if (e && e != ERR_NOTFOUND)
        import_report_add(r->report, IMPORT_UNREADABLE, "file", r->folder->path, NULL,
                          "%s", eb.text);
    if (e == ERR_OK)
        return own;
    return e == ERR_NOTFOUND && (n == 0 || n == BUILTIN_CLASSES) ? builtin : NULL;
}

enum err
import_run(struct store *s, const struct import_folder *folder,
           const struct import_classes *builtin, const struct import_wish *wish,
           struct import_report *report, struct errbuf *eb)
{
    struct reading r = {.folder = folder,
                        .report = report,
                        .curves = {.started_us = INT64_MIN, .ended_us = INT64_MIN}};
    struct import_classes own = {0};
    size_t first = report->n;
    struct errbuf why = {""};
    enum err e = ERR_OK;

    spec_init(&r.spec);
    digest_init(&r.digest);
    digest_adds(&r.digest, "hcelab import 1");
    if (!read_params(&r)) {
        report_run(&r, NULL, first, IMPORT_UNREADABLE, "its parameters cannot be read");
        goto out;
    }
    if (!know_run(&r, &why)) {
        report_run(&r, NULL, first, IMPORT_UNREADABLE, why.text);
        goto out;
    }
    digest_params(&r.digest, &r.params[0]);
    digest_params(&r.digest, &r.params[1]);
    fill_names(&r, wish);
    const struct import_classes *classes = find_classes(&r, builtin, &own);
    if (read_results(&r, classes, wish))
        e = store_it(s, &r, classes, wish, first, eb);
    else
        report_run(&r, NULL, first, IMPORT_NOT_TAKEN,
                   "neither curves nor tables nor checkpoints that can be read");
out:
    import_classes_release(&own);
    reading_release(&r);
    return e;
}
