/* obs_column.h - making and cutting columns of coded text.
 *
 * Threads: one thread per object.
 * Errors:  none.
 * Tests:   tests/test_h5frame.c */
#ifndef DATA_OBS_COLUMN_H
#define DATA_OBS_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/strlist.h"
#include "data/dataset.h"

/* Make a column of n cells from codes into `text` (-1 = missing): levels are sorted
 * bytewise, those that no cell has are dropped.  Takes ownership of code. */
void obs_column_init(struct obs_column *c, const char *name, int32_t *code, size_t n,
                     const struct intern *text);

/* The same of codes of any width, which are empty then. */
void obs_column_make(struct obs_column *c, const char *name, struct codes *code,
                     size_t n, const struct intern *text);
void obs_column_release(struct obs_column *c);

/* Keep the cells cell[0..n) (ascending), in place, and the levels that they have. */
void obs_column_cut(struct obs_column *c, const uint32_t *cell, size_t n);

/* Level of a cell, or NULL where it is missing.  Borrowed from c. */
const char *obs_column_text(const struct obs_column *c, size_t cell);

#endif
