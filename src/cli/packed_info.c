/* packed_info.c - what `data info` says of a packed store. */
#include "cli/packed_info.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/cli_out.h"
#include "data/notes.h"

enum { INPUTS_SHOWN = 4 };

static double
ratio(uint64_t a, uint64_t b)
{
    return b ? (double)a / (double)b : 0;
}

static const char *
why_not_copy(const struct file_report *f)
{
    if (*f->packed.content)
        return "what is asked for with --layer or --where may be another matrix, or other "
               "cells, there";
    if (*f->packed.order)
        return "its cells lie in another order";
    return "it has not all of their cells, has a matrix that was chosen by --layer, or was "
           "packed by an earlier hcelab";
}

static void
print_inputs(const struct cli *c, const struct file_report *f)
{
    const struct packed_about *a = &f->packed;
    char *list = note_list(&a->input, INPUTS_SHOWN);

    out_line(c, "  packed from %s", list);
    if (f->is_copy)
        out_textf(c, "  counts as the same data as what it was packed from\n");
    else
        out_textf(c, "  counts as other data than what it was packed from: %s\n",
                  why_not_copy(f));
    free(list);
}

void
packed_info_print(const struct cli *c, const struct file_report *f)
{
    const struct packed_about *a = &f->packed;

    if (!a->version)
        return;
    out_line(
        c,
        "  packed store, version %zu: values %s; %.2f bytes per value, %.0f per cell",
        a->version, *a->values ? a->values : "not described",
        ratio(a->row_bytes, a->n_values), ratio(a->bytes, f->n_cells));
    out_line(c, "  order of the cells: %s", *a->order ? a->order : "not shuffled");
    if (a->input.n)
        print_inputs(c, f);
}

static void
add_text(struct strbuf *sb, const char *key, const char *text)
{
    strbuf_addf(sb, ", \"%s\": ", key);
    if (*text)
        strbuf_add_json(sb, text);
    else
        strbuf_adds(sb, "null");
}

void
packed_info_json(struct strbuf *sb, const struct file_report *f)
{
    const struct packed_about *a = &f->packed;

    if (!a->version) {
        strbuf_adds(sb, "null");
        return;
    }
    strbuf_addf(sb,
                "{\"version\": %zu, \"bytes\": %" PRIu64 ", \"bytes_per_value\": %.3f, "
                "\"bytes_per_cell\": %.1f",
                a->version, a->bytes, ratio(a->row_bytes, a->n_values),
                ratio(a->bytes, f->n_cells));
    add_text(sb, "values", a->values);
    add_text(sb, "order", a->order);
    strbuf_adds(sb, ", \"inputs\": [");
    for (size_t i = 0; i < a->input.n; i++) {
        strbuf_adds(sb, i ? ", " : "");
        strbuf_add_json(sb, a->input.item[i]);
    }
    strbuf_addc(sb, ']');
    add_text(sb, "inputs_digest", a->content);
    strbuf_addf(sb, ", \"counts_as_inputs\": %s}", f->is_copy ? "true" : "false");
}
