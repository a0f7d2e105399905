/* ui_export.h - what is on the screen as a file: for ui.c and ui_command.c.
 *
 * Threads: owner thread only.
 * Errors:  ERR_ARG, ERR_CONFLICT and errors of writing, with what would do. */
#ifndef TUI_UI_EXPORT_H
#define TUI_UI_EXPORT_H

#include "draw/table.h"
#include "tui/ui.h"

/* Ask for a file name, with one proposed that does not exist yet. */
void ui_export_ask(struct ui *ui);

/* The same with a suffix that the view in front knows: ".svg". */
void ui_export_ask_as(struct ui *ui, const char *suffix);

/* Write what the view in front shows to a new file; its suffix chooses the format.
 * An empty path takes the name that would be proposed. */
MUST_CHECK enum err ui_export_to(struct ui *ui, const char *path, struct errbuf *eb);

/* ".csv .json .md": the suffixes that the view in front knows; "" if it has nothing to
 * export. */
const char *ui_export_suffixes(const struct ui *ui);

/* The table format of a suffix; false if there is none. */
bool ui_export_format(const char *suffix, enum table_format *format);

#endif
