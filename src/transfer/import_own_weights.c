/* import_own_weights.c - the weights in the folder of a run that export wrote. */
#include "transfer/import_own_weights.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/classifier.h"
#include "transfer/torch_model.h"
#include "transfer/weights_facts.h"

enum { FILES_MAX = 1000 };

/* A checkpoint: of a file, or one that the run has. */
struct own_checkpoint {
    bool is_last; /* else one of the best */
    int64_t epoch, step;
    double score; /* NaN: none */
    char sha256[DIGEST_HEX];
};

struct checkpoints {
    struct own_checkpoint *item; /* (n) owned */
    size_t n, cap;
};

struct weights_work {
    struct store *s;
    int64_t run_id;
    const struct import_classes *classes;
    struct checkpoints has; /* that the run has by now */
    struct import_report *report;
    size_t *n;
};

static void
add(struct checkpoints *c, const struct own_checkpoint *x)
{
    c->item = grow(c->item, &c->cap, c->n + 1, sizeof *c->item);
    c->item[c->n++] = *x;
}

/* A row of run_checkpoints: kind, epoch, step, score, weights_sha256. */
static bool
take_row(void *ctx, size_t n, const char *const *name, const char *const *value,
         const char *type)
{
    struct own_checkpoint x = {.is_last = strcmp(value[0], "last") == 0,
                               .epoch = strtoll(value[1], NULL, 10)};

    (void)n;
    (void)name;
    (void)type;
    if (value[4] && strlen(value[4]) < sizeof x.sha256)
        strcpy(x.sha256, value[4]);
    if (strcmp(value[0], "state") != 0)
        add(ctx, &x);
    return true;
}

static bool
has(const struct checkpoints *c, const struct own_checkpoint *x)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->item[i].is_last == x->is_last && c->item[i].epoch == x->epoch &&
            strcmp(c->item[i].sha256, x->sha256) == 0)
            return true;
    return false;
}

/* --- a file --- */

static int64_t
said_int(const struct tensor_file *f, const char *key)
{
    const char *text = tensor_file_says(f, key);
    char *end;

    errno = 0;
    long long x = text ? strtoll(text, &end, 10) : 0;
    return text && end > text && !*end && !errno && x >= 0 && x <= INT32_MAX ? x : 0;
}

static void
know(struct own_checkpoint *x, const struct tensor_file *f)
{
    const char *kind = tensor_file_says(f, "checkpoint"),
               *score = tensor_file_says(f, "score");
    double value = score ? strtod(score, NULL) : (double)NAN;

    *x = (struct own_checkpoint){.is_last = kind && strcmp(kind, "last") == 0,
                                 .score = (double)NAN};
    weights_facts_of_name(f->file.path, &x->epoch, &x->score);
    if (tensor_file_says(f, "epoch"))
        x->epoch = said_int(f, "epoch");
    x->step = said_int(f, "step");
    if (value >= 0 && value <= 1)
        x->score = value;
}

/* That the model is one of the genes and classes of the folder, and what it was. */
static enum err
check(const struct weights_work *w, const struct tensor_file *f, const struct model *m,
      struct errbuf *eb)
{
    const struct strlist *gene = &w->classes->rd.ds.gene_id,
                         *label = &w->classes->rd.classes.name;
    enum err e;

    if (m->config.D != gene->n || m->config.C != label->n)
        return err_set(eb, ERR_CONFLICT,
                       "%s: a model of %zu genes and %zu classes; genes.csv has %zu, "
                       "classes.csv %zu",
                       f->file.path, m->config.D, m->config.C, gene->n, label->n);
    if ((e = weights_facts_check(f, "genes_sha256", "genes", gene, eb)))
        return e;
    return weights_facts_check(f, "labels_sha256", "classes", label, eb);
}

static enum err
put(struct weights_work *w, const struct own_checkpoint *x, const void *bytes, size_t n,
    struct errbuf *eb)
{
    const struct store_attempt none = {.run_id = w->run_id};
    const struct piece piece = {bytes, n};
    int64_t *keep = xcalloc(w->has.n + 1, sizeof *keep);
    size_t n_keep = 0;

    for (size_t i = 0; i < w->has.n; i++)
        if (!w->has.item[i].is_last)
            keep[n_keep++] = w->has.item[i].epoch;
    const struct store_checkpoint cp = {.kind = x->is_last ? "last" : "best",
                                        .epoch = x->epoch,
                                        .step = x->step,
                                        .score = x->score,
                                        .weights_sha256 = x->sha256,
                                        .piece = &piece,
                                        .n_pieces = 1,
                                        .keep_epoch = keep,
                                        .n_keep = n_keep};
    enum err e = store_checkpoint_add(w->s, &none, &cp, eb);
    free(keep);
    if (e)
        return e;
    add(&w->has, x);
    ++*w->n;
    return ERR_OK;
}

static void
report_file(const struct weights_work *w, const struct own_checkpoint *x,
            const char *path, bool is_new)
{
    import_report_add(w->report, is_new ? IMPORT_ADDED : IMPORT_UNCHANGED, "checkpoint",
                      path, NULL, "%s, epoch %" PRId64, x->is_last ? "last" : "best",
                      x->epoch);
}

/* The parameters of m as the store has them; *why says what of the file is wrong. */
static enum err
make_bytes(const struct model *m, void **bytes, char sha256[DIGEST_HEX],
           struct errbuf *why)
{
    float *value = NULL;
    enum err e;

    *bytes = NULL;
    if ((e = big_calloc(&value, model_exported(m), sizeof *value, "parameters", why)) ||
        (e = big_calloc(bytes, classifier_bytes(m), 1, "a checkpoint", why))) {
        free(value);
        return e;
    }
    classifier_write(m, value, *bytes);
    model_digest(m, value, sha256);
    free(value);
    return ERR_OK;
}

static enum err
put_model(struct weights_work *w, struct own_checkpoint *x, const struct model *m,
          const struct tensor_file *f, struct errbuf *why, struct errbuf *eb)
{
    const char *said = tensor_file_says(f, "weights_sha256");
    void *bytes;
    enum err e = make_bytes(m, &bytes, x->sha256, why);

    if (!e && said && strcmp(said, x->sha256) != 0)
        e = err_set(why, ERR_CONFLICT,
                    "%s: its values are not those that it says (weights_sha256)",
                    f->file.path);
    if (!e) {
        bool is_new = !has(&w->has, x);

        if (is_new)
            e = put(w, x, bytes, classifier_bytes(m), eb);
        if (!e)
            report_file(w, x, f->file.path, is_new);
    }
    free(bytes);
    return e;
}

/* why: of the file, and then no error of the work; eb: of the store. */
static enum err
take_file(struct weights_work *w, const char *path, struct errbuf *eb)
{
    struct errbuf why = {""};
    struct tensor_file f = {0};
    struct torch_model t = {0};
    struct own_checkpoint x;
    enum err e = tensor_file_open(&f, path, &why);

    if (!e) {
        know(&x, &f);
        if (!(e = torch_model_load(&t, &f, &why)) && !(e = check(w, &f, t.model, &why)))
            e = put_model(w, &x, t.model, &f, &why, eb);
    }
    torch_model_release(&t);
    tensor_file_close(&f);
    if (!*why.text)
        return e;
    import_report_add(w->report, IMPORT_UNREADABLE, "checkpoint", path, NULL, "%s",
                      why.text);
    return ERR_OK;
}

static void
list_files(const char *folder, struct strlist *out)
{
    static const char suffix[] = ".safetensors";
    DIR *dir = opendir(folder);
    struct dirent *d;

    while (dir && (d = readdir(dir))) {
        size_t n = strlen(d->d_name), k = sizeof suffix - 1;

        if (n > k && strcmp(d->d_name + n - k, suffix) == 0)
            strlist_add(out, d->d_name);
    }
    if (dir)
        closedir(dir);
    strlist_sort(out);
}

enum err
import_own_weights(struct store *s, int64_t run_id, const char *folder,
                   const struct import_classes *classes, size_t *n,
                   struct import_report *report, struct errbuf *eb)
{
    struct weights_work w = {
        .s = s, .run_id = run_id, .classes = classes, .report = report, .n = n};
    const struct store_bind bind = {.name = ":run_id", .kind = BIND_INT, .i = run_id};
    char *below = xasprintf("%s/checkpoints", folder);
    struct strlist name = {0};
    enum err e;

    *n = 0;
    list_files(below, &name);
    e = name.n ? store_query(s, "run_checkpoints", &bind, 1, take_row, &w.has, eb)
               : ERR_OK;
    for (size_t i = 0; i < name.n && i < FILES_MAX && !e; i++) {
        char *path = xasprintf("%s/%s", below, name.item[i]);

        e = take_file(&w, path, eb);
        free(path);
    }
    free(w.has.item);
    strlist_release(&name);
    free(below);
    return e;
}
