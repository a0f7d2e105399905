/* support.c - helpers shared by the tests. */
#include "tests/support.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
support_shared(const char *relative)
{
    static char path[4096];
    const char *root = getenv("HCELAB_SHARED");

    snprintf(path, sizeof path, "%s/%s", root ? root : "../shared", relative);
    if (access(path, R_OK) == 0)
        return path;
    print_message("# %s is absent: set HCELAB_SHARED to the folder of shared data\n", path);
    return NULL;
}

const char *
support_source(const char *relative)
{
    static char path[4096];
    const char *root = getenv("srcdir");

    snprintf(path, sizeof path, "%s/%s", root ? root : ".", relative);
    return path;
}

char *
support_tmpdir(void)
{
    const char *root = getenv("TMPDIR");
    char path[4096];

    snprintf(path, sizeof path, "%s/hcelab-test-XXXXXX", root ? root : "/tmp");
    assert_non_null(mkdtemp(path));
    return strdup(path);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void
support_rmtree(char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

char *
support_slurp(const char *path)
{
    FILE *fp = fopen(path, "rb");
    size_t n = 0, cap = 4096;
    char *buf = malloc(cap);

    if (!fp || !buf) {
        fail_msg("cannot read %s", path);
        return NULL;
    }
    for (size_t got; (got = fread(buf + n, 1, cap - n - 1, fp)) > 0;) {
        n += got;
        if (cap - n < 2)
            buf = realloc(buf, cap *= 2);
        assert_non_null(buf);
    }
    fclose(fp);
    buf[n] = '\0';
    return buf;
}

void
support_write(const char *path, const char *text)
{
    FILE *fp = fopen(path, "wb");

    assert_non_null(fp);
    assert_int_equal(fwrite(text, 1, strlen(text), fp), strlen(text));
    assert_int_equal(fclose(fp), 0);
}

void
support_golden(const char *text, const char *name)
{
    char relative[256];

    snprintf(relative, sizeof relative, "tests/golden/%s", name);
    const char *path = support_source(relative);
    if (getenv("GENERATE")) {
        support_write(path, text);
        return;
    }
    char *want = support_slurp(path);
    if (strcmp(want, text) != 0)
        print_message("# %s differs; got:\n%s", path, text);
    assert_string_equal(text, want);
    free(want);
}

void
support_near(double a, double b, double tol)
{
    if (!(fabs(a - b) <= tol))
        fail_msg("%.17g and %.17g differ by more than %g", a, b, tol);
}
