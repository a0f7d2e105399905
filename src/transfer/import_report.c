/* import_report.c - what an import did with each thing that it found. */
#include "transfer/import_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

const char *
import_outcome_name(enum import_outcome o)
{
    static const char *const name[] = {
        [IMPORT_ADDED] = "added",           [IMPORT_UPDATED] = "updated",
        [IMPORT_UNCHANGED] = "unchanged",   [IMPORT_NOT_TAKEN] = "not taken",
        [IMPORT_UNREADABLE] = "unreadable",
    };

    return name[o];
}

void
import_report_add(struct import_report *r, enum import_outcome outcome,
                  const char *kind, const char *path, const char *run, const char *fmt,
                  ...)
{
    char detail[sizeof((struct errbuf *)0)->text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(detail, sizeof detail, fmt, ap);
    va_end(ap);
    r->row = grow(r->row, &r->cap, r->n + 1, sizeof *r->row);
    r->row[r->n++] = (struct import_row){
        .outcome = outcome,
        .kind = kind,
        .path = xstrdup(path ? path : ""),
        .run = xstrdup(run ? run : ""),
        .detail = xstrdup(detail),
    };
}

size_t
import_report_count(const struct import_report *r, enum import_outcome outcome,
                    const char *kind)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->row[i].outcome == outcome &&
             (!kind || strcmp(r->row[i].kind, kind) == 0);
    return n;
}

void
import_report_name_run(struct import_report *r, size_t first, const char *run)
{
    for (size_t i = first; i < r->n; i++) {
        free(r->row[i].run);
        r->row[i].run = xstrdup(run);
    }
}

void
import_report_instead(struct import_report *r, size_t first,
                      enum import_outcome outcome)
{
    for (size_t i = first; i < r->n; i++)
        if (r->row[i].outcome == IMPORT_ADDED)
            r->row[i].outcome = outcome;
}

void
import_report_release(struct import_report *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->row[i].path);
        free(r->row[i].run);
        free(r->row[i].detail);
    }
    free(r->row);
    *r = (struct import_report){0};
}
