/* json_pick.c - single values out of our own JSON. */
#include "tui/json_pick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the value of a key starts, or NULL. */
static const char *
find_value(const char *json, const char *key)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(json, quoted);
    if (!at)
        return NULL;
    at += strlen(quoted);
    return at + strspn(at, " \n");
}

bool
json_pick_number(const char *json, const char *key, double *out)
{
    const char *at = find_value(json, key);
    char *end = NULL;

    if (!at)
        return false;
    double x = strtod(at, &end);
    if (end == at)
        return false;
    *out = x;
    return true;
}

/* The character that an escape stands for; what a screen does not show becomes a
 * blank. */
static char
unescape(char c)
{
    return c == '"' || c == '\\' || c == '/' ? c : ' ';
}

bool
json_pick_text(const char *json, const char *key, char *out, size_t size)
{
    const char *at = find_value(json, key);
    size_t n = 0;

    if (at && *at == '[')
        at += 1 + strspn(at + 1, " \n");
    if (!at || *at != '"')
        return false;
    for (at++; *at && *at != '"'; at++) {
        char c = *at;
        if (c == '\\' && at[1]) {
            c = unescape(*++at);
            if (*at == 'u')
                at += strnlen(at + 1, 4);
        }
        if (n + 1 < size)
            out[n++] = c;
    }
    out[n] = '\0';
    return true;
}
