/* cmd_dashboard.c - the dashboard: what hcelab does without a command. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/dashboard.h"

enum err
dashboard_open(struct cli *c, struct errbuf *eb)
{
    const struct opts *o = &c->opts;
    struct app_options opt = {
        .theme = opts_text(o, "theme"),
        .glyphs = opts_text(o, "glyphs"),
        .refresh_ms = opts_has(o, "refresh") ? (unsigned)opts_int(o, "refresh") : 0,
        .store_path = c->store_path,
        .self_path = c->self_path,
        .read_only = c->read_only,
        .ascii = c->ascii,
    };

    cli_close(c);
    return app_run(&opt, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *term = getenv("TERM");

    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !out_has_terminal())
        return err_set(eb, ERR_ARG,
                       "the dashboard cannot draw on TERM=%s; try TERM=xterm hcelab; "
                       "hcelab --help lists the commands that do not need it",
                       term ? term : "");
    if (!out_has_terminal())
        return err_set(eb, ERR_ARG,
                       "the dashboard needs a terminal; hcelab --help lists "
                       "the commands that do not");
    return dashboard_open(c, eb);
}

const struct cmd cmd_dashboard = {
    .name = "",
    .usage = "",
    .summary = "open the dashboard on the store",
    .example = "hcelab\nhcelab --store ~colleague/hcelab.db --read-only",
    .run = run,
};
