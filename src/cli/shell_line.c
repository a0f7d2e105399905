/* shell_line.c - a command line as bash has it. */
#include "cli/shell_line.h"

#include <ctype.h>
#include <string.h>

/* Where the reading is. */
struct place {
    struct strbuf word;
    bool in_word;
    char quote;
    size_t kept;
};

static void
end_word(struct shell_line *l, struct place *p)
{
    if (p->in_word)
        strlist_add(&l->word, strbuf_str(&p->word));
    strbuf_reset(&p->word);
    p->in_word = false;
    p->kept = 0;
}

/* A character outside of quotes. */
static void
read_bare(struct shell_line *l, struct place *p, char c, const char *breaks)
{
    if (c == ' ' || c == '\t' || c == '\n') {
        end_word(l, p);
        return;
    }
    p->in_word = true;
    if (c == '\'' || c == '"')
        p->quote = c;
    else
        strbuf_addc(&p->word, c);
    if (strchr(breaks, c))
        p->kept = p->word.len;
}

void
shell_line_read(struct shell_line *l, const char *line, const char *breaks)
{
    struct place p = {0};

    *l = (struct shell_line){0};
    for (; *line; line++) {
        if (p.quote && *line == p.quote) {
            p.quote = 0;
        } else if (*line == '\\' && p.quote != '\'' && line[1] &&
                   (!p.quote || strchr("\"\\$`", line[1]))) {
            p.in_word = true;
            strbuf_addc(&p.word, *++line);
        } else if (p.quote) {
            strbuf_addc(&p.word, *line);
        } else {
            read_bare(l, &p, *line, breaks);
        }
    }
    l->quote = p.quote;
    l->kept = p.kept;
    p.in_word = true; /* the word at the cursor, which may be empty */
    end_word(l, &p);
    strbuf_release(&p.word);
}

void
shell_line_release(struct shell_line *l)
{
    strlist_release(&l->word);
    *l = (struct shell_line){0};
}

bool
shell_line_quote(struct strbuf *out, const char *text, char quote)
{
    if ((quote == '\'' && strchr(text, '\'')) || (quote == '"' && strchr(text, '!')))
        return false; /* ! between " recalls an earlier line, even behind a backslash */
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool special = quote == '"' ? strchr("\"\\$`", c) != NULL
                       : quote      ? false
                               : c < 128 && !isalnum(c) && !strchr("_-./:=+,%@", c);

        if (special)
            strbuf_addc(out, '\\');
        strbuf_addc(out, (char)c);
    }
    return true;
}
