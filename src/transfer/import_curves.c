/* import_curves.c - the event files of a folder as the curves of one run. */
#include "transfer/import_curves.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "exchange/tfevents.h"
#include "exchange/whole_file.h"

static const char file_prefix[] = "events.out.tfevents.";

enum { EVENTS_MAX_BYTES = 1 << 30, STEP_BITS = 53 };

/* A curve while it grows: steps ascend. */
struct curve {
    char *tag; /* owned */
    struct point {
        int64_t step;
        double wall_s, value;
    } * point; /* (n) owned */
    size_t n, cap;
};

struct curves {
    struct intern *tag; /* owned; index -> curve */
    struct curve *curve;
    size_t n, cap;
    double wall_s;      /* that earlier files cover */
    double first, last; /* seconds since 1970; NaN: none */
};

/* --- files --- */

/* Earlier first: names hold seconds since 1970, of ten digits for a long time. */
static int
by_time(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    double s = strtod(x + sizeof file_prefix - 1, NULL),
           t = strtod(y + sizeof file_prefix - 1, NULL);

    return s < t ? -1 : s > t ? 1 : strcmp(x, y);
}

static void
list_files(const char *folder, struct strlist *out)
{
    DIR *dir = opendir(folder);
    struct dirent *d;

    while (dir && (d = readdir(dir)))
        if (strncmp(d->d_name, file_prefix, sizeof file_prefix - 1) == 0)
            strlist_add(out, d->d_name);
    if (dir)
        closedir(dir);
    if (out->n)
        qsort(out->item, out->n, sizeof *out->item, by_time);
}

/* --- growing --- */

static struct curve *
curve_of(struct curves *c, const char *tag)
{
    size_t known = c->n, i = intern_add(c->tag, tag);

    if (i == known) {
        c->curve = grow(c->curve, &c->cap, c->n + 1, sizeof *c->curve);
        c->curve[c->n++] = (struct curve){.tag = xstrdup(tag)};
    }
    return &c->curve[i];
}

/* A step that was there before is one to which a training went back. */
static void
add_point(struct curve *c, struct point p)
{
    while (c->n > 0 && c->point[c->n - 1].step >= p.step)
        c->n--;
    c->point = grow(c->point, &c->cap, c->n + 1, sizeof *c->point);
    c->point[c->n++] = p;
}

/* Returns how many values have a step that none can have. */
static size_t
add_file(struct curves *c, const struct tfevents *t)
{
    double begin = t->first_wall, offset = c->wall_s;
    size_t n_bad = 0;

    for (size_t i = 0; i < t->n; i++) {
        const struct tfevents_scalar *s = &t->scalar[i];
        double wall = isfinite(s->wall_time) ? s->wall_time - begin : 0;

        if (s->step < 0 || s->step >= INT64_C(1) << STEP_BITS) {
            n_bad++;
            continue;
        }
        add_point(curve_of(c, intern_text(t->tag, s->tag)),
                  (struct point){s->step + 1, offset + wall, s->value});
    }
    if (isnan(begin))
        return n_bad;
    c->wall_s += t->last_wall - begin;
    if (!(c->first <= begin))
        c->first = begin;
    if (!(c->last >= t->last_wall))
        c->last = t->last_wall;
    return n_bad;
}

static void
report_file(struct import_report *report, const char *path, const struct tfevents *t,
            size_t n_bad)
{
    size_t n_damaged = t->n_damaged + n_bad;

    import_report_add(report, n_damaged ? IMPORT_NOT_TAKEN : IMPORT_ADDED, "file", path,
                      NULL, "%zu values%s%s", t->n - n_bad,
                      t->is_cut ? ", the last record is not whole" : "",
                      n_damaged ? ", but not of damaged records" : "");
}

/* Several files may have many curves together. */
static enum err
check_number(const struct curves *c, const struct tfevents *t, const char *path,
             struct errbuf *eb)
{
    size_t n = c->n;

    for (size_t i = 0; i < intern_count(t->tag); i++)
        n += intern_find(c->tag, intern_text(t->tag, i)) == SIZE_MAX;
    return n > TFEVENTS_TAGS_MAX
               ? err_set(eb, ERR_FORMAT, "%s: more than %d curves in files of the run",
                         path, TFEVENTS_TAGS_MAX)
               : ERR_OK;
}

/* Read a file into c, whole or not at all. */
static bool
read_file(struct curves *c, const char *path, struct digest *digest,
          struct import_report *report)
{
    struct errbuf eb = {""};
    struct tfevents t = {0};
    char *data;
    size_t n;
    enum err e = whole_file_read(path, EVENTS_MAX_BYTES, &data, &n, &eb);

    if (!e)
        e = tfevents_parse(&t, data, n, path, &eb);
    if (!e)
        e = check_number(c, &t, path, &eb);
    if (e)
        import_report_add(report, IMPORT_UNREADABLE, "file", path, NULL, "%s", eb.text);
    else
        report_file(report, path, &t, add_file(c, &t));
    digest_addu(digest, n);
    if (data)
        digest_add(digest, data, n);
    tfevents_release(&t);
    free(data);
    return !e;
}

/* --- as metric rows --- */

/* The last point at or before a step; NULL: none. */
static const struct point *
point_before(const struct curve *c, int64_t step)
{
    size_t lo = 0, hi = c ? c->n : 0;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->point[mid].step <= step)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? &c->point[lo - 1] : NULL;
}

static int64_t
epoch_of(const struct curve *epochs, int64_t step)
{
    const struct point *p = point_before(epochs, step);

    return p && p->value >= 0 && p->value <= INT32_MAX ? (int64_t)p->value : 0;
}

/* LearningRateMonitor calls its curve after the optimiser: "lr-AdamW". */
static const char *
metric_name_of(const struct curves *c, const char *tag, bool *has_lr)
{
    if (strncmp(tag, "lr-", 3) != 0 || *has_lr || intern_find(c->tag, "lr") != SIZE_MAX)
        return tag;
    *has_lr = true;
    return "lr";
}

static void
put_curve(struct import_curves *out, const struct curve *c, const char *name,
          const struct curve *epochs)
{
    const char *metric = arena_strdup(&out->arena, name);

    out->metric = grow(out->metric, &out->cap, out->n + c->n, sizeof *out->metric);
    for (size_t i = 0; i < c->n; i++)
        out->metric[out->n++] =
            (struct store_metric){.metric = metric,
                                  .step = c->point[i].step,
                                  .epoch = epoch_of(epochs, c->point[i].step),
                                  .wall_s = fmax(0, c->point[i].wall_s),
                                  .value = c->point[i].value};
}

static int64_t
microseconds(double seconds)
{
    return isfinite(seconds) && fabs(seconds) < 1e11 ? (int64_t)(seconds * 1e6)
                                                     : INT64_MIN;
}

static void
put_all(struct import_curves *out, const struct curves *c)
{
    size_t e = intern_find(c->tag, "epoch");
    const struct curve *epochs = e == SIZE_MAX ? NULL : &c->curve[e];
    bool has_lr = false;

    for (size_t i = 0; i < c->n; i++)
        if (&c->curve[i] != epochs)
            put_curve(out, &c->curve[i], metric_name_of(c, c->curve[i].tag, &has_lr),
                      epochs);
    out->started_us = microseconds(c->first);
    out->ended_us = microseconds(c->last);
}

static void
curves_release(struct curves *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->curve[i].tag);
        free(c->curve[i].point);
    }
    free(c->curve);
    intern_free(c->tag);
}

void
import_curves_read(struct import_curves *out, const char *folder, struct digest *digest,
                   struct import_report *report)
{
    struct curves c = {.tag = intern_new(), .first = (double)NAN, .last = (double)NAN};
    struct strlist file = {0};

    *out = (struct import_curves){0};
    list_files(folder, &file);
    if (file.n)
        out->first_file = arena_strdup(&out->arena, file.item[0]);
    for (size_t i = 0; i < file.n; i++) {
        char *path = xasprintf("%s/%s", folder, file.item[i]);

        digest_adds(digest, file.item[i]);
        out->n_files += read_file(&c, path, digest, report);
        free(path);
    }
    put_all(out, &c);
    strlist_release(&file);
    curves_release(&c);
}

void
import_curves_release(struct import_curves *c)
{
    free(c->metric);
    arena_release(&c->arena);
    *c = (struct import_curves){0};
}
