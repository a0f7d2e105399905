/* view.h - what a view is.  To add one: write view_<id>.c ending in a `const struct
 * view view_<id>`, and add VIEW(<id>, key) to views.def.
 *
 * A view keeps private state, reads the model, fills rows or draws on a canvas, and acts
 * on actions; it knows neither keys nor the terminal.
 *
 * Threads: owner thread only.
 * Errors:  none; what goes wrong is said with ui_say. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "draw/canvas.h"
#include "tui/action.h"

struct ui;
struct list;
struct setting;
struct strbuf;

enum input_phase { INPUT_EDIT, INPUT_ACCEPT, INPUT_DISCARD };

enum { VIEW_CONTEXTS = 3 };

struct view {
    const char *name;    /* on the command line; [a-z]+ */
    const char *title;   /* in the bar */
    const char *help;    /* one sentence for the help view */
    const char *command; /* the command that prints the same numbers, or NULL */
    enum context context[VIEW_CONTEXTS]; /* besides CTX_GLOBAL (0), first wins */
    size_t state_size; /* bytes of private state, zeroed before open */

    /* All may be NULL.  open: once, before anything else.  show: each time the view
     * comes to the front.  refresh: after show, and when the store changed. */
    void (*open)(void *state, struct ui *ui);
    void (*close)(void *state);
    void (*show)(void *state, struct ui *ui);
    void (*refresh)(void *state, struct ui *ui);
    void (*draw)(void *state, struct ui *ui, struct canvas *cv);

    /* True if the action was one of the view's. */
    bool (*act)(void *state, struct ui *ui, enum action action);

    /* True if ACT_BACK stays in the view: something of it is open that it closes. */
    bool (*is_inside)(const void *state);

    /* Text typed into a prompt that the view opened for `what` (ui_prompt). */
    void (*input)(void *state, struct ui *ui, enum action what, const char *text,
                  enum input_phase phase);

    /* The table of the view: it gets moving, sorting, searching, filtering and export
     * from the frame. */
    struct list *(*list)(void *state);

    /* What `export` writes where that is not the table: the text for a suffix of
     * `suffixes` (".csv .json"), under a name of the view's choice (NULL: its own).
     * False: there is nothing to write now. */
    const char *suffixes;
    bool (*export)(void *state, struct ui *ui, const char *suffix, struct strbuf *out);
    const char *(*export_name)(const void *state);

    /* What survives a restart (settings.h), and how many. */
    const struct setting *settings;
    size_t n_settings;
};

#define VIEW(id, key) extern const struct view view_##id;
#include "tui/views.def"
#undef VIEW

enum view_id {
#define VIEW(id, key) VIEW_##id,
#include "tui/views.def"
#undef VIEW
    VIEW_COUNT
};

/* View i < VIEW_COUNT; the key that opens it (KEY_NONE: not in the bar). */
const struct view *view_get(size_t i);
int view_key(size_t i);

/* The view that ACT_OPEN_<id> opens, or NULL for other actions. */
const struct view *view_of_action(enum action action);

/* Index of the view of that name, or VIEW_COUNT. */
size_t view_find(const char *name);

#endif
