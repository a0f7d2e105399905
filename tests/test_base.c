/* test_base.c - strings, numbers, digests, threads, processes. */
#include "tests/support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc64.h"
#include "base/digest.h"
#include "base/piece.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/strlist.h"
#include "base/utf8.h"
#include "base/xalloc.h"

/* Lines, and 0 in memory that was used. */
static void
test_big_calloc__is_aligned_and_zero(void **state)
{
    static const size_t sizes[] = {0, 1, 63, 4096, (2 << 20) - 1, 2 << 20, 5000001};
    struct errbuf eb;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i / 2];
        unsigned char *p;

        assert_int_equal(big_calloc(&p, n, 1, "a test", &eb), ERR_OK);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t k = 0; k < n; k++)
            assert_true(p[k] == 0);
        memset(p, 0xff, n);
        free(p);
    }
    int *none;
    assert_int_equal(big_calloc(&none, SIZE_MAX / 8, 16, "a test", &eb), ERR_NOMEM);
    assert_null(none);
    assert_non_null(strstr(eb.text, "a test"));
}

static void
test_err__wrap_puts_context_in_front(void **state)
{
    struct errbuf eb;

    (void)state;
    assert_int_equal(err_set(&eb, ERR_IO, "bad\nline %d", 3), ERR_IO);
    assert_string_equal(eb.text, "bad line 3");
    assert_int_equal(err_wrap(&eb, ERR_IO, "file %s", "x"), ERR_IO);
    assert_string_equal(eb.text, "file x: bad line 3");
    err_set(&eb, ERR_IO, "again: %s", eb.text);
    assert_string_equal(eb.text, "again: file x: bad line 3");
}

static void
test_err__long_text_is_cut_and_terminated(void **state)
{
    struct errbuf eb;
    char big[4000];

    (void)state;
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    err_set(&eb, ERR_IO, "%s", big);
    err_wrap(&eb, ERR_IO, "%s", big);
    assert_int_equal(strlen(eb.text), sizeof eb.text - 1);
}

static void
test_strbuf__json_escapes_and_replaces(void **state)
{
    struct strbuf sb = {0};

    (void)state;
    strbuf_add_json(&sb, "a\"\\\n\x01\xff"
                         "\xe2\x82\xac");
    assert_string_equal(strbuf_str(&sb),
                        "\"a\\\"\\\\\\u000a\\u0001\xef\xbf\xbd\xe2\x82\xac\"");
    strbuf_release(&sb);
}

static void
test_strbuf__double_reads_back(void **state)
{
    const double values[] = {0.1, 1.0 / 3, 1e-300, 123456789.125, -0.0005};
    struct strbuf sb = {0};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        strbuf_reset(&sb);
        strbuf_add_double(&sb, values[i]);
        assert_true(strtod(strbuf_str(&sb), NULL) == values[i]);
    }
    strbuf_reset(&sb);
    strbuf_add_double(&sb, 0.1);
    assert_string_equal(strbuf_str(&sb), "0.1");
    strbuf_release(&sb);
}

static void
test_utf8__clean_defuses_controls(void **state)
{
    struct strbuf sb = {0};

    (void)state;
    utf8_clean(&sb, "a\x1b[31m\tb\xc2\x9b", 0);
    assert_string_equal(strbuf_str(&sb), "a\xef\xbf\xbd[31m\xef\xbf\xbd"
                                         "b\xef\xbf\xbd");
    strbuf_reset(&sb);
    utf8_clean(&sb, "T\xe2\x82\xac", 1);
    assert_string_equal(strbuf_str(&sb), "T?");
    strbuf_reset(&sb);
    utf8_clean(&sb, "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbc", 0); /* U+FFFE, FFFF, FFFC */
    assert_string_equal(strbuf_str(&sb), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbc");
    strbuf_release(&sb);
    assert_int_equal(utf8_width("\xe7\xb4\xb0\xe8\x83\x9e"), 4); /* two wide characters */
    assert_int_equal(utf8_width("e\xcc\x81"), 1);                /* e and an accent */
}

static void
test_intern__indices_are_dense_and_stable(void **state)
{
    struct intern *in = intern_new();
    char text[16];

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "k%zu", i % 500);
        assert_int_equal(intern_add(in, text), i % 500);
    }
    assert_int_equal(intern_count(in), 500);
    assert_true(intern_find(in, "none") == SIZE_MAX);
    assert_string_equal(intern_text(in, 7), "k7");
    intern_free(in);
}

/* Known answers of Philox4x32-10 (Random123's kat_vectors). */
static void
test_rng__philox_known_answers(void **state)
{
    struct rng zero = {{0, 0}, {0, 0}}, ones = {{~0u, ~0u}, {~0u, ~0u}};
    const uint32_t want0[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    const uint32_t want1[] = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
    uint32_t got[4];

    (void)state;
    rng_block(&zero, 0, got);
    assert_memory_equal(got, want0, sizeof got);
    rng_block(&ones, UINT64_MAX, got);
    assert_memory_equal(got, want1, sizeof got);
}

static void
test_rng__moments_and_permutation(void **state)
{
    enum { N = 100000 };
    struct rng r = rng_stream(1, RNG_ORDER, 2, 3);
    double sum = 0, sum2 = 0, z = 0, z2 = 0;
    static uint32_t p[N];
    static char seen[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        double u = rng_uniform(&r, i), g = rng_normal(&r, i);

        sum += u;
        sum2 += u * u;
        z += g;
        z2 += g * g;
    }
    support_near(sum / N, 0.5, 0.005);
    support_near(sum2 / N, 1.0 / 3, 0.005);
    support_near(z / N, 0, 0.015);
    support_near(z2 / N, 1, 0.02);
    rng_permutation(&r, p, N);
    for (size_t i = 0; i < N; i++) {
        assert_false(seen[p[i]]);
        seen[p[i]] = 1;
    }
}

static void
test_digest__matches_sha256(void **state)
{
    struct digest d;
    char hex[DIGEST_HEX];

    (void)state;
    digest_init(&d);
    digest_add(&d, "abc", 3);
    digest_final(&d, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2"
                             "0015ad");
}

/* Where pieces begin and end is all the same. */
static void
test_digest__of_pieces_of_any_length(void **state)
{
    enum { N = 100000 };
    static const size_t piece[] = {4096, 4097, 5000, 1, 63, 64, 65, 20000, 4159, 7};
    unsigned char *data = xmalloc(N, 1);
    struct digest a, b;
    char hex_a[DIGEST_HEX], hex_b[DIGEST_HEX];

    (void)state;
    for (size_t i = 0; i < N; i++)
        data[i] = (unsigned char)(i * i * 2654435761u >> 13);
    for (size_t n = N - 130; n <= N; n++) {
        digest_init(&a);
        digest_init(&b);
        for (size_t i = 0; i < n; i += 999)
            digest_add(&a, data + i, n - i < 999 ? n - i : 999);
        for (size_t i = 0, k = n; i < n; k++) {
            size_t m = piece[k % (sizeof piece / sizeof *piece)];

            m = n - i < m ? n - i : m;
            digest_add(&b, data + i, m);
            i += m;
        }
        digest_final(&a, hex_a);
        digest_final(&b, hex_b);
        assert_string_equal(hex_a, hex_b);
    }
    free(data);
}

static void
add_task(void *ctx, size_t task, size_t thread)
{
    (void)thread;
    ((int *)ctx)[task] += (int)task;
}

static void
test_pool__every_task_runs_once(void **state)
{
    enum { N = 500 };

    (void)state;
    for (size_t threads = 1; threads <= 4; threads++) {
        struct pool *p = pool_new(threads);
        int out[N] = {0};

        for (int round = 0; round < 50; round++)
            pool_run(p, N, add_task, out);
        for (int i = 0; i < N; i++)
            assert_int_equal(out[i], 50 * i);
        pool_free(p);
    }
}

static void
test_clock__iso_and_duration(void **state)
{
    char iso[CLOCK_ISO], text[16];

    (void)state;
    clock_iso(INT64_C(1767323045678901), iso);
    assert_string_equal(iso, "2026-01-02T03:04:05.678Z");
    clock_duration(192, text, sizeof text);
    assert_string_equal(text, "3m12s");
}

static void
test_spawn__captures_output_and_status(void **state)
{
    char *const argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"},
                          (char[]){"cat; echo oops >&2; exit 3"}, NULL};
    struct strbuf out = {0}, err = {0};
    struct errbuf eb;
    int status;
    char *big = xmalloc(300001, 1);

    (void)state;
    memset(big, 'y', 300000); /* more than a pipe holds */
    big[300000] = '\0';
    assert_int_equal(spawn_run(argv, big, &out, &err, &status, &eb), ERR_OK);
    assert_int_equal(out.len, 300000);
    assert_string_equal(strbuf_str(&err), "oops\n");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    free(big);
    strbuf_release(&out);
    strbuf_release(&err);
}

static void
test_spawn__start_ticks_name_a_process(void **state)
{
    char *const argv[] = {(char[]){"/bin/sleep"}, (char[]){"30"}, NULL};
    struct spawn sp;
    struct errbuf eb;

    (void)state;
    assert_true(spawn_start_ticks(getpid()) > 0);
    assert_int_equal(spawn_start(&sp, argv, 0, &eb), ERR_OK);
    assert_true(spawn_start_ticks(sp.pid) >= spawn_start_ticks(getpid()));
    kill(sp.pid, SIGKILL);
    siginfo_t si;
    waitid(P_PID, (id_t)sp.pid, &si, WEXITED | WNOWAIT); /* leaves a zombie */
    assert_true(spawn_start_ticks(sp.pid) == 0);
    spawn_wait(&sp);
}

static uint64_t
crc_of(const void *data, size_t n)
{
    struct crc64 c;

    crc64_init(&c);
    crc64_add(&c, data, n);
    return crc64_final(&c);
}

/* The same, a bit at a time. */
static uint64_t
plain_crc(const unsigned char *p, size_t n)
{
    uint64_t s = ~UINT64_C(0);

    for (size_t i = 0; i < 8 * n; i++) {
        s ^= (uint64_t)(p[i / 8] >> i % 8 & 1);
        s = s >> 1 ^ (s & 1 ? 0xc96c5795d7870f42 : 0);
    }
    return ~s;
}

static void
test_crc64__is_that_of_xz(void **state)
{
    unsigned char x[700];
    struct crc64 c;

    (void)state;
    crc64_init(&c);
    assert_true(crc_of("123456789", 9) == 0x995dc9bbdf1939fa);
    for (size_t i = 0; i < sizeof x; i++)
        x[i] = (unsigned char)(i * i * 7 + i);
    for (size_t n = 0; n <= sizeof x; n++) {
        assert_true(crc_of(x, n) == plain_crc(x, n));
        assert_true(crc64_of(&c, x, n) == plain_crc(x, n));
        crc64_init(&c);
        crc64_add(&c, x, n / 3);
        crc64_add(&c, x + n / 3, n - n / 3);
        assert_true(crc64_final(&c) == plain_crc(x, n));
    }
}

static void
test_pieces__are_read_as_one(void **state)
{
    static const char all[] = "abcdefghij";
    const struct piece p[] = {{all, 3}, {all, 0}, {all + 3, 1}, {all + 4, 6}};
    char scratch[10];

    (void)state;
    assert_int_equal(pieces_size(p, 4), 10);
    for (size_t at = 0; at <= 10; at++)
        for (size_t n = 0; n <= 10 - at; n++) {
            memset(scratch, '?', sizeof scratch);
            assert_memory_equal(pieces_at(p, 4, at, scratch, n), all + at, n);
        }
    assert_ptr_equal(pieces_at(p, 4, 5, scratch, 5), all + 5);
    assert_ptr_equal(pieces_at(p, 4, 2, scratch, 2), scratch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_big_calloc__is_aligned_and_zero),
        cmocka_unit_test(test_crc64__is_that_of_xz),
        cmocka_unit_test(test_pieces__are_read_as_one),
        cmocka_unit_test(test_err__wrap_puts_context_in_front),
        cmocka_unit_test(test_err__long_text_is_cut_and_terminated),
        cmocka_unit_test(test_strbuf__json_escapes_and_replaces),
        cmocka_unit_test(test_strbuf__double_reads_back),
        cmocka_unit_test(test_utf8__clean_defuses_controls),
        cmocka_unit_test(test_intern__indices_are_dense_and_stable),
        cmocka_unit_test(test_rng__philox_known_answers),
        cmocka_unit_test(test_rng__moments_and_permutation),
        cmocka_unit_test(test_digest__matches_sha256),
        cmocka_unit_test(test_digest__of_pieces_of_any_length),
        cmocka_unit_test(test_pool__every_task_runs_once),
        cmocka_unit_test(test_clock__iso_and_duration),
        cmocka_unit_test(test_spawn__captures_output_and_status),
        cmocka_unit_test(test_spawn__start_ticks_name_a_process),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
