/* cmds.c - the table of commands. */
#include "cli/cli.h"

const struct cmd *const cmds[] = {
#define CMD(id) &cmd_##id,
#include "cli/cmds.def"
#undef CMD
    NULL,
};
