/* test_file_digest.c - the digest of large files. */
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "data/file_digest.h"

static void
test_file_digest__is_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    struct strlist l = {0};
    char one[DIGEST_HEX], three[DIGEST_HEX], other[DIGEST_HEX];
    char *dir = support_tmpdir();
    char *big = xasprintf("%s/big", dir), *small = xasprintf("%s/small", dir);
    FILE *fp = fopen(big, "wb");

    assert_non_null(fp);
    for (size_t i = 0; i < 2 * (FILE_DIGEST_PIECE / 4096) + 1; i++) {
        unsigned char block[4096] = {(unsigned char)i};

        assert_int_equal(fwrite(block, 1, sizeof block, fp), sizeof block);
    }
    assert_int_equal(fclose(fp), 0);
    strlist_add(&l, big);
    support_write(small, "x");
    strlist_add(&l, small);
    assert_int_equal(file_digest(&l, 1, one, NULL), ERR_OK);
    assert_int_equal(file_digest(&l, 3, three, NULL), ERR_OK);
    assert_string_equal(one, three);
    fp = fopen(big, "r+b");
    assert_non_null(fp);
    assert_int_equal(fseek(fp, -1, SEEK_END), 0);
    assert_int_equal(fputc('x', fp), 'x');
    assert_int_equal(fclose(fp), 0);
    assert_int_equal(file_digest(&l, 3, other, NULL), ERR_OK);
    assert_string_not_equal(one, other);
    strlist_add(&l, "/nowhere");
    assert_int_equal(file_digest(&l, 3, other, NULL), ERR_NOTFOUND);
    strlist_release(&l);
    free(small);
    free(big);
    support_rmtree(dir);
}

static void
test_file_digest__a_pipe_is_not_waited_for(void **state)
{
    (void)state;
    struct errbuf eb = {""};
    struct strlist l = {0};
    char hex[DIGEST_HEX];
    char *dir = support_tmpdir(), *pipe = xasprintf("%s/pipe", dir);
    struct digest d;

    assert_int_equal(mkfifo(pipe, 0600), 0);
    digest_init(&d);
    assert_int_equal(digest_add_file(&d, pipe, &eb), ERR_FORMAT);
    assert_non_null(strstr(eb.text, "is no regular file"));
    assert_int_equal(digest_add_file(&d, "/dev/zero", NULL), ERR_FORMAT);
    assert_int_equal(digest_add_file(&d, dir, NULL), ERR_FORMAT);
    strlist_add(&l, pipe);
    assert_int_equal(file_digest(&l, 1, hex, NULL), ERR_FORMAT);
    strlist_release(&l);
    free(pipe);
    support_rmtree(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_digest__is_the_same_for_any_number_of_threads),
        cmocka_unit_test(test_file_digest__a_pipe_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
