/* test_import_own.c - what export wrote is imported: into the store that it is from it
 * changes nothing, into an empty one it brings everything; damaged tables bring nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tests/store_dump.h"
#include "tests/support.h"
#include "transfer/export_tree.h"
#include "transfer/import_tree.h"

enum { RUNS = 7 }; /* of tests/import/tree */

struct lab {
    char *dir, *db, *other, *out; /* owned */
    struct import_report report;
    struct errbuf eb;
};

static int
open_lab(void **state)
{
    struct lab *l = xcalloc(1, sizeof *l);

    l->dir = support_tmpdir();
    l->db = xasprintf("%s/store.db", l->dir);
    l->other = xasprintf("%s/other.db", l->dir);
    l->out = xasprintf("%s/out", l->dir);
    *state = l;
    return 0;
}

static int
close_lab(void **state)
{
    struct lab *l = *state;

    import_report_release(&l->report);
    support_rmtree(l->dir);
    free(l->db);
    free(l->other);
    free(l->out);
    free(l);
    return 0;
}

static struct store *
opened(struct lab *l, const char *path)
{
    struct store *s;

    if (store_open(&s, path, STORE_CREATE, &l->eb))
        fail_msg("%s", l->eb.text);
    return s;
}

static void
import(struct lab *l, const char *db, const char *path)
{
    struct store *s = opened(l, db);

    import_report_release(&l->report);
    if (import_tree(s, path, &(struct import_wish){0}, &l->report, &l->eb))
        fail_msg("%s", l->eb.text);
    store_close(s);
}

static void
import_fixture(struct lab *l)
{
    const char *srcdir = getenv("srcdir");
    char *tree = xasprintf("%s/tests/import/tree/tb_logs", srcdir ? srcdir : ".");

    import(l, l->db, tree);
    free(tree);
}

static void
export_all(struct lab *l, const char *db, const char *rule)
{
    const struct export_wish wish = {.rule = rule, .force = true};
    struct store *s = opened(l, db);
    int64_t *id = NULL;
    size_t n;

    if (export_tree_runs(s, NULL, &id, &n, &l->eb) ||
        export_tree(s, l->out, id, n, &wish, &l->eb))
        fail_msg("%s", l->eb.text);
    assert_int_equal(n, RUNS);
    free(id);
    store_close(s);
}

static void
outcomes(const struct lab *l, size_t added, size_t updated, size_t unchanged)
{
    for (size_t i = 0; i < l->report.n; i++)
        if (l->report.row[i].outcome == IMPORT_UNREADABLE)
            fail_msg("%s: %s", l->report.row[i].path, l->report.row[i].detail);
    assert_int_equal(import_report_count(&l->report, IMPORT_ADDED, "run"), added);
    assert_int_equal(import_report_count(&l->report, IMPORT_UPDATED, "run"), updated);
    assert_int_equal(import_report_count(&l->report, IMPORT_UNCHANGED, "run"),
                     unchanged);
}

/* Without the lines, or without what they say of where and when a run was read. */
static char *
without_places(const char *dump)
{
    struct strlist all = {0}, kept = {0};

    strlist_split(&all, dump, '\n');
    for (size_t i = 0; i < all.n; i++) {
        char *slash = strstr(all.item[i], "|/"); /* source_path and what follows */

        if (strncmp(all.item[i], "run|", 4) == 0 && slash)
            *slash = '\0';
        if (strncmp(all.item[i], "evaluation|", 11) == 0 && strrchr(all.item[i], '|')) {
            char *origin = strrchr(all.item[i], '|'); /* created_us before it */

            *origin = '\0';
            *strrchr(all.item[i], '|') = '\0';
        }
        strlist_add(&kept, all.item[i]);
    }
    char *text = strlist_join(&kept, "\n");
    strlist_release(&all);
    strlist_release(&kept);
    return text;
}

/* --- there and back --- */

static void
test_import_own__the_same_store_stays_as_it_is(void **state)
{
    struct lab *l = *state;

    import_fixture(l);
    char *before = store_dump(l->db);
    export_all(l, l->db, "hierarchy");
    import(l, l->db, l->out);
    outcomes(l, 0, 0, RUNS);
    char *after = store_dump(l->db);
    store_dump_equal(before, after, "after an import of its export");
    free(before);
    free(after);
}

static void
test_import_own__an_empty_store_gets_everything(void **state)
{
    struct lab *l = *state;

    import_fixture(l);
    export_all(l, l->db, "exact");
    import(l, l->other, l->out);
    outcomes(l, RUNS, 0, 0);
    char *a = store_dump(l->db), *b = store_dump(l->other);
    char *want = without_places(a), *got = without_places(b);
    assert_true(strlen(want) > 100000);
    store_dump_equal(want, got, "what came back");
    import(l, l->other, l->out);
    outcomes(l, 0, 0, RUNS);
    free(a);
    free(b);
    free(want);
    free(got);
}

/* An export of before the tables of ours were written: it has one rule, no confusions. */
static void
test_import_own__what_a_folder_does_not_have_stays(void **state)
{
    struct lab *l = *state;
    char *bare = xasprintf("find '%s' -name hcelab -prune -exec rm -r {} +", l->out);

    import_fixture(l);
    char *before = store_dump(l->db);
    export_all(l, l->db, "hierarchy");
    assert_int_equal(system(bare), 0);
    import(l, l->db, l->out);
    char *after = store_dump(l->db);
    for (const char *line = before; line;) {
        size_t n = strcspn(line, "\n");
        char *row = xstrndup(line, n);

        if ((strncmp(row, "score|", 6) == 0 ||
             strncmp(row, "confusion_count|", 16) == 0) &&
            !strstr(after, row))
            fail_msg("lost: %s", row);
        line = line[n] ? line + n + 1 : NULL;
        free(row);
    }
    free(before);
    free(after);
    free(bare);
}

/* --- what is wrong with a table --- */

static bool
says(const struct lab *l, const char *path, const char *detail)
{
    for (size_t i = 0; i < l->report.n; i++)
        if (l->report.row[i].outcome == IMPORT_UNREADABLE &&
            strstr(l->report.row[i].path, path) &&
            strstr(l->report.row[i].detail, detail))
            return true;
    return false;
}

static void
test_import_own__a_damaged_table_brings_nothing(void **state)
{
    static const struct {
        const char *file, *text, *says;
    } wrong[] = {
        {"evaluations.csv", "evaluation,checkpoint\nid,best\n",
         "no column 'is_primary'"},
        {"evaluations.csv",
         "evaluation,checkpoint,is_primary,origin,cells_digest,n_cells,n_unknown\n"
         "id,best,1,scored,xyz,3,0\n",
         "no digest"},
        {"f1.csv",
         "evaluation,checkpoint,rule,facet,label,class,precision,recall,f1,f1_weighted,"
         "f1_micro,accuracy,support,n_classes\n"
         "nosuch,best,exact,all,all,,1,1,1,1,1,1,3,1\n",
         "no evaluation of evaluations.csv"},
        {"f1.csv",
         "evaluation,checkpoint,rule,facet,label,class,precision,recall,f1,f1_weighted,"
         "f1_micro,accuracy,support,n_classes\n"
         "ood,best,exact,all,all,,1,1,1,1,1,1,3,1\n"
         "ood,best,exact,all,all,,1,1,1,1,1,1,3,1\n",
         "about the same"},
        {"f1.csv",
         "evaluation,checkpoint,rule,facet,label,class,precision,recall,f1,f1_weighted,"
         "f1_micro,accuracy,support,n_classes\n"
         "ood,best,exact,all,all,,1,1,1.5,1,1,1,3,1\n",
         "'1.5' is no number from 0 to 1"},
        {"confusion.csv",
         "evaluation,checkpoint,true_label,predicted_label,n,relation\n"
         "ood,best,a,b,3,uncle\n",
         "no word"},
        {"curves.csv", "metric,step,epoch,wall_s,value\nlr,-1,0,0,1\n", "whole number"},
        {"class_edges.csv", "ancestor,descendant\n0,164\n", "from 0 to 163"},
        {"source_params.csv", "file,name,value,is_null\nx.yaml,a,b,0\n", "no word"},
    };
    struct lab *l = *state;
    char *run = xasprintf("%s/tb_logs/linear/default/version_3", l->out);

    import_fixture(l);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *path = xasprintf("%s/hcelab/%s", run, wrong[i].file);

        export_all(l, l->db, "hierarchy");
        support_write(path, wrong[i].text);
        import(l, l->other, run);
        if (!says(l, wrong[i].file, wrong[i].says))
            fail_msg("%s: nothing says '%s'", wrong[i].file, wrong[i].says);
        unlink(l->other);
        free(path);
    }
    /* Where scores cannot be read the published tables count: one rule. */
    export_all(l, l->db, "hierarchy");
    char *f1 = xasprintf("%s/hcelab/f1.csv", run);
    support_write(f1, "x\n");
    import(l, l->other, run);
    char *dump = store_dump(l->other);
    assert_non_null(strstr(dump, "score|"));
    free(dump);
    free(f1);
    free(run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_import_own__the_same_store_stays_as_it_is,
                                        open_lab, close_lab),
        cmocka_unit_test_setup_teardown(test_import_own__an_empty_store_gets_everything,
                                        open_lab, close_lab),
        cmocka_unit_test_setup_teardown(
            test_import_own__what_a_folder_does_not_have_stays, open_lab, close_lab),
        cmocka_unit_test_setup_teardown(test_import_own__a_damaged_table_brings_nothing,
                                        open_lab, close_lab),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
