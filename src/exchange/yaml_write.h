/* yaml_write.h - a mapping of names to values as YAML, as PyYAML reads it back.
 *
 * PyYAML follows YAML 1.1, where a number with an exponent is one only with a point
 * before it and a sign behind it (1.0e-05).
 *
 * Threads: one thread per object.
 * Errors:  ERR_IO, ERR_FULL as out_file.h.
 * Tests:   tests/test_exchange_write.c, tests/check_export.py */
#ifndef EXCHANGE_YAML_WRITE_H
#define EXCHANGE_YAML_WRITE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

enum yaml_kind {
    YAML_TEXT, /* quoted where a reader would take it for something else */
    YAML_WORD, /* true, false, null or a whole number, as it stands */
    YAML_REAL, /* text that strtod reads */
    YAML_OPEN, /* a mapping begins: the name's value; text is not used */
    YAML_CLOSE /* it ends; neither is used */
};

struct yaml_entry {
    const char *name, *text;
    enum yaml_kind kind;
};

/* The number as YAML 1.1 knows one: "0.002", "1.0e-05", ".nan", "-.inf". */
void yaml_write_real(struct strbuf *out, double x);

/* Append the document of a mapping. */
MUST_CHECK enum err yaml_write(struct strbuf *out, const struct yaml_entry *entry,
                               size_t n, struct errbuf *eb);

#endif
