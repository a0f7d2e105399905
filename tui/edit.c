/* edit.c - one line of text being typed. */
#include "tui/edit.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

void
edit_set(struct edit *e, const char *text)
{
    size_t n = strlen(text);

    e->len = n < EDIT_MAX ? n : EDIT_MAX - 1;
    memcpy(e->text, text, e->len);
    e->text[e->len] = '\0';
    e->at = e->len;
}

/* The byte where the character before `at` starts. */
static size_t
before(const struct edit *e, size_t at)
{
    while (at > 0 && ((unsigned char)e->text[--at] & 0xc0) == 0x80)
        ;
    return at;
}

static size_t
after(const struct edit *e, size_t at)
{
    uint32_t cp;

    return at < e->len ? at + utf8_decode(e->text + at, e->len - at, &cp) : at;
}

/* Remove the bytes from..at. */
static void
erase_from(struct edit *e, size_t from)
{
    memmove(e->text + from, e->text + e->at, e->len - e->at + 1);
    e->len -= e->at - from;
    e->at = from;
}

static size_t
word_before(const struct edit *e)
{
    size_t at = e->at;

    while (at > 0 && e->text[at - 1] == ' ')
        at--;
    while (at > 0 && e->text[at - 1] != ' ')
        at--;
    return at;
}

bool
edit_act(struct edit *e, enum action action)
{
    if (action == ACT_LEFT)
        e->at = before(e, e->at);
    else if (action == ACT_RIGHT)
        e->at = after(e, e->at);
    else if (action == ACT_TOP)
        e->at = 0;
    else if (action == ACT_BOTTOM)
        e->at = e->len;
    else if (action == ACT_ERASE)
        erase_from(e, before(e, e->at));
    else if (action == ACT_ERASE_WORD)
        erase_from(e, word_before(e));
    else if (action == ACT_ERASE_ALL)
        edit_set(e, "");
    else
        return false;
    return true;
}

static size_t
encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3f));
    out[0] = (char)(lead[n] | cp);
    return n;
}

void
edit_insert(struct edit *e, int code_point)
{
    char bytes[4];

    if (code_point < ' ' || code_point == 127 || code_point > 0x10ffff)
        return;
    size_t n = encode((uint32_t)code_point, bytes);
    if (e->len + n >= EDIT_MAX)
        return;
    memmove(e->text + e->at + n, e->text + e->at, e->len - e->at + 1);
    memcpy(e->text + e->at, bytes, n);
    e->at += n;
    e->len += n;
}

size_t
edit_draw(const struct edit *e, struct canvas *cv, int row, int col, int width,
          enum style style)
{
    char head[EDIT_MAX];
    size_t from = 0, len = 0;

    /* Scroll until what stands before the cursor fits, the cursor itself included.  A
     * cursor inside of a malformed character is passed. */
    for (;; from = after(e, from)) {
        len = from < e->at ? e->at - from : 0;
        memcpy(head, e->text + from, len);
        head[len] = '\0';
        if (len == 0 || (int)utf8_width(head) < width)
            break;
    }
    canvas_fill(cv, row, col, 1, width, ' ', style);
    canvas_text(cv, row, col, width, style, e->text + from);
    canvas_restyle(cv, row, col + (int)utf8_width(head), 1, style, true);
    return from;
}
