/* packed_about.c - what a packed store says of itself. */
#include "data/packed_about.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "data/packed.h"

static char *
fact_text(const struct packed *p, const char *key)
{
    const char *text = packed_fact(p, key);

    return xstrdup(text ? text : "");
}

static bool
fact_is(const struct packed *p, const char *key, const char *value)
{
    const char *text = packed_fact(p, key);

    return text && strcmp(text, value) == 0;
}

static void
list_inputs(const struct packed *p, struct strlist *out)
{
    static const char key[] = "source=";

    for (size_t i = 0; i < p->fact.n; i++)
        if (strncmp(p->fact.item[i], key, sizeof key - 1) == 0)
            strlist_add(out, p->fact.item[i] + sizeof key - 1);
}

void
packed_about_read(struct packed_about *a, const struct packed *p)
{
    const struct packed_header *h = &p->header;
    const char *content = packed_fact(p, PACKED_FACT_CONTENT);

    *a = (struct packed_about){
        .version = h->version,
        .crc = h->crc,
        .bytes = h->table + (uint64_t)h->n_sections * sizeof *p->section,
        .row_bytes = p->rows.bytes,
        .n_values = p->n_values,
        .values = fact_text(p, "values"),
        .order = fact_text(p, "order"),
        .only_primary = fact_is(p, PACKED_FACT_CELLS, "primary")};
    list_inputs(p, &a->input);
    if (content && strlen(content) == DIGEST_HEX - 1 &&
        strspn(content, "0123456789abcdef") == DIGEST_HEX - 1)
        memcpy(a->content, content, DIGEST_HEX);
}

void
packed_about_copy(struct packed_about *to, const struct packed_about *from)
{
    *to = *from;
    to->values = xstrdup(from->values ? from->values : "");
    to->order = xstrdup(from->order ? from->order : "");
    to->input = (struct strlist){0};
    strlist_copy(&to->input, &from->input);
}

void
packed_about_release(struct packed_about *a)
{
    free(a->values);
    free(a->order);
    strlist_release(&a->input);
    *a = (struct packed_about){0};
}
