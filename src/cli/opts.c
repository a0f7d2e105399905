/* opts.c - options from tables. */
#include "cli/opts.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cli/suggest.h"

bool
opts_same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a == '_' ? '-' : *a) != (*b == '_' ? '-' : *b))
            return false;
    return *a == *b;
}

void
opts_allow(struct opts *o, const struct opt *table)
{
    for (; table && table->name; table++) {
        o->row = grow(o->row, &o->rows_cap, o->n_rows + 1, sizeof *o->row);
        o->row[o->n_rows++] = table;
    }
}

void
opts_release(struct opts *o)
{
    free(o->row);
    free(o->value);
    free(o->arg);
    *o = (struct opts){0};
}

const struct opt *
opts_row(const struct opts *o, const char *name)
{
    for (size_t i = 0; i < o->n_rows; i++)
        if (opts_same_name(o->row[i]->name, name))
            return o->row[i];
    return NULL;
}

const struct opt *
opts_letter_row(const struct opts *o, char letter)
{
    for (size_t i = 0; i < o->n_rows; i++)
        if (o->row[i]->letter == letter)
            return o->row[i];
    return NULL;
}

static enum err
unknown_option(const struct opts *o, const char *shown, const char *name,
               const char *command, struct errbuf *eb)
{
    const char *best = NULL, *hint = o->hint ? o->hint(name) : NULL;
    size_t distance = SIZE_MAX;

    if (hint)
        return err_set(eb, ERR_ARG, "unknown option %s: %s", shown, hint);
    for (size_t i = 0; i < o->n_rows; i++)
        suggest_try(name, o->row[i]->name, &best, &distance);
    if (best)
        return err_set(eb, ERR_ARG,
                       "unknown option %s: did you mean --%s? (%s --help lists them)",
                       shown, best, command);
    return err_set(eb, ERR_ARG, "unknown option %s: %s --help lists what there is",
                   shown, command);
}

/* What would do as a value of the row, for messages. */
static void
describe_values(const struct opt *opt, struct strbuf *out)
{
    switch (opt->kind) {
    case OPT_CHOICE:
        strbuf_adds(out, "one of: ");
        for (const char *p = opt->choices; *p; p++) {
            if (*p == '|')
                strbuf_adds(out, ", ");
            else
                strbuf_addc(out, *p);
        }
        break;
    case OPT_INT:
        strbuf_addf(out, "a whole number from %.10g to %.10g", opt->min, opt->max);
        break;
    case OPT_REAL:
        strbuf_addf(out, "a number from %.10g to %.10g", opt->min, opt->max);
        break;
    case OPT_FLAG:
    case OPT_TEXT:
    case OPT_LIST: strbuf_adds(out, opt->value ? opt->value : "a value"); break;
    }
}

static bool
is_choice(const char *choices, const char *text)
{
    size_t n = strlen(text);

    for (const char *p = choices; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strcspn(p, "|") == n && n > 0 && strncmp(p, text, n) == 0)
            return true;
    return false;
}

static bool
is_number(const struct opt *opt, const char *text)
{
    char *end;
    double x = strtod(text, &end);

    return *text && !isspace((unsigned char)*text) && *end == '\0' && isfinite(x) &&
           x >= opt->min && x <= opt->max && (opt->kind == OPT_REAL || x == floor(x));
}

static enum err
check_value(const struct opt *opt, const char *text, struct errbuf *eb)
{
    bool fine = true;

    if (opt->kind == OPT_CHOICE)
        fine = is_choice(opt->choices, text);
    else if (opt->kind == OPT_INT || opt->kind == OPT_REAL)
        fine = is_number(opt, text);
    if (fine)
        return ERR_OK;

    struct strbuf what = {0};

    describe_values(opt, &what);
    err_set(eb, ERR_ARG, "--%s %s: must be %s", opt->name, text, strbuf_str(&what));
    strbuf_release(&what);
    return ERR_ARG;
}

static void
add_value(struct opts *o, const struct opt *opt, const char *text)
{
    o->value = grow(o->value, &o->values_cap, o->n_values + 1, sizeof *o->value);
    o->value[o->n_values++] = (struct opts_value){opt, text};
}

/* Take the value of opt: `attached`, or the next word of argv. */
static enum err
take_value(struct opts *o, const struct opt *opt, const char *attached,
           char *const *argv, size_t *i, struct errbuf *eb)
{
    const char *text = attached;

    if (opt->kind == OPT_FLAG) {
        if (attached)
            return err_set(eb, ERR_ARG, "--%s=%s: takes no value", opt->name, attached);
        add_value(o, opt, "");
        return ERR_OK;
    }
    if (!text) {
        text = argv[*i];
        if (!text) {
            struct strbuf what = {0};

            describe_values(opt, &what);
            err_set(eb, ERR_ARG, "--%s: the value is missing: %s", opt->name,
                    strbuf_str(&what));
            strbuf_release(&what);
            return ERR_ARG;
        }
        (*i)++;
    }
    enum err e = check_value(opt, text, eb);
    if (e == ERR_OK)
        add_value(o, opt, text);
    return e;
}

static enum err
parse_long(struct opts *o, const char *word, char *const *argv, size_t *i,
           const char *command, struct errbuf *eb)
{
    const char *eq = strchr(word, '=');
    char *name = xstrndup(word + 2, eq ? (size_t)(eq - word) - 2 : strlen(word) - 2);
    const struct opt *opt = opts_row(o, name);
    enum err e;

    if (opt) {
        e = take_value(o, opt, eq ? eq + 1 : NULL, argv, i, eb);
    } else {
        char *shown = xasprintf("--%s", name);

        e = unknown_option(o, shown, name, command, eb);
        free(shown);
    }
    free(name);
    return e;
}

/* -x, -xy for two flags, -xVALUE, -x VALUE. */
static enum err
parse_letters(struct opts *o, const char *word, char *const *argv, size_t *i,
              const char *command, struct errbuf *eb)
{
    for (const char *p = word + 1; *p; p++) {
        const struct opt *opt = opts_letter_row(o, *p);

        if (!opt)
            return unknown_option(o, word, word + 1, command, eb);
        if (opt->kind != OPT_FLAG)
            return take_value(o, opt, p[1] ? p + 1 : NULL, argv, i, eb);
        add_value(o, opt, "");
    }
    return ERR_OK;
}

static void
add_arg(struct opts *o, char *word)
{
    o->arg = grow(o->arg, &o->args_cap, o->n_args + 1, sizeof *o->arg);
    o->arg[o->n_args++] = word;
}

/* True for -x and --name.  "-- text" is none: a query may begin with a comment. */
static bool
looks_like_option(const char *word)
{
    return word[0] == '-' && word[1] &&
           !(word[1] == '-' && isspace((unsigned char)word[2]));
}

enum err
opts_parse(struct opts *o, char *const *argv, size_t *i, bool stop_at_word,
           const char *command, struct errbuf *eb)
{
    bool only_words = false;
    enum err e = ERR_OK;

    while (argv[*i] && e == ERR_OK) {
        char *word = argv[*i];
        bool is_option = !only_words && looks_like_option(word);

        if (!is_option && stop_at_word)
            return ERR_OK;
        (*i)++;
        if (!is_option)
            add_arg(o, word);
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (word[1] == '-')
            e = parse_long(o, word, argv, i, command, eb);
        else
            e = parse_letters(o, word, argv, i, command, eb);
    }
    return e;
}

void
opts_words(struct opts *o, char *const *argv)
{
    for (; *argv; argv++)
        add_arg(o, *argv);
}

bool
opts_has(const struct opts *o, const char *name)
{
    for (size_t i = 0; i < o->n_values; i++)
        if (opts_same_name(o->value[i].opt->name, name))
            return true;
    return false;
}

const char *
opts_text(const struct opts *o, const char *name)
{
    for (size_t i = o->n_values; i-- > 0;)
        if (opts_same_name(o->value[i].opt->name, name))
            return o->value[i].text;
    const struct opt *opt = opts_row(o, name);

    assert(opt);
    return opt->def;
}

double
opts_real(const struct opts *o, const char *name)
{
    const char *text = opts_text(o, name);

    assert(text);
    return strtod(text, NULL);
}

int64_t
opts_int(const struct opts *o, const char *name)
{
    return (int64_t)opts_real(o, name);
}

const char *
opts_item(const struct opts *o, const char *name, size_t i)
{
    for (size_t k = 0; k < o->n_values; k++)
        if (opts_same_name(o->value[k].opt->name, name) && i-- == 0)
            return o->value[k].text;
    return NULL;
}
