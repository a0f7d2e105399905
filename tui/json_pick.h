/* json_pick.h - single values out of the JSON that this program's own commands print.
 *
 * Not a parser: it looks for a key of the outermost object, and relies on quotes inside
 * of texts being escaped, as strbuf_add_json writes them.
 *
 * Threads: any thread.
 * Errors:  false, and nothing is set, if the key or a value of the kind is absent. */
#ifndef TUI_JSON_PICK_H
#define TUI_JSON_PICK_H

#include <stdbool.h>
#include <stddef.h>

bool json_pick_number(const char *json, const char *key, double *out);

/* A text, or the first text of an array; cut to size bytes. */
bool json_pick_text(const char *json, const char *key, char *out, size_t size);

#endif
