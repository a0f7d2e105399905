/* cmd_internal_pack.c - pack in a process that may die. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/pack_opts.h"
#include "data/pack.h"

enum { BAR = 30 };

/* "packing [#####.....] 120000 of 240000 cells, 31000/s" */
static void
show(void *ctx, size_t done, size_t n)
{
    const double *start = ctx;
    double s = clock_mono_s() - *start;
    char bar[BAR + 1], text[128];

    for (size_t i = 0; i < BAR; i++)
        bar[i] = i < done * BAR / n ? '#' : '.';
    bar[BAR] = 0;
    snprintf(text, sizeof text, "packing [%s] %zu of %zu cells, %.0f/s", bar, done, n,
             s > 0 ? (double)done / s : 0);
    out_progress(text);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    const char *out = o->arg[o->n_args - 1], *item;
    struct strlist path = {0}, where = {0}, warning = {0};
    struct notes notes = {.log = &c->log, .warnings = &warning};
    double start = clock_mono_s();
    struct stat st;

    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error like a full disk */
    for (size_t i = 0; i + 1 < o->n_args; i++)
        strlist_add(&path, o->arg[i]);
    for (size_t i = 0; (item = opts_item(o, "where", i)); i++)
        strlist_add(&where, item);
    struct pack_request q = {.path = &path,
                             .where = &where,
                             .layer = opts_text(o, "layer"),
                             .threads = (size_t)opts_int(o, "threads"),
                             .shuffle = opts_has(o, "shuffle"),
                             .seed = (uint64_t)opts_int(o, "seed"),
                             .progress = show,
                             .ctx = &start};
    enum err e = pack_write(out, &q, &notes, eb);

    out_progress_end();
    if (!e && !stat(out, &st))
        out_note("%s: %.1f MB in %.1f s", out, (double)st.st_size / 1e6,
                 clock_mono_s() - start);
    strlist_release(&path);
    strlist_release(&where);
    strlist_release(&warning);
    return e;
}

const struct cmd cmd_internal_pack = {
    .name = "internal-pack",
    .usage = "IN... OUT",
    .summary = "pack in a process that may die",
    .example = "hcelab data pack --help",
    .opts = pack_opts,
    .min_args = 2,
    .max_args = SIZE_MAX,
    .flags = CMD_HIDDEN,
    .run = run,
};
