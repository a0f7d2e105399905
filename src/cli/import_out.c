/* import_out.c - what an import did, in the format of the command line. */
#include "cli/import_out.h"

#include "base/strbuf.h"
#include "cli/cli_out.h"
#include "draw/table.h"

static bool
is_shown(const struct cli *c, const struct import_row *r, bool all)
{
    return all || c->format != TABLE_PLAIN || r->outcome == IMPORT_NOT_TAKEN ||
           r->outcome == IMPORT_UNREADABLE;
}

/* "2 runs added, 1 unchanged; 3 things could not be read". */
static void
print_counts(const struct cli *c, const struct import_report *r)
{
    size_t added = import_report_count(r, IMPORT_ADDED, "run"),
           updated = import_report_count(r, IMPORT_UPDATED, "run"),
           same = import_report_count(r, IMPORT_UNCHANGED, "run"),
           bad = import_report_count(r, IMPORT_UNREADABLE, NULL);

    out_textf(c, "runs: %zu added, %zu updated, %zu there already; not readable: %zu\n",
              added, updated, same, bad);
}

void
import_print(const struct cli *c, const struct import_report *r, bool all)
{
    static const struct table_column col[] = {
        {.name = "outcome", .type = TABLE_TEXT},
        {.name = "kind", .type = TABLE_TEXT},
        {.name = "run", .type = TABLE_TEXT, .rank = 1},
        {.name = "path", .type = TABLE_TEXT},
        {.name = "detail", .type = TABLE_TEXT},
    };
    struct table *t = table_new(col, sizeof col / sizeof col[0]);

    for (size_t i = 0; i < r->n; i++) {
        const struct import_row *row = &r->row[i];

        if (!is_shown(c, row, all))
            continue;
        table_text(t, import_outcome_name(row->outcome));
        table_text(t, row->kind);
        table_text(t, row->run);
        table_text(t, row->path);
        table_text(t, row->detail);
    }
    if (table_rows(t) || c->format != TABLE_PLAIN)
        out_table(c, t);
    table_free(t);
    if (c->format == TABLE_PLAIN)
        print_counts(c, r);
}
