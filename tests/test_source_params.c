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
    struct strbuf text = {0};

    (void)state;
    yaml_is("a: &x [1, 2]\nb: *x\nc: &y {d: *x}\ne: *y\n",
            "a.0=1\na.1=2\nb.0=1\nb.1=2\nc.d.0=1\nc.d.1=2\ne.d.0=1\ne.d.1=2\n");
    yaml_is("a: &x [1, 2]\nb: [*x, *x]\nc: &y [*y]\n",
            "a.0=1\na.1=2\nb.0=*x\nb.1=*x\nc.0=*y\n");
    for (int i = 0; i < 40; i++)
        strbuf_addf(&text, "k%d: &k%d {a: *k%d, b: *k%d, c: 1}\n", i, i, i ? i - 1 : 90,
                    i ? i - 1 : 90);
    yaml_fails(strbuf_str(&text), "an alias of nothing");
    strbuf_reset(&text);
    strbuf_adds(&text, "k0: &k0 {a: 1}\n");
    for (int i = 1; i < 40; i++)
        strbuf_addf(&text, "k%d: &k%d {a: *k%d, b: *k%d}\n", i, i, i - 1, i - 1);
    yaml_fails(strbuf_str(&text), "more than 10000 values");
    strbuf_reset(&text);
    strbuf_adds(&text, "k: &k {a: 1}\n");
    for (int i = 0; i < 6000; i++)
        strbuf_addf(&text, "q%d: 1\n", i);
    for (int i = 0; i < 6000; i++)
        strbuf_adds(&text, "k: {}\n");
    yaml_fails(strbuf_str(&text), "too many");
    strbuf_release(&text);
}

/* Beside each document: what yaml.safe_load of PyYAML 6.0 makes of it. */
static void
test_yaml__means_what_pyyaml_makes_of_it(void **state)
{
    (void)state;
    /* {'a': 3, 'b': {'y': 2}, 'c': 1} */
    yaml_is("a: 1\nb: {x: 1}\na: 2\nb: {y: 2}\nc: 1\na: 3\n", "b.y=2\nc=1\na=3\n");
    /* {'a': {}, 'ab': 1} */
    yaml_is("a: {x: 1}\nab: 1\na: {}\n", "ab=1\n");
    /* True True False False True 'on' 'Yes' 'oN' 'y' True 'on' */
    yaml_is("a: on\nb: YES\nc: Off\nd: no\ne: True\nf: 'on'\ng: \"Yes\"\nh: oN\n"
            "i: y\nj: !!bool 'on'\nk: !!str on\n",
            "a=true\nb=true\nc=false\nd=false\ne=true\nf=on\ng=Yes\nh=oN\ni=y\n"
            "j=true\nk=on\n");
    /* 1024 '02000' '08' 255 5 1000 90 -3661 0 '1e-5' 12345678901234567890 -8 */
    yaml_is("a: 02000\nb: '02000'\nc: 08\nd: 0xFf\ne: 0b101\nf: 1_000\ng: 1:30\n"
            "h: -1:01:01\ni: 0\nj: 1e-5\nk: 12345678901234567890\nl: -010\n",
            "a=1024\nb=02000\nc=08\nd=255\ne=5\nf=1000\ng=90\nh=-3661\ni=0\nj=1e-5\n"
            "k=12345678901234567890\nl=-8\n");
    /* 1000.5 90.5 inf -inf nan 0.005 1e-05 5 '0:30' 0 */
    yaml_is("a: 1_000.5\nb: 1:30.5\nc: .inf\nd: -.INF\ne: .NaN\nf: 0.005\n"
            "g: 1.0e-05\nh: +5\ni: 0:30\nj: 0_\n",
            "a=1000.5\nb=90.5\nc=inf\nd=-inf\ne=nan\nf=0.005\ng=1.0e-05\nh=5\ni=0:30\n"
            "j=0\n");
    /* {'lr': 0.5, 'learning_rate': 0.5, 'n': None, 'm': None, 'k': {'w': 0.5}} */
    yaml_is("lr: &a 0.5\nlearning_rate: *a\nn: &n\nm: *n\nk: {&w w: *a}\n*w : 3\n",
            "lr=0.5\nlearning_rate=0.5\nn=(null)\nm=(null)\nk.w=0.5\nw=3\n");
}

/* Likewise. */
static void
test_yaml__merge_keys(void **state)
{
    (void)state;
    /* {'b': {'x': 1, 'y': {'p': 1}}, 'm': {'x': 2, 'y': {'p': 1}}} */
    yaml_is("b: &b {x: 1, y: {p: 1}}\nm:\n  <<: *b\n  x: 2\n",
            "b.x=1\nb.y.p=1\nm.x=2\nm.y.p=1\n");
    /* m: {'x': 2, 'y': {'q': 3}} : what is said itself counts, wherever it stands */
    yaml_is("b: &b {x: 1, y: {p: 1}}\nm: {x: 2, y: {q: 3}, <<: *b}\n",
            "b.x=1\nb.y.p=1\nm.x=2\nm.y.q=3\n");
    /* m: {'x': 1, 'y': 2, 'z': 9} : of a list the first */
    yaml_is("a: &a {x: 1}\nb: &b {x: 5, y: 2}\nm: {<<: [*a, *b, {y: 8, z: 9}]}\n",
            "a.x=1\nb.x=5\nb.y=2\nm.x=1\nm.y=2\nm.z=9\n");
    /* m: {'x': 5, 'y': 2} : of two merge keys the last */
    yaml_is("a: &a {x: 1}\nb: &b {x: 5, y: 2}\nm: {<<: *a, <<: *b}\n",
            "a.x=1\nb.x=5\nb.y=2\nm.x=5\nm.y=2\n");
    /* a merged one is merged whole: m: {'x': 1, 'y': 2, 'z': 3} */
    yaml_is("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nm: {<<: *b, z: 3}\n",
            "a.x=1\nb.y=2\nb.x=1\nm.z=3\nm.y=2\nm.x=1\n");
    /* {'a': {'x': 1}, 'm': {'x': 1, 'y': 2}} : an anchor outlives its name's value */
    yaml_is("a: {p: &p {x: 1}}\na: *p\nm: {<<: *p, y: 2}\n", "a.x=1\nm.y=2\nm.x=1\n");
    /* {'d': {'lr': 1}, 'lr': 1, 'seed': 2} */
    yaml_is("d: &d {lr: 1}\n<<: *d\nseed: 2\n", "d.lr=1\nseed=2\nlr=1\n");
    /* {'m': {'<<': 1}} */
    yaml_is("m: {'<<': 1}\n", "m.<<=1\n");
    /* ConstructorError and ComposerError of PyYAML, but of the second, which it takes for {} */
    yaml_fails("m: {<<: 1}\n", "what is merged is no mapping");
    yaml_fails("m: &m {<<: *m}\n", "what is merged is no mapping");
    yaml_fails("l: &l [1]\nm: {<<: *l}\n", "what is merged is no mapping");
    yaml_fails("m: {<<: [[{a: 1}]]}\n", "what is merged is no mapping");
    yaml_fails("m: {<<: *nothing}\n", "an alias of nothing");
    yaml_fails("*a : 1\n", "an alias of nothing");
}

/* What tells files apart is what stands in them. */
static void
test_yaml__keeps_what_the_file_says(void **state)
{
    static const char text[] = "a: &a 010\na: on\nb: {<<: {x: *a}}\nc: ~\n";
    static const char *const want[][2] = {
        {"a", "010"}, {"a", "on"}, {"b.<<.x", "*a"}, {"c", NULL}};
    struct source_params p;

    (void)state;
    assert_int_equal(source_params_yaml(&p, text, strlen(text), "f", NULL), ERR_OK);
    assert_int_equal(p.n_said, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(p.said[i].name, want[i][0]);
        if (want[i][1])
            assert_string_equal(p.said[i].value, want[i][1]);
        else
            assert_null(p.said[i].value);
    }
    assert_string_equal(source_params_find(&p, "b.x"), "8");
    assert_string_equal(source_params_find(&p, "a"), "true");
    source_params_release(&p);
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

/* json.dump writes NaN and Infinity, and integers of any length. */
static void
test_json__what_only_python_writes_is_a_text(void **state)
{
    (void)state;
    json_is("{\"a\": NaN, \"b\": [Infinity, -Infinity], \"seed\": 3,"
            " \"c\": \"NaN, \\\"Infinity\", \"NaN\": 1.5}",
            "a=NaN\nb.0=Infinity\nb.1=-Infinity\nseed=3\nc=NaN, \"Infinity\nNaN=1.5\n");
    json_is("{\"a\": 123456789012345678901234567890, \"b\": -9223372036854775809,"
            " \"c\": 1e999, \"d\": 9223372036854775807, \"e\": -1e999}",
            "a=123456789012345678901234567890\nb=-9223372036854775809\nc=1e999\n"
            "d=9223372036854775807\ne=-1e999\n");
    json_fails("{\"a\": NaN, \"b\": nan}", "line 1");
    json_fails("{\"a\": NaN, \"b\": -inf}", "line 1");
    json_fails("{\"a\": NaNs}", "line 1");
    json_fails("{\"a\": NaN, \"b", "line 1");
    json_fails("{\"a\": NaN, \"b\\", "line 1");
    json_fails("{\"a\": 00123456789012345678901234567890}", "line 1");
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
        cmocka_unit_test(test_yaml__means_what_pyyaml_makes_of_it),
        cmocka_unit_test(test_yaml__merge_keys),
        cmocka_unit_test(test_yaml__keeps_what_the_file_says),
        cmocka_unit_test(test_json__what_only_python_writes_is_a_text),
        cmocka_unit_test(test_json__nested_names_are_joined),
        cmocka_unit_test(test_json__what_is_none_is_refused),
        cmocka_unit_test(test_find__null_is_none),
    };

    return cmocka_run_group_tests_name("source_params", tests, NULL, NULL);
}
