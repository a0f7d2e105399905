/* sql.h - every SQL statement of the program, by name.
 *
 * The text lives in store/sql/ and is compiled in; nothing else in the tree contains
 * SQL.  Blocks keep the order of their files: m<N>_* are the steps of migration N.
 *
 * Threads: any thread.
 * Errors:  none. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

enum sql_id {
#define SQL(id, text) SQL_##id,
#include "store/sql_list.inc"
#undef SQL
    SQL_COUNT
};

/* Text and name of a statement; static storage. */
const char *sql_text(enum sql_id id);
const char *sql_name(enum sql_id id);

/* The statement of that name, or SQL_COUNT. */
enum sql_id sql_find(const char *name);

#endif
