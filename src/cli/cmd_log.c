/* cmd_log.c - what a run said. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/run_arg.h"

enum { POLL_MS = 250 };

struct log_print {
    struct table *table; /* rows are collected here, or NULL: */
    struct strbuf text;  /* as lines here, printed when the read is over */
    bool ascii;
    int64_t last_id;
};

static bool
print_line(void *ctx, int64_t log_id, const char *time, int64_t attempt,
           const char *level, const char *text)
{
    struct log_print *p = ctx;
    struct strbuf line = {0};

    p->last_id = log_id;
    if (p->table) {
        table_text(p->table, time);
        table_int(p->table, attempt);
        table_text(p->table, level);
        table_text(p->table, text);
    } else {
        strbuf_addf(&line, "%s  %" PRId64 "  %-7s  %s", time, attempt, level, text);
        utf8_clean(&p->text, strbuf_str(&line), p->ascii);
        strbuf_addc(&p->text, '\n');
        strbuf_release(&line);
    }
    return true;
}

/* Print what is new. */
static enum err
print_news(struct cli *c, int64_t run_id, struct log_print *p, struct errbuf *eb)
{
    enum err e = store_log_each(c->store, run_id, p->last_id, print_line, p, eb);

    out_text(c, strbuf_str(&p->text));
    strbuf_reset(&p->text);
    return e;
}

/* Print what comes until the run has ended. */
static enum err
follow(struct cli *c, int64_t run_id, struct log_print *p, struct errbuf *eb)
{
    for (;;) {
        struct store_runs runs;
        enum err e = run_arg_get(c, run_id, &runs, eb);

        if (e)
            return e;
        bool ended = run_arg_has_ended(runs.run[0].state);
        store_runs_release(&runs);
        if ((e = print_news(c, run_id, p, eb)) || (e = out_finish(eb)) || ended)
            return e;
        clock_sleep_ms(POLL_MS);
        (void)store_changed(c->store);
    }
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    static const struct table_column col[] = {{.name = "time", .type = TABLE_TEXT},
                                              {.name = "attempt", .type = TABLE_INT},
                                              {.name = "level", .type = TABLE_TEXT},
                                              {.name = "text", .type = TABLE_TEXT}};
    struct log_print p = {.ascii = c->ascii};
    int64_t run_id;
    enum err e;

    if ((e = cli_open(c, STORE_READ, eb)) ||
        (e = store_run_find(c->store, c->opts.arg[0], &run_id, eb)))
        return e;
    if (opts_has(&c->opts, "follow") && c->format != TABLE_PLAIN)
        return err_set(eb, ERR_ARG, "log: --follow prints text only");
    if (c->format != TABLE_PLAIN)
        p.table = table_new(col, sizeof col / sizeof col[0]);
    e = print_news(c, run_id, &p, eb);
    if (e == ERR_OK && p.table)
        out_table(c, p.table);
    if (e == ERR_OK && opts_has(&c->opts, "follow"))
        e = follow(c, run_id, &p, eb);
    table_free(p.table);
    strbuf_release(&p.text);
    return e;
}

static const struct opt options[] = {{.name = "follow",
                                      .letter = 'f',
                                      .kind = OPT_FLAG,
                                      .help = "go on printing until the run has ended"},
                                     {0}};

const struct cmd cmd_log = {
    .name = "log",
    .usage = "RUN",
    .summary = "the log of a run",
    .example = "hcelab log 7 -f",
    .opts = options,
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_ROWS,
    .run = run,
};
