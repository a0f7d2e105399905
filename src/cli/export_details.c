/* export_details.c - detailed results for export. */
#include "cli/export_details.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/eval_opts.h"
#include "cli/reader_child.h"
#include "spec/decode.h"

/* words: what eval would be called with. */
static enum err
score(struct cli *c, int64_t run_id, char *const *words, const char *evaluation,
      const char *path, struct errbuf *eb)
{
    struct cli child = *c;
    char *doing = xasprintf("scoring run %" PRId64 " on %s", run_id, evaluation);
    size_t i = 0;

    child.opts = (struct opts){0};
    child.read_only = true;
    child.status = 0;
    opts_allow(&child.opts, eval_opts);
    enum err e = opts_parse(&child.opts, words, &i, false, "hcelab export", eb);
    if (!e)
        e = reader_child_run(&child, "internal-eval", eval_opts, run_id, doing, path,
                             eb);
    if (!e && child.status)
        e = err_set(eb, ERR_CHILD, "%s did not succeed: no detailed results", doing);
    opts_release(&child.opts);
    free(doing);
    return e;
}

enum err
export_details(struct cli *c, int64_t run_id, const char *evaluation,
               const char *checkpoint, const char *path, struct errbuf *eb)
{
    size_t len;
    enum decode_id d = decode_of_evaluation(evaluation, &len);
    char *name = xasprintf("--name=%.*s", (int)len, evaluation),
         *decode = xasprintf("--decode=%s", decode_name(d)),
         *cp = xasprintf("--checkpoint=%s", checkpoint),
         *to = xasprintf("--details=%s", path);
    char *const words[] = {name, decode, cp, to, NULL};
    enum err e = score(c, run_id, words, evaluation, path, eb);

    free(name);
    free(decode);
    free(cp);
    free(to);
    return e;
}
