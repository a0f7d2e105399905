/* yaml_scalar.c - what an unquoted word of YAML means where PyYAML reads it. */
#include "exchange/yaml_scalar.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

static bool
is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

bool
yaml_scalar_is_null(const char *word)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};

    return is_one_of(word, nulls);
}

static const char *
bool_of(const char *word)
{
    static const char *const yes[] = {"yes",  "Yes", "YES", "true", "True",
                                      "TRUE", "on",  "On",  "ON",   NULL};
    static const char *const no[] = {"no",    "No",  "NO",  "false", "False",
                                     "FALSE", "off", "Off", "OFF",   NULL};

    return is_one_of(word, yes) ? "true" : is_one_of(word, no) ? "false" : NULL;
}

/* --- integers --- */

static int
digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

/* Digits and underscores from *s on; false: too large.  *n: digits. */
static bool
take_digits(const char **s, int base, int64_t *x, size_t *n)
{
    *x = 0;
    *n = 0;
    for (; **s == '_' || (digit_of(**s) >= 0 && digit_of(**s) < base); ++*s) {
        if (**s == '_')
            continue;
        if (__builtin_mul_overflow(*x, base, x) ||
            __builtin_add_overflow(*x, digit_of(**s), x))
            return false;
        ++*n;
    }
    return true;
}

/* ":SS" as often as it stands: [0-5]?[0-9] each. */
static bool
take_sixtieths(const char **s, int64_t *x)
{
    while (**s == ':') {
        int a = digit_of((*s)[1]), b = a < 0 ? -1 : digit_of((*s)[2]);
        bool two = b >= 0 && b < 10;

        if (a < 0 || a > 9 || (two && a > 5))
            return false;
        if (__builtin_mul_overflow(*x, 60, x) ||
            __builtin_add_overflow(*x, two ? 10 * a + b : a, x))
            return false;
        *s += two ? 3 : 2;
    }
    return true;
}

static bool
read_int(const char *s, int64_t *out)
{
    bool negative = *s == '-', ok;
    size_t n;

    s += *s == '-' || *s == '+';
    int base = *s != '0' ? 10 : s[1] == 'b' ? 2 : s[1] == 'x' ? 16 : 8;

    if (*s == '_')
        return false;
    s += base == 2 || base == 16 ? 2 : 0;
    ok = take_digits(&s, base, out, &n) && n > 0;
    if (ok && base == 10)
        ok = take_sixtieths(&s, out);
    if (negative)
        *out = -*out;
    return ok && !*s;
}

/* --- numbers with a point --- */

/* Digits and underscores from *s on. */
static size_t
skip_digits(const char **s, bool may_begin_with_underscore)
{
    const char *first = *s;

    if (**s == '_' && !may_begin_with_underscore)
        return 0;
    while ((**s >= '0' && **s <= '9') || **s == '_')
        ++*s;
    return (size_t)(*s - first);
}

/* Nothing, or an exponent with its sign. */
static bool
is_exponent(const char *s)
{
    if (!*s)
        return true;
    if ((*s != 'e' && *s != 'E') || (s[1] != '-' && s[1] != '+') || !s[2])
        return false;
    return strspn(s + 2, "0123456789") == strlen(s + 2);
}

/* Where a "." has to be in what has no sign; sets whether sixtieths stand before it. */
static bool
is_real(const char *word, bool *has_sixtieths)
{
    const char *s = word + (*word == '-' || *word == '+');
    int64_t unused = 0;

    *has_sixtieths = false;
    if (*word == '.')
        return ++s, skip_digits(&s, false) && is_exponent(s);
    if (!skip_digits(&s, false))
        return false;
    *has_sixtieths = *s == ':';
    if (!take_sixtieths(&s, &unused) || *s++ != '.')
        return false;
    skip_digits(&s, true);
    return *has_sixtieths ? !*s : is_exponent(s);
}

static char *
without_underscores(const char *word)
{
    char *out = xstrdup(word), *to = out;

    for (const char *s = word; *s; s++)
        if (*s != '_')
            *to++ = *s;
    *to = '\0';
    return out;
}

/* "1:30.5" is 90.5. */
static char *
sum_sixtieths(const char *word)
{
    char *plain = without_underscores(word + (*word == '-' || *word == '+'));
    struct strbuf out = {0};
    double x = 0;

    for (char *s = plain, *end;; s = end + 1) {
        x = x * 60 + strtod(s, &end);
        if (*end != ':')
            break;
    }
    free(plain);
    strbuf_add_double(&out, *word == '-' ? -x : x);
    return strbuf_detach(&out);
}

static char *
real_meaning(const char *word)
{
    static const char *const inf[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nan[] = {".nan", ".NaN", ".NAN", NULL};
    bool has_sixtieths;

    if (is_one_of(word, nan))
        return xstrdup("nan");
    if (is_one_of(word + (*word == '-' || *word == '+'), inf))
        return xstrdup(*word == '-' ? "-inf" : "inf");
    if (!is_real(word, &has_sixtieths))
        return NULL;
    if (has_sixtieths)
        return sum_sixtieths(word);
    return strchr(word, '_') ? without_underscores(word) : NULL;
}

char *
yaml_scalar_meaning(const char *word)
{
    const char *truth = bool_of(word);
    int64_t x;

    if (truth)
        return xstrdup(truth);
    if (!read_int(word, &x))
        return real_meaning(word);
    char *number = xasprintf("%" PRId64, x);
    if (strcmp(number, word) != 0)
        return number;
    free(number);
    return NULL;
}
