/* ui_config.h - what the user chose, and where it is kept: for ui.c and ui_command.c.
 *
 * Threads: owner thread only.
 * Errors:  those of config_write; what cannot be read is said in the message line. */
#ifndef TUI_UI_CONFIG_H
#define TUI_UI_CONFIG_H

#include "tui/ui.h"

/* Read the file of the options, and take from it and from the options what concerns the
 * frame. */
void ui_config_open(struct ui *ui);

/* Take what concerns a view that was just opened. */
void ui_config_view(struct ui *ui, size_t view);

/* Write the file if anything changed. */
MUST_CHECK enum err ui_config_save(struct ui *ui, struct errbuf *eb);

/* The user chooses; kept. */
void ui_set_theme(struct ui *ui, enum theme theme);
void ui_set_glyphs(struct ui *ui, enum chart_glyphs glyphs);
void ui_set_refresh(struct ui *ui, int refresh_ms);

#endif
