/* cli_help.h - help text, printed from the tables of commands and options.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef CLI_CLI_HELP_H
#define CLI_CLI_HELP_H

#include "base/strbuf.h"
#include "cli/cli.h"

/* The options that every command has. */
extern const struct opt cli_global_opts[];

/* True if a command with these flags (enum cmd_flag) has a use for an option. */
bool help_has_use(const struct opt *opt, unsigned flags);

/* Append the overview of all commands, or of the group `queue`, `data`, `store`. */
void help_overview(const char *group, struct strbuf *out);

/* Append the help of one command.  spec and sim: tables for commands that take them. */
void help_command(const struct cmd *cmd, const struct opt *spec, const struct opt *sim,
                  struct strbuf *out);

#endif
