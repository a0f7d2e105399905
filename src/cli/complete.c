/* complete.c - which commands, options and values may stand where the cursor is.
 *
 * The words before the last are read as the parser reads them, but without judging: what
 * is wrong is passed over, since the line is not finished. */
#include "cli/complete.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "cli/cli_help.h"
#include "cli/spec_opts.h"

struct reading {
    struct complete_line line;
    struct opts rows;          /* options that may stand */
    struct strbuf path;        /* words of the command so far: "queue" */
    const struct cmd *cmd;     /* of that name, or NULL */
    const struct opt *pending; /* whose value the next word is, or NULL */
    size_t n_args;
    bool only_words; /* after "--" */
};

/* True if the terminal shows the text as it is. */
static bool
is_plain(const char *text)
{
    struct strbuf clean = {0};

    utf8_clean(&clean, text, false);
    bool plain = strcmp(strbuf_str(&clean), text) == 0;
    strbuf_release(&clean);
    return plain;
}

void
complete_offer(struct completion *out, const char *word, const char *prefix,
               const char *text, const char *help)
{
    char *whole = xasprintf("%s%s", prefix, text);

    if (strncmp(whole, word, strlen(word)) == 0 && is_plain(whole) &&
        !(out->no_dash && *whole == '-') && !strlist_has(&out->word, whole)) {
        strlist_add(&out->word, whole);
        strlist_add(&out->help, is_plain(help) ? help : "");
    }
    free(whole);
}

void
complete_release(struct completion *out)
{
    strlist_release(&out->word);
    strlist_release(&out->help);
    *out = (struct completion){0};
}

/* --- reading the words before --- */

/* The visible command of that name, or NULL. */
static const struct cmd *
find_cmd(const char *name)
{
    for (size_t i = 0; cmds[i]; i++)
        if (!(cmds[i]->flags & CMD_HIDDEN) && strcmp(cmds[i]->name, name) == 0)
            return cmds[i];
    return NULL;
}

/* What follows the words of `path` in a command's name, or NULL. */
static const char *
rest_of_name(const struct cmd *cmd, const struct strbuf *path)
{
    size_t n = path->len;

    if ((cmd->flags & CMD_HIDDEN) || !*cmd->name)
        return NULL;
    if (n == 0)
        return cmd->name;
    bool below = strncmp(cmd->name, strbuf_str(path), n) == 0 && cmd->name[n] == ' ';
    return below ? cmd->name + n + 1 : NULL;
}

static bool
continues_name(const struct reading *r, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; cmds[i]; i++) {
        const char *rest = rest_of_name(cmds[i], &r->path);

        if (rest && strcspn(rest, " ") == len && strncmp(rest, word, len) == 0)
            return true;
    }
    return false;
}

/* Take the command's options in place of those of a shorter name. */
static void
take_command(struct reading *r)
{
    struct arena *a = &r->line.c->arena;

    r->cmd = find_cmd(strbuf_str(&r->path));
    opts_release(&r->rows);
    if (r->cmd)
        opts_allow(&r->rows, r->cmd->opts);
    if (r->cmd && (r->cmd->flags & CMD_SPEC))
        opts_allow(&r->rows, spec_opts_table(a));
    if (r->cmd && (r->cmd->flags & CMD_SIM))
        opts_allow(&r->rows, sim_opts_table(a));
    opts_allow(&r->rows, cli_global_opts);
}

static void
read_plain(struct reading *r, const char *word)
{
    if (r->n_args || r->only_words || !continues_name(r, word)) {
        r->n_args++;
        return;
    }
    strbuf_addf(&r->path, "%s%s", r->path.len ? " " : "", word);
    take_command(r);
}

static void
take_given(struct reading *r, const char *name, const char *value)
{
    strlist_add(&r->line.name, name);
    strlist_add(&r->line.value, value);
}

static void
read_long(struct reading *r, const char *word)
{
    const char *eq = strchr(word, '=');
    char *name = xstrndup(word + 2, eq ? (size_t)(eq - word) - 2 : strlen(word) - 2);
    const struct opt *opt = opts_row(&r->rows, name);

    free(name);
    if (!opt)
        return;
    if (eq || opt->kind == OPT_FLAG)
        take_given(r, opt->name, eq ? eq + 1 : "");
    else
        r->pending = opt;
}

static void
read_letters(struct reading *r, const char *word)
{
    for (const char *p = word + 1; *p; p++) {
        const struct opt *opt = opts_letter_row(&r->rows, *p);

        if (!opt)
            return;
        if (opt->kind != OPT_FLAG && !p[1])
            r->pending = opt;
        if (opt->kind != OPT_FLAG)
            return;
        take_given(r, opt->name, "");
    }
}

static void
read_word(struct reading *r, const char *word)
{
    if (r->pending) {
        take_given(r, r->pending->name, word);
        r->pending = NULL;
    } else if (r->only_words || word[0] != '-' || !word[1]) {
        read_plain(r, word);
    } else if (strcmp(word, "--") == 0) {
        r->only_words = true;
    } else if (word[1] == '-') {
        read_long(r, word);
    } else {
        read_letters(r, word);
    }
}

/* --- what may follow --- */

static void
offer_commands(const struct reading *r, struct completion *out)
{
    for (size_t i = 0; cmds[i]; i++) {
        const char *rest = rest_of_name(cmds[i], &r->path);
        bool is_last = rest && !strchr(rest, ' ');
        char *word = rest ? xstrndup(rest, strcspn(rest, " ")) : NULL;

        if (word)
            complete_offer(out, r->line.word, "", word,
                           is_last ? cmds[i]->summary : "a group of commands");
        free(word);
    }
}

static bool
was_given(const struct reading *r, const struct opt *opt)
{
    return opt->kind != OPT_LIST && strlist_has(&r->line.name, opt->name);
}

static void
offer_options(const struct reading *r, struct completion *out)
{
    unsigned flags = r->cmd ? r->cmd->flags : CMD_ROWS;

    for (size_t i = 0; i < r->rows.n_rows; i++) {
        const struct opt *opt = r->rows.row[i];

        if (help_has_use(opt, flags) && !was_given(r, opt)) {
            char *word = xasprintf("--%s", opt->name);

            complete_offer(out, r->line.word, "", word, opt->help);
            free(word);
        }
    }
}

/* What stands for argument i in a usage text such as "N RUN...": without brackets and
 * dots; "" if there is none.  Caller frees. */
static char *
placeholder(const char *usage, size_t i)
{
    struct strlist part = {0};
    char *text = NULL;

    strlist_split(&part, usage, ' ');
    if (part.n && i >= part.n && strstr(part.item[part.n - 1], "..."))
        i = part.n - 1;
    if (i < part.n) {
        const char *p = part.item[i] + (part.item[i][0] == '[');

        text = xstrndup(p, strcspn(p, ".]"));
    }
    strlist_release(&part);
    return text ? text : xstrdup("");
}

static void
offer_arguments(const struct reading *r, struct completion *out)
{
    char *what = placeholder(r->cmd->usage, r->n_args);

    out->no_dash = !r->only_words;
    if (*what)
        complete_value(&r->line, NULL, what, 0, out);
    out->no_dash = false;
    free(what);
}

/* "--name=value" at the cursor: values, if there is such an option. */
static void
offer_attached(const struct reading *r, size_t eq, struct completion *out)
{
    char *name = xstrndup(r->line.word + 2, eq - 2);
    const struct opt *opt = opts_row(&r->rows, name);

    if (opt && opt->kind != OPT_FLAG)
        complete_value(&r->line, opt, opt->value ? opt->value : "", eq + 1, out);
    free(name);
}

static void
offer_here(const struct reading *r, struct completion *out)
{
    const char *word = r->line.word;
    const char *eq = strchr(word, '=');

    if (r->pending) {
        complete_value(&r->line, r->pending, r->pending->value ? r->pending->value : "",
                       0, out);
        return;
    }
    if (!r->only_words && strncmp(word, "--", 2) == 0 && eq) {
        offer_attached(r, (size_t)(eq - word), out);
        return;
    }
    if (!r->only_words && word[0] == '-') {
        offer_options(r, out);
        return;
    }
    if (!r->n_args)
        offer_commands(r, out);
    if (r->cmd)
        offer_arguments(r, out);
    if (r->cmd && !*word && !out->word.n && !out->files)
        offer_options(r, out);
}

/* The store of the line. */
static const char *
store_of(const struct reading *r)
{
    for (size_t i = r->line.name.n; i-- > 0;)
        if (strcmp(r->line.name.item[i], "store") == 0)
            return r->line.value.item[i];
    return r->line.c->store_path;
}

void
complete_words(struct cli *c, const struct strlist *words, struct completion *out)
{
    struct reading r = {.line = {.c = c}};

    *out = (struct completion){0};
    if (!words->n)
        return;
    take_command(&r);
    r.cmd = NULL; /* the dashboard takes no words */
    for (size_t i = 0; i + 1 < words->n; i++)
        read_word(&r, words->item[i]);
    r.line.word = words->item[words->n - 1];
    r.line.store_path = store_of(&r);
    offer_here(&r, out);
    strlist_release(&r.line.name);
    strlist_release(&r.line.value);
    opts_release(&r.rows);
    strbuf_release(&r.path);
}
