/* test_exchange_write.c - writers of foreign formats, to the byte.
 *
 * The bytes of the event file are those of FORMATS.md, section 5, which were computed
 * with TensorBoard's own rules; the averages are scikit-learn 1.2's of the cells that the
 * test names; numbers of YAML are what PyYAML 6 writes. */
#include "exchange/out_file.h"
#include "exchange/report_csv.h"
#include "exchange/safetensors_write.h"
#include "exchange/tfevents_write.h"
#include "exchange/yaml_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "tests/support.h"

/* A path that is free.  Caller frees. */
static char *
free_path(const char *name)
{
    const char *tmp = getenv("TMPDIR");
    char *path =
        xasprintf("%s/hcelab-write-%ld-%s", tmp ? tmp : "/tmp", (long)getpid(), name);

    unlink(path);
    return path;
}

/* The bytes of a file, which is removed. */
static struct strbuf
take_file(const char *path)
{
    struct strbuf out = {0};
    char piece[4096];
    FILE *fp = fopen(path, "re");
    size_t n;

    assert_non_null(fp);
    while ((n = fread(piece, 1, sizeof piece, fp)) > 0)
        strbuf_add(&out, piece, n);
    fclose(fp);
    unlink(path);
    return out;
}

static void
assert_hex(const struct strbuf *got, const char *hex)
{
    struct strbuf text = {0};

    for (size_t i = 0; i < got->len; i++)
        strbuf_addf(&text, "%02x", (unsigned)(unsigned char)got->buf[i]);
    assert_string_equal(strbuf_str(&text), hex);
    strbuf_release(&text);
}

static void
test_tfevents__bytes_are_the_published_ones(void **state)
{
    char *path = free_path("events");
    struct tfevents_write t;
    double start;
    const unsigned char start_bytes[] = {0, 0, 0x80, 0x38, 0x99, 0xd6, 0xd7, 0x41};

    (void)state;
    memcpy(&start, start_bytes, sizeof start);
    assert_int_equal(tfevents_write_open(&t, path, start, NULL), ERR_OK);
    tfevents_write_scalar(&t, 1700000000.5, 100, "train_loss", 0.25f);
    assert_int_equal(tfevents_write_close(&t, true, NULL), ERR_OK);
    struct strbuf got = take_file(path);
    assert_hex(&got,
               "1800000000000000a37f4b22"
               "0900008038"
               "99d6d7411a0d627261696e2e4576656e743a32"
               "124b36ab"
               "200000000000000029eda9500900002040fc54d94110642a130a110a0a747261696e"
               "5f6c6f7373150000803ec6314cc0");
    strbuf_release(&got);
    free(path);
}

static void
test_tfevents__steps_are_varints_and_nan_is_a_value(void **state)
{
    char *path = free_path("nan");
    struct tfevents_write t;

    (void)state;
    assert_int_equal(tfevents_write_open(&t, path, 0, NULL), ERR_OK);
    tfevents_write_scalar(&t, 0, 300, "x", NAN);
    assert_int_equal(tfevents_write_close(&t, true, NULL), ERR_OK);
    struct strbuf got = take_file(path);
    const unsigned char *event = (const unsigned char *)got.buf + 16 + 24 + 12;
    float value;
    /* wall time 9, step 3, summary head 2, value head 2, tag 3, simple_value 5 */
    assert_int_equal(got.len, 16 + 24 + 16 + 24);
    assert_int_equal(event[10], 0xac);
    assert_int_equal(event[11], 0x02);
    memcpy(&value, event + 20, sizeof value);
    assert_true(isnan(value));
    strbuf_release(&got);
    free(path);
}

static void
test_safetensors__header_says_where_the_values_are(void **state)
{
    static const char header[] =
        "{\"__metadata__\":{\"run\":\"a \\\"b\\\"\"},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]}}";
    const struct safetensors_tensor tensor[] = {{"w", 2, {2, 3}}, {"b", 1, {2, 0}}};
    const struct safetensors_text text[] = {{"run", "a \"b\""}};
    const float value[] = {1, 2, 3, 4, 5, 6, 7, 8};
    char *path = free_path("tensors");
    struct out_file o;

    (void)state;
    assert_int_equal(safetensors_write_open(&o, path, tensor, 2, text, 1, NULL),
                     ERR_OK);
    safetensors_write_values(&o, value, 6);
    safetensors_write_values(&o, value + 6, 2);
    assert_int_equal(out_file_close(&o, true, NULL), ERR_OK);
    struct strbuf got = take_file(path);
    size_t padded = (sizeof header - 1 + 7) / 8 * 8;
    assert_int_equal(got.len, 8 + padded + sizeof value);
    assert_int_equal((unsigned char)got.buf[0], padded);
    assert_memory_equal(got.buf + 8, header, sizeof header - 1);
    for (size_t i = sizeof header - 1; i < padded; i++)
        assert_int_equal(got.buf[8 + i], ' ');
    assert_memory_equal(got.buf + 8 + padded, value, sizeof value);
    strbuf_release(&got);
    free(path);
}

static void
test_out_file__says_what_is_wrong_and_leaves_nothing(void **state)
{
    struct out_file o;
    struct errbuf eb;
    char *path = free_path("there");

    (void)state;
    assert_int_equal(out_file_open(&o, "/no-such-folder/x", &eb), ERR_NOTFOUND);
    assert_non_null(strstr(eb.text, "/no-such-folder/x"));
    assert_int_equal(out_file_open(&o, path, &eb), ERR_OK);
    struct out_file again;
    assert_int_equal(out_file_open(&again, path, &eb), ERR_IO); /* it exists */
    assert_int_equal(out_file_close(&o, false, NULL), ERR_OK);
    assert_int_not_equal(access(path, F_OK), 0);
    free(path);
}

static void
test_yaml__numbers_are_numbers_of_yaml_1_1(void **state)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = {{0.002, "0.002"}, {1e-5, "1.0e-05"},    {1.5e-7, "1.5e-07"},
                 {1, "1.0"},       {1e-15, "1.0e-15"},   {1e300, "1.0e+300"},
                 {-2.5, "-2.5"},   {(double)NAN, ".nan"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strbuf out = {0};

        yaml_write_real(&out, cases[i].x);
        assert_string_equal(strbuf_str(&out), cases[i].text);
        strbuf_release(&out);
    }
}

static void
test_yaml__texts_stay_texts(void **state)
{
    const struct yaml_entry entry[] = {
        {"count", "4", YAML_WORD},   {"text", "4", YAML_TEXT},
        {"truth", "no", YAML_TEXT},  {"kwargs", NULL, YAML_OPEN},
        {"lr", "1e-5", YAML_REAL},   {NULL, NULL, YAML_CLOSE},
        {"name", "a: b", YAML_TEXT}, {"plain", "torch.optim.adamw.AdamW", YAML_TEXT}};
    struct strbuf out = {0};

    (void)state;
    assert_int_equal(yaml_write(&out, entry, sizeof entry / sizeof *entry, NULL),
                     ERR_OK);
    assert_string_equal(strbuf_str(&out), "count: 4\n"
                                          "text: '4'\n"
                                          "truth: 'no'\n"
                                          "kwargs:\n"
                                          "  lr: 1.0e-05\n"
                                          "name: 'a: b'\n"
                                          "plain: torch.optim.adamw.AdamW\n");
    strbuf_release(&out);
}

/* y = 0 0 0 1 1 2, p = 0 0 1 1 3 2: classification_report(y, p, labels=[0, 1, 2]). */
static void
test_report__averages_are_those_of_scikit_learn(void **state)
{
    const struct report_class c[] = {
        {1, 2 / 3.0, 0.8, 3, 2}, {0.5, 0.5, 0.5, 2, 2}, {1, 1, 1, 1, 1}};
    struct report_averages a;
    struct strbuf out = {0};

    (void)state;
    report_csv_average(c, 3, &a);
    report_csv_header(&out);
    report_csv_class(&out, "0", &c[0]);
    report_csv_averages(&out, &a);
    char *line = strbuf_detach(&out);
    assert_non_null(strstr(line, ",precision,recall,f1-score,support\n"
                                 "0,1.0,0.6666666666666666,0.8,3.0\n"
                                 "micro avg,0.8,0.6666666666666666,"));
    assert_float_equal(a.micro_f1, 0.7272727272727273, 1e-15);
    assert_float_equal(a.macro_precision, 0.8333333333333334, 1e-15);
    assert_float_equal(a.macro_recall, 0.7222222222222222, 1e-15);
    assert_float_equal(a.macro_f1, 0.7666666666666666, 1e-15);
    assert_float_equal(a.weighted_precision, 0.8333333333333334, 1e-15);
    assert_float_equal(a.weighted_recall, 0.6666666666666666, 1e-15);
    assert_float_equal(a.weighted_f1, 0.7333333333333334, 1e-15);
    free(line);
}

/* Where every cell was said to be of a class in the report, its row is "accuracy". */
static void
test_report__accuracy_stands_in_every_column(void **state)
{
    const struct report_class c[] = {{0.5, 1, 2 / 3.0, 1, 2}, {1, 2 / 3.0, 0.8, 3, 2}};
    struct report_averages a;
    struct strbuf out = {0};

    (void)state;
    report_csv_average(c, 2, &a);
    assert_false(a.is_accuracy);
    a.is_accuracy = true;
    report_csv_averages(&out, &a);
    assert_memory_equal(strbuf_str(&out), "accuracy,0.75,0.75,0.75,0.75\nmacro avg,",
                        39);
    strbuf_release(&out);
}

static void
test_report__fields_are_quoted_where_they_must_be(void **state)
{
    struct strbuf out = {0};

    (void)state;
    report_csv_text(&out, "a, \"b\"");
    strbuf_addc(&out, '|');
    report_csv_text(&out, "a b");
    strbuf_addc(&out, '|');
    report_csv_number(&out, 1e-9);
    strbuf_addc(&out, '|');
    report_csv_number(&out, (double)NAN);
    assert_string_equal(strbuf_str(&out), "\"a, \"\"b\"\"\"|a b|1e-09|");
    strbuf_release(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tfevents__bytes_are_the_published_ones),
        cmocka_unit_test(test_tfevents__steps_are_varints_and_nan_is_a_value),
        cmocka_unit_test(test_safetensors__header_says_where_the_values_are),
        cmocka_unit_test(test_out_file__says_what_is_wrong_and_leaves_nothing),
        cmocka_unit_test(test_yaml__numbers_are_numbers_of_yaml_1_1),
        cmocka_unit_test(test_yaml__texts_stay_texts),
        cmocka_unit_test(test_report__averages_are_those_of_scikit_learn),
        cmocka_unit_test(test_report__accuracy_stands_in_every_column),
        cmocka_unit_test(test_report__fields_are_quoted_where_they_must_be),
    };

    return cmocka_run_group_tests_name("exchange write", tests, NULL, NULL);
}
