/* config.c - lines of keys and values, read carefully and written as a whole. */
#include "tui/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "base/xalloc.h"

static const char heading[] =
    "# What the dashboard of hcelab keeps: written when it closes.";

/* --- lines --- */

static void
lines_reset(struct config *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->line[i].key);
        free(c->line[i].text);
    }
    c->n = 0;
}

void
config_release(struct config *c)
{
    lines_reset(c);
    free(c->line);
    *c = (struct config){0};
}

static void
add_line(struct config *c, char *key, char *text)
{
    c->line = grow(c->line, &c->cap, c->n + 1, sizeof *c->line);
    c->line[c->n++] = (struct config_line){key, text};
}

static size_t
find(const struct config *c, const char *key)
{
    size_t i = c->n;

    while (i > 0 && !(c->line[i - 1].key && strcmp(c->line[i - 1].key, key) == 0))
        i--;
    return i ? i - 1 : SIZE_MAX;
}

const char *
config_get(const struct config *c, const char *key)
{
    size_t i = find(c, key);

    return i == SIZE_MAX ? NULL : c->line[i].text;
}

void
config_bad(struct config *c, const char *fmt, ...)
{
    char text[sizeof c->problem.text];
    va_list ap;

    if (c->n_bad++)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    err_set(&c->problem, ERR_ARG, "%s", text);
}

/* --- values --- */

static void
add_escaped(struct strbuf *out, const char *s)
{
    for (size_t i = 0; s[i]; i++) {
        unsigned char b = (unsigned char)s[i];
        bool at_end = i == 0 || !s[i + 1];
        if (b == '\\')
            strbuf_adds(out, "\\\\");
        else if (b == '\n')
            strbuf_adds(out, "\\n");
        else if (b < ' ' || b == 127 || (b == ' ' && at_end))
            strbuf_addf(out, "\\x%02x", b);
        else
            strbuf_addc(out, (char)b);
    }
}

/* Two hexadecimal digits as a byte; -1: they are none, or stand for the end of text. */
static int
hex_byte(const char *s, const char *end)
{
    char digits[3] = {0};

    if (end - s < 2 || !isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1]))
        return -1;
    memcpy(digits, s, 2);
    long byte = strtol(digits, NULL, 16);
    return byte ? (int)byte : -1;
}

/* The text that an escaped one stands for; NULL: it is none.  Caller frees. */
static char *
unescape(const char *s, const char *end)
{
    struct strbuf out = {0};
    int byte = 0;

    for (; s < end && byte >= 0; s++) {
        if (*s != '\\') {
            strbuf_addc(&out, *s);
            continue;
        }
        s++;
        byte = s == end ? -1 : *s == '\\' ? '\\' : *s == 'n' ? '\n' : -1;
        if (s < end && *s == 'x') {
            byte = hex_byte(s + 1, end);
            s += 2;
        }
        if (byte >= 0)
            strbuf_addc(&out, (char)byte);
    }
    const char *text = strbuf_str(&out);
    bool good = byte >= 0 && utf8_valid(text, strlen(text));
    char *value = good ? xstrdup(text) : NULL;
    strbuf_release(&out);
    return value;
}

/* --- reading --- */

static bool
is_key(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && (isalnum((unsigned char)s[i]) || strchr("._-", s[i])))
        i++;
    return n > 0 && i == n;
}

/* Bytes without the blanks at their end. */
static size_t
trimmed(const char *s, size_t n)
{
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
        n--;
    return n;
}

/* Why a line is not understood; NULL: it is. */
static const char *
take_line(struct config *c, const char *s, size_t n)
{
    size_t skip = 0;

    n = trimmed(s, n);
    while (skip < n && (s[skip] == ' ' || s[skip] == '\t'))
        skip++;
    s += skip;
    n -= skip;
    if (n >= CONFIG_MAX_LINE)
        return "it is too long";
    if (memchr(s, 0, n) || !utf8_valid(s, n))
        return "it is no text";
    if (n == 0 || *s == '#') {
        if (n != strlen(heading) || memcmp(s, heading, n) != 0)
            add_line(c, NULL, xstrndup(s, n));
        return NULL;
    }
    const char *eq = memchr(s, '=', n);
    size_t key_len = eq ? trimmed(s, (size_t)(eq - s)) : 0;
    if (!eq)
        return "it has no '='";
    if (!is_key(s, key_len))
        return "its key is none";
    const char *value = eq + 1;
    while (value < s + n && (*value == ' ' || *value == '\t'))
        value++;
    char *text = unescape(value, s + n);
    if (!text)
        return "a \\ stands before nothing known";
    add_line(c, xstrndup(s, key_len), text);
    return NULL;
}

void
config_parse(struct config *c, const char *text, size_t n)
{
    const char *end = text + n;

    config_release(c);
    for (size_t number = 1; text < end; number++) {
        const char *eol = memchr(text, '\n', (size_t)(end - text));
        size_t len = (size_t)((eol ? eol : end) - text);
        const char *why =
            c->n < CONFIG_MAX_LINES ? take_line(c, text, len) : "there are too many";
        if (why)
            config_bad(c, "line %zu: %s", number, why);
        text += len + (eol != NULL);
    }
}

enum err
config_read(struct config *c, const char *path, struct errbuf *eb)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    config_release(c);
    if (fd < 0 && errno == ENOENT)
        return ERR_OK;
    c->unread = true;
    if (fd < 0)
        return err_errno(eb, "%s", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(eb, ERR_IO, "%s is no file", path);
    }
    char *text = xmalloc(CONFIG_MAX_BYTES + 1, 1);
    size_t n = 0;
    ssize_t got = 1;
    while (n <= CONFIG_MAX_BYTES && got > 0) {
        got = read(fd, text + n, CONFIG_MAX_BYTES + 1 - n);
        n += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    c->unread = got < 0;
    if (got >= 0 && n <= CONFIG_MAX_BYTES)
        config_parse(c, text, n);
    else if (got >= 0)
        config_bad(c, "it is longer than %d bytes", CONFIG_MAX_BYTES);
    free(text);
    return got < 0 ? err_set(eb, ERR_IO, "%s: cannot be read", path) : ERR_OK;
}

/* --- writing --- */

void
config_print(const struct config *c, struct strbuf *out)
{
    strbuf_addf(out, "%s\n", heading);
    for (size_t i = 0; i < c->n; i++) {
        const struct config_line *l = &c->line[i];
        if (l->key && find(c, l->key) != i)
            continue; /* one that counts comes later */
        if (l->key)
            strbuf_addf(out, "%s = ", l->key);
        if (l->key)
            add_escaped(out, l->text);
        else
            strbuf_adds(out, l->text);
        strbuf_addc(out, '\n');
    }
}

/* Bytes of a line and of the whole file. */
static size_t
printed_bytes(const struct config *c, const char *value)
{
    struct strbuf out = {0};

    if (c)
        config_print(c, &out);
    else
        add_escaped(&out, value);
    size_t n = out.len;
    strbuf_release(&out);
    return n;
}

void
config_set(struct config *c, const char *key, const char *value)
{
    const char *old = config_get(c, key);

    value = value && *value ? value : NULL;
    if (value && old ? strcmp(value, old) == 0 : !value && !old)
        return;
    c->changed = true;
    for (size_t i; (i = find(c, key)) != SIZE_MAX;) {
        free(c->line[i].key);
        free(c->line[i].text);
        memmove(c->line + i, c->line + i + 1, (c->n - i - 1) * sizeof *c->line);
        c->n--;
    }
    size_t bytes = value ? printed_bytes(NULL, value) + strlen(key) + 4 : 0;
    if (value && c->n < CONFIG_MAX_LINES && bytes < CONFIG_MAX_LINE &&
        printed_bytes(c, NULL) + bytes <= CONFIG_MAX_BYTES)
        add_line(c, xstrdup(key), xstrdup(value));
}

/* The folders on the way to a file. */
static enum err
make_folders(const char *path, struct errbuf *eb)
{
    char *part = xstrdup(path);
    enum err e = ERR_OK;

    for (char *p = part + 1; e == ERR_OK && (p = strchr(p, '/')); p++) {
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            e = err_errno(eb, "%s", part);
        *p = '/';
    }
    free(part);
    return e;
}

/* Write a new file; it is removed where that fails. */
static enum err
write_new(const char *path, const struct strbuf *text, struct errbuf *eb)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t done = 0;
    ssize_t n = 1;

    if (fd < 0)
        return err_errno(eb, "%s", path);
    while (done < text->len && n > 0) {
        n = write(fd, text->buf + done, text->len - done);
        done += n > 0 ? (size_t)n : 0;
    }
    enum err e = ERR_OK;
    if (n <= 0 || fsync(fd) != 0)
        e = err_errno(eb, "%s", path);
    if (close(fd) != 0 && e == ERR_OK)
        e = err_errno(eb, "%s", path);
    if (e)
        unlink(path);
    return e;
}

enum err
config_write(const struct config *c, const char *path, struct errbuf *eb)
{
    char target[PATH_MAX]; /* of a link, which stays */
    struct strbuf text = {0};

    if (c->unread)
        return err_set(eb, ERR_IO, "%s cannot be read, and stays as it is", path);
    if (!realpath(path, target))
        snprintf(target, sizeof target, "%s", path);
    char *temp = xasprintf("%s.%ld", target, (long)getpid());
    char *aside = xasprintf("%s.bad", target);
    enum err e = make_folders(target, eb);
    config_print(c, &text);
    if (e == ERR_OK)
        e = write_new(temp, &text, eb);
    if (e == ERR_OK && c->n_bad && rename(target, aside) != 0 && errno != ENOENT)
        e = err_errno(eb, "%s", aside);
    if (e == ERR_OK && rename(temp, target) != 0)
        e = err_errno(eb, "%s", target);
    if (e)
        unlink(temp);
    strbuf_release(&text);
    free(aside);
    free(temp);
    return e;
}

char *
config_default_path(void)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (base && *base == '/')
        return xasprintf("%s/hcelab/dashboard.conf", base);
    if (home && *home == '/')
        return xasprintf("%s/.config/hcelab/dashboard.conf", home);
    return NULL;
}
