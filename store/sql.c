/* sql.c - the table of statements. */
#include "store/sql.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
} sql_table[SQL_COUNT] = {
#define SQL(id, text) [SQL_##id] = {#id, text},
#include "store/sql_list.inc"
#undef SQL
};

const char *
sql_text(enum sql_id id)
{
    return sql_table[id].text;
}

const char *
sql_name(enum sql_id id)
{
    return sql_table[id].name;
}

enum sql_id
sql_find(const char *name)
{
    size_t i = 0;

    while (i < SQL_COUNT && strcmp(sql_table[i].name, name) != 0)
        i++;
    return (enum sql_id)i;
}
