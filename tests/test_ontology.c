/* test_ontology.c - OBO text, resolution of labels, the built-in table. */
#include "tests/support.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/builtin.h"
#include "data/ontology.h"

static void
collect(void *ctx, enum log_level level, const char *text)
{
    strbuf_addf(ctx, "%s: %s\n", log_level_name(level), text);
}

/* Parse; what was logged is appended to warnings (may be NULL). */
static enum err
parse(struct ontology *o, const char *text, struct strbuf *warnings, struct errbuf *eb)
{
    struct log log = {collect, warnings};

    return ontology_parse_obo(o, text, strlen(text), "t.obo", warnings ? &log : NULL,
                              eb);
}

static void
parse_ok(struct ontology *o, const char *text)
{
    struct strbuf warnings = {0};
    struct errbuf eb = {""};

    if (parse(o, text, &warnings, &eb))
        fail_msg("%s", eb.text);
    assert_string_equal(strbuf_str(&warnings), "");
    strbuf_release(&warnings);
}

/* Id of the term that a label resolves to, or "". */
static const char *
resolved(const struct ontology *o, const char *label, enum resolve want)
{
    uint32_t t;
    enum resolve got = ontology_resolve(o, label, &t);

    assert_int_equal(got, want);
    return got == RESOLVE_NONE ? "" : o->term[t].id;
}

static const char basics[] =
    "format-version: 1.2\n"
    "data-version: releases/2022-11-25 ! the version\n"
    "\n"
    "[Term]\n"
    "id: CL:1 {x=\"y\"} ! one\n"
    "name: a \\\"cell\\\" with {braces}, ! and more \n"
    "def: \"A ! {thing} is_a: CL:9\" [GOC:dph, PMID\\:1] {comment=\"a } b\"}\n"
    "comment: say \"no {x=\"y\"} here\\nor there\n"
    "\n"
    "[Term]\n"
    "id: CL:2\n"
    "name: b\\, second\n"
    "synonym: \"bee ! {x}\" EXACT [] {comment=\"BTO:1\"}\n"
    "synonym: \"wide\" BROAD []\n"
    "synonym: \"none\" []\n"
    "alt_id: CL:22\n"
    "is_a: CL:1 {is_inferred=\"true\", source=\"a ! b\"} ! one\n"
    "is_a: CL:1\n"
    "relationship: part_of CL:3 {all_only=\"true\"} ! part of\n"
    "intersection_of: CL:3\n"
    "\n"
    "[Typedef]\n"
    "id: regulates\n"
    "is_a: CL:1 ! must not enter\n"
    "name: positively regulates\n"
    "\n"
    "[Instance]\n"
    "id: CL:7\n"
    "\n"
    "[Term] ! comment\n"
    "id: CL:3\n"
    "is_a: CL:2!two\n"
    "property_value: owl:versionInfo \"2026-06-08\" xsd:string\n";

static void
check_basics(const struct ontology *o)
{
    assert_string_equal(o->version, "releases/2022-11-25");
    assert_int_equal(o->n_terms, 4); /* with the stub CL:2!two */
    assert_string_equal(o->term[0].name, "a \"cell\" with {braces},");
    assert_int_equal(o->term[0].n_parents, 0);
    assert_string_equal(o->term[1].name, "b, second");
    assert_int_equal(o->term[1].n_parents, 1);
    assert_int_equal(o->term[1].parent[0], 0);
    assert_string_equal(resolved(o, "bee ! {x}", RESOLVE_SYNONYM), "CL:2");
    assert_string_equal(resolved(o, "wide", RESOLVE_NONE), "");
    assert_string_equal(resolved(o, "none", RESOLVE_NONE), "");
    assert_string_equal(resolved(o, "b, second", RESOLVE_NAME), "CL:2");
    assert_string_equal(resolved(o, "CL:22", RESOLVE_ID), "CL:2");
    assert_string_equal(resolved(o, "CL:7", RESOLVE_NONE), "");
    assert_string_equal(resolved(o, "regulates", RESOLVE_NONE), "");
}

static void
test_obo__tags_comments_qualifiers_and_escapes(void **state)
{
    struct ontology o;
    struct strbuf warnings = {0};

    (void)state;
    assert_int_equal(parse(&o, basics, &warnings, NULL), ERR_OK);
    check_basics(&o);
    assert_string_equal(
        strbuf_str(&warnings),
        "warning: t.obo: line 32: CL:3 is_a CL:2!two, which the file does not describe\n");
    strbuf_release(&warnings);
    ontology_release(&o);
}

static void
test_obo__crlf_and_byte_order_mark(void **state)
{
    struct ontology o;
    struct strbuf text = {0}, warnings = {0};

    (void)state;
    strbuf_adds(&text, "\xef\xbb\xbf");
    for (const char *p = basics; *p; p++)
        strbuf_adds(&text, *p == '\n' ? "\r\n" : (char[]){*p, '\0'});
    assert_int_equal(parse(&o, strbuf_str(&text), &warnings, NULL), ERR_OK);
    check_basics(&o);
    assert_non_null(strstr(strbuf_str(&warnings), "line 32")); /* CR LF counts once */
    strbuf_release(&text);
    strbuf_release(&warnings);
    ontology_release(&o);
}

static void
test_obo__continued_lines_but_not_in_comments(void **state)
{
    struct ontology o;

    (void)state;
    parse_ok(&o, "[Term]\nid: CL:1 ! no \\\nname: one \\\ntwo\\\\\n"
                 "[Term]\nid: CL:2\nis_\\\na: CL:1\n! a comment \\\nname: x");
    assert_string_equal(o.term[0].name, "one two\\");
    assert_int_equal(o.term[1].n_parents, 1);
    assert_string_equal(o.term[1].name, "x");
    ontology_release(&o);
}

static void
test_obo__nul_and_lines_without_colon_are_left_out(void **state)
{
    static const char text[] = "[Term]\nid: CL:1\nname: a\0b\nnonsense\nname: c\n";
    struct strbuf warnings = {0};
    struct log log = {collect, &warnings};
    struct ontology o;

    (void)state;
    assert_int_equal(ontology_parse_obo(&o, text, sizeof text - 1, "t.obo", &log, NULL),
                     ERR_OK);
    assert_string_equal(o.term[0].name, "c");
    assert_string_equal(strbuf_str(&warnings),
                        "warning: t.obo: line 3: not 'tag: value': left out\n"
                        "warning: t.obo: line 4: not 'tag: value': left out\n");
    strbuf_release(&warnings);
    ontology_release(&o);
}

static void
test_obo__stanzas_of_one_id_are_merged(void **state)
{
    struct ontology o;
    struct strbuf warnings = {0};

    (void)state;
    assert_int_equal(parse(&o,
                           "[Term]\nid: CL:1\nname: a\n[Term]\nid: CL:2\nis_a: CL:1\n"
                           "[Term]\nid: CL:3\nname: c\nis_a: CL:1\n"
                           "[Term]\nid: CL:3\nname: see\nis_a: CL:2\nis_a: CL:1\n",
                           &warnings, NULL),
                     ERR_OK);
    assert_int_equal(o.n_terms, 3);
    assert_string_equal(o.term[2].name, "c");
    assert_int_equal(o.term[2].n_parents, 2);
    assert_string_equal(
        strbuf_str(&warnings),
        "warning: t.obo: line 11: CL:3 is called 'see' here and 'c' before\n");
    strbuf_release(&warnings);
    ontology_release(&o);
}

static void
test_obo__odd_stanzas_are_warned_about(void **state)
{
    struct ontology o;
    struct strbuf warnings = {0};

    (void)state;
    assert_int_equal(parse(&o,
                           "[Term]\nname: early\nid: CL:1\n[Term]\nname: lost\n"
                           "[Term\nid: CL:2\n[Term]\nid: CL:3\nis_a: CL:3\nid: CL:4\n",
                           &warnings, NULL),
                     ERR_OK);
    assert_int_equal(o.n_terms, 2);
    assert_string_equal(o.term[0].name, "early");
    assert_int_equal(o.term[1].n_parents, 0);
    assert_string_equal(
        strbuf_str(&warnings),
        "warning: t.obo: line 2: name before id\n"
        "warning: t.obo: line 5: name before id\n"
        "warning: t.obo: line 4: Term without an id: left out\n"
        "warning: t.obo: line 6: broken stanza header: left out\n"
        "warning: t.obo: line 11: second id 'CL:4' in the stanza of CL:3\n"
        "warning: t.obo: line 10: CL:3 is_a itself: left out\n");
    strbuf_release(&warnings);
    ontology_release(&o);
}

static void
test_obo__warnings_do_not_flood(void **state)
{
    struct ontology o;
    struct strbuf warnings = {0}, text = {0};

    (void)state;
    strbuf_adds(&text, "[Term]\nid: CL:1\n");
    for (int i = 0; i < 1000; i++)
        strbuf_adds(&text, "junk\n");
    assert_int_equal(parse(&o, strbuf_str(&text), &warnings, NULL), ERR_OK);
    assert_non_null(strstr(strbuf_str(&warnings), "and 980 more warnings"));
    assert_true(warnings.len < 2000);
    strbuf_release(&warnings);
    strbuf_release(&text);
    ontology_release(&o);
}

static void
test_obo__cycles_are_refused_by_name(void **state)
{
    struct ontology o;
    struct errbuf eb;
    struct strbuf log = {0};

    (void)state;
    assert_int_equal(parse(&o,
                           "[Term]\nid: A\nname: alpha\nis_a: B\n"
                           "[Term]\nid: B\nname: beta\nis_a: C\n"
                           "[Term]\nid: C\nis_a: A\nis_a: R\n"
                           "[Term]\nid: R\n[Term]\nid: X\nis_a: A\n",
                           NULL, &eb),
                     ERR_FORMAT);
    assert_string_equal(eb.text,
                        "t.obo: is_a edges form a cycle: A 'alpha' (line 1) is_a "
                        "B 'beta' (line 5) is_a C (line 9) is_a A");
    assert_int_equal(o.n_terms, 0);
    assert_int_equal(parse(&o,
                           "[Term]\nid: A\nis_a: B\n[Term]\nid: B\nis_a: A\n"
                           "[Term]\nid: D\nis_a: E\nis_a: A\n[Term]\nid: E\nis_a: D\n",
                           &log, &eb),
                     ERR_FORMAT);
    assert_non_null(strstr(eb.text, "form 2 cycles; the first: A (line 1) is_a B"));
    assert_non_null(strstr(strbuf_str(&log), "error: t.obo: cycle: D (line 7) is_a E"));
    strbuf_release(&log);
}

static void
test_obo__no_terms_is_an_error(void **state)
{
    struct ontology o;
    struct errbuf eb;

    (void)state;
    assert_int_equal(parse(&o, "", NULL, &eb), ERR_FORMAT);
    assert_int_equal(parse(&o, "a,b,c\n1,2,3\n", NULL, &eb), ERR_FORMAT);
    assert_string_equal(eb.text,
                        "t.obo holds no [Term] stanza with an id: is it an OBO file?");
    assert_int_equal(ontology_load_obo(&o, "/nonexistent/cl.obo", NULL, &eb),
                     ERR_NOTFOUND);
    assert_string_equal(
        eb.text, "cannot open ontology /nonexistent/cl.obo: No such file or directory");
    assert_int_equal(ontology_load_obo(&o, "/", NULL, &eb), ERR_ARG);
}

/* Nobody writes to it: opening it would wait for ever. */
static void
test_obo__a_pipe_is_an_error(void **state)
{
    char *dir = support_tmpdir(), *path = xasprintf("%s/cl.obo", dir);
    struct ontology o;
    struct errbuf eb;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(20);
    assert_int_equal(ontology_load_obo(&o, path, NULL, &eb), ERR_ARG);
    alarm(0);
    assert_non_null(strstr(eb.text, "is not a file"));
    free(path);
    support_rmtree(dir);
}

/* A chain as deep as the file is long: parsing and ordering must not recurse. */
static void
test_obo__deep_chain(void **state)
{
    enum { DEPTH = 100000 };
    struct strbuf text = {0};
    struct ontology o;
    uint32_t root;

    (void)state;
    for (int i = 0; i < DEPTH; i++)
        strbuf_addf(&text, "[Term]\nid: X:%d\nis_a: X:%d\n", i, i + 1);
    strbuf_addf(&text, "[Term]\nid: X:%d\n", DEPTH);
    parse_ok(&o, strbuf_str(&text));
    bool *mark = xcalloc(o.n_terms, sizeof *mark);
    assert_int_equal(o.topo[0], DEPTH);
    assert_int_equal(ontology_resolve(&o, "X:100000", &root), RESOLVE_ID);
    ontology_mark_descendants(&o, root, mark);
    for (size_t t = 0; t < o.n_terms; t++)
        assert_true(mark[t]);
    ontology_mark_ancestors(&o, root, mark);
    assert_false(mark[DEPTH - 1]);
    free(mark);
    strbuf_release(&text);
    ontology_release(&o);
}

static void
test_resolve__obsolete_terms_follow_single_replacements(void **state)
{
    struct ontology o;
    uint32_t t;

    (void)state;
    parse_ok(&o, "[Term]\nid: L\nname: live\nalt_id: O5\n"
                 "[Term]\nid: O1\nname: gone\nis_obsolete: true\nreplaced_by: O2\n"
                 "[Term]\nid: O2\nis_obsolete: true\nreplaced_by: L\n"
                 "[Term]\nid: O3\nis_obsolete: true\nconsider: L\nconsider: P\n"
                 "[Term]\nid: O4\nis_obsolete: true\nreplaced_by: L\nreplaced_by: O1\n"
                 "[Term]\nid: O5\nis_obsolete: true\n"
                 "[Term]\nid: O6\nis_obsolete: true\nreplaced_by: O7\n"
                 "[Term]\nid: O7\nis_obsolete: true\nreplaced_by: O6\n");
    assert_string_equal(resolved(&o, "O1", RESOLVE_ID), "L");
    assert_string_equal(resolved(&o, "O5", RESOLVE_ID), "L");
    assert_int_equal(ontology_resolve(&o, "gone", &t), RESOLVE_NONE);
    assert_int_equal(ontology_resolve(&o, "O3", &t), RESOLVE_NONE);
    assert_int_equal(ontology_resolve(&o, "O4", &t), RESOLVE_NONE);
    assert_int_equal(ontology_resolve(&o, "O6", &t), RESOLVE_NONE);
    char *why = ontology_explain(&o, "O3");
    assert_string_equal(why, "obsolete; consider L 'live', P");
    free(why);
    ontology_release(&o);
}

static void
test_resolve__ambiguous_texts_resolve_to_nothing(void **state)
{
    struct ontology o;
    struct strbuf warnings = {0};
    uint32_t t;

    (void)state;
    assert_int_equal(
        parse(&o,
              "[Term]\nid: A\nname: same\nsynonym: \"s\" EXACT []\n"
              "[Term]\nid: B\nname: same\nsynonym: \"s\" EXACT []\n"
              "[Term]\nid: C\nname: s2\nsynonym: \"same\" EXACT []\n"
              "[Term]\nid: D\nsynonym: \"u\" EXACT []\nsynonym: \"u\" EXACT [x]\n"
              "synonym: \"s2\" EXACT []\n",
              &warnings, NULL),
        ERR_OK);
    assert_int_equal(ontology_resolve(&o, "same", &t), RESOLVE_NONE);
    assert_int_equal(ontology_resolve(&o, "s", &t), RESOLVE_NONE);
    assert_string_equal(resolved(&o, "u", RESOLVE_SYNONYM), "D");
    assert_string_equal(resolved(&o, "s2", RESOLVE_NAME), "C");
    char *why = ontology_explain(&o, "s");
    assert_string_equal(why, "a synonym of more than one term");
    free(why);
    strbuf_release(&warnings);
    ontology_release(&o);
}

static void
test_digest__sees_names_and_edges(void **state)
{
    static const char *const variant[] = {
        "[Term]\nid: A\nname: a\n[Term]\nid: B\nis_a: A\n",
        "[Term]\nid: A\nname: b\n[Term]\nid: B\nis_a: A\n",
        "[Term]\nid: A\nname: a\n[Term]\nid: B\n",
        "! the same as the first\r\n[Term]\nid: A\nname: a\n\n[Term]\nid: B\nis_a: A ! a\n",
    };
    struct ontology o[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        parse_ok(&o[i], variant[i]);
    assert_string_not_equal(o[0].digest, o[1].digest);
    assert_string_not_equal(o[0].digest, o[2].digest);
    assert_string_equal(o[0].digest, o[3].digest);
    for (size_t i = 0; i < 4; i++)
        ontology_release(&o[i]);
}

/* Facts of the published table: 164 types, 381 strict ancestor pairs, 118 leaves, 49
 * roots. */
static void
test_builtin__has_the_published_shape(void **state)
{
    struct ontology o;
    bool mark[164], is_parent[164] = {false};
    size_t pairs = 0, leaves = 0, roots = 0;

    (void)state;
    ontology_load_builtin(&o);
    assert_int_equal(o.n_terms, 164);
    for (uint32_t t = 0; t < 164; t++) {
        ontology_mark_ancestors(&o, t, mark);
        for (size_t a = 0; a < 164; a++)
            pairs += mark[a] && a != t;
        for (size_t k = 0; k < o.term[t].n_parents; k++)
            is_parent[o.term[t].parent[k]] = true;
        roots += o.term[t].n_parents == 0;
    }
    for (size_t t = 0; t < 164; t++)
        leaves += !is_parent[t];
    assert_int_equal(pairs, 381);
    assert_int_equal(leaves, 118);
    assert_int_equal(roots, 49);
    assert_string_equal(resolved(&o, "T cell", RESOLVE_NAME), "CL:0000084");
    ontology_release(&o);
}

static void
test_builtin__tissues_and_genes(void **state)
{
    struct ontology o;
    bool seen[164] = {false};

    (void)state;
    ontology_load_builtin(&o);
    assert_int_equal(builtin_tissue_count(), 1488);
    for (size_t i = 0; i < builtin_tissue_count(); i++) {
        assert_true(builtin_tissue(i)->type < 164);
        seen[builtin_tissue(i)->type] = true;
    }
    for (size_t t = 0; t < 164; t++)
        assert_true(seen[t]);
    const struct builtin_tissue *first = builtin_tissue(0);
    assert_string_equal(o.term[first->type].name, "B cell");
    assert_string_equal(first->tissue, "abdomen");
    assert_int_equal(first->n_donors, 5);
    assert_int_equal(builtin_gene_count(), 19357);
    assert_int_equal(builtin_gene(0)->number, 3);
    assert_string_equal(builtin_gene(0)->name, "TSPAN6");
    for (size_t i = 1; i < builtin_gene_count(); i++)
        assert_true(builtin_gene(i - 1)->number < builtin_gene(i)->number);
    ontology_release(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_obo__tags_comments_qualifiers_and_escapes),
        cmocka_unit_test(test_obo__crlf_and_byte_order_mark),
        cmocka_unit_test(test_obo__continued_lines_but_not_in_comments),
        cmocka_unit_test(test_obo__nul_and_lines_without_colon_are_left_out),
        cmocka_unit_test(test_obo__stanzas_of_one_id_are_merged),
        cmocka_unit_test(test_obo__odd_stanzas_are_warned_about),
        cmocka_unit_test(test_obo__warnings_do_not_flood),
        cmocka_unit_test(test_obo__cycles_are_refused_by_name),
        cmocka_unit_test(test_obo__no_terms_is_an_error),
        cmocka_unit_test(test_obo__a_pipe_is_an_error),
        cmocka_unit_test(test_obo__deep_chain),
        cmocka_unit_test(test_resolve__obsolete_terms_follow_single_replacements),
        cmocka_unit_test(test_resolve__ambiguous_texts_resolve_to_nothing),
        cmocka_unit_test(test_digest__sees_names_and_edges),
        cmocka_unit_test(test_builtin__has_the_published_shape),
        cmocka_unit_test(test_builtin__tissues_and_genes),
    };

    return cmocka_run_group_tests_name("ontology", tests, NULL, NULL);
}
