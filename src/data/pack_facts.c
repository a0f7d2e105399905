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

void
pack_list_left(const struct source *s, const char *layer, struct strlist *left)
{
    struct strlist here = {0};

    for (size_t i = 0; i < s->matrix.n; i++)
        if (strcmp(s->matrix.item[i], layer) != 0)
            strlist_add(&here, s->matrix.item[i]);
    if (s->ops->others)
        s->ops->others(s, &here);
    for (size_t i = 0; i < here.n; i++)
        if (!strlist_has(left, here.item[i]))
            strlist_add(left, here.item[i]);
    strlist_release(&here);
}

void
pack_tell_left(const struct strlist *left, const struct notes *notes)
{
    if (!left->n)
        return;
    char *list = note_list(left, 12);

    note_warn(
        notes,
        "not packed, and not there when the store is unpacked: %s; keep the inputs "
        "if these are needed",
        list);
    free(list);
}
