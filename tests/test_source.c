/* test_source.c - datasets of any kind: finding out which, and what a kind brings with it.
 *
 * This program has a table of kinds of its own: .h5ad files, and a made-up kind whose
 * cells are an .h5ad file in a folder beside a file named "mark". */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/h5ad.h"
#include "data/h5lib.h"
#include "data/run_data.h"
#include "data/source.h"
#include "tests/h5build.h"

enum { N = 60, G = 8, DONORS = 20, K = 4 };

extern const struct source_ops source_h5ad;

/* --- a kind that brings things with it --- */

static const char *own_split, *own_digest, *own_class[K];
static const uint8_t *own_reach; /* (n, n), n the classes that are not NULL */
static const double *own_weight;

static bool
has_mark(const char *path)
{
    char *mark = xasprintf("%s/mark", path);
    bool yes = access(mark, R_OK) == 0;

    free(mark);
    return yes;
}

static enum err
open_marked(struct source *s, struct errbuf *eb)
{
    char *folder = s->path;

    s->path = xasprintf("%s/cells.h5ad", folder);
    enum err e = source_h5ad.open(s, eb);

    free(s->path);
    s->path = folder;
    return e;
}

static void
close_marked(struct source *s)
{
    source_h5ad.close(s);
}

static enum column_kind
kind_of(const struct source *s, const char *column)
{
    return source_h5ad.column_kind(s, column);
}

static enum err
read_column(const struct source *s, const char *column, struct obs_column *out,
            size_t *n_merged, struct errbuf *eb)
{
    return source_h5ad.column(s, column, out, n_merged, eb);
}

static enum err
read_ids(const struct source *s, source_id_fn fn, void *ctx, struct errbuf *eb)
{
    return source_h5ad.each_id(s, fn, ctx, eb);
}

static enum err
open_matrix(const struct source *s, const char *name, struct source_matrix *m,
            struct errbuf *eb)
{
    return source_h5ad.matrix(s, name, m, eb);
}

static enum err
read_genes(const struct source *s, const struct source_matrix *m, struct gene_axis *g,
           const struct notes *notes, struct errbuf *eb)
{
    return source_h5ad.genes(s, m, g, notes, eb);
}

static enum err
read_own(const struct source *s, struct source_own *own, bool with_digest,
         struct errbuf *eb)
{
    (void)s;
    (void)with_digest;
    (void)eb;
    *own = (struct source_own){.split_column = own_split ? xstrdup(own_split) : NULL};
    snprintf(own->digest, sizeof own->digest, "%s", own_digest);
    for (size_t i = 0; i < K && own_class[i]; i++)
        strlist_add(&own->classes, own_class[i]);
    size_t k = own->classes.n;

    if (own_reach) {
        own->reachable = xmalloc(k * k, 1);
        memcpy(own->reachable, own_reach, k * k);
    }
    if (own_weight) {
        own->class_weight = xmalloc(k, sizeof *own->class_weight);
        memcpy(own->class_weight, own_weight, k * sizeof *own->class_weight);
    }
    return ERR_OK;
}

static const struct source_ops marked = {.kind = "marked folder",
                                         .suffix = ".marked",
                                         .is_kind = has_mark,
                                         .impl_bytes = sizeof(struct h5ad),
                                         .open = open_marked,
                                         .close = close_marked,
                                         .column_kind = kind_of,
                                         .column = read_column,
                                         .each_id = read_ids,
                                         .matrix = open_matrix,
                                         .genes = read_genes,
                                         .own = read_own};

const struct source_ops *const source_kinds[] = {&source_h5ad, &marked, NULL};

/* --- trials --- */

static char *dir, *store;
static struct strbuf said; /* what the log heard */

static void
hear(void *ctx, enum log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    strbuf_addf(&said, "%s\n", line);
}

/* dir/NAME with an atlas whose cells have the labels in turn, and parts in turn of the
 * donors.  Caller frees. */
static char *
make_store(const char *name)
{
    static const char *const label[] = {"T cell", "B cell", "zebra cell", "lymphocyte"};
    static const char *const part[] = {"train", "train", "val", "test", "train"};
    char *folder = xasprintf("%s/%s", dir, name);
    char *mark = xasprintf("%s/mark", folder),
         *cells = xasprintf("%s/cells.h5ad", folder);
    const char *of_cell[N], *type[N];

    assert_int_equal(mkdir(folder, 0700), 0);
    support_write(mark, "");
    h5b_atlas(cells, &(struct h5b_atlas){N, G, DONORS, name});
    for (size_t i = 0; i < N; i++) {
        type[i] = label[i % 4];
        of_cell[i] = part[i % 5];
    }
    hid_t file = h5b_edit(cells), obs = H5Gopen2(file, "obs", H5P_DEFAULT);

    h5b_delete(obs, "cell_type");
    H5Adelete(obs, "column-order");
    h5b_texts(obs, "cell_type", 0, type, N);
    h5b_texts(obs, "part", 0, of_cell, N);
    H5Gclose(obs);
    H5Fclose(file);
    free(mark);
    free(cells);
    return folder;
}

static int
set_up(void **state)
{
    (void)state;
    h5_init();
    dir = support_tmpdir();
    own_split = NULL;
    own_digest = "d1";
    own_reach = NULL;
    own_weight = NULL;
    memset(own_class, 0, sizeof own_class);
    store = make_store("store.marked");
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    free(store);
    support_rmtree(dir);
    strbuf_release(&said);
    return 0;
}

struct trial {
    struct spec spec;
    struct run_data rd;
    struct errbuf eb;
};

static void
set(struct trial *t, const char *name, const char *value)
{
    if (spec_set(&t->spec, spec_find(name), value, &t->eb))
        fail_msg("%s", t->eb.text);
}

static void
trial_init(struct trial *t)
{
    *t = (struct trial){0};
    spec_init(&t->spec);
    set(t, "data", store);
    strbuf_reset(&said);
}

static enum err
load(struct trial *t)
{
    struct log log = {.write = hear};

    return run_data_load(&t->rd, &t->spec, RUN_DATA_FULL, &log, &t->eb);
}

static void
must_load(struct trial *t)
{
    if (load(t))
        fail_msg("%s", t->eb.text);
}

static void
must_fail(struct trial *t, const char *part)
{
    assert_int_not_equal(load(t), ERR_OK);
    if (!strstr(t->eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", t->eb.text, part);
    spec_release(&t->spec);
}

static void
trial_release(struct trial *t)
{
    run_data_release(&t->rd);
    spec_release(&t->spec);
}

static void
must_say(const char *part)
{
    if (!strstr(strbuf_str(&said), part))
        fail_msg("\"%s\" was not said, but:\n%s", part, strbuf_str(&said));
}

static size_t
class_of(const struct run_data *rd, const char *name)
{
    int32_t c = class_set_find(&rd->classes, name);

    assert_true(c >= 0);
    return (size_t)c;
}

static bool
reaches(const struct run_data *rd, const char *above, const char *below)
{
    return class_set_reaches(&rd->classes, class_of(rd, above), class_of(rd, below));
}

/* --- kinds --- */

static void
expect_foreign(const char *path, enum err want, const char *part)
{
    struct errbuf eb = {""};
    struct source s;

    assert_int_equal(source_open(&s, path, &eb), want);
    if (strncmp(eb.text, path, strlen(path)) != 0 && want == ERR_FORMAT)
        fail_msg("\"%s\" does not start with the path", eb.text);
    if (!strstr(eb.text, part))
        fail_msg("\"%s\" lacks \"%s\"", eb.text, part);
    source_close(&s);
}

static void
test_open__names_what_can_be_read(void **state)
{
    (void)state;
    static const char kinds[] =
        "what can be read: h5ad file (.h5ad), marked folder (.marked)";
    char *text = xasprintf("%s/a.csv", dir), *gz = xasprintf("%s/a.h5ad", dir);
    char *empty = xasprintf("%s/empty", dir), *absent = xasprintf("%s/absent", dir);

    support_write(text, "cell,gene\n");
    support_write(gz, "\x1f\x8b\x08 and so on");
    assert_int_equal(mkdir(empty, 0700), 0);
    expect_foreign(text, ERR_FORMAT, kinds);
    expect_foreign(text, ERR_FORMAT, "is not an HDF5 file");
    expect_foreign(gz, ERR_FORMAT, "gunzip");
    expect_foreign(gz, ERR_FORMAT, kinds);
    expect_foreign(empty, ERR_FORMAT, "is a folder, but no dataset");
    expect_foreign(empty, ERR_FORMAT, kinds);
    expect_foreign(absent, ERR_NOTFOUND, absent);
    assert_null(source_kind(text));
    assert_null(source_kind(absent));
    assert_ptr_equal(source_kind(store), &marked);
    free(text);
    free(gz);
    free(empty);
    free(absent);
}

/* What may never give a byte is not opened. */
static void
test_open__does_not_wait_for_a_pipe(void **state)
{
    (void)state;
    char *pipe = xasprintf("%s/pipe.h5ad", dir);

    assert_int_equal(mkfifo(pipe, 0600), 0);
    alarm(20);
    expect_foreign(pipe, ERR_FORMAT, "is a pipe or a device");
    expect_foreign("/dev/zero", ERR_FORMAT, "is a pipe or a device");
    assert_null(source_kind(pipe));
    alarm(0);
    free(pipe);
}

static void
test_names__lose_the_suffix_of_their_kind(void **state)
{
    (void)state;
    static const char *const c[][2] = {{"/a/b.h5ad", "b"},         {"b.marked", "b"},
                                       {"/a/b.marked/", "b"},      {"a/b.csv", "b.csv"},
                                       {"/a/.h5ad", ".h5ad"},      {"b", "b"},
                                       {"b.h5ad.marked", "b.h5ad"}};

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        char *stem = dataset_stem(c[i][0]);

        assert_string_equal(stem, c[i][1]);
        free(stem);
    }
}

/* A folder that is a source is one; in others the sources count. */
static void
test_expand__takes_folders_that_are_sources(void **state)
{
    (void)state;
    struct strlist path = {0}, file = {0};
    struct notes silent = {0};
    char *chunk = xasprintf("%s/a.h5ad", dir), *slash = xasprintf("%s/", store);

    h5b_atlas(chunk, &(struct h5b_atlas){6, G, 2, NULL});
    strlist_add(&path, slash);
    assert_int_equal(dataset_expand(&path, &file, &silent, NULL), ERR_OK);
    assert_int_equal(file.n, 1);
    assert_string_equal(file.item[0], store);
    strlist_add(&path, dir);
    strlist_release(&file);
    assert_int_equal(dataset_expand(&path, &file, &silent, NULL), ERR_OK);
    assert_int_equal(file.n, 2);
    assert_string_equal(file.item[0], chunk);
    assert_string_equal(file.item[1], store);
    assert_true(source_bytes(store) > 1000);
    strlist_release(&path);
    strlist_release(&file);
    free(chunk);
    free(slash);
}

static void
test_cells__are_those_of_the_file(void **state)
{
    (void)state;
    struct trial t;

    trial_init(&t);
    must_load(&t);
    assert_int_equal(t.rd.ds.n_cells, N);
    assert_int_equal(t.rd.ds.n_files, 1);
    assert_string_equal(t.rd.ds.report[0].path, store);
    assert_int_equal(t.rd.ds.gene_id.n, G);
    assert_int_equal(
        t.rd.n_part[PART_TRAIN] + t.rd.n_part[PART_VAL] + t.rd.n_part[PART_TEST], N);
    assert_false(reaches(&t.rd, "T cell", "B cell"));
    assert_true(reaches(&t.rd, "lymphocyte", "B cell"));
    trial_release(&t);
}

/* --- splits --- */

static void
test_split__is_the_data_s_own(void **state)
{
    (void)state;
    struct trial t;

    own_split = "part";
    trial_init(&t);
    must_load(&t);
    assert_int_equal(t.rd.n_part[PART_TRAIN], 36);
    assert_int_equal(t.rd.n_part[PART_VAL], 12);
    assert_int_equal(t.rd.n_part[PART_TEST], 12);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(t.rd.part[i], i % 5 == 2   ? PART_VAL
                                       : i % 5 == 3 ? PART_TEST
                                                    : PART_TRAIN);
    must_say("the split is the data's own (obs/part)");
    trial_release(&t);
    trial_init(&t);
    set(&t, "ood", "cell_type=zebra cell");
    must_load(&t);
    assert_int_equal(t.rd.n_part[PART_OOD], 15);
    assert_int_equal(t.rd.n_part[PART_TEST], 9);
    for (size_t i = 2; i < N; i += 4)
        assert_int_equal(t.rd.part[i], PART_OOD);
    trial_release(&t);
}

static void
test_split__is_another_where_one_is_asked_for(void **state)
{
    (void)state;
    static const char *const asked[][2] = {
        {"split_by", "cell"}, {"val_fraction", "0.5"}, {"test_fraction", "0"}};

    own_split = "part";
    for (size_t i = 0; i < 3; i++) {
        struct trial t;

        trial_init(&t);
        set(&t, asked[i][0], asked[i][1]);
        must_load(&t);
        must_say("own split (obs/part) is not used");
        size_t n_other = 0;

        for (size_t k = 0; k < N; k++)
            n_other += t.rd.part[k] != (k % 5 == 2   ? PART_VAL
                                        : k % 5 == 3 ? PART_TEST
                                                     : PART_TRAIN);
        assert_true(n_other > 0);
        trial_release(&t);
    }
}

static void
test_split__of_odd_levels_is_an_error(void **state)
{
    (void)state;
    struct trial t;

    own_split = "donor_id";
    trial_init(&t);
    must_fail(&t, "obs/donor_id of cell c0 is \"d0\" instead of train, val or test");
    own_split = "absent";
    trial_init(&t);
    must_fail(&t, "has no obs column absent");
}

/* --- hierarchy --- */

/* The data say that zebra cells are T cells, and that lymphocytes are above nothing. */
static void
test_hierarchy__is_the_data_s_own(void **state)
{
    (void)state;
    static const uint8_t reach[16] = {1, 0, 0, 0, /* zebra cell */
                                      0, 1, 0, 0, /* not a label */
                                      1, 0, 1, 0, /* T cell */
                                      0, 0, 0, 1 /* lymphocyte */};
    struct trial t;

    own_class[0] = "zebra cell";
    own_class[1] = "yak cell";
    own_class[2] = "T cell";
    own_class[3] = "lymphocyte";
    own_reach = reach;
    trial_init(&t);
    must_load(&t);
    assert_int_equal(t.rd.classes.C, 4);
    assert_string_equal(t.rd.classes.name.item[0], "B cell");
    assert_true(reaches(&t.rd, "T cell", "zebra cell"));
    assert_false(reaches(&t.rd, "zebra cell", "T cell"));
    assert_false(reaches(&t.rd, "lymphocyte", "T cell"));
    assert_true(
        reaches(&t.rd, "lymphocyte", "B cell")); /* B is not among its classes */
    assert_int_equal(t.rd.classes.n_edges, 2);
    assert_int_equal(t.rd.classes.unknown.n, 0);
    must_say("1 of 4 labels are not in the data's own hierarchy");
    must_say("\"B cell\"");
    char digest[DIGEST_HEX];

    memcpy(digest, t.rd.classes.digest, DIGEST_HEX);
    trial_release(&t);
    own_reach = NULL;
    trial_init(&t);
    must_load(&t);
    assert_false(reaches(&t.rd, "T cell", "zebra cell"));
    assert_int_equal(t.rd.classes.unknown.n, 1);
    assert_string_not_equal(digest, t.rd.classes.digest);
    trial_release(&t);
}

/* What is above a class of the one hierarchy is above what that class is above of. */
static void
test_hierarchy__of_two_origins_is_closed(void **state)
{
    (void)state;
    static const uint8_t reach[4] = {1, 1, 0, 1}; /* zebra cell above lymphocyte */
    struct trial t;

    own_class[0] = "zebra cell";
    own_class[1] = "lymphocyte";
    own_reach = reach;
    trial_init(&t);
    must_load(&t);
    assert_true(reaches(&t.rd, "zebra cell", "lymphocyte"));
    assert_true(reaches(&t.rd, "lymphocyte", "T cell"));
    assert_true(reaches(&t.rd, "zebra cell", "T cell"));
    assert_true(reaches(&t.rd, "zebra cell", "B cell"));
    assert_false(reaches(&t.rd, "T cell", "B cell"));
    assert_int_equal(t.rd.classes.n_edges, 5);
    trial_release(&t);
}

static void
test_hierarchy__of_a_file_rules(void **state)
{
    (void)state;
    static const uint8_t reach[4] = {1, 1, 0, 1};
    char *obo = xasprintf("%s/t.obo", dir);
    struct trial t;

    own_class[0] = "zebra cell";
    own_class[1] = "lymphocyte";
    own_reach = reach;
    support_write(obo,
                  "[Term]\nid: A:1\nname: B cell\n\n[Term]\nid: A:2\nname: T cell\n"
                  "is_a: A:1\n");
    trial_init(&t);
    set(&t, "ontology", obo);
    must_load(&t);
    assert_true(reaches(&t.rd, "B cell", "T cell"));
    assert_int_equal(t.rd.classes.n_edges, 1);
    trial_release(&t);
    free(obo);
}

static void
test_hierarchy__of_several_must_be_one(void **state)
{
    (void)state;
    static const uint8_t reach[4] = {1, 1, 0, 1};
    char *file = xasprintf("%s/study.h5ad", dir), *two = make_store("two.marked");
    struct trial t;

    own_class[0] = "zebra cell";
    own_class[1] = "lymphocyte";
    own_reach = reach;
    own_split = "part";
    trial_init(&t);
    set(&t, "data", two);
    must_load(&t);
    assert_int_equal(t.rd.ds.n_files, 2);
    assert_true(reaches(&t.rd, "zebra cell", "lymphocyte"));
    assert_int_equal(t.rd.n_part[PART_VAL], 24);
    trial_release(&t);
    h5b_atlas(file, &(struct h5b_atlas){N, G, DONORS, NULL});
    trial_init(&t);
    set(&t, "data", file);
    must_load(&t);
    assert_false(reaches(&t.rd, "zebra cell", "lymphocyte"));
    must_say("do not bring the same hierarchy");
    must_say("not all data bring a split");
    trial_release(&t);
    free(file);
    free(two);
}

/* --- weights and digests --- */

static void
test_weights__that_differ_are_told(void **state)
{
    (void)state;
    /* 36 training cells, 9 of each of 4 classes */
    static const double same[2] = {1, 1 + 1e-7}, other[2] = {1, 1.5};
    struct trial t;

    own_class[0] = "T cell";
    own_class[1] = "B cell";
    own_split = "part";
    own_weight = same;
    trial_init(&t);
    must_load(&t);
    size_t n = 0;

    for (size_t i = 0; i < N; i++)
        n += t.rd.part[i] == PART_TRAIN &&
             t.rd.y[i] == (int32_t)class_of(&t.rd, "T cell");
    assert_int_equal(n, 9);
    assert_null(strstr(strbuf_str(&said), "class weights"));
    trial_release(&t);
    own_weight = other;
    trial_init(&t);
    must_load(&t);
    must_say("the data's own differ for 1 classes (\"B cell\", ...: 1.5)");
    trial_release(&t);
}

static void
test_digest__of_the_data_stands_for_its_bytes(void **state)
{
    (void)state;
    char one[DIGEST_HEX];
    struct trial t;

    trial_init(&t);
    must_load(&t);
    memcpy(one, t.rd.data_digest, DIGEST_HEX);
    trial_release(&t);
    trial_init(&t);
    must_load(&t);
    assert_string_equal(one, t.rd.data_digest);
    trial_release(&t);
    own_digest = "d2";
    trial_init(&t);
    must_load(&t);
    assert_string_not_equal(one, t.rd.data_digest);
    trial_release(&t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_open__names_what_can_be_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_open__does_not_wait_for_a_pipe, set_up,
                                        tear_down),
        cmocka_unit_test(test_names__lose_the_suffix_of_their_kind),
        cmocka_unit_test_setup_teardown(test_expand__takes_folders_that_are_sources,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cells__are_those_of_the_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_split__is_the_data_s_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_split__is_another_where_one_is_asked_for,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split__of_odd_levels_is_an_error, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_hierarchy__is_the_data_s_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_hierarchy__of_two_origins_is_closed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hierarchy__of_a_file_rules, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_hierarchy__of_several_must_be_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_weights__that_differ_are_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_digest__of_the_data_stands_for_its_bytes,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
