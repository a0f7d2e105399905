/* test_source_params.c - hparams.yaml and parameters.json as names and values. */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "exchange/source_params.h"
#include "tests/support.h"

static void
values(struct source_params *p, struct strbuf *out)
{
    strbuf_reset(out);
    for (size_t i = 0; i < p->n; i++)
        strbuf_addf(out, "%s=%s\n", p->row[i].name,
                    p->row[i].value ? p->row[i].value : "(null)");
    source_params_release(p);
}

static void
yaml_is(const char *text, const char *want)
{
    struct source_params p;
    struct strbuf got = {0};
    struct errbuf eb = {""};

    if (source_params_yaml(&p, text, strlen(text), "f.yaml", &eb))
        fail_msg("%s", eb.text);
    values(&p, &got);
    assert_string_equal(strbuf_str(&got), want);
    strbuf_release(&got);
}

static void
json_is(const char *text, const char *want)
{
    struct source_params p;
    struct strbuf got = {0};
    struct errbuf eb = {""};

    if (source_params_json(&p, text, strlen(text), "f.json", &eb))
        fail_msg("%s", eb.text);
    values(&p, &got);
    assert_string_equal(strbuf_str(&got), want);
    strbuf_release(&got);
}

static void
yaml_fails(const char *text, const char *why)
{
    struct source_params p;
    struct errbuf eb = {""};

    assert_int_equal(source_params_yaml(&p, text, strlen(text), "f.yaml", &eb),
                     ERR_FORMAT);
    if (!strstr(eb.text, why))
        fail_msg("'%s' has no '%s'", eb.text, why);
    assert_int_equal(p.n, 0);
}

static void
json_fails(const char *text, const char *why)
{
    struct source_params p;
    struct errbuf eb = {""};

    assert_int_equal(source_params_json(&p, text, strlen(text), "f.json", &eb),
                     ERR_FORMAT);
    if (!strstr(eb.text, why))
        fail_msg("'%s' has no '%s'", eb.text, why);
    assert_int_equal(p.n, 0);
}

static void
test_yaml__nested_names_are_joined(void **state)
{
    (void)state;
    yaml_is("a: 1\nb:\n  c: 2.5e-05\n  d:\n    e: x y\nf: [7, [8], {g: 9}]\nh: true\n",
            "a=1\nb.c=2.5e-05\nb.d.e=x y\nf.0=7\nf.1.0=8\nf.2.g=9\nh=true\n");
    yaml_is("a: {}\nb: []\nc: 1\n", "c=1\n");
    yaml_is("", "");
}

static void
test_yaml__null_and_texts_that_look_like_it(void **state)
{
    (void)state;
    yaml_is("a: null\nb: ~\nc:\nd: 'null'\ne: \"\"\n",
            "a=(null)\nb=(null)\nc=(null)\nd=null\ne=\n");
}

/* Nothing is made of Python's tags. */
static void
test_yaml__tags_are_words(void **state)
{
    (void)state;
    yaml_is("o: !!python/name:torch.optim.AdamW ''\n"
            "s: !!python/object/apply:os.system ['echo no']\n"
            "t: !!python/tuple [1, 2]\nu: !x 5\n",
            "o=torch.optim.AdamW\ns.0=echo no\nt.0=1\nt.1=2\nu=5\n");
}

/* libyaml compares each with all before it. */
static void
test_yaml__few_directives(void **state)
{
    struct strbuf text = {0};

    (void)state;
    for (int i = 0; i < 100; i++)
        strbuf_addf(&text, "%%TAG !a%d! tag:x%d\n", i, i);
    strbuf_adds(&text, "---\na: 1\n");
    yaml_fails(strbuf_str(&text), "more than 64 directives");
    yaml_is("%TAG !a! tag:x\n---\na: 1\n", "a=1\n");
    strbuf_release(&text);
}

static void
test_yaml__aliases_multiply_nothing(void **state)
{
    (void)state;
    yaml_is("a: &x [1, 2]\nb: *x\nc: &y {d: *x}\ne: *y\n",
            "a.0=1\na.1=2\nb=*x\nc.d=*x\ne=*y\n");
}

static void
test_yaml__what_is_none_is_refused(void **state)
{
    struct strbuf deep = {0}, many = {0};

    (void)state;
    yaml_fails("a: [1\n", "line 2");
    yaml_fails("a: 1\n---\nb: 2\n", "second document");
    yaml_fails("just text\n", "no names");
    yaml_fails("[1, 2]: 3\n", "a name that is no word");
    yaml_fails("a: \"\x01\"\n", "line");
    for (int i = 0; i < 100; i++)
        strbuf_adds(&deep, "[");
    yaml_fails(strbuf_str(&deep), "too many levels");
    for (int i = 0; i <= SOURCE_PARAMS_MAX; i++)
        strbuf_addf(&many, "k%d: 1\n", i);
    yaml_fails(strbuf_str(&many), "more than");
    strbuf_release(&deep);
    strbuf_release(&many);
}

static void
test_json__nested_names_are_joined(void **state)
{
    (void)state;
    json_is("{\"a\": 1, \"b\": {\"c\": [true, null, 2.5]}, \"d\": \"x\", \"e\": {}}",
            "a=1\nb.c.0=true\nb.c.1=(null)\nb.c.2=2.5\nd=x\n");
    json_is("{\"x\": 0.30000000000000004}", "x=0.30000000000000004\n");
}

static void
test_json__what_is_none_is_refused(void **state)
{
    struct strbuf deep = {0};

    (void)state;
    json_fails("[1]", "no names");
    json_fails("{\"a\": }", "line 1, column");
    json_fails("{\"a\": 1, \"a\": 2}", "duplicate");
    strbuf_adds(&deep, "{\"a\":");
    for (int i = 0; i < 100; i++)
        strbuf_adds(&deep, "[");
    for (int i = 0; i < 100; i++)
        strbuf_adds(&deep, "]");
    strbuf_adds(&deep, "}");
    json_fails(strbuf_str(&deep), "too many levels");
    strbuf_release(&deep);
}

static void
test_find__null_is_none(void **state)
{
    static const char text[] = "a: 1\nb: null\n";
    struct source_params p;

    (void)state;
    assert_int_equal(source_params_yaml(&p, text, strlen(text), "f", NULL), ERR_OK);
    assert_string_equal(source_params_find(&p, "a"), "1");
    assert_null(source_params_find(&p, "b"));
    assert_null(source_params_find(&p, "c"));
    source_params_release(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml__nested_names_are_joined),
        cmocka_unit_test(test_yaml__null_and_texts_that_look_like_it),
        cmocka_unit_test(test_yaml__tags_are_words),
        cmocka_unit_test(test_yaml__aliases_multiply_nothing),
        cmocka_unit_test(test_yaml__few_directives),
        cmocka_unit_test(test_yaml__what_is_none_is_refused),
        cmocka_unit_test(test_json__nested_names_are_joined),
        cmocka_unit_test(test_json__what_is_none_is_refused),
        cmocka_unit_test(test_find__null_is_none),
    };

    return cmocka_run_group_tests_name("source_params", tests, NULL, NULL);
}
