/* filter.c - COLUMN=V[,V] and COLUMN!=V: which cells are meant. */
#include "data/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/xalloc.h"

enum err
filter_parse(struct filter *f, const char *option, const char *text, struct errbuf *eb)
{
    const char *eq = strchr(text, '=');

    *f = (struct filter){0};
    f->is_not = eq && eq > text && eq[-1] == '!';
    if (!eq || eq == text || (f->is_not && eq == text + 1))
        return err_set(eb, ERR_ARG,
                       "%s %s: write COLUMN=VALUE[,VALUE] or COLUMN!=VALUE", option,
                       text);
    f->column = xstrndup(text, (size_t)(eq - text) - (f->is_not ? 1 : 0));
    f->values = xstrdup(eq + 1);
    return ERR_OK;
}

void
filter_release(struct filter *f)
{
    free(f->column);
    free(f->values);
    *f = (struct filter){0};
}

/* The level s[0..n), or SIZE_MAX. */
static size_t
find_level(const struct obs_column *c, const char *s, size_t n)
{
    size_t low = 0, high = c->levels.n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const char *level = c->levels.item[mid];
        int order = strncmp(level, s, n);

        if (order == 0 && level[n] == '\0')
            return mid;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return SIZE_MAX;
}

/* Booleans are True and False, and may be written in other ways. */
static bool
means(const char *truth, char digit, const char *s, size_t n)
{
    return (n == strlen(truth) && strncasecmp(truth, s, n) == 0) ||
           (n == 1 && *s == digit);
}

static bool
mark_value(const struct obs_column *c, const char *s, size_t n, bool *hit)
{
    size_t at[] = {
        find_level(c, s, n),
        means("True", '1', s, n) ? find_level(c, "True", 4) : SIZE_MAX,
        means("False", '0', s, n) ? find_level(c, "False", 5) : SIZE_MAX,
    };
    bool found = false;

    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        if (at[i] != SIZE_MAX) {
            hit[at[i]] = true;
            found = true;
        }
    return found;
}

void
filter_levels(const struct filter *f, const struct obs_column *c, bool *hit,
              struct strlist *unknown)
{
    const char *s = f->values;

    memset(hit, 0, c->levels.n * sizeof *hit);
    while (s) {
        /* The longest run of parts that is a value, else one part. */
        const char *end = s + strlen(s);

        while (!mark_value(c, s, (size_t)(end - s), hit)) {
            const char *cut = memrchr(s, ',', (size_t)(end - s));

            if (!cut) {
                strlist_addn(unknown, s, (size_t)(end - s));
                break;
            }
            end = cut;
        }
        s = *end ? end + 1 : NULL;
    }
}

bool
filter_passes(const struct filter *f, const struct obs_column *c, const bool *hit,
              size_t cell)
{
    int32_t code = codes_get(&c->code, cell);
    bool is_hit = code >= 0 && hit[code];

    return f->is_not ? !is_hit : is_hit;
}
