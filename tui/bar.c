/* bar.c - progress bars and sparklines of runs. */
#include "tui/bar.h"

#include <math.h>

#include "draw/chart.h"

enum { MAX_BUCKETS = 256 };

void
bar_draw(struct canvas *cv, int row, int col, int cols, enum style style, double frac)
{
    static const char *const eighth[] = {"▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int full = (int)floor(fmax(0, fmin(frac, 1)) * cols * 8 + 0.5);

    for (int i = 0; i < cols; i++) {
        int part = full - i * 8;
        if (part >= 8)
            canvas_glyph(cv, row, col + i, style, "█", '#');
        else if (part > 0)
            canvas_glyph(cv, row, col + i, style, eighth[part - 1],
                         part >= 4 ? '#' : '.');
        else
            canvas_glyph(cv, row, col + i, STYLE_DIM, "·", '.');
    }
}

struct buckets {
    double sum[MAX_BUCKETS];
    size_t n[MAX_BUCKETS];
    bool bad[MAX_BUCKETS]; /* a value that is not finite */
    int count;
    double last; /* largest step */
};

static void
add_curve(struct buckets *b, const struct spark *c)
{
    for (int64_t i = 0; i < SPARK_BINS; i++) {
        double step = (double)(i * c->width + c->width / 2);
        int k = (int)(step / (b->last + 1) * b->count);
        k = k < b->count ? k : b->count - 1; /* the last bin is not full */
        b->bad[k] = b->bad[k] || c->bad[i];
        b->sum[k] += c->sum[i];
        b->n[k] += c->n[i];
    }
}

bool
bar_spark(struct model *m, const struct store_run *const *run, size_t n,
          enum metric_id metric, struct canvas *cv, int row, int col, int cols,
          enum style style)
{
    struct buckets b = {.count = cols < MAX_BUCKETS ? cols : MAX_BUCKETS};
    double y[MAX_BUCKETS];
    size_t n_y = 0, n_read = 0;

    for (size_t i = 0; i < n; i++) {
        const struct spark *c = model_spark(m, run[i], metric);
        n_read += c->at.is_read;
        b.last = fmax(b.last, (double)c->at.last_step);
    }
    for (size_t i = 0; i < n; i++)
        add_curve(&b, model_spark(m, run[i], metric));
    for (int k = 0; k < b.count; k++)
        if (b.n[k] || b.bad[k])
            y[n_y++] = b.bad[k] ? (double)NAN : b.sum[k] / (double)b.n[k];
    if (n_y)
        chart_sparkline(cv, row, col, cols, style, y, n_y);
    return n_y > 0 || n_read < n;
}
