/* cli.h - what a command is, and what it is given to run.
 *
 * To add a command: write cmd_<id>.c ending in a `const struct cmd cmd_<id>`, and add
 * CMD(<id>) to cmds.def.
 *
 * Threads: owner thread only.
 * Errors:  a command's ERR_ARG and ERR_AMBIGUOUS become exit status 2, any other
 *          error 1; the text is printed once, by cli_main. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "cli/opts.h"
#include "draw/table.h"
#include "store/store.h"

struct cli;

enum cmd_flag {
    CMD_WRITES = 1,   /* refused with --read-only */
    CMD_SPEC = 2,     /* takes the options of run parameters */
    CMD_SIM = 4,      /* takes the options of the simulator */
    CMD_JSON = 8,     /* --json has a meaning */
    CMD_ROWS = 16,    /* --json, --csv and --markdown have a meaning */
    CMD_HIDDEN = 32,  /* for our own processes: not in the help */
    CMD_LASTING = 64, /* goes on when nobody reads its output */
    CMD_RAW = 128,    /* every word after the name is an argument */
    CMD_CSV = 256     /* prints CSV, which --csv may say */
};

struct cmd {
    const char *name;    /* "train", "queue add" */
    const char *usage;   /* what follows the name, without options; "" if nothing */
    const char *summary; /* one line, lower case, no full stop */
    const char *details; /* paragraphs for its help, or NULL */
    const char *example; /* lines as typed */
    const struct opt *opts;
    size_t min_args, max_args; /* words after the name */
    unsigned flags;            /* enum cmd_flag */
    enum err (*run)(struct cli *c, struct errbuf *eb);
};

#define CMD(id) extern const struct cmd cmd_##id;
#include "cli/cmds.def"
#undef CMD

/* NULL-terminated, in the order of cmds.def. */
extern const struct cmd *const cmds[];

struct cli {
    const struct cmd *cmd;
    struct opts opts;
    const char *store_path; /* borrowed; --store, $HCELAB_STORE or ./hcelab.db */
    bool read_only;
    bool ascii;
    enum table_format format;
    const char *cpu;          /* borrowed; --cpu, or NULL */
    char self_path[PATH_MAX]; /* this program, for starting itself */
    const char *called;       /* borrowed; this program, as people typed it */
    struct store *store;      /* owned; NULL until cli_open */
    struct log log;           /* warnings and errors to stderr */
    int status;               /* exit status of a command that returns ERR_OK */
    struct arena arena;       /* rows of the made option tables */
};

/* Run the program: argv as main got it.  Returns the exit status: 0 done, 1 failed,
 * 2 wrong usage.  Tests: test_cli.sh */
int cli_main(char *const *argv);

/* Open the store of the command line into c->store (once; the mode of the first call
 * counts).  A store that should be written is refused with --read-only. */
MUST_CHECK enum err cli_open(struct cli *c, enum store_mode mode, struct errbuf *eb);

/* Close c->store, so that another connection of this process may be the only one. */
void cli_close(struct cli *c);

#endif
