/* cmd_import.c - results of others, checkpoints and other stores into the store. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/import_out.h"
#include "transfer/import_store.h"
#include "transfer/import_tree.h"
#include "transfer/import_weights.h"

/* --- kinds of things that can be imported --- */

static bool
ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix);

    return n > k && strcmp(path + n - k, suffix) == 0;
}

static bool
is_tree(const char *path, const struct stat *st)
{
    (void)path;
    return S_ISDIR(st->st_mode);
}

static bool
is_checkpoint(const char *path, const struct stat *st)
{
    static const char *const suffixes[] = {".ckpt", ".safetensors", ".pt", ".pth"};

    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (S_ISREG(st->st_mode) && ends_in(path, suffixes[i]))
            return true;
    return false;
}

/* By its first bytes, not by its name. */
static bool
is_store(const char *path, const struct stat *st)
{
    static const char magic[16] = "SQLite format 3"; /* with its terminator */
    char head[sizeof magic] = {0};
    FILE *fp = S_ISREG(st->st_mode) ? fopen(path, "rb") : NULL;

    if (!fp)
        return false;
    size_t n = fread(head, 1, sizeof head, fp);
    fclose(fp);
    return n == sizeof head && memcmp(head, magic, sizeof magic) == 0;
}

/* The first that fits counts.  To add one: a row, and its function in src/transfer. */
static const struct {
    const char *what;
    bool (*is)(const char *path, const struct stat *st);
    enum err (*import)(struct store *s, const char *path,
                       const struct import_wish *wish, struct import_report *report,
                       struct errbuf *eb);
} kinds[] = {
    {"a folder with the published tree of results", is_tree, import_tree},
    {"another hcelab store", is_store, import_store}, /* whatever it is called */
    {"a checkpoint of PyTorch (.ckpt, .pt) or a .safetensors file", is_checkpoint,
     import_weights},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static enum err
unknown_kind(const char *path, struct errbuf *eb)
{
    struct strbuf names = {0};

    for (size_t i = 0; i < N_KINDS; i++)
        strbuf_addf(&names, "%s%s", i ? "; " : "", kinds[i].what);
    err_set(eb, ERR_UNSUPPORTED, "%s cannot be imported; what can be: %s", path,
            strbuf_str(&names));
    strbuf_release(&names);
    return ERR_UNSUPPORTED;
}

/* --- the command --- */

/* Which kind each argument is, before anything is written. */
static enum err
find_kind(const char *path, size_t *kind, struct errbuf *eb)
{
    struct stat st;

    if (stat(path, &st))
        return err_errno(eb, "cannot import %s", path);
    for (*kind = 0; *kind < N_KINDS; ++*kind)
        if (kinds[*kind].is(path, &st))
            return ERR_OK;
    return unknown_kind(path, eb);
}

static enum err
import_all(struct cli *c, const size_t *kind, struct import_report *report,
           struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    struct import_wish wish = {.experiment = opts_text(o, "experiment"),
                               .rule = opts_text(o, "rule"),
                               .genes = opts_text(o, "genes"),
                               .labels = opts_text(o, "labels"),
                               .data = opts_text(o, "data"),
                               .like = opts_text(o, "like"),
                               .run = opts_text(o, "run"),
                               .name = opts_text(o, "name"),
                               .loss = opts_text(o, "loss"),
                               .no_checkpoints = opts_has(o, "no-checkpoints"),
                               .has_seed = opts_has(o, "seed"),
                               .seed = opts_has(o, "seed") ? opts_int(o, "seed") : 0};
    enum err e = ERR_OK;

    if (wish.genes || wish.data || wish.like)
        wish.take_checkpoint = import_weights_take;
    for (size_t i = 0; i < c->opts.n_args && !e; i++)
        e = kinds[kind[i]].import(c->store, c->opts.arg[i], &wish, report, eb);
    return e;
}

/* Of checkpoint files, which are few, everything is said: what they do not say is
 * assumed. */
static bool
wants_all(const struct cli *c, const size_t *kind)
{
    for (size_t i = 0; i < c->opts.n_args; i++)
        if (kinds[kind[i]].import == import_weights)
            return true;
    return opts_has(&c->opts, "all");
}

static enum err
import_kinds(struct cli *c, const size_t *kind, struct errbuf *eb)
{
    struct import_report report = {0};
    enum err e = cli_open(c, STORE_CREATE, eb);

    if (e)
        return e;
    e = import_all(c, kind, &report, eb);
    if (!e || report.n)
        import_print(c, &report, wants_all(c, kind));
    if (import_report_count(&report, IMPORT_UNREADABLE, NULL) ||
        import_report_count(&report, IMPORT_NOT_TAKEN, "run"))
        c->status = 1;
    import_report_release(&report);
    return e;
}

/* Kinds are found before the store is opened: looking into a file that is the store
 * itself would give up its locks. */
static enum err
run(struct cli *c, struct errbuf *eb)
{
    size_t *kind = xcalloc(c->opts.n_args, sizeof *kind);
    enum err e = ERR_OK;

    for (size_t i = 0; i < c->opts.n_args && !e; i++)
        e = find_kind(c->opts.arg[i], &kind[i], eb);
    if (!e)
        e = import_kinds(c, kind, eb);
    free(kind);
    return e;
}

static const struct opt options[] = {
    {.name = "experiment",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help =
         "put the runs into this experiment; else what the source says, or the name "
         "of the folder"},
    {.name = "genes",
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "checkpoint: its genes in order: var.parquet, a dataset, or a text with a "
             "gene a line (id, or id and name)"},
    {.name = "labels",
     .kind = OPT_TEXT,
     .value = "FILE",
     .help = "checkpoint: its classes in order: a lookup table, a dataset, or a text "
             "with a class a line; else of 164 classes those of the published atlas"},
    {.name = "data",
     .kind = OPT_TEXT,
     .value = "DATASET",
     .help = "checkpoint: genes and classes of this dataset"},
    {.name = "like",
     .kind = OPT_TEXT,
     .value = "RUN",
     .help = "checkpoint: genes and classes of this run"},
    {.name = "run",
     .kind = OPT_TEXT,
     .value = "RUN",
     .help = "checkpoint: give its weights to this run, which was imported before"},
    {.name = "name",
     .kind = OPT_TEXT,
     .value = "NAME",
     .help = "checkpoint: name of its run; else the file's"},
    {.name = "loss",
     .kind = OPT_CHOICE,
     .value = "LOSS",
     .choices = "ce|hce",
     .help = "checkpoint: loss it was trained with; else what file and folders say"},
    {.name = "seed",
     .kind = OPT_INT,
     .value = "N",
     .min = 0,
     .max = 4294967295.0,
     .help = "checkpoint: seed of its training; else what file and folders say"},
    {.name = "rule",
     .kind = OPT_CHOICE,
     .value = "RULE",
     .choices = "hierarchy|exact",
     .help = "scoring rule of tables; else what the predictions beside them show, or "
             "hierarchy"},
    {.name = "no-checkpoints",
     .kind = OPT_FLAG,
     .help =
         "of a STORE and of what export wrote, leave the checkpoints out; importing it "
         "again without this adds them"},
    {.name = "all",
     .letter = 'a',
     .kind = OPT_FLAG,
     .help = "a row for everything, also for what was taken or there already, as for "
             "checkpoint files"},
    {0}};

const struct cmd cmd_import = {
    .name = "import",
    .usage = "DIR|FILE.ckpt|STORE...",
    .summary = "results, checkpoints and stores of others into the store",
    .details =
        "DIR holds the published tree: MODEL[_hierarchical_loss]/default/version_N with "
        "hparams.yaml,\nparameters.json, TensorBoard events, tables of metrics (*_metrics.csv, "
        "also in sctab_test)\nand *_detailed_results.parquet.  Importing twice changes "
        "nothing.  A file counts whole or not\nat all; what could not be read is listed, "
        "and makes the exit status 1.\n\n"
        "STORE is another hcelab store, of this version or an older one; it is read only. "
        " Its runs come with\nall that is known of them.  Of a run that both have, the "
        "state that is further counts: one that\nsucceeded, else more attempts, else one "
        "that has ended, else more steps; where they are the same,\nevaluations and "
        "checkpoints are united.  Nothing that comes starts by itself: what had not ended "
        "there\nis paused here (`queue resume`), and what nobody had begun does not come. "
        " A run that is trained here\nmeanwhile is left alone.  Stores can be imported in "
        "any order, and again: an import that was\ninterrupted is completed.\n\n"
        "FILE.ckpt (of PyTorch Lightning, or torch.save) and FILE.safetensors become the "
        "best\ncheckpoint of a run that eval and predict take as any other; nothing in "
        "them is\nexecuted.  They do not say what genes and classes they are for: "
        "--genes, --labels,\n--data or --like do.  With these, DIR gives its runs the "
        "weights of its checkpoints.\n\n"
        "What `export RUN... DIR` wrote comes back as it was: evaluations under both "
        "rules, confusions,\ncurves, hierarchy, and weights with the genes and classes "
        "that lie beside them.",
    .example = "hcelab import tb_logs\nhcelab import tb_logs --all --json\n"
               "hcelab import best.ckpt --genes var.parquet --loss hce --seed 0\n"
               "hcelab import model.safetensors --like linear-hce-s0 --name theirs\n"
               "hcelab import /mnt/cluster/hcelab.db --all",
    .opts = options,
    .min_args = 1,
    .max_args = 1000,
    .flags = CMD_WRITES | CMD_ROWS,
    .run = run,
};
