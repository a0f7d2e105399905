/* store_dump.h - all facts of a store as text, with numbers resolved, for comparing. */
#ifndef TESTS_STORE_DUMP_H
#define TESTS_STORE_DUMP_H

/* One line per row of every table of the schema, in bytewise order.  Numbers that a store
 * gives (run_id, word_id, ...) are replaced by what they stand for; tables about one file
 * or machine (meta, lease, worker, run_change) are left out, and so are sets that no run
 * refers to.  Which columns there are is asked of the schema.  Caller frees. */
char *store_dump(const char *path);

/* Fail, with the first lines that differ, unless both texts are equal. */
void store_dump_equal(const char *a, const char *b, const char *what);

#endif
