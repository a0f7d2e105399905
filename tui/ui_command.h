/* ui_command.h - the command line of the dashboard: for ui.c, ui_draw.c and the help.
 *
 * Threads: owner thread only.
 * Errors:  none; what is wrong is said in the message line. */
#ifndef TUI_UI_COMMAND_H
#define TUI_UI_COMMAND_H

#include "base/strbuf.h"
#include "tui/list.h"
#include "tui/ui.h"

/* Carry out a line of the `:` prompt.  l: the table of the view in front, or NULL. */
void ui_command(struct ui *ui, const char *line, struct list *l);

/* Complete the word at the end of what is being typed into the prompt: a command, a
 * column, a name. */
void ui_complete(struct ui *ui, struct list *l);

/* Append what could be typed at the end of a command line: commands, or the help of the
 * one that stands there. */
void ui_command_hint(const struct ui *ui, const char *line, const struct list *l,
                     struct strbuf *out);

struct command_info {
    const char *word, *args, *help;
};

/* Command i, or NULL past the end. */
const struct command_info *ui_command_info(size_t i);

#endif
