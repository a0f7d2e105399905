/* yaml_scalar.h - what an unquoted word of YAML means where PyYAML reads it.
 *
 * PyYAML keeps to YAML 1.1: "on" is true, "0200" octal, "1:30" ninety, "1_000" a thousand;
 * "1e-5" (no point) and "08" are texts.
 *
 * Threads: any thread.
 * Errors:  none.
 * Source:  https://yaml.org/type/ (bool, float, int, null); values of PyYAML 6.
 * Tests:   tests/test_source_params.c */
#ifndef EXCHANGE_YAML_SCALAR_H
#define EXCHANGE_YAML_SCALAR_H

#include <stdbool.h>

/* "", "~", "null", "Null", "NULL". */
bool yaml_scalar_is_null(const char *word);

/* "true" or "false", a decimal integer, a number that strtod reads; NULL: the word stands
 * for itself (texts, numbers that read the same, integers beyond 64 bits).  Caller frees.
 */
char *yaml_scalar_meaning(const char *word);

#endif
