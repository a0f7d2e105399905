/* clock.h - times.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_ISO = 32 }; /* bytes that "2026-01-02T03:04:05.678Z" fits */

/* Seconds since an arbitrary start; never runs backwards. */
double clock_mono_s(void);

/* Microseconds since 1970, UTC. */
int64_t clock_unix_us(void);

/* t_us as ISO 8601 in UTC with milliseconds. */
void clock_iso(int64_t t_us, char out[CLOCK_ISO]);

/* A duration for people: "45s", "3m12s", "2h05m", "4d03h"; "-" if negative or
 * not finite. */
void clock_duration(double s, char *out, size_t size);

void clock_sleep_ms(unsigned ms);

#endif
