/* run_arg.c - RUN on the command line. */
#include "cli/run_arg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/cli_out.h"

enum err
run_arg_ids(struct cli *c, size_t first, int64_t **ids, size_t *n, struct errbuf *eb)
{
    enum err e = ERR_OK;

    *n = 0;
    *ids = xcalloc(c->opts.n_args + 1, sizeof **ids);
    for (size_t i = first; i < c->opts.n_args && e == ERR_OK; i++)
        e = store_run_find(c->store, c->opts.arg[i], &(*ids)[(*n)++], eb);
    if (e) {
        free(*ids);
        *ids = NULL;
        *n = 0;
    }
    return e;
}

enum err
run_arg_get(struct cli *c, int64_t run_id, struct store_runs *out, struct errbuf *eb)
{
    struct store_run_filter filter = {.run_id = run_id};
    enum err e = store_runs_list(c->store, &filter, out, eb);

    if (e == ERR_OK && out->n == 0) {
        store_runs_release(out);
        return err_set(eb, ERR_NOTFOUND, "run %" PRId64 " is not in the store", run_id);
    }
    return e;
}

bool
run_arg_has_ended(const char *state)
{
    return strcmp(state, "succeeded") == 0 || strcmp(state, "failed") == 0 ||
           strcmp(state, "cancelled") == 0;
}

enum err
run_arg_wish(struct cli *c, size_t first, run_arg_wish_fn wish, const char *said,
             struct errbuf *eb)
{
    int64_t *ids = NULL;
    size_t n = 0, n_refused = 0;
    enum err e;

    if ((e = cli_open(c, STORE_WRITE, eb)) || (e = run_arg_ids(c, first, &ids, &n, eb)))
        return e;
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        struct errbuf why = {""};
        bool done = false;

        e = wish(c, ids[i], &done, &why);
        if (e)
            err_set(eb, e, "run %" PRId64 ": %s", ids[i], why.text);
        else if (done)
            out_note("run %" PRId64 " %s", ids[i], said);
        else if (n > 1)
            out_note("run %" PRId64 " not %s: %s", ids[i], said, why.text);
        else
            e = err_set(eb, ERR_CONFLICT, "%s", why.text); /* names the run */
        n_refused += !e && !done;
    }
    free(ids);
    if (e == ERR_OK && n_refused)
        e = err_set(eb, ERR_CONFLICT, "%zu of %zu runs not %s", n_refused, n, said);
    return e;
}
