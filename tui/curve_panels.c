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
curve_panels_rewind(struct curve_panels *p)
{
    p->at = 0;
    p->next = 0;
}

static void
drop_from(struct curve_panels *p, size_t first)
{
    while (p->n > first)
        curve_set_release(&p->set[--p->n]);
}

/* A metric that has values now stands at p->at; sets of later ones are made again. */
static void
put(struct curve_panels *p, enum metric_id metric, const struct curve_set *s)
{
    drop_from(p, p->at);
    p->metric[p->at] = metric;
    p->set[p->at++] = *s;
    p->n = p->at;
}

void
curve_panels_make(struct curve_panels *p, struct model *m, const struct keyset *marked,
                  const struct curve_choice *choice, size_t most)
{
    struct curve_choice c = *choice;

    for (; p->next < METRIC_COUNT - 1 && p->at < most; p->next++) {
        struct curve_set fresh = {0};

        c.metric = (enum metric_id)(((int)choice->metric + 1 + p->next) % METRIC_COUNT);
        bool is_known = p->at < p->n && p->metric[p->at] == c.metric;
        curve_set_make(is_known ? &p->set[p->at] : &fresh, m, marked, &c);
        if (m->late) {
            curve_set_release(&fresh);
            return;
        }
        if (is_known)
            p->at++;
        else if (has_values(&fresh))
            put(p, c.metric, &fresh);
        else
            curve_set_release(&fresh);
    }
    drop_from(p, p->at);
}

void
curve_panels_release(struct curve_panels *p)
{
    drop_from(p, 0);
    curve_panels_rewind(p);
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
