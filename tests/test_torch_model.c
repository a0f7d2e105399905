/* test_torch_model.c - models of PyTorch's files give PyTorch's probabilities, and files
 * that are not whole models are refused with what is wrong.
 *
 * tests/torch was written by check_torch_models.py: files, cells, and the probabilities
 * that PyTorch gave for them. */
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"
#include "data/dataset_load.h"
#include "data/npy.h"
#include "engine/classifier.h"
#include "engine/train.h"
#include "transfer/torch_model.h"
#include "transfer/torch_names.h"
#include "transfer/weights_facts.h"

static char *dir, *path;

static int
set_up(void **state)
{
    (void)state;
    dir = support_tmpdir();
    path = xasprintf("%s/a.safetensors", dir);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    free(path);
    support_rmtree(dir);
    return 0;
}

static const char *
fixture(const char *name)
{
    static char relative[128];

    snprintf(relative, sizeof relative, "tests/torch/%s", name);
    return support_source(relative);
}

/* --- probabilities --- */

static void
load_cells(struct dataset *ds)
{
    struct strlist file = {0}, none = {0};
    struct notes notes = {0};

    strlist_add(&file, fixture("cells.h5ad"));
    struct dataset_request q = {.path = &file,
                                .where = &none,
                                .need = &none,
                                .layer = "X",
                                .normalize = NORMALIZE_NONE,
                                .with_matrix = true,
                                .threads = 1};
    struct errbuf eb = {""};
    assert_int_equal(dataset_load(ds, &q, &notes, &eb), ERR_OK);
    strlist_release(&file);
}

static struct classifier *
classifier_of(const struct model *m)
{
    float *scratch = xcalloc(model_exported(m), sizeof *scratch);
    void *bytes = xmalloc(classifier_bytes(m), 1);
    struct classifier *c;

    classifier_write(m, scratch, bytes);
    assert_int_equal(classifier_load(&c, bytes, classifier_bytes(m), NULL), ERR_OK);
    free(bytes);
    free(scratch);
    return c;
}

static void
load_model(struct torch_model *t, const char *name)
{
    struct tensor_file f;
    struct errbuf eb = {""};

    if (tensor_file_open(&f, fixture(name), &eb) || torch_model_load(t, &f, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(t->unknown.n, 0);
    assert_int_equal(t->refused.n, 0);
    tensor_file_close(&f);
}

/* The largest difference between our probabilities and those of a .npy file. */
static double
difference(const struct model *m, const char *expected)
{
    struct dataset ds;
    struct npy f;
    struct classifier *c = classifier_of(m);
    double worst = 0;

    load_cells(&ds);
    assert_int_equal(npy_open(&f, fixture(expected), NULL), ERR_OK);
    assert_int_equal(f.n_rows, ds.n_cells);
    assert_int_equal(f.n_cols, m->config.C);
    size_t n = ds.n_cells, C = m->config.C;
    uint32_t *cell = xcalloc(n, sizeof *cell);
    int32_t *predicted = xcalloc(n, sizeof *predicted);
    float *prob = xcalloc(n * C, sizeof *prob), *want = xcalloc(n * C, sizeof *want);

    for (size_t i = 0; i < n; i++)
        cell[i] = (uint32_t)i;
    assert_int_equal(npy_read(&f, 0, n, want, NULL), ERR_OK);
    assert_int_equal(classifier_predict(c, &ds, cell, n, 1, predicted, prob, NULL),
                     ERR_OK);
    for (size_t i = 0; i < n * C; i++)
        worst = fmax(worst, fabs((double)prob[i] - (double)want[i]));
    free(cell);
    free(predicted);
    free(prob);
    free(want);
    npy_close(&f);
    classifier_free(c);
    dataset_release(&ds);
    return worst;
}

static void
test_models__give_the_probabilities_of_pytorch(void **state)
{
    static const struct {
        const char *file, *expected;
        double tol; /* what the type of its values leaves */
    } t[] = {
        {"linear.ckpt", "linear.npy", 1e-5},
        {"linear_double.ckpt", "linear.npy", 1e-5},
        {"linear_half.ckpt", "linear.npy", 5e-3},
        {"linear_bfloat16.ckpt", "linear.npy", 5e-2},
        {"linear_turned.ckpt", "linear.npy", 1e-5},
        {"linear_part.ckpt", "linear.npy", 1e-5},
        {"linear_state.pt", "linear.npy", 1e-5},
        {"linear_protocol4.ckpt", "linear.npy", 1e-5},
        {"linear_big.ckpt", "linear.npy", 1e-5},
        {"linear_deflated.ckpt", "linear.npy", 1e-5},
        {"linear_laughs.ckpt", "linear.npy", 1e-5},
        {"linear.safetensors", "linear.npy", 1e-5},
        {"mlp.ckpt", "mlp.npy", 1e-5},
        {"tabnet.ckpt", "tabnet.npy", 1e-5},
        {"tabnet.safetensors", "tabnet.npy", 1e-5},
        {"tabnet_steps.ckpt", "tabnet_steps.npy", 1e-5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct torch_model m;

        load_model(&m, t[i].file);
        double d = difference(m.model, t[i].expected);
        if (d > t[i].tol)
            fail_msg("%s: probabilities differ by %g", t[i].file, d);
        torch_model_release(&m);
    }
}

static void
test_models__have_the_shapes_and_hyperparameters_of_the_file(void **state)
{
    struct torch_model t;

    (void)state;
    load_model(&t, "tabnet_steps.ckpt");
    assert_int_equal(t.model->config.D, 12);
    assert_int_equal(t.model->config.C, 7);
    assert_int_equal(t.spec.n_d, 6);
    assert_int_equal(t.spec.n_a, 4);
    assert_int_equal(t.spec.n_steps, 3);
    assert_int_equal(t.spec.n_shared, 1);
    assert_int_equal(t.spec.n_independent, 3);
    assert_int_equal(t.spec.mask_type, MASK_SPARSEMAX);
    support_near(t.spec.gamma, 1.7, 0);
    support_near(t.spec.lambda_sparse, 1e-4, 0);
    assert_int_equal(t.spec.batch_size, 64);
    support_near(t.spec.lr_scheduler_gamma, 0.9, 0);
    assert_int_equal(t.assumed.n, 0);
    torch_model_release(&t);
    load_model(&t, "mlp.ckpt");
    assert_int_equal(t.spec.hidden_size, 6);
    assert_int_equal(t.spec.n_hidden, 3);
    support_near(t.spec.dropout, 0.2, 0);
    torch_model_release(&t);
}

/* Classes in another order are the same model. */
static void
test_permute__moves_classes_and_nothing_else(void **state)
{
    static const uint32_t place[7] = {3, 0, 6, 1, 5, 2, 4};
    static const char *const files[] = {"linear.ckpt", "mlp.ckpt", "tabnet.ckpt"};

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        struct torch_model a, b;

        load_model(&a, files[k]);
        load_model(&b, files[k]);
        torch_model_permute(&b, place);
        for (size_t i = 0; i < a.model->n_params; i++) {
            const struct param *p = &a.model->param[i];
            bool moves = p->dim[0] == 7;

            for (size_t r = 0; r < p->dim[0]; r++)
                for (size_t j = 0; j < p->dim[1]; j++)
                    assert_true(a.model->value[param_at(p, r, j)] ==
                                b.model->value[param_at(p, moves ? place[r] : r, j)]);
        }
        torch_model_release(&a);
        torch_model_release(&b);
    }
}

/* --- what is refused --- */

struct entry {
    const char *name, *shape; /* of F32; "U64[2]" of another type */
    size_t n;                 /* floats */
    float value;
};

static void
write_file(const struct entry *e, size_t n)
{
    struct strbuf head = {0};
    size_t at = 0;
    FILE *fp = fopen(path, "wb");

    strbuf_addc(&head, '{');

    for (size_t i = 0; i < n; i++) {
        int n_type = (int)strcspn(e[i].shape, "[");

        strbuf_addf(&head,
                    "%s\"%s\":{\"dtype\":\"%.*s\",\"shape\":%s,\"data_offsets\":[%zu,"
                    "%zu]}",
                    i ? "," : "", e[i].name, n_type ? n_type : 3,
                    n_type ? e[i].shape : "F32", e[i].shape + n_type, at,
                    at + 4 * e[i].n);
        at += 4 * e[i].n;
    }
    strbuf_addc(&head, '}');
    assert_non_null(fp);
    uint64_t length = head.len;
    fwrite(&length, 8, 1, fp);
    fwrite(strbuf_str(&head), 1, head.len, fp);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < e[i].n; k++)
            fwrite(&e[i].value, sizeof e[i].value, 1, fp);
    assert_int_equal(fclose(fp), 0);
    strbuf_release(&head);
}

static void
refuses(const struct entry *e, size_t n, enum err code, const char *what)
{
    struct tensor_file f;
    struct torch_model t;
    struct errbuf eb = {""};

    write_file(e, n);
    if (tensor_file_open(&f, path, &eb) != ERR_OK)
        fail_msg("%s", eb.text);
    assert_int_equal(torch_model_load(&t, &f, &eb), code);
    if (!strstr(eb.text, what))
        fail_msg("'%s' does not say '%s'", eb.text, what);
    assert_null(t.model);
    tensor_file_close(&f);
}

static void
test_load__lists_what_is_missing_or_has_another_shape(void **state)
{
    const struct entry missing[] = {{"classifier.weight", "[2,3]", 6, 1}};
    const struct entry shape[] = {{"classifier.weight", "[2,3]", 6, 1},
                                  {"classifier.bias", "[3]", 3, 1}};
    const struct entry both[] = {{"encoder.0.weight", "[2,3]", 6, 1},
                                 {"encoder.0.bias", "[1,2]", 2, 1},
                                 {"linear.weight", "[4,2]", 8, 1}};

    (void)state;
    refuses(missing, 1, ERR_FORMAT, "classifier.bias is missing");
    refuses(shape, 2, ERR_FORMAT, "classifier.bias is (3,), must be (2,)");
    refuses(both, 3, ERR_FORMAT, "encoder.0.bias is (1, 2), must be (2,)");
    refuses(both, 3, ERR_FORMAT, "encoder.1.running_var is missing");
}

static void
test_load__refuses_what_is_no_model_of_ours(void **state)
{
    const struct entry other[] = {{"layer1.0.conv.kernel", "[2,3]", 6, 1}};
    const struct entry nan[] = {{"weight", "[2,3]", 6, NAN}, {"bias", "[2]", 2, 1}};
    const struct entry none[] = {{"weight", "[2,0]", 0, 1}, {"bias", "[2]", 2, 1}};
    const struct entry wide[] = {{"weight", "[1,70000]", 70000, 1},
                                 {"bias", "[1]", 1, 1}};

    (void)state;
    refuses(other, 1, ERR_UNSUPPORTED, "none of the models");
    refuses(nan, 2, ERR_FORMAT, "'weight' has values that are not finite");
    refuses(none, 2, ERR_FORMAT, "0 genes");
    refuses(wide, 2, ERR_FORMAT, "70000 genes");
    refuses(wide, 0, ERR_UNSUPPORTED, "no tensors in it");
}

/* Types that no model has: a note, unless a parameter is of one. */
static void
test_load__names_tensors_of_other_types(void **state)
{
    const struct entry more[] = {{"weight", "[2,3]", 6, 1},
                                 {"bias", "[2]", 2, 1},
                                 {"seen", "U64[3]", 6, 1},
                                 {"phase", "C64[1]", 2, 1},
                                 {"child_lookup", "U64[1]", 2, 1}};
    const struct entry needed[] = {{"weight", "[2,3]", 6, 1}, {"bias", "U64[1]", 2, 1}};
    struct tensor_file f;
    struct torch_model t;
    struct errbuf eb = {""};

    (void)state;
    write_file(more, 5);
    if (tensor_file_open(&f, path, &eb) || torch_model_load(&t, &f, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(t.unknown.n, 2);
    assert_string_equal(t.unknown.item[0], "seen (of type U64)");
    assert_string_equal(t.unknown.item[1], "phase (of type C64)");
    torch_model_release(&t);
    tensor_file_close(&f);
    refuses(needed, 2, ERR_FORMAT, "bias is of type U64, which is not read");
    refuses(needed + 1, 1, ERR_UNSUPPORTED, "no tensors in it whose type is read");
}

/* The shared weight stands under several names; with other values it is no TabNet. */
static void
test_load__compares_shared_weights(void **state)
{
    const struct entry mlp[] = {{"encoder.0.weight", "[1,2]", 2, 1},
                                {"encoder.0.bias", "[1]", 1, 1},
                                {"encoder.1.weight", "[1]", 1, 1},
                                {"encoder.1.bias", "[1]", 1, 1},
                                {"encoder.1.running_mean", "[1]", 1, 1},
                                {"encoder.1.running_var", "[1]", 1, 1},
                                {"linear.weight", "[2,1]", 2, 1},
                                {"linear.bias", "[2]", 2, 1},
                                {"encoder.1.num_batches_tracked", "[]", 1, 1},
                                {"more.weight", "[1]", 1, 1}};
    struct tensor_file f;
    struct torch_model t;
    struct errbuf eb = {""};

    (void)state;
    write_file(mlp, 10);
    assert_int_equal(tensor_file_open(&f, path, &eb), ERR_OK);
    if (torch_model_load(&t, &f, &eb))
        fail_msg("%s", eb.text);
    assert_int_equal(t.unknown.n, 1);
    assert_string_equal(t.unknown.item[0], "more.weight");
    torch_model_release(&t);
    tensor_file_close(&f);

    assert_int_equal(tensor_file_open(&f, fixture("tabnet.ckpt"), &eb), ERR_OK);
    static const char *const shared[] = {
        "classifier.encoder.initial_splitter.shared.shared_layers.0.weight",
        "classifier.encoder.feat_transformers.0.shared.glu_layers.0.fc.weight",
        "classifier.encoder.feat_transformers.0.shared.shared_layers.0.weight"};
    for (size_t i = 1; i < 3; i++)
        assert_true(tensor_is_alias(tensor_file_find(&f, shared[0]),
                                    tensor_file_find(&f, shared[i])));
    /* Another storage of the same shape under one of the names. */
    for (size_t i = 0; i < f.n; i++)
        if (strcmp(f.tensor[i].name, shared[1]) == 0)
            f.tensor[i].place =
                tensor_file_find(&f, "classifier.encoder.feat_transformers.0.shared."
                                     "glu_layers.1.fc.weight")
                    ->place;
    for (size_t i = 0; i < f.n; i++)
        if (strcmp(f.tensor[i].name, shared[1]) == 0) {
            f.tensor[i].dim[1] = f.tensor[i].stride[0] = 10;
            f.tensor[i].n = 200;
        }
    assert_int_equal(torch_model_load(&t, &f, &eb), ERR_UNSUPPORTED);
    assert_non_null(strstr(eb.text, "are one weight in TabNet"));
    tensor_file_close(&f);
}

static void
test_names__shared_ones_are_the_first(void **state)
{
    static const char *const t[][2] = {
        {"encoder.feat_transformers.2.shared.glu_layers.1.fc.weight",
         "encoder.initial_splitter.shared.shared_layers.1.weight"},
        {"encoder.initial_splitter.shared.shared_layers.0.weight",
         "encoder.initial_splitter.shared.shared_layers.0.weight"},
        {"encoder.feat_transformers.0.shared.glu_layers.1.bn.bn.weight",
         "encoder.feat_transformers.0.shared.glu_layers.1.bn.bn.weight"},
        {"encoder.feat_transformers.0.shared.glu_layers..fc.weight",
         "encoder.feat_transformers.0.shared.glu_layers..fc.weight"},
        {"x.shared.glu_layers.1.fc.weight", "x.shared.glu_layers.1.fc.weight"}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        char *own = torch_names_own(t[i][0]);

        assert_string_equal(own, t[i][1]);
        free(own);
    }
}

/* --- facts --- */

static void
test_facts__are_those_of_file_and_name(void **state)
{
    int64_t epoch = -1;
    double score = NAN;
    struct tensor_file f;
    struct weights_facts x;
    struct import_wish wish = {0};

    (void)state;
    weights_facts_of_name("/x/val_f1_macro_epoch=41_val_f1_macro=0.847-v1.ckpt", &epoch,
                          &score);
    assert_int_equal(epoch, 41);
    support_near(score, 0.847, 0);
    epoch = -1;
    weights_facts_of_name("/epoch=3/best.ckpt", &epoch, &score);
    assert_int_equal(epoch, -1);

    assert_int_equal(tensor_file_open(&f, fixture("linear.ckpt"), NULL), ERR_OK);
    assert_int_equal(weights_facts_find(&x, &f, &wish, NULL), ERR_OK);
    assert_int_equal(x.epoch, 3);
    support_near(x.score, 0.75, 0);
    assert_false(x.knows_loss);
    assert_false(x.knows_seed);
    assert_string_equal(tensor_file_says(&f, "hyper_parameters.optimizer"),
                        "torch.optim.adamw.AdamW");
    tensor_file_close(&f);
    assert_int_equal(tensor_file_open(&f, fixture("linear.safetensors"), NULL), ERR_OK);
    assert_int_equal(weights_facts_find(&x, &f, &wish, NULL), ERR_OK);
    assert_int_equal(x.loss, LOSS_hce);
    assert_true(x.knows_loss);
    tensor_file_close(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models__give_the_probabilities_of_pytorch),
        cmocka_unit_test(test_models__have_the_shapes_and_hyperparameters_of_the_file),
        cmocka_unit_test(test_permute__moves_classes_and_nothing_else),
        cmocka_unit_test(test_load__lists_what_is_missing_or_has_another_shape),
        cmocka_unit_test(test_load__refuses_what_is_no_model_of_ours),
        cmocka_unit_test(test_load__names_tensors_of_other_types),
        cmocka_unit_test(test_load__compares_shared_weights),
        cmocka_unit_test(test_names__shared_ones_are_the_first),
        cmocka_unit_test(test_facts__are_those_of_file_and_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
