/* app.h - the dashboard as one call.
 *
 * Threads: owner thread only.
 * Errors:  ERR_IO if there is no terminal; errors of store_open. */
#ifndef TUI_APP_H
#define TUI_APP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

struct app_options {
    const char *store_path; /* the store need not exist yet */
    const char *self_path;  /* this program, started for queue add, worker, cancel */
    const char *view;       /* first view, by name; NULL: runs */
    bool read_only;         /* look at a colleague's store: nothing is written */
    bool ascii;             /* no Unicode glyphs */
    const char *theme;      /* auto, dark, light or mono; NULL: as kept, or auto */
    const char *glyphs;     /* braille, block or ascii; NULL: as kept, or braille */
    unsigned refresh_ms;    /* between polls of the store; 0: as kept, or 250 */
    /* The file of what the user chose.  NULL: app_run takes the usual one
     * (config.h), ui_init none. */
    const char *config_path;
};

enum { APP_MIN_REFRESH_MS = 50, APP_MAX_REFRESH_MS = 60000 };

/* Append what the config file may hold, a line each: key, values and meaning, separated
 * by tabs. */
void app_describe_config(struct strbuf *out);

/* Run until the user leaves.  The terminal is as before on every way out. */
MUST_CHECK enum err app_run(const struct app_options *opt, struct errbuf *eb);

/* The views in their order, for the manual: the key that opens each ("": none) and the
 * command that prints the same numbers (NULL: none). */
typedef void (*app_view_fn)(void *ctx, const char *key, const char *title,
                            const char *help, const char *command);
void app_views_each(app_view_fn view, void *ctx);

/* The keys: for each place where keys hold its title, then its keys with what they do. */
typedef void (*app_context_fn)(void *ctx, const char *title);
typedef void (*app_key_fn)(void *ctx, const char *keys, const char *help);
void app_keys_each(app_context_fn context, app_key_fn key, void *ctx);

#endif
