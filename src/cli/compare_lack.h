/* compare_lack.h - what is said of runs that no comparison shows, since no two of them are
 * a pair.
 *
 * Threads: one thread per object.
 * Errors:  as said.
 * Tests:   tests/test_cli.sh, tests/test_pack_same.sh */
#ifndef CLI_COMPARE_LACK_H
#define CLI_COMPARE_LACK_H

#include "base/err.h"
#include "base/strbuf.h"
#include "cli/compare_out.h"
#include "store/store.h"

struct compare_lack {   /* zeros: none */
    struct strbuf text; /* owned; the first groups without a pair */
    size_t n;
};

void compare_lack_add(struct compare_lack *l, const struct store_group *g);

/* Name them on stderr, if there are some. */
void compare_lack_note(const struct compare_lack *l);

/* ERR_NOTFOUND with the reason why there is nothing to show: what is known about the
 * first groups, and how runs of two groups are compared. */
MUST_CHECK enum err compare_lack_nothing(const struct compare_request *q,
                                         const struct store_groups *groups,
                                         struct errbuf *eb);

#endif
