/* roff.c - manual pages with the macros of man(7). */
#include "cli/roff.h"

#include <ctype.h>
#include <string.h>

#include "config.h"

enum { LINE_BYTES = 76 }; /* of the source: longer lines are bad style for mandoc */

/* A character as it is, whatever it means to roff. */
static void
add_char(struct strbuf *out, char c)
{
    switch (c) {
    case '\\': strbuf_adds(out, "\\e"); break;
    case '-': strbuf_adds(out, "\\-"); break; /* a bare one may become a hyphen */
    case '\'': strbuf_adds(out, "\\(aq"); break;
    case '`': strbuf_adds(out, "\\(ga"); break;
    case '^': strbuf_adds(out, "\\(ha"); break;
    case '~': strbuf_adds(out, "\\(ti"); break;
    case '"': strbuf_adds(out, "\\(dq"); break;
    default: strbuf_addc(out, c); break;
    }
}

/* n bytes; a dot at the start of a line would be a command. */
static void
add_escaped(struct strbuf *out, const char *text, size_t n)
{
    if (n && text[0] == '.')
        strbuf_adds(out, "\\&");
    for (size_t i = 0; i < n; i++)
        add_char(out, text[i]);
}

/* The words of a text on lines of LINE_BYTES. */
static void
add_words(struct strbuf *out, const char *text)
{
    size_t start = out->len;

    for (;;) {
        text += strspn(text, " \n");
        size_t n = strcspn(text, " \n");

        if (n == 0)
            break;
        if (out->len > start && out->len - start + 1 + n > LINE_BYTES) {
            strbuf_addc(out, '\n');
            start = out->len;
        } else if (out->len > start) {
            strbuf_addc(out, ' ');
        }
        add_escaped(out, text, n);
        text += n;
    }
    strbuf_addc(out, '\n');
}

void
roff_title(struct roff *r, const char *name, const char *section, const char *group)
{
    strbuf_adds(r->out, ".TH \"");
    for (; *name; name++)
        add_char(r->out, (char)toupper((unsigned char)*name));
    strbuf_addf(r->out, "\" \"%s\" \"%s\" \"hcelab %s\" \"%s\"\n", section, MANUAL_DATE,
                PACKAGE_VERSION, group);
    strbuf_adds(r->out, ".nh\n.ad l\n"); /* names are not to be broken */
}

static void
add_heading(struct roff *r, const char *macro, const char *title)
{
    strbuf_addf(r->out, ".%s ", macro);
    add_words(r->out, title);
    r->headed = true;
}

void
roff_section(struct roff *r, const char *title)
{
    add_heading(r, "SH", title);
}

void
roff_subsection(struct roff *r, const char *title)
{
    add_heading(r, "SS", title);
}

void
roff_text(struct roff *r, const char *text)
{
    if (!r->headed)
        strbuf_adds(r->out, ".PP\n");
    r->headed = false;
    add_words(r->out, text);
}

void
roff_item(struct roff *r, const char *word, const char *value, const char *text)
{
    strbuf_adds(r->out, ".TP\n\\fB");
    add_escaped(r->out, word, strlen(word));
    strbuf_adds(r->out, "\\fR");
    if (value && *value) {
        strbuf_adds(r->out, " \\fI");
        add_escaped(r->out, value, strlen(value));
        strbuf_adds(r->out, "\\fR");
    }
    strbuf_addc(r->out, '\n');
    add_words(r->out, text);
    r->headed = false;
}

void
roff_example(struct roff *r, const char *text)
{
    strbuf_addf(r->out, "%s.RS 4\n.EX\n", r->headed ? "" : ".PP\n");
    while (*text) {
        size_t n = strcspn(text, "\n");

        add_escaped(r->out, text, n);
        strbuf_addc(r->out, '\n');
        text += n + (text[n] == '\n');
    }
    strbuf_adds(r->out, ".EE\n.RE\n");
    r->headed = false;
}

void
roff_name(struct roff *r, const char *name, const char *what)
{
    roff_section(r, "NAME");
    add_escaped(r->out, name, strlen(name));
    strbuf_adds(r->out, " \\- ");
    add_words(r->out, what);
    r->headed = false;
}
