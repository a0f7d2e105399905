/* ui_command.h - the command line of the dashboard.
 *
 * Threads: owner thread only.
 * Errors:  none; what goes wrong is said in the message line. */
#ifndef TUI_UI_COMMAND_H
#define TUI_UI_COMMAND_H

#include "tui/list.h"
#include "tui/ui.h"

/* Do what a line says; l is the table in front, or NULL. */
void ui_command(struct ui *ui, const char *line, struct list *l);

#endif
