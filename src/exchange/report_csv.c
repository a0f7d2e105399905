/* report_csv.c - tables of scores as CSV. */
#include "exchange/report_csv.h"

#include <csv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

static double
ratio(double a, double b)
{
    return b > 0 ? a / b : 0;
}

void
report_csv_average(const struct report_class *c, size_t n, struct report_averages *out)
{
    struct report_averages a = {0};
    double hits = 0, predicted = 0;

    for (size_t i = 0; i < n; i++) {
        a.macro_precision += c[i].precision / (double)n;
        a.macro_recall += c[i].recall / (double)n;
        a.macro_f1 += c[i].f1 / (double)n;
        a.weighted_precision += c[i].precision * c[i].support;
        a.weighted_recall += c[i].recall * c[i].support;
        a.weighted_f1 += c[i].f1 * c[i].support;
        a.support += c[i].support;
        hits += round(c[i].recall * c[i].support);
        predicted += c[i].predicted;
    }
    a.weighted_precision = ratio(a.weighted_precision, a.support);
    a.weighted_recall = ratio(a.weighted_recall, a.support);
    a.weighted_f1 = ratio(a.weighted_f1, a.support);
    a.micro_precision = isnan(predicted) ? (double)NAN : ratio(hits, predicted);
    a.micro_recall = ratio(hits, a.support);
    a.micro_f1 =
        isnan(predicted) ? (double)NAN : ratio(2 * hits, predicted + a.support);
    *out = a;
}

void
report_csv_text(struct strbuf *out, const char *text)
{
    size_t n = strlen(text);

    if (!strpbrk(text, ",\"\r\n")) {
        strbuf_add(out, text, n);
        return;
    }
    size_t need = csv_write(NULL, 0, text, n);
    char *quoted = xmalloc(need, 1);
    csv_write(quoted, need, text, n);
    strbuf_add(out, quoted, need);
    free(quoted);
}

void
report_csv_number(struct strbuf *out, double x)
{
    size_t from = out->len;

    if (isnan(x))
        return;
    strbuf_add_double(out, x);
    if (!strpbrk(out->buf + from, ".e"))
        strbuf_adds(out, ".0");
}

void
report_csv_header(struct strbuf *out)
{
    strbuf_adds(out, ",precision,recall,f1-score,support\n");
}

static void
add_row(struct strbuf *out, const char *name, double precision, double recall,
        double f1, double support)
{
    const double value[] = {precision, recall, f1, support};

    report_csv_text(out, name);
    for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
        strbuf_addc(out, ',');
        report_csv_number(out, value[i]);
    }
    strbuf_addc(out, '\n');
}

void
report_csv_class(struct strbuf *out, const char *name, const struct report_class *c)
{
    add_row(out, name, c->precision, c->recall, c->f1, c->support);
}

void
report_csv_averages(struct strbuf *out, const struct report_averages *a)
{
    double micro = a->micro_recall;

    /* pandas spreads the one number of "accuracy" over the row, the support too. */
    if (a->is_accuracy)
        add_row(out, "accuracy", micro, micro, micro, micro);
    else
        add_row(out, "micro avg", a->micro_precision, micro, a->micro_f1, a->support);
    add_row(out, "macro avg", a->macro_precision, a->macro_recall, a->macro_f1,
            a->support);
    add_row(out, "weighted avg", a->weighted_precision, a->weighted_recall,
            a->weighted_f1, a->support);
}
