/* test_pickle.c - pickles become trees, and what is no data is refused; zip archives that
 * say two things are refused too.
 *
 * The pickles were written by hand after pickletools' list of opcodes. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "exchange/pickle.h"
#include "exchange/zip_members.h"

static char *dir, *path;

static int
set_up(void **state)
{
    static char at[256];

    (void)state;
    dir = support_tmpdir();
    snprintf(at, sizeof at, "%s/a.zip", dir);
    path = at;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    support_rmtree(dir);
    return 0;
}

/* --- pickles --- */

#define READ(p, bytes, eb) pickle_read(p, bytes, sizeof bytes - 1, "test", eb)

static void
test_values__of_every_kind(void **state)
{
    struct pickle p;
    struct errbuf eb = {""};

    (void)state;
    /* (-1, 200, 65535, 2**40, -3, 1.5, 'ab', True, None, b'\0', [7], {1}) */
    static const char bytes[] =
        "\x80\x04\x95\x10\0\0\0\0\0\0\0(J\xff\xff\xff\xffK\xc8M\xff\xff"
        "\x8a\x06\0\0\0\0\0\x01\x8b\x01\0\0\0\xfdG\x3f\xf8\0\0\0\0\0\0"
        "\x8c\x02"
        "ab\x88N"
        "C\x01\0]K\x07"
        "a\x8f(K\x01\x90t.";
    if (READ(&p, bytes, &eb))
        fail_msg("%s", eb.text);
    static const int64_t ints[] = {-1, 200, 65535, INT64_C(1) << 40, -3};
    assert_int_equal(p.root->kind, PICKLE_TUPLE);
    assert_int_equal(p.root->n_items, 12);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(pickle_item(&p, p.root, i)->kind, PICKLE_INT);
        assert_true(pickle_item(&p, p.root, i)->i == ints[i]);
    }
    support_near(pickle_item(&p, p.root, 5)->f, 1.5, 0);
    assert_true(pickle_is_text(pickle_item(&p, p.root, 6), "ab"));
    assert_int_equal(pickle_item(&p, p.root, 7)->i, 1);
    assert_int_equal(pickle_item(&p, p.root, 8)->kind, PICKLE_NONE);
    assert_int_equal(pickle_item(&p, p.root, 9)->text.n, 1);
    assert_int_equal(pickle_item(&p, pickle_item(&p, p.root, 10), 0)->i, 7);
    assert_int_equal(pickle_item(&p, p.root, 11)->kind, PICKLE_SET);
    assert_null(pickle_item(&p, p.root, 12));
    pickle_release(&p);
}

/* A call is a node; an OrderedDict is a dictionary; the state of an object is left out. */
static void
test_calls__are_not_done(void **state)
{
    struct pickle p;

    (void)state;
    static const char bytes[] = "\x80\x02}(U\x01"
                                "acos\nsystem\n(U\x02lstRU\x01"
                                "bccollections\nOrderedDict\n)R"
                                "(U\x01xK\x01U\x01xK\x02u}b"
                                "U\x01"
                                "c(U\x07storageK\x01tQu.";
    assert_int_equal(READ(&p, bytes, NULL), ERR_OK);
    const struct pickle_value *call = pickle_get(&p, p.root, "a");
    assert_int_equal(call->kind, PICKLE_CALL);
    assert_true(pickle_is_name(&p, pickle_item(&p, call, 0), "os", "system"));
    assert_int_equal(pickle_get(&p, p.root, "b")->kind, PICKLE_DICT);
    assert_int_equal(pickle_get(&p, pickle_get(&p, p.root, "b"), "x")->i, 2);
    assert_int_equal(pickle_get(&p, p.root, "c")->kind, PICKLE_OUTSIDE);
    assert_null(pickle_get(&p, p.root, "d"));
    pickle_release(&p);
}

static void
refuses(const char *bytes, size_t n, const char *what)
{
    struct pickle p;
    struct errbuf eb = {""};

    if (pickle_read(&p, bytes, n, "test", &eb) == ERR_OK)
        fail_msg("read, but: %s", what);
    if (!strstr(eb.text, what))
        fail_msg("'%s' does not say '%s'", eb.text, what);
    assert_null(p.value);
}

#define REFUSES(bytes, what) refuses(bytes, sizeof bytes - 1, what)

static void
test_read__refuses_what_is_no_data(void **state)
{
    (void)state;
    REFUSES("", "ends within");
    REFUSES("\x80\x02", "ends within");
    REFUSES("\x80\x06N.", "a protocol after 5");
    REFUSES("\x80\x02NN.", "other than one value");
    REFUSES("\x80\x02(N.", "other than one value");
    REFUSES("\x80\x02.", "other than one value");
    REFUSES("\x80\x02t.", "a mark is missing");
    REFUSES("\x80\x02N\x86.", "the stack is too low");
    REFUSES("\x80\x02](Na.", "the stack is too low");
    REFUSES("\x80\x02R.", "the stack is too low");
    REFUSES("\x80\x02h\x05.", "never filled");
    REFUSES("\x80\x02Nr\0\0\x10\0.", "more than a million");
    REFUSES("\x80\x02X\xff\xff\xff\xff.", "ends within");
    REFUSES("\x80\x02X\x01\0\0\0\xff.", "not UTF-8");
    REFUSES("\x80\x02NNs.", "the stack is too low");
    REFUSES("\x80\x02NN\x86NNs.", "no container");
    REFUSES("\x80\x02}(Nu.", "a key without a value");
    REFUSES("\x80\x02]q\0h\0a.", "contains itself");
    REFUSES("\x80\x02]q\0]q\1h\0aa.", "contains itself");
    REFUSES("\x80\x02NQ.", "no tuple names");
    REFUSES("\x80\x02NN\x93.", "a name that is no text");
    REFUSES("\x80\x02"
            "cos\nsystem",
            "does not end");
    REFUSES("ios\nsystem\n.", "opcode 0x69");
    REFUSES("(I1\n.", "opcode 0x49");
    REFUSES("\x82\x01.", "opcode 0x82");
    REFUSES("\x97.", "opcode 0x97");
}

static void
test_read__refuses_depth_and_numbers(void **state)
{
    struct strbuf sb = {0};
    struct pickle p;

    (void)state;
    for (size_t depth = 255; depth <= 256; depth++) {
        strbuf_reset(&sb);
        strbuf_addc(&sb, 'N');
        for (size_t i = 0; i < depth; i++)
            strbuf_addc(&sb, '\x85');
        strbuf_addc(&sb, '.');
        if (depth == 255) {
            assert_int_equal(pickle_read(&p, sb.buf, sb.len, "test", NULL), ERR_OK);
            pickle_release(&p);
        } else {
            refuses(sb.buf, sb.len, "deeper than 256");
        }
    }
    strbuf_reset(&sb);
    for (size_t i = 0; i < PICKLE_VALUES_MAX + 1; i++)
        strbuf_addc(&sb, 'N');
    refuses(sb.buf, sb.len, "more than a million values");
    strbuf_release(&sb);
}

/* --- zip archives --- */

struct archive {
    struct strbuf file, directory;
    size_t n;
};

static void
add_number(struct strbuf *sb, uint64_t x, size_t width)
{
    for (size_t i = 0; i < width; i++)
        strbuf_addc(sb, (char)(i < sizeof x ? x >> (8 * i) : 0));
}

/* What the directory says of a member, which need not be so. */
struct said {
    const char *name;
    uint64_t flags, method, crc, packed, bytes, header;
};

static void
add_entry(struct archive *a, const struct said *e)
{
    add_number(&a->directory, 0x02014b50, 4);
    add_number(&a->directory, 20, 2);
    add_number(&a->directory, 20, 2);
    add_number(&a->directory, e->flags, 2);
    add_number(&a->directory, e->method, 2);
    add_number(&a->directory, 0, 4);
    add_number(&a->directory, e->crc, 4);
    add_number(&a->directory, e->packed, 4);
    add_number(&a->directory, e->bytes, 4);
    add_number(&a->directory, strlen(e->name), 2);
    add_number(&a->directory, 0, 12); /* extra, comment, disk, attributes */
    add_number(&a->directory, e->header, 4);
    strbuf_adds(&a->directory, e->name);
    a->n++;
}

/* A member "1234" whose local header is as PyTorch writes it: without sizes. */
static struct said
add_member(struct archive *a, const char *name)
{
    struct said e = {.name = name,
                     .crc = 0x9be3e0a3,
                     .packed = 4,
                     .bytes = 4,
                     .header = a->file.len};

    add_number(&a->file, 0x04034b50, 4);
    add_number(&a->file, 0, 22);
    add_number(&a->file, strlen(name), 2);
    add_number(&a->file, 0, 2);
    strbuf_adds(&a->file, name);
    strbuf_adds(&a->file, "1234");
    return e;
}

static void
finish(struct archive *a)
{
    FILE *fp = fopen(path, "wb");
    size_t at = a->file.len, n = a->directory.len;

    strbuf_add(&a->file, a->directory.buf, n);
    add_number(&a->file, 0x06054b50, 4);
    add_number(&a->file, 0, 4);
    add_number(&a->file, a->n, 2);
    add_number(&a->file, a->n, 2);
    add_number(&a->file, n, 4);
    add_number(&a->file, at, 4);
    add_number(&a->file, 0, 2);
    assert_non_null(fp);
    assert_int_equal(fwrite(a->file.buf, 1, a->file.len, fp), a->file.len);
    assert_int_equal(fclose(fp), 0);
    strbuf_release(&a->file);
    strbuf_release(&a->directory);
    a->n = 0;
}

/* Two members of which the second is said to be as given; NULL: it is read. */
static void
opens(const struct said *e, const char *what)
{
    struct archive a = {0};
    struct input_file f;
    struct zip_members z;
    struct errbuf eb = {""};
    struct said first = add_member(&a, "d/first"), second = add_member(&a, "d/second");

    add_entry(&a, &first);
    if (e->name)
        second.name = e->name;
    second.flags = e->flags;
    second.method = e->method;
    second.crc = e->crc ? e->crc : second.crc;
    second.packed = e->packed ? e->packed : second.packed;
    second.bytes = e->bytes ? e->bytes : second.bytes;
    second.header = e->header ? e->header - 1 : second.header;
    add_entry(&a, &second);
    finish(&a);
    assert_int_equal(input_file_open(&f, path, NULL), ERR_OK);
    enum err err = zip_members_open(&z, &f, &eb);

    if (!err) {
        const struct zip_member *m = zip_members_find(&z, "d/second");
        char text[5] = "";

        assert_non_null(m);
        assert_int_equal(m->bytes, 4);
        err = zip_member_read(&z, m, text, &eb);
        if (!err)
            assert_string_equal(text, "1234");
        zip_members_close(&z);
    }
    assert_true(what ? err != ERR_OK : err == ERR_OK);
    if (what && !strstr(eb.text, what))
        fail_msg("'%s' does not say '%s'", eb.text, what);
    input_file_close(&f);
}

static void
test_zip__is_read_only_if_it_says_one_thing(void **state)
{
    (void)state;
    opens(&(struct said){0}, NULL);
    opens(&(struct said){.crc = 1}, "is damaged");
    opens(&(struct said){.flags = 1}, "is encrypted");
    opens(&(struct said){.method = 12}, "other than deflate");
    opens(&(struct said){.bytes = 5}, "two sizes");
    opens(&(struct said){.bytes = 4000, .packed = 4000}, "longer than the file");
    opens(&(struct said){.bytes = UINT32_MAX, .packed = UINT32_MAX}, "no zip64 sizes");
    opens(&(struct said){.method = 8, .bytes = 1 << 29, .packed = 4},
          "impossible size");
    opens(&(struct said){.header = 1}, "another header");
    opens(&(struct said){.header = 1 << 20}, "outside of the file");
    opens(&(struct said){.name = "d/first", .header = 1}, "lies over another");
    opens(&(struct said){.name = "../cond"}, "a name that no checkpoint has");
    opens(&(struct said){.name = "/second"}, "a name that no checkpoint has");
    opens(&(struct said){.name = "d/../ond"}, "a name that no checkpoint has");
    opens(&(struct said){.name = "d/sec\nnd"}, "a name that no checkpoint has");
    opens(&(struct said){.name = "d\\second"}, "a name that no checkpoint has");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values__of_every_kind),
        cmocka_unit_test(test_calls__are_not_done),
        cmocka_unit_test(test_read__refuses_what_is_no_data),
        cmocka_unit_test(test_read__refuses_depth_and_numbers),
        cmocka_unit_test(test_zip__is_read_only_if_it_says_one_thing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
