/* pack_facts.c - what a packed store will say of how it was made. */
#include "data/pack_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/eval_cells.h"

bool
pack_is_copy(const struct pack_request *q)
{
    return !q->shuffle && !q->where->n && strcmp(q->layer, "auto") == 0;
}

static void
add_fact(struct strlist *fact, const char *key, const char *value)
{
    char *text = xasprintf("%s=%s", key, value);

    strlist_add(fact, text);
    free(text);
}

/* Some cells of the inputs are not here, since they are not primary data; or were not
 * where the inputs were packed. */
static bool
has_only_primary(const struct dataset *ds)
{
    bool only = false;

    for (size_t i = 0; i < ds->n_files; i++)
        only |= ds->report[i].n_not_primary || ds->report[i].packed.only_primary;
    return only;
}

static enum err
add_content(const struct dataset *ds, struct strlist *fact, struct errbuf *eb)
{
    char hex[DIGEST_HEX];
    enum err e = eval_files_digest(ds, hex, eb);

    if (e)
        return e;
    add_fact(fact, PACKED_FACT_CONTENT, hex);
    if (has_only_primary(ds))
        add_fact(fact, PACKED_FACT_CELLS, "primary");
    return ERR_OK;
}

enum err
pack_facts(const struct dataset *ds, const struct pack_request *q, struct strlist *fact,
           struct errbuf *eb)
{
    for (size_t i = 0; i < ds->n_files; i++) {
        const struct file_report *r = &ds->report[i];

        if (!fact->n && r->n_kept)
            add_fact(fact, "values",
                     strcmp(r->normalize, "sf-log1p") == 0 ? "counts" : "as they were");
        add_fact(fact, "source", r->path);
        add_fact(fact, "decision", r->decision);
    }
    if (q->shuffle) {
        char *order = xasprintf("shuffled, seed %" PRIu64, q->seed);

        add_fact(fact, "order", order);
        free(order);
    }
    return pack_is_copy(q) ? add_content(ds, fact, eb) : ERR_OK;
}
