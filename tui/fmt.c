/* fmt.c - numbers as people read them in narrow columns. */
#include "tui/fmt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* x with three decimals and no zero before the point: ".004", "1.250". */
static void
short_fraction(double x, const char *sign, char out[FMT_SIZE])
{
    char text[FMT_SIZE - 2];

    snprintf(text, sizeof text, "%.3f", x);
    snprintf(out, FMT_SIZE, "%s%s", sign, text + (text[0] == '0'));
}

void
fmt_score(double x, char out[FMT_SIZE])
{
    snprintf(out, FMT_SIZE, isnan(x) ? "-" : "%.3f", x);
}

/* ASCII needs a column more for the sign between: the mean does without its zero. */
static void
ascii_mean(double mean, char out[FMT_SIZE])
{
    if (fabs(mean) < 0.9995)
        short_fraction(fabs(mean), mean < 0 ? "-" : "", out);
    else
        snprintf(out, FMT_SIZE, "%.2f", mean);
}

void
fmt_mean_sd(double mean, double sd, bool ascii, char out[FMT_SIZE])
{
    char spread[FMT_SIZE];
    size_t n;

    fmt_score(mean, out);
    if (isnan(mean) || isnan(sd))
        return;
    if (ascii)
        ascii_mean(mean, out);
    short_fraction(sd, "", spread);
    n = strlen(out);
    snprintf(out + n, FMT_SIZE - n, "%s%s", ascii ? "+-" : "±", spread);
}

void
fmt_delta(double x, char out[FMT_SIZE])
{
    const char *sign = x < 0 ? "-" : "+";
    double size = fabs(x);

    if (isnan(x))
        snprintf(out, FMT_SIZE, "-");
    else if (size < 0.9995)
        short_fraction(size, sign, out);
    else
        snprintf(out, FMT_SIZE, "%s%.*f", sign, size < 9.995 ? 2 : 1, size);
}

void
fmt_p(double p, char out[FMT_SIZE])
{
    if (isnan(p))
        snprintf(out, FMT_SIZE, "-");
    else if (p < 0.001)
        snprintf(out, FMT_SIZE, "<.001");
    else
        short_fraction(p, "", out);
}

void
fmt_si(double x, char out[FMT_SIZE])
{
    static const char *const unit[] = {"", "k", "M", "G", "T"};
    size_t u = 0;

    if (!isfinite(x)) {
        snprintf(out, FMT_SIZE, "-");
        return;
    }
    for (; fabs(x) >= 999.5 && u < 4; u++)
        x /= 1000;
    snprintf(out, FMT_SIZE, "%.*f%s", u && fabs(x) < 99.95 ? 1 : 0, x, unit[u]);
}

void
fmt_time(double s, char out[FMT_SIZE])
{
    clock_duration(s, out, FMT_SIZE);
}

void
fmt_value(double x, char out[FMT_SIZE])
{
    snprintf(out, FMT_SIZE, isnan(x) ? "-" : "%.4g", x);
}
