/* settings.h - what of a view survives a restart: a table of keys, types and places,
 * read from and written to the config file by one function each.
 *
 * In the file the keys are "<view>.<key>", those of the frame "<key>".
 *
 * Threads: owner thread only.
 * Errors:  none; a value that is not understood is ignored and counted (config_bad). */
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include <stddef.h>

#include "tui/config.h"

enum setting_type {
    SETTING_TEXT,   /* char *, owned; NULL: not chosen; one of the choices, if any */
    SETTING_CHOICE, /* an enum, or an int that counts the choices */
    SETTING_BOOL,   /* bool: yes or no */
    SETTING_INT,    /* int in min..max */
    SETTING_LIST    /* struct list: sort, order, filter and columns */
};

struct setting {
    const char *key; /* [a-z_]+; "" for the list of a view */
    enum setting_type type;
    size_t offset;                   /* of the field in the state */
    const char *(*choice)(size_t i); /* the name of choice i; NULL past the end */
    int min, max;
    const char *help;
};

/* Take the values that c has for the n settings of `view` ("": the frame) into state. */
void settings_load(struct config *c, const char *view, const struct setting *s,
                   size_t n, void *state);

/* Put the values of state into c. */
void settings_save(struct config *c, const char *view, const struct setting *s,
                   size_t n, const void *state);

/* The index of the choice of that name, or -1. */
int setting_find(const struct setting *s, const char *name);

/* Append "key  values  help", one line for each key in the file, as fields separated by
 * tabs. */
void settings_describe(const char *view, const struct setting *s, size_t n,
                       struct strbuf *out);

#endif
