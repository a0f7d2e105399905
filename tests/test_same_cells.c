/* test_same_cells.c - when cells count as the same data: packed stores and what they were
 * packed from; and files that another one takes the place of while they are used. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "data/dataset_ids.h"
#include "data/eval_cells.h"
#include "data/pack.h"
#include "data/source.h"
#include "tests/dataset_trial.h"
#include "tests/h5build.h"

static char *
beside(const char *name)
{
    return xasprintf("%s/%s", trial_dir, name);
}

/* Pack some files into one; how may be "shuffle", "X" (the layer) or a filter. */
static char *
pack(const char *name, const char *in, const char *other, const char *how)
{
    struct strlist path = {0}, where = {0};
    struct notes silent = {0};
    struct errbuf eb;
    char *out = beside(name);
    bool shuffle = how && strcmp(how, "shuffle") == 0, layer = how && !how[1];
    struct pack_request q = {.path = &path,
                             .where = &where,
                             .layer = layer ? how : "auto",
                             .threads = 1,
                             .shuffle = shuffle};

    strlist_add(&path, in);
    if (other)
        strlist_add(&path, other);
    if (how && !shuffle && !layer)
        strlist_add(&where, how);
    if (pack_write(out, &q, &silent, &eb))
        fail_msg("%s", eb.text);
    strlist_release(&path);
    strlist_release(&where);
    return out;
}

/* Digest of the data as a run with these options has it.  Caller frees. */
static char *
digest_of(const char *path, const char *other, const char *layer, const char *where)
{
    struct trial t;
    char hex[DIGEST_HEX];

    trial_init(&t);
    strlist_add(&t.path, path);
    if (other)
        strlist_add(&t.path, other);
    if (where)
        strlist_add(&t.where, where);
    if (layer)
        t.q.layer = layer;
    trial_must_load(&t);
    assert_int_equal(eval_files_digest(&t.ds, hex, NULL), ERR_OK);
    trial_release(&t);
    return xstrdup(hex);
}

static void
expect(bool same, char *a, char *b)
{
    if ((strcmp(a, b) == 0) != same)
        fail_msg("%s and %s", a, b);
    free(a);
    free(b);
}

/* Three of the cells are not primary data. */
static void
mark_primary(const char *path)
{
    int64_t primary[TRIAL_N];

    for (size_t i = 0; i < TRIAL_N; i++)
        primary[i] = i % 5 != 2;
    hid_t f = h5b_edit(path), obs = H5Gopen2(f, "obs", H5P_DEFAULT),
          type = h5b_bool_type();

    H5Adelete(obs, "column-order");
    h5b_ints(obs, "is_primary_data", type, primary, TRIAL_N);
    H5Tclose(type);
    H5Gclose(obs);
    H5Fclose(f);
}

static void
test_same_cells__a_packed_copy(void **state)
{
    char *copy = pack("copy.hcp", trial_path, NULL, NULL);
    char *again = pack("again.hcp", copy, NULL, NULL);

    (void)state;
    expect(true, digest_of(trial_path, NULL, NULL, NULL),
           digest_of(copy, NULL, NULL, NULL));
    expect(true, digest_of(copy, NULL, NULL, NULL), digest_of(again, NULL, NULL, NULL));
    expect(true, digest_of(trial_path, NULL, NULL, "donor_id=d1"),
           digest_of(copy, NULL, NULL, "donor_id=d1"));
    free(copy);
    free(again);
}

/* X by its name need not be the matrix that was packed as X. */
static void
test_same_cells__not_of_a_matrix_that_is_named(void **state)
{
    char *copy = pack("copy.hcp", trial_path, NULL, NULL);
    char *named = pack("named.hcp", trial_path, NULL, "X");

    (void)state;
    expect(false, digest_of(trial_path, NULL, "X", NULL),
           digest_of(copy, NULL, "X", NULL));
    expect(false, digest_of(trial_path, NULL, NULL, NULL),
           digest_of(named, NULL, NULL, NULL));
    free(copy);
    free(named);
}

static void
test_same_cells__not_of_others_or_another_order(void **state)
{
    char *mixed = pack("mixed.hcp", trial_path, NULL, "shuffle");
    char *again = pack("again.hcp", mixed, NULL, NULL);
    char *some = pack("some.hcp", trial_path, NULL, "donor_id!=d0");

    (void)state;
    expect(false, digest_of(trial_path, NULL, NULL, NULL),
           digest_of(mixed, NULL, NULL, NULL));
    expect(true, digest_of(mixed, NULL, NULL, NULL),
           digest_of(again, NULL, NULL, NULL));
    expect(false, digest_of(trial_path, NULL, NULL, NULL),
           digest_of(some, NULL, NULL, NULL));
    free(mixed);
    free(again);
    free(some);
}

static void
test_same_cells__several_files_in_one(void **state)
{
    char *later = beside("later.h5ad");

    h5b_atlas(later, &(struct h5b_atlas){7, TRIAL_G, 2, "later"});
    char *both = pack("both.hcp", trial_path, later, NULL);
    char *one = pack("one.hcp", trial_path, NULL, NULL);

    (void)state;
    expect(true, digest_of(trial_path, later, NULL, NULL),
           digest_of(both, NULL, NULL, NULL));
    expect(false, digest_of(trial_path, later, NULL, NULL),
           digest_of(one, later, NULL, NULL));
    free(both);
    free(one);
    free(later);
}

/* Those that are left out by themselves are not missed, unless they are asked for. */
static void
test_same_cells__of_primary_data(void **state)
{
    mark_primary(trial_path);
    char *copy = pack("copy.hcp", trial_path, NULL, NULL);
    char *again = pack("again.hcp", copy, NULL, NULL);
    static const char all[] = "is_primary_data=True,False";

    (void)state;
    expect(true, digest_of(trial_path, NULL, NULL, NULL),
           digest_of(copy, NULL, NULL, NULL));
    expect(false, digest_of(trial_path, NULL, NULL, all),
           digest_of(copy, NULL, NULL, all));
    expect(false, digest_of(trial_path, NULL, NULL, all),
           digest_of(again, NULL, NULL, all));
    free(copy);
    free(again);
}

/* What a store does not have of its inputs is said once. */
static void
test_same_cells__what_is_not_packed_is_said(void **state)
{
    struct strlist path = {0}, where = {0}, warnings = {0};
    struct notes notes = {.warnings = &warnings};
    struct pack_request q = {
        .path = &path, .where = &where, .layer = "auto", .threads = 1};
    char *out = beside("x.hcp");
    hid_t file = h5b_edit(trial_path), uns = h5b_group(file, "uns"),
          empty = h5b_group(file, "obsm");
    double x[TRIAL_N * TRIAL_G];

    (void)state;
    h5b_ints(uns, "made", H5T_STD_I32LE, (int64_t[]){7}, 1);
    trial_fill(x, 1, .25);
    hid_t layers = h5b_group(file, "layers");

    h5b_sparse_of(layers, "other", "csr_matrix", x, TRIAL_N, TRIAL_G);
    H5Gclose(layers);
    H5Gclose(uns);
    H5Gclose(empty);
    H5Fclose(file);
    strlist_add(&path, trial_path);
    assert_int_equal(pack_write(out, &q, &notes, NULL), ERR_OK);
    assert_int_equal(warnings.n, 1);
    trial_must_say(warnings.item[0], "not packed");
    trial_must_say(warnings.item[0], ": \"layers/other\", \"uns\"; keep the inputs");
    strlist_release(&path);
    strlist_release(&where);
    strlist_release(&warnings);
    free(out);
}

/* --- another file in the place of the first --- */

static void
replace(const char *path)
{
    char *other = beside("other.h5ad");

    h5b_atlas(other, &(struct h5b_atlas){TRIAL_N, TRIAL_G, 2, "another study"});
    char *packed = pack("other.hcp", other, NULL, NULL);

    assert_int_equal(rename(packed, path), 0);
    free(packed);
    free(other);
}

static void
must_say(enum err e, const struct errbuf *eb, const char *part)
{
    assert_int_equal(e, ERR_FORMAT);
    if (!strstr(eb->text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb->text, part);
}

/* It has as many cells as the first one. */
static void
test_same_cells__a_packed_store_that_is_replaced(void **state)
{
    char *copy = pack("copy.hcp", trial_path, NULL, NULL);
    struct errbuf eb = {""};
    struct source s;
    struct source_matrix m;
    struct row_chunks c;
    struct dataset_ids ids;
    struct trial t;
    const char *id;

    (void)state;
    trial_init(&t);
    strlist_add(&t.path, copy);
    t.q.lean = true;
    trial_must_load(&t);
    assert_int_equal(source_open(&s, copy, &eb), ERR_OK);
    assert_int_equal(source_matrix_open(&s, "X", &m, &eb), ERR_OK);
    assert_int_equal(s.ops->chunks(&s, &m, true, true, &c, &eb), ERR_OK);
    c.ops->close(&c);
    replace(copy);
    must_say(s.ops->chunks(&s, &m, true, true, &c, &eb), &eb,
             "another packed store lies here");
    source_matrix_close(&m);
    source_close(&s);
    dataset_ids_init(&ids, &t.ds);
    must_say(dataset_ids_get(&ids, 0, &id, &eb), &eb, "another file lies there now");
    dataset_ids_release(&ids);
    trial_release(&t);
    free(copy);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_cells__a_packed_copy, trial_set_up,
                                        trial_tear_down),
        cmocka_unit_test_setup_teardown(test_same_cells__not_of_a_matrix_that_is_named,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_same_cells__not_of_others_or_another_order,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_same_cells__several_files_in_one,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(test_same_cells__of_primary_data, trial_set_up,
                                        trial_tear_down),
        cmocka_unit_test_setup_teardown(test_same_cells__what_is_not_packed_is_said,
                                        trial_set_up, trial_tear_down),
        cmocka_unit_test_setup_teardown(
            test_same_cells__a_packed_store_that_is_replaced, trial_set_up,
            trial_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
