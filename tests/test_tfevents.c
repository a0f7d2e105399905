/* test_tfevents.c - event files: vectors of RFC 3720 and of TensorBoard, both forms of
 * scalars, and files that are cut or damaged at every byte. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strlist.h"
#include "exchange/tfevents.h"
#include "tests/support.h"

/* Bytes of hexadecimal digits, appended. */
static void
add_hex(struct strbuf *sb, const char *hex)
{
    for (; *hex; hex += 2) {
        char byte[3] = {hex[0], hex[1], 0};

        strbuf_addc(sb, (char)strtol(byte, NULL, 16));
    }
}

static void
add_record(struct strbuf *sb, const char *hex)
{
    struct strbuf data = {0};
    uint8_t head[8] = {0}, crc[4];
    uint32_t x;

    add_hex(&data, hex);
    head[0] = (uint8_t)data.len;
    strbuf_add(sb, head, 8);
    x = tfevents_masked_crc(head, 8);
    for (int i = 0; i < 4; i++)
        crc[i] = (uint8_t)(x >> 8 * i);
    strbuf_add(sb, crc, 4);
    strbuf_add(sb, data.buf, data.len);
    x = tfevents_masked_crc(data.buf, data.len);
    for (int i = 0; i < 4; i++)
        crc[i] = (uint8_t)(x >> 8 * i);
    strbuf_add(sb, crc, 4);
    strbuf_release(&data);
}

/* train_loss = 0.25 at step 100, wall time 1700000000.5: a whole record, made by
 * TensorBoard's writer. */
static const char golden[] =
    "200000000000000029eda9500900002040fc54d94110642a130a110a0a747261696e5f6c6f737315"
    "0000803ec6314cc0";
/* The first record of a file: brain.Event:2. */
static const char version[] = "0900008038"
                              "99d6d7411a0d627261696e2e4576656e743a32";

static void
test_crc__of_known_texts(void **state)
{
    static const char zeros[32];
    static const uint8_t size[8] = {24};

    (void)state;
    /* mask(c) = (c >> 15 | c << 17) + 0xa282ead8 of E3069283 and 8A9136AA (RFC 3720) */
    assert_int_equal(tfevents_masked_crc("123456789", 9),
                     (uint32_t)((0xE3069283u >> 15 | 0xE3069283u << 17) + 0xa282ead8u));
    assert_int_equal(tfevents_masked_crc(zeros, 32),
                     (uint32_t)((0x8A9136AAu >> 15 | 0x8A9136AAu << 17) + 0xa282ead8u));
    assert_int_equal(tfevents_masked_crc("\x1a\x11"
                                         "CRC test, one two",
                                         19),
                     0x5794D08A);
    assert_int_equal(tfevents_masked_crc(size, 8), 0x224B7FA3);
}

static void
parse(struct tfevents *t, const struct strbuf *sb, enum err want)
{
    struct errbuf eb = {""};

    assert_int_equal(tfevents_parse(t, strbuf_str(sb), sb->len, "f", &eb), want);
}

static void
test_scalar__of_a_golden_record(void **state)
{
    struct strbuf sb = {0};
    struct tfevents t;

    (void)state;
    add_record(&sb, version);
    add_hex(&sb, golden);
    parse(&t, &sb, ERR_OK);
    assert_int_equal(t.n, 1);
    assert_string_equal(intern_text(t.tag, t.scalar[0].tag), "train_loss");
    assert_int_equal(t.scalar[0].step, 100);
    support_near(t.scalar[0].value, 0.25, 0);
    support_near(t.scalar[0].wall_time, 1700000000.5, 0);
    assert_false(t.is_cut);
    assert_int_equal(t.n_damaged, 0);
    tfevents_release(&t);
    strbuf_release(&sb);
}

/* A tensor of bytes, of packed floats, of one float that is not packed, of doubles; and
 * what is no scalar. */
static void
test_scalar__of_tensors(void **state)
{
    static const char *const events[] = {
        "10052a110a0f0a0178420a0801120022040000003f",
        "10052a0f0a0d0a0178420808012a040000003f",
        "10052a0e0a0c0a0178420708012d0000003f",
        "10052a130a110a0178420c08023208000000000000e03f",
        "10052a120a100a0178420b0801120022040000003f0a", /* ends within a field */
    };
    struct strbuf sb = {0};
    struct tfevents t;

    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        add_record(&sb, events[i]);
    parse(&t, &sb, ERR_OK);
    assert_int_equal(t.n, 4);
    assert_int_equal(t.n_other, 1);
    for (size_t i = 0; i < t.n; i++) {
        support_near(t.scalar[i].value, 0.5, 0);
        assert_int_equal(t.scalar[i].step, 5);
    }
    tfevents_release(&t);
    strbuf_release(&sb);
}

static void
test_step__may_come_after_the_summary(void **state)
{
    struct strbuf sb = {0};
    struct tfevents t;

    (void)state;
    add_record(&sb, "2a0a0a080a0178150000003f1007");
    add_record(&sb, "2a070a050a01784a00"
                    "1008"); /* a text: no scalar */
    parse(&t, &sb, ERR_OK);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.scalar[0].step, 7);
    assert_int_equal(t.n_other, 1);
    tfevents_release(&t);
    strbuf_release(&sb);
}

static void
test_file__may_be_cut_at_every_byte(void **state)
{
    struct strbuf sb = {0};
    size_t first;

    (void)state;
    add_record(&sb, version);
    first = sb.len;
    add_hex(&sb, golden);
    for (size_t n = 0; n <= sb.len; n++) {
        struct tfevents t;
        struct errbuf eb = {""};

        assert_int_equal(tfevents_parse(&t, sb.buf, n, "f", &eb), ERR_OK);
        assert_int_equal(t.n, n == sb.len);
        assert_int_equal(t.is_cut, n != 0 && n != first && n != sb.len);
        tfevents_release(&t);
    }
    strbuf_release(&sb);
}

/* A damaged length ends the file, damaged bytes cost their record. */
static void
test_file__may_be_damaged_at_every_byte(void **state)
{
    struct strbuf sb = {0};

    (void)state;
    add_hex(&sb, golden);
    size_t one = sb.len;
    add_hex(&sb, golden);
    for (size_t i = 0; i < one; i++) {
        struct tfevents t;
        struct errbuf eb = {""};

        sb.buf[i] ^= 0x10;
        enum err e = tfevents_parse(&t, sb.buf, sb.len, "f", &eb);
        assert_int_equal(e, i < 12 ? ERR_FORMAT : ERR_OK);
        assert_int_equal(t.n, i < 12 ? 0 : 1);
        assert_int_equal(t.n_damaged, i < 12 ? 0 : 1);
        tfevents_release(&t);
        sb.buf[i] ^= 0x10;
    }
    strbuf_release(&sb);
}

static void
test_file__of_another_kind_is_refused(void **state)
{
    static const char text[] = "this is a text and no event file";
    struct tfevents t;
    struct errbuf eb = {""};

    (void)state;
    assert_int_equal(tfevents_parse(&t, text, sizeof text, "notes", &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "notes: no TensorBoard event file"));
}

/* As many curves as there may be, and one more. */
static void
test_file__of_too_many_curves_is_refused(void **state)
{
    struct strbuf sb = {0};
    struct tfevents t;
    struct errbuf eb = {""};
    char hex[128];

    (void)state;
    for (int i = 0; i <= TFEVENTS_TAGS_MAX; i++) {
        int n = snprintf(hex, sizeof hex, "0900002040fc54d94110642a130a110a0a");

        for (int k = 0, x = i; k < 10; k++, x /= 10)
            n += snprintf(hex + n, sizeof hex - (size_t)n, "3%d", x % 10);
        snprintf(hex + n, sizeof hex - (size_t)n, "150000803e");
        if (i == TFEVENTS_TAGS_MAX) {
            assert_int_equal(tfevents_parse(&t, sb.buf, sb.len, "f", &eb), ERR_OK);
            assert_int_equal(t.n, TFEVENTS_TAGS_MAX);
            tfevents_release(&t);
        }
        add_record(&sb, hex);
    }
    assert_int_equal(tfevents_parse(&t, sb.buf, sb.len, "f", &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "f: more than 10000 curves"));
    strbuf_release(&sb);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc__of_known_texts),
        cmocka_unit_test(test_scalar__of_a_golden_record),
        cmocka_unit_test(test_scalar__of_tensors),
        cmocka_unit_test(test_step__may_come_after_the_summary),
        cmocka_unit_test(test_file__may_be_cut_at_every_byte),
        cmocka_unit_test(test_file__may_be_damaged_at_every_byte),
        cmocka_unit_test(test_file__of_another_kind_is_refused),
        cmocka_unit_test(test_file__of_too_many_curves_is_refused),
    };

    return cmocka_run_group_tests_name("tfevents", tests, NULL, NULL);
}
