/* test_report_table.c - published tables in the shapes that pandas gives them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "exchange/report_table.h"
#include "tests/support.h"

static void
add_number(struct strbuf *out, double x)
{
    if (isnan(x))
        strbuf_adds(out, "-");
    else
        strbuf_addf(out, "%g", x);
}

/* Kind, group, name, values and support of each row, then unknown columns. */
static void
describe(const struct report_table *t, struct strbuf *out)
{
    static const char *const kind[] = {"class", "whole", "accuracy",
                                       "micro", "macro", "weighted"};

    for (size_t i = 0; i < t->n; i++) {
        const struct report_table_row *r = &t->row[i];

        strbuf_addf(out, "%s %s '%s'", kind[r->kind], r->group ? r->group : "-",
                    r->name);
        for (size_t m = 0; m < REPORT_METRICS; m++) {
            strbuf_addc(out, ' ');
            add_number(out, r->value[m]);
        }
        strbuf_addf(out, " %lld\n", (long long)r->support);
    }
    for (size_t i = 0; i < t->unknown.n; i++)
        strbuf_addf(out, "unknown '%s'\n", t->unknown.item[i]);
}

static void
table_is(const char *group, const char *text, const char *want)
{
    struct report_table t;
    struct strbuf got = {0};
    struct errbuf eb = {""};

    if (report_table_parse(&t, group, text, strlen(text), "t.csv", &eb))
        fail_msg("%s", eb.text);
    describe(&t, &got);
    assert_string_equal(strbuf_str(&got), want);
    strbuf_release(&got);
    report_table_release(&t);
}

static void
table_fails(const char *group, const char *text, const char *why)
{
    struct report_table t;
    struct errbuf eb = {""};

    assert_int_equal(report_table_parse(&t, group, text, strlen(text), "t.csv", &eb),
                     ERR_FORMAT);
    if (!strstr(eb.text, why))
        fail_msg("'%s' has no '%s'", eb.text, why);
    assert_int_equal(t.n, 0);
}

static void
test_table__of_a_report(void **state)
{
    (void)state;
    table_is(NULL,
             ",precision,recall,f1-score,support\n"
             "accuracy,0.5,0.5,0.5,0.5\n" /* pandas repeats it, as support too */
             "macro avg,0.25,0.5,0.125,8.0\nweighted avg,1.0,0.75,0.5,8.0\n",
             "accuracy - '' 0.5 0.5 0.5 - - - -1\nmacro - '' 0.25 0.5 0.125 - - - 8\n"
             "weighted - '' 1 0.75 0.5 - - - 8\n");
    table_is(NULL, "Unnamed: 0,support,f1-score\n17,12.0,0.5\nmicro avg,12.0,1\n",
             "class - '17' - - 0.5 - - - 12\nmicro - '' - - 1 - - - 12\n");
    table_is(NULL, "cell_type,F1,extra\n\"B cell, naive\",nan,7\n",
             "class - 'B cell, naive' - - - - - - -1\nunknown 'extra'\n");
}

static void
test_table__of_groups(void **state)
{
    (void)state;
    table_is("tissue",
             "tissue,f1_macro,accuracy,n_cells\nlung,0.5,1,3\n\"a,\"\"b\"\"\",0,,\n",
             "whole lung '' - - 0.5 - - 1 3\nwhole a,\"b\" '' - - 0 - - - -1\n");
    /* The index counts the rows; another column is the group. */
    table_is("disease", ",disease,f1\n0,normal,0.5\n1,other,1\n",
             "whole normal '' - - 0.5 - - - -1\nwhole other '' - - 1 - - - -1\n");
    /* The index without a name is the group. */
    table_is("tissue", ",f1-score,support\nlung,0.5,3\n",
             "whole lung '' - - 0.5 - - - 3\n");
    /* The index is the row of a report for each group. */
    table_is("assay",
             ",f1-score,support,assay\n4,1,1,x\nmacro avg,1,1,x\n4,0,2,y\n"
             "macro avg,0,2,y\n",
             "class x '4' - - 1 - - - 1\nmacro x '' - - 1 - - - 1\n"
             "class y '4' - - 0 - - - 2\nmacro y '' - - 0 - - - 2\n");
    table_is("tissue",
             "tissue,class,f1,f1_weighted,f1_micro\nlung,4,1,,\nlung,,0.5,0.5,1\n",
             "class lung '4' - - 1 - - - -1\nwhole lung '' - - 0.5 0.5 1 - -1\n");
    /* Called otherwise than expected. */
    table_is("dataset_id", "dataset,f1\nd1,1\n", "whole d1 '' - - 1 - - - -1\n");
}

static void
test_table__ends_and_spaces_do_not_matter(void **state)
{
    (void)state;
    table_is(NULL, "\xef\xbb\xbf,f1\r\n 7 x,1\r\n\r\n8,0",
             "class - ' 7 x' - - 1 - - - -1\nclass - '8' - - 0 - - - -1\n");
    table_is(NULL, ",f1\n", "");
}

static void
test_table__what_is_none_is_refused(void **state)
{
    (void)state;
    table_fails(NULL, "", "is empty");
    table_fails(NULL, "a,b\n1,2\n", "no column of metrics");
    table_fails(NULL, "f1\n1\n", "no column that names the rows");
    table_fails("tissue", "f1\n1\n", "no column 'tissue'");
    table_fails(NULL, ",f1\n3,1,2\n", "row 2, field 3: more fields");
    table_fails(NULL, ",f1\n3\n", "fewer fields");
    table_fails(NULL, ",f1\n3,x\n", "row 2, column 'f1': 'x' is no number");
    table_fails(NULL, ",f1\n3,0x1\n", "no number");
    table_fails(NULL, ",f1\n3,inf\n", "no number");
    table_fails(NULL, ",f1\n3,1.5\n", "not within 0 and 1");
    table_fails(NULL, ",f1\n3,-0.1\n", "not within 0 and 1");
    table_fails(NULL, ",f1,support\n3,1,2.5\n", "no count of cells");
    table_fails(NULL, ",f1,support\n3,1,-2\n", "no count of cells");
    table_fails(NULL, ",f1\n3,1\n3,0\n", "row 3 is about the same");
    table_fails(NULL, ",f1\n,1\n", "row 2 has no name");
    table_fails(NULL, ",f1\n\"3,1\n", "t.csv");
    table_fails(NULL, ",f1,f1-score\n3,1,1\n", "say the same");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__of_a_report),
        cmocka_unit_test(test_table__of_groups),
        cmocka_unit_test(test_table__ends_and_spaces_do_not_matter),
        cmocka_unit_test(test_table__what_is_none_is_refused),
    };

    return cmocka_run_group_tests_name("report_table", tests, NULL, NULL);
}
