/* cmd_internal_complete.c - what share/completions asks for.
 *
 * internal-complete bash BREAKS LINE  (the line up to the cursor, with quotes)
 * internal-complete zsh WORD...       (after the program's name, up to the cursor)
 *
 * The first line of the answer has "files" if a path may stand there, followed by the
 * bytes of the word before it, and "open" if no blank is to follow; then one candidate
 * a line: for bash what it puts in place of its word, for zsh the word, a tab, and what
 * it is. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/cli_out.h"
#include "cli/complete.h"
#include "cli/shell_line.h"

static void
add_head(struct strbuf *out, const struct completion *found)
{
    strbuf_addf(out, "%s", found->goes_on ? "open" : "-");
    if (found->files)
        strbuf_addf(out, " files %zu", found->files_at);
    strbuf_addc(out, '\n');
}

static void
answer_bash(struct cli *c, const char *breaks, const char *text, struct strbuf *out)
{
    struct shell_line line;
    struct completion found;

    shell_line_read(&line, text, breaks);
    free(line.word.item[0]); /* the program */
    memmove(line.word.item, line.word.item + 1, --line.word.n * sizeof *line.word.item);
    complete_words(c, &line.word, &found);
    add_head(out, &found);
    for (size_t i = 0; i < found.word.n; i++) {
        struct strbuf quoted = {0};

        if (shell_line_quote(&quoted, found.word.item[i] + line.kept, line.quote))
            strbuf_addf(out, "%s\n", strbuf_str(&quoted));
        strbuf_release(&quoted);
    }
    complete_release(&found);
    shell_line_release(&line);
}

static void
answer_zsh(struct cli *c, char *const *arg, size_t n, struct strbuf *out)
{
    struct strlist words = {0};
    struct completion found;

    for (size_t i = 0; i < n; i++)
        strlist_add(&words, arg[i]);
    complete_words(c, &words, &found);
    add_head(out, &found);
    for (size_t i = 0; i < found.word.n; i++)
        strbuf_addf(out, "%s\t%s\n", found.word.item[i], found.help.item[i]);
    complete_release(&found);
    strlist_release(&words);
}

static enum err
run(struct cli *c, struct errbuf *eb)
{
    char *const *arg = c->opts.arg;
    struct strbuf out = {0};

    if (strcmp(arg[0], "bash") == 0 && c->opts.n_args == 3)
        answer_bash(c, arg[1], arg[2], &out);
    else if (strcmp(arg[0], "zsh") == 0)
        answer_zsh(c, arg + 1, c->opts.n_args - 1, &out);
    else
        return err_set(eb, ERR_ARG, "internal-complete %s: must be bash or zsh",
                       arg[0]);
    out_text(c, strbuf_str(&out));
    strbuf_release(&out);
    return ERR_OK;
}

const struct cmd cmd_internal_complete = {
    .name = "internal-complete",
    .usage = "bash BREAKS LINE|zsh WORD...",
    .summary = "what may stand where the cursor is, for the shell",
    .example = "hcelab internal-complete zsh sh",
    .min_args = 1,
    .max_args = SIZE_MAX,
    .flags = CMD_HIDDEN | CMD_RAW,
    .run = run,
};
