/* filter.c - COLUMN=V[,V] and COLUMN!=V: which cells are meant. */
#include "data/filter.h"

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

/* Booleans are True and False, and may be written in other ways. */
static bool
same_value(const char *level, const char *s, size_t n)
{
    if (strlen(level) == n && memcmp(level, s, n) == 0)
        return true;
    bool is_true = strcmp(level, "True") == 0, is_false = strcmp(level, "False") == 0;

    if (is_true || is_false)
        return (n == strlen(level) && strncasecmp(level, s, n) == 0) ||
               (n == 1 && *s == (is_true ? '1' : '0'));
    return false;
}

static bool
mark_value(const struct obs_column *c, const char *s, size_t n, bool *hit)
{
    bool found = false;

    for (size_t i = 0; i < c->levels.n; i++)
        if (same_value(c->levels.item[i], s, n)) {
            hit[i] = true;
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
    bool is_hit = c->code[cell] >= 0 && hit[c->code[cell]];

    return f->is_not ? !is_hit : is_hit;
}
