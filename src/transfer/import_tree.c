/* import_tree.c - the published tree of results into the store. */
#include "transfer/import_tree.h"

enum err
import_tree(struct store *s, const char *path, const struct import_wish *wish,
            struct import_report *report, struct errbuf *eb)
{
    (void)s;
    (void)wish;
    (void)report;
    return err_set(eb, ERR_UNSUPPORTED, "%s: folders cannot be imported yet", path);
}
