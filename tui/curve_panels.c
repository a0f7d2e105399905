/* curve_panels.c - which metrics, and where each goes. */
#include "tui/curve_panels.h"

size_t
curve_panels_room(int rows, int cols)
{
    int n = (rows / PANEL_ROWS) * (cols / PANEL_COLS);

    return n < 1 ? 1 : n < METRIC_COUNT ? (size_t)n : METRIC_COUNT;
}

static bool
has_values(const struct curve_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->line[i].mean.n)
            return true;
    return false;
}

void
curve_panels_make(struct curve_panels *p, struct model *m, const struct keyset *marked,
                  const struct curve_choice *choice, size_t most)
{
    struct curve_choice c = *choice;

    curve_panels_release(p);
    for (int i = 0; i < METRIC_COUNT && p->n < most; i++) {
        struct curve_set *s = &p->set[p->n];

        c.metric = (enum metric_id)(((int)choice->metric + i) % METRIC_COUNT);
        curve_set_make(s, m, marked, &c);
        if (has_values(s))
            p->metric[p->n++] = c.metric;
        else
            curve_set_release(s);
    }
}

void
curve_panels_release(struct curve_panels *p)
{
    for (size_t i = 0; i < p->n; i++)
        curve_set_release(&p->set[i]);
    p->n = 0;
}

struct panel_place
curve_panels_place(size_t i, size_t n, int rows, int cols)
{
    int across = cols / PANEL_COLS > 1 ? cols / PANEL_COLS : 1;

    while (across > 1 && (size_t)(across - 1) * (size_t)(rows / PANEL_ROWS) >= n)
        across--;
    int down = ((int)n + across - 1) / across, at = (int)i;
    int height = down ? rows / down : rows, width = cols / across;
    int row = at / across, col = at % across;

    return (struct panel_place){row * height, col * width, height,
                                col < across - 1 ? width - 2 : cols - col * width};
}
