/* test_catalog.c - the catalog describes the views of a fresh store, all and nothing
 * more. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "store/catalog.h"
#include "tests/store_support.h"

/* First columns of a query, one per line.  Caller frees. */
static char *
lines(struct store_box *b, const char *sql, const char *name)
{
    struct strbuf sb = {0};
    sqlite3 *db;
    sqlite3_stmt *st;

    assert_int_equal(sqlite3_open_v2(b->path, &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    if (name)
        sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    while (sqlite3_step(st) == SQLITE_ROW)
        strbuf_addf(&sb, "%s\n", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
    char *text = xstrdup(strbuf_str(&sb));
    strbuf_release(&sb);
    return text;
}

/* True if the lines have this one. */
static bool
has_line(const char *text, const char *line)
{
    size_t n = strlen(line);

    for (const char *p = text; (p = strstr(p, line)); p += n)
        if ((p == text || p[-1] == '\n') && p[n] == '\n')
            return true;
    return false;
}

static bool
is_internal(const char *view)
{
    const char *name;

    for (size_t i = 0; (name = catalog_internal(i)); i++)
        if (strcmp(name, view) == 0)
            return true;
    return false;
}

static void
test_views__are_all_described(void **state)
{
    char *list = lines(*state, "SELECT name FROM sqlite_schema WHERE type = 'view'", 0);
    char *rest = list, *name;
    size_t n = 0;

    while ((name = strsep(&rest, "\n")) && *name) {
        if (!catalog_find(name) && !is_internal(name))
            fail_msg("the view %s is not described: add VIEW(%s, ...) with a line for "
                     "each column to store/catalog.def (or INTERNAL(%s))",
                     name, name, name);
        if (catalog_find(name) && is_internal(name))
            fail_msg("store/catalog.def has %s twice", name);
        n++;
    }
    assert_true(n >= 18);
    free(list);
}

static void
test_views__that_are_described_exist_once(void **state)
{
    char *list = lines(*state, "SELECT name FROM sqlite_schema WHERE type = 'view'", 0);
    const struct catalog_view *v;
    const char *name;

    for (size_t i = 0; (v = catalog_view(i)); i++) {
        if (!has_line(list, v->name))
            fail_msg("store/catalog.def: there is no view %s", v->name);
        if (catalog_find(v->name) != v)
            fail_msg("store/catalog.def describes %s twice", v->name);
    }
    for (size_t i = 0; (name = catalog_internal(i)); i++)
        if (!has_line(list, name))
            fail_msg("store/catalog.def: there is no view %s", name);
    free(list);
}

static void
test_columns__are_described_once_in_order(void **state)
{
    const struct catalog_view *v;
    const struct catalog_column *c;

    for (size_t i = 0; (v = catalog_view(i)); i++) {
        char *list = lines(
            *state, "SELECT name FROM pragma_table_xinfo(?) ORDER BY cid", v->name);
        char *rest = list, *name;
        size_t k = 0;

        for (; (name = strsep(&rest, "\n")) && *name; k++) {
            c = catalog_column(v, k);
            if (!c || strcmp(c->name, name) != 0)
                fail_msg("store/catalog.def: column %zu of view %s is %s, and %s is "
                         "described: add COLUMN(%s, ...) or SAME(view, %s) there",
                         k + 1, v->name, name, c ? c->name : "nothing", name, name);
        }
        if ((c = catalog_column(v, k)))
            fail_msg("store/catalog.def: the view %s has no column %s", v->name,
                     c->name);
        free(list);
    }
}

/* SQLite knows the type of a column that is a table's column, and "" for others. */
static void
test_columns__have_the_types_of_the_tables(void **state)
{
    const struct catalog_view *v;
    const struct catalog_column *c;
    size_t known = 0;

    for (size_t i = 0; (v = catalog_view(i)); i++) {
        char *list = lines(
            *state, "SELECT type FROM pragma_table_xinfo(?) ORDER BY cid", v->name);
        char *rest = list, *type;

        for (size_t k = 0; (type = strsep(&rest, "\n")) && (c = catalog_column(v, k));
             k++) {
            known += *type != '\0';
            if (*type && strcmp(type, c->type) != 0)
                fail_msg("store/catalog.def: %s.%s is %s, not %s", v->name, c->name,
                         type, c->type);
        }
        free(list);
    }
    assert_true(known > 100);
}

static void
test_columns__are_told_in_words(void **state)
{
    const struct catalog_view *v;
    const struct catalog_column *c;

    (void)state;
    for (size_t i = 0; (v = catalog_view(i)); i++) {
        if (!*v->row || v->row[strlen(v->row) - 1] == '.')
            fail_msg("store/catalog.def: say what a row of %s is, without a full stop",
                     v->name);
        for (size_t k = 0; (c = catalog_column(v, k)); k++) {
            if (!*c->meaning || c->meaning[strlen(c->meaning) - 1] == '.')
                fail_msg("store/catalog.def: say what %s.%s means, without a full stop",
                         v->name, c->name);
            if (strcmp(c->type, "INTEGER") != 0 && strcmp(c->type, "REAL") != 0 &&
                strcmp(c->type, "TEXT") != 0)
                fail_msg("store/catalog.def: %s.%s: no type %s", v->name, c->name,
                         c->type);
        }
    }
}

static bool
has_column(const struct catalog_view *v, const char *name)
{
    const struct catalog_column *c;

    for (size_t k = 0; (c = catalog_column(v, k)); k++)
        if (strcmp(c->name, name) == 0)
            return true;
    return false;
}

static void
test_views__have_a_key_of_their_columns(void **state)
{
    const struct catalog_view *v;

    (void)state;
    for (size_t i = 0; (v = catalog_view(i)); i++) {
        char *list = xstrdup(v->key), *rest = list, *name;

        if (!*v->key != (v->alike != NULL))
            fail_msg("store/catalog.def: say which columns tell rows of %s apart",
                     v->name);
        while (!v->alike && (name = strsep(&rest, ","))) {
            name += strspn(name, " ");
            if (!has_column(v, name))
                fail_msg("store/catalog.def: the key of %s has no column %s", v->name,
                         name);
        }
        free(list);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views__are_all_described),
        cmocka_unit_test(test_views__that_are_described_exist_once),
        cmocka_unit_test(test_columns__are_described_once_in_order),
        cmocka_unit_test(test_columns__have_the_types_of_the_tables),
        cmocka_unit_test(test_columns__are_told_in_words),
        cmocka_unit_test(test_views__have_a_key_of_their_columns),
    };

    return cmocka_run_group_tests_name("catalog", tests, store_box_setup,
                                       store_box_teardown);
}
