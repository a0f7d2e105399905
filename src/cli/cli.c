/* cli.c - from argv to a command and its exit status. */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/cli_help.h"
#include "cli/cli_out.h"
#include "cli/spec_opts.h"
#include "cli/suggest.h"
#include "config.h"
#include "engine/train.h"

enum exit_status {
#define EXIT(id, status, when) EXIT_##id = status,
#include "cli/exits.def"
#undef EXIT
};

/* The words of a command name that argv starts with: their number, or 0. */
static size_t
match_words(const struct cmd *cmd, char *const *argv)
{
    const char *p = cmd->name;
    size_t n = 0;

    while (*p) {
        size_t len = strcspn(p, " ");

        if (!argv[n] || strlen(argv[n]) != len || strncmp(argv[n], p, len) != 0)
            return 0;
        n++;
        p += len + (p[len] == ' ');
    }
    return n;
}

/* The command with the longest name that argv starts with, or NULL. */
static const struct cmd *
find_command(char *const *argv, size_t *n_words)
{
    const struct cmd *found = NULL;

    *n_words = 0;
    if (!argv[0])
        return &cmd_dashboard;
    for (size_t i = 0; cmds[i]; i++) {
        size_t n = match_words(cmds[i], argv);

        if (n > *n_words) {
            *n_words = n;
            found = cmds[i];
        }
    }
    return found;
}

static bool
is_group(const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; cmds[i]; i++)
        if (n && strncmp(cmds[i]->name, word, n) == 0 && cmds[i]->name[n] == ' ')
            return true;
    return false;
}

static enum err
unknown_command(char *const *argv, struct errbuf *eb)
{
    struct strbuf typed = {0};
    const char *best = NULL;
    size_t distance = SIZE_MAX;

    strbuf_adds(&typed, argv[0]);
    if (is_group(argv[0]) && argv[1])
        strbuf_addf(&typed, " %s", argv[1]);
    for (size_t i = 0; cmds[i]; i++)
        if (!(cmds[i]->flags & CMD_HIDDEN))
            suggest_try(strbuf_str(&typed), cmds[i]->name, &best, &distance);
    if (best)
        err_set(eb, ERR_ARG, "unknown command '%s': did you mean '%s'?",
                strbuf_str(&typed), best);
    else if (is_group(argv[0]) && !argv[1])
        err_set(eb, ERR_ARG, "%s: which command? hcelab %s --help lists them", argv[0],
                argv[0]);
    else
        err_set(eb, ERR_ARG, "unknown command '%s': hcelab --help lists them",
                strbuf_str(&typed));
    strbuf_release(&typed);
    return ERR_ARG;
}

/* True if a word before "--" asks for help. */
static bool
asks_help(char *const *argv)
{
    for (; *argv && strcmp(*argv, "--") != 0; argv++)
        if (strcmp(*argv, "--help") == 0 || strcmp(*argv, "-h") == 0)
            return true;
    return false;
}

static enum err
print_help(struct cli *c, const char *group)
{
    struct strbuf out = {0};

    if (c->cmd && *c->cmd->name)
        help_command(c->cmd, spec_opts_table(&c->arena), sim_opts_table(&c->arena),
                     &out);
    else
        help_overview(group, &out);
    out_text(c, strbuf_str(&out));
    strbuf_release(&out);
    return ERR_OK;
}

static enum err
take_format(struct cli *c, struct errbuf *eb)
{
    static const struct {
        const char *option;
        enum table_format format;
    } known[] = {
        {"json", TABLE_JSON}, {"csv", TABLE_CSV}, {"markdown", TABLE_MARKDOWN}};
    const char *first = NULL;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!opts_has(&c->opts, known[i].option))
            continue;
        if (first)
            return err_set(eb, ERR_ARG, "--%s and --%s together: give one of them",
                           first, known[i].option);
        first = known[i].option;
        c->format = known[i].format;
    }
    bool fine = !first || (c->cmd->flags & CMD_ROWS) ||
                ((c->cmd->flags & CMD_JSON) && c->format == TABLE_JSON) ||
                ((c->cmd->flags & CMD_CSV) && c->format == TABLE_CSV);
    if (!fine)
        return err_set(eb, ERR_ARG, "--%s: 'hcelab%s%s' %s", first,
                       *c->cmd->name ? " " : "", c->cmd->name,
                       c->cmd->flags & CMD_CSV    ? "prints CSV only"
                       : c->cmd->flags & CMD_JSON ? "prints text and --json only"
                                                  : "prints no rows");
    return ERR_OK;
}

/* The options that every command has, into the fields of c. */
static enum err
take_globals(struct cli *c, struct errbuf *eb)
{
    const char *from_env = getenv("HCELAB_STORE");
    const char *given = opts_text(&c->opts, "store");

    if (given && !*given)
        return err_set(eb, ERR_ARG, "--store: the path is empty");
    c->store_path = given ? given : from_env && *from_env ? from_env : "hcelab.db";
    c->read_only = opts_has(&c->opts, "read-only");
    c->ascii = opts_has(&c->opts, "ascii");
    c->cpu = opts_text(&c->opts, "cpu");
    if (c->cpu) {
        enum err e = train_set_cpu(c->cpu, eb);

        if (e)
            return e;
    }
    if (c->read_only && (c->cmd->flags & CMD_WRITES))
        return err_set(eb, ERR_ARG, "--read-only: 'hcelab %s' writes to the store",
                       c->cmd->name);
    return take_format(c, eb);
}

static enum err
check_arg_count(const struct cli *c, struct errbuf *eb)
{
    size_t n = c->opts.n_args;

    if (n < c->cmd->min_args)
        return err_set(eb, ERR_ARG, "%s: an argument is missing; usage: hcelab %s %s",
                       c->cmd->name, c->cmd->name, c->cmd->usage);
    if (n > c->cmd->max_args)
        return err_set(
            eb, ERR_ARG, "%s: unexpected argument '%s'; usage: hcelab %s%s%s",
            *c->cmd->name ? c->cmd->name : "hcelab", c->opts.arg[c->cmd->max_args],
            c->cmd->name, *c->cmd->usage ? " " : "", c->cmd->usage);
    return ERR_OK;
}

/* The options and arguments after the name of the command. */
static enum err
parse_command(struct cli *c, char *const *argv, struct errbuf *eb)
{
    size_t i = 0;

    if (c->cmd->flags & CMD_RAW) {
        opts_words(&c->opts, argv);
        return ERR_OK;
    }
    if (c->cmd->flags & CMD_SPEC) {
        opts_allow(&c->opts, spec_opts_table(&c->arena));
        c->opts.hint = spec_opts_hint;
    }
    if (c->cmd->flags & CMD_SIM)
        opts_allow(&c->opts, sim_opts_table(&c->arena));
    opts_allow(&c->opts, c->cmd->opts);
    char *label = xasprintf("hcelab %s", c->cmd->name);
    enum err e = opts_parse(&c->opts, argv, &i, false, label, eb);
    free(label);
    return e;
}

static enum err
run_command(struct cli *c, char *const *argv, struct errbuf *eb)
{
    enum err e;

    if ((e = parse_command(c, argv, eb)) || (e = take_globals(c, eb)) ||
        (e = check_arg_count(c, eb)))
        return e;
    signal(SIGPIPE, c->cmd->flags & CMD_LASTING ? SIG_IGN : SIG_DFL);
    if ((e = spawn_self_path(c->self_path, sizeof c->self_path, eb)))
        return e;
    return c->cmd->run(c, eb);
}

/* Everything between argv and the exit status. */
static enum err
dispatch(struct cli *c, char *const *argv, struct errbuf *eb)
{
    size_t i = 0, n_words;
    enum err e;

    opts_allow(&c->opts, cli_global_opts);
    if ((e = opts_parse(&c->opts, argv, &i, true, "hcelab", eb)))
        return e;
    if (opts_has(&c->opts, "version")) {
        out_textf(c, "hcelab %s\n", PACKAGE_VERSION);
        return ERR_OK;
    }
    argv += i;
    c->cmd = find_command(argv, &n_words);
    bool help = opts_has(&c->opts, "help") ||
                (!(c->cmd && (c->cmd->flags & CMD_RAW)) && asks_help(argv));
    if (help && (c->cmd || is_group(argv[0])))
        return print_help(c, argv[0]);
    if (!c->cmd)
        return unknown_command(argv, eb);
    return run_command(c, argv + n_words, eb);
}

/* Descriptors 0, 1 and 2 that we were started without stand for nothing: else the next
 * file we open would be one of them, and get our messages.  What is written there is an
 * error, as before. */
static void
hold_standard_fds(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

int
cli_main(char *const *argv)
{
    train_start_alone(argv);
    hold_standard_fds();
    struct cli c = {.log = out_log(), .called = argv[0] ? argv[0] : "hcelab"};
    struct errbuf eb = {""};

    spawn_keep_standard();
    enum err e = argv[0] ? dispatch(&c, argv + 1, &eb) : ERR_OK;

    if (e || (c.status && *eb.text))
        out_note("%s", *eb.text ? eb.text : err_text(e));
    cli_close(&c);
    opts_release(&c.opts);
    arena_release(&c.arena);
    enum err flushed = out_finish(&eb);
    if (flushed && !e)
        out_note("%s", eb.text);
    if (!e && !flushed)
        return c.status;
    return e == ERR_ARG || e == ERR_AMBIGUOUS ? EXIT_USAGE : EXIT_FAILED;
}

enum err
cli_open(struct cli *c, enum store_mode mode, struct errbuf *eb)
{
    if (c->store)
        return ERR_OK;
    if (mode != STORE_READ && c->read_only)
        return err_set(eb, ERR_ARG, "--read-only: 'hcelab %s' writes to the store",
                       c->cmd->name);
    enum err e = store_open(&c->store, c->store_path, mode, eb);
    if (e)
        return e;
    if (store_notice(c->store))
        out_note("%s", store_notice(c->store));
    return ERR_OK;
}

void
cli_close(struct cli *c)
{
    store_close(c->store);
    c->store = NULL;
}
