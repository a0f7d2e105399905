/* manual_store.c - hcelab-store(5). */
#include <stdlib.h>

#include "base/xalloc.h"
#include "cli/manual.h"
#include "cli/roff.h"
#include "store/catalog.h"

static void
about(struct roff *r)
{
    roff_title(r, "hcelab-store", "5", "File Formats");
    roff_name(r, "hcelab-store", "the results store of hcelab and its public views");
    roff_section(r, "DESCRIPTION");
    roff_text(r,
              "A store is one SQLite file. It holds everything: what the runs are, the "
              "queue, metrics, logs, checkpoints, evaluations, and the ontology and "
              "the labels that each run used. The views below are public: their "
              "columns only ever grow. The tables under them may change.");
    roff_text(r, "Any program may read it while workers write:");
    roff_example(
        r, "sqlite3 -readonly -box hcelab.db 'SELECT * FROM f1_by_tissue LIMIT 3'\n"
           "hcelab sql --csv 'SELECT * FROM comparison'");
    roff_text(r,
              "SQLite must be 3.37 or newer, and have the function sqrt for the view "
              "comparison. Do not write to the store with another program: SQLite up "
              "to 3.51.2 can lose pages when one connection writes while another "
              "tidies up, which hcelab keeps apart with a lock of its own. A copy is "
              "made by hcelab store backup.");
    roff_text(r,
              "sd is the standard deviation over n - 1. NULL stands where there is no "
              "value. Text from data, such as labels, may hold any character.");
}

static void
print_column(struct roff *r, const struct catalog_column *c)
{
    char *type = xasprintf("%s%s%s%s", c->type, *c->unit ? " (" : "", c->unit,
                           *c->unit ? ")" : "");
    char *text = xasprintf("%s.%s%s%s", c->meaning, *c->null_when ? " NULL when " : "",
                           c->null_when, *c->null_when ? "." : "");

    roff_item(r, c->name, type, text);
    free(type);
    free(text);
}

static void
print_view(struct roff *r, const struct catalog_view *v)
{
    const struct catalog_column *c;
    char *text;

    roff_subsection(r, v->name);
    if (v->alike)
        text = xasprintf("A row is %s. The columns are those of %s.", v->row, v->alike);
    else
        text = xasprintf("A row is %s. Rows differ in: %s.", v->row, v->key);
    roff_text(r, text);
    free(text);
    for (size_t i = 0; !v->alike && (c = catalog_column(v, i)); i++)
        print_column(r, c);
}

void
manual_store(struct strbuf *out)
{
    struct roff r = {.out = out};
    const struct catalog_view *v;

    about(&r);
    roff_section(&r, "VIEWS");
    for (size_t i = 0; (v = catalog_view(i)); i++)
        print_view(&r, v);
    roff_section(&r, "EXAMPLES");
    roff_text(&r, "Does the hierarchy help, tissue by tissue?");
    roff_example(&r, "SELECT label, n_pairs, ce_mean, hce_mean, delta_mean, delta_sd\n"
                     "FROM comparison\n"
                     "WHERE evaluation = 'ood' AND rule = 'hierarchy'\n"
                     "  AND facet = 'tissue' AND class IS NULL\n"
                     "ORDER BY delta_mean DESC;");
    roff_text(
        &r, "More queries are installed in share/hcelab/sql; they run as they stand.");
    roff_section(&r, "SEE ALSO");
    roff_text(&r, "hcelab(1), sqlite3(1)");
}
