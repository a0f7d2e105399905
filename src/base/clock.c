/* clock.c - times. */
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

double
clock_mono_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int64_t
clock_unix_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void
clock_iso(int64_t t_us, char out[CLOCK_ISO])
{
    time_t s = (time_t)(t_us / 1000000);
    struct tm tm;
    char date[32];

    gmtime_r(&s, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out, CLOCK_ISO, "%.19s.%03uZ", date, (unsigned)(t_us / 1000 % 1000) % 1000u);
}

void
clock_duration(double s, char *out, size_t size)
{
    if (!isfinite(s) || s < 0) {
        snprintf(out, size, "-");
        return;
    }
    unsigned long t = (unsigned long)(s + 0.5);

    if (t < 60)
        snprintf(out, size, "%lus", t);
    else if (t < 3600)
        snprintf(out, size, "%lum%02lus", t / 60, t % 60);
    else if (t < 86400)
        snprintf(out, size, "%luh%02lum", t / 3600, t / 60 % 60);
    else
        snprintf(out, size, "%lud%02luh", t / 86400, t / 3600 % 24);
}

void
clock_sleep_ms(unsigned ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000L};

    nanosleep(&t, NULL);
}
