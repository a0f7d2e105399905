/* run_wait.c - a store that cannot be written now. */
#include "run/run_wait.h"

#include <math.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/clock.h"

static const double usual_limit_s = (double)INFINITY;
static const double say_every_s = 60;
static const uint64_t little_bytes = 1 << 20; /* rows, lines, leases */

double
run_wait_limit_s(void)
{
    const char *text = getenv("HCELAB_FULL_DISK_WAIT");
    char *end;
    double s = text ? strtod(text, &end) : 0;

    return text && end != text && *end == '\0' && s >= 0 && isfinite(s) ? s
                                                                        : usual_limit_s;
}

static bool
is_wait(enum err e)
{
    return e == ERR_BUSY || e == ERR_FULL;
}

bool
run_wait_note(struct run_wait *w, enum err e)
{
    double now = clock_mono_s();

    if (!is_wait(e)) {
        bool ended = w->why != ERR_OK;

        w->why = ERR_OK;
        return ended;
    }
    if (w->why != e)
        w->since_s = w->say_at_s = now;
    w->why = e;
    if (now < w->say_at_s)
        return false;
    w->say_at_s = now + fmin(say_every_s, run_wait_limit_s() / 4);
    return true;
}

/* What a user who is not root may still write where path lies. */
static bool
free_bytes(const char *path, uint64_t *out)
{
    struct statvfs fs;

    if (statvfs(path, &fs) != 0)
        return false;
    *out = (uint64_t)fs.f_bavail * fs.f_frsize;
    return true;
}

static void
add_room(const struct run_wait *w, const char *path, struct strbuf *out)
{
    uint64_t need = w->need_bytes > little_bytes ? w->need_bytes : little_bytes, room;

    strbuf_addf(out, ": about %.1f MB are needed", (double)need / 1e6);
    if (free_bytes(path, &room))
        strbuf_addf(
            out, ", %.1f MB are free%s", (double)room / 1e6,
            room > need ? " (is there a quota, or a limit on the size of files?)" : "");
}

static void
add_times(const struct run_wait *w, struct strbuf *out)
{
    double limit_s = run_wait_limit_s();
    char so_far[32], limit[32];
    bool ends = w->why == ERR_FULL && isfinite(limit_s);

    clock_duration(clock_mono_s() - w->since_s, so_far, sizeof so_far);
    clock_duration(ends ? limit_s : 0, limit, sizeof limit);
    strbuf_addf(out, "; waiting for %s", so_far);
    if (ends)
        strbuf_addf(out, ", the run stops after %s", limit);
}

void
run_wait_text(const struct run_wait *w, const char *path, struct strbuf *out)
{
    if (w->why == ERR_FULL) {
        strbuf_adds(out, "the disk of the store is full");
        add_room(w, path, out);
    } else {
        strbuf_adds(out, "the store is locked by another program");
    }
    add_times(w, out);
}

bool
run_wait_is_over(const struct run_wait *w)
{
    return w->why == ERR_FULL && clock_mono_s() - w->since_s >= run_wait_limit_s();
}
