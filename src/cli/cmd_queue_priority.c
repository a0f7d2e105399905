/* cmd_queue_priority.c - which waiting runs go first. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run_arg.h"

enum { PRIORITY_MAX = 1000000 };

static enum err
parse_priority(const char *text, int64_t *out, struct errbuf *eb)
{
    char *end;

    errno = 0;
    long long x = strtoll(text, &end, 10);
    if (errno || end == text || *end || x < -PRIORITY_MAX || x > PRIORITY_MAX)
        return err_set(eb, ERR_ARG,
                       "priority %s: must be a whole number from %d to %d, or first",
                       text, -PRIORITY_MAX, PRIORITY_MAX);
    *out = x;
    return ERR_OK;
}

static bool
is_first(const struct cli *c)
{
    return strcmp(c->opts.arg[0], "first") == 0;
}

static enum err
wish(struct cli *c, int64_t run_id, bool *done, struct errbuf *eb)
{
    int64_t priority;

    if (is_first(c))
        return store_set_first(c->store, run_id, done, eb);
    enum err e = parse_priority(c->opts.arg[0], &priority, eb);

    return e ? e : store_set_priority(c->store, run_id, priority, done, eb);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    int64_t priority;
    enum err e = is_first(c) ? ERR_OK : parse_priority(c->opts.arg[0], &priority, eb);

    return e ? e : run_arg_wish(c, 1, wish, "moved", eb);
}

const struct cmd cmd_queue_priority = {
    .name = "queue priority",
    .usage = "N|first RUN...",
    .summary = "set the priority of waiting runs; higher goes first, 0 is usual",
    .details =
        "A negative priority stands after `--`. `first` puts runs before all others that "
        "wait; of several\nthe last one named comes first.",
    .example =
        "hcelab queue priority 10 7\nhcelab queue priority first 12\nhcelab queue priority -- -1 8 9",
    .min_args = 2,
    .max_args = SIZE_MAX,
    .flags = CMD_WRITES,
    .run = run,
};
