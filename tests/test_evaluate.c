/* test_evaluate.c - rows of scores against scikit-learn, and confusions.
 *
 * Forty cells, classes A (ancestor of A1 and A2), A1, A2, B, C (never true); the model
 * predicts the class that is its only gene.  The numbers are classification_report(y, p,
 * labels=unique(y), zero_division=0) of scikit-learn, f1_score(average="micro") with the
 * same labels and accuracy_score; for the hierarchy rule with p replaced by y where R[y][p]
 * is 1; for a group on its own cells. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "engine/classifier.h"
#include "engine/train.h"

enum { N = 40, CLASSES = 5, GENES = CLASSES };

static const char *const names[CLASSES] = {"A", "A1", "A2", "B", "C"};
static const int32_t y[N] = {0, 0, 3, 1, 0, 1, 1, 0, 2, 0, 1, 1, 1, 1,
                             2, 3, 0, 2, 2, 0, 0, 3, 0, 0, 3, 1, 1, 2,
                             0, 2, 1, 0, 2, 3, 0, 2, 0, 2, 2, 0};
static const uint16_t p[N] = {2, 0, 0, 1, 0, 2, 1, 0, 2, 0, 1, 1, 0, 1,
                              3, 3, 4, 2, 4, 0, 0, 3, 3, 1, 0, 1, 0, 2,
                              4, 3, 0, 2, 1, 2, 0, 2, 0, 2, 2, 0};
static const int32_t group[N] = {1,  0, 1,  0,  1,  1, 0,  0, 1,  -1, 0,  0, -1, -1,
                                 -1, 1, 1,  0,  1,  0, -1, 1, -1, 0,  -1, 0, 1,  0,
                                 0,  0, -1, -1, -1, 0, -1, 1, 1,  0,  1,  1};

/* A row as it must come; NAN for columns that do not apply. */
struct expected {
    const char *rule, *facet, *label, *class_name;
    double precision, recall, f1, f1_weighted, f1_micro, accuracy;
    int64_t support, n_classes;
};

#define NO NAN, NAN, NAN
static const struct expected expected[] = {
    /* clang-format off */
    {"exact", "all", "all", NULL, .598214286, .550000000, .571839080, .599425287, .597402597, .575000000, 40, 4},
    {"exact", "class", "A", NULL, .642857143, .600000000, .620689655, NO, 15, 1},
    {"exact", "class", "A1", NULL, .750000000, .600000000, .666666667, NO, 10, 1},
    {"exact", "class", "A2", NULL, .600000000, .600000000, .600000000, NO, 10, 1},
    {"exact", "class", "B", NULL, .400000000, .400000000, .400000000, NO, 5, 1},
    {"hierarchy", "all", "all", NULL, .678256303, .600000000, .630637255, .674387255, .675324675, .650000000, 40, 4},
    {"hierarchy", "class", "A", NULL, .705882353, .800000000, .750000000, NO, 15, 1},
    {"hierarchy", "class", "A1", NULL, .857142857, .600000000, .705882353, NO, 10, 1},
    {"hierarchy", "class", "A2", NULL, .750000000, .600000000, .666666667, NO, 10, 1},
    {"hierarchy", "class", "B", NULL, .400000000, .400000000, .400000000, NO, 5, 1},
    {"exact", "tissue", "u", NULL, .645833333, .587500000, .602272727, .753030303, .758620690, .733333333, 15, 4},
    {"exact", "tissue", "u", "A", 1, .600000000, .750000000, NO, 5, 1},
    {"exact", "tissue", "u", "A1", .833333333, 1, .909090909, NO, 5, 1},
    {"exact", "tissue", "u", "A2", .750000000, .750000000, .750000000, NO, 4, 1},
    {"exact", "tissue", "u", "B", 0, 0, 0, NO, 1, 1},
    {"exact", "tissue", "v", NULL, .550000000, .504166667, .516666667, .576190476, .615384615, .571428571, 14, 4},
    {"exact", "tissue", "v", "A", .600000000, .600000000, .600000000, NO, 5, 1},
    {"exact", "tissue", "v", "A1", 0, 0, 0, NO, 2, 1},
    {"exact", "tissue", "v", "A2", .600000000, .750000000, .666666667, NO, 4, 1},
    {"exact", "tissue", "v", "B", 1, .666666667, .800000000, NO, 3, 1},
    {"hierarchy", "tissue", "u", NULL, .687500000, .637500000, .659722222, .829629630, .827586207, .800000000, 15, 4},
    {"hierarchy", "tissue", "u", "A", 1, .800000000, .888888889, NO, 5, 1},
    {"hierarchy", "tissue", "u", "A1", 1, 1, 1, NO, 5, 1},
    {"hierarchy", "tissue", "u", "A2", .750000000, .750000000, .750000000, NO, 4, 1},
    {"hierarchy", "tissue", "u", "B", 0, 0, 0, NO, 1, 1},
    {"hierarchy", "tissue", "v", NULL, .604166667, .554166667, .569318182, .645454545, .692307692, .642857143, 14, 4},
    {"hierarchy", "tissue", "v", "A", .666666667, .800000000, .727272727, NO, 5, 1},
    {"hierarchy", "tissue", "v", "A1", 0, 0, 0, NO, 2, 1},
    {"hierarchy", "tissue", "v", "A2", .750000000, .750000000, .750000000, NO, 4, 1},
    {"hierarchy", "tissue", "v", "B", 1, .666666667, .800000000, NO, 3, 1},
    /* clang-format on */
};

struct fixture {
    struct dataset ds;
    struct class_set classes;
    struct eval_cells ec;
    struct strlist facets;
    struct classifier *classifier;
    size_t n_calls;
};

/* Weight 1 from gene c to class c: the prediction is the cell's gene. */
static struct classifier *
identity_classifier(void)
{
    struct model_config config = {.id = MODEL_linear, .D = GENES, .C = CLASSES};
    float in[(GENES + 1) * CLASSES] = {0}, scratch[(GENES + 1) * CLASSES];
    struct classifier *c;
    struct model *m;

    assert_int_equal(model_new(&m, &config, NULL), ERR_OK);
    for (size_t c0 = 0; c0 < CLASSES; c0++)
        in[c0 * GENES + c0] = 1;
    model_import(m, in);
    void *bytes = xmalloc(classifier_bytes(m), 1);
    classifier_write(m, scratch, bytes);
    assert_int_equal(classifier_load(&c, bytes, classifier_bytes(m), NULL), ERR_OK);
    free(bytes);
    model_free(m);
    return c;
}

static void
add_tissue(struct dataset *ds)
{
    struct obs_column *col = xcalloc(1, sizeof *col);

    col->name = xstrdup("tissue");
    codes_take(&col->code, xcalloc(N, sizeof *group));
    memcpy(col->code.at, group, sizeof group);
    strlist_add(&col->levels, "u");
    strlist_add(&col->levels, "v");
    ds->col = col;
    ds->n_cols = 1;
}

static void
fixture_init(struct fixture *f)
{
    static const uint32_t ancestor[] = {0, 0}, descendant[] = {1, 2};
    struct strlist name = {0}, term = {0};
    struct csr *x = &f->ds.x;

    *f = (struct fixture){0};
    f->ds.n_cells = x->n_rows = N;
    x->n_cols = GENES;
    x->indptr = xcalloc(N + 1, sizeof *x->indptr);
    x->index = xcalloc(N, sizeof *x->index);
    x->value = xcalloc(N, sizeof *x->value);
    f->ec = (struct eval_cells){.name = xstrdup("id"), .ds = &f->ds, .n = N};
    f->ec.cell = xcalloc(N, sizeof *f->ec.cell);
    f->ec.y = xcalloc(N, sizeof *f->ec.y);
    for (uint32_t i = 0; i < N; i++) {
        x->indptr[i + 1] = i + 1;
        x->index[i] = p[i];
        x->value[i] = 1;
        f->ec.cell[i] = i;
        f->ec.y[i] = y[i];
    }
    add_tissue(&f->ds);
    for (size_t c = 0; c < CLASSES; c++) {
        strlist_add(&name, names[c]);
        strlist_add(&term, "");
    }
    class_set_restore(&f->classes, &name, &term, ancestor, descendant, 2);
    strlist_add(&f->facets, "tissue");
    strlist_add(&f->facets, "absent from these cells");
    f->classifier = identity_classifier();
    strlist_release(&name);
    strlist_release(&term);
}

static void
fixture_release(struct fixture *f)
{
    dataset_release(&f->ds);
    class_set_release(&f->classes);
    strlist_release(&f->facets);
    classifier_free(f->classifier);
    free(f->ec.name);
    free(f->ec.cell);
    free(f->ec.y);
}

static void
same_number(double got, double want)
{
    if (isnan(want))
        assert_true(isnan(got));
    else
        support_near(got, want, 1e-8);
}

static bool
is_row(const struct f1_row *r, const struct expected *e)
{
    if (!r->class_name != !e->class_name ||
        (e->class_name && strcmp(r->class_name, e->class_name) != 0))
        return false;
    return !strcmp(r->rule, e->rule) && !strcmp(r->facet, e->facet) &&
           !strcmp(r->label, e->label);
}

static void
same_row(const struct f1_row *r, const struct expected *e)
{
    same_number(r->precision, e->precision);
    same_number(r->recall, e->recall);
    same_number(r->f1, e->f1);
    same_number(r->f1_weighted, e->f1_weighted);
    same_number(r->f1_micro, e->f1_micro);
    same_number(r->accuracy, e->accuracy);
    assert_int_equal(r->support, e->support);
    assert_int_equal(r->n_classes, e->n_classes);
}

static enum err
check_rows(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    size_t n = sizeof expected / sizeof expected[0];

    (void)eb;
    ((struct fixture *)ctx)->n_calls++;
    assert_int_equal(r->n_rows, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;

        while (at < r->n_rows && !is_row(&r->row[at], &expected[i]))
            at++;
        assert_true(at < r->n_rows);
        same_row(&r->row[at], &expected[i]);
    }
    assert_string_equal(r->checkpoint, "best");
    assert_true(r->is_primary);
    assert_int_equal(r->n_cells, N);
    return ERR_OK;
}

static void
test_evaluate__rows_equal_scikit_learn(void **state)
{
    struct fixture f;
    struct sink sink = {.ctx = &f, .evaluation = check_rows};
    int32_t predicted[N];

    (void)state;
    fixture_init(&f);
    assert_int_equal(evaluate(f.classifier, &f.ec, &f.classes, &f.facets, "best", 1, 2,
                              &sink, predicted, NULL),
                     ERR_OK);
    assert_int_equal(f.n_calls, 1);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(predicted[i], p[i]);
    fixture_release(&f);
}

static const char *
expected_relation(size_t true_class, size_t predicted)
{
    if (true_class == predicted)
        return "same";
    if (true_class == 0 && predicted <= 2)
        return "descendant";
    if (predicted == 0 && true_class <= 2)
        return "ancestor";
    return true_class <= 2 && predicted <= 2 ? "sibling" : "other";
}

static enum err
check_confusions(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    int64_t n[CLASSES][CLASSES] = {{0}};
    size_t at = 0;

    (void)eb;
    ((struct fixture *)ctx)->n_calls++;
    for (size_t i = 0; i < N; i++)
        n[y[i]][p[i]]++;
    for (size_t t = 0; t < CLASSES; t++) {
        for (size_t q = 0; q < CLASSES; q++) {
            if (n[t][q] == 0)
                continue;
            const struct confusion_row *c = &r->confusion[at++];

            assert_string_equal(c->true_label, names[t]);
            assert_string_equal(c->predicted_label, names[q]);
            assert_int_equal(c->n, n[t][q]);
            assert_string_equal(c->relation, expected_relation(t, q));
        }
    }
    assert_int_equal(at, r->n_confusions);
    return ERR_OK;
}

static void
test_evaluate__confusions_count_raw_predictions(void **state)
{
    struct fixture f;
    struct sink sink = {.ctx = &f, .evaluation = check_confusions};

    (void)state;
    fixture_init(&f);
    assert_int_equal(evaluate(f.classifier, &f.ec, &f.classes, &f.facets, "last", 0, 1,
                              &sink, NULL, NULL),
                     ERR_OK);
    assert_int_equal(f.n_calls, 1);
    fixture_release(&f);
}

static enum err
check_empty(void *ctx, const struct evaluation_result *r, struct errbuf *eb)
{
    (void)eb;
    ((struct fixture *)ctx)->n_calls++;
    assert_int_equal(r->n_rows, 2); /* the averages over nothing, under each rule */
    for (size_t i = 0; i < r->n_rows; i++) {
        assert_string_equal(r->row[i].facet, "all");
        assert_true(isnan(r->row[i].f1) && isnan(r->row[i].accuracy));
        assert_int_equal(r->row[i].support, 0);
    }
    assert_int_equal(r->n_confusions, 0);
    return ERR_OK;
}

static void
test_evaluate__no_cells_have_no_score(void **state)
{
    struct fixture f;
    struct sink sink = {.ctx = &f, .evaluation = check_empty};

    (void)state;
    fixture_init(&f);
    f.ec.n = 0;
    assert_int_equal(evaluate(f.classifier, &f.ec, &f.classes, &f.facets, "last", 0, 1,
                              &sink, NULL, NULL),
                     ERR_OK);
    assert_int_equal(f.n_calls, 1);
    fixture_release(&f);
}

static void
test_evaluate__other_shapes_are_refused(void **state)
{
    struct fixture f;
    struct sink sink = {.ctx = &f, .evaluation = check_rows};
    struct errbuf eb;

    (void)state;
    fixture_init(&f);
    f.classes.C = CLASSES - 1;
    assert_int_equal(evaluate(f.classifier, &f.ec, &f.classes, &f.facets, "best", 1, 1,
                              &sink, NULL, &eb),
                     ERR_ARG);
    assert_non_null(strstr(eb.text, "5 classes"));
    f.classes.C = CLASSES;
    f.ds.x.n_cols = GENES + 1;
    assert_int_equal(evaluate(f.classifier, &f.ec, &f.classes, &f.facets, "best", 1, 1,
                              &sink, NULL, &eb),
                     ERR_ARG);
    assert_non_null(strstr(eb.text, "6 genes"));
    f.ds.x.n_cols = GENES;
    fixture_release(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evaluate__rows_equal_scikit_learn),
        cmocka_unit_test(test_evaluate__confusions_count_raw_predictions),
        cmocka_unit_test(test_evaluate__no_cells_have_no_score),
        cmocka_unit_test(test_evaluate__other_shapes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
