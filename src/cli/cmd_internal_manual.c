/* cmd_internal_manual.c - print a manual page, for the build. */
#include <string.h>

#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/manual.h"

static enum err
run(struct cli *c, struct errbuf *eb)
{
    const char *page = c->opts.arg[0];
    struct strbuf out = {0};

    if (strcmp(page, "hcelab") == 0)
        manual_program(&c->arena, &out);
    else if (strcmp(page, "hcelab-store") == 0)
        manual_store(&out);
    else if (strcmp(page, "hcelab-packed") == 0)
        manual_packed(&out);
    else
        return err_set(eb, ERR_ARG,
                       "internal-manual %s: must be one of: hcelab, hcelab-store, "
                       "hcelab-packed",
                       page);
    out_text(c, strbuf_str(&out));
    strbuf_release(&out);
    return ERR_OK;
}

const struct cmd cmd_internal_manual = {
    .name = "internal-manual",
    .usage = "hcelab|hcelab-store|hcelab-packed",
    .summary = "print a manual page as roff, for the build",
    .example = "hcelab internal-manual hcelab | man -l -",
    .min_args = 1,
    .max_args = 1,
    .flags = CMD_HIDDEN,
    .run = run,
};
