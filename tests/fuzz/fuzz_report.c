/* fuzz_report.c - any bytes as a table of metrics: read or refused, never a crash.  The
 * first byte says whether groups are expected. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "exchange/report_table.h"

static void
look(const struct report_table *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        n += strlen(t->row[i].name);
        n += t->row[i].group ? strlen(t->row[i].group) : 0;
        for (size_t m = 0; m < REPORT_METRICS; m++)
            if (t->row[i].value[m] < 0 || t->row[i].value[m] > 1.1)
                abort();
    }
    if (n > t->csv.text.len)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct report_table t;

    if (n == 0)
        return 0;
    if (report_table_parse(&t, *data & 1 ? "tissue" : NULL, (const char *)data + 1,
                           n - 1, "fuzz", NULL) == ERR_OK)
        look(&t);
    report_table_release(&t);
    return 0;
}
